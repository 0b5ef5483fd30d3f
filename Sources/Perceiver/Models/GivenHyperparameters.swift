// Hyperparameters that someone gave: a configuration file, the command line, or both.

import Tensors

/// Hyperparameter values by name, as given; what is not given is derived or takes its default.
public struct GivenHyperparameters: Sendable, Hashable {
  /// Values by perceiver-pytorch's argument names.
  public var values: [String: HyperparameterValue] = [:]
  /// What was accepted but has no effect, in sentences: `cross_dim` and the like.
  public var notes: [String] = []

  /// What is said of `cross_dim` wherever it is given.
  public static let crossDimNote =
    "cross_dim is ignored: perceiver-pytorch dropped it in 0.1.20 and never used it"

  /// Makes a set in which nothing is given.
  public init() {}

  /// The same with values of `other` in place of one's own where both give one.
  public func overridden(by other: GivenHyperparameters) -> GivenHyperparameters {
    var result = self
    result.values.merge(other.values) { _, new in new }
    result.notes += other.notes.filter { !notes.contains($0) }
    return result
  }

  /// Checks every value on its own, before any is reckoned with.
  func checkRanges() throws(HyperparameterError) {
    var configuration = PerceiverConfiguration()
    for hyperparameter in HyperparameterCatalog.all {
      guard let value = values[hyperparameter.name] else { continue }
      try hyperparameter.set(value, in: &configuration)
    }
  }

  /// Reads perceiver-pytorch's arguments from JSON: an object of arguments, or an object with
  /// `version`, `module`, `cls`, `args` and perhaps `defaults`, which `args` override.
  ///
  /// - Throws: `ConfigurationError` with the place, what was expected and what was found.
  public init(json bytes: [UInt8]) throws {
    let json: JSONValue
    do {
      json = try JSONValue(parsing: bytes)
    } catch {
      throw ConfigurationError("\(error)")
    }
    guard case .object = json else {
      throw ConfigurationError("expected an object of arguments, found \(json.kind)")
    }
    guard let arguments = json["args"] else {
      try read(json, of: "configuration")
      return
    }
    try Self.checkClass(json)
    if let defaults = json["defaults"] { try read(defaults, of: "defaults") }
    try read(arguments, of: "args")
  }

  private static func checkClass(_ json: JSONValue) throws {
    if let name = json["cls"], name != .string("Perceiver") {
      throw ConfigurationError("cls: expected Perceiver, found \(name.text)")
    }
    if let module = json["module"], module != .string("perceiver_pytorch") {
      throw ConfigurationError("module: expected perceiver_pytorch, found \(module.text)")
    }
    guard let version = json["version"] else { return }
    let parts = version.text.split(separator: ".").map { Int($0) }
    guard parts.count >= 2, let major = parts[0], let minor = parts[1] else {
      throw ConfigurationError("version: expected a release such as 0.11.0, found \(version.text)")
    }
    guard (major, minor) >= (0, 8) else {
      throw ConfigurationError("version: expected 0.8.0 or later, found \(version.text)")
    }
  }

  private mutating func read(_ json: JSONValue, of place: String) throws {
    guard case .object(let members) = json else {
      throw ConfigurationError("\(place): expected an object of arguments, found \(json.kind)")
    }
    for member in members {
      if member.name == "cross_dim" {
        if !notes.contains(Self.crossDimNote) { notes.append(Self.crossDimNote) }
        continue
      }
      guard let hyperparameter = HyperparameterCatalog.all.first(where: { $0.name == member.name })
      else {
        throw ConfigurationError(
          "\(place): expected perceiver-pytorch's arguments, found \(member.name)")
      }
      values[member.name] = try hyperparameter.value(from: member.value)
    }
  }
}

extension Hyperparameter {
  /// The value that a configuration file gives.
  fileprivate func value(from json: JSONValue) throws -> HyperparameterValue {
    let value: HyperparameterValue? =
      switch (domain, json) {
      case (.integer, .integer(let number)): .integer(number)
      case (.real, .integer(let number)): .real(Double(number))
      case (.real, .real(let number)): .real(number)
      case (.toggle, .bool(let isOn)): .toggle(isOn)
      case (.layers, .bool(let isOn)): .layers(isOn ? .all : .none)
      case (.layers, .array(let elements)): Self.layers(elements).map { .layers(.each($0)) }
      default: nil
      }
    guard let value, domain.contains(value) else {
      throw ConfigurationError("\(name): expected \(domain), found \(json.text)")
    }
    return value
  }

  private static func layers(_ elements: [JSONValue]) -> [Bool]? {
    let flags = elements.compactMap { element -> Bool? in
      guard case .bool(let isOn) = element else { return nil }
      return isOn
    }
    return flags.count == elements.count ? flags : nil
  }
}

extension JSONValue {
  /// The value in few words, for error messages.
  fileprivate var text: String {
    switch self {
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .string(let value): String(value.prefix(80))
    case .null, .array, .object: kind
    }
  }
}

/// A configuration that no model can have.
public struct ConfigurationError: Error, Hashable, CustomStringConvertible {
  /// One line: where, what was expected, what was found.
  public let description: String

  /// Makes the error.
  public init(_ description: String) { self.description = description }
}
