// What a token of the input is called on the screen: where the cursor goes, and what maps lie over.

import Inputs

extension ExplorerState {
  /// One token of the input: `pixel`, `byte`, `sample`.
  var tokenWord: String {
    // Sound and labels beside frames are read in pieces.
    if let kind = open.inputModality, kind.axes.count != 3 { return "position" }
    return choices.input.tokenWord(of: open.tokenAxes)
  }

  /// What the cursor stands on, or would: `a pixel`, `the frame` of a film, `a latent`.
  var cursorWord: String {
    if isProbingLatents {
      return stageID?.kind.mapGround == .outputs && !open.showsRow ? "an output" : "a latent"
    }
    return shownGrid.frames > 1 ? "the frame" : "a \(tokenWord)"
  }
}
