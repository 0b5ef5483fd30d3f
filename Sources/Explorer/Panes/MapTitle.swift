// The large pane's title: exactly which numbers are shown.

import Perceiver

enum MapTitle {
  static func text(_ state: ExplorerState) -> String {
    guard let place = state.place else { return state.choices.input.name }
    let separator = " \(state.terminal.symbols.separator) "
    guard let stage = state.stage else { return place.name }
    var parts = [place.name, heads(state, place)]
    switch state.mapView {
    case .grid: parts.append("\(stage.attention.queries) latents")
    case .matrix: parts.append("latents \(state.terminal.symbols.times) latents")
    case .one, .sideBySide: parts.append(queries(state, stage))
    }
    if state.keyGrid.frames > 1 {
      parts.append("frame \(state.shownFrame + 1) of \(state.keyGrid.frames)")
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
    case .matrix: state.shownMatrix == nil
    case .one, .sideBySide: state.shownMap?.isWanted != true
    }
  }

  private static func heads(_ state: ExplorerState, _ place: StagePlace) -> String {
    switch state.choices.selection.heads(at: place) {
    case .one(let head): "head \(head + 1) of \(place.heads)"
    case .mean: "mean of \(place.heads) heads"
    }
  }

  private static func queries(_ state: ExplorerState, _ stage: Stage) -> String {
    let count = stage.attention.queries
    return switch state.choices.selection.queries(of: count) {
    case .one(let latent): "latent \(latent + 1) of \(count)"
    case .mean: "mean of \(count) latents"
    case .maximum: "maximum of \(count) latents"
    }
  }
}
