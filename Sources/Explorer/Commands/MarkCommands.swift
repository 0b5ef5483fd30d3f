// Hiding pixels with the hand: a rectangle from the cursor, a drag of the mouse, or numbers.

import Perceiver
import Screens
import Tensors

extension CommandGroup {
  static let marks = CommandGroup(
    "hide", "hide pixels, and see what becomes of the answer",
    [
      Command(
        "mark", keys: [.character("X")],
        "put the cursor out, then begin a rectangle at it: arrows grow it, Enter hides it; or drag",
        footer: "hide", unless: \.reasonAgainstMarking, .change { $0.beginMarking() }),
      Command(
        "finish-mark", keys: [.enter],
        "hide the rectangle, or show it again if its first corner is hidden",
        footer: "hide or show", in: .marking, .change { $0.finishMarking() }),
      Command(
        "leave-mark", keys: [.escape], "drop the rectangle", footer: "leave", in: .marking,
        .change { $0.marking = nil }),
      Command(
        "invert-marks", keys: [.character("x")], "hide what is shown, and show what is hidden",
        footer: "invert", in: .marks, .change { $0.invertMarks() }),
      Command(
        "hide", takes: "ROW,COLUMN,HEIGHTxWIDTH | FROM-TO | clear",
        "hide a rectangle of pixels, or tokens of a text or sound, from 0; clear: show all again",
        choices: { _ in ["clear"] }, unless: \.reasonAgainstHiding,
        .set { state, arguments throws(CommandError) in try state.hide(arguments) }),
      Command(
        "hide-at", takes: "STAGE, STAGE … | all",
        "hide the pixels from these cross-attentions alone, by name or number; all: from every one",
        choices: { state in
          ["all"] + state.stageIDs.filter { $0.kind == .crossAttention }.map(\.name)
        },
        unless: {
          $0.reasonAgainstHiding
            ?? ($0.choices.changes.hidden == nil
              ? "nothing is hidden; \($0.keyName("mark")) marks pixels" : nil)
        },
        .set { state, arguments throws(CommandError) in try state.hide(at: arguments) }),
      Command(
        "toggle-changes", keys: [.character("!")], takes: "[with | without]",
        "maps with what is hidden or off, or without it", footer: "changes",
        choices: { _ in MappedRun.allCases.map(\.rawValue) }, unless: \.reasonAgainstMappedRun,
        .set { state, arguments throws(CommandError) in
          if arguments.rest.isEmpty { return state.toggleMappedRun() }
          state.show(try arguments.choice() as MappedRun)
        }),
      Command(
        "object", takes: "keep | hide | clear | save FILE | open FILE",
        pathAfter: ["save", "open"],
        "keep the hidden pixels as an object that maps are measured by; hide: hide its pixels",
        choices: { _ in ["keep", "hide", "clear", "save ", "open "] },
        unless: \.reasonAgainstHiding,
        Command.Action { state, arguments throws(CommandError) in
          try state.object(arguments)
        }),
    ])
}

extension ExplorerState {
  /// Why no pixels can be hidden.
  var reasonAgainstHiding: String? {
    if let reason = reasonAgainstStages ?? reasonAgainstChange { return reason }
    // What is marked over one kind of tokens would say nothing of the others.
    let kinds = open.modalities.map(\.name)
    return kinds.isEmpty
      ? nil
      : "nothing is hidden by hand of an input of several kinds of tokens: "
        + kinds.joined(separator: ", ")
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
      message = .information(
        isMarkingLine
          ? "go to where it begins; \(keyName("mark")) marks from there, "
            + "and \(keyName("finish-mark")) then hides it"
          : "go to a corner; \(keyName("mark")) begins the rectangle there, "
            + "and \(keyName("finish-mark")) then hides it")
      return
    }
    guard marking == nil else { return finishMarking() }
    marking = probedKey
    message = .information(
      (isMarkingLine
        ? "arrows mark more \(tokenWord)s, \(keyName("finish-mark")) hides them, "
        : "arrows grow the rectangle, \(keyName("finish-mark")) hides it, ")
        + "\(keyName("leave-mark")) leaves")
  }

  /// Whether what is marked lies on a line: of a text, or of an input of one axis.
  private var isMarkingLine: Bool { choices.tokenAxes.count == 1 }

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
        : "\(marks.words(of: tokenWord)); \(keyName("invert-marks")) inverts, "
          + "\(keyName("undo")) undoes")
  }

  fileprivate mutating func hide(_ arguments: CommandArguments) throws(CommandError) {
    if arguments.rest == "clear" {
      choices.changes.hidden = nil
      return tellMarks()
    }
    let grid = KeyGrid(shape: choices.tokenAxes)
    guard choices.tokenAxes.count > 1 else {
      return set(try tokens(of: grid.columns, arguments), hidden: true)
    }
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

extension ExplorerState {
  /// Tokens of an input of one axis, one after another: `3` or `3-7`, from 0.
  private func tokens(
    of count: Int, _ arguments: CommandArguments
  ) throws(CommandError) -> PixelRectangle {
    let ends = arguments.rest.split(separator: "-", omittingEmptySubsequences: false)
      .map { Int($0) }
    guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil,
      first >= 0, first <= last, last < count,
      let rectangle = PixelRectangle(row: 0, column: first, height: 1, width: last - first + 1)
    else {
      throw CommandError(
        "hide: expected \(tokenWord)s from 0 to \(count - 1) such as 3-7, or clear, found "
          + arguments.found)
    }
    return rectangle
  }

  /// Hides the pixels from some cross-attentions alone, or from all.
  fileprivate mutating func hide(at arguments: CommandArguments) throws(CommandError) {
    let readings = stageIDs.filter { $0.kind == .crossAttention }
    guard arguments.rest != "all" else {
      choices.changes.hidingStages = []
      message = .information("no stage reads the hidden pixels")
      return
    }
    var chosen: Set<Int> = []
    for word in arguments.rest.split(separator: ",", omittingEmptySubsequences: false) {
      let name = String(word).trimmed
      guard let stage = readings.stage(name) else {
        throw CommandError(
          "hide-at: expected all or cross-attentions such as \(readings.first?.name ?? "cross 1"), "
            + "found \(name.isEmpty ? "nothing" : printable(name))")
      }
      chosen.insert(stage.index)
    }
    choices.changes.hidingStages = chosen.count == readings.count ? [] : chosen.sorted()
    let names = readings.filter { chosen.contains($0.index) }.map(\.name)
    message = .information(
      "\(names.joined(separator: ", ")) \(names.count == 1 ? "does" : "do") not read the hidden "
        + "pixels; :hide-at all hides them from every stage")
  }
}
