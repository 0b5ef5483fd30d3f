// The state as a screen: the frames, then each pane in its area. A new pane is one line here.

import Screens

extension ExplorerState {
  /// Draws everything; `cache` only saves time.
  public func screen(cache: inout RenderCache) -> Screen {
    var screen = Screen(width: terminal.width, height: terminal.height)
    guard let layout else {
      TooSmallPane.draw(self, in: screen.bounds, on: &screen)
      return screen
    }
    drawFrames(layout, on: &screen)
    TitlePane.draw(self, in: layout.title, on: &screen)
    drawMap(in: layout.map, on: &screen, cache: &cache)
    if let area = layout.latents { LatentsPane.draw(self, in: area, on: &screen) }
    for part in layout.sections {
      switch part.section {
      case .training: TrainingPane.draw(self, in: part.area, on: &screen)
      case .hyperparameters: HyperparametersPane.draw(self, in: part.area, on: &screen)
      case .readout: ReadoutPane.draw(self, in: part.area, on: &screen)
      case .classes: ClassesPane.draw(self, in: part.area, on: &screen)
      case .legend: LegendPane.draw(self, in: part.area, on: &screen, cache: &cache)
      }
    }
    TimelinePane.draw(self, in: layout.timeline, on: &screen)
    let footer = FooterPane.area(self, growing: layout.footer)
    FooterPane.draw(self, in: footer, on: &screen)
    switch mode {
    case .help(let scroll): HelpPane.draw(self, scroll: scroll, in: screen.bounds, on: &screen)
    case .export(let dialog): ExportPane.draw(self, dialog, in: screen.bounds, on: &screen)
    case .normal, .command, .search, .editing, .latentNumber: break
    }
    return terminal.symbols.isASCII ? screen.spelledInASCII() : screen
  }

  private func drawMap(in area: Rect, on screen: inout Screen, cache: inout RenderCache) {
    if let shownText { return TextPane.draw(self, shownText, in: area, on: &screen) }
    if isReconstructionShown {
      return ReconstructionPane.draw(self, in: area, on: &screen, cache: &cache)
    }
    switch mapView {
    case .grid: GridPane.draw(self, in: area, on: &screen)
    case .matrix: MatrixPane.draw(self, in: area, on: &screen)
    case .sideBySide: SideBySidePane.draw(self, in: area, on: &screen, cache: &cache)
    case .one where keyGrid.rows == 1: CurvePane.draw(self, in: area, on: &screen, cache: &cache)
    case .one: MapPane.draw(self, in: area, on: &screen, cache: &cache)
    }
  }

  private func drawFrames(_ layout: ScreenLayout, on screen: inout Screen) {
    let theme = preferences.theme
    func style(_ isFocused: Bool) -> (frame: Style, title: Style) {
      isFocused ? (theme.focusedFrame, theme.focusedTitle) : (theme.frame, theme.paneTitle)
    }
    let map = style(focus == .map)
    screen.drawBox(
      layout.left, title: marked(MapTitle.text(self, width: layout.left.width - 6), focus == .map),
      style: map.frame,
      titleStyle: map.title,
      symbols: terminal.symbols)
    if let latents = layout.latents {
      let strip = style(focus == .latents)
      screen.drawRule(
        across: layout.left, row: latents.y - 1 - layout.left.y,
        title: marked(LatentsPane.title(self), focus == .latents),
        style: strip.frame, titleStyle: strip.title, symbols: terminal.symbols)
    }
    for part in layout.sections {
      let look = style(part.section == .hyperparameters && focus == .hyperparameters)
      if part.titleRow == 0 {
        screen.drawBox(
          layout.right, title: title(of: part.section), style: theme.frame, titleStyle: look.title,
          symbols: terminal.symbols)
      } else {
        screen.drawRule(
          across: layout.right, row: part.titleRow, title: title(of: part.section),
          style: theme.frame, titleStyle: look.title, symbols: terminal.symbols)
      }
    }
    if focus == .hyperparameters, let area = layout.area(of: .hyperparameters) {
      let box = Rect(
        x: area.x - 1, y: area.y - 1, width: area.width + 2, height: area.height + 1)
      for edge in [
        Rect(x: box.x, y: box.y, width: 1, height: box.height),
        Rect(x: box.endX - 1, y: box.y, width: 1, height: box.height),
      ] {
        screen.restyle(edge) { $0 = theme.focusedFrame }
      }
    }
  }

  private func title(of section: ScreenLayout.Section) -> String {
    switch section {
    case .training: TrainingPane.title(self)
    case .hyperparameters: marked(HyperparametersPane.title(self), focus == .hyperparameters)
    case .readout: "readout"
    case .classes: ClassesPane.title(self)
    case .legend: LegendPane.title(self)
    }
  }

  /// A title, with a mark if its pane has the focus: colour alone would not tell all eyes.
  private func marked(_ title: String, _ isFocused: Bool) -> String {
    isFocused ? "\(terminal.symbols.pointRight) \(title)" : title
  }

  /// The mark of something being computed, as it turns.
  var spinner: Character {
    let marks = terminal.symbols.spinner
    return marks.isEmpty ? "*" : marks[spinnerPhase % marks.count]
  }
}
