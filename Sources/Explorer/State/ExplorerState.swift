// The whole program as one value. Update/ changes it, Panes/ draw it; neither touches a terminal.

import Inputs
import Perceiver
import Screens

/// Everything the program knows at a moment.
public struct ExplorerState: Sendable {
  /// What a person has chosen.
  public internal(set) var choices: Choices
  /// The former choices. A person who trains again and again leaves a model behind each time.
  public internal(set) var history = History<Choices>(budget: 256 << 20, memory: \.heldMemory)
  /// Whether the action that is being taken in moves through the history, or changes what undo
  /// passes over, so that nothing is remembered.
  var isHistoryKept = false
  /// What is known of the terminal.
  public internal(set) var terminal: TerminalFacts
  /// Keys, colours and glyphs as configured.
  public let preferences: ExplorerPreferences

  /// Counts models and inputs: answers to questions of another generation are dropped.
  public internal(set) var generation = 0
  /// The run with the stages computed so far; nil until the model is built.
  public internal(set) var run: PerceiverRun?
  /// The classes at each computed stage.
  public internal(set) var scores: [ClassScores?] = []
  /// What `run` is a run of.
  var runKey: RunKey?
  /// What is being built.
  var building: RunKey?
  /// Runs of former choices, the latest last, so that undo need not compute them again.
  var formerRuns: [FormerRun] = []
  /// Whether a stage is being computed.
  public internal(set) var isComputingStage = false
  /// Whether an export is being written.
  public internal(set) var isExporting = false
  /// The stage that is shown, from 0.
  public internal(set) var position = 0
  /// The stage to go to as soon as it is computed.
  public internal(set) var target: Int?
  /// The round of autoplay that is going on; nil when it is not.
  var autoplay: Int?
  var autoplayRounds = 0

  /// The training that is watched; nil when there is none.
  public internal(set) var training: TrainingSession?
  var trainingRounds = 0
  /// The model trained here that was written to a file last.
  var savedModel: LoadedWeights?
  /// Whether the last key was one that quits although a trained model is in no file.
  var isLeavingArmed = false

  /// Answers about stages of this generation.
  var answers = BoundedCache<MapRequest, MapAnswer>(limit: 256 << 20)
  /// Questions on their way.
  var pending: Set<MapRequest> = []
  /// Questions that were cancelled or failed; not asked again before the next key.
  var declined: Set<MapRequest> = []
  /// The latest map that was there to be shown, while the next is being computed.
  var latestShown: MapRequest?

  /// Whether the pixel cursor is out.
  public internal(set) var isProbing = false
  /// The key of cross-attention it is at: a pixel, row by row.
  public internal(set) var probedKey = 0
  /// The key of latent self-attention it is at: a latent.
  public internal(set) var probedLatent = 0
  /// The pane that keys of lists go to.
  public internal(set) var focus = Focus.map
  /// The chosen line among the hyperparameters.
  public internal(set) var hyperparameterIndex = 0
  /// Who gets the next key.
  public internal(set) var mode = Mode.normal
  /// Past command lines, the latest last.
  var commandHistory: [String] = []
  /// The sentence in the status line.
  public internal(set) var message: StatusMessage?
  /// Whether the last key was Ctrl-C, so that another quits.
  var isQuitArmed = false
  /// Inputs, data, weights and masks that are being opened.
  var filesBeingRead = 0
  /// Turns the mark of what is being computed.
  var spinnerPhase = 0
  var isSpinnerRunning = false
  /// Costs of the applied and the draft configuration, counted when they change.
  var costs = CostComparison()

  /// The program before its start.
  public init(
    choices: Choices, terminal: TerminalFacts, preferences: ExplorerPreferences = .init()
  ) {
    self.choices = choices
    self.terminal = terminal
    self.preferences = preferences
    if let colours = preferences.colourMap { self.choices.view.colours = colours }
  }

