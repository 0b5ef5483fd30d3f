// What a token of the input is called on the screen: where the cursor goes, and what maps lie over.

import Inputs

extension ExplorerState {
  /// One token of the input: `pixel`, `byte`, `sample`.
  var tokenWord: String {
    // Sound and labels beside frames are read in pieces.
    if let kind = open.inputModality, kind.axes.count != 3 { return "position" }
    switch choices.input.content {
    case .picture, .frames, .film: return "pixel"
    case .array(let shown): return shown.isEmpty ? "position" : "pixel"
    case .sound: return open.tokenAxes == choices.input.axes ? "sample" : "position"
    case .text(let text): return text.isOfBytes ? "byte" : "token"
    }
  }

  /// What the cursor stands on, or would: `a pixel`, `the frame` of a film, `a latent`.
  var cursorWord: String {
    if isProbingLatents {
      return stageID?.kind.mapGround == .outputs && !open.showsRow ? "an output" : "a latent"
    }
    return shownGrid.frames > 1 ? "the frame" : "a \(tokenWord)"
  }
}

extension TokenText {
  /// Whether its tokens are bytes, but for those that have names.
  fileprivate var isOfBytes: Bool {
    pieces.contains { if case .bytes = $0.content { true } else { false } }
  }
}
