// Screens as text: bare, or with the escape sequences that colour it.

extension Screen {
  /// The characters, a line per row without the spaces at its end, each line ending in a newline.
  public var plainText: String {
    var text = ""
    for y in 0..<height {
      text += plainRow(y)
      text += "\n"
    }
    return text
  }

  /// The characters of one row without the spaces at its end; empty outside the screen.
  public func plainRow(_ y: Int) -> String {
    guard y >= 0, y < height else { return "" }
    var row = ""
    var spaces = 0
    for x in 0..<width {
      let cell = self[x, y]
      switch cell.span {
      case .trailing: continue
      case .single where cell.character == " ": spaces += 1
      case .single, .leading:
        for _ in 0..<spaces { row.append(" ") }
        spaces = 0
        row.append(cell.character)
      }
    }
    return row
  }

  /// The characters with SGR sequences (ECMA-48, and `38;2` or `38;5` for colours), a line per row.
  ///
  /// Only changes of style are written, and each line ends in the terminal's own style, so that
  /// lines can be cut out. Spaces at a line's end are left out where they cannot be seen.
  public func ansiText(depth: ColourDepth) -> String {
    var text = ""
    for y in 0..<height {
      var current = depth.resolve(.plain)
      let plain = current
      for x in 0..<shownWidth(ofRow: y, depth: depth) {
        let cell = self[x, y]
        if cell.span == .trailing { continue }
        let wanted = depth.resolve(cell.style)
        if wanted != current {
          text += sgr(from: current, to: wanted, depth: depth)
          current = wanted
        }
        text.append(cell.character)
      }
      if current != plain { text += "\u{1B}[0m" }
      text += "\n"
    }
    return text
  }

  private func shownWidth(ofRow y: Int, depth: ColourDepth) -> Int {
    let plain = depth.resolve(.plain)
    var end = width
    while end > 0 {
      let cell = self[end - 1, y]
      let style = depth.resolve(cell.style)
      let canBeSeen =
        style.background != plain.background
        || !style.attributes.isDisjoint(with: [.underline, .reverse])
      guard cell.span == .single, cell.character == " ", !canBeSeen else { break }
      end -= 1
    }
    return end
  }
}

private func sgr(from old: ResolvedStyle, to new: ResolvedStyle, depth: ColourDepth) -> String {
  var old = old
  var codes: [String] = []
  // Attributes are switched off together: 22 would end bold and dim alike.
  if !old.attributes.isSubset(of: new.attributes) {
    codes.append("0")
    old = ResolvedStyle(foreground: nil, background: nil, attributes: [])
  }
  let added = new.attributes.subtracting(old.attributes)
  for (attribute, code) in attributeCodes where added.contains(attribute) { codes.append(code) }
  if old.foreground != new.foreground {
    codes.append(colourCode(new.foreground, base: 30, depth: depth))
  }
  if old.background != new.background {
    codes.append(colourCode(new.background, base: 40, depth: depth))
  }
  return "\u{1B}[" + codes.joined(separator: ";") + "m"
}

private let attributeCodes: [(Style.Attributes, String)] = [
  (.bold, "1"), (.dim, "2"), (.underline, "4"), (.reverse, "7"),
]

private func colourCode(_ index: Int?, base: Int, depth: ColourDepth) -> String {
  guard let index else { return "\(base + 9)" }
  switch depth {
  case .monochrome: return "\(base + 9)"
  case .indexed8: return "\(base + index)"
  case .indexed256: return "\(base + 8);5;\(index)"
  case .direct:
    return "\(base + 8);2;\(index >> 16 & 0xFF);\(index >> 8 & 0xFF);\(index & 0xFF)"
  }
}
