// The export dialog: what, how, where; and whether to replace what is there.

import Screens

package enum ExportPane {
  package static func draw(
    _ state: ExplorerState, _ dialog: ExportDialog, in area: Rect, on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let theme = state.preferences.theme
    let box = box(dialog, in: area)
    screen.fill(box)
    screen.drawBox(box, title: "export", style: theme.focusedFrame, symbols: symbols)
    let inside = box.inset(by: 1).inset(left: 1, right: 1)
    guard !inside.isEmpty else { return }
    if let path = dialog.existingPath, dialog.replacing != nil {
      // A file is known by the end of its path.
      let shown = path.truncatedAtStart(toWidth: inside.width, ellipsis: symbols.ellipsis)
      screen.write(shown, in: inside.row(1), symbols: symbols)
      screen.write(replacing.line, in: inside.row(3), style: .bold, symbols: symbols)
      return
    }
    let fields = dialog.fields
    for (row, field) in fields.enumerated() {
      draw(state, dialog, field, in: inside.row(row), on: &screen)
    }
    screen.write(
      destination(state, dialog), in: inside.row(fields.count + 1), style: theme.label,
      symbols: symbols)
    screen.write(
      keys(state, dialog).line, in: inside.row(fields.count + 2), style: theme.faint,
      symbols: symbols)
  }

  private static func box(_ dialog: ExportDialog, in area: Rect) -> Rect {
    area.centred(width: min(area.width - 4, 64), height: 5 + dialog.fields.count)
  }

  /// Columns before what a line says.
  private static let nameWidth = 10

  /// The keys of the last line of the screen: those of the dialog, or of what it asks.
  static func keys(_ state: ExplorerState, _ dialog: ExportDialog) -> DialogKeys {
    (dialog.replacing == nil ? ExportDialog.keys : ExportDialog.replacingKeys)
      .footer(dialog, state)
  }

  private static let replacing = DialogKeys(
    entries: [
      ("is there already. Replace it? ", nil), ("y", .character("y")), (" / ", nil),
      ("n", .character("n")),
    ], separator: "")

  /// What a click means.
  enum Target: Sendable, Hashable {
    case field(ExportDialog.Field)
    case key(Key)
  }

  /// What a click on a cell means: a line that is not chosen is chosen, and the choice of the chosen one
  /// goes back at its left end and on everywhere else.
  static func target(
    _ state: ExplorerState, _ dialog: ExportDialog, at point: Point, in area: Rect
  ) -> Target? {
    let inside = box(dialog, in: area).inset(by: 1).inset(left: 1, right: 1)
    guard inside.contains(point) else { return nil }
    let (row, column) = (point.y - inside.y, point.x - inside.x)
    if dialog.replacing != nil {
      return row == 3 ? replacing.key(atColumn: column).map(Target.key) : nil
    }
    let fields = dialog.fields
    guard fields.indices.contains(row) else {
      return row == fields.count + 2
        ? keys(state, dialog).key(atColumn: column).map(Target.key) : nil
    }
    guard dialog.field == fields[row], dialog.field != .path else { return .field(fields[row]) }
    return column < nameWidth ? nil : .key(column == nameWidth ? .left : .right)
  }

  private static func draw(
    _ state: ExplorerState, _ dialog: ExportDialog, _ field: ExportDialog.Field, in line: Rect,
    on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let theme = state.preferences.theme
    let isChosen = dialog.field == field
    screen.put(isChosen ? symbols.pointRight : " ", x: line.x, y: line.y, within: line)
    let name =
      switch field {
      case .subject: "what"
      case .format: "format"
      case .width: "width"
      case .path: "file"
      }
    screen.write(name, x: line.x + 2, y: line.y, style: theme.label, within: line)
    let body = line.inset(left: nameWidth)
    switch field {
    case .subject, .format, .width:
      let value =
        switch field {
        case .subject: state.label(of: dialog.subject)
        case .format: dialog.format.ending
        default: dialog.width.text + " pixels"
        }
      let text = isChosen ? "\(symbols.pointLeft) \(value) \(symbols.pointRight)" : value
      screen.write(text, in: body, style: isChosen ? theme.chosen : .plain, symbols: symbols)
    case .path:
      // No more than could be seen of it is measured.
      let end = String(dialog.path.characters.suffix(8 * max(1, body.width)))
      let shown = end.truncatedAtStart(
        toWidth: max(0, body.width - 1), ellipsis: symbols.ellipsis)
      screen.write(shown, in: body, style: isChosen ? .underline : .plain, symbols: symbols)
      if isChosen, !body.isEmpty {
        let back = dialog.path.characters.count - dialog.path.cursor
        screen.cursor = Point(
          x: max(body.x, min(body.endX - 1, body.x + shown.displayWidth - back)), y: body.y)
      }
    }
  }

  private static func destination(_ state: ExplorerState, _ dialog: ExportDialog) -> String {
    switch dialog.subject {
    case .run: "a folder with one file for each stage"
    case .stage where ExportSubject.overlay.formats.contains(dialog.format):
      "one picture with the maps of all latents, of the chosen head"
    case .stage: "every head, latent and key"
    case .model: "and its arguments as JSON beside it"
    case .session: ":session open opens it again"
    case .viewFigure where state.isWhyShown && !state.isDifferenceShown:
      "gain beside random, where it is known by now"
    case .viewFigure: "the caption says stage, head, latent and model"
    case .classes where dialog.subject.hasWidth(as: dialog.format): "the likeliest, with bars"
    case .table where dialog.format == .map(.arrays), .classes where dialog.format == .map(.arrays):
      "the columns of numbers, rows by columns; .csv has names too"
    case .table, .classes: "names as on screen, numbers with all their digits"
    case .figure: "the first, second and last computed cross-attention"
    case .map, .overlay, .screen, .reconstruction: ""
    }
  }
}
