// What a model's decoder gives if the run ends with the shown stage: a picture, a flow, or a frame of
// a film, whose rows come in one after another.

import Inputs
import Perceiver
import Pictures
import Screens
import Tensors

/// What a decoder gives that can be seen.
enum GivenPicture: Sendable, Hashable {
  /// The picture that was read.
  case reconstruction
  /// The motion from one frame to the next.
  case flow
  /// Frames of a film, one of which is made when it is asked for.
  case frames(height: Int, width: Int)

  /// How it is called in messages.
  var words: String {
    switch self {
    case .reconstruction: "the reconstruction after the stage"
    case .flow: "the flow after the stage: colours are directions, as the wheel has them"
    case .frames: "the frame as the model makes it after the stage"
    }
  }
}

package enum ReconstructionPane: MainPane {
  package static let topic = "reconstruction"

  package static func isShown(_ state: ExplorerState) -> Bool { state.isReconstructionShown }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    guard state.mapView == .sideBySide else {
      return drawGiven(state, in: area, on: &screen, cache: &cache)
    }
    let halves = SideBySidePane.halves(state, of: area)
    let viewport = state.pictureViewport(in: halves.photo)
    state.terminal.canvas.draw(
      state.inputColours(viewport, cache: &cache).map(Colour.init),
      width: viewport.resolution.width, in: viewport.cells, on: &screen,
      dithering: &cache.dithering)
    drawGiven(state, in: halves.map, on: &screen, cache: &cache)
  }

  /// What it is, for the large pane's title.
  static func title(_ state: ExplorerState) -> String {
    switch state.givenPicture {
    case .flow?:
      guard state.isWholeFlowShown else { return "flow" }
      let (done, all) = (state.wholeFlow?.count ?? 0, state.flowTileCount)
      return "flow of the whole frames" + (done < all ? ", \(done) of \(all) tiles" : "")
    case .frames?:
      let (done, all) = state.filmProgress
      let frames = state.choices.input.frames.count
      return "frame \(state.choices.view.frame + 1) of \(frames)"
        + (done < all ? ", \(done * 100 / max(1, all)) %" : "")
    case .reconstruction?, nil: return "reconstruction"
    }
  }

  private static func drawGiven(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard let given = state.shownGivenPicture else {
      let ellipsis = state.terminal.symbols.ellipsis
      let words =
        state.isWholeFlowShown
        ? "\(state.spinner) the first of \(state.flowTileCount) tiles\(ellipsis)"
        : state.stage == nil
          ? MapPane.absence(state) : "\(state.spinner) asking the decoder\(ellipsis)"
      PaneText.note(words, state, in: area, on: &screen)
      return
    }
    let viewport = state.viewport(
      of: KeyGrid(shape: [given.height, given.width]), in: area)
    guard !viewport.cells.isEmpty else { return }
    let picture = given.resized(
      width: viewport.resolution.width, height: viewport.resolution.height,
      region: viewport.region)
    state.terminal.canvas.draw(
      picture.pixels.map(Colour.init), width: viewport.resolution.width, in: viewport.cells,
      on: &screen, dithering: &cache.dithering)
    if state.givenPicture == .flow { drawWheel(state, in: area, on: &screen) }
    let (done, all) = state.filmProgress
    if done < all {
      PaneText.note(
        "\(state.spinner) \(done * 100 / max(1, all)) % of the frame is made", state, in: area,
        on: &screen)
    }
  }

  /// The wheel of directions in the lower right corner, where there is room.
  private static func drawWheel(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let side = min(14, area.height / 3 * 2) / 2 * 2
    guard side >= 4, area.width >= 3 * side, state.terminal.depth.showsPictures else { return }
    let box = Rect(x: area.endX - side, y: area.endY - side / 2, width: side, height: side / 2)
    screen.fill(box)
    let colours = FlowField.wheel(side: side)
    let half = state.terminal.symbols.upperHalf ?? " "
    for y in 0..<side / 2 {
      for x in 0..<side {
        let (upper, lower) = (colours[2 * y * side + x], colours[(2 * y + 1) * side + x])
        guard upper != nil || lower != nil else { continue }
        let black = RGB(red: 0, green: 0, blue: 0)
        screen.put(
          half, x: box.x + x, y: box.y + y,
          style: Style(
            foreground: Colour(upper ?? black), background: Colour(lower ?? black)), within: box)
      }
    }
  }

  /// The legend: directions on their colours, and lengths; or how far a picture is from what was read.
  static func drawLegend(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let symbols = state.terminal.symbols
    let label = state.preferences.theme.label
    if let field = state.shownReconstruction?.flow {
      let arrows = [
        symbols.arrowRight, symbols.arrowDown, symbols.arrowLeft, symbols.arrowUp,
      ].map(String.init)
      let width = area.width
      for x in 0..<width {
        let colour = Colour(
          FlowField.colour(angle: 2 * .pi * Float(x) / Float(max(1, width)), saturation: 1))
        let quarter = 4 * x / max(1, width)
        let isFirst = x == 0 || 4 * (x - 1) / max(1, width) != quarter
        screen.write(
          isFirst ? arrows[quarter] : " ", x: area.x + x, y: area.y,
          style: state.terminal.depth.showsPictures
            ? Style(foreground: colour.contrasting, background: colour) : .plain, within: area)
      }
      let mean = "mean (\(Figures.number(field.mean.x)), \(Figures.number(field.mean.y)))"
      screen.write(
        "to \(Figures.number(field.largest)) px, \(mean)", in: area.row(1), style: label,
        symbols: symbols)
      return
    }
    let error = state.reconstructionFigures?.squaredError.map {
      "\(ScreenWord.squaredError.rawValue) \(Figures.number($0))"
    }
    screen.write(
      error ?? (state.shownGivenPicture == nil ? "no picture yet" : "as the model makes it"),
      in: area.row(0), symbols: symbols)
    guard !state.isWholeFlowShown else { return }
    screen.write(
      state.stageID.map { "stage \($0.name)" } ?? "no stage", in: area.row(1), style: label,
      symbols: symbols)
  }
}

