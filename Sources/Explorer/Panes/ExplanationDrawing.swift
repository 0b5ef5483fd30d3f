// Drawing maps that explain: over the picture, over a text, or along one axis, with their scale.

import Perceiver
import Pictures
import Screens
import Tensors

enum ExplanationDrawing {
  /// Draws a map over what the model reads.
  ///
  /// - Parameter request: What the map answers, by which its drawing is kept for the next frame.
  static func draw(
    _ map: ExplanationMap, of request: MapRequest, _ state: ExplorerState, in area: Rect,
    on screen: inout Screen, cache: inout RenderCache
  ) {
    guard let part = state.shownPart(of: map.values) else {
      drawInput(state, in: area, on: &screen, cache: &cache)
      return PaneText.note(
        "this method's map is of the frames alone", state, in: area, on: &screen)
    }
    draw(part, sign: map.sign, of: request, state, in: area, on: &screen, cache: &cache)
  }

  /// Draws numbers over what the model reads, or over nothing where they are of latents.
  ///
  /// - Parameters:
  ///   - map: `[…axes]`.
  ///   - request: What the map answers, by which its drawing is kept for the next frame; nil for one
  ///     that is not kept.
  static func draw(
    _ map: Tensor, sign: ExplanationMap.Sign, of request: MapRequest?, _ state: ExplorerState,
    in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    let liesOverLatents =
      request == nil && state.mapLiesOverLatents && !state.isExplanationShown
    if let text = state.choices.input.text, !liesOverLatents {
      let values = Array(map.values.prefix(state.choices.input.tensor.count))
      let scaled =
        request == nil ? values : state.scaleNumbers(values, .explanation(sign))
      let shading = MapShading(sign.span, of: scaled, state.choices.view.appearance)
      TextPane.draw(
        text, values: values, style: { TextPane.style(state, shading, of: $0) }, state, in: area,
        on: &screen)
      return
    }
    let viewport = viewport(of: map, state, in: area)
    guard !viewport.cells.isEmpty else { return }
    let numbers = numbers(map, of: request, in: viewport, state, cache: &cache)
    let scaled =
      request == nil ? numbers : state.scaleNumbers(numbers, .explanation(sign))
    let shading = MapShading(sign.span, of: scaled, state.choices.view.appearance)
    guard KeyGrid(shape: map.shape).rows > 1 else {
      return drawLine(numbers, shading, count: map.count, viewport, state, in: area, on: &screen)
    }
    guard state.terminal.depth.showsPictures else {
      return ShadeGlyphs.draw(
        numbers, columns: viewport.resolution.width, shading: shading.transfer,
        in: viewport.cells, symbols: state.terminal.symbols, on: &screen)
    }
    let photo = liesOverLatents ? [] : state.inputColours(viewport, cache: &cache)
    state.terminal.canvas.draw(
      shading.colours(of: numbers, over: photo, state.choices.view.overlay).map(Colour.init),
      width: viewport.resolution.width,
      in: viewport.cells, on: &screen)
  }

  /// What an area shows of a map: all of one over a line, the zoomed part of one over pictures.
  static func viewport(of map: Tensor, _ state: ExplorerState, in area: Rect) -> Viewport {
    let grid = KeyGrid(shape: map.shape)
    return grid.rows == 1
      ? Viewport(line: grid.columns, in: CurvePane.chart(in: area))
      : state.viewport(of: grid, in: area)
  }

  /// The numbers of the shown map that explains as an area shows them: a text's tokens have theirs as
  /// they are. Nil while there are none.
  static func shownNumbers(
    _ state: ExplorerState, in area: Rect, cache: inout RenderCache
  ) -> [Float]? {
    guard let part = state.shownExplanation.flatMap({ state.shownPart(of: $0.values) }) else {
      return nil
    }
    if state.choices.input.text != nil {
      return Array(part.values.prefix(state.choices.input.tensor.count))
    }
    let viewport = viewport(of: part, state, in: area)
    guard !viewport.cells.isEmpty else { return nil }
    return numbers(part, of: state.shownExplanationRequest, in: viewport, state, cache: &cache)
  }

