// One hyperparameter as the command line, the editor, checking and configuration files see it.

import Tensors

/// A hyperparameter: its name, what it does, what it may be, and where its value stands.
public struct Hyperparameter: Sendable, Identifiable {
  /// perceiver-pytorch's argument name, such as `num_freq_bands`.
  public let name: String
  /// One line of what it does, for help texts.
  public let help: String
  /// The kind of its values, with their range and step.
  public let domain: HyperparameterDomain
  /// What a change to it asks of the program.
  public let effect: HyperparameterEffect
  let read: @Sendable (PerceiverConfiguration) -> HyperparameterValue
  let write: @Sendable (HyperparameterValue, inout PerceiverConfiguration) -> Void

  /// The name, unique in the catalog.
  public var id: String { name }

  /// The name on the command line, without the dashes: `num-freq-bands`.
  public var optionName: String { String(name.map { $0 == "_" ? "-" : $0 }) }

  /// Its value in a configuration.
  public func value(in configuration: PerceiverConfiguration) -> HyperparameterValue {
    read(configuration)
  }

  /// Puts a value into a configuration.
  ///
  /// - Throws: `HyperparameterError` if the value is of another kind or out of range.
  public func set(
    _ value: HyperparameterValue, in configuration: inout PerceiverConfiguration
  ) throws(HyperparameterError) {
    guard domain.contains(value) else {
      throw HyperparameterError(name: name, expected: domain.description, found: "\(value)")
    }
    write(value, &configuration)
  }

  /// Reads a value as a person types it.
  ///
  /// - Throws: `HyperparameterError` if the text is not a value, or out of range.
  public func parse(_ text: String) throws(HyperparameterError) -> HyperparameterValue {
    guard let value = domain.parse(text), domain.contains(value) else {
      throw HyperparameterError(
        name: name, expected: domain.description, found: text.isEmpty ? "nothing" : text)
    }
    return value
  }

  /// The value some steps up (positive) or down from `value`, kept in range.
  public func value(_ value: HyperparameterValue, steppedBy steps: Int) -> HyperparameterValue {
    domain.step(value, by: steps)
  }
}

/// What a change to a hyperparameter makes necessary.
public enum HyperparameterEffect: Sendable {
  /// The model's parameters change shape or number: it is built anew.
  case rebuildsModel
  /// The parameters stay as they are; stages are computed anew.
  case recomputesStages
  /// Only training is affected; nothing shown changes.
  case trainingOnly
}

/// A value of a hyperparameter.
public enum HyperparameterValue: Sendable, Hashable, CustomStringConvertible {
  /// A whole number.
  case integer(Int)
  /// A real number.
  case real(Double)
  /// Yes or no.
  case toggle(Bool)
  /// One of some words.
  case choice(String)
  /// Yes or no, for all layers or layer by layer.
  case layers(LayerSwitch)

  /// The value as the program shows it and `Hyperparameter.parse` reads it.
  public var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .toggle(let value): value ? "yes" : "no"
    case .choice(let value): value
    case .layers(.none): "no"
    case .layers(.all): "yes"
    case .layers(.each(let layers)): layers.map { $0 ? "yes" : "no" }.joined(separator: ",")
    }
  }
}

/// A value that a hyperparameter cannot have.
public struct HyperparameterError: Error, Hashable, CustomStringConvertible {
  /// The hyperparameter's name.
  public let name: String
  /// What it may be.
  public let expected: String
  /// What was given.
  public let found: String

  /// Makes the error from its facts.
  public init(name: String, expected: String, found: String) {
    self.name = name
    self.expected = expected
    self.found = found
  }

  /// One line: name, expected, found.
  public var description: String { "\(name): expected \(expected), found \(printable(found))" }
}
