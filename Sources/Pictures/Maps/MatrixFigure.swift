// How alike each is to each, as a figure of colours.

import Tensors

extension MapFigure {
  /// Shares of each with each, as a matrix of colours on a scale from 0 to 1.
  ///
  /// - Parameters:
  ///   - shares: `[names, names]`, from 0 to 1.
  ///   - names: What the rows are called, and the columns.
  package static func matrix(
    of shares: Tensor, names: [String], title: String, colours: ColourMap, notes: [String]
  ) -> MapFigure {
    MapFigure(
      title: title, photo: nil, panels: [Panel(caption: "", tiles: [Tile(shares, label: "")])],
      appearance: MapAppearance(transfer: .linear, colours: colours),
      scale: .ofAllMaps(.leastToLargest), scaledAs: [0, 1],
      notes: notes
        + ["Rows from the top, and columns from the left: \(names.joined(separator: ", "))."])
  }
}
