// The picture that Perceiver IO would give back if the run ended with the shown stage.

import Pictures
import Screens
import Tensors

package enum ReconstructionPane: MainPane {
  package static func isShown(_ state: ExplorerState) -> Bool { state.isReconstructionShown }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    guard state.mapView == .sideBySide else {
      return drawGiven(state, in: area, on: &screen)
    }
    let halves = SideBySidePane.halves(of: area)
    let viewport = state.pictureViewport(in: halves.photo)
    state.terminal.canvas.draw(
      state.inputColours(viewport, cache: &cache).map(Colour.init),
      width: viewport.resolution.width, in: viewport.cells, on: &screen)
    drawGiven(state, in: halves.map, on: &screen)
  }

  private static func drawGiven(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen
  ) {
    guard let given = state.shownReconstruction else {
      let ellipsis = state.terminal.symbols.ellipsis
      let words =
        state.stage == nil
        ? MapPane.absence(state) : "\(state.spinner) asking the decoder\(ellipsis)"
      PaneText.note(words, state, in: area, on: &screen)
      return
    }
    let viewport = state.pictureViewport(in: area)
    guard !viewport.cells.isEmpty else { return }
    let picture = given.picture.resized(
      width: viewport.resolution.width, height: viewport.resolution.height,
      region: viewport.region)
    state.terminal.canvas.draw(
      picture.pixels.map(Colour.init), width: viewport.resolution.width, in: viewport.cells,
      on: &screen)
  }
}

extension ExplorerState {
  /// The reconstruction from the shown stage's latents; nil until it is computed.
  var shownReconstruction: Reconstruction? {
    guard let request = wantedReconstruction,
      case .reconstruction(let given)? = open.answers[request]
    else { return nil }
    return given
  }

  /// The mean squared difference between what is given back and what was read; nil while there is
  /// none.
  var reconstructionError: Double? {
    guard let given = shownReconstruction, given.values.shape == choices.input.tensor.shape else {
      return nil
    }
    return given.values.withUnsafeElements { outputs in
      choices.input.tensor.withUnsafeElements { inputs in
        zip(outputs, inputs).reduce(0.0) { sum, pair in
          let difference = Double(pair.0 - pair.1)
          return sum + difference * difference
        } / Double(max(1, inputs.count))
      }
    }
  }
}
