// A configuration together with the reason for each of its values.

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
    /// The reason in words, such as `rows of the tensor latents`.
    public let reason: String
  }

  /// The configuration.
  public let configuration: ModelConfiguration
  /// One fact for each hyperparameter that the model has, in the order in which they are shown.
  public let facts: [Fact]
  /// What a person should know: ignored arguments, assumptions that matter.
  public let notes: [String]

  /// A description whose facts a family has found.
  init(_ configuration: ModelConfiguration, facts: [Fact], notes: [String]) {
    (self.configuration, self.facts, self.notes) = (configuration, facts, notes)
  }
}
