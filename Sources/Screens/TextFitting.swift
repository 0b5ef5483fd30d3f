// Text brought to a number of columns.

extension StringProtocol {
  /// The text when it fits into `width` columns, else its beginning and `ellipsis`.
  ///
  /// Where not even the ellipsis fits, as much of the ellipsis as does.
  public func truncated(toWidth width: Int, ellipsis: String = "…") -> String {
    if displayWidth <= width { return String(self) }
    let ellipsisWidth = ellipsis.displayWidth
    if ellipsisWidth > width { return ellipsis.prefix(columns: width) }
    return prefix(columns: width - ellipsisWidth) + ellipsis
  }

  /// The text when it fits into `width` columns, else `ellipsis` and its end, as suits paths.
  public func truncatedAtStart(toWidth width: Int, ellipsis: String = "…") -> String {
    if displayWidth <= width { return String(self) }
    let ellipsisWidth = ellipsis.displayWidth
    if ellipsisWidth > width { return ellipsis.prefix(columns: width) }
    var kept: [Character] = []
    var free = width - ellipsisWidth
    for character in visible.reversed() {
      free -= character.displayWidth
      if free < 0 { break }
      kept.append(character)
    }
    return ellipsis + String(kept.reversed())
  }

  /// The text with spaces added to make it `width` columns; unchanged when it is longer.
  public func padded(toWidth width: Int, _ alignment: Alignment = .leading) -> String {
    let free = width - displayWidth
    guard free > 0 else { return String(self) }
    let before =
      switch alignment {
      case .leading: 0
      case .centre: free / 2
      case .trailing: free
      }
    return String(repeating: " ", count: before) + self
      + String(repeating: " ", count: free - before)
  }

  /// The text in lines of at most `width` columns, broken at spaces, and inside words only where
  /// one is longer than a line; newlines stay. Empty when `width` is below 1.
  public func wrapped(toWidth width: Int) -> [String] {
    guard width >= 1 else { return [] }
    var lines: [String] = []
    for paragraph in visibleLines.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      var lineWidth = 0
      for word in paragraph.split(separator: " ") {
        var word = String(word)
        var wordWidth = word.displayWidth
        if lineWidth > 0 && lineWidth + 1 + wordWidth > width {
          lines.append(line)
          line = ""
          lineWidth = 0
        }
        if wordWidth > width {
          var pieces = word.pieces(ofColumns: width)
          word = pieces.removeLast()
          wordWidth = word.displayWidth
          lines += pieces
        }
        line += lineWidth > 0 ? " " + word : word
        lineWidth += lineWidth > 0 ? 1 + wordWidth : wordWidth
      }
      lines.append(line)
    }
    return lines
  }

  /// The text in pieces of at most `columns`, which is 1 or more; never empty.
  ///
  /// A wide character in a piece of one column is cut where it is drawn.
  private func pieces(ofColumns columns: Int) -> [String] {
    var pieces = [""]
    var used = 0
    for character in self {
      let width = character.displayWidth
      if used > 0, used + width > columns {
        pieces.append("")
        used = 0
      }
      pieces[pieces.count - 1].append(character)
      used += width
    }
    return pieces
  }

  private func prefix(columns: Int) -> String {
    var kept = ""
    var free = columns
    for character in visible {
      free -= character.displayWidth
      if free < 0 { break }
      kept.append(character)
    }
    return kept
  }
}

extension StringProtocol {
  /// The text without any number of a character at its end.
  package func trimmingSuffix(_ character: Character) -> String {
    var rest = self[...]
    while rest.last == character { rest.removeLast() }
    return String(rest)
  }
}
