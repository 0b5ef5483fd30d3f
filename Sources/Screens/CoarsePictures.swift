// Pictures in few bytes, for lines that carry little while a key repeats.

extension Screen {
  /// The screen with its pictures in blocks of one colour, `columns` cells wide each; all else is as
  /// it was.
  ///
  /// A cell of a picture has a half block, or a background and no glyph. Of cells in a row, the
  /// first then carries the colours, and the others a byte each.
  public func withCoarsePictures(columns: Int = 4) -> Screen {
    guard columns > 1 else { return self }
    var coarse = self
    for y in 0..<height {
      for start in stride(from: 0, to: width, by: columns) {
        let block = (start..<min(start + columns, width)).filter { isPicture(self[$0, y]) }
        guard block.count > 1 else { continue }
        let style = Style(background: mean(of: block.map { self[$0, y].style }))
        for x in block { coarse.put(" ", x: x, y: y, style: style) }
      }
    }
    return coarse
  }

  private func isPicture(_ cell: Cell) -> Bool {
    guard cell.span == .single, cell.style.background != nil else { return false }
    return cell.character == "▀" || cell.character == " " && cell.style.attributes.isEmpty
  }

  /// The mean of all pixels of some cells.
  private func mean(of styles: [Style]) -> Colour {
    let colours = styles.flatMap { style -> [Colour] in
      guard let lower = style.background else { return [] }
      return [style.foreground ?? lower, lower]
    }
    func mean(_ channel: (Colour) -> UInt8) -> UInt8 {
      UInt8(colours.reduce(0) { $0 + Int(channel($1)) } / max(1, colours.count))
    }
    return Colour(mean(\.red), mean(\.green), mean(\.blue))
  }
}
