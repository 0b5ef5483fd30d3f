// Hyperparameters that someone gave: a configuration file, the command line, or both.

import Tensors

/// Hyperparameter values by name, as given; what is not given is derived or takes its default.
public struct GivenHyperparameters: Sendable, Hashable {
  /// Values by the hyperparameters' names.
  public var values: [String: HyperparameterValue] = [:]
  /// What gives a value, where several sets were joined, by the hyperparameters' names.
  private var sources: [String: String] = [:]
  /// What the classes are called, by number, where a configuration of this library says it.
  public var classNames: [String]?
  /// How pictures become the model's numbers, where a configuration of this library says it.
  public var preprocessing: Preprocessing?
  /// What said the names of classes and the preprocessing, such as `model.json`.
  public var origin: String?
  /// Which weights the configuration was written with, where this library wrote it: the
  /// `ModelExport.generation` of them.
  public var generation: String?
  /// The file beside the weights, of a family that reads its models off it.
  var document: JSONValue?
  /// The JSON of the photo processor beside the weights, if there is one.
  var photoProcessor: JSONValue?
  /// The most tokens that the tokenizer beside the weights makes of a text, if it says so.
  var longestText: Int?
  /// Whether the file beside the weights says how answers are read.
  public var saysProblem: Bool {
    guard case .object(let members)? = document else { return false }
    return members.contains { $0.name == "problem_type" && $0.value != .null }
  }

  /// Whether a file names the classes. Where none does, a package may have names of its own.
  public var saysLabels: Bool {
    classNames != nil || document.map { !ConfigurationFields($0).labels.isEmpty } ?? true
  }

  /// What was accepted but has no effect, in sentences: `cross_dim` and the like.
  public var notes: [String] = []

  /// Makes a set in which nothing is given.
  public init() {}

  /// What gives a value, in few words: the name of a file, or that it is an option.
  func source(of name: String) -> String { sources[name] ?? origin ?? "an option" }

  /// This set with values of `other` in place of one's own where both give one.
  public func overridden(by other: GivenHyperparameters) -> GivenHyperparameters {
    var result = self
    for name in values.keys { result.sources[name] = source(of: name) }
    for name in other.values.keys { result.sources[name] = other.source(of: name) }
    result.values.merge(other.values) { _, new in new }
    result.classNames = other.classNames ?? classNames
    result.preprocessing = other.preprocessing ?? preprocessing
    result.origin = other.origin ?? origin
    result.notes += other.notes.filter { !notes.contains($0) }
    return result
  }

  /// The note that hyperparameters are read from somewhere, such as `the weights' own metadata`.
  static func sourceNote(_ source: String) -> String { sourceWords + source }

  /// Whether a note says where hyperparameters are read from, and so no assumption.
  package static func isSourceNote(_ note: String) -> Bool { note.hasPrefix(sourceWords) }

  private static let sourceWords = "hyperparameters are read from "
}

/// A configuration that no model can have.
public struct ConfigurationError: Error, Hashable, CustomStringConvertible {
  /// One line: where, what was expected, what was found.
  public let description: String

  /// Makes the error.
  public init(_ description: String) { self.description = description }
}
