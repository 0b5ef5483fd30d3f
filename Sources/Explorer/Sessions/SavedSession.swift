// What a session file says, as values. Their fields are in SessionFields.swift; OpenedSession.swift
// opens what they name.

import Inputs
import Perceiver
import Tensors

/// All that a session file says.
public struct SavedSession: Sendable, Hashable {
  /// What is open.
  var open = SavedExploration()
  /// The view that is pinned beside it.
  var pinned: SavedExploration?
  /// How both are shown.
  var comparison = SavedComparison.beside
  /// The inputs that were given together.
  var inputs: [String] = []
  /// Which of them is open, from 0.
  var inputIndex = 0
  /// What surrounds the map.
  var screen = SavedScreen()

  /// A session in which nothing is said.
  public init() {}

  /// Every file that it names, in order and each once.
  var paths: [String] {
    var seen: Set<String> = []
    return (open.paths + (pinned?.paths ?? []) + inputs).filter { seen.insert($0).inserted }
  }
}

/// How a pinned view and the present one are shown.
enum SavedComparison: String, Sendable, Hashable, CaseIterable {
  case beside
  case difference

  init(_ comparison: PinnedComparison) { self = comparison == .beside ? .beside : .difference }

  var comparison: PinnedComparison { self == .beside ? .beside : .difference }
}

/// A model on an input, with what is shown of it.
struct SavedExploration: Sendable, Hashable {
  /// What the model looks at.
  var input = SavedInput()
  /// The model.
  var model = SavedModel()
  /// What is shown.
  var show = SavedView()
  /// What is taken away.
  var without = SavedChanges()

  /// Every file that it names.
  var paths: [String] {
    [input.file].compactMap { $0 } + input.files
      + [input.mask, input.queries, model.weights, model.configuration, show.patchFile]
      .compactMap { $0 }
  }
}

/// An input, and how it is read.
struct SavedInput: Sendable, Hashable {
  /// The file or folder.
  var file: String?
  /// Files that are one input together.
  var files: [String] = []
  /// A text in place of a file.
  var text: String?
  /// Which part of a longer text or film, from 0.
  var window = 0
  /// How it is read.
  var reading = ReadingOptions()
  /// Whether photos are prepared like the model's training data, whatever else is said.
  var isAsTrained = false
  /// Which tokens may be read.
  var mask: String?
  /// What a decoder is asked.
  var queries: String?

  /// What is to be opened; nil where nothing is said.
  var source: InputSource? {
    if let file { return .file(file) }
    if let text { return .text(text) }
    return files.isEmpty ? nil : .files(files)
  }
}

/// A model, and where it is from.
struct SavedModel: Sendable, Hashable {
  /// The file or folder of its weights.
  var weights: String?
  /// A model of the Hub's local cache: OWNER/NAME.
  var hubName: String?
  /// Which state dict of the file.
  var stateDict: String?
  /// What the names of its tensors begin with.
  var prefix: String?
  /// The file of its arguments.
  var configuration: String?
  /// The seed of an untrained model.
  var seed: UInt64 = 0
  /// Hyperparameters that it was opened with, as they are typed.
  var given: [String: String] = [:]
  /// Those that were changed since.
  var changed: [String: String] = [:]
  /// Those that are changed and not applied.
  var draft: [String: String] = [:]
}

/// What is shown of a run.
struct SavedView: Sendable, Hashable {
  /// The name of the shown stage; nil for the first.
  var stage: String?
  /// The name of the last stage that is computed; nil for the shown one.
  var computed: String?
  /// Which map.
  var selection = Selection()
  /// How it is shown.
  var options = ViewOptions()
  /// The file whose latents are put in.
  var patchFile: String?
  /// The pixels of the object that maps are held against, as rectangles.
  var object: [String] = []
}

/// What is taken away from a run.
struct SavedChanges: Sendable, Hashable {
  /// The axes of the tokens of which some are hidden.
  var axes: [Int] = []
  /// The hidden ones as rectangles.
  var hidden: [String] = []
  /// The names of the cross-attentions that do not read them; none for all.
  var hiddenAt: [String] = []
  /// The names of latents, heads and stages that are off.
  var off: [String] = []
}

/// What surrounds the map.
struct SavedScreen: Sendable, Hashable {
  /// Whether hints are shown.
  var hints = ExplorerPreferences.Hints.on
  /// The pane that keys of lists go to.
  var focus = Focus.map
  /// The chosen hyperparameter.
  var hyperparameter: String?
  /// The token that the cursor is at; nil while it is put away.
  var cursor: Int?
  /// The latent that the cursor is at where maps lie over latents.
  var latentCursor: Int?
  /// The column by which the table of heads is sorted.
  var sorting: HeadColumn?
  /// What the table shows of each head.
  var headForm = HeadTable.Form.numbers
  /// Whose numbers the scales of heads' maps are fitted to; nil where it is as of all other views.
  var headScale: ScaleScope?
  /// The chosen head of the table, by its name.
  var head: String?
  /// The column by which a table of numbers is sorted, from 0.
  var tableSorting: Int?
  /// The chosen line of that table, by its name.
  var tableRow: String?
  /// The chosen channel of positions, and whether it alone is shown.
  var channels = ChannelTable()
  /// The chosen line of the list of readers.
  var reader = 0
}
