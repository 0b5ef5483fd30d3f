// Tokens as characters of the screen, in lines.

import Inputs
import Screens

extension TokenText.Piece {
  /// What is shown of it; never a control character.
  public var shown: String {
    switch content {
    case .special(let name): return name
    case .number(let number): return number.map { "\($0) " } ?? "? "
    case .bytes(let text):
      switch text {
      case "\n": return " "
      case "\t": return "  "
      // Control characters and combining marks alone would move what stands beside them.
      case let text?: return text.displayWidth > 0 && text.visible == text ? text : "?"
      case nil: return "?"
      }
    }
  }
}

extension TokenText.Piece {
  /// The mean of its tokens' numbers, those left out that are not finite; NaN where none is left.
  func mean(of values: [Float]) -> Float {
    let numbers = tokens.filter { values.indices.contains($0) }.map { values[$0] }
      .filter(\.isFinite)
    return numbers.isEmpty ? .nan : numbers.reduce(0, +) / Float(numbers.count)
  }
}

/// A text broken into lines of a width.
struct TextLines: Sendable {
  /// Pieces with the column at which each begins.
  let lines: [[(column: Int, piece: TokenText.Piece)]]

  init(_ text: TokenText, width: Int) {
    var lines: [[(column: Int, piece: TokenText.Piece)]] = [[]]
    var column = 0
    for piece in text.pieces {
      let size = piece.shown.displayWidth
      if column > 0, column + size > width {
        lines.append([])
        column = 0
      }
      lines[lines.count - 1].append((column, piece))
      column += size
      if piece.endsLine {
        lines.append([])
        column = 0
      }
    }
    if lines.last?.isEmpty == true, lines.count > 1 { lines.removeLast() }
    self.lines = lines
  }

  /// Where a token stands.
  func coordinate(of token: Int) -> (line: Int, index: Int)? {
    for (line, pieces) in lines.enumerated() {
      if let index = pieces.firstIndex(where: { $0.piece.tokens.contains(token) }) {
        return (line, index)
      }
    }
    return nil
  }

  /// The first token of the piece at a coordinate, or of the nearest one.
  func token(line: Int, column: Int) -> Int? {
    let line = min(max(0, line), lines.count - 1)
    guard lines.indices.contains(line) else { return nil }
    return (lines[line].last { $0.column <= column } ?? lines[line].first)?.piece.tokens.lowerBound
  }

  /// The first line that is shown so that a line is among `count`.
  func firstShown(keeping line: Int, of count: Int) -> Int {
    min(max(0, line - count + 1), max(0, lines.count - count))
  }
}
