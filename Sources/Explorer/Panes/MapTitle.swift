// The large pane's title: exactly which numbers are shown.

import Perceiver
import Screens

enum MapTitle {
  /// The title in full where it fits, else with shorter counts.
  static func text(_ state: ExplorerState, width: Int) -> String {
    let full = text(state, .full)
    return full.displayWidth <= width ? full : text(state, .brief)
  }

  /// How counts are written: `head 1 of 8` or `head 1/8`.
  private enum Counts: String {
    case full = " of "
    case brief = "/"
  }

  private static func text(_ state: ExplorerState, _ counts: Counts) -> String {
    guard let place = state.place else { return state.choices.input.name }
    let separator = " \(state.terminal.symbols.separator) "
    guard let stage = state.stage, stage.attention != nil else { return place.name }
    var parts = [place.name, heads(state, place, counts)]
    switch state.mapView {
    case .grid: parts.append("\(stage.attention?.mapCount ?? 0) \(state.mapOwner)s")
    case .matrix: parts.append("latents \(state.terminal.symbols.times) latents")
    case .one, .sideBySide: parts.append(queries(state, stage, counts))
    }
    if state.keyGrid.frames > 1 {
      parts.append("frame \(state.shownFrame + 1)\(counts.rawValue)\(state.keyGrid.frames)")
    }
    parts.append(state.choices.selection.value.rawValue)
    parts.append(state.choices.view.transfer.rawValue)
    if state.shownPhoto != nil, state.mapView == .one, state.choices.view.overlay != .half {
      parts.append(state.choices.view.overlay.name)
    }
    if state.choices.view.zoom > 1 && state.mapViewport != nil {
      parts.append("\(state.choices.view.zoom)\(state.terminal.symbols.times)")
    }
    if isWaiting(state) { parts.append("\(state.spinner) computing") }
    return parts.joined(separator: separator)
  }

  /// Whether what the title names is still being computed.
  private static func isWaiting(_ state: ExplorerState) -> Bool {
    switch state.mapView {
    case .grid:
      state.gridTiles.map { state.wantedThumbnails($0).contains { state.pending.contains($0) } }
        ?? false
    case .matrix: state.shownMatrix == nil && !isDeclined(state.wantedMatrix, state)
    case .one, .sideBySide:
      state.shownMap?.isWanted != true && !isDeclined(state.wantedMap, state)
    }
  }

  private static func isDeclined(_ request: MapRequest?, _ state: ExplorerState) -> Bool {
    request.map { state.declined.contains($0) } ?? false
  }

  private static func heads(
    _ state: ExplorerState, _ place: StagePlace, _ counts: Counts
  ) -> String {
    switch state.choices.selection.heads(at: place) {
    case .one(let head): "head \(head + 1)\(counts.rawValue)\(place.heads)"
    case .mean: "mean of \(place.heads) heads"
    }
  }

  private static func queries(
    _ state: ExplorerState, _ stage: Stage, _ counts: Counts
  ) -> String {
    let count = stage.attention?.mapCount ?? 0
    return switch state.choices.selection.queries(of: count) {
    case .one(let latent): "\(state.mapOwner) \(latent + 1)\(counts.rawValue)\(count)"
    case .mean: "mean of \(count) \(state.mapOwner)s"
    case .maximum: "maximum of \(count) \(state.mapOwner)s"
    }
  }
}
