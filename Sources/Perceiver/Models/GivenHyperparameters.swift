// Hyperparameters that someone gave: a configuration file, the command line, or both.

/// Hyperparameter values by name, as given; what is not given is derived or takes its default.
public struct GivenHyperparameters: Sendable, Hashable {
  /// Values by perceiver-pytorch's argument names.
  public var values: [String: HyperparameterValue] = [:]
  /// What was accepted but has no effect, in sentences: `cross_dim` and the like.
  public var notes: [String] = []

  /// Makes a set in which nothing is given.
  public init() {}

  /// Reads perceiver-pytorch's arguments from JSON: an object of arguments, or an object with
  /// `version`, `module`, `cls` and `args`.
  ///
  /// - Throws: `ConfigurationError` with the place, what was expected and what was found.
  public init(json: [UInt8]) throws {
    fatalError()
  }

  /// The same with values of `other` in place of one's own where both give one.
  public func overridden(by other: GivenHyperparameters) -> GivenHyperparameters {
    var result = self
    result.values.merge(other.values) { _, new in new }
    result.notes += other.notes
    return result
  }
}

/// A configuration with the reason for each of its values.
public struct ModelDescription: Sendable, Hashable {
  /// Where a value came from.
  public enum Source: String, Sendable, Hashable {
    /// A configuration file or an option gave it.
    case given
    /// The checkpoint's shapes or the input fix it.
    case derived
    /// Nothing gave it: the default.
    case assumed
  }

  /// One hyperparameter's value and its source.
  public struct Fact: Sendable, Hashable {
    /// The hyperparameter's name.
    public let name: String
    /// Its value.
    public let value: HyperparameterValue
    /// Where it came from.
    public let source: Source
    /// The reason in words, such as `rows of latents`.
    public let reason: String
  }

  /// The configuration.
  public let configuration: PerceiverConfiguration
  /// One fact for each hyperparameter, in the catalog's order.
  public let facts: [Fact]
  /// What a person should know: ignored arguments, assumptions that matter.
  public let notes: [String]

  /// Describes an untrained model: given values over defaults, input channels and axes from the
  /// input unless given.
  ///
  /// - Throws: `HyperparameterError` or `ConfigurationError` for impossible values.
  public init(given: GivenHyperparameters, inputChannels: Int, inputAxes: Int) throws {
    fatalError()
  }
}

/// A configuration that no model can have.
public struct ConfigurationError: Error, Hashable, CustomStringConvertible {
  /// One line: where, what was expected, what was found.
  public let description: String

  /// Makes the error.
  public init(_ description: String) { self.description = description }
}

/// A checkpoint that cannot be used.
public struct CheckpointError: Error, Hashable, CustomStringConvertible {
  /// One line: where in the file, what was expected, what was found.
  public let description: String

  /// Makes the error.
  public init(_ description: String) { self.description = description }
}
