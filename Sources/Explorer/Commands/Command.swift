// What a person can ask for, as one row: its name, keys, arguments, words, and what it does.
// The rows stand in the other files of this folder, each beside the code that it calls.

import Screens

/// One thing that a person can ask for, with a key, by its name after `:`, or both.
package struct Command: Sendable, Identifiable {
  /// Its name after `:` and in the configuration file.
  package let id: ID
  /// Other names for it.
  let aliases: [String]
  /// Its keys unless the configuration file gives it others, the usual one first.
  package let keys: [Key]
  /// Where its keys hold.
  package let context: KeyContext
  /// Whether its keys hold in lines and dialogs too.
  let reach: Reach
  /// What a number does that is typed before its key.
  let counting: Counting
  /// What may follow its name, as help says it; empty if nothing may. Nil for a command that has
  /// keys and is therefore not listed after `:`, where its whole name runs it all the same.
  let arguments: String?
  /// The words of which one stands before a path; none where the path follows the name.
  let wordsBeforePath: [String]
  /// What it does, on one line, for help and README.
  package let help: String
  /// How the footer lists it; nil keeps it out.
  package let footer: Footer?
  /// What the word being typed after its name may become.
  let choices: @Sendable (ExplorerState) -> [String]
  /// Why it does nothing now; nil if it does something.
  package let reason: @Sendable (ExplorerState) -> String?
  /// What it does.
  let action: Action

  init(
    _ id: ID, also aliases: [String] = [], keys: [Key] = [], takes arguments: String? = nil,
    pathAfter wordsBeforePath: [String] = [], _ help: String, footer: Footer? = nil,
    in context: KeyContext = .everywhere,
    reach: Reach = .mainScreen, counting: Counting = .ignores,
    choices: @escaping @Sendable (ExplorerState) -> [String] = { _ in [] },
    unless reason: @escaping @Sendable (ExplorerState) -> String? = { _ in nil },
    _ action: Action
  ) {
    self.id = id
    self.aliases = aliases
    self.keys = keys
    self.context = context
    self.reach = reach
    self.counting = counting
    self.arguments = arguments
    self.wordsBeforePath = wordsBeforePath
    self.help = help
    self.footer = footer
    self.choices = choices
    self.reason = reason
    self.action = action
  }

  /// Whether it is listed after `:`.
  package var isListed: Bool { arguments != nil }

  /// Whether a path follows the name.
  var takesPath: Bool {
    arguments.map { $0.contains("FILE") || $0.contains("DATA") } ?? false
  }

  /// The name and what follows it.
  var usage: String { "\(id)" + (arguments.map { $0.isEmpty ? "" : " " + $0 } ?? "") }
}

extension Command {
  /// A command's name. Those that code refers to have a constant here; the others stand in their
  /// rows alone.
  package struct ID: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let description: String

    package init(stringLiteral name: String) { description = name }

