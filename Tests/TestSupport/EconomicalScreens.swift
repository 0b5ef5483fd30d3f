// Screens in the form in which they are written, alone.

import Screens

extension Screen {
  /// The screen as `economical` gives it, without how exactly its pictures are shown.
  public func withEconomicalPictures(
    over shown: Screen?, of asked: Screen? = nil, depth: ColourDepth, symbols: Symbols,
    _ fidelity: PictureFidelity
  ) -> Screen {
    economical(over: shown, of: asked, depth: depth, symbols: symbols, fidelity).screen
  }
}
