// The editor of hyperparameters: values, changes not yet applied, and what they would cost.

import Perceiver
import Pictures
import Screens

package enum HyperparametersPane: ColumnPane {
  package static let topic = "hyperparameters"
  package static let rows = 5...24

  /// What cannot be changed while a model is trained gives way to how that goes; and to what a map
  /// means, where rows are few.
  package static func yields(to content: ScreenLayout.Content) -> Yielding {
    content == .init() ? .never : .first
  }

  package static func title(_ state: ExplorerState, width: Int) -> String {
    guard state.choices.hasDraftChanges else { return "hyperparameters" }
    return "changes: \(state.keyName(.applyDraft)) applies"
  }

  package static func command(_ state: ExplorerState) -> Command.ID? {
    state.command(leadingTo: .hyperparameters)
  }

  package static func words(_ state: ExplorerState) -> [ScreenWord] {
    state.costs.applied == nil ? [] : [.parameters, .arithmetic, .memory]
  }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    let costs = lines(under: area, state)
    let (list, bottom) = area.split(.vertically, at: area.height - costs.count)
    drawList(state, in: list, on: &screen)
    for (index, line) in costs.prefix(bottom.height).enumerated() {
      screen.write(
        line.text, in: bottom.row(index), style: line.style, symbols: state.terminal.symbols)
    }
  }

  /// The indices of the list that are shown: a window around the chosen one.
  static func shownRange(_ state: ExplorerState, rows: Int) -> Range<Int> {
    .lines(
      of: state.listedHyperparameters.count, rows: rows, around: state.listedHyperparameter)
  }

  /// The rows that the list has in an area.
  static func listRows(_ state: ExplorerState, in area: Rect) -> Int {
    area.height - lines(under: area, state).count
  }

  /// Whether there is room for what the chosen hyperparameter is.
  static func explains(_ state: ExplorerState, in area: Rect) -> Bool {
    let what = explanation(of: state.hyperparameter, state, width: max(1, area.width - 1))[0]
    return lines(under: area, state).map(\.text).starts(with: what)
  }

  /// What is said of the chosen hyperparameter under the title, where its pane has no room for that
  /// beside the costs: the fullest first.
  static func wordsAbove(_ state: ExplorerState) -> [String] {
    let chosen = state.hyperparameter
    return [
      "\(chosen.name): \(chosen.meaning). \(chosen.redrawing(state).sentence)",
      "\(chosen.name): \(chosen.meaning).",
      "\(chosen.name): \(chosen.help); \(chosen.domain.brief).",
      "\(chosen.help.capitalisedFirst); \(chosen.domain.brief).",
      "\(chosen.name): \(chosen.domain).",
    ]
  }

  /// What stands under the list: the costs, and where the list has the focus what the chosen
  /// hyperparameter is. Where there is not room for all, what it is stands under the title. Where it
  /// does not fit there either, the costs give way to it until a change waits to be applied, and lines
  /// of the list to both.
  private static func lines(under area: Rect, _ state: ExplorerState) -> [StyledText] {
    let costs = costLines(state)
    let reason = problemLines(state, width: area.width)
    guard state.focus == .hyperparameters else {
      // Why nothing can be had goes before what it costs.
      return reason.isEmpty
        ? fitting([(costs, 2)], in: area)
        : fitting([(reason + costs, leastListed), (reason, 2)], in: area)
    }
    // A sentence is worth nothing in part.
    let said = explanation(of: state.hyperparameter, state, width: max(1, area.width - 1))
      .map { $0.map { StyledText($0, state.preferences.theme.label) } }
    let (what, all) = (said[0], Array(said.joined()))
    let above = HintPane.form(of: wordsAbove(state).dropLast(), state)
    guard reason.isEmpty else {
      return fitting(
        [
          (all + reason + costs, leastListed), (what + reason + costs, leastListed),
          (reason + costs, above == nil ? leastListed : 1), (what + reason, 2), (reason, 2),
        ], in: area)
    }
    var forms: [(lines: [StyledText], listed: Int)] = [
      (all + costs, leastListed), (all + costs, 3),
    ]
    // What a change would cost is asked at every step of it; what a hyperparameter is, once.
    if state.choices.hasDraftChanges {
      let brief = withRedrawing(costs, state)
      forms += [(what + brief, 2), (brief, 2), (what, 1)]
    } else if let above {
      let redrawing = StyledText(
        state.hyperparameter.redrawing(state).brief, state.preferences.theme.label)
      forms += above == 0 ? [] : [(costs + [redrawing], 2)]
      forms += [(costs, 2), (what, 2), (what, 1)]
    } else {
      forms += [(all, 3), (what + costs, 3), (what, 2), (what, 1), (costs, 2)]
    }
    return fitting(forms, in: area)
  }

  /// The costs with what the changes draw anew, in the place of the last that stays as it is.
  private static func withRedrawing(_ costs: [StyledText], _ state: ExplorerState) -> [StyledText] {
    guard let kept = state.costs.kept, kept.count < kept.all,
      case .seed = state.choices.settings.source, let applied = state.costs.applied,
      let draft = state.costs.draft, costs.count == 3
    else { return costs }
    let (all, anew) = (
      Figures.count(Double(kept.all)), Figures.count(Double(kept.all - kept.count))
    )
    let words = kept.count == 0 ? "draws all \(all) anew" : "draws \(anew) of \(all) anew"
    let line = StyledText(words, state.preferences.theme.changed)
    let isUnchanged = [
      applied.parameters == draft.parameters,
      Figures.flops(applied.flops) == Figures.flops(draft.flops),
      Figures.bytes(applied.bytes) == Figures.bytes(draft.bytes),
    ]
    guard let spare = isUnchanged.lastIndex(of: true) else { return costs + [line] }
    var lines = costs
    lines.remove(at: spare)
    return lines + [line]
  }

  /// The first of some texts that leaves so many lines of the list; none where none does.
  private static func fitting(_ texts: [(lines: [StyledText], listed: Int)], in area: Rect)
    -> [StyledText]
  {
    texts.first { $0.lines.count + $0.listed <= area.height }?.lines ?? []
  }

  /// Lines of the list that stay where all is said under it.
  private static let leastListed = 5

  /// What a hyperparameter is, what it may be, and what a change to it does: wrapped, in that order.
  private static func explanation(
    of hyperparameter: Hyperparameter, _ state: ExplorerState, width: Int
  ) -> [[String]] {
    [
      hyperparameter.meaning, hyperparameter.redrawing(state).sentence,
    ].map { $0.wrapped(toWidth: width) }
  }

  private static func drawList(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let range = shownRange(state, rows: area.height)
    let listed = state.listedHyperparameters
    for (row, index) in range.enumerated() {
      drawLine(state, listed[index], in: area.row(row), on: &screen)
    }
    // More above or below is said at the ends.
    let symbols = state.terminal.symbols
    if range.lowerBound > 0, area.width > 2 {
      screen.put(symbols.arrowUp, x: area.endX - 1, y: area.y, style: state.preferences.theme.faint)
    }
    if range.upperBound < state.listedHyperparameters.count, area.width > 2, area.height > 1 {
      screen.put(
        symbols.arrowDown, x: area.endX - 1, y: area.endY - 1, style: state.preferences.theme.faint)
    }
  }

  /// The value of a line as it is drawn: between points where it can be stepped, with what is to be
  /// said of it behind.
  private static func valueText(_ state: ExplorerState, _ index: Int) -> String {
    let symbols = state.terminal.symbols
    let hyperparameter = state.catalog[index]
    let value = hyperparameter.value(in: state.choices.draft)
    let applied = hyperparameter.value(in: state.choices.settings.configuration)
    var text = "\(value)"
    if hasPoints(state, index) { text = "\(symbols.pointLeft) \(value) \(symbols.pointRight)" }
    let trained = state.loadedWeights.map { $0.trained(hyperparameter) }
    if let trained, trained != value { text += " (trained \(trained))" }
    // A change is marked by a star too, since colour alone says nothing; so is what is fixed.
    if value != applied { text += "*" }
    if state.reasonFixed(hyperparameter) != nil { text += " =" }
    return text
  }

  /// Whether a line's value stands between points.
  private static func hasPoints(_ state: ExplorerState, _ index: Int) -> Bool {
    index == state.hyperparameterIndex && state.focus == .hyperparameters
      && state.reasonAgainstEditing == nil
  }

  /// The part of a line for its name and its value.
  private static func body(of line: Rect) -> Rect { line.inset(left: 1, right: 2) }

  /// How many steps a click at a column of the chosen line asks for: one down on the point before
  /// the value, one up on that behind it; nil elsewhere.
  static func steps(_ state: ExplorerState, at column: Int, in line: Rect) -> Int? {
    let index = state.hyperparameterIndex
    let (body, text) = (body(of: line), valueText(state, index))
    guard hasPoints(state, index), text.displayWidth <= body.width else { return nil }
    let value = "\(state.catalog[index].value(in: state.choices.draft))"
    let first = body.endX - text.displayWidth
    return [first: -1, first + value.displayWidth + 3: 1][column]
  }

  private static func drawLine(
    _ state: ExplorerState, _ index: Int, in line: Rect, on screen: inout Screen
  ) {
    let theme = state.preferences.theme
    let symbols = state.terminal.symbols
    let hyperparameter = state.catalog[index]
    let isChosen = index == state.hyperparameterIndex
    let isFocused = isChosen && state.focus == .hyperparameters
    let value = hyperparameter.value(in: state.choices.draft)
    let applied = hyperparameter.value(in: state.choices.settings.configuration)
    let isChanged = value != applied
    if isFocused { screen.fill(line.inset(right: 1), style: theme.chosen) }
    if isChosen { screen.put(symbols.pointRight, x: line.x, y: line.y, within: line) }
    let valueText = valueText(state, index)
    let base = isFocused ? theme.chosen : Style.plain
    let body = body(of: line)
    let valueWidth = min(valueText.displayWidth, max(0, body.width))
    let (name, valueArea) = body.split(.horizontally, at: body.width - valueWidth)
    screen.write(
      hyperparameter.name, in: name.inset(right: 1), style: base, symbols: symbols)
    screen.write(
      valueText, in: valueArea, .trailing,
      style: isChanged ? (isFocused ? base.adding(.bold) : theme.changed) : base,
      symbols: symbols)
  }

  /// Why the chosen hyperparameter has the value that it has, or the draft cannot be.
  private static func problemLines(_ state: ExplorerState, width: Int) -> [StyledText] {
    let theme = state.preferences.theme
    func lines(_ text: String, _ style: Style) -> [StyledText] {
      text.wrapped(toWidth: max(1, width)).prefix(3).map { StyledText($0, style) }
    }
    if state.focus == .hyperparameters, let reason = state.reasonFixed(state.hyperparameter) {
      return lines("= set by the loaded weights: \(reason)", theme.label)
    }
    return state.costs.problem.map { lines($0, theme.error) } ?? []
  }

  /// Parameters, arithmetic and memory, before and after.
  private static func costLines(_ state: ExplorerState) -> [StyledText] {
    let theme = state.preferences.theme
    guard let applied = state.costs.applied, let draft = state.costs.draft else { return [] }
    let arrow = state.terminal.symbols.arrowRight
    func line(_ word: ScreenWord, _ before: String, _ after: String) -> StyledText {
      let label = word.rawValue.padded(toWidth: 11)
      guard state.choices.hasDraftChanges else {
        return StyledText("\(label)\(before)", theme.label)
      }
      return StyledText(
        "\(label)\(before) \(arrow) \(after)", before == after ? theme.label : theme.changed)
    }
    return [
      line(
        .parameters, Figures.count(Double(applied.parameters)),
        Figures.count(Double(draft.parameters))),
      line(.arithmetic, Figures.flops(applied.flops), Figures.flops(draft.flops)),
      line(.memory, Figures.bytes(applied.bytes), Figures.bytes(draft.bytes)),
    ]
  }
}
