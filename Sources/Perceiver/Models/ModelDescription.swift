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
    let derived: [String: (HyperparameterValue, String)] = [
      "input_channels": (.integer(inputChannels), "the input's channels"),
      "input_axis": (.integer(inputAxes), "the input's axes"),
    ]
    try self.init(given: given, derived: derived)
  }

  /// Puts given values over derived ones over defaults, and checks the result.
  init(
    given: GivenHyperparameters, derived: [String: (value: HyperparameterValue, reason: String)],
    notes: [String] = []
  ) throws {
    var configuration = PerceiverConfiguration()
    var facts: [Fact] = []
    for hyperparameter in HyperparameterCatalog.all {
      let name = hyperparameter.name
      let fact =
        if let value = given.values[name] {
          Fact(name: name, value: value, source: .given, reason: "given")
        } else if let (value, reason) = derived[name] {
          Fact(name: name, value: value, source: .derived, reason: reason)
        } else {
          Fact(
            name: name, value: hyperparameter.value(in: configuration), source: .assumed,
            reason: "default")
        }
      try hyperparameter.set(fact.value, in: &configuration)
      facts.append(fact)
    }
    try configuration.validate()
    self.configuration = configuration
    self.facts = facts
    self.notes = given.notes + notes
  }
}
