// What the state asks of the world. EffectPerformer does it; answers come back as actions.

import Inputs
import Perceiver
import Pictures
import Screens

/// Work that takes time or reaches outside.
public enum ExplorerEffect: Sendable {
  /// Builds a model and begins a run on an input; answers `built`.
  case build(ModelSettings, base: PerceiverRun?, Input, generation: Int)
  /// Computes a run's next stage; answers `stageComputed`.
  case computeStage(PerceiverRun, generation: Int)
  /// Answers a question about a stage of a run, which may begin with the answer to another; answers
  /// `answered`, and tells `progressed` on the way.
  case answer(MapRequest, PerceiverRun, given: MapAnswer?, generation: Int)
  /// Begins a run with changes; answers `changed`.
  case change(PerceiverRun, RunChanges, generation: Int)
  /// Computes the next stage of a run with changes; answers `changedStageComputed`.
  case computeChangedStage(PerceiverRun, generation: Int)
  /// Makes a training ready; answers `trainingBegan`.
  case beginTraining(Perceiver, TrainingLesson, round: Int)
  /// Takes steps of a training, at least one; answers `trained`.
  case train(Trainer, TrainingBudget, round: Int)
  /// Runs a training's present model as far as it is shown; answers `observed`.
  case observe(Observation, round: Int)
  /// Opens labelled examples to learn from, with the classes that the model has learnt if they have
  /// names and prepared as it wants them, in so many steps or as many as is usual; answers
  /// `dataOpened`.
  case openData(path: String, classes: [String]?, demand: InputDemand, steps: Int?)
  /// Opens an input from where it is, as the model wants it; answers `inputOpened`, or `folderOpened`
  /// where it is a folder of several inputs.
  case openInput(InputSource, demand: InputDemand)
  /// Prepares the input like the pictures that the model was trained on; answers `inputOpened`.
  case fitInput(Input, demand: InputDemand)
  /// Opens a file as the input whose parts are put in; answers `patchSourceOpened`.
  case openPatchSource(path: String, demand: InputDemand)
  /// Reads weights, and prepares the input as their model wants it; answers `weightsLoaded`.
  case loadWeights(ModelRequest, input: Input)
  /// Opens the trained sample with its picture, in place of an input; answers `weightsLoaded`.
  case openSample(Input)
  /// Reads a session file and what it names; answers `sessionOpened`.
  case openSession(path: String)
  /// Lists what a line could become whose last part is the beginning of a path; answers `listed`.
  case list(PathCompletion, line: String)
  /// Reads a mask for an input, of which the model makes tokens of these axes; answers `maskLoaded`.
  case loadMask(path: String, input: Input, tokens: [Int])
  /// Reads an object of an input as a mask that keeps it; answers `objectLoaded`.
  case loadObject(path: String, input: Input, tokens: [Int])
  /// Writes an object as an array or a picture, as its name ends; answers `objectWritten`.
  case writeObject(PixelMarks, path: String)
  /// Keeps which files were opened, for a later start too; answers `remembered`.
  case remember([RecentFiles.File])
  /// Writes an entry of the configuration file; answers `kept`.
  case keep(KeptPreference)
  /// Writes something out; answers `exported`.
  case export(ExportRequest, ExportContent)
  /// Stops work of a kind.
  case cancel(Cancelled)
  /// Answers `timer` after so many seconds.
  case startTimer(ExplorerTimer, seconds: Double)
  /// Gives a text to the terminal's clipboard, where it has one for programs.
  case copy(String)
  /// Ends the program.
  case quit
  /// Gives the terminal back to the shell until the program is continued.
  case suspend
  /// Draws every cell anew.
  case redraw

  /// The work that is to stop.
  public enum Cancelled: Sendable, Hashable {
    /// Building, stages and questions: what a new model makes pointless.
    case run
    /// Steps of a training, and its shown run.
    case training
    /// Everything that takes its time, exports and files too.
    case computations
    /// The run with changes.
    case changed
    /// One question.
    case answer(MapRequest)
  }
}

/// How long steps are taken before they are reported.
public struct TrainingBudget: Sendable, Hashable {
  /// No more steps than these; at least one is taken.
  public let steps: Int
  /// No further step is begun after so many seconds.
  public let seconds: Double

  /// A budget.
  public init(steps: Int, seconds: Double) { (self.steps, self.seconds) = (steps, seconds) }
}

/// What of a training's present model is shown.
public struct Observation: Sendable {
  /// The model.
  let model: Perceiver
  /// Its step.
  let step: Int
  /// The run that is shown now: what it has in common with the new one is taken over.
  let base: PerceiverRun?
  /// What the model looks at.
  let input: Input
  /// The last stage that is wanted, from 0.
  let stage: Int
  /// What is asked of that stage.
  let requests: [MapRequest]
}

/// What an export needs to know, gathered when it is asked for.
public enum ExportContent: Sendable {
  /// A map, with what draws it, and where text formats are shown; over a text or a sound also as a table
  /// of its tokens.
  case map(MapDrawing, TextPage, tokens: ReportTable? = nil)
  /// A figure that is laid out when it is drawn.
  case figure(FigureMaker)
  /// Rows under named columns.
  case table(ReportTable)
  /// A self-attention stage's numbers of one head, latents by latents.
  case matrix(LatentMaps, MapAppearance, AttentionValue, HeadSelection, TextPage)
  /// Stages whose maps are all written.
  case stages([LatentMaps], MapAppearance, AllMaps)
  /// Text.
  case text(String)
  /// A picture that a model reconstructs.
  case reconstruction(Reconstruction)
  /// A model.
  case model(Perceiver)
  /// What is open.
  case session(SavedSession)

  /// Which of a stage's maps are written.
  public struct AllMaps: Sendable, Hashable {
    /// Before or after the softmax.
    public let value: AttentionValue
    /// The head of pictures; arrays and tables have every head.
    public let crossHead: HeadSelection
    /// The head of pictures of latent self-attention.
    public let latentHead: HeadSelection
    /// How many stages the run has, computed or not: files are numbered by it.
    public let stageCount: Int
  }
}
