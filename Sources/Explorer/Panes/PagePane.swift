// Pages of text over the screen: the help, and notes of what the model and the input are.

import Foundation
import Inputs
import Perceiver
import Screens

package enum PagePane {
  package static func draw(
    _ state: ExplorerState, _ reader: PageReader, in area: Rect, on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let box = area.centred(
      width: min(area.width - 4, Page.mostColumns + 4), height: area.height - 2)
    screen.fill(box)
    let inside = screen.drawBox(
      box, title: reader.page.title, style: state.preferences.theme.focusedFrame, symbols: symbols)
    guard inside.height > 1 else { return }
    let lines = state.lines(of: reader.page)
    let (body, last) = inside.inset(left: 1, right: 1).split(.vertically, at: -1)
    let first = min(max(0, reader.scroll), max(0, lines.count - body.height))
    PaneText.lines(
      lines.dropFirst(first).prefix(body.height).map { mark(reader.marked, in: $0) }, in: body,
      symbols: symbols, on: &screen)
    if let search = reader.search {
      let end = screen.write("/", x: last.x, y: last.y, style: .bold, within: last)
      let (before, after) = search.shown(inColumns: max(1, last.endX - end))
      let cursor = screen.write(before, x: end, y: last.y, within: last)
      screen.write(after, x: cursor, y: last.y, within: last)
      screen.cursor = Point(x: min(cursor, last.endX - 1), y: last.y)
      return
    }
    let shown = "\(first + 1) to \(min(lines.count, first + body.height)) of \(lines.count)"
    // The keys for which there is room, the first ones where not all fit.
    let words = keys(state, reader).entries.map(\.words)
    let keyLines = (1...words.count).reversed().map {
      "\(words.prefix($0).joined(separator: ", ")) \(symbols.separator) \(shown)"
    }
    screen.write(
      keyLines.first { $0.displayWidth <= last.width } ?? shown, in: last, .trailing,
      style: state.preferences.theme.faint, symbols: symbols)
  }

  /// What keys do on a page, or while something is searched on it.
  static func keys(_ state: ExplorerState, _ reader: PageReader) -> DialogKeys {
    (reader.search == nil ? PageReader.keys : PageReader.searchKeys).footer(reader, state)
  }

  /// A line with what is searched standing out.
  private static func mark(_ wanted: String, in line: [StyledText]) -> [StyledText] {
    guard !wanted.isEmpty else { return line }
    return line.flatMap { piece -> [StyledText] in
      guard let range = piece.text.range(of: wanted, options: .caseInsensitive) else {
        return [piece]
      }
      return [
        StyledText(String(piece.text[..<range.lowerBound]), piece.style),
        StyledText(String(piece.text[range]), .reverse),
        StyledText(String(piece.text[range.upperBound...]), piece.style),
      ]
    }
  }
}

extension Page {
  /// Columns of text at most.
  static let mostColumns = 96

  var title: String {
    switch self {
    case .help: "help"
    case .topic(let word): "help on \(word)"
    case .notes: "notes"
    case .configuration: "keys, colours and preferences"
    case .history: "changes, the latest first"
    }
  }
}

// The help: what is here, then its keys and the mouse, then all keys and commands.

/// The lines of the help, made from the tables of keys, commands and hyperparameters.
package struct HelpText: Sendable {
  /// The lines, wrapped.
  package let lines: [[StyledText]]

  /// The help on everything, its lines no wider than `width` columns.
  package init(_ state: ExplorerState, width: Int = 1000) {
    let theme = state.preferences.theme
    let style = state.terminal.keyNames
    var lines: [[StyledText]] = []
    func heading(_ text: String) {
      if !lines.isEmpty { lines.append([]) }
      lines += text.wrapped(toWidth: max(10, width)).map { [StyledText($0, .bold)] }
    }
    let indent = 23
    func entry(_ left: String, _ right: String, note: String? = nil) {
      // What does not fit goes on under the words, not under the key.
      let isWide = left.displayWidth > indent - 3
      let words =
        isWide && left.displayWidth + 3 + right.displayWidth <= width
        ? [right] : right.wrapped(toWidth: max(10, width - indent))
      let more = note.map { "(not now: \($0))".wrapped(toWidth: max(10, width - indent)) } ?? []
      var left = "  " + left.padded(toWidth: 20) + " "
      if isWide, words != [right] || left.displayWidth + right.displayWidth > width {
        let name = left.drop { $0 == " " }
        lines += String(name).wrapped(toWidth: max(10, width - 2)).map {
          [StyledText("  " + $0, theme.key)]
        }
        left = ""
      }
      for (index, line) in words.enumerated() {
        let start = (index == 0 ? left : "").padded(toWidth: indent)
        lines.append([StyledText(start, theme.key), StyledText(line)])
      }
      for line in more {
        lines.append([StyledText("".padded(toWidth: indent)), StyledText(line, theme.faint)])
      }
    }
    func keyed(_ commands: [Command]) {
      for command in commands {
        entry(
          state.preferences.keys.names(of: command, style), command.help,
          note: command.reason(state))
      }
    }
    for topic in HelpTopic.here(state) {
      heading(topic.title)
      for sentence in topic.sentences {
        lines += sentence.wrapped(toWidth: max(10, width - 2)).map { [StyledText("  " + $0)] }
      }
    }
    let columns = state.columnsHere
    if !columns.isEmpty { heading("over the columns") }
    for column in columns { entry(column.names.joined(separator: ", "), column.meaning) }
    let beside = state.entriesBeside
    if !beside.isEmpty { heading("what stands beside it (:help WORD says more)") }
    for word in beside { entry(word.word, word.brief) }
    // All contexts that hold now, the narrowest first; a key that a narrower one takes stands there.
    let contexts = state.keyContexts
    var listed: Set<Command.ID> = []
    for context in contexts where context != .everywhere {
      let commands = CommandTable.all.filter {
        $0.context == context && state.preferences.keys.reachableKey(of: $0, in: contexts) != nil
      }
      guard !commands.isEmpty else { continue }
      heading(context.title)
      keyed(commands)
      listed.formUnion(commands.map(\.id))
    }
    heading("the mouse here")
    for (action, words) in state.mouseWords { entry(action, words) }
    for group in CommandTable.groups {
      let commands = group.commands.filter {
        !listed.contains($0.id) && !state.preferences.keys.keys(of: $0).isEmpty
      }
      guard !commands.isEmpty else { continue }
      heading("\(group.title) (\(group.name))")
      keyed(commands)
    }
    for list in ModeKeyList.all {
      heading(list.title)
      for row in list.rows {
        entry(row.keys.map { $0.name(style) }.joined(separator: " "), row.help)
      }
    }
    heading("words: :help WORD explains them")
    for line in HelpTopic.terms.joined(separator: ", ")
      .wrapped(toWidth: max(10, width - 2))
    {
      lines.append([StyledText("  " + line)])
    }
    heading("commands, after :")
    for command in CommandTable.listed { entry(command.usage, command.help) }
    entry("HYPERPARAMETER VALUE", "change one and build the model at once: depth 8")
    heading("hyperparameters")
    for hyperparameter in state.catalog {
      entry(hyperparameter.name, hyperparameter.meaning)
    }
    self.lines = lines
  }
}

// The notes: what is known of the model and the input, from where, and what was assumed.

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
