// What the mouse does now, for `?`. What it does is in Update/Mouse.swift.

import Perceiver

extension ExplorerState {
  /// What is done with the mouse, and what it does: on the large pane first, then on what else is
  /// there.
  var mouseWords: [(action: String, words: String)] {
    largePaneMouseWords + besideMouseWords
  }

  private var largePaneMouseWords: [(String, String)] {
    func list(_ thing: String, opening: String) -> [(String, String)] {
      [("click", "chooses \(thing); on the chosen one it \(opening)")]
    }
    if isHeadTableShown {
      return list("a head", opening: "goes to its map")
        + [("wheel", areHeadTilesShown ? "goes through the stages" : "moves in the table")]
    }
    if isNumberTableShown {
      return list("a line", opening: "goes to its map") + [("wheel", "moves in the table")]
    }
    if areReadersShown {
      return list("a reader", opening: "goes to its map") + [("wheel", "moves in the list")]
    }
    if areChannelsShown {
      guard channelTable.isOpen else {
        return list("a channel", opening: "opens it") + [("wheel", "goes through the rows")]
      }
      return zoomWords
    }
    if isGridShown {
      return list("a \(mapOwner)", opening: "shows its map large")
        + [("wheel", "goes through the rows")]
    }
    guard reasonAgainstProbe == nil else { return zoomWords }
    let drag =
      reasonAgainstMarking == nil
      ? "hides \(markedWords), or shows \(shownGrid.rows > 1 ? "it" : "them") again"
      : "moves the cursor"
    return [("click", "puts the cursor on \(cursorWord)"), ("drag", drag)] + zoomWords
  }

  /// What a drag marks.
  private var markedWords: String {
    shownGrid.rows > 1 ? "a rectangle of pixels" : "\(tokenWord)s"
  }

  private var zoomWords: [(String, String)] {
    reasonAgainstZoom == nil ? [("wheel", "zooms the picture")] : []
  }

  /// What it does beside the large pane: what has no area now is left out.
  private var besideMouseWords: [(String, String)] {
    guard let layout else { return [] }
    let owner = mapOwner
    let points = "\(terminal.symbols.pointLeft) or \(terminal.symbols.pointRight)"
    var words: [(String, String)] = []
    if layout.latents != nil {
      words.append(
        (
          "on the strip",
          "a click chooses a \(owner), the wheel goes to the next or the previous one"
        ))
    }
    if layout.area(of: HyperparametersPane.self) != nil {
      words.append(
        (
          "on a hyperparameter",
          "a click chooses it, and on the chosen one edits its value, or on \(points) steps it; the wheel "
            + "moves in the list"
        ))
    }
    if layout.area(of: ClassesPane.self) != nil, reasonAgainstWhyClass == nil {
      words.append(("on a class", "a click explains it"))
    }
    words.append(("on a pane whose title shows a key", "a click presses that key"))
    return words + [
      ("on a stage below", "a click goes to it, the wheel to the next or the previous one"),
      ("on the last line", "a click presses the key that stands there"),
    ]
  }
}
