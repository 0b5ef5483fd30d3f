// A pinned view and the present one: beside each other or one above the other, whichever makes them
// larger, or the one less the other.

import Perceiver
import Pictures
import Screens
import Tensors

package enum ComparisonPane: MainPane {
  package static let topic = "pinned view"

  package static func isShown(_ state: ExplorerState) -> Bool {
    state.pinned != nil && !state.isDrawingPinned && !state.isPatchShown
  }

  /// The halves of an area, each under a line that says what it shows.
  static func halves(_ state: ExplorerState, of area: Rect) -> (pinned: Rect, present: Rect) {
    // What is no single picture has more room beside the other: its words are not cut off.
    let parts: (first: Rect, second: Rect)
    if let shape = state.paneShape, shape.count == 1 {
      let margin = PictureShape.Margin(left: shape.margin.left, top: shape.margin.top + 1)
      parts =
        PictureShape(columns: shape.columns, rows: shape.rows, margin: margin).halves(of: area)
    } else {
      let beside = area.split(.horizontally, into: [.share(1), .fixed(1), .share(1)])
      parts = (beside[0], beside[2])
    }
    func below(_ half: Rect) -> Rect {
      Rect(x: half.x, y: half.y + 1, width: half.width, height: max(0, half.height - 1))
    }
    return (below(parts.first), below(parts.second))
  }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty, let pinned = state.pinnedState else { return }
    if state.isDifferenceShown {
      return drawDifference(state, in: area, on: &screen, cache: &cache)
    }
    let halves = halves(state, of: area)
    let words = ["pinned ", "present "]
    let rooms = zip([halves.pinned, halves.present], words).map {
      max(0, $0.width - $1.displayWidth)
    }
    let titles = titles(of: [pinned, state], widths: rooms)
    for (index, (half, own)) in [(halves.pinned, pinned), (halves.present, state)].enumerated() {
      let line = Rect(x: half.x, y: half.y - 1, width: half.width, height: 1)
      let start = screen.write(
        words[index], x: line.x, y: line.y, style: .bold, within: line)
      screen.write(
        titles[index].truncated(
          toWidth: max(0, line.endX - start), ellipsis: state.terminal.symbols.ellipsis),
        x: start, y: line.y,
        style: state.preferences.theme.label, within: line)
      Panes.main(of: own, butFor: Self.self).draw(own, in: half, on: &screen, cache: &cache)
    }
  }

  /// The titles of two views. Where one has not the room, what both say alike goes, from the end on: what
  /// tells them apart stays.
  private static func titles(of states: [ExplorerState], widths: [Int]) -> [String] {
    guard let first = states.first, let last = states.last else { return [] }
    let separator = " \(first.terminal.symbols.separator) "
    let own = grounds(of: first, and: last)
    var parts = zip(zip(states, [own.first, own.second]), widths).map { pair, width in
      let (state, own) = pair
      let taken = own.reduce(0) { $0 + $1.displayWidth + separator.displayWidth }
      let title = MapTitle.text(state, width: max(0, width - taken))
      return own + title.split(separator: separator).map(String.init)
    }
    func fits() -> Bool {
      zip(parts, widths).allSatisfy { $0.joined(separator: separator).displayWidth <= $1 }
    }
    while !fits(), parts.allSatisfy({ $0.count > 1 }),
      let shared = parts[0].last(where: parts[1].contains)
    {
      for index in parts.indices { parts[index].removeAll { $0 == shared } }
    }
    return parts.map { $0.joined(separator: separator) }
  }

  /// What two views are of where that is not the same: pictures, weights, hyperparameters, the most
  /// telling first; empty where they are of the same.
  private static func grounds(
    of first: ExplorerState, and second: ExplorerState
  ) -> (first: [String], second: [String]) {
    let states = [first, second]
    let (inputs, settings) = (states.map(\.choices.input), states.map(\.choices.settings))
    var grounds: [[String]] = []
    /// Adds the first pair of names that tells both apart.
    func add(_ names: [String]...) {
      if let telling = names.first(where: { $0[0] != $0[1] }) { grounds.append(telling) }
    }
    if inputs[0] != inputs[1] {
      add(
        inputs.map(\.name), inputs.map(\.fullName),
        inputs.map { $0.window?.words ?? $0.words })
    }
    if settings[0].source != settings[1].source {
      add(settings.map(\.source.words), states.map(\.modelName))
    } else if let changed = settings[0].configuration.catalog.first(where: { entry in
      !HyperparameterCatalog.Name.ofInput.contains(entry.name)
        && entry.value(in: settings[0].configuration) != entry.value(in: settings[1].configuration)
    }) {
      add(settings.map { "\(changed.name) \(changed.value(in: $0.configuration))" })
    }
    add(settings.map { $0.mask?.name ?? "no mask" })
    return (grounds.map { $0[0] }, grounds.map { $0[1] })
  }

  private static func drawDifference(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    switch state.mapDifference(cache: &cache) {
    case .success(let difference):
      ExplanationDrawing.draw(
        difference.values, sign: .signed, of: nil, state, in: area, on: &screen, cache: &cache)
      if difference.isZero {
        PaneText.note("both maps are equal: there is no difference", state, in: area, on: &screen)
      }
    case .failure(let reason):
      PaneText.note(reason.description, state, in: area, on: &screen)
    }
  }

  /// The large pane's title while the difference is shown: what both views are of, and each where they
  /// are not of the same.
  static func title(_ state: ExplorerState, width: Int) -> String {
    let minus = state.terminal.symbols.isASCII ? "-" : "−"
    let separator = " \(state.terminal.symbols.separator) "
    var present = state
    present.comparison = .beside
    let words = "present \(minus) pinned"
    guard let pinned = state.pinnedState else { return words }
    let own = grounds(of: present, and: pinned)
    let grounds = zip(own.first, own.second).map { "\($0) \(minus) \($1)" }
    func title(_ part: Int) -> String {
      let titles = [present, pinned].map { state in
        MapTitle.text(state, width: part).split(separator: separator).map(String.init)
      }
      return (grounds + difference(of: titles[0], from: titles[1], minus))
        .joined(separator: separator)
    }
    let room = max(0, width - words.displayWidth - separator.displayWidth)
    // Briefer titles of both where the fullest do not fit beside each other.
    let titles = [room, room * 2 / 3, room / 2, 0].lazy.map(title)
    return words + separator + (titles.first { $0.displayWidth <= room } ?? title(0))
  }

  /// What two titles say: once what is in both, and each where they differ.
  private static func difference(
    of present: [String], from pinned: [String], _ minus: String
  ) -> [String] {
    if present.count == pinned.count {
      return zip(present, pinned).map { $0 == $1 ? $0 : "\($0) \(minus) \($1)" }
    }
    let start = zip(present, pinned).prefix { $0 == $1 }.count
    let rests = [present.dropFirst(start), pinned.dropFirst(start)]
    let end = zip(rests[0].reversed(), rests[1].reversed()).prefix { $0 == $1 }.count
    let own = rests.map { $0.dropLast(end).joined(separator: ", ") }.filter { !$0.isEmpty }
    return present.prefix(start) + [own.joined(separator: " \(minus) ")] + present.suffix(end)
  }

  /// The legend of a difference: its ends, and how alike the two maps are.
  static func drawLegend(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard case .success(let difference) = state.mapDifference(cache: &cache) else {
      return ExplanationDrawing.drawLegend(nil, words: "", state, in: area, on: &screen)
    }
    // The number stands first: narrow columns cut the end.
    let correlation = difference.correlation.map { "correlation \(Figures.number(Float($0)))" }
    ExplanationDrawing.drawLegend(
      MapShading(.aroundZero, of: difference.values.values, state.choices.view.appearance),
      meaning: correlation ?? "no correlation",
      words: "warm more, cold less",
      constant: difference.isZero ? "both maps are equal" : "constant or empty", state, in: area,
      on: &screen)
  }
}
