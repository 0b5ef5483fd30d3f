// The model as a value: configuration, named parameters, and where they came from.

import Tensors

/// A Perceiver of any family (arXiv 2103.03206, 2107.14795) with the numerics of its package.
public struct Perceiver: Sendable {
  /// Where the parameters came from.
  public let origin: ParameterOrigin
  let plan: ModelPlan
  let parameters: Parameters
  /// Told of each stage that a run of the model computes, as it begins; of models made from this one
  /// too.
  package var observer: (@Sendable (StageID) -> Void)?

  /// Makes the untrained model that the family's package makes after `torch.manual_seed(seed)`.
  ///
  /// - Throws: `ConfigurationError` for an impossible configuration or a family whose models are not
  ///   drawn here, `ComputationCancelled`.
  public init(
    _ configuration: ModelConfiguration, seed: UInt64, cancellation: Cancellation? = nil
  ) throws {
    try configuration.validate()
    guard configuration.isDrawable else {
      throw ConfigurationError("\(configuration.title): expected trained weights, found none")
    }
    plan = ModelPlan(configuration)
    parameters = try Parameters.drawn(plan.parameters, seed: seed, cancellation: cancellation)
    origin = .untrained(seed: seed)
  }

  /// Makes a model from parameters that were checked against the plan.
  init(
    plan: ModelPlan, parameters: Parameters, origin: ParameterOrigin,
    observer: (@Sendable (StageID) -> Void)? = nil
  ) {
    self.plan = plan
    self.parameters = parameters
    self.origin = origin
    self.observer = observer
  }

  /// The hyperparameters.
  public var configuration: ModelConfiguration { plan.configuration }

  /// The number of distinct parameters; tied ones count once.
  public var parameterCount: Int { parameters.count }

  /// A fingerprint of hyperparameters and weights: models that compute otherwise have another.
  ///
  /// - Throws: `FileAccessError` if a file of weights was written to since it was opened.
  package func fingerprint() throws -> String {
    try parameters.load()
    var fingerprint = Fingerprint()
    for hyperparameter in configuration.hyperparameters {
      fingerprint.add("\(hyperparameter.name)=\(hyperparameter.value(in: configuration))")
    }
    for (name, tensor) in parameters.named {
      fingerprint.add(name)
      fingerprint.add(tensor)
    }
    return fingerprint.text
  }

  /// How many of the parameters are the very numbers that another model has under the same names.
  public func parameterCount(sharedWith other: Perceiver) -> Int {
    parameters.named.reduce(0) { count, entry in
      let isSame = other.parameters.tensor(named: entry.name)?.hasSameBits(as: entry.tensor)
      return isSame == true ? count + entry.tensor.count : count
    }
  }

  /// The parts of the model with a parameter that another model has not under the same name, or not
  /// with the very same numbers: `latents`, `layers.4`, `to_logits`, in the model's order.
  public func parts(unlike other: Perceiver) -> [String] {
    var parts: [String] = []
    for (name, tensor) in parameters.named {
      let words = name.split(separator: ".")
      let isNumbered = words.count > 1 && Int(words[1]) != nil
      let part = words.prefix(isNumbered ? 2 : 1).joined(separator: ".")
      guard parts.last != part, !parts.contains(part),
        other.parameters.tensor(named: name)?.hasSameBits(as: tensor) != true
      else { continue }
      parts.append(part)
    }
    return parts
  }

  /// The parameter of a name of the family's package, such as `layers.0.cross_attn.fn.to_q.weight`
  /// of perceiver-pytorch 0.11.0.
  ///
  /// A tied layer's names all lead to one layer's. Nil if the model has no such parameter.
  public func parameter(named name: String) -> Tensor? {
    let stored = plan.storedName(of: name)
    return parameters.tensor(named: stored)
  }

