// Files of transformers' Perceivers: their names as they are, and config.json beside them.

import Foundation
import Tensors

/// transformers' Perceiver classes, as `save_pretrained` writes them.
struct HuggingFaceFamily: ModelFamily {
  private static let latents = "embeddings.latents"
  private static let query = "encoder.cross_attention.attention.self.query.weight"

  func modules(in names: [String]) -> [String] {
    let all = Set(names)
    return names.filter { $0 == Self.latents || $0.hasSuffix("." + Self.latents) }.compactMap {
      let place = String($0.dropLast(Self.latents.count))
      return all.contains(place + Self.query) ? Self.outer(place) : nil
    }
  }

  func has(modelType: String) -> Bool { modelType == "perceiver" }

  /// What stands around the class whose Perceiver has names that begin so.
  private static func outer(_ place: String) -> String {
    let inner = "perceiver."
    return place == inner || place.hasSuffix("." + inner)
      ? String(place.dropLast(inner.count)) : place
  }

  func names(of file: TensorFile) throws -> FamilyNames? {
    let places = modules(in: file.entries.map { ModuleChoice.unwrapped($0.name) })
    let prefixes = file.prefix.map { chosen in places.filter { $0 == chosen } } ?? places
    guard let prefix = prefixes.first else { return nil }
    guard prefixes.count == 1 else {
      throw CheckpointError("expected one model, found \(prefixes.count)")
    }
    var stored: [String: String] = [:]
    var strange: Set<String> = []
    for entry in file.entries {
      let name = ModuleChoice.unwrapped(entry.name)
      guard name.hasPrefix(prefix) else {
        strange.insert(entry.name)
        continue
      }
      // A counter of batches, which nothing is computed from.
      if name.hasSuffix(".num_batches_tracked") { continue }
      stored[String(name.dropFirst(prefix.count))] = entry.name
    }
    return FamilyNames(
      prefix: prefix, stored: stored, strange: strange,
      reader: HuggingFaceReader(kind: HuggingFaceConfiguration.Kind.of(Set(stored.keys))))
  }
}

/// What is known of a file by its names.
struct HuggingFaceReader: FamilyCheckpoint {
  /// The class whose names they are; nil for one that is not known here.
  let kind: HuggingFaceConfiguration.Kind?

  var package: String { "transformers" }
  var layout: String { kind?.rawValue ?? "unknown class" }
  var readsTokens: Bool { kind == .maskedLanguage || kind == .sequenceClassification }

  /// `config.json` in the folder of the weights, and what is known of photos there.
  func given(_ checkpoint: Checkpoint) throws -> GivenHyperparameters? {
    if let folder = checkpoint.folder {
      var given = GivenHyperparameters()
      given.document = folder.configuration
      given.origin = "config.json"
      given.photoProcessor = folder.photoProcessor
      return given
    }
    let folder = checkpoint.path.lastIndex(of: "/").map { checkpoint.path[...$0] } ?? ""
    guard let configuration = try Self.read("config.json", in: String(folder)) else { return nil }
    var given = GivenHyperparameters()
    given.document = configuration
    given.origin = "config.json"
    given.photoProcessor = try Self.read("preprocessor_config.json", in: String(folder))
    return given
  }

  private static func read(_ name: String, in folder: String) throws -> JSONValue? {
    let bytes: [UInt8]
    do {
      bytes = try WholeFile.readRegular(folder + name, limit: 1 << 22)
    } catch {
      guard error.reason == .missing else { throw error }
      return nil
    }
    do {
      let json = try JSONValue(parsing: bytes)
      guard case .object = json else {
        throw ConfigurationError("\(name) beside it: expected an object, found \(json.kind)")
      }
      return json
    } catch let error as JSONError {
      throw ConfigurationError("\(name) beside it: \(error)")
    }
  }

  func describe(
    _ checkpoint: Checkpoint, given: GivenHyperparameters
  ) throws -> ModelDescription {
    try HuggingFaceDescription(checkpoint, kind: kind, given: given).result()
  }

  /// What it does not know, `from_pretrained` passes over.
  func surplus(_ name: String, in plan: ModelPlan) -> SurplusTensor { .passedOver }
}
