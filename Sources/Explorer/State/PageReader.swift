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

  /// Goes to the next line, or the one before, that holds what is searched; round the ends.
  fileprivate mutating func find(in reader: inout PageReader, by step: Int) {
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
    reader.scroll += lines
    keepInside(&reader)
    mode = .page(reader)
  }

  /// The largest number of lines above the first that is shown.
  fileprivate func lastScroll(of reader: PageReader) -> Int {
    max(0, lines(of: reader.page).count - pageRows)
  }

  /// Keeps a page from being scrolled beyond its ends.
  fileprivate func keepInside(_ reader: inout PageReader) {
    reader.scroll = min(max(0, reader.scroll), lastScroll(of: reader))
  }
}

// MARK: - Keys

extension PageReader {
  static let keys = ModeKeyTable<PageReader>(
    "on a page",
    [
      ModeKey(
        [.escape, .enter, .character("q"), .character("?"), Key(.function(1))], "close the page",
        footer: "closes"
      ) { _, _ in .closes() },
      scrolling(
        [.down, .character("j")], "one line down", footer: .init("scroll", keys: [.up, .down])
      ) { _ in 1 },
      scrolling([.up, .character("k")], "one line up") { _ in -1 },
      scrolling([.pageDown, .space, .control("f")], "one page down", footer: "a page") {
        $0.pageRows
      },
      scrolling([.pageUp, .control("b")], "one page up") { -$0.pageRows },
      scrolling([.control("d")], "half a page down") { max(1, $0.pageRows / 2) },
      scrolling([.control("u")], "half a page up") { -max(1, $0.pageRows / 2) },
      ModeKey([.home, .character("g")], "the beginning") { _, reader in
        reader.scroll = 0
        return .stays()
      },
      ModeKey([.end, .character("G")], "the end") { state, reader in
        reader.scroll = state.lastScroll(of: reader)
        return .stays()
      },
      ModeKey([.character("/")], "search the page", footer: "searches") { _, reader in
        reader.search = LineEditor()
        return .stays()
      },
      ModeKey(
        [.character("n")], "next line with the words that were searched for",
        footer: .init("next", when: { !$0.wanted.isEmpty })
      ) { state, reader in
        state.find(in: &reader, by: 1)
        state.keepInside(&reader)
        return .stays()
      },
      ModeKey([.character("N")], "previous line with those words") {
        state, reader in
        state.find(in: &reader, by: -1)
        state.keepInside(&reader)
        return .stays()
      },
    ],
    mode: { .page($0) },
    typing: { state, _, key in
      // Any other key does nothing, and a number before it is gone.
      if !state.takeDigit(key) { state.count = nil }
    })

  /// A row that scrolls the page, as often as a number before its key says.
  ///
  /// - Parameter lines: How many lines down.
  private static func scrolling(
    _ keys: [Key], _ help: String, footer: ModeKey<PageReader>.Footer? = nil,
    by lines: @escaping @Sendable (ExplorerState) -> Int
  ) -> ModeKey<PageReader> {
    ModeKey(keys, help, footer: footer) { state, reader in
      reader.scroll += lines(state) * state.countedSteps
      state.keepInside(&reader)
      return .stays()
    }.takingNumber()
  }

  /// The keys of the line in which one types what is searched on a page.
  static let searchKeys = ModeKeyTable<PageReader>(
    "while a page is searched",
    [
      ModeKey([.enter], "go to the first line with the words that were typed", footer: "finds") {
        state, reader in
        reader.wanted = reader.search?.text ?? ""
        reader.search = nil
        reader.scroll -= 1
        state.find(in: &reader, by: 1)
        return .stays()
      },
      ModeKey([.escape], "leave the search", footer: "leaves the search") { _, reader in
        reader.search = nil
        return .stays()
      },
    ],
    mode: { .page($0) }, typing: { _, reader, key in _ = reader.search?.handle(key) })
}