  /// A map's numbers brought to the size of a viewport.
  ///
  /// - Parameter request: What the map answers, by which they are kept; nil for one that is not kept.
  static func numbers(
    _ map: Tensor, of request: MapRequest?, in viewport: Viewport, _ state: ExplorerState,
    cache: inout RenderCache
  ) -> [Float] {
    let grid = KeyGrid(shape: map.shape)
    let frame = min(state.choices.view.frame, grid.frames - 1)
    func resampled() -> [Float] {
      map.reshaped([grid.frames, grid.rows, grid.columns]).resampled(
        rows: grid.rows == 1 ? 1 : viewport.resolution.height,
        columns: viewport.resolution.width, frame: frame,
        region: viewport.region
      ).values
    }
    let key = request.map {
      RenderCache.NumbersKey(
        request: $0, generation: state.open.generation, frame: frame, viewport: viewport,
        kind: state.open.inputModality)
    }
    return key.map { cache.numbers($0, make: resampled) } ?? resampled()
  }

  /// Draws the input alone, while there is no map.
  static func drawInput(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    if let text = state.choices.input.text {
      TextPane.draw(
        text, values: [], style: { _ in .plain }, state, in: area, on: &screen)
      return
    }
    // Sound, labels and arrays of one axis have no picture.
    guard state.shownGrid.rows > 1 else { return }
    let viewport = state.pictureViewport(in: area)
    state.terminal.canvas.draw(
      state.inputColours(viewport, cache: &cache).map(Colour.init),
      width: viewport.resolution.width, in: viewport.cells, on: &screen)
  }

  private static func drawLine(
    _ numbers: [Float], _ shading: MapShading, count: Int, _ viewport: Viewport,
    _ state: ExplorerState, in area: Rect, on screen: inout Screen
  ) {
    if area.height >= 4 {
      let isSound = state.shownSamples != nil
      screen.write(
        (isSound ? "the sound, coloured by the map, " : "over ") + "positions 1 to \(count)",
        in: area.row(0), style: state.preferences.theme.label, symbols: state.terminal.symbols)
    }
    CurvePane.draw(
      DrawnMap(
        viewport: viewport, numbers: numbers,
        colours: shading.colours(of: numbers).map(Colour.init), shading: shading.transfer),
      shading.span, state, on: &screen)
  }

  /// The scale of the shown map that explains: a ramp between its ends, and words for it.
  ///
  /// - Parameters:
  ///   - meaning: What the colours of a signed map stand for.
  ///   - words: What stands behind the transfer of another; whose scale it is stands in their place
  ///     where that has to be said.
  static func drawLegend(
    meaning: String = "warm for, cold against", words: String, _ state: ExplorerState, in area: Rect,
    on screen: inout Screen, cache: inout RenderCache
  ) {
    guard let sign = state.shownExplanation?.sign, let map = state.mapArea,
      let numbers = shownNumbers(state, in: map, cache: &cache)
    else {
      return drawLegend(nil, sign: .positive, words: "", state, in: area, on: &screen)
    }
    // What two colours stand for is cut at its end, where the column is narrow.
    let scope = state.scaleWord
    let isSigned = sign == .signed
    drawLegend(
      state.scaleNumbers(numbers, .explanation(sign)), sign: sign,
      meaning: isSigned && scope != nil
        ? "\(scope ?? "") \(state.terminal.symbols.separator) \(meaning)" : meaning,
      words: isSigned ? "" : scope ?? words, state, in: area, on: &screen)
  }

  /// The scale of numbers; nil while there are none.
  static func drawLegend(
    _ numbers: [Float]?, sign: ExplanationMap.Sign, meaning: String = "warm for, cold against",
    words: String, _ state: ExplorerState, in area: Rect, on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let label = state.preferences.theme.label
    guard let numbers else {
      return screen.write("no map yet", in: area.row(0), style: label, symbols: symbols)
    }
    let shading = MapShading(sign.span, of: numbers, state.choices.view.appearance)
    if let (least, largest) = shading.ends, least < largest {
      LegendPane.drawRamp(
        state, least, largest, colour: { shading.colour(at: $0) }, in: area.row(0), on: &screen)
    } else {
      screen.write("constant or empty", in: area.row(0), symbols: symbols)
    }
    let kind =
      sign == .signed ? meaning : state.choices.view.transfer.rawValue
    screen.write(
      words.isEmpty ? kind : "\(kind) \(symbols.separator) \(words)", in: area.row(1), style: label,
      symbols: symbols)
  }
}

extension ExplanationMap.Sign {
  /// What the ends of the scale of such numbers are.
  package var span: MapShading.Span { self == .signed ? .aroundZero : .leastToLargest }
}
