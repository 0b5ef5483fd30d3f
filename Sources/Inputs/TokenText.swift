// Tokens that are bytes of a text, or bare numbers, as a person reads them.

/// A sequence of tokens in characters.
public struct TokenText: Sendable, Hashable {
  /// A character or number, with the tokens it stands for.
  public struct Piece: Sendable, Hashable {
    /// What a piece is.
    public enum Content: Sendable, Hashable {
      /// A character; nil for a byte that is no UTF-8.
      case bytes(String?)
      /// A token's number; nil where it is no whole one.
      case number(Int?)
      /// A token that is no byte, by its name: `[MASK]`.
      case special(String)
    }

    /// What it is.
    public let content: Content
    /// Its tokens, from 0.
    public let tokens: Range<Int>
    /// Whether the line ends after it.
    public let endsLine: Bool

    /// The piece for tokens further on.
    func moved(by count: Int) -> Piece {
      Piece(
        content: content, tokens: tokens.lowerBound + count..<tokens.upperBound + count,
        endsLine: endsLine)
    }
  }

  /// The pieces, in order; together they have every token once.
  public let pieces: [Piece]

  init(pieces: [Piece]) { self.pieces = pieces }

  /// A text whose bytes in UTF-8 are its tokens. What is no UTF-8 is shown byte by byte.
  public init(bytes: [UInt8]) {
    var pieces: [Piece] = []
    var start = 0
    while start < bytes.count {
      let length = Self.length(of: bytes[start...])
      let text = String(decoding: bytes[start..<start + length], as: UTF8.self)
      let isWhole = length > 1 || bytes[start] < 0x80
      pieces.append(
        Piece(
          content: .bytes(isWhole ? text : nil), tokens: start..<start + length,
          endsLine: bytes[start] == 0x0A))
      start += length
    }
    self.pieces = pieces
  }

  /// Tokens that are shown as their numbers.
  public init(numbers: [Float]) {
    pieces = numbers.enumerated().map { index, number in
      let isWhole = number == number.rounded() && abs(number) < 1e9
      return Piece(
        content: .number(isWhole ? Int(number) : nil), tokens: index..<index + 1, endsLine: false)
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
}
