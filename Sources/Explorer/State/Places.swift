// What a place of the input is called on the screen: where the cursor goes, and what maps lie over.

import Inputs

extension ExplorerState {
  /// One place of the input: `pixel`, `byte`, `sample`.
  var inputPlace: String {
    // Sound and labels beside frames are read in pieces.
    if let kind = open.inputModality, kind.axes.count != 3 { return "position" }
    return choices.input.place(ofTokens: open.tokenAxes)
  }

  /// What the cursor stands on, or would: `a pixel`, `the frame` of a film, `a latent`.
  var cursorPlace: String {
    if isProbingLatents {
      return stageID?.kind.mapGround == .outputs && !open.showsRow ? "an output" : "a latent"
    }
    return shownGrid.frames > 1 ? "the frame" : "a \(inputPlace)"
  }
}
