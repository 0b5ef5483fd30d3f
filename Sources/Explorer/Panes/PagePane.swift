// Pages of text over the screen: the help, and notes of what the model and the input are.

import Inputs
import Perceiver
import Screens

package enum PagePane {
  package static func draw(
    _ state: ExplorerState, _ page: Page, scroll: Int, in area: Rect, on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let box = area.centred(
      width: min(area.width - 4, Page.mostColumns + 4), height: area.height - 2)
    screen.fill(box)
    let inside = screen.drawBox(
      box, title: page.title, style: state.preferences.theme.focusedFrame, symbols: symbols)
    guard inside.height > 1 else { return }
    let lines = state.lines(of: page)
    let (body, last) = inside.inset(left: 1, right: 1).split(.vertically, at: -1)
    let first = min(max(0, scroll), max(0, lines.count - body.height))
    PaneText.lines(
      Array(lines.dropFirst(first)), in: body, symbols: symbols, on: &screen)
    let shown = "\(first + 1) to \(min(lines.count, first + body.height)) of \(lines.count)"
    screen.write(
      "\(symbols.arrowUp)\(symbols.arrowDown) PageUp PageDown scroll, Esc closes \(symbols.separator) \(shown)",
      in: last, .trailing, style: state.preferences.theme.faint, symbols: symbols)
  }
}

extension Page {
  /// Columns of text at most.
  static let mostColumns = 96

  var title: String {
    switch self {
    case .help: "help"
    case .notes: "notes"
    }
  }
}

extension ExplorerState {
  /// The lines of a page.
  func lines(of page: Page) -> [[StyledText]] {
    switch page {
    case .help: HelpText(self).lines
    case .notes:
      NotesText(self, width: max(20, min(terminal.width - 8, Page.mostColumns))).lines
    }
  }
}

// The help: the keys of where one is first, then all keys and commands.

/// The lines of the help, made from the tables of keys, commands and hyperparameters.
package struct HelpText: Sendable {
  /// The lines.
  package let lines: [[StyledText]]

  package init(_ state: ExplorerState) {
    let theme = state.preferences.theme
    let style = state.terminal.keyNames
    var lines: [[StyledText]] = []
    func heading(_ text: String) {
      if !lines.isEmpty { lines.append([]) }
      lines.append([StyledText(text, .bold)])
    }
    func entry(_ left: String, _ right: String, note: String? = nil) {
      lines.append([
        StyledText("  " + left.padded(toWidth: 20) + " ", theme.key), StyledText(right),
        StyledText(note.map { "  (not now: \($0))" } ?? "", theme.faint),
      ])
    }
    func keyed(_ commands: [Command]) {
      for command in commands where !state.preferences.keys.keys(of: command).isEmpty {
        entry(
          state.preferences.keys.names(of: command, style), command.help,
          note: command.reason(state))
      }
    }
    let here = state.keyContexts.first { $0 != .everywhere }
    if let here {
      heading(here.title)
      keyed(CommandTable.all.filter { $0.context == here })
    }
    for group in CommandTable.groups {
      heading("\(group.name): \(group.title)")
      keyed(group.commands.filter { $0.context == .everywhere || here != $0.context })
    }
    heading("the mouse")
    entry("drag", "hides a rectangle of pixels, or shows it again")
    entry("click", "points at a pixel, a latent, a stage, a hyperparameter")
    entry("wheel", "zooms the picture, moves in lists")
    heading("commands, after :")
    for command in CommandTable.listed { entry(command.usage, command.help) }
    entry("HYPERPARAMETER VALUE", "change one and build the model at once: depth 8")
    heading("hyperparameters")
    for hyperparameter in state.catalog {
      entry(hyperparameter.name, "\(hyperparameter.help); \(hyperparameter.domain)")
    }
    self.lines = lines
  }
}

// The notes: what the model and the input are, where each is known from, and what was assumed.

/// The lines of the notes, wrapped to a width.
package struct NotesText: Sendable {
  /// The lines.
  package let lines: [[StyledText]]

  package init(_ state: ExplorerState, width: Int) {
    let theme = state.preferences.theme
    let named = 10
    var lines: [[StyledText]] = []
    func heading(_ text: String) {
      if !lines.isEmpty { lines.append([]) }
      lines.append([StyledText(text, .bold)])
    }
    func row(_ name: String, _ value: String, from origin: String?) {
      let text = value + (origin.map { " (from \($0))" } ?? "")
      for (index, line) in text.wrapped(toWidth: max(1, width - named)).enumerated() {
        let start = index == 0 ? name : ""
        lines.append([
          StyledText(start.padded(toWidth: named), theme.label), StyledText(line),
        ])
      }
    }
    let configuration = state.choices.settings.configuration
    heading("the model")
    row("model", configuration.title, from: nil)
    if let weights = state.loadedWeights {
      for fact in weights.sheet { row(fact.name, fact.value, from: fact.origin) }
    } else if case .seed(let seed) = state.choices.settings.source {
      row("weights", "untrained, seed \(seed)", from: nil)
    }
    heading("the input")
    let input = state.choices.input
    row("file", input.fullName, from: nil)
    row("shape", input.words, from: nil)
    for note in input.notes { row("done", note.sentence, from: nil) }
    if let window = input.window {
      row("part", "\(window.index + 1) of \(window.count)", from: nil)
    }
    if let mask = state.choices.settings.mask { row("mask", mask.name, from: nil) }
    heading("assumed or corrected")
    let notes = state.modelNotes
    if notes.isEmpty { lines.append([StyledText("nothing was assumed")]) }
    for note in notes {
      lines += note.wrapped(toWidth: width).map { [StyledText($0)] }
    }
    self.lines = lines
  }
}
