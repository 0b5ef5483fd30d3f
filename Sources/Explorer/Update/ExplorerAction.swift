// What changes the state: what a person does, and what effects report.

import Inputs
import Perceiver
import Screens

/// Something that happened.
public enum ExplorerAction: Sendable {
  /// The program begins; computes the first stage.
  case start
  /// A key, the mouse, a new size, pasted text.
  case input(InputEvent)
  /// The terminal is another one, or came back: all facts anew.
  case terminal(TerminalFacts)
  /// A model was built and stands before its first stage.
  case built(Outcome<BuiltRun>, generation: Int)
  /// The next stage was computed.
  case stageComputed(Outcome<ComputedStage>, generation: Int)
  /// A question about a stage was answered.
  case answered(MapRequest, Outcome<MapAnswer>, generation: Int)
  /// So many parts of a question's work are done, of how many.
  case progressed(MapRequest, done: Int, total: Int, generation: Int)
  /// A run with changes stands before the first stage that differs.
  case changed(Outcome<BuiltRun>, generation: Int)
  /// The next stage of a run with changes was computed.
  case changedStageComputed(Outcome<ComputedStage>, generation: Int)
  /// A training is ready for its first step.
  case trainingBegan(Outcome<Trainer>, round: Int)
  /// Steps of a training were taken, or none where something went wrong.
  case trained(TrainedSteps, round: Int)
  /// A training's present model was run.
  case observed(Outcome<ObservedRun>, round: Int)
  /// Labelled examples were opened, to be learnt in so many steps or as many as is usual.
  case dataOpened(Outcome<TrainingData>, steps: Int?)
  /// A file was opened as input.
  case inputOpened(Outcome<Input>)
  /// A folder was opened, and the first of its inputs.
  case folderOpened(Outcome<OpenedFolder>)
  /// A file was opened whose parts are put in.
  case patchSourceOpened(Outcome<Input>)
  /// Weights were read.
  case weightsLoaded(Outcome<OpenedWeights>)
  /// A session file and what it names were read.
  case sessionOpened(Outcome<OpenedSession>)
  /// What a typed line could become was listed.
  case listed(String, Outcome<[String]>)
  /// A mask was read.
  case maskLoaded(Outcome<NamedMask>)
  /// An object was read, as a mask that keeps its pixels.
  case objectLoaded(Outcome<NamedMask>, of: Input)
  /// An object was written into a file.
  case objectWritten(Outcome<String>)
  /// An entry of the configuration file was written.
  case kept(KeptPreference, Outcome<String>)
  /// The files that were opened last are these.
  case remembered(RecentFiles)
  /// Something was written out.
  case exported(ExportRequest, ExportOutcome)
  /// A timer went off.
  case timer(ExplorerTimer)
}

/// How an effect ended.
public enum Outcome<Value: Sendable>: Sendable {
  /// It succeeded.
  case success(Value)
  /// It was told to stop.
  case cancelled
  /// It failed, for this reason.
  case failure(String)
}

/// A run after one more stage, and the classes at that stage.
public struct ComputedStage: Sendable {
  /// The run with the stage.
  public let run: PerceiverRun
  /// The classes if the run ended there; nil without a classifier head.
  public let scores: ClassScores?

  /// A run after one more stage.
  public init(run: PerceiverRun, scores: ClassScores?) {
    self.run = run
    self.scores = scores
  }
}

/// How an export ended.
public enum ExportOutcome: Sendable, Hashable {
  /// So many files are written; `path` is the file or folder.
  case written(path: String, files: Int)
  /// A file is there already, and nothing was written.
  case exists(String)
  /// It was told to stop.
  case cancelled
  /// It failed, for this reason.
  case failure(String)
}

/// What waits for time to pass.
public enum ExplorerTimer: Sendable, Hashable {
  /// The mark of what is being computed turns.
  case spinner
  /// Autoplay goes on; a number tells its rounds apart.
  case autoplay(Int)
  /// A mean over half pictures goes on; a number tells its rounds apart.
  case refinement(Int)
  /// The next frame is shown; a number tells rounds of playing apart.
  case frames(Int)
  /// What was said about a training has been read; a number tells trainings apart.
  case notice(Int)
  /// The key of the grid is no longer the first half of `gg`; a number tells its presses apart.
  case secondGridKey(Int)
}

/// A training some steps later.
public struct TrainedSteps: Sendable {
  /// The training after the last step that succeeded.
  public let trainer: Trainer
  /// The steps that were taken.
  public let steps: [TrainingStep]
  /// What is wrong with the step that was not; nil if nothing is.
  public let problem: String?

  /// Steps that were taken.
  public init(trainer: Trainer, steps: [TrainingStep], problem: String? = nil) {
    (self.trainer, self.steps, self.problem) = (trainer, steps, problem)
  }
}

/// A run of a training's model, with what is shown of it.
public struct ObservedRun: Sendable {
  /// The step of the model.
  let step: Int
  /// The run, computed as far as it is shown.
  let run: PerceiverRun
  /// The classes at each of its stages.
  let scores: [ClassScores?]
  /// What was asked of the shown stage.
  let answers: [MapRequest: MapAnswer]
  /// How long all this took.
  let seconds: Double
}

/// A run that was prepared, and the classes after each stage that it has already.
public struct BuiltRun: Sendable {
  /// The run; its first stages may be those of the run before.
  public let run: PerceiverRun
  /// The classes if the run ended at each of its stages; nil without a classifier head.
  public let scores: [ClassScores?]
  /// How many of an untrained model's parameters were drawn anew, of how many, and which parts of the
  /// model have some, where the model before was drawn from the same seed; nil where there is nothing to
  /// say.
  public internal(set) var drawnAnew: (count: Int, all: Int, parts: [String])?

  /// A run, with the classes of its stages.
  public init(run: PerceiverRun) {
    self.run = run
    let problem = run.model.configuration.problem
    scores = run.stages.map { stage in
      run.logits(from: stage.latents).map { ClassScores(logits: $0, problem: problem) }
    }
  }
}
