// Choosing how maps are shown.

import Perceiver

extension ExplorerState {
  /// The views that make sense at the shown stage.
  var availableViews: [MapView] {
    guard !mapLiesOverLatents else { return [.matrix, .one] }
    return choices.input.frames.isEmpty ? [.one, .grid] : [.one, .grid, .sideBySide]
  }

  /// Shows a view at stages of the shown kind.
  mutating func show(_ view: MapView) {
    choices.view.showsReconstruction = false
    if mapLiesOverLatents {
      choices.view.latentView = view
    } else {
      choices.view.crossView = view
    }
    message = .information(view.name)
  }

  mutating func toggleReconstruction() {
    choices.view.showsReconstruction.toggle()
    isProbing = false
    message = .information(
      choices.view.showsReconstruction
        ? "what the model gives back after the stage" : mapView.name)
  }

  mutating func toggleGrid() {
    guard !mapLiesOverLatents else {
      show(mapView == .matrix ? .one : .matrix)
      return
    }
    show(mapView == .grid ? .one : .grid)
  }

  /// Doubles or halves the size of the picture's pixels.
  mutating func zoom(by steps: Int) {
    let grid = KeyGrid(shape: choices.input.axes)
    let most = max(1, max(grid.columns, grid.rows) / 4)
    let zoom = steps > 0 ? choices.view.zoom * 2 : choices.view.zoom / 2
    let allowed = min(max(1, zoom), most)
    if allowed == choices.view.zoom {
      message = .information(steps > 0 ? "no closer" : "the whole picture is shown")
    }
    choices.view.zoom = allowed
    if allowed == 1 { choices.view.centre = ViewCentre() }
    if isProbing && allowed > 1 {
      let at = grid.place(of: probedKey)
      choices.view.centre.x = (Double(at.column) + 0.5) / Double(max(1, grid.columns))
      choices.view.centre.y = (Double(at.row) + 0.5) / Double(max(1, grid.rows))
    }
  }
}
