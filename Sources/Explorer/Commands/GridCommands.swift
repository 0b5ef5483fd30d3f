// The grid of small maps: going from one to the next and from row to row, opening one.

import Perceiver
import Screens

extension CommandGroup {
  static let grid = CommandGroup(
    "grid", "go through the grid of latents, and Figure 3",
    [
      Command(
        "next-cell", keys: [.right], "next small map",
        footer: .init(
          "move", keysOf: ["previous-cell", "next-cell", "cell-up", "cell-down"]),
        in: .grid, counting: .repeats, unless: \.reasonAgainstLatents,
        .change { $0.choose(latent: $0.choices.selection.latent + 1) }),
      Command(
        "previous-cell", keys: [.left], "previous small map", in: .grid, counting: .repeats,
        unless: \.reasonAgainstLatents,
        .change { $0.choose(latent: $0.choices.selection.latent - 1) }),
      Command(
        "cell-down", keys: [.down, .character("j")], "down the grid of small maps", in: .grid,
        counting: .repeats, unless: \.reasonAgainstLatents, .change { $0.moveInGridRows(by: 1) }),
      Command(
        "cell-up", keys: [.up, .character("k")], "up the grid of small maps", in: .grid,
        counting: .repeats, unless: \.reasonAgainstLatents, .change { $0.moveInGridRows(by: -1) }),
      Command(
        "open-cell", keys: [.enter], "this latent's map, large", footer: "large", in: .grid,
        unless: \.reasonAgainstLatents, .change { $0.openCell() }),
      Command(
        "leave-grid", keys: [.escape], "back to one map", footer: "leave", in: .grid,
        .start { $0.leave() }),
    ])
}

extension ExplorerState {
  /// Whether the large pane shows small maps of latents among which keys move.
  var isGridShown: Bool {
    mapView == .grid && stage?.attention != nil && !isDifferenceShown
  }

  /// Goes up or down in the grid, a row at a time; at its ends it stays.
  mutating func moveInGridRows(by rows: Int) {
    guard let tiles = gridTiles else { return }
    let goal = choices.selection.latent + rows * tiles.columns
    if (0..<latentCount).contains(goal) { choose(latent: goal) }
  }

  /// Opens or closes the grid at once; pressed again before the hand has left the key, as `gg`, shows
  /// what was shown before, and of it the first latent.
  mutating func toggleGridOrGoToFirst() -> [ExplorerEffect] {
    if let former = viewBeforeGridKey, reasonAgainstLatents == nil {
      (choices.view, viewBeforeGridKey) = (former, nil)
      choose(latent: 0)
      message = .information("\(mapView.name), \(mapOwner) 1 of \(latentCount)")
      return []
    }
    let former = choices.view
    toggleGrid()
    gridKeyRounds += 1
    viewBeforeGridKey = former
    return [.startTimer(.secondGridKey(gridKeyRounds), seconds: 0.3)]
  }

  /// Shows the chosen latent's map alone.
  mutating func openCell() {
    choose(latent: choices.selection.latent)
    show(.one)
  }
}
