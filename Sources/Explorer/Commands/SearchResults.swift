// What `/` finds: hyperparameters and commands by part of a name.

import Perceiver
import Screens

/// Hyperparameters and commands whose names or help hold some text.
struct SearchResults: Sendable, Hashable {
  /// Something found.
  enum Entry: Sendable, Hashable {
    /// A hyperparameter of the model's family, by its name.
    case hyperparameter(String)
    /// A command.
    case command(String)

    /// How it is listed.
    var label: String {
      switch self {
      case .hyperparameter(let name): name
      case .command(let name): ":" + name
      }
    }
  }

  /// What was found: names that begin with the text, that hold it, then help that holds it.
  let entries: [Entry]

  /// Finds text without regard to case; `-`, `_` and spaces are the same. Nothing finds nothing.
  ///
  /// - Parameter catalog: The hyperparameters of the model's family.
  init(_ text: String, in catalog: [Hyperparameter]) {
    // No name or help is as long as what a person may paste.
    let wanted = text.utf8.count <= 1000 ? Self.folded(text) : ""
    guard !wanted.isEmpty else {
      entries = []
      return
    }
    let candidates: [(entry: Entry, name: String, help: String)] =
      catalog.map { (.hyperparameter($0.name), Self.folded($0.name), Self.folded($0.help)) }
      + CommandTable.listed.map {
        (.command("\($0.id)"), Self.folded("\($0.id)"), Self.folded($0.help))
      }
    entries =
      candidates.filter { $0.name.hasPrefix(wanted) }.map(\.entry)
      + candidates.filter { !$0.name.hasPrefix(wanted) && $0.name.contains(wanted) }.map(\.entry)
      + candidates.filter { !$0.name.contains(wanted) && $0.help.contains(wanted) }.map(\.entry)
  }

  private static func folded(_ text: String) -> String {
    String(text.lowercased().filter { !"-_ :".contains($0) })
  }
}

/// The search line: what is typed, and which of what it finds is chosen.
public struct SearchLine: Sendable, Hashable {
  /// What is typed.
  public var line = LineEditor()
  /// Which of what was found is chosen, from 0.
  public private(set) var chosen = 0

  /// An empty line.
  public init() {}

  /// What the line finds.
  func found(in catalog: [Hyperparameter]) -> [SearchResults.Entry] {
    SearchResults(line.text, in: catalog).entries
  }

  /// Chooses another of what was found, round the ends.
  mutating func choose(by steps: Int, in catalog: [Hyperparameter]) {
    let count = found(in: catalog).count
    chosen = count > 0 ? (chosen + steps + count) % count : 0
  }

  /// Takes a key of typing; another text begins with what it finds first.
  mutating func handle(_ key: Key) {
    let before = line.characters
    _ = line.handle(key)
    if line.characters != before { chosen = 0 }
  }

  /// Puts pasted text into the line.
  mutating func insert(_ text: String) {
    line.insert(text)
    chosen = 0
  }
}
