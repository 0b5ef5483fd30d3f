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
      draw(state, ":", command.line, hint: hint(state, command), in: line, on: &screen)
    case .search(let search):
      let found = search.found(in: state.catalog)
      let hint =
        found.indices.contains(search.chosen)
        ? "Tab chooses, Enter goes to \(found[search.chosen].label)"
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
        + command.completions.map {
          PathCompletion($0) == nil ? $0.trimmed : PathCompletion.label($0)
        }.joined(separator: "  ")
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
    var x = line.x + 1
    for entry in FooterKeys.entries(state) {
      let width = entry.keys.displayWidth + 1 + entry.words.displayWidth
      guard x + width <= line.endX else { continue }
      x = screen.write(
        entry.keys, x: x, y: line.y, style: state.preferences.theme.key, within: line)
      x = screen.write(" \(entry.words)", x: x, y: line.y, within: line) + 2
    }
  }
}

/// The keys that the footer lists, made from the table of commands.
package enum FooterKeys {
  /// Keys and their words.
  package struct Entry: Sendable, Hashable {
    package let command: Command.ID
    package let keys: String
    package let words: String
  }

  /// What must be seen in any width goes first, then the keys of where one is, then what beginners
  /// need, then all else; among those of one rank the order is the table's.
  package static func entries(_ state: ExplorerState) -> [Entry] {
    let contexts = state.keyContexts
    var ranked: [(rank: Int, entry: Entry)] = []
    for group in CommandTable.groups {
      let groupRank = group.footerRank(state)
      for command in group.commands {
        guard let footer = command.footer, contexts.contains(command.context),
          command.reason(state) == nil, isReachable(command, state)
        else { continue }
        let rank =
          switch footer.priority {
          case .first: 0
          case _ where command.context != .everywhere: 1
          case .beginners: min(groupRank, 3)
          case .usual: groupRank < 3 ? groupRank : 4
          }
        ranked.append((rank, entry(command, footer, state)))
      }
    }
    return ranked.enumerated().sorted {
      ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset)
    }.map(\.element.entry)
  }

  /// Whether one of a command's keys is not taken by a narrower context.
  private static func isReachable(_ command: Command, _ state: ExplorerState) -> Bool {
    reachableKey(of: command, state) != nil
  }

  /// A command's first key that is not taken by a narrower context; nil for none.
  static func reachableKey(of command: Command, _ state: ExplorerState) -> Key? {
    state.preferences.keys.keys(of: command).first {
      state.preferences.keys.command(for: $0, in: state.keyContexts)?.id == command.id
    }
  }

  private static func entry(
    _ command: Command, _ footer: Command.Footer, _ state: ExplorerState
  ) -> Entry {
    let sharing = footer.sharedKeys.isEmpty ? [command] : footer.sharedKeys.map { CommandTable[$0] }
    let keys = sharing.compactMap { reachableKey(of: $0, state)?.name(state.terminal.keyNames) }
    let isShort = keys.allSatisfy { $0.count == 1 }
    return Entry(
      command: command.id, keys: keys.joined(separator: isShort ? "" : "/"), words: footer.words)
  }
}
