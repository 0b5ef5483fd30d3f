// A page of text over the screen, how far it is scrolled, and what is searched in it.

import Screens

/// A page of text over the screen.
public enum Page: Sendable, Hashable {
  /// All keys and commands.
  case help
  /// Everything that is known of a word: a term, a command, a key, a hyperparameter, a stage.
  case topic(String)
  /// What the model and the input are.
  case notes
  /// What was changed, and can be undone.
  case history
  /// Keys, colours and preferences.
  case configuration
}

/// A page as it is read.
public struct PageReader: Sendable, Hashable {
  /// What is read.
  public let page: Page
  /// How many lines are above the first that is shown, from 0.
  public var scroll = 0
  /// What is searched while it is being typed; nil while nothing is.
  public var search: LineEditor?
  /// What was searched last; empty for nothing.
  public var wanted = ""

  /// The beginning of a page.
  public init(_ page: Page) { self.page = page }

  /// What is marked on the page.
  var marked: String { search?.text ?? wanted }
}

extension ExplorerState {
  /// The lines of a page, wrapped to the width at which it is shown.
  func lines(of page: Page) -> [[StyledText]] {
    let width = max(20, min(terminal.width - 8, Page.mostColumns))
    return switch page {
    case .help: HelpText(self, width: width).lines
    case .topic(let word): TopicText(word, self, width: width).lines
    case .notes: NotesText(self, width: width).lines
    case .configuration: configurationLines.flatMap { fitted($0, width) }
    case .history: historyLines.flatMap { fitted($0, width) }
    }
  }

  /// A line as it is if it fits, with its columns; else wrapped.
  private func fitted(_ line: String, _ width: Int) -> [[StyledText]] {
    (line.displayWidth <= width ? [line] : line.wrapped(toWidth: width)).map { [StyledText($0)] }
  }

  /// The lines of a page that are shown at once.
  var pageRows: Int { max(1, terminal.height - 5) }

  /// Takes a key for the page that is open.
  mutating func press(_ key: Key, in reader: PageReader) {
    var reader = reader
    if let line = reader.search {
      press(key, inSearch: line, of: &reader)
      mode = .page(reader)
      return
    }
    let last = max(0, lines(of: reader.page).count - pageRows)
    switch key {
    case .escape, .enter, .character("q"), .character("?"), Key(.function(1)):
      mode = .normal
      return
    case .down, .character("j"): reader.scroll += 1
    case .up, .character("k"): reader.scroll -= 1
    case .pageDown, .space, .control("f"): reader.scroll += pageRows
    case .pageUp, .control("b"): reader.scroll -= pageRows
    case .control("d"): reader.scroll += max(1, pageRows / 2)
    case .control("u"): reader.scroll -= max(1, pageRows / 2)
    case .home, .character("g"): reader.scroll = 0
    case .end, .character("G"): reader.scroll = last
    case .character("/"): reader.search = LineEditor()
    case .character("n"): find(in: &reader, by: 1)
    case .character("N"): find(in: &reader, by: -1)
    default: break
    }
    reader.scroll = min(max(0, reader.scroll), last)
    mode = .page(reader)
  }

  private mutating func press(
    _ key: Key, inSearch line: LineEditor, of reader: inout PageReader
  ) {
    var line = line
    switch key {
    case .escape: reader.search = nil
    case .enter:
      reader.search = nil
      reader.wanted = line.text
      reader.scroll -= 1
      find(in: &reader, by: 1)
    default:
      _ = line.handle(key)
      reader.search = line
    }
  }

  /// Goes to the next line, or the one before, that holds what is searched; round the ends.
  private mutating func find(in reader: inout PageReader, by step: Int) {
    let wanted = reader.wanted.lowercased()
    reader.scroll = max(0, reader.scroll)
    guard !wanted.isEmpty else {
      message = .information("/ searches first")
      return
    }
    let found = lines(of: reader.page).enumerated().compactMap { index, line in
      line.map(\.text).joined().lowercased().contains(wanted) ? index : nil
    }
    guard let first = found.first, let last = found.last else {
      message = .information("\(reader.wanted): not on this page")
      return
    }
    let from = reader.scroll
    reader.scroll =
      step > 0 ? found.first { $0 > from } ?? first : found.last { $0 < from } ?? last
  }

  /// Scrolls a page by lines, as the wheel does.
  mutating func scroll(_ reader: PageReader, by lines: Int) {
    var reader = reader
    let last = max(0, self.lines(of: reader.page).count - pageRows)
    reader.scroll = min(max(0, reader.scroll + lines), last)
    mode = .page(reader)
  }
}
