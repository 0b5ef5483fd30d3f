// Numbers in words: the pixel under the cursor, and the map as a whole.

import Foundation
import Perceiver
import Pictures
import Screens

package enum ReadoutPane: ColumnPane {
  package static let topic = "readout"
  package static let rows = 4...7

  package static func title(_ state: ExplorerState, width: Int) -> String { "readout" }

  package static func command(_ state: ExplorerState) -> Command.ID? {
    state.isProbing ? nil : .toggleProbe
  }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    var lines = lines(state, width: area.width)
    // Where rows are few, how to get a cursor is said in the footer too.
    if lines.count > area.height, offersCursor(state), state.isExplanationShown {
      lines.removeFirst()
    }
    PaneText.lines(lines, in: area, symbols: state.terminal.symbols, on: &screen)
  }

  /// The lines, what matters most first; where one would be cut off, its parts go below each other.
  static func lines(_ state: ExplorerState, width: Int) -> [[StyledText]] {
    if state.isHeadTableShown { return HeadsPane.readout(state, width: width) }
    if state.isNumberTableShown { return NumberTablePane.readout(state) }
    if state.areChannelsShown { return ChannelsPane.readout(state) }
    // Of a map that something else stands in place of, nothing is said.
    if state.isReconstructionShown {
      return cursorLines(state, width: width) + givenLines(state, width: width)
    }
    if state.isWholePhotoShown || state.isPatchShown || state.areReadersShown {
      return cursorLines(state, width: width)
    }
    if state.isExplanationShown {
      return pixelLines(state, width: width) + shareLines(state, width: width)
        + selectedLines(state, width: width) + explanationLines(state, width: width)
    }
    let map = objectLines(state, width: width) + mapLines(state, width: width)
    // Why there are no shares matters most to who looked at them last.
    let unshared = unsharedLines(state, width: width)
    return pixelLines(state, width: width) + shareLines(state, width: width)
      + selectedLines(state, width: width)
      + (state.choices.view.crossView == .shares ? unshared + map : map + unshared)
  }

  /// A line as it is if it fits, else a line for each of its parts, which two spaces begin.
  private static func fitted(_ line: [StyledText], width: Int) -> [[StyledText]] {
    guard displayWidth(line) > width else { return [line] }
    return line.reduce(into: [[StyledText]]()) { parts, text in
      if parts.isEmpty || text.text.hasPrefix("  ") {
        parts.append([StyledText(text.text.trimmedAtStart, text.style)])
      } else {
        parts[parts.count - 1].append(text)
      }
    }
  }

  private static func displayWidth(_ line: [StyledText]) -> Int {
    line.reduce(0) { $0 + $1.text.displayWidth }
  }

  /// Whether a cursor can be had, and there is none.
  private static func offersCursor(_ state: ExplorerState) -> Bool {
    state.probe == nil && state.reasonAgainstProbe == nil
  }

  /// Where the cursor is, or how to get one.
  private static func cursorLines(_ state: ExplorerState, width: Int) -> [[StyledText]] {
    if let key = state.probe { return fitted(positionLine(state, key), width: width) }
    guard offersCursor(state) else { return [] }
    return [[label(state, "\(state.keyName(.toggleProbe)): cursor on \(state.cursorWord)")]]
  }

  /// What the decoder gives, as a whole: its size, and the numbers of a picture.
  private static func givenLines(_ state: ExplorerState, width: Int) -> [[StyledText]] {
    guard let given = state.shownGivenPicture else { return [] }
    let times = " \(state.terminal.symbols.times) "
    let size = [
      label(state, "made "), StyledText("\(given.width)\(times)\(given.height)"),
      label(state, " pixels"),
    ]
    guard let statistics = state.reconstructionFigures?.values else { return [size] }
    let ends = endLines(statistics, state, width: width)
    guard !ends.isEmpty else { return [size] }
    return [size] + ends + [[label(state, .mean), StyledText(Figures.number(statistics.mean))]]
  }

  /// The largest and the least of some numbers; none where none of them is finite.
  private static func endLines(
    _ statistics: MapStatistics, _ state: ExplorerState, width: Int
  ) -> [[StyledText]] {
    guard let largest = statistics.largest, let least = statistics.least else { return [] }
    return fitted(
      [
        label(state, .max), StyledText(Figures.number(largest)),
        label(state, .min, gap: "  "), StyledText(Figures.number(least)),
      ], width: width)
  }

  private static func pixelLines(_ state: ExplorerState, width: Int) -> [[StyledText]] {
    guard let key = state.probe else { return cursorLines(state, width: width) }
    if isHidden(key, state) {
      let forms = ["hidden: no latent reads it here", "hidden: none reads it", "hidden"]
      let words = forms.first { $0.displayWidth <= width } ?? forms[forms.count - 1]
      return fitted(positionLine(state, key), width: width) + [[StyledText(words, .bold)]]
    }
    let weight = weightLine(state, key).map { fitted($0, width: width) } ?? []
    let readers = readersLine(state, width: width).map { [$0] } ?? []
    // Where rows are few, who reads the pixel is worth more than the weight's rank.
    return fitted(positionLine(state, key), width: width) + weight.prefix(1) + readers
      + weight.dropFirst()
  }

  /// Whether the shown stage reads no such pixel, since marks hide it: its weight is 0 for every latent,
  /// and who comes first among equal ones says nothing.
  private static func isHidden(_ key: Int, _ state: ExplorerState) -> Bool {
    guard let hidden = state.choices.changes.hidden?.hidden, !state.isExplanationShown,
      state.stageID?.kind == .crossAttention, state.shownMappedRun == .changed
    else { return false }
    let stages = state.choices.changes.hidingStages
    // Kinds of tokens lie one behind another among the marks.
    let token = key + (state.open.modality?.tokens.lowerBound ?? 0)
    return (stages.isEmpty || stages.contains(state.position)) && hidden.indices.contains(token)
      && hidden[token]
  }

  private static func positionLine(_ state: ExplorerState, _ key: Int) -> [StyledText] {
    if state.isProbingLatents {
      return [label(state, "latent "), StyledText("\(key + 1)"), label(state, " as a key")]
    }
    if let text = state.choices.input.text {
      let piece = text.pieces.first { $0.tokens.contains(key) }
      let number = state.choices.input.tensor.withUnsafeElements { $0[min(key, $0.count - 1)] }
      return [
        label(state, "token "), StyledText("\(key)"), label(state, "  id "),
        StyledText(String(format: "%.0f", Double(number))), label(state, "  "),
        StyledText(piece?.shown ?? ""),
      ]
    }
    let grid = KeyGrid(shape: state.open.tokenAxes)
    let at = grid.coordinate(of: key)
    if grid.rows == 1 {
      return [label(state, "\(state.tokenWord) "), StyledText("\(at.column)")]
    }
    var line = [label(state, "pixel "), StyledText("(\(at.column), \(at.row))")]
    if grid.frames > 1 { line += [label(state, " frame "), StyledText("\(at.frame + 1)")] }
    if state.choices.input.frames.indices.contains(at.frame) {
      // Of a token that stands for several pixels, one of them.
      let frame = state.choices.input.frames[at.frame]
      let colour = Colour(
        frame[x: at.column * frame.width / grid.columns, y: at.row * frame.height / grid.rows])
      line += [
        label(state, .rgb, gap: "  "), StyledText("\(colour.red) \(colour.green) \(colour.blue)"),
      ]
    }
    return line
  }

  /// How the chosen latent's attention, or the map that explains, is divided among kinds of tokens.
  private static func shareLines(_ state: ExplorerState, width: Int) -> [[StyledText]] {
    let shares = state.isExplanationShown ? state.explanationShares : state.chosenShares
    guard !shares.isEmpty else { return [] }
    return fitted(
      shares.enumerated().flatMap { index, part in
        [
          label(state, (index > 0 ? "  " : "") + part.name + " "),
          StyledText("\(Figures.number(100 * part.share)) %"),
        ]
      }, width: width)
  }

  /// Why attention is not divided among kinds of tokens, where the input has several.
  private static func unsharedLines(_ state: ExplorerState, width: Int) -> [[StyledText]] {
    guard let reason = state.reasonAgainstShares else { return [] }
    return reason.wrapped(toWidth: width).map { [label(state, $0)] }
  }

  /// What the selected tokens have together.
  private static func selectedLines(_ state: ExplorerState, width: Int) -> [[StyledText]] {
    let tokens = state.choices.selection.tokens
    guard !tokens.isEmpty, state.choices.input.isText else { return [] }
    var line = [label(state, "selected "), StyledText("\(tokens.count)"), label(state, " tokens")]
    let values = state.isExplanationShown ? state.explainedTokens : state.textValues
    if let values, !state.isProbingLatents {
      let sum = tokens.reduce(0.0) {
        $0 + (values.indices.contains($1) ? Double(values[$1]) : 0)
      }
      line += [label(state, .sum, gap: "  "), StyledText(Figures.number(sum))]
    }
    return fitted(line, width: width)
  }

  /// A map that explains as a whole, with what it leaves over.
  private static func explanationLines(_ state: ExplorerState, width: Int) -> [[StyledText]] {
    guard let map = state.shownExplanation else { return [] }
    var lines = objectLines(state, width: width)
    if let share = state.choices.changes.hidden?.share(of: map.values) {
      lines.append([
        StyledText(Figures.number(100 * share)),
        label(state, " % of it on hidden \(state.tokenWord)s"),
      ])
    }
    return lines + explanationFigures(map, state, width: width)
  }

  /// How the shown map lies to the object that was kept; no line without one.
  private static func objectLines(_ state: ExplorerState, width: Int) -> [[StyledText]] {
    guard let reading = state.objectReading else { return [] }
    func percent(_ share: Double) -> StyledText {
      StyledText("\(Figures.number(100 * share, digits: 3)) %")
    }
    var lines: [[StyledText]] = []
    if let share = reading.share {
      let line = [label(state, .object), percent(share), label(state, " of the map")]
      lines += fitted(
        line + [
          label(state, "  in "), percent(reading.area),
          label(state, " of the \(state.tokenWord)s"),
        ],
        width: width)
    } else {
      lines.append([label(state, .object), label(state, "the map has nothing above zero")])
    }
    if let hits = reading.hits {
      lines.append([
        label(state, .pointing), StyledText(hits ? "on the object" : "beside the object"),
      ])
    }
    return lines
  }

  private static func explanationFigures(
    _ map: ExplanationMap, _ state: ExplorerState, width: Int
  ) -> [[StyledText]] {
    let ends = endLines(MapStatistics(map.values), state, width: width)
    // The legend has the ends too; what is left over is said here alone.
    return [[label(state, .sum), StyledText(Figures.number(map.sum, digits: 4))]]
      + map.remainders.flatMap { remainderLines($0, state, width: width) } + ends
  }

  /// What a map leaves over, in as many lines as its words need.
  private static func remainderLines(
    _ remainder: ExplanationMap.Remainder, _ state: ExplorerState, width: Int
  ) -> [[StyledText]] {
    let number = Figures.number(remainder.value, digits: 4)
    let lines = "\(number) \(remainder.name)".wrapped(toWidth: width)
    guard let first = lines.first, first.hasPrefix(number) else {
      return lines.map { [label(state, $0)] }
    }
    return [[StyledText(number), label(state, String(first.dropFirst(number.count)))]]
      + lines.dropFirst().map { [label(state, $0)] }
  }

  private static func weightLine(_ state: ExplorerState, _ key: Int) -> [StyledText]? {
    if state.isExplanationShown {
      guard let values = state.explainedTokens, values.indices.contains(key) else { return nil }
      return [label(state, .value), StyledText(Figures.number(values[key]))]
    }
    guard let shown = state.shownMap, shown.isWanted, key < shown.map.values.count else {
      return nil
    }
    let value = shown.map.values.withUnsafeElements { $0[key] }
    let word: ScreenWord = state.choices.selection.value == .probabilities ? .weight : .score
    var line = [label(state, word), StyledText(Figures.number(value))]
    if value.isFinite {
      line += [
        label(state, .rank, gap: "  "), StyledText("\(shown.map.rank(of: value))"),
        label(state, " of \(shown.map.values.count)"),
      ]
    }
    return line
  }

  private static func readersLine(_ state: ExplorerState, width: Int) -> [StyledText]? {
    guard let request = state.wantedReadings else { return nil }
    // Where tokens read, the pixel asks and latents answer.
    let isReader = state.stage?.attention?.reader == .tokens
    let long =
      (isReader ? ScreenWord.topSources : .topReaders).rawValue + ": " + "\(state.mapOwner)s "
    let words = width < 28 ? (isReader ? "reads " : "read by ") : long
    guard case .received(let weights)? = state.open.answers[request] else {
      return [label(state, words + "\(state.spinner)")]
    }
    // A number that is cut off would be another number.
    var latents = ""
    for weight in weights.prefix(6) {
      let longer = latents + (latents.isEmpty ? "" : " ") + "\(weight.latent + 1)"
      guard words.count + longer.count <= width else { break }
      latents = longer
    }
    return [label(state, words), StyledText(latents)]
  }

  private static func mapLines(_ state: ExplorerState, width: Int) -> [[StyledText]] {
    guard let shown = state.shownMap, shown.isWanted else { return [] }
    let map = shown.map.statistics
    var lines: [[StyledText]] = []
    if let remark = map.remark { lines.append([StyledText(remark, .bold)]) }
    if state.choices.selection.value == .probabilities, let entropy = map.entropy,
      state.choices.selection.latents != .maximum
    {
      let line = [label(state, .entropy), StyledText(Figures.number(entropy))]
      let full = line + [label(state, " of \(Figures.number(map.largestEntropy)) nats")]
      if let half = shown.map.halfCount {
        lines.append(self.half(half, of: map.count, state, width: width))
      }
      lines.append(displayWidth(full) <= width ? full : line + [label(state, " nats")])
    }
    let ends = endLines(map, state, width: width)
    if !ends.isEmpty {
      lines += ends + sharedLine(state)
      lines += fitted(
        [
          label(state, .mean), StyledText(Figures.number(map.mean)), label(state, .sum, gap: "  "),
          StyledText(Figures.number(map.sum, digits: 4)),
        ], width: width)
    }
    return lines
  }

  /// Which other stages have the same weights; no line where none has.
  private static func sharedLine(_ state: ExplorerState) -> [[StyledText]] {
    let others = state.run?.stagesSharingParameters(withStage: state.position) ?? []
    guard !others.isEmpty else { return [] }
    return [[label(state, "weights shared by "), StyledText("\(others.count + 1) stages")]]
  }

  /// How spread a map is, in tokens: `half the weight lies in 312 of 50,176 pixels`.
  private static func half(
    _ half: Int, of count: Int, _ state: ExplorerState, width: Int
  ) -> [StyledText] {
    let tokens = state.mapLiesOverLatents ? "latents" : "\(state.tokenWord)s"
    let (number, all) = (Figures.grouped(half), Figures.grouped(count))
    let forms = [
      ("\(ScreenWord.half.rawValue) lies in ", " of \(all) \(tokens)"),
      ("\(ScreenWord.half.rawValue) in ", " of \(all)"),
      ("half in ", " of \(all)"),
    ].map { [label(state, $0), StyledText(number), label(state, $1)] }
    return forms.first { displayWidth($0) <= width } ?? forms[forms.count - 1]
  }

  /// The words that stand before its numbers now, whatever room there is.
  package static func words(_ state: ExplorerState) -> [ScreenWord] {
    let labels = lines(state, width: 200).flatMap { $0 }.map(\.text.trimmedAtStart)
    return ScreenWord.allCases.filter { word in
      labels.contains { $0.hasPrefix(word.rawValue + " ") || $0.hasPrefix(word.rawValue + ":") }
    }
  }

  private static func label(
    _ state: ExplorerState, _ word: ScreenWord, gap: String = ""
  ) -> StyledText {
    label(state, gap + word.rawValue + " ")
  }

  private static func label(_ state: ExplorerState, _ text: String) -> StyledText {
    StyledText(text, state.preferences.theme.label)
  }
}

extension String {
  fileprivate var trimmedAtStart: String { String(drop { $0 == " " }) }
}
