// Choosing latents and heads, and moving the cursor.

import Perceiver

extension ExplorerState {
  /// Shows one latent's map; numbers beyond the ends count as the ends.
  mutating func choose(latent: Int) {
    choices.selection.aggregate = .one
    choices.selection.latent = min(max(0, latent), max(0, latentCount - 1))
  }

  mutating func nextHead() {
    guard let place else { return }
    let head = choices.selection.headIndex(at: place)
    choices.selection.setHead((head + 1) % max(1, place.heads), for: place.kind)
  }

  mutating func toggleProbe() {
    isProbing.toggle()
    if isProbing && probedKey == 0 && choices.input.text == nil {
      let grid = KeyGrid(shape: choices.input.axes)
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
    let grid = KeyGrid(shape: choices.input.axes)
    let size = step == .cells ? (mapViewport?.pixelsPerCell ?? (1, 1)) : (1, 1)
    let at = grid.place(of: probedKey)
    let column = min(max(0, at.column + columns * size.0), max(0, grid.columns - 1))
    let row = min(max(0, at.row + rows * size.1), max(0, grid.rows - 1))
    probe(column: column, row: row)
  }

  /// Puts the cursor on a pixel of the shown frame and keeps it in view.
  mutating func probe(column: Int, row: Int) {
    let grid = KeyGrid(shape: choices.input.axes)
    isProbing = true
    probedKey = grid.key(column: column, row: row, frame: shownFrame)
    if let viewport = mapViewport, viewport.cell(x: column, y: row) == nil {
      choices.view.centre.x = (Double(column) + 0.5) / Double(max(1, grid.columns))
      choices.view.centre.y = (Double(row) + 0.5) / Double(max(1, grid.rows))
    }
  }

  mutating func followProbe() {
    guard let request = wantedReadings, case .received(let weights)? = answers[request],
      let most = weights.first
    else {
      message = .information("still asking which latents read this")
      return
    }
    choose(latent: most.latent)
    message = .information("latent \(most.latent + 1) reads it most")
  }
}
