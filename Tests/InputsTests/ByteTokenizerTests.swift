// Text as tokens: the numbers are of make_tokens.py.

import Foundation
import Inputs
import Perceiver
import Tensors
import Testing

@Suite("Text is numbered as transformers numbers it")
struct ByteTokenizerTests {
  private static let form = TextForm(
    offset: 6, start: 4, end: 5, mask: 3,
    specials: ["[PAD]", "[BOS]", "[EOS]", "[MASK]", "[CLS]", "[SEP]"])
  private static let tokenizer = ByteTokenizer(form)

  private static func tokens(_ text: String, longest: Int = 2048, window: Int = 0)
    -> ByteTokenizer.TokenizedText
  {
    tokenizer.tokens(of: Array(text.utf8), longest: longest, window: window).tokens
  }

  private static func cases() throws -> [(text: String, numbers: [Int])] {
    let file = Bundle.module.bundleURL.appending(path: "Fixtures/tokens.json")
    guard case .array(let cases) = try JSONValue(parsing: Array(Data(contentsOf: file))) else {
      return []
    }
    return cases.compactMap { json in
      guard case .string(let text)? = json["text"], case .array(let numbers)? = json["ids"] else {
        return nil
      }
      return (
        text, numbers.compactMap { if case .integer(let number) = $0 { number } else { nil } }
      )
    }
  }

  @Test("bytes, specials and masks have transformers' numbers")
  func numbers() throws {
    let cases = try Self.cases()
    #expect(cases.count == 11)
    for (text, numbers) in cases {
      #expect(Self.tokens(text).numbers == numbers, "\(text)")
    }
  }

  @Test("every token belongs to one piece, and numbers give the same pieces again")
  func pieces() throws {
    for (text, numbers) in try Self.cases() {
      let pieces = Self.tokens(text).text.pieces
      #expect(pieces.flatMap { Array($0.tokens) } == Array(numbers.indices), "\(text)")
      #expect(Self.tokenizer.text(of: numbers) == Self.tokens(text).text, "\(text)")
    }
    let contents = Self.tokens("é[MASK]").text.pieces.map(\.content)
    #expect(
      contents == [.special("[CLS]"), .bytes("é"), .special("[MASK]"), .special("[SEP]")])
  }

  @Test("a text that is longer than the model reads has windows, all of them full")
  func windows() {
    let bytes = (0..<25).map { UInt8(97 + $0) }
    let first = Self.tokenizer.tokens(of: bytes, longest: 12)
    #expect(first.windows == 3 && first.count == 25 && first.range == 0..<10)
    #expect(first.tokens.numbers == [4] + (0..<10).map { 103 + $0 } + [5])
    let last = Self.tokenizer.tokens(of: bytes, longest: 12, window: 2)
    #expect(last.range == 15..<25 && last.tokens.numbers.count == 12)
    #expect(Self.tokenizer.tokens(of: bytes, longest: 12, window: 9).range == 15..<25)
  }

  @Test("bytes that are no UTF-8 are tokens all the same")
  func otherBytes() {
    let tokens = Self.tokenizer.tokens(of: [0xFF, 0x41], longest: 9).tokens
    #expect(tokens.numbers == [4, 0xFF + 6, 0x41 + 6, 5])
    #expect(tokens.text.pieces.map(\.content)[1] == .bytes(nil))
  }
}