  /// Runs all stages: logits `[classes]`, outputs `[…queries, channels]` of a model with a decoder,
  /// or latents `[latents, dim]` where there is neither.
  ///
  /// - Parameters:
  ///   - input: `[…axes, channels]`: `[height, width, channels]` for an image; for a language model
  ///     the numbers of tokens, `[tokens]`.
  ///   - sound: Samples from -1 to 1 beside frames, `[samples]`; silence if nil.
  ///   - mask: Which tokens may be read; all if nil.
  ///   - queries: What a decoder is asked.
  ///   - cancellation: Stops the run early.
  /// - Throws: `ConfigurationError` for an input of another shape, `ComputationCancelled`.
  public func callAsFunction(
    _ input: Tensor, sound: Tensor? = nil, mask: TokenMask? = nil,
    queries: OutputQueries = .none, cancellation: Cancellation? = nil
  ) throws -> Tensor {
    var run = try begin(input, sound: sound, mask: mask, queries: queries)
    while try run.next(cancellation: cancellation) != nil {}
    return run.output ?? run.initialLatents
  }

  /// Prepares a run over an input, at its first stage; nothing is computed but tokens' statistics.
  ///
  /// - Parameters:
  ///   - input: As for a whole run.
  ///   - sound: As for a whole run.
  ///   - mask: Which tokens may be read; all if nil.
  ///   - queries: What a decoder is asked.
  ///   - former: A run of this or another model: what it shares with the new one, tokens and the
  ///     first stages as far as plan and parameters are the same, is taken over, so that the run
  ///     begins behind them.
  ///   - interventions: What stages do otherwise than the model says.
  /// - Throws: `ConfigurationError` for an input, mask, queries or interventions that do not fit.
  public func begin(
    _ input: Tensor, sound: Tensor? = nil, mask: TokenMask? = nil,
    queries: OutputQueries = .none, interventions: [Intervention] = [],
    reusing former: PerceiverRun? = nil
  ) throws -> PerceiverRun {
    try configuration.check(input: input, mask: mask, readBy: plan.input)
    try configuration.base.check(sound: sound, beside: input)
    // Those that no stage loads: latents, tables of embeddings, the head.
    if !parameters.areInMemory { try parameters.load(plan.namesOutsideStages) }
    let request = RunRequest(
      input: input, sound: sound, mask: mask, queries: queries, model: self)
    let known = former.flatMap { $0.request.givesSameTokens(as: request) ? $0.input : nil }
    var run = try PerceiverRun(
      model: self, request: request, input: known ?? read(request), interventions: interventions)
    if let former { run.takeOver(former) }
    return run
  }

  private func read(_ request: RunRequest) throws -> ReadInput<Tensor> {
    let input = try Pass(self).read(request.batch()).map(\.value)
    // Planes are made here, where a picture is prepared, and not in the first stage.
    if request.readsPositions { _ = input.tokens.positions }
    return input
  }

  /// The same parameters under other hyperparameters that need the same parameters.
  ///
  /// - Throws: `ConfigurationError` if the parameters do not fit the configuration.
  public func reconfigured(_ configuration: ModelConfiguration) throws -> Perceiver {
    try configuration.validate()
    let plan = ModelPlan(configuration)
    guard plan.parameters == self.plan.parameters else {
      throw ConfigurationError("these hyperparameters need other parameters than the model's")
    }
    return Perceiver(plan: plan, parameters: parameters, origin: origin, observer: observer)
  }
}

/// Where a model's parameters came from.
public enum ParameterOrigin: Sendable, Hashable {
  /// Drawn as torch draws them after `torch.manual_seed(seed)`.
  case untrained(seed: UInt64)
  /// Read from a checkpoint; `layout` names the releases whose layout it has.
  case checkpoint(path: String, layout: String)
  /// Trained in this process; so many steps.
  case trained(steps: Int)
}

/// Which tokens of an input may be attended to.
public struct TokenMask: Sendable, Hashable {
  /// The input's axes without channels.
  public let shape: [Int]
  /// One entry a token, row-major; true keeps it.
  public let keeps: [Bool]

  /// Makes a mask.
  ///
  /// - Precondition: `keeps.count` is the product of `shape`.
  public init(shape: [Int], keeps: [Bool]) {
    precondition(shape.reduce(1, *) == keeps.count)
    self.shape = shape
    self.keeps = keeps
  }
}
