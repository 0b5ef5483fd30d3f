// How much of each latent's attention goes to each kind of token: a column for each latent, the kinds
// one on another.

import Perceiver
import Pictures
import Screens
import Tensors

package enum SharesPane: MainPane {
  package static let topic = "kinds of tokens"

  package static func isShown(_ state: ExplorerState) -> Bool { state.mapView == .shares }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    let symbols = state.terminal.symbols
    guard let shares = state.shownShares, area.height >= 3 else {
      return PaneText.note(MapPane.absence(state), state, in: area, on: &screen)
    }
    let kinds = state.open.modalities
    screen.write(
      "attention of latents 1 to \(shares.shape[0]), a column each", in: area.row(0),
      style: state.preferences.theme.label, symbols: symbols)
    let chart = area.inset(left: 0, top: 2, right: 0, bottom: 0)
    for x in 0..<chart.width {
      // Where latents are more than columns, each shows the mean of some.
      let first = x * shares.shape[0] / chart.width
      let last = max(first + 1, (x + 1) * shares.shape[0] / chart.width)
      let column = kinds.indices.map { kind in
        (first..<last).reduce(0.0) { $0 + Double(shares[$1, kind]) } / Double(last - first)
      }
      for y in 0..<chart.height {
        let height = (Double(chart.height - 1 - y) + 0.5) / Double(chart.height)
        let kind = Self.kind(at: height, of: column)
        screen.put(
          mark(of: kind, state), x: chart.x + x, y: chart.y + y,
          style: style(of: kind, of: kinds.count, state), within: chart)
      }
      if (first..<last).contains(state.choices.selection.latent),
        state.choices.selection.latents == .one
      {
        screen.put(
          symbols.arrowDown, x: chart.x + x, y: area.y + 1, style: state.preferences.theme.cursor,
          within: area)
      }
    }
  }

  /// Which kind a height from 0 to 1 lies in, the first at the bottom.
  private static func kind(at height: Double, of column: [Double]) -> Int {
    var sum = 0.0
    for (kind, share) in column.enumerated() {
      sum += share
      if height < sum { return kind }
    }
    return max(0, column.count - 1)
  }

  /// The legend: what each mark stands for, and the means over latents.
  static func drawLegend(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let kinds = state.open.modalities
    var x = area.x
    for (kind, modality) in kinds.enumerated() {
      screen.put(
        mark(of: kind, state), x: x, y: area.y, style: style(of: kind, of: kinds.count, state),
        within: area)
      x = screen.write(" \(modality.name)", x: x + 1, y: area.y, within: area) + 2
    }
    screen.write(
      "share of each latent's attention", in: area.row(1), style: state.preferences.theme.label,
      symbols: state.terminal.symbols)
  }

  private static func mark(of kind: Int, _ state: ExplorerState) -> Character {
    let symbols = state.terminal.symbols
    return symbols.luminance(of: [0.25, 1, 0.6][kind % 3])
  }

  private static func style(of kind: Int, of count: Int, _ state: ExplorerState) -> Style {
    let shade = count > 1 ? 0.15 + 0.7 * Float(kind) / Float(count - 1) : 0.5
    return Style(foreground: Colour(state.choices.view.colours.colour(shade)))
  }
}

extension ExplorerState {
  /// The request for shares by kind of token, where the input has several kinds and latents read it.
  var wantedShares: MapRequest? {
    guard let stage, stage.id.kind == .crossAttention, stage.attention != nil else { return nil }
    let kinds = open.modalities
    guard !kinds.isEmpty else { return nil }
    return MapRequest(
      stage: stage.id.index, value: .probabilities,
      subject: .shares(choices.selection.heads(at: stage.id), kinds),
      changed: open.shownChanges(through: stage.id.index)?.generation)
  }

  /// Why the shown stage has no shares by kind; nil where it has, or all tokens are of one kind.
  var reasonAgainstShares: String? {
    guard let stageID, stageID.kind != .crossAttention, !open.modalities.isEmpty,
      let reader = stageIDs[..<stageID.index].last(where: { $0.kind == .crossAttention })
    else { return nil }
    return "\(stageID.name) reads latents, which mix all kinds; \(reader.name) has shares by kind"
  }

  /// Shares by kind, `[latents, kinds]`; nil until they are computed.
  var shownShares: Tensor? {
    guard let request = wantedShares, case .shares(let shares)? = open.answers[request] else {
      return nil
    }
    return shares
  }

  /// The shares of the chosen latent, or the means over all, by kind.
  var chosenShares: [(name: String, share: Double)] {
    guard let shares = shownShares else { return [] }
    let rows =
      choices.selection.latents == .one
      ? [min(choices.selection.latent, shares.shape[0] - 1)] : Array(0..<shares.shape[0])
    return open.modalities.enumerated().map { kind, modality in
      (
        modality.name,
        rows.reduce(0.0) { $0 + Double(shares[$1, kind]) } / Double(max(1, rows.count))
      )
    }
  }
}
