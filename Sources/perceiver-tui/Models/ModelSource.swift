// Where the model comes from: checkpoint, configuration file and options.

import Perceiver
import Tensors

/// A model as the command line asks for it, before the input is known.
struct ModelSource {
  /// The opened checkpoint; nil for an untrained model.
  let checkpoint: Checkpoint?
  /// Hyperparameters of the configuration file, overridden by options.
  let given: GivenHyperparameters
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
    }
    checkpoint = try options.weights.map { path in
      try CommandFailure.about(path) { try Checkpoint(path: path) }
    }
    given = given.overridden(by: try options.optionValues())
    if checkpoint != nil && options.seed != nil {
      given.notes.append("--seed has no effect with --weights")
    }
    self.given = given
    seed = try options.seedValue()
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
      var given = given
      for (name, value) in [("input_axis", inputAxes), ("input_channels", inputChannels)]
      where given.values[name] == nil {
        given.values[name] = .integer(value)
      }
      return try checkpoint.describe(given: given)
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
