// Keys while a line, a dialog or a page is open, a row each: what a key does, the line of keys below,
// help and README are made from the rows, which stand beside the code that they call.

import Screens

/// What becomes of a line, dialog or page after a key.
enum AfterKey {
  /// It stays open.
  case stays([ExplorerEffect] = [])
  /// It is closed.
  case closes([ExplorerEffect] = [])
}

/// A row: keys of a line, dialog or page, and what they do.
struct ModeKey<Subject>: Sendable {
  typealias Action = @Sendable (inout ExplorerState, inout Subject) -> AfterKey

  /// The keys, the usual one first.
  let keys: [Key]
  /// What they do, on one line, for help and README.
  let help: String
  /// How the line of keys lists them; nil keeps them out.
  let footer: Footer?
  /// Whether they do it now; the rows below are looked at where they do not.
  private(set) var holds: @Sendable (Subject) -> Bool = { _ in true }
  /// Whether they heed a number before them: `ExplorerState.countedSteps`.
  private(set) var takesNumber = false
  /// What they do.
  let action: Action

  init(_ keys: [Key], _ help: String, footer: Footer? = nil, _ action: @escaping Action) {
    (self.keys, self.help, self.footer, self.action) = (keys, help, footer, action)
  }

  /// The same row, which holds only where a condition does.
  func when(_ condition: @escaping @Sendable (Subject) -> Bool) -> ModeKey {
    var row = self
    row.holds = condition
    return row
  }

  /// The same row, which heeds a number before its keys.
  func takingNumber() -> ModeKey {
    var row = self
    row.takesNumber = true
    return row
  }

  /// How the line of keys lists a row.
  struct Footer: Sendable, ExpressibleByStringLiteral {
    /// One or two words.
    let words: String
    /// The keys whose names stand before the words; the row's first alone if empty.
    let keys: [Key]
    /// Whether the row is listed now.
    let isListed: @Sendable (Subject) -> Bool

    init(
      _ words: String, keys: [Key] = [],
      when isListed: @escaping @Sendable (Subject) -> Bool = { _ in true }
    ) {
      (self.words, self.keys, self.isListed) = (words, keys, isListed)
    }

    init(stringLiteral words: String) { self.init(words) }
  }
}

/// All keys of a line, dialog or page.
struct ModeKeyTable<Subject>: Sendable {
  /// When they hold, in words.
  let title: String
  /// What the line of keys says of typing, before the keys; nil for nothing.
  let typingWords: String?
  /// The rows, in the order in which they are listed.
  let rows: [ModeKey<Subject>]
  /// Rows of another table, which hold too and are listed there.
  let others: [ModeKey<Subject>]
  /// What a key does that has no row.
  let typing: @Sendable (inout ExplorerState, inout Subject, Key) -> Void
  /// The mode in which the line, dialog or page is open.
  let mode: @Sendable (Subject) -> Mode

  init(
    _ title: String, typingWords: String? = nil, _ rows: [ModeKey<Subject>],
    others: [ModeKey<Subject>] = [],
    mode: @escaping @Sendable (Subject) -> Mode,
    typing: @escaping @Sendable (inout ExplorerState, inout Subject, Key) -> Void
  ) {
    (self.title, self.typingWords, self.rows) = (title, typingWords, rows)
    (self.others, self.mode, self.typing) = (others, mode, typing)
  }

  /// The line of keys.
  func footer(_ subject: Subject, _ state: ExplorerState) -> DialogKeys {
    let listed = rows.compactMap { row -> (words: String, key: Key?)? in
      guard let footer = row.footer, footer.isListed(subject), let key = row.keys.first else {
        return nil
      }
      let names = (footer.keys.isEmpty ? [key] : footer.keys).map(state.shownName)
      return (names.joined() + " " + footer.words, key)
    }
    return DialogKeys(entries: (typingWords.map { [($0, nil)] } ?? []) + listed)
  }

  /// The keys as help and README list them.
  var list: ModeKeyList {
    ModeKeyList(title: title, rows: rows.map { .init(keys: $0.keys, help: $0.help) })
  }
}

/// Keys of a line, dialog or page as help and README list them.
package struct ModeKeyList: Sendable {
  /// Keys that do the same.
  package struct Row: Sendable {
    /// The keys, the usual one first.
    package let keys: [Key]
    /// What they do.
    package let help: String
  }

  /// When they hold, in words.
  package let title: String
  /// The rows, in order.
  package let rows: [Row]

  /// The keys of all lines, dialogs and pages.
  package static let all: [ModeKeyList] = [
    ModeKeyList(
      title: "while a line is typed",
      rows: LineEditor.editingKeys.map { Row(keys: $0.keys, help: $0.help) }),
    CommandLine.keys.list, CommandLine.fileKeys.list, SearchLine.keys.list, TypedValue.keys.list,
    LineEditor.latentKeys.list,
    ClassDialog.keys.list, ExportDialog.keys.list, ExportDialog.replacingKeys.list,
    PageReader.keys.list, PageReader.searchKeys.list,
  ]
}

extension ExplorerState {
  /// Takes a key for a line, dialog or page, which is put back where it stays open: held once, it is
  /// changed where it lies, however long it is.
  mutating func press<Subject>(
    _ key: Key, _ subject: consuming Subject, by table: ModeKeyTable<Subject>
  ) -> [ExplorerEffect] {
    mode = .normal
    for row in table.rows + table.others where row.keys.contains(key) && row.holds(subject) {
      defer { count = nil }
      if dropsCount(key) {
        mode = table.mode(subject)
        return []
      }
      let after = row.action(&self, &subject)
      if !row.takesNumber { sayNoCount(key.name(terminal.keyNames)) }
      switch after {
      case .closes(let effects): return effects
      case .stays(let effects):
        mode = table.mode(subject)
        return effects
      }
    }
    table.typing(&self, &subject, key)
    mode = table.mode(subject)
    return []
  }

  /// A key's name in the line of keys, where arrows are glyphs.
  fileprivate func shownName(_ key: Key) -> String {
    let symbols = terminal.symbols
    return switch key {
    case .left: String(symbols.arrowLeft)
    case .right: String(symbols.arrowRight)
    case .up: String(symbols.arrowUp)
    case .down: String(symbols.arrowDown)
    default: key.name(terminal.keyNames)
    }
  }
}
