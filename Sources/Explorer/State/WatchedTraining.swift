// A training as the explorer has it: what is learnt, how far it is, and the snapshots to go back to.

import Perceiver

/// A training that is watched.
public struct WatchedTraining: Sendable {
  /// How it stands.
  public enum Phase: Sendable, Hashable {
    /// The model is being built, or made ready.
    case preparing
    /// Steps are taken.
    case running
    /// No steps are taken before a person asks for them.
    case paused
    /// All steps of the recipe are taken.
    case complete
  }

  /// What is learnt.
  public internal(set) var lesson: TrainingLesson
  /// How it stands.
  public internal(set) var phase = Phase.preparing
  /// The training at its present step; nil while it is being prepared.
  public internal(set) var trainer: Trainer?
  /// The losses up to the present step.
  public internal(set) var history = LossHistory()
  /// The last step.
  public internal(set) var latest: TrainingStep?
  /// The snapshots to go back to.
  public internal(set) var snapshots = TrainingSnapshots(parameters: 1)
  /// Seconds that a step takes, a mean over the last ones.
  public internal(set) var secondsPerStep: Double?

  /// What was said when it began.
  var notice: StatusMessage?
  /// Tells apart what was asked before and after a jump: late answers are dropped.
  var round: Int
  /// The model and input that the shown run is of.
  var key: Exploration.Key
  /// Whether steps, or the training itself, are being computed.
  var isComputing = false
  /// Steps that were asked for one by one and are not taken yet.
  var stepsWanted = 0
  /// The step whose model the shown run is of; nil if it has to be computed anew.
  var shownStep: Int?
  /// Whether the shown run is being computed anew.
  var isObserving = false
  /// Seconds that took last time: steps are taken for longer than that.
  var observingSeconds = 0.0
  /// The step whose model was written to a file.
  var savedStep = 0

  /// Steps taken.
  public var step: Int { trainer?.step ?? 0 }
}

/// What a model learns.
public struct TrainingLesson: Sendable {
  /// The data's or the picture's name.
  public let name: String
  /// What is learnt.
  public let task: TrainingTask
  /// How.
  public let recipe: TrainingRecipe
  /// The data it learns from, of which one example is looked at; nil for a picture.
  public let data: TrainingData?

  init(
    name: String, task: TrainingTask, recipe: TrainingRecipe, data: TrainingData? = nil
  ) {
    (self.name, self.task, self.recipe, self.data) = (name, task, recipe, data)
  }
}
