// The whole program as one value. Update/ changes it, Panes/ draw it; neither touches a terminal.

import Inputs
import Perceiver
import Screens

/// Everything that the program knows.
public struct ExplorerState: Sendable {
  /// The model on the input that is on the screen.
  public internal(set) var open: Exploration
  /// Explorations of former choices, the latest last, so that undo need not compute them again.
  var former: [Exploration] = []
  /// The exploration whose view is pinned, to be compared with the open one; nil for none.
  public internal(set) var pinned: Exploration?
  /// How the pinned view and the open one are shown.
  public internal(set) var comparison = PinnedComparison.beside
  /// The pinned view's area on the screen, in the state that draws it; else nil.
  var areaOfPinnedView: Rect?
  /// The numbers of the pinned view and the present one, in a state that draws them on one scale.
  var numbersOfBothViews: SharedNumbers?
  /// Counts runs, so that each has a generation of its own.
  var generations = 0
  /// What undo goes back to. A person who trains again and again leaves a model behind each time.
  public internal(set) var history = History<UndoPoint>(
    budget: 256 << 20, memory: { $0.choices.heldMemory })
  /// Whether the action that is being taken in moves through the history, or changes what undo
  /// passes over, so that nothing is remembered.
  var isHistoryKept = false
  /// What is known of the terminal.
  public internal(set) var terminal: TerminalFacts
  /// Keys, colours, glyphs and hints as configured.
  public internal(set) var preferences: ExplorerPreferences

  /// The inputs that were given together; nil where one was.
  public internal(set) var inputs: InputSequence?
  /// Where in the tour a person is; nil before it has begun.
  public internal(set) var tour: Tour?

  /// Whether an export is being written.
  public internal(set) var isExporting = false
  /// The round of autoplay that is going on; nil when it is not.
  var autoplay: Int?
  var autoplayRounds = 0
  /// The round in which frames are played; nil while they stand still.
  var framePlay: Int?

  /// The timer after which a mean over half pictures goes on; nil where none runs.
  var refinementTimer: Int?
  var refinementRounds = 0
  /// Whether a key stopped means over half pictures from going on: of every map, whatever is asked next
  /// or undone, until the key is pressed again.
  var isRefiningStopped = false

  /// The training that is watched; nil when there is none.
  public internal(set) var training: WatchedTraining?
  var trainingRounds = 0
  /// The examples of the latest training on data, to look at one after another.
  var examples: BrowsedExamples?
  /// The model trained here that was written to a file last.
  var savedModel: LoadedWeights?
  /// The file that a model trained here was written to last.
  var savedModelPath: String?
  /// Whether the last key was one that quits although a trained model is in no file.
  var isLeavingArmed = false

  /// Whether the pixel cursor is out.
  public internal(set) var isProbing = false
  /// The key of cross-attention it is at: a pixel, row by row.
  public internal(set) var probedKey = 0
  /// The key of latent self-attention it is at: a latent.
  public internal(set) var probedLatent = 0
  /// Where the cursor was put last because a map has much there.
  var latestPeak: MapPeak?
  /// The key at which a rectangle that is being marked begins; nil while none is.
  var marking: Int?
  /// The key at which the mouse's button went down over the picture; nil while it is up.
  var dragStart: Int?
  /// How the table of heads is shown.
  var headTable = HeadTable()
  /// How a table of numbers is shown.
  var numberTable = NumberTableView()
  /// Probabilities or scores, as they were when the figure took the map's place.
  var valueBeforeFigure: AttentionValue?
  /// How the channels of positions are shown.
  var channelTable = ChannelTable()
  /// The chosen line of the list of who reads a pixel.
  var readerIndex = 0
  /// The pane that keys of lists go to.
  public internal(set) var focus = Focus.map
  /// The chosen line among the hyperparameters.
  public internal(set) var hyperparameterIndex = 0
  /// Who gets the next key.
  public internal(set) var mode = Mode.normal
  /// What the program was started with, a session asks for, or keys ask for while a model is being
  /// built, and that waits for what it needs.
  var startSteps: [StartStep] = []
  /// What was said of a key that waits for the model, to be taken away when that is there.
  var waitingNotice: StatusMessage?
  /// The session file that was opened or written last.
  var sessionPath: String?
  /// The number that was typed before a key; nil for none.
  var count: Int?
  /// The view before the key of the grid was pressed, for as long as the same key makes `gg` of it; nil
  /// at any other time.
  var viewBeforeGridKey: ViewOptions?
  /// Tells the times apart at which that key was pressed.
  var gridKeyRounds = 0
  /// What the latest step of the history moved, where it was browsing.
  var lastBrowsed: Browsing?
  /// Past command lines, the latest last.
  var commandHistory: [String] = []
  /// The files that were opened last, here and in former sessions.
  public internal(set) var recent = RecentFiles()
  /// What the latest change of a command's keys means for those of others, until it is said.
  var keyRemark: String?
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
  ///
  /// - Parameters:
  ///   - lines: Command lines to run at once.
  ///   - session: A session to go to, in place of the choices.
  public init(
    choices: Choices, terminal: TerminalFacts, preferences: ExplorerPreferences = .init(),
    inputs: InputSequence? = nil, tour: Tour? = nil, lines: [String] = [],
    session: OpenedSession? = nil,
    recent: RecentFiles = RecentFiles()
  ) {
    open = Exploration(choices)
    self.terminal = terminal
    self.preferences = preferences
    self.preferences.adopt(terminal.background)
    (self.inputs, self.tour) = (inputs, tour)
    self.inputs?.keep(choices.input)
    self.recent = recent
    if let colours = preferences.colourMap { open.choices.view.colours = colours }
    // A new state has no work under way that a session would have to stop.
    if let session { _ = self.open(session) }
    startSteps += lines.map { .line($0) }
  }
}

