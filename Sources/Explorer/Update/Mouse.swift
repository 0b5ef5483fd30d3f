// What clicks and the wheel do, by what lies under them.

import Perceiver
import Screens

extension ExplorerState {
  mutating func handleMouse(_ event: MouseEvent) -> [ExplorerEffect] {
    guard let layout else { return [] }
    if case .page(let reader) = mode {
      switch event.action {
      case .scrollUp: scroll(reader, by: -Self.wheelLines)
      case .scrollDown: scroll(reader, by: Self.wheelLines)
      case .press(.left) where message == nil:
        let key = FooterPane.key(self, at: event.position, in: layout.footer)
        return key.map { handle(.key($0)) } ?? []
      default: break
      }
      return []
    }
    guard mode == .normal else { return handleMouse(event, inDialogOn: layout) }
    switch event.action {
    case .press(.left):
      // The keys of the last line may be those of the rectangle.
      if !layout.footer.contains(event.position) { marking = nil }
      let effects = press(at: event.position, layout)
      dragStart = layout.map.contains(event.position) && isProbing ? probe : nil
      return effects
    case .drag(.left) where isProbing:
      point(at: event.position)
      // A drag over pixels marks a rectangle; over anything else it moves the cursor.
      if let dragStart, reasonAgainstMarking == nil { marking = dragStart }
    case .release(.left) where dragStart != nil:
      if marking != nil { finishMarking() }
      dragStart = nil
    case .scrollUp: scroll(by: -1, at: event.position, layout)
    case .scrollDown: scroll(by: 1, at: event.position, layout)
    case .press, .release, .drag, .move: break
    }
    return []
  }

  private mutating func press(at point: Point, _ layout: ScreenLayout) -> [ExplorerEffect] {
    viewBeforeGridKey = nil
    if message != nil, FooterPane.area(self, growing: layout.footer).contains(point) {
      // What lies under a message is not seen: the click puts it away.
      message = nil
      return []
    }
    message = nil
    if let key = FooterPane.key(self, at: point, in: layout.footer) { return handle(.key(key)) }
    // A number is typed before keys.
    count = nil
    if layout.map.contains(point) {
      return press(inMapAt: point)
    } else if layout.latents?.contains(point) == true {
      focus = .latents
      if let latent = stripTiles?.latent(at: point) { choose(latent: latent) }
    } else if let area = layout.area(of: HyperparametersPane.self), area.contains(point) {
      let hadFocus = focus == .hyperparameters
      focus = .hyperparameters
      let rows = HyperparametersPane.listRows(self, in: area)
      let range = HyperparametersPane.shownRange(self, rows: rows)
      let index = range.lowerBound + point.y - area.y
      guard range.contains(index) else { return [] }
      let chosen = listedHyperparameters[index]
      if hadFocus, hyperparameterIndex == chosen {
        let steps = HyperparametersPane.steps(self, at: point.x, in: area.row(point.y - area.y))
        return run(
          keyed: CommandTable[steps.map { $0 > 0 ? "increase" : "decrease" } ?? "edit-value"])
      }
      hyperparameterIndex = chosen
    } else if let area = layout.area(of: ClassesPane.self),
      let number = ClassesPane.number(self, at: point, in: area)
    {
      press(onClass: number)
    } else if let command = command(ofPaneAt: point, layout) {
      return run(keyed: command)
    } else if layout.timeline.contains(point) {
      let stage = TimelinePane.items(self, in: TimelinePane.stagesArea(layout.timeline, self))
        .first { $0.columns.contains(point.x) }
      if let stage { go(to: stage.stage) }
    }
    return []
  }

  /// The command whose key a pane of the right column shows in its title, where a cell lies in its title, or
  /// in a pane that is pressed anywhere; nil where it shows none.
  private func command(ofPaneAt point: Point, _ layout: ScreenLayout) -> Command? {
    guard layout.right.contains(point) else { return nil }
    let part = layout.column.first { part in
      part.pane.isPressedAnywhere && part.area.contains(point)
        || point.y == layout.right.y + part.titleRow
    }
    guard let id = part?.pane.command(self), !keyMark(id).isEmpty else { return nil }
    return CommandTable[id]
  }

