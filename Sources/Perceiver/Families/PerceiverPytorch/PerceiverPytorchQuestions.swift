// Models by perceiver-pytorch's own configuration: what takes any family's takes it too.

import Tensors

extension ModelConfiguration {
  /// A model of perceiver-pytorch.
  public init(_ configuration: PerceiverConfiguration) {
    base = configuration
  }

  /// The hyperparameters of a model of perceiver-pytorch; nil of another family's.
  public var perceiverPytorch: PerceiverConfiguration? { base as? PerceiverConfiguration }

  /// A small untrained Perceiver IO that can learn one picture: frequencies go up to what the
  /// picture's pixels can show.
  ///
  /// - Parameters:
  ///   - channels: The picture's.
  ///   - side: Its longest.
  public static func learningPicture(channels: Int, side: Int) -> ModelConfiguration {
    var configuration = PerceiverConfiguration(
      inputChannels: channels, numFreqBands: 24, maxFreq: Double(max(2, side)), depth: 4,
      numLatents: 128, latentDim: 128, latentHeads: 4, latentDimHead: 32)
    configuration.variant = .io
    configuration.queriesDim = configuration.positionFeatures
    configuration.logitsDim = channels
    configuration.decoderFF = true
    return ModelConfiguration(configuration)
  }
}

extension GivenHyperparameters {
  /// What follows for a model that is to give a picture of so many channels back.
  public static func learningPicture(channels: Int) -> [String: HyperparameterValue] {
    ["variant": .choice(Variant.io.rawValue), "logits_dim": .integer(channels)]
  }
}

extension Perceiver {
  /// Makes the untrained model that `torch.manual_seed(seed); Perceiver(...)` makes.
  ///
  /// - Throws: `ConfigurationError` for an impossible configuration, `ComputationCancelled`.
  public init(
    _ configuration: PerceiverConfiguration = .init(), seed: UInt64,
    cancellation: Cancellation? = nil
  ) throws {
    try self.init(ModelConfiguration(configuration), seed: seed, cancellation: cancellation)
  }

  /// The same parameters under other hyperparameters that need the same parameters.
  ///
  /// - Throws: `ConfigurationError` if the parameters do not fit the configuration.
  public func reconfigured(_ configuration: PerceiverConfiguration) throws -> Perceiver {
    try reconfigured(ModelConfiguration(configuration))
  }
}

extension Checkpoint {
  /// Makes the model; every tensor must be there with the right shape, and none too many.
  ///
  /// - Throws: `CheckpointError` naming the tensor, what was expected and found.
  public func model(_ configuration: PerceiverConfiguration) throws -> Perceiver {
    try model(ModelConfiguration(configuration))
  }
}

extension Hyperparameter {
  /// Its value in a configuration.
  public func value(in configuration: PerceiverConfiguration) -> HyperparameterValue {
    value(in: ModelConfiguration(configuration))
  }

  /// Whether a model of the configuration's class and release has this hyperparameter.
  public func applies(to configuration: PerceiverConfiguration) -> Bool {
    configuration.has(self)
  }

  /// Puts a value into a configuration.
  ///
  /// - Throws: `HyperparameterError` if the value is of another kind or out of range.
  public func set(
    _ value: HyperparameterValue, in configuration: inout PerceiverConfiguration
  ) throws(HyperparameterError) {
    var model = ModelConfiguration(configuration)
    try set(value, in: &model)
    configuration = model.perceiverPytorch ?? configuration
  }
}

extension PerceiverConfiguration {
  /// What a run over an input with these axes costs (`[height, width]` for an image).
  ///
  /// - Throws: `ConfigurationError` if the configuration is impossible.
  public func cost(inputAxes axes: [Int]) throws -> ModelCost {
    try ModelConfiguration(self).cost(inputAxes: axes)
  }

  /// Every stage's costs on an input with these axes, in order.
  ///
  /// - Throws: `ConfigurationError` if the configuration is impossible.
  public func stageCosts(inputAxes axes: [Int]) throws -> [StageCost] {
    try ModelConfiguration(self).stageCosts(inputAxes: axes)
  }

  /// How the first cross-attention over an input with these axes is computed.
  public func crossAttentionMethod(inputAxes axes: [Int]) -> CrossAttentionMethod? {
    ModelConfiguration(self).crossAttentionMethod(inputAxes: axes)
  }
}
