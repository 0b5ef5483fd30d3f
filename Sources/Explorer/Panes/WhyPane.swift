// What the model's answer rests on, over the picture: shown at once, then refined while one looks.

import Perceiver
import Pictures
import Screens
import Tensors

package enum WhyPane: MainPane {
  package static func isShown(_ state: ExplorerState) -> Bool { state.isWhyShown }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    guard let why = state.shownWhy else {
      ExplanationDrawing.drawInput(state, in: area, on: &screen, cache: &cache)
      let ellipsis = state.terminal.symbols.ellipsis
      let words =
        state.isWhyDeclined
        ? "no answer to why: it was stopped" : "\(state.spinner) asking why\(ellipsis)"
      PaneText.note(words, state, in: area, on: &screen)
      return
    }
    ExplanationDrawing.draw(
      why.map, of: ExplorerState.why(why.samples), state, in: area, on: &screen, cache: &cache)
    // Where the legend has no room, its sentence stands over the picture.
    let sentence = state.layout?.area(of: LegendPane.self) == nil ? why.map.sentence : ""
    PaneText.note(sentence, state, in: area, on: &screen)
  }

  /// The large pane's title.
  static func title(_ state: ExplorerState) -> String {
    let separator = " \(state.terminal.symbols.separator) "
    guard let why = state.shownWhy else { return "why" + separator + "\(state.spinner) computing" }
    let halves = why.samples == 0 ? "the whole picture" : "\(why.samples) half pictures"
    return "why" + separator + halves
      + (state.isWhyRefined ? "" : separator + "\(state.spinner)")
  }

  /// The legend: the sentence, as far as two lines hold it.
  static func drawLegend(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let symbols = state.terminal.symbols
    guard let why = state.shownWhy else {
      screen.write(
        "no map yet", in: area.row(0), style: state.preferences.theme.label, symbols: symbols)
      return
    }
    let lines = why.map.sentence.wrapped(toWidth: area.width)
    for (row, line) in lines.prefix(area.height).enumerated() {
      let isCut = row == area.height - 1 && lines.count > area.height
      let text = isCut ? (line + symbols.ellipsis) : line
      screen.write(
        text.truncated(toWidth: area.width, ellipsis: symbols.ellipsis), in: area.row(row),
        symbols: symbols)
    }
  }
}

extension ExplorerState {
  /// Half pictures that a map is a mean of, as it is refined; none for the first.
  private static let whySamples = [0, 2, 6, 16]

  /// The questions of why, as far as they are asked: each once the one before is answered.
  var wantedWhy: [MapRequest] {
    guard isWhyShown, let run else { return [] }
    var wanted: [MapRequest] = []
    for samples in Self.whySamples where samples == 0 || run.refinesWhy {
      let request = Self.why(samples)
      wanted.append(request)
      if open.answers[request] == nil { break }
    }
    return wanted
  }

  /// The finest map of why that is there.
  var shownWhy: (samples: Int, map: ExplanationMap)? {
    for samples in Self.whySamples.reversed() {
      if case .explanation(let map)? = open.answers[Self.why(samples)] { return (samples, map) }
    }
    return nil
  }

  /// Whether no finer map is on its way.
  var isWhyRefined: Bool {
    wantedWhy.allSatisfy { open.answers[$0] != nil || open.declined.contains($0) }
  }

  /// Whether the first map was refused.
  var isWhyDeclined: Bool { open.declined.contains(Self.why(0)) }

  static func why(_ samples: Int) -> MapRequest {
    MapRequest(stage: 0, value: .probabilities, subject: .why(samples: samples))
  }
}

extension PerceiverRun {
  /// The method that answers why for this model; nil where none does.
  var whyMethod: ExplanationMethod? {
    let names = [ExplanationMethod.defaultName, "presence"]
    return names.compactMap { ExplanationMethod.named($0) }.first { $0.problem(self) == nil }
  }

  /// Whether a mean over half pictures says more than the first map.
  var refinesWhy: Bool { whyMethod?.name == ExplanationMethod.defaultName }

  /// The map that answers why, on average over half pictures.
  ///
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  func why(samples: Int, cancellation: Cancellation) throws -> ExplanationMap {
    guard let method = whyMethod else {
      throw ConfigurationError("why: the model has no answer to explain")
    }
    guard samples > 0, refinesWhy else {
      return try method.question(.answer).map(self, cancellation: cancellation)
    }
    return try Sampled(.relevance, of: .answer, samples: samples).map(
      self, cancellation: cancellation)
  }
}