  /// Chooses what is shown at a cell of the large pane: a line or a small map, which a click on the
  /// chosen one opens, or where the cursor goes.
  private mutating func press(inMapAt point: Point) -> [ExplorerEffect] {
    let hadFocus = focus == .map
    focus = .map
    guard let area = mainArea else { return [] }
    if isHeadTableShown {
      guard let row = headRow(at: point, in: area) else { return [] }
      if hadFocus, row == headTable.chosen { return run(keyed: CommandTable["show-head"]) }
      headTable.chosen = row
    } else if isNumberTableShown {
      guard let row = NumberTablePane.row(self, at: point, in: area) else { return [] }
      if hadFocus, row.name == chosenNumberRow?.name {
        return run(keyed: CommandTable["show-row"])
      }
      numberTable.chosen = row.name
    } else if areReadersShown {
      guard let index = PixelReadersPane.index(self, at: point, in: area) else { return [] }
      if hadFocus, index == readerIndex { return run(keyed: CommandTable["show-reader"]) }
      readerIndex = index
    } else if areChannelsShown {
      guard let channels = positionChannels, !channelTable.isOpen,
        let channel = channelTiles(channels, in: area)?.latent(at: point)
      else { return [] }
      if hadFocus, channel == chosenChannel(of: channels) {
        return run(keyed: CommandTable["open-channel"])
      }
      channelTable.chosen = channel
    } else if let latent = gridTiles?.latent(at: point) {
      let isChosen = choices.selection.latents == .one && choices.selection.latent == latent
      if hadFocus, isChosen { return run(keyed: CommandTable["open-cell"]) }
      choose(latent: latent)
    } else {
      self.point(at: point)
    }
    return []
  }

  /// The head that stands at a cell of an area, as a line of numbers or as a small map.
  private func headRow(at point: Point, in area: Rect) -> HeadTable.Row? {
    switch headTable.form {
    case .numbers: HeadsPane.row(self, at: point, in: area)
    case .maps: headTiles(in: area)?.row(at: point)
    }
  }

  /// Explains a class, or asks first where no map that explains is shown.
  private mutating func press(onClass number: Int) {
    if let reason = reasonAgainstWhyClass {
      message = .information(reason)
      return
    }
    var dialog = ClassDialog(choices.view.why)
    dialog.choice = .number(number)
    if isWhyShown { explain(dialog) } else { mode = .classes(dialog) }
  }

  /// Puts the cursor on what is shown at a cell of the screen.
  private mutating func point(at point: Point) {
    if let text = shownText, let area = mapArea {
      let lines = TextLines(text, width: area.width)
      let line = TextPane.firstLine(self, lines, in: area) + point.y - area.y
      guard let token = lines.token(line: line, column: point.x - area.x) else { return }
      isProbing = true
      probedKey = token
      return
    }
    if mapView == .matrix {
      guard let area = mainArea, let viewport = MatrixPane.viewport(self, in: area),
        let at = viewport.pixel(at: point), let size = shownMatrix?.latentsPerEntry
      else { return }
      isProbing = true
      probedLatent = at.x * size
      choose(latent: at.y * size)
    } else if let at = mapViewport?.pixel(at: point) {
      if isProbingLatents {
        isProbing = true
        probedLatent = at.x
      } else {
        probe(column: at.x, row: at.y)
      }
    }
  }

  /// Lines of a list or a page that one notch of the wheel moves.
  private static let wheelLines = 3

  private mutating func scroll(by steps: Int, at point: Point, _ layout: ScreenLayout) {
    if let area = layout.area(of: HyperparametersPane.self), area.contains(point) {
      focus = .hyperparameters
      moveInList(by: steps)
    } else if layout.map.contains(point), areHeadTilesShown {
      focus = .map
      moveInHeadTiles(stages: steps)
    } else if layout.map.contains(point),
      isHeadTableShown || areReadersShown || isNumberTableShown
    {
      focus = .map
      moveInShownList(by: Self.wheelLines * steps)
    } else if layout.map.contains(point), areChannelsShown, !channelTable.isOpen {
      focus = .map
      moveInChannelRows(by: steps)
    } else if layout.map.contains(point), isGridShown {
      focus = .map
      moveInGridRows(by: steps)
    } else if layout.timeline.contains(point) {
      if reasonAgainstStages == nil { go(to: (target ?? position) + steps) }
    } else if layout.latents?.contains(point) == true {
      choose(latent: choices.selection.latent + steps)
    } else if layout.map.contains(point), reasonAgainstZoom == nil {
      if let at = mapViewport?.pixel(at: point), steps < 0, choices.view.zoom == 1 {
        choices.view.centre.x = (Double(at.x) + 0.5) / Double(max(1, keyGrid.columns))
        choices.view.centre.y = (Double(at.y) + 0.5) / Double(max(1, keyGrid.rows))
      }
      zoom(by: -steps)
    }
  }
}