extension ExplorerState {
  /// What the model's decoder gives that can be seen; nil where there is nothing.
  var givenPicture: GivenPicture? {
    let configuration = choices.settings.configuration
    switch configuration.media {
    case .framePair?: return .flow
    case .film(let form)?: return .frames(height: form.height, width: form.width)
    case nil: break
    }
    let channels = configuration.positionOutputs
    guard case .positions = configuration.ownQueries, choices.settings.queries == nil,
      choices.input.axes.count == 2, channels == 1 || channels == 3
    else { return nil }
    return .reconstruction
  }

  /// The tiles of frames that are larger than a model of flow reads; 1 for other inputs.
  var flowTileCount: Int {
    guard case .framePair? = choices.settings.configuration.media, let whole = choices.input.whole
    else { return 1 }
    let tiles = FlowTiles(
      frame: Array(whole.shape[1...2]), tile: Array(choices.input.tensor.shape[1...2]))
    return tiles?.starts.count ?? 1
  }

  /// The requests for the flow of whole frames, from the first tile on: those that are answered, and
  /// the next.
  var wantedWholeFlow: [MapRequest] {
    guard isWholeFlowShown, run?.stages.isEmpty == false else { return [] }
    let requests = (1...flowTileCount).map {
      MapRequest(
        stage: 0, value: .probabilities, subject: .wholeFlow(choices.input, tiles: $0))
    }
    let done = requests.lastIndex { open.answers[$0] != nil } ?? -1
    return Array(requests[max(0, done)...min(done + 1, requests.count - 1)])
  }

  /// As much of the flow of whole frames as is known.
  var wholeFlow: (count: Int, shown: Reconstruction)? {
    for request in wantedWholeFlow.reversed() {
      if case .wholeFlow(let blend, let shown)? = open.answers[request] {
        return (blend.count, shown)
      }
    }
    return nil
  }

  /// The reconstruction or flow from the shown stage's latents; nil until it is computed.
  var shownReconstruction: Reconstruction? {
    if isWholeFlowShown { return wholeFlow?.shown }
    guard let request = wantedReconstruction,
      case .reconstruction(let given)? = open.answers[request]
    else { return nil }
    return given
  }

  /// The picture that is shown; of a frame that is being made, grey where there is nothing yet.
  package var shownGivenPicture: PixelImage? {
    guard case .frames(let height, let width)? = givenPicture else {
      return shownReconstruction?.picture
    }
    let first = choices.view.frame * height * width
    var samples = [Float](repeating: 0.5, count: 3 * height * width)
    var isEmpty = true
    for request in wantedFilmPixels {
      guard case .filmPixels(let pixels) = request.subject,
        case .pixels(let made)? = open.answers[request]
      else { continue }
      isEmpty = false
      for (index, value) in made.values.enumerated() {
        samples[3 * (pixels.lowerBound - first) + index] = min(1, max(0, value))
      }
    }
    return isEmpty
      ? nil : PixelImage(width: width, height: height, channels: 3, samples: samples)
  }

  /// Pixels of a frame that are asked for at once.
  private static let filmPixelsAtOnce = 2048

  /// The requests for the pixels of the shown frame, where it is asked for.
  var wantedFilmPixels: [MapRequest] {
    guard isReconstructionShown, let stage, case .frames(let height, let width)? = givenPicture
    else { return [] }
    let first = choices.view.frame * height * width
    // Whole rows, so that the picture grows downwards.
    let piece = max(1, Self.filmPixelsAtOnce / width) * width
    return stride(from: 0, to: height * width, by: piece).map { start in
      MapRequest(
        stage: stage.id.index, value: .probabilities,
        subject: .filmPixels(first + start..<first + min(height * width, start + piece)))
    }
  }

  /// How many pieces of the shown frame are made, of how many; none where no frame is asked for.
  var filmProgress: (done: Int, all: Int) {
    let wanted = wantedFilmPixels
    return (wanted.count { open.answers[$0] != nil }, wanted.count)
  }

  /// What is told of the reconstruction in numbers; nil while there is none, and of what is no
  /// reconstruction.
  var reconstructionFigures: ReconstructionFigures? {
    guard givenPicture == .reconstruction, let given = shownReconstruction else { return nil }
    return ReconstructionFigures(given.values, of: choices.input.tensor)
  }
}

/// A reconstruction in numbers.
struct ReconstructionFigures: Sendable {
  /// Those of its own values.
  let values: MapStatistics
  /// The mean squared difference from what was read; nil where that has another shape.
  let squaredError: Double?

  /// - Parameters:
  ///   - outputs: What the decoder gives, `[…axes, channels]`.
  ///   - input: What was read.
  init(_ outputs: Tensor, of input: Tensor) {
    values = MapStatistics(outputs)
    guard outputs.shape == input.shape else {
      squaredError = nil
      return
    }
    squaredError = outputs.withUnsafeElements { outputs in
      input.withUnsafeElements { inputs in
        zip(outputs, inputs).reduce(0.0) { sum, pair in
          let difference = Double(pair.0 - pair.1)
          return sum + difference * difference
        } / Double(max(1, inputs.count))
      }
    }
  }
}
