// The cursor: putting it on a pixel, a latent or a token, and following it to a latent.

import Perceiver
import Screens

extension CommandGroup {
  static let probe = CommandGroup(
    "probe", "ask the picture",
    [
      Command(
        .toggleProbe, keys: [.character("i")], "pixel cursor: read values off the picture",
        footer: .init("inspect", .beginners), unless: \.reasonAgainstProbe,
        .change { $0.toggleProbe() }),
      Command(
        "cursor", takes: "X Y | TOKEN",
        "put the cursor on a pixel by its column and row, or on a token of a text, all from 0",
        unless: \.reasonAgainstProbe,
        .set { state, arguments throws(CommandError) in try state.putCursor(arguments) }),
      Command(
        "probe-left", keys: [.left], "move the cursor left", in: .probe, counting: .repeats,
        .change { $0.moveProbe(columns: -1, rows: 0, .cells) }),
      Command(
        "probe-right", keys: [.right], "move the cursor right",
        footer: .init(
          "move", keysOf: ["probe-left", "probe-right", "probe-up", "probe-down"]),
        in: .probe, counting: .repeats, .change { $0.moveProbe(columns: 1, rows: 0, .cells) }),
      Command(
        "probe-up", keys: [.up], "move the cursor up", in: .probe, counting: .repeats,
        .change { $0.moveProbe(columns: 0, rows: -1, .cells) }),
      Command(
        "probe-down", keys: [.down], "move the cursor down", in: .probe, counting: .repeats,
        .change { $0.moveProbe(columns: 0, rows: 1, .cells) }),
      Command(
        "probe-pixel-left", keys: [Key(.left, .shift)], "move it left by one pixel", in: .probe,
        counting: .repeats,
        .change { $0.moveProbe(columns: -1, rows: 0, .pixels) }),
      Command(
        "probe-pixel-right", keys: [Key(.right, .shift)], "move it right by one pixel", in: .probe,
        counting: .repeats,
        .change { $0.moveProbe(columns: 1, rows: 0, .pixels) }),
      Command(
        "probe-pixel-up", keys: [Key(.up, .shift)], "move it up by one pixel", in: .probe,
        counting: .repeats,
        .change { $0.moveProbe(columns: 0, rows: -1, .pixels) }),
      Command(
        "probe-pixel-down", keys: [Key(.down, .shift)], "move it down by one pixel", in: .probe,
        counting: .repeats,
        .change { $0.moveProbe(columns: 0, rows: 1, .pixels) }),
      Command(
        "follow-probe", keys: [.enter],
        "go to the latent that reads this pixel most; from a decoder's latent to its map",
        footer: "top latent", in: .probe, unless: \.reasonAgainstFollowing,
        .change { $0.followProbe() }),
      Command(
        "next-peak", keys: [.character("K")],
        "put the cursor on the map's largest number, then on the next largest",
        unless: \.reasonAgainstPeaks, .change { $0.goToNextPeak() }),
      Command(
        "readers", keys: [.character("I")], takes: "",
        "who reads the pixel at the cursor: every stage, head and latent, by weight",
        unless: \.reasonAgainstReaders, .change { $0.toggleReaders() }),
      Command(
        "reader-down", keys: [.down, .character("j")], "next reader", in: .readers,
        counting: .repeats,
        .change { $0.moveInReaders(by: 1) }),
      Command(
        "reader-up", keys: [.up, .character("k")], "previous reader", in: .readers,
        counting: .repeats,
        .change { $0.moveInReaders(by: -1) }),
      Command(
        "show-reader", keys: [.enter], "go to this reader's map", footer: "map", in: .readers,
        .change { $0.showReader() }),
      Command(
        "leave-readers", keys: [.escape], "back to the map", footer: "leave", in: .readers,
        .change { $0.toggleReaders() }),
      Command(
        "select-token", keys: [.space],
        "select this token of a text, or deselect it; what selected tokens read is summed",
        footer: "select", in: .text, unless: \.reasonAgainstSelecting,
        .change { $0.toggleSelectedToken() }),
      Command(
        "select", takes: "N N-M … | none", "select tokens of a text by their numbers, from 0",
        unless: \.reasonAgainstSelecting,
        .set { state, arguments throws(CommandError) in try state.selectTokens(arguments) }),
      Command(
        "leave-probe", keys: [.escape], "put the cursor away", footer: "leave", in: .probe,
        .change { $0.isProbing = false }),
    ])
}

extension ExplorerState {
  mutating func toggleProbe() {
    isProbing.toggle()
    if isProbing, open.showsRow, let map = shownMap?.map.values.values {
      // The latent that answers most is the one to begin with.
      probedLatent = map.indices.max { map[$0] < map[$1] } ?? probedLatent
      return
    }
    if isProbing && probedKey == 0 && !choices.input.isText {
      let grid = KeyGrid(shape: open.tokenAxes)
      probedKey = grid.key(column: grid.columns / 2, row: grid.rows / 2, frame: shownFrame)
    }
  }