  /// A model on an input: what a run is of.
  struct RunKey: Sendable, Hashable {
    let settings: ModelSettings
    let input: Input
  }

  /// A run that undo may come back to.
  struct FormerRun: Sendable {
    let key: RunKey
    let run: PerceiverRun
    let scores: [ClassScores?]
  }
}

extension ExplorerState {
  /// The stages of the run, computed or not; empty until the model is built.
  public var places: [StagePlace] { run?.places ?? [] }
  /// The stage that is shown; nil until it is computed.
  public var stage: Stage? {
    guard let run, run.stages.indices.contains(position) else { return nil }
    return run.stages[position]
  }
  /// The place of the stage that is shown or waited for.
  public var place: StagePlace? {
    let places = places
    return places.indices.contains(position) ? places[position] : nil
  }
  /// Whether a model is being built.
  public var isBuilding: Bool { building != nil }
  /// Whether anything is being computed that takes its time.
  public var isBusy: Bool {
    isBuilding || isComputingStage || isExporting || !pending.isEmpty || isTraining || isReading
  }
  /// Whether files are being opened.
  public var isReading: Bool { filesBeingRead > 0 }
  /// Whether steps of a training are being taken.
  public var isTraining: Bool { training?.phase == .running || training?.isComputing == true }
  /// Whether autoplay goes on.
  public var isPlaying: Bool { autoplay != nil }
  /// The latents of the model that is asked for; at a linear attention its features, which have
  /// maps as latents do.
  var latentCount: Int {
    place?.kind == .linearAttention
      ? stage?.attention?.mapCount ?? 64 : choices.settings.configuration.numLatents
  }
  /// What has a map at the shown stage.
  var mapOwner: String { place?.kind == .linearAttention ? "feature" : "latent" }
  /// How the keys of the shown stage lie on the screen.
  var keyGrid: KeyGrid {
    KeyGrid(shape: stage?.attention?.mapShape ?? choices.input.axes)
  }
  /// What the large pane shows at the shown stage.
  public var mapView: MapView {
    guard place != nil else { return .one }
    if isReconstructionShown {
      return terminal.width >= 180 ? .sideBySide : .one
    }
    if mapLiesOverLatents { return choices.view.latentView }
    if let view = choices.view.crossView { return view }
    return terminal.width >= 180 && !choices.input.frames.isEmpty ? .sideBySide : .one
  }
  /// Whether the large pane shows what the model gives back, and not a map.
  var isReconstructionShown: Bool {
    choices.view.showsReconstruction && reasonAgainstReconstruction == nil
  }
  /// Whether the shown stage's maps lie over latents, or outputs without a place in the input, and
  /// not over the input.
  var mapLiesOverLatents: Bool {
    guard let ground = place?.kind.mapGround else { return false }
    switch ground {
    case .tokens: return false
    case .latents: return true
    case .outputs: return stage?.attention?.mapShape != choices.input.axes
    }
  }
  /// The classes at the shown stage.
  public var shownScores: ClassScores? {
    scores.indices.contains(position) ? scores[position] : nil
  }
  /// The key that the cursor is at, at the shown stage.
  var probe: Int? {
    guard isProbing else { return nil }
    return mapLiesOverLatents ? probedLatent : probedKey
  }
}

/// What the applied and the draft configuration cost.
struct CostComparison: Sendable, Hashable {
  /// Of the model that is asked for; nil if it cannot be counted.
  var applied: ModelCost?
  /// Of the draft; nil if it is impossible.
  var draft: ModelCost?
  /// Why the draft is impossible.
  var problem: String?
  /// What was counted.
  var counted: Counted?

  struct Counted: Sendable, Hashable {
    let applied: PerceiverConfiguration
    let draft: PerceiverConfiguration
    let axes: [Int]
  }
}

extension ExplorerState {
  /// Whether the map that the selection names is being computed, and will be there soon.
  public var isAwaitingMap: Bool { wantedMap.map(pending.contains) ?? false }
}
