// The state as a screen: the frames, then each pane in its area.

import Screens

extension ExplorerState {
  /// Draws everything; `cache` only saves time.
  public func screen(cache: inout RenderCache) -> Screen {
    sharingScale(cache: &cache).drawn(cache: &cache)
  }

  private func drawn(cache: inout RenderCache) -> Screen {
    var screen = Screen(width: terminal.width, height: terminal.height)
    guard let layout else {
      TooSmallPane.draw(self, in: screen.bounds, on: &screen)
      return screen
    }
    drawFrames(layout, on: &screen)
    TitlePane.draw(self, in: layout.title, on: &screen)
    if let area = layout.hints { HintPane.draw(self, in: area, on: &screen) }
    Panes.main(of: self).draw(self, in: layout.map, on: &screen, cache: &cache)
    if let area = layout.latents { LatentsPane.draw(self, in: area, on: &screen, cache: &cache) }
    for part in layout.column {
      part.pane.draw(self, in: part.area, on: &screen, cache: &cache)
    }
    TimelinePane.draw(self, in: layout.timeline, on: &screen)
    let footer = FooterPane.area(self, growing: layout.footer)
    FooterPane.draw(self, in: footer, on: &screen)
    switch mode {
    case .page(let reader): PagePane.draw(self, reader, in: screen.bounds, on: &screen)
    case .export(let dialog): ExportPane.draw(self, dialog, in: screen.bounds, on: &screen)
    case .classes(let dialog):
      ClassDialogPane.draw(self, dialog, in: screen.bounds, on: &screen)
    case .search(let search): SearchPane.draw(self, search, above: footer, on: &screen)
    case .command(let command): FileListPane.draw(self, command, above: footer, on: &screen)
    case .normal, .editing, .latentNumber: break
    }
    return terminal.symbols.isASCII ? screen.spelledInASCII() : screen
  }

  private func drawFrames(_ layout: ScreenLayout, on screen: inout Screen) {
    let theme = preferences.theme
    func style(_ isFocused: Bool) -> (frame: Style, title: Style) {
      isFocused ? (theme.focusedFrame, theme.focusedTitle) : (theme.frame, theme.paneTitle)
    }
    let map = style(focus == .map)
    let mapTitle = MapTitle.text(self, width: layout.left.width - 6)
    screen.drawBox(
      layout.left,
      title: focus == .map
        ? marked(mapTitle, true)
        : titled(mapTitle, command(leadingTo: .map), width: layout.left.width - 4),
      style: map.frame,
      titleStyle: map.title,
      symbols: terminal.symbols)
    if let latents = layout.latents {
      let strip = style(focus == .latents)
      let title = titled(
        marked(LatentsPane.title(self, width: latents.width - 4), focus == .latents),
        command(leadingTo: .latents), width: layout.latentsTitle?.width ?? latents.width - 2)
      if let line = layout.latentsTitle {
        drawRule(down: layout.left, x: line.x - 1, style: strip.frame, on: &screen)
        screen.write(title, in: line, style: strip.title, symbols: terminal.symbols)
      } else {
        screen.drawRule(
          across: layout.left, row: latents.y - 1 - layout.left.y, title: title,
          style: strip.frame, titleStyle: strip.title, symbols: terminal.symbols)
      }
    }
    for part in layout.column {
      let isFocused = part.pane == HyperparametersPane.self && focus == .hyperparameters
      let look = style(isFocused)
      let room = part.area.width - 2
      let title = titled(
        marked(part.pane.title(self, width: room), isFocused), part.pane.command(self), width: room)
      if part.titleRow == 0 {
        screen.drawBox(
          layout.right, title: title, style: theme.frame, titleStyle: look.title,
          symbols: terminal.symbols)
      } else {
        screen.drawRule(
          across: layout.right, row: part.titleRow, title: title,
          style: theme.frame, titleStyle: look.title, symbols: terminal.symbols)
      }
    }
    if focus == .hyperparameters, let area = layout.area(of: HyperparametersPane.self) {
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

  /// A rule down a box, between its upper and its lower edge. The upper edge has a title, so that only
  /// the lower one is joined.
  private func drawRule(down box: Rect, x: Int, style: Style, on screen: inout Screen) {
    let frame = terminal.symbols.frame
    for y in (box.y + 1)..<max(box.y + 1, box.endY - 1) {
      screen.put(frame.vertical, x: x, y: y, style: style, within: box)
    }
    screen.put(frame.teeUp, x: x, y: box.endY - 1, style: style, within: box)
  }

  /// A title with the key that leads to its pane, where one does now and there is room.
  private func titled(_ title: String, _ id: Command.ID?, width: Int) -> String {
    let whole = title + keyMark(id)
    return whole.displayWidth <= width ? whole : title
  }

  /// What stands behind a title for the key of a command; nothing where it would do nothing.
  func keyMark(_ id: Command.ID?) -> String {
    guard let command = id.map({ CommandTable[$0] }), command.reason(self) == nil,
      let key = reachableKey(of: command)
    else { return "" }
    return " [\(key.name(terminal.keyNames))]"
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