    static let applyDraft: ID = "apply"
    static let backToSnapshot: ID = "back-to-snapshot"
    static let cycleView: ID = "cycle-view"
    static let help: ID = "help"
    static let numberTable: ID = "table"
    static let patch: ID = "patch"
    static let quit: ID = "quit"
    static let stopTraining: ID = "stop"
    static let toggleProbe: ID = "toggle-probe"
    static let toggleReconstruction: ID = "toggle-reconstruction"
    static let why: ID = "why"
    static let wholePhoto: ID = "whole-photo"
    static let throughDecoder: ID = "through-decoder"
    static let train: ID = "train"
  }

  /// Whether a command's keys hold while a line or a dialog is open.
  enum Reach: Sendable, Hashable {
    /// Lines and dialogs take the keys first.
    case mainScreen
    /// The keys hold whatever is open.
    case everyMode
  }

  /// What a number does that is typed before a key.
  enum Counting: Sendable, Hashable {
    /// Nothing, and that is said.
    case ignores
    /// The command is run so many times.
    case repeats
    /// The command reads it: `ExplorerState.count`.
    case takesNumber
  }

  /// How the footer lists a command.
  package struct Footer: Sendable, Hashable, ExpressibleByStringLiteral {
    /// One or two words.
    package let words: String
    /// A shorter word, for lines on which what a beginner needs would else not all be seen.
    let brief: String
    /// The commands whose keys stand together before the words; the command's own alone if empty.
    let sharedKeys: [ID]
    /// When it is seen where not all fit.
    let priority: Priority

    /// When a command is seen in the footer; the keys of where one is go before all but the first.
    enum Priority: Sendable, Hashable {
      /// At any width.
      case first
      /// At 80 columns, where nothing more urgent is at hand: what a beginner needs.
      case beginners
      /// Where there is room left.
      case usual
    }

    init(
      _ words: String, brief: String? = nil, keysOf sharedKeys: [ID] = [],
      _ priority: Priority = .usual
    ) {
      (self.words, self.sharedKeys, self.priority) = (words, sharedKeys, priority)
      self.brief = brief ?? words
    }

    package init(stringLiteral words: String) { self.init(words) }
  }

  /// What a command does to the state, and what it asks of the world.
  struct Action: Sendable {
    let perform:
      @Sendable (inout ExplorerState, CommandArguments) throws(CommandError) -> [ExplorerEffect]

    /// Changes the state; takes no arguments.
    static func change(_ body: @escaping @Sendable (inout ExplorerState) -> Void) -> Action {
      Action { state, arguments throws(CommandError) in
        try arguments.expectNone()
        body(&state)
        return []
      }
    }

    /// Changes the state and asks for effects; takes no arguments.
    static func start(
      _ body: @escaping @Sendable (inout ExplorerState) -> [ExplorerEffect]
    ) -> Action {
      Action { state, arguments throws(CommandError) in
        try arguments.expectNone()
        return body(&state)
      }
    }

    /// Changes the state as the arguments say.
    static func set(
      _ body:
        @escaping @Sendable (inout ExplorerState, CommandArguments) throws(CommandError) -> Void
    ) -> Action {
      Action { state, arguments throws(CommandError) in
        try body(&state, arguments)
        return []
      }
    }
  }
}

/// Where keys hold; a narrower mode goes before `everywhere`.
package enum KeyContext: String, Sendable, Hashable, CaseIterable {
  /// While the cursor is out over a text.
  case text
  /// While a rectangle is being marked.
  case marking
  /// While the pixel cursor is out.
  case probe
  /// While a map that explains is shown.
  case why
  /// While the table of heads is shown.
  case heads
  /// While the maps of all heads are shown.
  case headTiles
  /// While a table of numbers is shown.
  case table
  /// While the list of who reads a pixel is shown.
  case readers
  /// While it is shown where the answer is carried.
  case patch
  /// While small maps of latents are shown.
  case grid
  /// While the channels of positions are shown.
  case channels
  /// While pixels are hidden.
  case marks
  /// While a training is open.
  case training
  /// While an example of labelled data is open.
  case examples
  /// While the hyperparameters have the focus.
  case hyperparameters
  /// While the tour is shown.
  case tour
  /// While the tour is shown: before all others, but where the step's own key is the same.
  case leavingTour
  /// Whatever has the focus.
  case everywhere

  /// When that is, in words.
  var title: String {
    switch self {
    case .text: "while the cursor is out over a text"
    case .marking: "while a rectangle is being marked"
    case .probe: "while the cursor is out"
    case .why: "while a map that explains is shown"
    case .heads: "in the table of heads"
    case .headTiles: "among the maps of all heads"
    case .table: "in a table of numbers"
    case .readers: "in the list of who reads a pixel"
    case .patch: "while it is shown where the answer is carried"
    case .grid: "in the grid of latents"
    case .channels: "while the channels of positions are shown"
    case .marks: "while pixels are hidden"
    case .training: "while a training is open"
    case .examples: "while an example of labelled data is open"
    case .hyperparameters: "in the hyperparameters"
    case .tour: "on the tour"
    case .leavingTour: "on the tour, whatever is open"
    case .everywhere: "everywhere"
    }
  }
}

/// Commands that help and README list together.
package struct CommandGroup: Sendable {
  /// Its name.
  package let name: String
  /// What its keys are for.
  package let title: String
  /// Its commands, in the order in which help lists them.
  package let commands: [Command]
  /// How early the footer lists its keys now: 1 with those that hold only where one is, 2
  /// before those that beginners need, 3 with all others.
  let footerRank: @Sendable (ExplorerState) -> Int

  init(
    _ name: String, _ title: String,
    footerRank: @escaping @Sendable (ExplorerState) -> Int = { _ in 3 },
    _ commands: [Command]
  ) {
    (self.name, self.title, self.commands) = (name, title, commands)
    self.footerRank = footerRank
  }
}
