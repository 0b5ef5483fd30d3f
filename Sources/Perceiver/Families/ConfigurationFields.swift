// Fields of a configuration that lies beside weights, read with the location they are in.

import Tensors

/// An object of `config.json`.
struct ConfigurationFields: Sendable {
  let json: JSONValue
  /// Where it stands in the file: `config.json`, `config.json: model_config: encoder`.
  let location: String

  init(_ json: JSONValue, location: String = "config.json") {
    (self.json, self.location) = (json, location)
  }

  /// What an error about a field begins with.
  func error(_ name: String, expected: String, found: JSONValue) -> CheckpointError {
    CheckpointError(
      "\(location): \(name): expected \(expected), found \(printable(found.text).prefix(80))")
  }

  /// A whole number; nil where it is absent or null.
  ///
  /// - Throws: `CheckpointError`.
  func integer(_ name: String, _ range: ClosedRange<Int>) throws -> Int? {
    switch json[name] {
    case nil, .null?: return nil
    case .integer(let number)? where range.contains(number): return number
    case let other?:
      let shown = range.upperBound == .max ? "" : " from \(range.lowerBound) to \(range.upperBound)"
      throw error(name, expected: "a whole number" + shown, found: other)
    }
  }

  /// Whole numbers in a list; nil where it is absent or null.
  ///
  /// - Throws: `CheckpointError`.
  func integers(_ name: String, _ range: ClosedRange<Int>) throws -> [Int]? {
    switch json[name] {
    case nil, .null?: return nil
    case .array(let elements)?:
      return try elements.map { element in
        guard case .integer(let number) = element, range.contains(number) else {
          throw error(
            name, expected: "whole numbers from \(range.lowerBound) to \(range.upperBound)",
            found: element)
        }
        return number
      }
    case let other?: throw error(name, expected: "a list of whole numbers", found: other)
    }
  }

  /// A number; nil where it is absent or null.
  ///
  /// - Throws: `CheckpointError`.
  func number(_ name: String) throws -> Double? {
    switch json[name] {
    case nil, .null?: return nil
    case .integer(let number)?: return Double(number)
    case .real(let number)?: return number
    case let other?: throw error(name, expected: "a number", found: other)
    }
  }

  /// Yes or no; nil where it is absent.
  func flag(_ name: String) -> Bool? {
    if case .bool(let flag)? = json[name] { flag } else { nil }
  }

  /// A word; nil where it is absent or something else.
  func text(_ name: String) -> String? {
    if case .string(let text)? = json[name] { text } else { nil }
  }

  /// The words of a list; nil where it is absent or something else.
  func texts(_ name: String) -> [String]? {
    guard case .array(let elements)? = json[name] else { return nil }
    return elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }

  /// An object in it, empty where it is absent.
  ///
  /// - Throws: `CheckpointError`.
  func object(_ name: String) throws -> ConfigurationFields {
    switch json[name] {
    case nil, .null?: return .init(.object([]), location: "\(location): \(name)")
    case .object?: return .init(json[name] ?? .null, location: "\(location): \(name)")
    case let other?: throw error(name, expected: "an object", found: other)
    }
  }

  /// Names by number: `id2label`, or `label2id` the other way round.
  var labels: [Int: String] {
    var names: [Int: String] = [:]
    if case .object(let members)? = json["id2label"] {
      for member in members {
        guard let number = Int(member.name) else { continue }
        switch member.value {
        case .string(let text): names[number] = text
        case .integer(let value): names[number] = "\(value)"
        default: continue
        }
      }
    } else if case .object(let members)? = json["label2id"] {
      for member in members {
        if case .integer(let number) = member.value { names[number] = member.name }
      }
    }
    return names
  }

  /// What is said where the names are not as many as the classes, those that are there being used; nil
  /// where they are.
  func labelsNote(classes: Int) -> String? {
    let count = labels.count
    guard count != classes else { return nil }
    let field = if case .object? = json["id2label"] { "id2label" } else { "label2id" }
    return
      "\(field) has \(count) names for \(classes) classes: LABEL_N stands for those that have none"
  }
}

