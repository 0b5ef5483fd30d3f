// One hyperparameter as the command line, the editor, checking and configuration files see it.

import Tensors

/// A hyperparameter: its name, what it does, what it may be, and where its value stands.
public struct Hyperparameter: Sendable, Identifiable {
  /// The argument's name in the family's package, such as `num_freq_bands`.
  public let name: String
  /// One line of what it does, for help texts.
  public let help: String
  /// The kind of its values, with their range and step.
  public let domain: HyperparameterDomain
  /// What a change to it asks of the program.
  public let effect: HyperparameterEffect
  /// Where its value is from unless someone gives it, in words: `from the input`; nil where it is a
  /// default of its own.
  public let source: String?
  private let read: @Sendable (any FamilyConfiguration) -> HyperparameterValue?
  private let write: @Sendable (HyperparameterValue, inout any FamilyConfiguration) -> Void

  /// A hyperparameter of one family's configurations.
  init<Configuration: FamilyConfiguration>(
    name: String, help: String, domain: HyperparameterDomain, effect: HyperparameterEffect,
    source: String? = nil, read: @escaping @Sendable (Configuration) -> HyperparameterValue,
    write: @escaping @Sendable (HyperparameterValue, inout Configuration) -> Void
  ) {
    (self.name, self.help, self.domain, self.effect) = (name, help, domain, effect)
    self.source = source
    self.read = { ($0 as? Configuration).map(read) }
    self.write = { value, configuration in
      guard var own = configuration as? Configuration else { return }
      write(value, &own)
      configuration = own
    }
  }

  /// The name, unique in the catalog.
  public var id: String { name }

  /// The name on the command line, without the dashes: `num-freq-bands`.
  public var optionName: String { String(name.map { $0 == "_" ? "-" : $0 }) }

  /// Whether a model has it; otherwise its value has no effect.
  public func applies(to configuration: ModelConfiguration) -> Bool {
    own(configuration).map { configuration.base.has($0) } ?? false
  }

  /// Its value in a configuration, of whichever family; of a family that does not know it, the least.
  public func value(in configuration: ModelConfiguration) -> HyperparameterValue {
    own(configuration)?.read(configuration.base) ?? domain.least
  }

  /// The entry of this name in the configuration's own family.
  private func own(_ configuration: ModelConfiguration) -> Hyperparameter? {
    read(configuration.base) != nil
      ? self : type(of: configuration.base).catalog.first { $0.name == name }
  }

  /// Puts a value into a configuration.
  ///
  /// - Throws: `HyperparameterError` if the value is of another kind or out of range.
  public func set(
    _ value: HyperparameterValue, in configuration: inout ModelConfiguration
  ) throws(HyperparameterError) {
    guard domain.contains(value) else {
      throw HyperparameterError(name: name, expected: domain.description, found: "\(value)")
    }
    guard let own = own(configuration) else {
      throw HyperparameterError(
        name: name, expected: "a hyperparameter of a \(configuration.title)", found: "\(value)")
    }
    own.write(value, &configuration.base)
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

extension [Hyperparameter] {
  /// The one of a name, in snake or kebab case.
  public func named(_ name: String) -> Hyperparameter? {
    let name = String(name.map { $0 == "-" ? "_" : $0 })
    return first { $0.name == name }
  }
}
