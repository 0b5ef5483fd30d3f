// What `/` finds: hyperparameters and commands by part of a name.

import Perceiver

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
