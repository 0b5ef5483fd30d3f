// A model as a folder that `from_pretrained` of its class opens: config.json and named tensors.

import Tensors

/// A model's tensors and `config.json` by the names of one package.
public struct FolderExport: Sendable {
  /// The package whose class opens the folder: `transformers`.
  public let package: String
  /// The class: `PerceiverForMaskedLM`.
  public let className: String
  /// Every tensor that is written, by its name in the file; none twice.
  public let tensors: [String: Tensor]
  /// Whole numbers that the class keeps among its tensors, by their names.
  public let counters: [String: Int]
  /// `config.json`.
  public let configuration: [UInt8]

  /// The layouts of folders, by the names that the command line knows them by.
  public static var layouts: [String] { ModelFamilies.all.compactMap(\.folderLayout) }

  /// Files beside the weights that are the same for every layout: how inputs are prepared.
  public static let companions = [
    "preprocessor_config.json", "processor_config.json", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json",
  ]
}

extension ModelConfiguration {
  /// The layout of folders in which the model's own package keeps models; nil where it keeps files.
  public var folderLayout: String? {
    (base as? any FolderConfiguration).map { type(of: $0).folderLayout }
  }
}

extension Checkpoint {
  /// The folder that holds it, of a model that has one.
  public var folderPath: String? { folder?.path }
}

extension Perceiver {
  /// The model as a folder of one layout; `from_pretrained` of the class finds every tensor and no
  /// other, and gives the same output.
  ///
  /// An attention temperature goes into the queries' weights. Tensors are float32, whatever the model
  /// was read from.
  ///
  /// - Parameters:
  ///   - layout: One of `FolderExport.layouts`.
  ///   - source: The checkpoint that the model was opened from: what its `config.json` says besides,
  ///     and what its counters are, is kept where the layout is the same.
  /// - Throws: `ConfigurationError` where the package has no class that computes the same.
  public func exportedFolder(
    as layout: String, from source: Checkpoint? = nil
  ) throws -> FolderExport {
    let family = ModelFamilies.all.first { $0.folderLayout == layout }
    guard var target = try family?.folderConfiguration(of: configuration.base) else {
      let packages = ModelFamilies.all.filter { $0.folderLayout != nil }.map(\.package)
      throw ConfigurationError(
        "layout \(layout): expected a model of \(packages.joined(separator: " or ")), found a "
          + configuration.title)
    }
    try parameters.load()
    let temperature = target.attentionTemperature
    target.attentionTemperature = 1
    let form = try target.folderForm()
    let plan = ModelPlan(ModelConfiguration(target))
    let (own, others) = (self.plan.parameters, plan.parameters)
    // Packages that compute the same draw the same parameters in the same order.
    guard own.map(\.shape) == others.map(\.shape) else {
      throw ConfigurationError(
        "layout \(layout): expected \(others.count) tensors, found \(own.count) or other shapes")
    }
    let queries = plan.stages.compactMap(\.operation.attentionBlock?.query)
      .reduce(into: Set<String>()) { $0.formUnion([$1.weightName, $1.biasName ?? ""]) }
    var tensors: [String: Tensor] = [:]
    for (mine, theirs) in zip(own, others) {
      var tensor = parameters[mine.name]
      if temperature != 1, queries.contains(theirs.name) {
        tensor.scale(by: Float(1 / temperature))
      }
      tensors[form.prefix + (form.storedNames[theirs.name] ?? theirs.name)] = tensor
    }
    for (name, tensor) in form.buffers { tensors[form.prefix + name] = tensor }
    let isSame = configuration.folderLayout == layout
    let document = isSame ? source?.folder?.configuration : nil
    return FolderExport(
      package: type(of: target).package, className: form.className, tensors: tensors,
      counters: Dictionary(
        uniqueKeysWithValues: form.counters.map {
          (form.prefix + $0, isSame ? source?.counter($0) ?? 0 : 0)
        }),
      configuration: JSONValue.object(form.configuration).completed(by: document).fileText)
  }
}

extension JSONValue {
  /// Members of a former `config.json` that are not kept: what they say is no more so.
  private static let outdated: Set<String> = [
    "dtype", "torch_dtype", "transformers_weights", "transformers_version", "_name_or_path",
    "quantization_config",
  ]
  /// Objects that are taken as they are, and not member by member.
  private static let whole: Set<String> = ["id2label", "label2id"]

  /// An object with the members of another that it does not have itself, at every level, in the
  /// order of their names.
  fileprivate func completed(by other: JSONValue?) -> JSONValue {
    guard case .object(let own) = self else { return self }
    var members: [String: JSONValue] = [:]
    if case .object(let others)? = other {
      for member in others where !Self.outdated.contains(member.name) {
        members[member.name] = member.value
      }
    }
    for member in own {
      let former = Self.whole.contains(member.name) ? nil : members[member.name]
      members[member.name] = member.value.completed(by: former)
    }
    guard !own.contains(where: { Int($0.name) != nil }) else { return self }
    return .object(members.sorted { $0.key < $1.key }.map { Member(name: $0.key, value: $0.value) })
  }

  fileprivate var fileText: [UInt8] { Array((indentedText + "\n").utf8) }
}
