// The last line: what is being typed, else a message, else the keys of where one is.

import Perceiver
import Screens

package enum FooterPane {
  package static func draw(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let line = area.row(area.height - 1)
    guard !line.isEmpty else { return }
    let theme = state.preferences.theme
    // An error about what is typed goes before the line itself.
    if let message = state.message, message.kind == .error {
      say(message, style: theme.error, state, in: area, on: &screen)
      return
    }
    switch state.mode {
    case .command(let command):
      // What Tab found nothing of is said beside the line.
      let hint =
        state.message?.text ?? FileListPane.hint(state, command, above: area)
        ?? hint(state, command)
      draw(state, ":", command.line, hint: hint, in: line, on: &screen)
    case .search(let search):
      let found = search.found(in: state.catalog)
      let hint =
        found.indices.contains(search.chosen)
        ? SearchLine.keys.footer(search, state).entries.map(\.words).joined(separator: ", ")
          + " \(found[search.chosen].label)"
        : search.line.characters.isEmpty ? "part of a name" : "nothing found"
      draw(state, "/", search.line, hint: hint, in: line, on: &screen)
    case .editing(let name, let text):
      let domain = state.catalog.named(name)?.domain.description ?? ""
      draw(state, "\(name) = ", text, hint: domain, in: line, on: &screen)
    case .latentNumber(let text):
      draw(
        state, "\(state.mapOwner): ", text, hint: "1 to \(state.latentCount)", in: line, on: &screen
      )
    case .normal, .export, .classes, .page:
      if let message = state.message {
        say(message, style: theme.information, state, in: area, on: &screen)
      } else if let keys = dialogKeys(state) {
        draw(state, keys, in: line, on: &screen)
      } else {
        drawKeys(state, in: line, on: &screen)
      }
    }
  }

  /// The last line, grown upwards where a message needs more: what was expected often stands at
  /// its end.
  static func area(_ state: ExplorerState, growing line: Rect) -> Rect {
    guard let message = state.message, message.kind == .error || !isTyping(state) else {
      return line
    }
    let rows = min(wrapped(message, width: line.width).count, mostLines)
    return Rect(x: line.x, y: line.endY - rows, width: line.width, height: rows)
  }

  /// Whether the last line is one that is being typed.
  private static func isTyping(_ state: ExplorerState) -> Bool {
    switch state.mode {
    case .command, .search, .editing, .latentNumber: true
    case .normal, .export, .classes, .page: false
    }
  }

  /// How many lines a message may take.
  private static let mostLines = 4

  private static func wrapped(_ message: StatusMessage, width: Int) -> [String] {
    let text = message.kind == .error ? "error: " + message.text : message.text
    return text.wrapped(toWidth: max(1, width - 2))
  }

  private static func say(
    _ message: StatusMessage, style: Style, _ state: ExplorerState, in area: Rect,
    on screen: inout Screen
  ) {
    screen.fill(area)
    let lines =
      area.height == 1 ? wrapped(message, width: .max) : wrapped(message, width: area.width)
    for (index, line) in lines.prefix(area.height).enumerated() {
      screen.write(" " + line, in: area.row(index), style: style, symbols: state.terminal.symbols)
    }
  }

  /// A typed line with the cursor, scrolled so that the cursor is seen.
  private static func draw(
    _ state: ExplorerState, _ prompt: String, _ editor: LineEditor, hint: String, in line: Rect,
    on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let hintWidth = min(hint.displayWidth + 2, line.width / 2)
    let start = screen.write(prompt, x: line.x, y: line.y, style: .bold, within: line)
    let field = Rect(
      x: start, y: line.y, width: max(0, line.endX - start - (hint.isEmpty ? 0 : hintWidth)),
      height: 1)
    guard field.width > 1 else { return }
    let (before, after) = editor.shown(inColumns: field.width)
    let cursor = screen.write(before, x: field.x, y: field.y, within: field)
    screen.write(after, x: cursor, y: field.y, within: field)
    screen.cursor = Point(x: min(cursor, field.endX - 1), y: field.y)
    if !hint.isEmpty {
      let area = Rect(x: field.endX, y: line.y, width: hintWidth, height: 1)
      screen.write(
        hint, in: area.inset(left: 1, right: 1), .trailing, style: state.preferences.theme.faint,
        symbols: symbols)
    }
  }

  /// The longest line of a command that is looked at for a hint.
  private static let longestHinted = 1000

  private static func hint(_ state: ExplorerState, _ command: CommandLine) -> String {
    if command.completions.count > 1 {
      let index = (command.completionIndex ?? -1) + 1
      return "\(index) of \(command.completions.count): "
        + (command.completionsAreFiles
        ? PathCompletion.labels(command.completions) : command.completions.map(\.trimmed))
        .joined(separator: "  ")
    }
    // No command is as long, and what is pasted by mistake must not hold every frame.
    guard command.line.characters.count <= longestHinted else { return "" }
    let name = command.line.text.split(separator: " ").first.map(String.init) ?? ""
    if let found = CommandTable.command(name), !name.isEmpty {
      return "\(found.usage): \(found.help)"
    }
    if let hyperparameter = state.catalog.named(name) { return hyperparameter.help }
    let completions = CommandTable.completions(of: command.line.text, in: state)
    return completions.prefix(12).map(\.trimmed).joined(separator: "  ")
  }

  private static func drawKeys(_ state: ExplorerState, in line: Rect, on screen: inout Screen) {
    for (entry, start) in placed(state, in: line) {
      let x = screen.write(
        entry.keys, x: start, y: line.y, style: state.preferences.theme.key, within: line)
      screen.write(" \(entry.words)", x: x, y: line.y, within: line)
    }
  }

  /// The keys of the dialog or the page that is open; nil where none is.
  static func dialogKeys(_ state: ExplorerState) -> DialogKeys? {
    switch state.mode {
    case .export(let dialog): ExportPane.keys(state, dialog)
    case .classes(let dialog): ClassDialogPane.keys(state, dialog)
    case .page(let reader): PagePane.keys(state, reader)
    case .normal, .command, .search, .editing, .latentNumber: nil
    }
  }

  private static func draw(
    _ state: ExplorerState, _ keys: DialogKeys, in line: Rect, on screen: inout Screen
  ) {
    for (words, key, start) in placed(keys, in: line) {
      let name = key == nil ? "" : words.prefix { $0 != " " }
      let x = screen.write(
        String(name), x: start, y: line.y, style: state.preferences.theme.key, within: line)
      screen.write(String(words.dropFirst(name.count)), x: x, y: line.y, within: line)
    }
  }

  /// The words for which there is room, and where each begins.
  private static func placed(
    _ keys: DialogKeys, in line: Rect
  ) -> [(words: String, key: Key?, x: Int)] {
    var x = line.x + 1
    var placed: [(words: String, key: Key?, x: Int)] = []
    for (words, key) in keys.entries where x + words.displayWidth <= line.endX {
      placed.append((words, key, x))
      x += words.displayWidth + keys.separator.displayWidth
    }
    return placed
  }

  /// The entries for which there is room, and where each begins.
  private static func placed(
    _ state: ExplorerState, in line: Rect
  ) -> [(entry: FooterKeys.Entry, x: Int)] {
    let entries = FooterKeys.entries(state)
    func placed(_ entries: [FooterKeys.Entry]) -> [(entry: FooterKeys.Entry, x: Int)] {
      var x = line.x + 1
      var placed: [(entry: FooterKeys.Entry, x: Int)] = []
      for entry in entries where x + entry.width <= line.endX {
        placed.append((entry, x))
        x += entry.width + 2
      }
      return placed
    }
    // Fewer words where all that a beginner needs is then seen, and is not without that.
    func needed(_ placed: [(entry: FooterKeys.Entry, x: Int)]) -> Int {
      placed.count { $0.entry.isNeeded }
    }
    let usual = placed(entries)
    let wanted = entries.count { $0.isNeeded }
    guard needed(usual) < wanted else { return usual }
    // What nobody needs first takes no room from that either.
    let brief = placed(entries.filter { !$0.isLesser }.map(\.briefly))
    return needed(brief) > needed(usual) ? brief : usual
  }

  /// The key that a click on a cell of the line of keys presses: the one that stands there, or at the
  /// words the key of what they say.
  static func key(_ state: ExplorerState, at point: Point, in line: Rect) -> Key? {
    guard line.contains(point) else { return nil }
    if let keys = dialogKeys(state) {
      return placed(keys, in: line).first {
        ($0.x..<$0.x + $0.words.displayWidth).contains(point.x)
      }?.key
    }
    // A line that is being typed stands over the keys.
    guard state.mode == .normal else { return nil }
    return placed(state, in: line).lazy.compactMap { entry, x in
      entry.key(atColumn: point.x - x)
    }.first
  }
}

