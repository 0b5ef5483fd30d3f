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
    case .search(let text):
      let found = SearchResults(text.text).entries.prefix(8).map(\.label).joined(separator: "  ")
      draw(state, "/", text, hint: found, in: line, on: &screen)
    case .editing(let name, let text):
      let domain = HyperparameterCatalog[name]?.domain.description ?? ""
      draw(state, "\(name) = ", text, hint: domain, in: line, on: &screen)
    case .latentNumber(let text):
      draw(
        state, "\(state.mapOwner): ", text, hint: "1 to \(state.latentCount)", in: line, on: &screen
      )
    case .normal, .export, .help:
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
    case .normal, .export, .help: false
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
    if let hyperparameter = HyperparameterCatalog[name] { return hyperparameter.help }
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

/// The keys that the footer lists, made from the key table.
package enum FooterKeys {
  /// Keys and their words.
  package struct Entry: Sendable, Hashable {
    package let intent: Intent
    package let keys: String
    package let words: String
  }

  /// Keys that stand together under one word.
  private static let partners: [Intent: [Intent]] = [
    .nextStage: [.previousStage, .nextStage], .nextLatent: [.previousLatent, .nextLatent],
    .increase: [.decrease, .increase],
    .probeRight: [.probeLeft, .probeRight, .probeUp, .probeDown],
  ]

  /// What must be seen in any width goes first, then the keys of where one is.
  package static func entries(_ state: ExplorerState) -> [Entry] {
    let contexts = state.keyContexts
    let shown = state.preferences.keys.all.filter { binding in
      binding.footer != nil && contexts.contains(binding.context) && binding.disabled(state) == nil
        && isReachable(binding, state, contexts)
    }
    func order(_ binding: KeyBinding) -> Int {
      if binding.intent == .help || binding.intent == .quit { return 0 }
      if binding.context != .everywhere { return 1 }
      return focusOrder(binding.section, state)
    }
    let sorted = shown.enumerated().sorted {
      (order($0.element), $0.offset) < (order($1.element), $1.offset)
    }
    return sorted.map { entry(of: $0.element, state) }
  }

  /// Whether one of a binding's keys is not taken by a narrower context.
  private static func isReachable(
    _ binding: KeyBinding, _ state: ExplorerState, _ contexts: [KeyContext]
  ) -> Bool {
    binding.keys.contains {
      state.preferences.keys.binding(for: $0, in: contexts)?.intent == binding.intent
    }
  }

  private static func focusOrder(_ section: KeySection, _ state: ExplorerState) -> Int {
    if state.training != nil, section == .training { return 1 }
    return state.focus == .hyperparameters && section == .hyperparameters ? 2 : 3
  }

  private static func entry(of binding: KeyBinding, _ state: ExplorerState) -> Entry {
    let intents = partners[binding.intent] ?? [binding.intent]
    let keys = intents.compactMap { intent in
      state.preferences.keys.binding(of: intent)?.keys.first { key in
        state.preferences.keys.binding(for: key, in: state.keyContexts)?.intent == intent
      }?.name(state.terminal.keyNames)
    }
    let isShort = keys.allSatisfy { $0.count == 1 }
    return Entry(
      intent: binding.intent, keys: keys.joined(separator: isShort ? "" : "/"),
      words: binding.footer ?? "")
  }
}
