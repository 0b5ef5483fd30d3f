// The cursor: putting it on a pixel, a latent or a token, and following it to a latent.

import Perceiver
import Screens

extension CommandGroup {
  static let probe = CommandGroup(
    "probe", "ask the picture",
    [
      Command(
        .toggleProbe, keys: [.character("i")], "pixel cursor: read values off the picture",
        footer: "inspect", unless: \.reasonAgainstProbe, .change { $0.toggleProbe() }),
      Command(
        "probe-left", keys: [.left], "move the cursor left", in: .probe,
        .change { $0.moveProbe(columns: -1, rows: 0, .cells) }),
      Command(
        "probe-right", keys: [.right], "move the cursor right",
        footer: .init(
          "move", keysOf: ["probe-left", "probe-right", "probe-up", "probe-down"]),
        in: .probe, .change { $0.moveProbe(columns: 1, rows: 0, .cells) }),
      Command(
        "probe-up", keys: [.up], "move the cursor up", in: .probe,
        .change { $0.moveProbe(columns: 0, rows: -1, .cells) }),
      Command(
        "probe-down", keys: [.down], "move the cursor down", in: .probe,
        .change { $0.moveProbe(columns: 0, rows: 1, .cells) }),
      Command(
        "probe-pixel-left", keys: [Key(.left, .shift)], "move it left by one pixel", in: .probe,
        .change { $0.moveProbe(columns: -1, rows: 0, .pixels) }),
      Command(
        "probe-pixel-right", keys: [Key(.right, .shift)], "move it right by one pixel", in: .probe,
        .change { $0.moveProbe(columns: 1, rows: 0, .pixels) }),
      Command(
        "probe-pixel-up", keys: [Key(.up, .shift)], "move it up by one pixel", in: .probe,
        .change { $0.moveProbe(columns: 0, rows: -1, .pixels) }),
      Command(
        "probe-pixel-down", keys: [Key(.down, .shift)], "move it down by one pixel", in: .probe,
        .change { $0.moveProbe(columns: 0, rows: 1, .pixels) }),
      Command(
        "follow-probe", keys: [.enter], "go to the latent that reads this pixel most",
        footer: "top latent", in: .probe, .change { $0.followProbe() }),
      Command(
        "leave-probe", keys: [.escape], "put the cursor away", footer: "leave", in: .probe,
        .change { $0.isProbing = false }),
    ])
}

extension ExplorerState {
  mutating func toggleProbe() {
    isProbing.toggle()
    if isProbing && probedKey == 0 && choices.input.text == nil {
      let grid = KeyGrid(shape: choices.tokenAxes)
      probedKey = grid.key(column: grid.columns / 2, row: grid.rows / 2, frame: shownFrame)
    }
  }

  /// How far one press moves the cursor.
  enum ProbeStep { case cells, pixels }

  mutating func moveProbe(columns: Int, rows: Int, _ step: ProbeStep) {
    if mapLiesOverLatents {
      probedLatent += columns
      if rows != 0 { choose(latent: choices.selection.latent + rows) }
      return
    }
    if let text = shownText, let area = mapArea {
      let lines = TextLines(text, width: area.width)
      guard let at = lines.place(of: probedKey) else { return }
      let column = lines.lines[at.line][at.index].column
      let next = probedKey + columns * (lines.lines[at.line][at.index].piece.tokens.count)
      let token =
        rows == 0 ? max(0, next) : lines.token(line: at.line + rows, column: column) ?? probedKey
      probedKey = min(token, max(0, choices.input.tensor.count - 1))
      return
    }
    let grid = KeyGrid(shape: choices.tokenAxes)
    let size = step == .cells ? (mapViewport?.pixelsPerCell ?? (1, 1)) : (1, 1)
    let at = grid.place(of: probedKey)
    let column = min(max(0, at.column + columns * size.0), max(0, grid.columns - 1))
    let row = min(max(0, at.row + rows * size.1), max(0, grid.rows - 1))
    probe(column: column, row: row)
  }

  /// Puts the cursor on a pixel of the shown frame and keeps it in view.
  mutating func probe(column: Int, row: Int) {
    let grid = KeyGrid(shape: choices.tokenAxes)
    isProbing = true
    probedKey = grid.key(column: column, row: row, frame: shownFrame)
    if let viewport = mapViewport, viewport.cell(x: column, y: row) == nil {
      choices.view.centre.x = (Double(column) + 0.5) / Double(max(1, grid.columns))
      choices.view.centre.y = (Double(row) + 0.5) / Double(max(1, grid.rows))
    }
  }

  mutating func followProbe() {
    guard let request = wantedReadings, case .received(let weights)? = open.answers[request],
      let most = weights.first
    else {
      message = .information("still computing which latents read this")
      return
    }
    choose(latent: most.latent)
    message = .information("latent \(most.latent + 1) reads this pixel most")
  }
}
