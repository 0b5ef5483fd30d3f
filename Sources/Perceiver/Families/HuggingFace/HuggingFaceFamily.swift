// Files of transformers' Perceivers: their names as they are, and config.json beside them.

import Foundation
import Tensors

/// transformers' Perceiver classes, as `save_pretrained` writes them.
struct HuggingFaceFamily: ModelFamily {
  private static let latents = "embeddings.latents"
  private static let query = "encoder.cross_attention.attention.self.query.weight"

  func modules(in names: [String]) -> [String] {
    let found = names.beginnings(of: Self.latents)
    guard !found.isEmpty else { return [] }
    let all = Set(names)
    return found.filter { all.contains($0 + Self.query) }.map(Self.outer)
  }

  func has(modelType: String) -> Bool { modelType == "perceiver" }

  var package: String { HuggingFaceConfiguration.package }
  var openedFolders: String? { "transformers' Perceivers" }
  var folderLayout: String? { HuggingFaceConfiguration.folderLayout }

  func folderConfiguration(
    of configuration: any FamilyConfiguration
  ) throws -> (any FolderConfiguration)? {
    if let own = configuration as? HuggingFaceConfiguration { return own }
    return try (configuration as? KrassermConfiguration).map { try HuggingFaceConfiguration($0) }
  }

  /// What stands around the class whose Perceiver has names that begin so.
  private static func outer(_ prefix: String) -> String {
    let inner = "perceiver."
    return prefix == inner || prefix.hasSuffix("." + inner)
      ? String(prefix.dropLast(inner.count)) : prefix
  }

  func names(of file: TensorFile) throws -> FamilyNames? {
    guard let prefix = try onlyModule(in: file) else { return nil }
    var stored: [String: String] = [:]
    var strange: Set<String> = []
    for (entry, name) in zip(file.entries, file.plainNames) {
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

  var package: String { HuggingFaceConfiguration.package }
  var layout: String { kind?.rawValue ?? "unknown class" }
  var readsTokens: Bool { kind == .maskedLanguage || kind == .sequenceClassification }
  /// LABEL_0 and so on.
  var namesClasses: Bool { true }
  var reference: ReferenceForm { .transformers }

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
