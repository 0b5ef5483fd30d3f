// Hiding pixels with the hand: a rectangle from the cursor, a drag of the mouse, or numbers.

import Perceiver
import Screens

extension CommandGroup {
  static let marks = CommandGroup(
    "hide", "hide pixels, and see what becomes of the answer",
    [
      Command(
        "mark", keys: [.character("X")],
        "mark a rectangle from the cursor on: arrows grow it, Enter hides it; dragging does too",
        footer: "hide", unless: \.reasonAgainstMarking, .change { $0.beginMarking() }),
      Command(
        "finish-mark", keys: [.enter],
        "hide the rectangle; show it again where its first corner is hidden",
        footer: "hide or show", in: .marking, .change { $0.finishMarking() }),
      Command(
        "leave-mark", keys: [.escape], "leave the rectangle", footer: "leave", in: .marking,
        .change { $0.marking = nil }),
      Command(
        "invert-marks", keys: [.character("x")], "hide what is shown, and show what is hidden",
        footer: "invert", in: .marks, .change { $0.invertMarks() }),
      Command(
        "hide", takes: "ROW,COLUMN,HEIGHTxWIDTH | clear",
        "hide a rectangle of pixels, rows and columns from 0; clear: show all again",
        choices: { _ in ["clear"] }, unless: \.reasonAgainstHiding,
        .set { state, arguments throws(CommandError) in try state.hide(arguments) }),
    ])
}

extension ExplorerState {
  /// Why no pixels can be hidden.
  var reasonAgainstHiding: String? {
    if let reason = reasonAgainstStages ?? reasonAgainstChange { return reason }
    if choices.input.text != nil { return "only pixels are hidden by hand: this input is text" }
    return open.modalities.isEmpty && choices.tokenAxes.count > 1
      ? nil : "only pixels of pictures are hidden by hand"
  }

  /// Why no pixels can be marked where one is.
  var reasonAgainstMarking: String? {
    if let reason = reasonAgainstHiding ?? reasonAgainstProbe { return reason }
    return mapLiesOverLatents && !isExplanationShown
      ? "latents have no pixels: a cross-attention's map does, or \(keyName(.why))" : nil
  }

  /// Begins a rectangle at the cursor; puts the cursor out where it is not.
  mutating func beginMarking() {
    guard isProbing else {
      toggleProbe()
      message = .information("go to a corner; \(keyName("mark")) begins the rectangle there")
      return
    }
    guard marking == nil else { return finishMarking() }
    marking = probedKey
    message = .information(
      "arrows grow the rectangle, \(keyName("finish-mark")) hides it, "
        + "\(keyName("leave-mark")) leaves")
  }

  /// The rectangle between the corner where marking began and the cursor; nil where none is marked.
  var markedRectangle: PixelRectangle? {
    guard let marking, isProbing, !isProbingLatents else { return nil }
    let grid = KeyGrid(shape: choices.tokenAxes)
    let (from, to) = (grid.coordinate(of: marking), grid.coordinate(of: probedKey))
    return PixelRectangle(
      row: min(from.row, to.row), column: min(from.column, to.column),
      height: abs(from.row - to.row) + 1, width: abs(from.column - to.column) + 1)
  }

  /// Hides the rectangle, or shows it where the corner at which it began is hidden.
  mutating func finishMarking() {
    defer { marking = nil }
    guard let marking, let rectangle = markedRectangle else { return }
    let isHidden = choices.changes.hidden?.hidden[marking] ?? false
    set(rectangle, hidden: !isHidden)
  }

  private mutating func set(_ rectangle: PixelRectangle, hidden: Bool) {
    choices.changes.hidden = choices.changes.hidden.setting(
      rectangle, frame: KeyGrid(shape: choices.tokenAxes).frames == 1 ? 0 : shownFrame,
      hidden: hidden, of: choices.tokenAxes)
    tellMarks()
  }

  fileprivate mutating func invertMarks() {
    guard let marks = choices.changes.hidden else { return }
    choices.changes.hidden = marks.inverted
    tellMarks()
  }

  private mutating func tellMarks() {
    guard let marks = choices.changes.hidden else {
      message = .information("nothing is hidden")
      return
    }
    let isAll = marks.count == marks.hidden.count
    message = .information(
      isAll
        ? "everything is hidden: what is answered comes from the initial latents alone"
        : "\(marks.words); \(keyName("invert-marks")) inverts, \(keyName("undo")) undoes")
  }

  fileprivate mutating func hide(_ arguments: CommandArguments) throws(CommandError) {
    if arguments.rest == "clear" {
      choices.changes.hidden = nil
      return tellMarks()
    }
    let grid = KeyGrid(shape: choices.tokenAxes)
    guard let rectangle = PixelRectangle(arguments.rest) else {
      throw CommandError(
        "hide: expected ROW,COLUMN,HEIGHTxWIDTH or clear, found \(arguments.found)")
    }
    guard rectangle.fits(rows: grid.rows, columns: grid.columns) else {
      throw CommandError(
        "hide: expected a rectangle inside \(grid.rows) rows and \(grid.columns) columns, counted "
          + "from 0, found \(arguments.found)")
    }
    set(rectangle, hidden: true)
  }
}
