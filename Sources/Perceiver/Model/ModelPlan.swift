// A model as the list of its stages over shared building blocks. Running, counting, drawing
// parameters and reading checkpoints all read this list. What a variant's stages are stands in
// its family's folder.

/// The stages, the ends and the parameters of a model.
struct ModelPlan: Sendable, Hashable {
  let configuration: PerceiverConfiguration
  let rules: ReleaseRules
  let stages: [StagePlan]
  let ending: Ending
  /// What stands before the names of parameters: PerceiverLM holds a Perceiver IO.
  let prefix: String

  /// What follows the last stage.
  enum Ending: Sendable, Hashable {
    /// A classifier over the mean of the latents.
    case classifier(ClassifierHead)
    /// A linear layer over the decoder's outputs; nil for the outputs themselves.
    case outputs(OutputHead?)
    /// Nothing: the latents.
    case latents
  }

  init(_ configuration: PerceiverConfiguration) {
    self.configuration = configuration
    let configuration = configuration.withoutUnused
    rules = ReleaseRules(configuration)
    prefix = configuration.variant == .languageModel ? "perceiver_io." : ""
    let builder = StageBuilder(configuration, rules: rules, prefix: prefix)
    switch configuration.variant {
    case .perceiver: stages = builder.perceiverStages()
    case .gated: stages = builder.gatedStages()
    case .mixedLatents: stages = builder.mixedLatentsStages()
    case .bottomUp: stages = builder.bottomUpStages()
    case .io, .languageModel: stages = builder.decoderStages()
    }
    ending = builder.ending()
  }

  /// The name of the latents' parameter.
  var latentsName: String { prefix + "latents" }

  /// Every distinct parameter in the order in which torch draws them; made anew at each call.
  var parameters: [ParameterSpecification] {
    let builder = StageBuilder(configuration.withoutUnused, rules: rules, prefix: prefix)
    var all = builder.embeddingParameters
    all.append(
      ParameterSpecification(
        name: latentsName, shape: [configuration.numLatents, configuration.latentDim],
        initialisation: .normal))
    all += builder.rotationParameters
    if configuration.variant == .bottomUp {
      all += builder.projectionParameters + builder.bottomUpParameters
    } else {
      all += stagesAsDrawn.flatMap(\.parameters)
    }
    switch ending {
    case .classifier(let head): all += head.parameters
    case .outputs(let head): all += head?.parameters ?? []
    case .latents: break
    }
    var seen: Set<String> = []
    return all.filter { seen.insert($0.name).inserted }
  }

  /// The names of parameters that belong to no stage: latents, tables, the head.
  var namesOutsideStages: Set<String> {
    Set(parameters.map(\.name)).subtracting(stages.flatMap { $0.parameters.map(\.name) })
  }

  /// Stages in the order in which the release makes their modules.
  private var stagesAsDrawn: [StagePlan] {
    guard rules.drawsLatentBlocksFirst else { return stages }
    let decoder = stages.filter { $0.place.kind == .decoderCrossAttention }
    let layers = (0..<configuration.depth).flatMap { layer in
      let own = stages.filter {
        $0.place.layer == layer && $0.place.kind != .decoderCrossAttention
      }
      return own.filter { $0.place.kind == .latentSelfAttention }
        + own.filter { $0.place.kind != .latentSelfAttention }
    }
    return layers + decoder
  }

  /// The name under which a parameter stands: with tying, one layer's for all that share it.
  func storedName(of name: String) -> String {
    guard name.hasPrefix(prefix) else { return name }
    var parts = name.dropFirst(prefix.count)
      .split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count > 2, parts[0] == "layers" || parts[0] == "attn_residuals",
      let layer = Int(parts[1]), (0..<configuration.depth).contains(layer)
    else { return name }
    parts[1] = Substring("\(rules.tying.stored(layer: layer))")
    if parts.count > 4, parts[2] == "self_attns", let block = Int(parts[3]) {
      parts[3] = Substring("\(rules.tying.stored(block: block, inLayer: layer))")
    }
    return prefix + parts.joined(separator: ".")
  }
}

/// A linear layer over the decoder's outputs: Perceiver IO's `to_logits`.
struct OutputHead: Sendable, Hashable {
  /// The prefix of its parameters' names.
  let name: String
  let dim: Int
  let outputs: Int

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    ParameterSpecification.linear(name, inputs: dim, outputs: outputs)
  }

  /// Outputs `[rows, outputs]` from a decoder's, `[rows, dim]`.
  func callAsFunction(_ rows: Variable, in pass: Pass) throws -> Variable {
    try pass.linear(rows, name)
  }
}
