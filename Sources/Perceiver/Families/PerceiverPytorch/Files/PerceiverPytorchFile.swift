// A file of a perceiver-pytorch model: whose layout its names have, and what it makes of them.

import Tensors

/// perceiver-pytorch 0.1.14 to 0.11.0.
struct PerceiverPytorchFamily: DrawnFamily {
  static let name = "perceiver-pytorch"
  var package: String { Self.name }

  var untrained: UntrainedModels {
    func choice(_ variant: Variant) -> HyperparameterChoice {
      HyperparameterChoice(name: "variant", value: variant.rawValue)
    }
    return UntrainedModels(
      package: package, defaults: ModelConfiguration(PerceiverConfiguration()),
      classifier: choice(.perceiver), reconstruction: choice(.io))
  }

  func modules(in names: [String]) -> [String] { ModelNames.all(in: names).map(\.prefix) }

  func names(of file: TensorFile) throws -> FamilyNames? {
    // `save_model` keeps one of several equal tensors and says which names it dropped.
    let aliases = file.metadata.filter { alias, kept in
      alias != ModelExport.argumentsKey && file.entry(named: alias) == nil
        && file.entry(named: kept) != nil
    }
    let dropped = aliases.keys.sorted()
    let names = file.entries.map(\.name) + dropped
    let plainNames = file.plainNames + dropped.map(ModuleChoice.unwrapped)
    let model = try ModelNames(in: plainNames, behind: file.prefix) { name in
      plainNames.firstIndex(of: name).flatMap { index in
        file.entry(named: aliases[names[index]] ?? names[index])?.shape.count
      }
    }
    var stored: [String: String] = [:]
    var tied = TiedNames()
    var strange: Set<String> = []
    for (name, plain) in zip(names, plainNames) {
      guard let canonical = try model.canonicalName(plain) else {
        strange.insert(name)
        continue
      }
      if let kept = aliases[name] {
        let keptName = try model.canonicalName(ModuleChoice.unwrapped(kept))
        try tied.add(dropped: canonical, kept: keptName ?? kept)
      }
      guard stored.updateValue(aliases[name] ?? name, forKey: canonical) == nil else {
        throw CheckpointError("tensor \(printable(name)): expected one \(canonical), found two")
      }
    }
    for other in file.leftOut { try model.checkNoDamage(ModuleChoice.unwrapped(other.name)) }
    return FamilyNames(
      prefix: model.prefix,
      stored: stored, strange: strange,
      reader: PerceiverPytorchReader(
        variant: model.isLanguageModel ? .languageModel : model.layout.variant,
        layoutTable: model.layout))
  }
}

/// What is known of a file by its names.
struct PerceiverPytorchReader: FamilyCheckpoint {
  /// The class of model.
  let variant: Variant
  let layoutTable: CheckpointLayout

  var package: String { PerceiverPytorchFamily.name }
  var readsTokens: Bool { variant == .languageModel }
  var reference: ReferenceForm { .perceiverPytorch }

  var layout: String {
    let (first, last) = (layoutTable.releases.lowerBound, layoutTable.releases.upperBound)
    return first == last ? "\(first)" : "\(first) to \(last)"
  }

  func given(_ checkpoint: Checkpoint) throws -> GivenHyperparameters? {
    try CompanionArguments.of(checkpoint)
  }

  func given(
    byCase json: [UInt8], _ checkpoint: Checkpoint
  ) throws -> GivenHyperparameters? {
    try GivenHyperparameters(json: json)
  }

  func describe(
    _ checkpoint: Checkpoint, given: GivenHyperparameters
  ) throws -> ModelDescription {
    try PerceiverPytorchFile(checkpoint: checkpoint, variant: variant, layoutTable: layoutTable)
      .describe(given: given)
  }

  func surplus(_ name: String, in plan: ModelPlan) -> SurplusTensor {
    guard let configuration = plan.configuration.perceiverPytorch, configuration.weightTieLayers,
      let parsed = LayerName(name)
    else { return .refused }
    // Layers beyond the model's depth count too.
    let tied = parsed.shared(by: ReleaseRules(configuration).tying).name
    return tied == name ? .refused : .repeats(tied)
  }
}

/// An opened file and what is known of it.
struct PerceiverPytorchFile {
  let checkpoint: Checkpoint
  let variant: Variant
  let layoutTable: CheckpointLayout

  var names: some Collection<String> { checkpoint.names }
  func shape(of name: String) -> [Int]? { checkpoint.shape(of: name) }
  func areEqual(_ first: String, _ second: String) throws -> Bool {
    try checkpoint.areEqual(first, second)
  }
}

// Names that `safetensors.torch.save_model` dropped because their tensors stand under others: what
// makes sense of them, so that a damaged one is not taken for another layer's.

/// What was found so far of a file's dropped names, by their names of 0.11.0.
struct TiedNames {
  /// For each owner of dropped parameters the owner of what was kept.
  private var owners: [String: String] = [:]

  /// Takes one pair.
  ///
  /// Layers and blocks share whole: what was dropped of one must all have been kept of one other,
  /// under the same name.
  ///
  /// - Throws: `CheckpointError` with both names.
  mutating func add(dropped: String, kept: String) throws {
    let (mine, theirs) = (LayerName(dropped), LayerName(kept))
    let first = mine.flatMap { owners[$0.owner] } ?? theirs?.owner
    guard let mine, let theirs, mine.parameter == theirs.parameter, first == theirs.owner else {
      throw CheckpointError(
        "metadata: expected \(dropped) to be \(first ?? "a layer's").\(mine?.parameter ?? dropped), "
          + "found \(kept)")
    }
    owners[mine.owner] = first
  }
}