  /// Puts the cursor on a pixel, or on a token of a text, by numbers from 0.
  mutating func putCursor(_ arguments: CommandArguments) throws(CommandError) {
    guard !isProbingLatents else {
      throw CommandError(
        "\(arguments.name): \(stageID?.name ?? "this stage") has its maps over latents")
    }
    let grid = KeyGrid(shape: open.tokenAxes)
    let numbers = arguments.words.map { Int($0) ?? -1 }
    if choices.input.isText {
      let last = grid.frameCount - 1
      guard numbers.count == 1, (0...max(0, last)).contains(numbers[0]) else {
        throw CommandError(
          "\(arguments.name): expected a token from 0 to \(last), found \(arguments.found)")
      }
      (isProbing, probedKey) = (true, numbers[0])
      return
    }
    guard numbers.count == 2, (0..<grid.columns).contains(numbers[0]),
      (0..<grid.rows).contains(numbers[1])
    else {
      throw CommandError(
        "\(arguments.name): expected a column from 0 to \(grid.columns - 1) and a row from 0 to "
          + "\(grid.rows - 1), found \(arguments.found)")
    }
    probe(column: numbers[0], row: numbers[1])
  }

  /// How far one press moves the cursor.
  enum ProbeStep { case cells, pixels }

  mutating func moveProbe(columns: Int, rows: Int, _ step: ProbeStep) {
    if isProbingLatents {
      probedLatent += columns
      if open.showsRow {
        let last = max(0, (open.outputCount ?? 1) - 1)
        if rows != 0, last > 0 {
          choices.selection.output = min(max(0, (open.shownOutputs.first ?? 0) + rows), last)
          choices.selection.tokens = []
        }
      } else if rows != 0 {
        choose(latent: choices.selection.latent + rows)
      }
      return
    }
    if let text = shownText, let area = mapArea {
      let lines = TextLines(text, width: area.width)
      guard let at = lines.coordinate(of: probedKey) else { return }
      let column = lines.lines[at.line][at.index].column
      let next = probedKey + columns * (lines.lines[at.line][at.index].piece.tokens.count)
      let token =
        rows == 0 ? max(0, next) : lines.token(line: at.line + rows, column: column) ?? probedKey
      probedKey = min(token, max(0, choices.input.tensor.count - 1))
      return
    }
    let grid = KeyGrid(shape: open.tokenAxes)
    let size = step == .cells ? (mapViewport?.pixelsPerCell ?? (1, 1)) : (1, 1)
    let at = grid.coordinate(of: probedKey)
    let column = min(max(0, at.column + columns * size.0), max(0, grid.columns - 1))
    let row = min(max(0, at.row + rows * size.1), max(0, grid.rows - 1))
    probe(column: column, row: row)
  }

  /// Puts the cursor on a pixel of the shown frame and keeps it in view.
  mutating func probe(column: Int, row: Int) {
    let grid = KeyGrid(shape: open.tokenAxes)
    isProbing = true
    probedKey = grid.key(column: column, row: row, frame: shownFrame)
    if let viewport = mapViewport, viewport.cell(x: column, y: row) == nil {
      choices.view.centre.x = (Double(column) + 0.5) / Double(max(1, grid.columns))
      choices.view.centre.y = (Double(row) + 0.5) / Double(max(1, grid.rows))
    }
  }

  mutating func followProbe() {
    if open.showsRow {
      guard let reading = stageIDs.last(where: { $0.kind == .crossAttention }) else { return }
      choose(latent: probedLatent)
      isProbing = false
      go(to: reading.index)
      message = .information(
        "latent \(choices.selection.latent + 1) at \(reading.name); "
          + "\(keyName("last-stage")) goes back to the decoder")
      return
    }
    guard let request = wantedReadings, case .received(let weights)? = open.answers[request],
      let most = weights.first
    else {
      message = .information("still computing which latents read this")
      return
    }
    choose(latent: most.latent)
    let isReader = stage?.attention?.reader == .tokens
    message = .information(
      isReader
        ? "its top source is latent \(most.latent + 1)"
        : "latent \(most.latent + 1) is this \(isProbingLatents ? "latent" : tokenWord)'s top reader"
    )
  }

  mutating func toggleSelectedToken() {
    var tokens = Set(choices.selection.tokens)
    if tokens.remove(probedKey) == nil { tokens.insert(probedKey) }
    choices.selection.tokens = tokens.sorted()
    message = .information(
      tokens.isEmpty ? "no token is selected" : "\(tokens.count) tokens are selected")
  }

  /// Selects tokens by numbers and ranges of them.
  mutating func selectTokens(_ arguments: CommandArguments) throws(CommandError) {
    let last = choices.input.tensor.count - 1
    var tokens: Set<Int> = []
    for word in arguments.rest == "none" ? [] : arguments.words {
      let ends = word.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends[0], ends.count <= 2, let end = ends[ends.count - 1],
        first >= 0, first <= end, end <= last
      else {
        throw CommandError(
          "\(arguments.name): expected numbers or ranges from 0 to \(last), found \(word)")
      }
      tokens.formUnion(first...end)
    }
    guard !arguments.rest.isEmpty else {
      throw CommandError("\(arguments.name): expected numbers, ranges or none, found nothing")
    }
    choices.selection.tokens = tokens.sorted()
  }
}