/// What panes and commands ask of the open exploration.
extension ExplorerState {
  /// What a person has chosen.
  public internal(set) var choices: Choices {
    get { open.choices }
    _modify { yield &open.choices }
  }
  /// The run with the stages computed so far; nil until the model is built.
  public var run: PerceiverRun? { open.run }
  /// The stage that is shown, from 0.
  public var position: Int { open.position }
  /// The stage to go to as soon as it is computed.
  public var target: Int? { open.target }
  /// The stages of the run, computed or not; empty until the model is built.
  public var stageIDs: [StageID] { open.stageIDs }
  /// The stages in blocks: those of one layer.
  var stageBlocks: [Range<Int>] { open.stageBlocks }
  /// The stage that is shown; nil until it is computed.
  public var stage: Stage? { open.stage }
  /// The stage that is shown or waited for.
  public var stageID: StageID? { open.stageID }
  /// The classes at the shown stage.
  public var shownScores: ClassScores? { open.shownScores }
  /// Whether a model is being built.
  public var isBuilding: Bool { open.building != nil }
  /// Whether a stage is being computed.
  public var isComputingStage: Bool { open.isComputingStage }
  /// Whether the map that the selection names is being computed, and will be there soon.
  public var isAwaitingMap: Bool { open.wantedMap.map(open.pending.contains) ?? false }
  /// The latents of the shown stage, or the features of its linear attention.
  var latentCount: Int { open.latentCount }
  /// How the keys of the shown stage lie on the screen.
  var keyGrid: KeyGrid { open.keyGrid }
  /// Whether the shown stage's maps lie over latents or outputs, and not over the input.
  var mapLiesOverLatents: Bool { open.mapLiesOverLatents }
}

extension ExplorerState {
  /// Whether anything is being computed that takes its time.
  public var isBusy: Bool {
    isBuilding || isComputingStage || isExporting || !open.pending.isEmpty
      || open.changed?.isComputing == true
      || pinned.map { !$0.pending.isEmpty } ?? false || isTraining || isReading
  }
  /// Whether files are being opened.
  public var isReading: Bool { filesBeingRead > 0 }
  /// Whether steps of a training are being taken.
  public var isTraining: Bool { training?.phase == .running || training?.isComputing == true }
  /// Whether autoplay goes on.
  public var isPlaying: Bool { autoplay != nil }
  /// What has a map at the shown stage.
  var mapOwner: String { stageID?.kind == .linearAttention ? "feature" : "latent" }
  /// What the large pane shows at the shown stage.
  public var mapView: MapView {
    guard stageID != nil else { return .one }
    if isReconstructionShown {
      return terminal.width >= 180 ? .sideBySide : .one
    }
    if isExplanationShown || isHeadTableShown || areReadersShown || isPatchShown || areChannelsShown
      || isWholePhotoShown || isNumberTableShown
    {
      return .one
    }
    if isFigureShown { return .grid }
    if open.showsRow { return .row }
    if stageID?.kind == .decoderCrossAttention, let view = choices.view.decoderView,
      availableViews.contains(view)
    {
      return view
    }
    if mapLiesOverLatents { return choices.view.latentView }
    if let view = choices.view.crossView, view == .shares, open.modality == nil { return .one }
    if let view = choices.view.crossView { return view }
    return terminal.width >= 180 && choices.input.hasPictures ? .sideBySide : .one
  }
  /// Whether the large pane shows the reconstruction instead of a map.
  var isReconstructionShown: Bool {
    isWholeFlowShown
      || choices.view.replacement == .reconstruction && reasonAgainstReconstruction == nil
  }
  /// Whether the large pane shows the flow of all of frames that are larger than the model reads.
  var isWholeFlowShown: Bool {
    choices.view.replacement == .wholeFlow && flowTileCount > 1
  }
  /// Whether the large pane shows the photo beside many latents' maps.
  var isFigureShown: Bool {
    choices.view.replacement == .figure && stageID?.kind == .crossAttention
      && reasonAgainstFigure == nil
  }
  /// Whether the large pane shows the whole photo.
  var isWholePhotoShown: Bool {
    choices.view.replacement == .wholePhoto && reasonAgainstWholePhoto == nil
  }
  /// Whether the large pane shows a map that explains, and not attention.
  var isWhyShown: Bool { choices.view.replacement == .why && reasonAgainstWhy == nil }
  /// Whether the large pane shows the latents' maps weighted by the decoder.
  var isThroughDecoderShown: Bool {
    guard case .throughDecoder = choices.view.replacement else { return false }
    return reasonAgainstThroughDecoder == nil
  }
  /// The key that the cursor is at, at the shown stage.
  var probe: Int? {
    guard isProbing else { return nil }
    return isProbingLatents ? probedLatent : probedKey
  }
  /// Whether the cursor, where it is out, stands on latents and not on the input.
  var isProbingLatents: Bool { mapLiesOverLatents && !isExplanationShown }
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
  /// How many random weights the draft keeps, of how many; nil where nothing waits to be applied.
  var kept: Kept?
  /// What a change of the chosen hyperparameter draws anew; nil where it has not the focus.
  var redrawing: Redrawing?

  struct Counted: Sendable, Hashable {
    let applied: ModelConfiguration
    let draft: ModelConfiguration
    let axes: [Int]
  }

  /// Random weights that a change leaves as they are.
  struct Kept: Sendable, Hashable {
    let count: Int
    let all: Int
  }

  /// What a change of a hyperparameter draws anew.
  struct Redrawing: Sendable, Hashable {
    /// Its name.
    let name: String
    /// What is drawn anew; nil where a change draws nothing anew, or cannot be.
    let words: RedrawingWords?
  }
}
