// A map that explains over the input: shown at once, then refined while one looks. What is asked is
// in State/WhyQuestion.swift.

import Perceiver
import Pictures
import Screens

package enum WhyPane: MainPane {
  package static let topic = "relevance"

  package static func isShown(_ state: ExplorerState) -> Bool { state.isWhyShown }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    guard let why = state.shownWhy else {
      ExplanationDrawing.drawInput(state, in: area, on: &screen, cache: &cache)
      return PaneText.note(absence(state), state, in: area, on: &screen)
    }
    ExplanationDrawing.draw(
      why.map, of: state.open.request(why.request), state, in: area, on: &screen, cache: &cache)
    // Texts and lines draw their own cursor and hidden tokens.
    if !state.choices.input.isText, state.shownGrid.rows > 1 {
      MarksDrawing.draw(state, state.viewport(in: area), on: &screen)
      MapPane.drawCursor(state, state.viewport(in: area), on: &screen)
    }
    // Where the column has no room, the sentence stands over the picture.
    let isSaid = state.layout?.area(of: WhyFiguresPane.self) != nil && !state.isDrawingPinned
    PaneText.note(isSaid ? "" : why.map.sentence, state, in: area, on: &screen)
  }

  private static func absence(_ state: ExplorerState) -> String {
    if state.isWhyDeclined { return "no answer to why: it was stopped" }
    let progress = state.whyProgress.map { " \($0.done) of \($0.total)" } ?? ""
    return "\(state.spinner) asking why\(state.terminal.symbols.ellipsis)\(progress)"
  }

  /// The scale of the numbers as they are drawn, and what its ends speak for.
  static func drawLegend(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    var meaning = "warm for, cold against"
    if let target = state.shownWhy?.request.target, let against = target.against {
      let sides = [ExplanationTarget(target.choice), .init(against)].map { state.whyWords($0) }
      meaning = "warm \(sides[0]), cold \(sides[1])"
    } else if state.givesRows, let target = state.shownWhy?.request.target {
      meaning = "warm for \(state.whyWords(target)), cold against"
    }
    let colours = state.choices.view.colours.rawValue
    ExplanationDrawing.drawLegend(
      meaning: meaning, words: soFar(state, width: area.width) ?? colours, state, in: area,
      on: &screen, cache: &cache)
  }

  /// How many half pictures the mean is over, where it goes on; nil where it is no mean.
  private static func soFar(_ state: ExplorerState, width: Int) -> String? {
    guard let shown = state.shownWhy?.request, shown.samplesHalves,
      let extent = shown.extent(state.tokenWords)
    else { return nil }
    let transfer = state.choices.view.transfer.rawValue
    var forms: [String] = []
    if state.isWhyRefining { forms = [extent + " so far"] }
    if state.isWhyStopped, let samples = shown.settings.samples {
      forms = [extent + ", stopped", "stopped at \(samples)"]
    }
    return forms.first { (transfer + $0).displayWidth + 3 <= width } ?? extent
  }

  /// The large pane's title: method, what is explained, and how fine it is.
  static func title(_ state: ExplorerState, width: Int) -> String {
    guard let method = state.whyMethod else { return "why" }
    let separator = " \(state.terminal.symbols.separator) "
    var parts = ["why", method.name]
    if method.asksForTarget { parts.append(state.whyWords(state.whyTarget(method))) }
    let steps = method.steps(state.whyTarget(method), after: nil)
    if let shown = state.shownWhy?.request {
      if let stage = shown.settings.stage, state.stageIDs.indices.contains(stage) {
        parts.append("after \(state.stageIDs[stage].name)")
      }
      if let latent = state.followedLatent { parts.append("latent \(latent + 1)") }
      let words = state.tokenWords
      // The legend of signed maps has no room for how many half pictures they are over.
      let stopped = state.isWhyStopped && shown.samplesHalves ? ", stopped" : ""
      parts += [shown.extent(words).map { $0 + stopped } ?? (steps.count > 1 ? words.all : nil)]
        .compactMap { $0 }
    }
    if let kind = state.open.inputModality { parts.append("over " + kind.name) }
    let frames = state.shownGrid.frames
    if frames > 1 { parts.append("frame \(state.shownFrame + 1) of \(frames)") }
    if let run = state.shownMappedRun { parts.append(run.words) }
    if !state.isWhyRefined, !state.isWhyDeclined {
      let progress = state.whyProgress.map { " \($0.done) of \($0.total)" } ?? ""
      parts.append("\(state.spinner)\(progress)")
    }
    let full = parts.joined(separator: separator)
    return full.displayWidth <= width ? full : parts.dropFirst().joined(separator: separator)
  }
}

extension String {
  /// The text, then without its last sentence, and so on to the first alone.
  fileprivate var beginnings: [String] {
    let sentences = split(separator: ". ")
    return sentences.indices.reversed().map { last in
      sentences[...last].joined(separator: ". ") + (last < sentences.count - 1 ? "." : "")
    }
  }
}

