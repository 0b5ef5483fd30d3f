// Where the model comes from: checkpoint, configuration file and options.

import Explorer
import Perceiver
import Tensors

/// A model as the command line asks for it, before the input is known.
struct ModelSource {
  /// The opened checkpoint; nil for an untrained model.
  let checkpoint: Checkpoint?
  /// Hyperparameters of the configuration file, overridden by options.
  var given: GivenHyperparameters
  /// The seed of an untrained model.
  let seed: UInt64

  /// Reads the files that options name.
  ///
  /// - Throws: `CommandFailure` with the file.
  init(_ options: ModelOptions) throws {
    var given = GivenHyperparameters()
    if let path = options.config {
      given = try CommandFailure.about(path) {
        try GivenHyperparameters(json: InputBytes.read(path, limit: Self.largestConfiguration))
      }
      given.origin = path
    }
    for (option, value) in [("state-dict", options.stateDict), ("prefix", options.prefix)]
    where options.weights == nil && value != nil {
      throw CommandFailure.usage("--\(option): expected --weights with it, found none")
    }
    checkpoint = try options.weights.map { path in
      try CommandFailure.about(path) {
        try Checkpoint(path: path, stateDict: options.stateDict, prefix: options.prefix)
      }
    }
    if options.config == nil, let checkpoint {
      given = try CommandFailure.about(checkpoint.path) {
        try GivenHyperparameters.of(checkpoint) ?? given
      }
    }
    given = given.overridden(by: try options.optionValues())
    if checkpoint != nil && options.seed != nil {
      given.notes.append("--seed has no effect with --weights")
    }
    self.given = given
    seed = try options.seedValue()
  }

  /// The class of model, as far as options and files say it.
  var variant: Variant {
    if let checkpoint { return checkpoint.variant }
    guard case .choice(let name)? = given.values["variant"] else { return .perceiver }
    return Variant(rawValue: name) ?? .perceiver
  }

  /// What the model wants of an input: its own preprocessing, and channels and axes that are given.
  var demand: InputDemand {
    InputDemand(
      preprocessing: given.preprocessing, channels: givenInteger("input_channels"),
      axes: givenInteger("input_axis"))
  }

  /// A whole number that options or a configuration file give.
  func givenInteger(_ name: String) -> Int? {
    if case .integer(let value)? = given.values[name] { value } else { nil }
  }

  /// What the model is on an input of these channels and axes.
  ///
  /// - Throws: `CommandFailure`.
  func describe(inputChannels: Int, inputAxes: Int) throws -> ModelDescription {
    guard let checkpoint else {
      return try ModelDescription(
        given: given, inputChannels: inputChannels, inputAxes: inputAxes)
    }
    return try CommandFailure.about(checkpoint.path) {
      // Shapes say how wide a token is, not how that divides into channels and axes.
      guard checkpoint.variant != .languageModel else {
        return try checkpoint.describe(given: given)
      }
      var given = given
      for (name, value) in [("input_axis", inputAxes), ("input_channels", inputChannels)]
      where given.values[name] == nil {
        given.values[name] = .integer(value)
      }
      return try checkpoint.describe(given: given)
    }
  }

  /// What the model is where no input says its channels and axes.
  ///
  /// - Throws: `CommandFailure`.
  func describeAlone(inputAxes: Int? = nil) throws -> ModelDescription {
    guard let checkpoint else {
      let defaults = PerceiverConfiguration()
      return try ModelDescription(
        given: given, inputChannels: defaults.inputChannels,
        inputAxes: inputAxes ?? defaults.inputAxes)
    }
    return try CommandFailure.about(checkpoint.path) { try checkpoint.describe(given: given) }
  }

  /// Says on standard error whether weights are NaN or infinite; it reads the whole file.
  ///
  /// - Throws: `CommandFailure`, `ComputationCancelled`.
  func noteNonFiniteWeights() throws {
    guard let checkpoint else { return }
    try CommandFailure.about(checkpoint.path) {
      if let note = try checkpoint.nonFiniteNote() { Messages.note("\(checkpoint.path): \(note)") }
    }
  }

  /// Makes the described model.
  ///
  /// - Throws: `CommandFailure`, `ComputationCancelled`.
  func model(
    _ description: ModelDescription, cancellation: Cancellation? = nil
  ) throws -> Perceiver {
    guard let checkpoint else {
      return try Perceiver(description.configuration, seed: seed, cancellation: cancellation)
    }
    return try CommandFailure.about(checkpoint.path) {
      try checkpoint.model(description.configuration)
    }
  }

  // A configuration has some 25 short arguments; more is another kind of file.
  private static let largestConfiguration = 1 << 20
}
