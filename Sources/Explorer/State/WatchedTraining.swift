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

// Snapshots of a training: values to go back to, as many as fit into a budget of memory.

/// A training at one step, as it was.
public struct TrainingSnapshot: Sendable {
  /// The training; going back is taking it up again.
  public let trainer: Trainer
  /// The losses up to there.
  public let history: LossHistory
  /// Its last step; nil before the first.
  public let latest: TrainingStep?
  /// Whether a person asked for it: those are kept longer.
  public let isWanted: Bool

  /// Steps taken.
  public var step: Int { trainer.step }
}

/// The snapshots of a training, in order of their steps.
///
/// Steps are the same whenever they are taken anew, so snapshots after the present one stay valid.
public struct TrainingSnapshots: Sendable {
  /// The snapshots, the earliest first.
  public private(set) var all: [TrainingSnapshot] = []
  private let most: Int

  /// No snapshots; of a model with so many parameters as many are kept as half a gigabyte holds, two
  /// at least.
  init(parameters: Int) {
    // A snapshot has each parameter and two means of its gradients.
    let bytes = max(1, parameters) * 12
    most = max(2, min(200, Self.memory / bytes))
  }

  private static let memory = 512 << 20

  /// Keeps a snapshot; one of the same step stays, and is wanted if either is.
  mutating func keep(_ snapshot: TrainingSnapshot) {
    if let index = all.firstIndex(where: { $0.step == snapshot.step }) {
      if snapshot.isWanted { all[index] = snapshot }
      return
    }
    let index = all.firstIndex { $0.step > snapshot.step } ?? all.count
    all.insert(snapshot, at: index)
    if all.count > most { forgetOne(but: snapshot.step) }
  }

  /// The snapshot of a step; nil if none was kept.
  func snapshot(at step: Int) -> TrainingSnapshot? { all.first { $0.step == step } }

  /// The latest snapshot before a step; nil if there is none.
  func last(before step: Int) -> TrainingSnapshot? { all.last { $0.step < step } }

  /// The step at which the next snapshot is kept by itself: steps that are twice the one before, from
  /// 16 on, and every thousandth or so later.
  static func nextAutomatic(after step: Int) -> Int {
    guard step >= 16 else { return 16 }
    guard step < 1024 else { return (step / 1024 + 1) * 1024 }
    var next = 16
    while next <= step { next *= 2 }
    return next
  }

  /// Drops the snapshot whose neighbours are nearest to each other, unwanted ones first; the
  /// first and the one just kept stay.
  private mutating func forgetOne(but step: Int) {
    func gap(_ index: Int) -> Int {
      let after = all.indices.contains(index + 1) ? all[index + 1].step : all[index].step
      return after - all[index - 1].step
    }
    let candidates = all.indices.dropFirst().filter { all[$0].step != step }
    let unwanted = candidates.filter { !all[$0].isWanted }
    let pool = unwanted.isEmpty ? candidates : unwanted
    guard let index = pool.min(by: { gap($0) < gap($1) }) else { return }
    all.remove(at: index)
  }
}

// What a training is worth that no file has, when the program has to end without asking.

/// A model that was trained here and is in no file.
public struct UnsavedTraining: Sendable {
  /// What its files are called after, without an ending: the data or picture, and the step.
  public let stem: String
  /// The model.
  public let model: Perceiver
  /// The training, to go on with; nil where it was ended and the model kept.
  public let trainer: Trainer?
  /// How many steps were taken.
  public let steps: Int

  /// Writes the model as FILE.safetensors with its arguments beside it, and the training as
  /// FILE.training.safetensors, from which `train --out FILE.safetensors --resume` goes on. FILE is
  /// the stem, with a number where files are called so already.
  ///
  /// - Parameters:
  ///   - folder: Where; the working folder where empty.
  ///   - files: Writes them.
  /// - Returns: The path of the model.
  /// - Throws: What writing throws.
  public func write(into folder: String, _ files: ExplorerFiles) throws -> String {
    let prefix = folder.isEmpty ? "" : folder + "/"
    var (path, number) = (prefix + stem, 1)
    var modelPath: String { path + ".safetensors" }
    var trainingPath: String { Trainer.trainingPath(ofModelAt: modelPath) }
    while [modelPath, trainingPath, path + ".json"].contains(where: files.exists) {
      number += 1
      path = "\(prefix)\(stem)-\(number)"
    }
    let export = try model.exported(as: .own, tied: .once)
    try files.writeModel(export, modelPath, .refuse)
    try trainer?.save(to: trainingPath)
    return modelPath
  }
}

extension ExplorerState {
  /// The model that was trained here and is in no file, if there is one.
  public var unsavedTraining: UnsavedTraining? {
    guard hasUnsavedTraining else { return nil }
    // A model that was kept is called after its step already.
    let called = training?.lesson.name ?? modelName.replacing(/, step \d+$/, with: "")
    let name = "trained-" + Self.stem(of: called)
    if let trainer = training?.trainer {
      return UnsavedTraining(
        stem: "\(name)-step-\(trainer.step)", model: trainer.model, trainer: trainer,
        steps: trainer.step)
    }
    guard let weights = loadedWeights, let steps = weights.trainedSteps else { return nil }
    return UnsavedTraining(
      stem: "\(name)-step-\(steps)", model: weights.model, trainer: nil, steps: steps)
  }
}