/// What the map means, and whether it is to be believed.
package enum WhyFiguresPane: ColumnPane {
  package static let topic = "what the map means"
  package static let rows = 5...10

  package static func isWanted(with content: ScreenLayout.Content) -> Bool {
    content.explanation == .shown && content.training == .none
  }

  package static func yields(to content: ScreenLayout.Content) -> Yielding { .second }

  package static func title(_ state: ExplorerState, width: Int) -> String {
    "what the map means"
  }

  package static func command(_ state: ExplorerState) -> Command.ID? { .why }

  package static func words(_ state: ExplorerState) -> [ScreenWord] {
    guard let trust = state.mapTrust else { return [] }
    return (trust.hasOrder || trust.isFlat ? [.gain] : []) + (trust.hasContent ? [.content] : [])
  }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    PaneText.lines(
      lines(state, width: area.width, height: area.height), in: area,
      symbols: state.terminal.symbols, on: &screen)
  }

  /// The sentence, as far as there is room beside the figures, and the figures.
  static func lines(_ state: ExplorerState, width: Int, height: Int) -> [[StyledText]] {
    let label = state.preferences.theme.label
    guard let why = state.shownWhy else {
      return [[StyledText(state.isWhyDeclined ? "no map" : "no map yet", label)]]
    }
    let whole = why.map.sentence.wrapped(toWidth: width)
    let figures = figures(state, showsMeasured: whole.count + 5 <= height)
    let room = max(1, height - figures.count)
    // A sentence that is cut off says nothing: the last ones go first.
    let sentence =
      why.map.sentence.beginnings.lazy.map { $0.wrapped(toWidth: width) }
      .first { $0.count <= room } ?? whole
    var said = sentence.prefix(room).map { [StyledText($0)] }
    if sentence.count > room, let last = said.indices.last {
      let cut = sentence[last] + state.terminal.symbols.ellipsis
      said[last] = [
        StyledText(cut.truncated(toWidth: width, ellipsis: state.terminal.symbols.ellipsis))
      ]
    }
    return said + figures
  }

  /// The map's gain beside a random order's, the class's probability, or the output's number, without the map's first eighth and
  /// without a random one, and how much of the map is content; each fits the column of a screen of 80.
  ///
  /// - Parameter showsMeasured: Whether it is said of which map they are, where a finer one is shown.
  private static func figures(_ state: ExplorerState, showsMeasured: Bool) -> [[StyledText]] {
    guard let trust = state.mapTrust else { return [] }
    let order =
      trust.hasOrder
      ? orderFigures(trust, state) : trust.isFlat ? [noGain(state.preferences.theme.label)] : []
    guard trust.hasContent else { return order }
    let label = state.preferences.theme.label
    let isNone = trust.content?.isNaN == true
    let number =
      trust.content.map { isNone ? "none" : Figures.number($0, digits: 2) }
      ?? state.terminal.symbols.ellipsis
    let content = [
      StyledText("\(ScreenWord.content.rawValue) ", label), StyledText(number, .bold),
      StyledText(isNone ? ": no map on grey" : "", label),
    ]
    return order + [content] + (showsMeasured ? measuredLine(state) : [])
  }

  /// Said in the place of a gain where the map's values are all equal, so that it orders nothing.
  private static func noGain(_ label: Style) -> [StyledText] {
    [
      StyledText("\(ScreenWord.gain.rawValue) ", label), StyledText("none", .bold),
      StyledText(": all values equal", label),
    ]
  }

  /// Of which map the figures are, where a finer one is shown.
  private static func measuredLine(_ state: ExplorerState) -> [[StyledText]] {
    guard let measured = state.measuredWhy, let shown = state.shownWhy?.request,
      shown.settings.samples ?? 0 > measured.settings.samples ?? 0,
      let extent = measured.extent(state.tokenWords)
    else { return [] }
    return [[StyledText("measured at \(extent)", state.preferences.theme.label)]]
  }

  private static func orderFigures(_ trust: MapTrust, _ state: ExplorerState) -> [[StyledText]] {
    let label = state.preferences.theme.label
    let symbols = state.terminal.symbols
    func figure(_ value: Double?) -> StyledText {
      StyledText(value.map { Figures.number($0, digits: 2) } ?? symbols.ellipsis, .bold)
    }
    let arrow = " \(symbols.arrowRight) "
    let what = state.run?.scoresClasses == true ? "p " : "y "
    let gain = [
      StyledText("\(ScreenWord.gain.rawValue) ", label), figure(trust.gain),
      StyledText(", random ", label),
      figure(trust.randomGain),
    ]
    let hidden = [
      StyledText(what, label), figure(trust.before), StyledText(arrow, label), figure(trust.after),
      StyledText(", 1/8 hidden", label),
    ]
    let random = [
      StyledText(what, label), figure(trust.before), StyledText(arrow, label),
      figure(trust.afterRandom), StyledText(", random 1/8", label),
    ]
    return [gain, hidden, random]
  }
}
