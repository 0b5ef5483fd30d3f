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
      let shading = shading(of: values, sign, of: request, state)
      TextPane.draw(
        text, values: values, style: { TextPane.style(state, shading, of: $0) }, state, in: area,
        on: &screen)
      return
    }
    guard
      let drawn = drawn(
        map, sign, of: request, over: liesOverLatents ? .latents : .input, state, in: area,
        cache: &cache)
    else { return }
    let viewport = drawn.viewport
    guard KeyGrid(shape: map.shape).rows > 1 else {
      return drawLine(drawn, count: map.count, state, in: area, on: &screen)
    }
    guard state.terminal.depth.showsPictures else {
      return ShadeGlyphs.draw(
        drawn.numbers, columns: viewport.resolution.width, shading: drawn.shading,
        in: viewport.cells, symbols: state.terminal.symbols, on: &screen)
    }
    state.terminal.canvas.draw(
      drawn.colours, width: viewport.resolution.width, in: viewport.cells, on: &screen,
      dithering: &cache.dithering)
  }

  /// What numbers lie over.
  private enum Ground { case input, latents }

  /// Numbers in their colours as an area shows them; nil where it shows none.
  private static func drawn(
    _ map: Tensor, _ sign: ExplanationMap.Sign, of request: MapRequest?, over ground: Ground,
    _ state: ExplorerState, in area: Rect, cache: inout RenderCache
  ) -> DrawnMap? {
    let viewport = viewport(of: map, state, in: area)
    guard !viewport.cells.isEmpty else { return nil }
    let overlay = state.choices.view.overlay
    let hasPhoto =
      ground == .input && KeyGrid(shape: map.shape).rows > 1 && overlay != .alone
      && state.terminal.depth.showsPictures
    let photo = hasPhoto ? state.inputColours(viewport, cache: &cache) : []
    guard let request else {
      let numbers = fitted(map, in: viewport, state)
      let shading = MapShading(sign.span, of: numbers, state.choices.view.appearance)
      return DrawnMap(
        viewport: viewport, numbers: numbers,
        colours: shading.colours(of: numbers, over: photo, overlay).map(Colour.init),
        shading: shading.transfer, scale: shading)
    }
    return state.coloured(
      numbers(map, of: request, in: viewport, state, cache: &cache), sign.span,
      on: state.scale(of: .explanation(sign)), in: viewport, over: photo, overlay, cache: &cache)
  }

  /// The colours of numbers as they are.
  private static func shading(
    of numbers: [Float], _ sign: ExplanationMap.Sign, of request: MapRequest?,
    _ state: ExplorerState
  ) -> MapShading {
    let scale = request == nil ? nil : state.scale(of: .explanation(sign))
    return MapShading(
      sign.span, of: scale?.numbers ?? numbers, state.choices.view.appearance)
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
  ) -> DrawnNumbers? {
    guard let part = state.shownExplanation.flatMap({ state.shownPart(of: $0.values) }),
      let request = state.shownExplanationRequest
    else { return nil }
    if state.choices.input.isText {
      return DrawnNumbers(
        values: Array(part.values.prefix(state.choices.input.tensor.count)),
        key: state.numbersKey(request, in: nil))
    }
    let viewport = viewport(of: part, state, in: area)
    guard !viewport.cells.isEmpty else { return nil }
    return numbers(part, of: request, in: viewport, state, cache: &cache)
  }

  /// The scale of the shown map that explains, where an area shows it; nil while there is none.
  private static func shownScale(
    _ state: ExplorerState, in area: Rect, cache: inout RenderCache
  ) -> MapShading? {
    guard let map = state.shownExplanation, let part = state.shownPart(of: map.values),
      let request = state.shownExplanationRequest
    else { return nil }
    if state.choices.input.isText {
      let values = Array(part.values.prefix(state.choices.input.tensor.count))
      return shading(of: values, map.sign, of: request, state)
    }
    return drawn(part, map.sign, of: request, over: .input, state, in: area, cache: &cache)?.scale
  }

  /// A map's numbers brought to the size of a viewport, which are kept for the next frame.
  ///
  /// - Parameter request: What the map answers.
  private static func numbers(
    _ map: Tensor, of request: MapRequest, in viewport: Viewport, _ state: ExplorerState,
    cache: inout RenderCache
  ) -> DrawnNumbers {
    let key = state.numbersKey(
      request, frame: state.choices.view.frame, in: viewport, kind: state.open.inputModality)
    return DrawnNumbers(
      values: cache.numbers(key) { fitted(map, in: viewport, state) }, key: key)
  }

  private static func fitted(
    _ map: Tensor, in viewport: Viewport, _ state: ExplorerState
  ) -> [Float] {
    let grid = KeyGrid(shape: map.shape)
    return map.reshaped([grid.frames, grid.rows, grid.columns]).resampled(
      rows: grid.rows == 1 ? 1 : viewport.resolution.height, columns: viewport.resolution.width,
      frame: min(state.choices.view.frame, grid.frames - 1), region: viewport.region
    ).values
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
      width: viewport.resolution.width, in: viewport.cells, on: &screen,
      dithering: &cache.dithering)
  }

  private static func drawLine(
    _ drawn: DrawnMap, count: Int, _ state: ExplorerState, in area: Rect,
    on screen: inout Screen
  ) {
    if area.height >= 4 {
      let isSound = state.shownSamples != nil
      screen.write(
        (isSound ? "the sound, coloured by the map, " : "over ") + "positions 1 to \(count)",
        in: area.row(0), style: state.preferences.theme.label, symbols: state.terminal.symbols)
    }
    CurvePane.draw(drawn, state, on: &screen)
  }

  /// The scale of the shown map that explains: a ramp between its ends, and words for it.
  ///
  /// - Parameters:
  ///   - meaning: What the colours of a signed map stand for.
  ///   - words: What stands behind the transfer of another; whose scale it is stands in their place
  ///     where that has to be said.
  static func drawLegend(
    meaning: String = "warm for, cold against", words: String, _ state: ExplorerState,
    in area: Rect,
    on screen: inout Screen, cache: inout RenderCache
  ) {
    guard let map = state.mapArea, let shading = shownScale(state, in: map, cache: &cache) else {
      return drawLegend(nil, words: "", state, in: area, on: &screen)
    }
    // What two colours stand for is cut at its end, where the column is narrow.
    let scope = state.scaleWord
    let isSigned = shading.span == .aroundZero
    drawLegend(
      shading,
      meaning: isSigned && scope != nil
        ? "\(scope ?? "") \(state.terminal.symbols.separator) \(meaning)" : meaning,
      words: isSigned ? "" : scope ?? words, state, in: area, on: &screen)
  }

  /// A scale; nil while there are no numbers.
  static func drawLegend(
    _ shading: MapShading?, meaning: String = "warm for, cold against", words: String,
    constant: String = "constant or empty",
    _ state: ExplorerState, in area: Rect, on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let label = state.preferences.theme.label
    guard let shading else {
      let hasNone = state.isDifferenceShown && state.absentDifference != nil
      let words = hasNone ? "no difference" : "no map yet"
      return screen.write(words, in: area.row(0), style: label, symbols: symbols)
    }
    if let (least, largest) = shading.ends, least < largest {
      LegendPane.drawRamp(
        state, least, largest, colour: { shading.colour(at: $0) }, in: area.row(0), on: &screen)
    } else {
      screen.write(constant, in: area.row(0), symbols: symbols)
    }
    let kind =
      shading.span == .aroundZero ? meaning : state.choices.view.transfer.rawValue
    screen.write(
      words.isEmpty ? kind : "\(kind) \(symbols.separator) \(words)", in: area.row(1), style: label,
      symbols: symbols)
  }
}

extension ExplanationMap.Sign {
  /// What the ends of the scale of such numbers are.
  package var span: MapShading.Span { self == .signed ? .aroundZero : .leastToLargest }
}