/// The keys that the footer lists, made from the table of commands.
package enum FooterKeys {
  /// Keys and their words.
  package struct Entry: Sendable, Hashable {
    package let command: Command.ID
    package let keys: String
    package private(set) var words: String
    /// A shorter word for it.
    fileprivate let briefWords: String
    /// Whether a beginner needs it.
    fileprivate let isNeeded: Bool
    /// Whether it is neither needed nor a key of where one is.
    fileprivate var isLesser = false
    /// Each key with the columns of its name, and the words with the command's own, all counted from
    /// the entry's first column.
    fileprivate private(set) var places: [Place]

    fileprivate struct Place: Sendable, Hashable {
      let key: Key
      let columns: Range<Int>
    }

    /// Columns that the entry needs.
    fileprivate var width: Int { keys.displayWidth + 1 + words.displayWidth }

    /// The same in fewer words.
    fileprivate var briefly: Entry {
      var entry = self
      let last = places[places.count - 1]
      entry.words = briefWords
      entry.places[places.count - 1] = Place(
        key: last.key,
        columns: last.columns.lowerBound..<last.columns.upperBound - words.displayWidth
          + briefWords.displayWidth)
      return entry
    }

    /// The key that stands at a column of the entry.
    fileprivate func key(atColumn column: Int) -> Key? {
      places.first { $0.columns.contains(column) }?.key
    }
  }

  /// What must be seen in any width goes first, then the keys of where one is, then what beginners
  /// need, then all else; among those of one rank the order is the table's.
  package static func entries(_ state: ExplorerState) -> [Entry] {
    let contexts = state.keyContexts
    var ranked: [(rank: Int, entry: Entry)] = []
    for group in CommandTable.groups {
      let groupRank = group.footerRank(state)
      for command in group.commands {
        guard let footer = command.footer, let entry = entry(command, footer, state, in: contexts)
        else { continue }
        let rank =
          switch footer.priority {
          case .first: 0
          case _ where command.context != .everywhere: 1
          case .beginners: min(groupRank, 3)
          case .usual: groupRank < 3 ? groupRank : 4
          }
        var ranking = entry
        ranking.isLesser = rank == 4
        ranked.append((rank, ranking))
      }
    }
    return ranked.enumerated().sorted {
      ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset)
    }.map(\.element.entry)
  }

  /// A command with those of its keys that can be pressed in some contexts; nil where none can, or none
  /// would do anything. Keys that stand together stay together, so that at the last stage the one that
  /// goes back is where it was.
  private static func entry(
    _ command: Command, _ footer: Command.Footer, _ state: ExplorerState, in contexts: [KeyContext]
  ) -> Entry? {
    let bindings = state.preferences.keys
    let sharing = footer.sharedKeys.isEmpty ? [command] : footer.sharedKeys.map { CommandTable[$0] }
    guard let pressed = ([command] + sharing).first(where: { $0.reason(state) == nil }),
      bindings.reachableKey(of: command, in: contexts) != nil,
      let own = bindings.reachableKey(of: pressed, in: contexts)
    else { return nil }
    let keys = sharing.compactMap { bindings.reachableKey(of: $0, in: contexts) }
    let names = keys.map { $0.name(state.terminal.keyNames) }
    let separator = names.allSatisfy { $0.count == 1 } ? "" : "/"
    var start = 0
    var places: [Entry.Place] = []
    for (key, name) in zip(keys, names) {
      let end = start + name.displayWidth
      places.append(.init(key: key, columns: start..<end))
      start = end + separator.count
    }
    let first = max(0, start - separator.count)
    places.append(.init(key: own, columns: first..<first + 1 + footer.words.displayWidth))
    return Entry(
      command: command.id, keys: names.joined(separator: separator), words: footer.words,
      briefWords: footer.brief, isNeeded: footer.priority != .usual, places: places)
  }
}
