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
    guard let prefix = try onlyModule(in: file) else { return nil }
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

  func given(_ checkpoint: Checkpoint) throws -> GivenHyperparameters? {
    GivenHyperparameters.inFolder(of: checkpoint)
  }

  func describe(
    _ checkpoint: Checkpoint, given: GivenHyperparameters
  ) throws -> ModelDescription {
    try HuggingFaceDescription(checkpoint, kind: kind, given: given).result()
  }

  /// What it does not know, `from_pretrained` passes over.
  func surplus(_ name: String, in plan: ModelPlan) -> SurplusTensor { .passedOver }
}
