// The scale of the shown map: a ramp between two numbers, and the word for the transfer.

import Pictures
import Screens

package enum LegendPane: ColumnPane {
  package static let topic = "legend"
  package static let rows = 2...2

  /// Says where the ends are those of averages: the readout has those of the numbers themselves.
  package static func title(_ state: ExplorerState, width: Int) -> String {
    if state.isDifferenceShown { return "difference" }
    if state.isThroughDecoderShown { return "through the decoder" }
    if state.areHeadTilesShown { return "maps of heads" }
    if state.isHeadTableShown { return state.headTable.sorting?.rawValue ?? "entropy" }
    if state.isNumberTableShown { return NumberTablePane.legendTitle(state) }
    if state.areReadersShown { return "weight" }
    if state.isPatchShown { return "recovery" }
    if state.isReconstructionShown {
      return state.givenPicture == .flow ? "flow: direction" : "reconstruction"
    }
    if state.isWholePhotoShown { return "photo" }
    if state.areChannelsShown { return "channels" }
    if state.mapView == .shares { return "kinds of tokens" }
    let legend = state.drawsAverages ? "legend, averaged" : "legend"
    guard let run = state.shownMappedRun else { return legend }
    // What the numbers are of says more than that they are averaged.
    let forms = ["\(legend), \(run.words)", "legend, \(run.words)"]
    return forms.first { $0.displayWidth <= width } ?? run.words
  }

  package static func command(_ state: ExplorerState) -> Command.ID? { "cycle-transfer" }

  package static func words(_ state: ExplorerState) -> [ScreenWord] {
    state.isReconstructionShown && state.reconstructionFigures?.squaredError != nil
      ? [.squaredError] : []
  }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    if state.isDifferenceShown {
      return ComparisonPane.drawLegend(state, in: area, on: &screen, cache: &cache)
    }
    if state.areHeadTilesShown {
      return HeadTilesPane.drawLegend(state, in: area, on: &screen)
    }
    if state.isHeadTableShown { return HeadsPane.drawLegend(state, in: area, on: &screen) }
    if state.isNumberTableShown {
      return NumberTablePane.drawLegend(state, in: area, on: &screen)
    }
    if state.areReadersShown { return PixelReadersPane.drawLegend(state, in: area, on: &screen) }
    if state.isPatchShown { return PatchPane.drawLegend(state, in: area, on: &screen) }
    if state.areChannelsShown { return ChannelsPane.drawLegend(state, in: area, on: &screen) }
    if state.isWhyShown {
      return WhyPane.drawLegend(state, in: area, on: &screen, cache: &cache)
    }
    if state.isThroughDecoderShown {
      return ThroughDecoderPane.drawLegend(state, in: area, on: &screen, cache: &cache)
    }
    if state.isReconstructionShown {
      return ReconstructionPane.drawLegend(state, in: area, on: &screen)
    }
    if state.isWholePhotoShown {
      let words = state.choices.input.notes.map(\.detail).joined(separator: ", ")
      return drawWords(words, state, in: area, on: &screen)
    }
    if state.mapView == .shares {
      return SharesPane.drawLegend(state, in: area, on: &screen)
    }
    if showsScale(state) { drawScale(state, in: area, on: &screen, cache: &cache) }
  }

  /// The panes of the stage's maps, whose numbers become colours by the scale that is drawn here.
  private static let maps: [any MainPane.Type] = [
    TextPane.self, FigurePane.self, GridPane.self, MatrixPane.self, SideBySidePane.self,
    CurvePane.self, MapPane.self,
  ]

  /// Whether the large pane shows the stage's maps, or would but for the pinned view beside them.
  private static func showsScale(_ state: ExplorerState) -> Bool {
    let shown = Panes.main(of: state, butFor: ComparisonPane.self)
    return maps.contains { $0 == shown }
  }

  /// The ramp of the stage's maps, and the words for their scale.
  private static func drawScale(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    let symbols = state.terminal.symbols
    let theme = state.preferences.theme
    // The words stand there before the map does, so that keys that change them are answered.
    if area.height > 1 {
      screen.write(
        words(state, width: area.width), in: area.row(1), style: theme.label, symbols: symbols)
    }
    guard let shading = state.shownShading(cache: &cache) else {
      let words = state.stageID?.kind.mapGround == nil ? "no attention, no map" : "no map yet"
      screen.write(words, in: area.row(0), style: theme.label, symbols: symbols)
      return
    }
    guard let least = shading.least, let largest = shading.largest else {
      screen.write("no finite numbers", in: area.row(0), style: theme.label, symbols: symbols)
      return
    }
    if least == largest {
      screen.write(
        "constant \(Figures.number(least))", in: area.row(0), symbols: symbols)
    } else {
      drawRamp(state, least, largest, in: area.row(0), on: &screen)
    }
  }

  private static func words(_ state: ExplorerState, width: Int) -> String {
    let separator = " \(state.terminal.symbols.separator) "
    let transfer = [state.choices.view.transfer.rawValue]
    let value = [state.choices.selection.value.rawValue]
    let scope = [state.scaleWord].compactMap(\.self)
    let colours =
      state.terminal.depth.showsPictures ? [state.choices.view.colours.rawValue] : []
    // The title says what the numbers are; that others share the scale is said here alone.
    let texts = [
      transfer + value + scope + colours, transfer + value + scope, transfer + scope,
    ].map { $0.joined(separator: separator) }
    return texts.first { $0.displayWidth <= width } ?? texts[1]
  }

  /// What numbers mean, in place of a ramp.
  static func drawWords(
    _ words: String, _ state: ExplorerState, in area: Rect, on screen: inout Screen
  ) {
    for (row, line) in words.wrapped(toWidth: area.width).prefix(area.height).enumerated() {
      screen.write(
        line, in: area.row(row), style: state.preferences.theme.label,
        symbols: state.terminal.symbols)
    }
  }

  /// A ramp between two numbers, in the colours of a map.
  static func drawRamp(
    _ state: ExplorerState, _ least: Float, _ largest: Float,
    colour: ((Float) -> RGB)? = nil, in line: Rect, on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let (from, to) = (Figures.number(least), Figures.number(largest))
    let start = screen.write(from, x: line.x, y: line.y, within: line) + 1
    let ramp = Rect(
      x: start, y: line.y, width: line.endX - start - to.displayWidth - 1, height: 1)
    for column in 0..<ramp.width {
      let shade = ramp.width > 1 ? Float(column) / Float(ramp.width - 1) : 1
      if state.terminal.depth.showsPictures {
        // Glyphs go along with the colours, for those who see no difference between these.
        let colour = Colour(colour?(shade) ?? state.choices.view.colours.colour(shade))
        let glyph = ShadeGlyphs.glyph([shade], symbols)
        screen.put(
          symbols.isASCII ? glyph : " ", x: ramp.x + column, y: ramp.y,
          style: Style(foreground: colour.contrasting, background: colour), within: line)
      } else if state.marksPhoto(state.choices.view.overlay), state.mapView == .one {
        screen.put(
          "a", x: ramp.x + column, y: ramp.y, style: ShadeMarks.style(of: shade), within: line)
      } else {
        screen.put(
          ShadeGlyphs.glyph([shade], symbols), x: ramp.x + column, y: ramp.y, within: line)
      }
    }
    screen.write(to, in: line, .trailing, symbols: symbols)
  }
}