extension GivenHyperparameters {
  /// What a model folder says beside its weights; nil of a file by itself.
  static func inFolder(of checkpoint: Checkpoint) -> GivenHyperparameters? {
    guard let folder = checkpoint.folder else { return nil }
    var given = GivenHyperparameters()
    given.document = folder.configuration
    given.origin = "config.json"
    given.photoProcessor = folder.photoProcessor
    // Tokenizers without a limit say some number far beyond any.
    if case .integer(let longest)? = folder.tokenizer?["model_max_length"], longest > 2 {
      given.longestText = longest
    }
    return given
  }
}

extension Checkpoint {
  /// The sides of a matrix.
  ///
  /// - Throws: `CheckpointError` where there is none of the name.
  func matrix(_ name: String) throws -> (rows: Int, columns: Int) {
    guard let shape = shape(of: name) else {
      throw CheckpointError("tensor \(name): expected a matrix, found no such tensor")
    }
    guard shape.count == 2, shape[0] > 0, shape[1] > 0 else {
      throw CheckpointError("tensor \(name): expected a matrix, found shape \(printable(shape))")
    }
    return (shape[0], shape[1])
  }

  /// Checks every tensor that a model has; never is one made up.
  ///
  /// - Returns: A note about tensors that the model does not have; nil if there are none.
  /// - Throws: `CheckpointError` with a list.
  func checkTensors(of plan: ModelPlan, class name: String) throws -> String? {
    let parameters = plan.parameters
    let problems = parameters.compactMap { parameter -> String? in
      let shape = shape(of: parameter.name)
      guard shape != parameter.shape else { return nil }
      return "\(parameter.name) \(parameter.shape), found \(shape.map { printable($0) } ?? "none")"
    }
    guard problems.isEmpty else {
      let more = problems.count > 8 ? " and \(problems.count - 8) more" : ""
      throw CheckpointError(
        "expected the tensors of \(name): " + problems.prefix(8).joined(separator: "; ") + more)
    }
    let others = Set(names).subtracting(parameters.map(\.name))
    guard let first = others.min() else { return nil }
    return
      "passed over: \(others.count) tensor\(others.count == 1 ? "" : "s") that the class does not "
      + "have, \(printable(first))\(others.count > 1 ? " and others" : "")"
  }
}

extension FamilyConfiguration {
  /// Checks an input against what the model reads, in the words of all families.
  func checkForm(of tensor: Tensor) throws {
    switch input {
    case .data(let axes, let channels):
      guard tensor.shape.count == axes + 1 else {
        throw ConfigurationError(
          "input: expected \(axes == 1 ? "1 axis" : "\(axes) axes") and channels, found shape "
            + "\(tensor.shape)")
      }
      guard tensor.shape[axes] == channels else {
        throw ConfigurationError(
          "input: expected \(channels) channels, found \(tensor.shape[axes])")
      }
    case .tokens(let vocabulary, let longest):
      guard tensor.shape.count == 1 else {
        throw ConfigurationError("input: expected numbers of tokens, found shape \(tensor.shape)")
      }
      guard tensor.count <= longest else {
        throw ConfigurationError(
          "input: expected at most \(longest) tokens, found \(tensor.count)")
      }
      let range = Float(0)...Float(vocabulary - 1)
      let wrong = tensor.values.enumerated().first {
        !range.contains($0.element) || $0.element != $0.element.rounded()
      }
      if let wrong {
        throw ConfigurationError(
          "input: expected tokens from 0 to \(vocabulary - 1), found \(wrong.element) at position "
            + "\(wrong.offset)")
      }
    }
  }

  /// The entry of the temperature, which every family has.
  static func temperature(
    _ path: any WritableKeyPath<Self, Double> & Sendable
  ) -> Hyperparameter {
    Hyperparameter(
      name: "attention_temperature",
      help: "scores are divided by it; 1 as trained, more spreads attention",
      domain: .real(0.01...100, step: 0.1), effect: .recomputesStages,
      read: { (own: Self) in .real(own[keyPath: path]) },
      write: { value, own in if case .real(let number) = value { own[keyPath: path] = number } })
  }

  /// An entry of a whole number that weights fix.
  static func fixed(
    _ name: String, _ path: any WritableKeyPath<Self, Int> & Sendable, _ help: String
  ) -> Hyperparameter {
    Hyperparameter(
      name: name, help: help, domain: .integer(1...1_000_000, step: .one), effect: .rebuildsModel,
      read: { (own: Self) in .integer(own[keyPath: path]) },
      write: { value, own in if case .integer(let number) = value { own[keyPath: path] = number } })
  }
}
