// What `/` finds: hyperparameters and commands by part of a name.

import Perceiver

/// Hyperparameters and commands whose names or help hold some text.
struct SearchResults: Sendable, Hashable {
  /// Something found.
  enum Entry: Sendable, Hashable {
    /// A line of the catalog of hyperparameters.
    case hyperparameter(Int)
    /// A command.
    case command(String)

    /// How it is listed.
    var label: String {
      switch self {
      case .hyperparameter(let index): HyperparameterCatalog.all[index].name
      case .command(let name): ":" + name
      }
    }
  }

  /// What was found: names that begin with the text, that hold it, then help that holds it.
  let entries: [Entry]

  /// Finds text without regard to case; `-`, `_` and spaces are the same. Nothing finds nothing.
  init(_ text: String) {
    // No name or help is as long as what a person may paste.
    let wanted = text.utf8.count <= 1000 ? Self.folded(text) : ""
    guard !wanted.isEmpty else {
      entries = []
      return
    }
    let candidates: [(entry: Entry, name: String, help: String)] =
      HyperparameterCatalog.all.enumerated().map {
        (.hyperparameter($0.offset), Self.folded($0.element.name), Self.folded($0.element.help))
      }
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
