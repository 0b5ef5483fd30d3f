// Text as numbers of tokens: a byte is a token, and some words in brackets are tokens of their own.

import Perceiver

/// A tokenizer of bytes, equal to transformers' `PerceiverTokenizer` where a model has its form.
public struct ByteTokenizer: Sendable {
  /// A text as tokens.
  public struct TokenizedText: Sendable, Hashable {
    /// The numbers, with those before and behind the text.
    public let numbers: [Int]
    /// The bytes or special that each stands for.
    public let text: TokenText
  }

  /// A part of a text that is one token.
  private enum Part {
    case byte(UInt8)
    case special(Int)
  }

  private let form: TextForm

  /// A tokenizer of a model's form.
  public init(_ form: TextForm) { self.form = form }

  /// Whether some tokens are no bytes.
  var hasSpecials: Bool { !form.specials.isEmpty }

  /// Tokens that stand before and behind every text.
  private var aroundCount: Int { (form.start == nil ? 0 : 1) + (form.end == nil ? 0 : 1) }

  /// The tokens of a text, or of a window of it.
  ///
  /// - Parameters:
  ///   - bytes: The text in UTF-8; other bytes are taken as they are.
  ///   - longest: The most tokens that there may be, those before and behind the text among them.
  ///   - window: Which window, from 0, where the text is longer; the last begins so that it is full.
  /// - Returns: The tokens, and how many windows there are.
  public func tokens(
    of bytes: [UInt8], longest: Int, window: Int = 0
  ) -> (tokens: TokenizedText, range: Range<Int>, count: Int, windows: Int) {
    let parts = parts(of: bytes)
    let room = max(1, longest - aroundCount)
    let windows = max(1, (parts.count + room - 1) / room)
    let start = max(0, min(min(window, windows - 1) * room, parts.count - room))
    let range = start..<min(parts.count, start + room)
    return (tokens(of: parts[range]), range, parts.count, windows)
  }

  private func tokens(of parts: ArraySlice<Part>) -> TokenizedText {
    var numbers: [Int] = []
    var pieces: [TokenText.Piece] = []
    var run: [UInt8] = []
    func add(special token: Int) {
      pieces.append(
        TokenText.Piece(
          content: .special(name(of: token)), tokens: numbers.count..<numbers.count + 1,
          endsLine: false))
      numbers.append(token)
    }
    func addRun() {
      pieces += TokenText(bytes: run).pieces.map { $0.moved(by: numbers.count) }
      numbers += run.map { Int($0) + form.offset }
      run = []
    }
    if let start = form.start { add(special: start) }
    for part in parts {
      switch part {
      case .byte(let byte): run.append(byte)
      case .special(let token):
        addRun()
        add(special: token)
      }
    }
    addRun()
    if let end = form.end { add(special: end) }
    return TokenizedText(numbers: numbers, text: TokenText(pieces: pieces))
  }

  private func parts(of bytes: [UInt8]) -> [Part] {
    let specials = form.specials.map { Array($0.utf8) }
    var parts: [Part] = []
    parts.reserveCapacity(bytes.count)
    var offset = 0
    while offset < bytes.count {
      if bytes[offset] == UInt8(ascii: "["),
        let token = specials.firstIndex(where: { bytes[offset...].starts(with: $0) })
      {
        parts.append(.special(token))
        offset += specials[token].count
      } else {
        parts.append(.byte(bytes[offset]))
        offset += 1
      }
    }
    return parts
  }

  /// What numbers of tokens stand for.
  public func text(of numbers: [Int]) -> TokenText {
    var pieces: [TokenText.Piece] = []
    var run: [UInt8] = []
    for (index, number) in (numbers + [-1]).enumerated() {
      if let byte = UInt8(exactly: number - form.offset), number >= form.offset {
        run.append(byte)
        continue
      }
      pieces += TokenText(bytes: run).pieces.map { $0.moved(by: index - run.count) }
      run = []
      guard index < numbers.count else { break }
      pieces.append(
        TokenText.Piece(
          content: .special(name(of: number)), tokens: index..<index + 1, endsLine: false))
    }
    return TokenText(pieces: pieces)
  }

  private func name(of token: Int) -> String { form.name(of: token) }
}
