// The one opener of models: from a checkpoint, a configuration file, and what is given besides.

import Perceiver
import Tensors

/// Which model is asked for, in words.
public struct ModelRequest: Sendable {
  /// The file of parameters; nil for an untrained model.
  public var weights: String?
  /// Which state dict of it to read.
  public var stateDict: String?
  /// What the names of the model's tensors begin with in it.
  public var prefix: String?
  /// The configuration file; nil for that beside the parameters.
  public var configuration: String?
  /// Hyperparameters that are given besides, over those of files.
  public var given = GivenHyperparameters()
  /// The seed of an untrained model; nil if none is given.
  public var seed: UInt64?

  /// A request for the parameters of a file; without one for an untrained model.
  public init(weights: String? = nil) { self.weights = weights }
}

/// A model as it is asked for, before the input is known.
public struct ModelSource: Sendable {
  /// The opened checkpoint; nil for an untrained model.
  public let checkpoint: Checkpoint?
  /// Hyperparameters of the configuration file, overridden by those given besides.
  public var given: GivenHyperparameters
  /// The seed of an untrained model.
  public let seed: UInt64

  /// Reads the files that a request names.
  ///
  /// - Throws: `InputFailure` with the file.
  public init(_ request: ModelRequest) throws {
    var given = GivenHyperparameters()
    if let path = request.configuration {
      given = try InputFailure.about(path) {
        try GivenHyperparameters(json: InputBytes.read(path, limit: Self.largestConfiguration))
      }
      given.origin = path
    }
    checkpoint = try request.weights.map { path in
      try InputFailure.about(path) {
        do {
          return try Checkpoint(path: path, stateDict: request.stateDict, prefix: request.prefix)
        } catch let error as FileAccessError
          where error.reason == .missing && HubCache.isName(path)
        {
          throw InputFailure(
            .unreadable, path,
            "no such file, and no model of that name in the Hub's cache; "
              + "huggingface-cli download \(path) fetches it")
        }
      }
    }
    if request.configuration == nil, let checkpoint {
      given = try InputFailure.about(checkpoint.path) {
        try GivenHyperparameters.of(checkpoint) ?? given
      }
    }
    given = given.overridden(by: request.given)
    if checkpoint != nil && request.seed != nil {
      given.notes.append("--seed has no effect with --weights")
    }
    self.given = given
    seed = request.seed ?? 0
  }

  /// Whether the model reads numbers of tokens, as far as options and files say it.
  public var readsTokens: Bool { checkpoint?.readsTokens ?? given.asksForTokens }

  /// What the model wants of an input: its own preprocessing, and channels and axes that are given.
  public var demand: InputDemand {
    // Folders say all of it; other weights leave channels and axes to the input.
    if let configuration = try? describeAlone().configuration,
      configuration.photoProcessor != nil || configuration.media != nil
    {
      var demand = InputDemand(configuration)
      demand.photoProcessorName = checkpoint?.photoProcessorName ?? demand.photoProcessorName
      return demand
    }
    return InputDemand(
      preprocessing: given.preprocessing,
      channels: givenInteger(HyperparameterCatalog.Name.inputChannels),
      axes: givenInteger(HyperparameterCatalog.Name.inputAxes))
  }

  /// A whole number that options or a configuration file give.
  public func givenInteger(_ name: String) -> Int? {
    if case .integer(let value)? = given.values[name] { value } else { nil }
  }

  /// What the model is on an input of these channels and axes.
  ///
  /// - Throws: `InputFailure`; of an untrained model, `ConfigurationError`.
  public func describe(inputChannels: Int, inputAxes: Int) throws -> ModelDescription {
    guard let checkpoint else {
      return try ModelDescription(
        given: given, inputChannels: inputChannels, inputAxes: inputAxes)
    }
    return try InputFailure.about(checkpoint.path) {
      // Shapes say how wide a token is, not how that divides into channels and axes.
      guard !checkpoint.readsTokens else {
        return try checkpoint.describe(given: given)
      }
      var given = given
      typealias Name = HyperparameterCatalog.Name
      for (name, value) in [(Name.inputAxes, inputAxes), (Name.inputChannels, inputChannels)]
      where given.values[name] == nil {
        given.values[name] = .integer(value)
      }
      return try checkpoint.describe(given: given)
    }
  }

  /// What the model is where no input says its channels and axes.
  ///
  /// - Throws: `InputFailure`; of an untrained model, `ConfigurationError`.
  public func describeAlone(inputAxes: Int? = nil) throws -> ModelDescription {
    guard let checkpoint else {
      let defaults = UntrainedModels.own.defaults
      return try ModelDescription(
        given: given, inputChannels: defaults.inputChannels,
        inputAxes: inputAxes ?? defaults.inputAxes)
    }
    return try InputFailure.about(checkpoint.path) { try checkpoint.describe(given: given) }
  }

  /// Whether weights are NaN or infinite, in a sentence; it reads the whole file. Nil if none are.
  ///
  /// - Throws: `InputFailure`, `ComputationCancelled`.
  public func nonFiniteNote() throws -> String? {
    try checkpoint.flatMap { checkpoint in
      try InputFailure.about(checkpoint.path) { try checkpoint.nonFiniteNote() }
    }
  }

  /// Files up to so many bytes are read whole to say whether weights are NaN or infinite.
  private static let smallFile = 1 << 26

  /// Whether weights of a small file are NaN or infinite, in a sentence; nil if none are. Of a larger
  /// file no more is read than a stage needs, and NaN shows in what comes of it.
  ///
  /// - Throws: `InputFailure`, `ComputationCancelled`.
  public func smallFileNote() throws -> String? {
    guard let checkpoint, checkpoint.byteCount <= Self.smallFile else { return nil }
    return try nonFiniteNote()
  }

  /// Checks that the described model is in the file; no weights are read for it.
  ///
  /// - Throws: `InputFailure`.
  public func check(_ description: ModelDescription) throws {
    guard let checkpoint else { return }
    try InputFailure.about(checkpoint.path) {
      try checkpoint.checkModel(description.configuration)
    }
  }

  /// Makes the described model.
  ///
  /// - Throws: `InputFailure`, `ComputationCancelled`.
  public func model(
    _ description: ModelDescription, cancellation: Cancellation? = nil
  ) throws -> Perceiver {
    guard let checkpoint else {
      return try Perceiver(description.configuration, seed: seed, cancellation: cancellation)
    }
    return try InputFailure.about(checkpoint.path) {
      try checkpoint.model(description.configuration)
    }
  }

  // A configuration has some 25 short arguments; more is another kind of file.
  private static let largestConfiguration = 1 << 20
}
