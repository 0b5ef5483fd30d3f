// What the state asks of the world. EffectPerformer does it; answers come back as actions.

import Perceiver
import Screens

/// Work that takes time or reaches outside.
public enum ExplorerEffect: Sendable {
  /// Builds a model and begins a run on an input; answers `built`.
  case build(ModelSettings, base: PerceiverRun?, ExplorerInput, generation: Int)
  /// Computes a run's next stage; answers `stageComputed`.
  case computeStage(PerceiverRun, generation: Int)
  /// Answers a question about a stage; answers `answered`.
  case answer(MapRequest, Stage, generation: Int)
  /// Opens a file as input; answers `inputOpened`.
  case openInput(path: String)
  /// Reads weights for an input of so many channels and axes; answers `weightsLoaded`.
  case loadWeights(path: String, inputChannels: Int, inputAxes: Int)
  /// Reads a mask for an input of these axes; answers `maskLoaded`.
  case loadMask(path: String, axes: [Int])
  /// Writes something out; answers `exported`.
  case export(ExportRequest, ExportContent)
  /// Stops work of a kind.
  case cancel(Cancelled)
  /// Answers `timer` after so many seconds.
  case startTimer(ExplorerTimer, seconds: Double)
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
    /// Everything that takes its time, exports and files too.
    case computations
    /// One question.
    case answer(MapRequest)
  }
}

/// What an export needs to know, gathered when it is asked for.
public enum ExportContent: Sendable {
  /// A map, with what draws it.
  case map(MapPicture)
  /// A self-attention stage's numbers of one head, latents by latents.
  case matrix(Stage, MapAppearance, AttentionValue, HeadSelection)
  /// Stages whose maps are all written.
  case stages([Stage], MapAppearance, AllMaps)
  /// Text.
  case text(String)

  /// Which of a stage's maps are written.
  public struct AllMaps: Sendable, Hashable {
    /// Before or after the softmax.
    public let value: AttentionValue
    /// The head of pictures; arrays and tables have every head.
    public let crossHead: HeadSelection
    /// The same for latent self-attention.
    public let latentHead: HeadSelection
  }
}
