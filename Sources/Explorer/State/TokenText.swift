// Tokens that are bytes of a text, or bare numbers, as a person reads them.

import Screens
import Tensors

/// A sequence of tokens in characters.
public struct TokenText: Sendable, Hashable {
  /// A character or number as it is shown, with the tokens it stands for.
  public struct Piece: Sendable, Hashable {
    /// What is shown; never a control character.
    public let shown: String
    /// Its tokens, from 0.
    public let tokens: Range<Int>
    /// Whether the line ends after it.
    public let endsLine: Bool
  }

  /// The pieces, in order; together they have every token once.
  public let pieces: [Piece]

  /// A text whose bytes in UTF-8 are its tokens. What is no UTF-8 is shown byte by byte.
  public init(bytes: [UInt8]) {
    var pieces: [Piece] = []
    var start = 0
    while start < bytes.count {
      let length = Self.length(of: bytes[start...])
      let text = String(decoding: bytes[start..<start + length], as: UTF8.self)
      pieces.append(
        Piece(
          shown: Self.shown(text, bytes[start], isWhole: length > 1 || bytes[start] < 0x80),
          tokens: start..<start + length, endsLine: bytes[start] == 0x0A))
      start += length
    }
    self.pieces = pieces
  }

  /// Tokens that are shown as their numbers.
  public init(numbers: [Float]) {
    pieces = numbers.enumerated().map { index, number in
      Piece(
        shown: number == number.rounded() && abs(number) < 1e9 ? "\(Int(number)) " : "? ",
        tokens: index..<index + 1, endsLine: false)
    }
  }

  /// The bytes of the character that a text begins with; 1 where they are no UTF-8.
  private static func length(of bytes: ArraySlice<UInt8>) -> Int {
    guard let first = bytes.first else { return 0 }
    let length =
      switch first {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 1
      }
    let rest = bytes.dropFirst().prefix(length - 1)
    guard rest.count == length - 1, rest.allSatisfy({ 0x80...0xBF ~= $0 }) else { return 1 }
    return String(validating: bytes.prefix(length), as: UTF8.self) == nil ? 1 : length
  }

  private static func shown(_ text: String, _ first: UInt8, isWhole: Bool) -> String {
    switch first {
    case 0x0A: return " "
    case 0x09: return "  "
    default: break
    }
    // Control characters and combining marks alone would move what stands beside them.
    return isWhole && text.displayWidth > 0 && text.visible == text ? text : "?"
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
  func place(of token: Int) -> (line: Int, index: Int)? {
    for (line, pieces) in lines.enumerated() {
      if let index = pieces.firstIndex(where: { $0.piece.tokens.contains(token) }) {
        return (line, index)
      }
    }
    return nil
  }

  /// The first token of the piece at a place, or of the nearest one.
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
