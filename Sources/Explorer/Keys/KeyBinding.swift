// One line of the key table, and where and when it holds.

import Screens

/// Keys, what they ask for, and the words for it.
public struct KeyBinding: Sendable {
  /// What the keys ask for.
  public let intent: Intent
  /// The keys, the usual one first.
  public internal(set) var keys: [Key]
  /// Where the keys hold.
  public let context: KeyContext
  /// Where help and README list them.
  public let section: KeySection
  /// What they do, as help and README say it.
  public let help: String
  /// One or two words for the footer; nil keeps them out of it.
  public let footer: String?
  /// Why they do nothing at the moment; nil if they do something.
  public let disabled: @Sendable (ExplorerState) -> String?

  init(
    _ intent: Intent, _ keys: [Key], _ help: String, footer: String? = nil,
    in section: KeySection, context: KeyContext = .everywhere,
    disabled: @escaping @Sendable (ExplorerState) -> String? = { _ in nil }
  ) {
    self.intent = intent
    self.keys = keys
    self.context = context
    self.section = section
    self.help = help
    self.footer = footer
    self.disabled = disabled
  }

  /// The keys' names, separated by spaces.
  func keyNames(_ style: Key.NameStyle) -> String {
    keys.map { $0.name(style) }.joined(separator: " ")
  }
}

/// Where keys hold; a narrower place goes before `everywhere`.
public enum KeyContext: String, Sendable, Hashable, CaseIterable {
  /// While the pixel cursor is out.
  case probe
  /// While a training is open.
  case training
  /// While the hyperparameters have the focus.
  case hyperparameters
  /// Whatever has the focus.
  case everywhere
}

/// The parts of help and README.
public enum KeySection: String, Sendable, Hashable, CaseIterable {
  case stages
  case attention
  case view
  case probe
  case hyperparameters
  case training
  case commands
  case program

  /// What the keys of the section are for.
  var title: String {
    switch self {
    case .stages: "move in time"
    case .attention: "choose the map"
    case .view: "choose how it is shown"
    case .probe: "ask the picture"
    case .hyperparameters: "change the model"
    case .training: "train, and watch"
    case .commands: "do"
    case .program: "always"
    }
  }
}
