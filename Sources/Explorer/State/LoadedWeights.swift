// A checkpoint as the explorer has it: the model, what its weights fix, and what is to be said.

import Inputs
import Perceiver

/// A model whose parameters were read from a file; equal only to itself.
public final class LoadedWeights: Sendable, Hashable {
  /// The model as loaded.
  public let model: Perceiver
  /// The file's name, for the title.
  public let name: String
  /// What opens it again; nil where it is in no file.
  public let request: ModelRequest?
  /// What a person should know: what was assumed, and weights that are NaN or infinite.
  public let notes: [String]
  /// What the model is, and where each of it is known from.
  public let sheet: [ModelSheetRow]
  /// What is wrong with the weights: numbers that are not finite; nil if nothing is.
  public let warning: String?
  /// Hyperparameters that the weights fix, each with the reason.
  private let reasons: [String: String]

  /// A model, the name of the file it was read from, and where its hyperparameters came from.
  public init(
    model: Perceiver, name: String, facts: [ModelDescription.Fact] = [], notes: [String] = [],
    sheet: [ModelSheetRow] = [], warning: String? = nil, request: ModelRequest? = nil
  ) {
    (self.model, self.sheet, self.request) = (model, sheet, request)
    self.name = name
    self.notes = [warning].compactMap { $0 } + notes
    self.warning = warning
    let found = Dictionary(
      facts.filter { $0.source == .derived }.map { ($0.name, $0.reason) },
      uniquingKeysWith: { first, _ in first })
    reasons = Dictionary(
      uniqueKeysWithValues: model.configuration.hyperparameters
        .filter { Self.isFixed($0, model) }
        .map { ($0.name, found[$0.name] ?? "they have its shape") })
  }

  /// How many steps the model was trained in this program; nil if it comes from a file.
  var trainedSteps: Int? {
    if case .trained(let steps) = model.origin { steps } else { nil }
  }

  /// Why the weights let a hyperparameter have no other value; nil if they do.
  public func reasonFixed(_ hyperparameter: Hyperparameter) -> String? {
    reasons[hyperparameter.name]
  }

  /// The value with which the model was trained.
  func trained(_ hyperparameter: Hyperparameter) -> HyperparameterValue {
    hyperparameter.value(in: model.configuration)
  }

  /// Whether a step in either direction needs other parameters.
  private static func isFixed(_ hyperparameter: Hyperparameter, _ model: Perceiver) -> Bool {
    guard hyperparameter.effect != .trainingOnly else { return false }
    let value = hyperparameter.value(in: model.configuration)
    return [1, -1].allSatisfy { steps in
      var other = model.configuration
      let stepped = hyperparameter.value(value, steppedBy: steps)
      guard stepped != value, (try? hyperparameter.set(stepped, in: &other)) != nil else {
        return true
      }
      return (try? model.reconfigured(other)) == nil
    }
  }

  public static func == (left: LoadedWeights, right: LoadedWeights) -> Bool { left === right }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// Weights, and an input prepared as their model wants it.
public struct OpenedWeights: Sendable {
  /// The weights.
  public let weights: LoadedWeights
  /// What the model looks at.
  public let input: Input

  /// Weights and an input.
  public init(weights: LoadedWeights, input: Input) {
    (self.weights, self.input) = (weights, input)
  }
}

extension ExplorerState {
  /// What the model that is open wants of an input; of an untrained one, how text becomes tokens.
  var demand: InputDemand {
    var demand = InputDemand()
    if let weights = loadedWeights {
      demand = InputDemand(weights.model.configuration)
    } else {
      demand.text = TextDemand(choices.settings.configuration)
    }
    // What follows is read as what is open was.
    demand.isAsTrained = choices.input.demand.isAsTrained
    demand.reading = choices.input.demand.reading
    return demand
  }

  /// What was assumed or corrected in the model that is asked for, a sentence each.
  var modelNotes: [String] {
    let corrections = choices.settings.configuration.corrections
    return (loadedWeights?.notes ?? []).filter { !corrections.contains($0) } + corrections
  }

  /// Where to read the notes, a line short enough to leave the stages in view; nil where nothing was assumed.
  var notesReminder: String? {
    if let warning = loadedWeights?.warning { return warning }
    let corrections = choices.settings.configuration.corrections
    if !corrections.isEmpty { return "hyperparameters were corrected; :notes says how" }
    // That a model's own file says its hyperparameters is as it should be, and no assumption.
    return modelNotes.contains { !GivenHyperparameters.isSourceNote($0) }
      ? ":notes lists where the model is from and what was assumed" : nil
  }

  /// The checkpoint whose weights the model has; nil for untrained ones.
  var loadedWeights: LoadedWeights? {
    guard case .weights(let weights) = choices.settings.source else { return nil }
    return weights
  }
}
