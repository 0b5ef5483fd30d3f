// What the classifier would say if the run ended after the shown stage.

import Pictures
import Screens

package enum ClassesPane: ColumnPane {
  /// What no other part of the column can use, it takes as well.
  package static let topic = "class"
  package static let rows = 2...12

  package static func isWanted(with content: ScreenLayout.Content) -> Bool {
    content.training != .ofPicture
  }

  package static func yields(to content: ScreenLayout.Content) -> Yielding { .second }

  package static func title(_ state: ExplorerState, width: Int) -> String {
    if state.predictsTokens { return PredictionLines.title(state, width: width) }
    if let title = changedTitle(state) { return title }
    guard state.shownScores != nil, let stageID = state.stageID else { return "classes" }
    let isLast = stageID.index == state.stageIDs.count - 1
    // Without its words the mark on the bars means nothing, and without theirs the classes of any stage
    // look like the answer: the word "classes" gives way to both.
    let forms =
      isLast
      ? ["classes: the output", "classes: output", "the output", "output"]
      : ["classes after this stage", "classes at this stage", "classes so far", "so far"]
    let explained = (state.shownScores?.chance).map { chance in
      forms.map { $0 + ", \(ScreenWord.chance.rawValue) \(Figures.number(chance, digits: 2))" }
    }
    // A shorter form with the key goes before a longer one without it.
    let keyed = width - state.keyMark(command(state)).displayWidth
    func fitting(_ forms: [String]) -> String? {
      forms.first { $0.displayWidth <= keyed } ?? forms.first { $0.displayWidth <= width }
    }
    return explained.flatMap(fitting) ?? fitting(forms) ?? "classes"
  }

  package static func command(_ state: ExplorerState) -> Command.ID? { "why-class" }

  package static func words(_ state: ExplorerState) -> [ScreenWord] {
    guard state.shownScores != nil, !state.predictsTokens else { return [] }
    guard state.choices.changes.isEmpty else { return [.divergence] }
    return state.shownScores?.chance == nil ? [] : [.chance]
  }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    let theme = state.preferences.theme
    let symbols = state.terminal.symbols
    if state.predictsTokens { return PredictionLines.draw(state, in: area, on: &screen) }
    guard let scores = state.shownScores else {
      let words = absence(state).wrapped(toWidth: max(1, area.width))
      return PaneText.lines(
        words.map { [StyledText($0, theme.label)] }, in: area, symbols: symbols, on: &screen)
    }
    if scores.hasNonFinite {
      screen.write(
        "some logits are not finite", in: area.row(0), style: theme.error, symbols: symbols)
      return
    }
    if !state.choices.changes.isEmpty {
      return drawChanged(state, scores, in: area, on: &screen)
    }
    let largest = scores.top.prefix(area.height).map { abs($0.answer) }.max() ?? 1
    let shown = scores.top.prefix(area.height)
    // All bars begin at 0 and have one scale; a mark stands where chance is.
    for (row, entry) in shown.enumerated() {
      let line = area.row(row)
      let text =
        "\(name(of: entry.index, state)) \(Figures.number(entry.answer).padded(toWidth: 8))"
      let (bar, words) = line.split(.horizontally, at: -min(line.width, text.displayWidth + 1))
      let length = largest > 0 ? Double(bar.width) * abs(entry.answer) / largest : 0
      // Not quite as high as a line, so that bars stay apart.
      let glyph = symbols.isASCII ? symbols.bar.last : symbols.column.dropLast().last
      var end = min(bar.width, Int(length.rounded()))
      for x in 0..<end {
        screen.put(glyph ?? "=", x: bar.x + x, y: bar.y, style: theme.bar, within: bar)
      }
      if let chance = scores.chance, largest > 0 {
        let x = min(Int((Double(bar.width) * chance / largest).rounded()), bar.width - 1)
        screen.put(
          symbols.frame.vertical, x: bar.x + x, y: bar.y, style: theme.label, within: bar)
        end = max(end, x + 1)
      }
      if row == shown.count - 1 {
        sayMore(scores.count - shown.count, in: bar.inset(left: end), state, on: &screen)
      }
      screen.write(text, in: words.inset(left: 1), symbols: symbols)
    }
  }

  /// The class whose line a cell lies in; nil where the pane shows no list of classes.
  static func number(_ state: ExplorerState, at point: Point, in area: Rect) -> Int? {
    guard !state.predictsTokens, state.choices.changes.isEmpty, area.contains(point),
      let scores = state.shownScores, !scores.hasNonFinite
    else { return nil }
    return scores.top.dropFirst(point.y - area.y).first?.index
  }

  /// Each class before the changes and after them, those first that are likely in either.
  private static func drawChanged(
    _ state: ExplorerState, _ before: ClassScores, in area: Rect, on screen: inout Screen
  ) {
    let theme = state.preferences.theme
    let symbols = state.terminal.symbols
    let after = state.changedScores
    if after?.hasNonFinite == true {
      screen.write(
        "after the change some logits are not finite", in: area.row(0), style: theme.error,
        symbols: symbols)
      return
    }
    func likelier(_ index: Int) -> Double {
      max(before.answer(of: index), after?.answer(of: index) ?? -.infinity)
    }
    let likely = Set(
      before.order.prefix(area.height) + (after?.order.prefix(area.height) ?? [])
    ).sorted { (-likelier($0), $0) < (-likelier($1), $1) }
    for (row, index) in likely.prefix(area.height).enumerated() {
      let line = area.row(row)
      let from = Figures.number(before.answer(of: index), digits: 2)
      let waiting = open(state) ? "\(state.spinner)" : symbols.ellipsis
      let to = after.map { Figures.number($0.answer(of: index), digits: 2) } ?? waiting
      let isFirst = index == (after ?? before).order.first
      let pieces = [
        StyledText(name(of: index, state) + " ", isFirst ? .bold : .plain),
        StyledText(from.padded(toWidth: 7, .trailing)),
        StyledText(" \(symbols.arrowRight) ", theme.label),
        StyledText(to.padded(toWidth: 7, .trailing), .bold),
      ]
      let end = screen.write(pieces, x: line.x, y: line.y, within: line)
      if row == area.height - 1 {
        sayMore(
          before.count - area.height, in: line.inset(left: end - line.x), state, on: &screen)
      }
    }
  }

  /// Says how many classes have no line, where the last line leaves room for it: a line of its own would
  /// take that of a class.
  private static func sayMore(
    _ count: Int, in rest: Rect, _ state: ExplorerState, on screen: inout Screen
  ) {
    let words = "+\(count) more"
    guard count > 0, rest.width >= words.displayWidth + 2 else { return }
    screen.write(
      words, in: rest.inset(left: 1), style: state.preferences.theme.label,
      symbols: state.terminal.symbols)
  }

  /// Whether the run with changes is on its way.
  private static func open(_ state: ExplorerState) -> Bool {
    state.open.changed?.isComputing == true
  }

  /// The title while something is changed: how far the whole distribution moved, where that is known.
  private static func changedTitle(_ state: ExplorerState) -> String? {
    guard !state.choices.changes.isEmpty, let before = state.shownScores else { return nil }
    let title = "before \(state.terminal.symbols.arrowRight) after"
    guard let divergence = state.changedScores.flatMap({ before.divergence(to: $0) }) else {
      return title
    }
    return title + ", \(ScreenWord.divergence.rawValue) \(Figures.number(divergence, digits: 2))"
  }

  /// A class's number, or its name where that is known.
  private static func name(of index: Int, _ state: ExplorerState) -> String {
    let names = state.run?.model.configuration.classNames ?? []
    let name = names.indices.contains(index) ? names[index] : "\(index)"
    let width = min(12, max(5, names.map(\.displayWidth).max() ?? 0))
    return name.truncated(toWidth: width, ellipsis: state.terminal.symbols.ellipsis)
      .padded(toWidth: width)
  }

  private static func absence(_ state: ExplorerState) -> String {
    guard state.stage != nil else { return "no stage yet" }
    if state.choices.settings.configuration.hasDecoder {
      return "no classes: the decoder's outputs are the output"
    }
    return "no classifier head: the output is the latents"
  }
}
