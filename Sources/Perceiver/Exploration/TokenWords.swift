// What sentences call the tokens that a map's numbers belong to: pixels of a picture, tokens of a text.

/// The words for the tokens of an input, and for the input as a whole.
package struct TokenWords: Sendable, Hashable {
  /// One token: `pixel`.
  package let one: String
  /// Several: `pixels`.
  package let many: String
  /// All of them together: `the picture`.
  package let whole: String
  /// The same, as the opposite of halves: `the whole picture`.
  package var all: String { called("the whole") }
  /// One more of the kind: `the other picture`.
  package var other: String { called("the other") }
  /// The one that is open: `this picture`.
  package var this: String { called("this") }
  /// One of the kind that is to be opened: `second picture`.
  package var second: String { called("second") }
  /// Random halves of it: `half pictures`.
  package let halves: String

  /// All of them together, with other words in the place of `the`.
  private func called(_ words: String) -> String {
    whole.replacing("the ", with: words + " ", maxReplacements: 1)
  }

  /// A sentence about a picture, said of this input.
  func said(_ sentence: String) -> String {
    let picture = Self.picture
    return [
      (picture.halves, halves), (picture.whole, whole), (picture.many, many), (picture.one, one),
    ].reduce(sentence) { $0.replacing($1.0, with: $1.1) }
  }

  /// Of a picture, or of two frames that are read as one.
  package static let picture = TokenWords(
    one: "pixel", many: "pixels", whole: "the picture", halves: "half pictures")
  /// Of frames one after another.
  package static let frames = TokenWords(
    one: "pixel", many: "pixels", whole: "the film", halves: "half films")
  /// Of a text.
  package static let text = TokenWords(
    one: "token", many: "tokens", whole: "the text", halves: "half texts")
  /// Of sound, of an array of one axis, and of kinds of tokens that are read together.
  package static let line = TokenWords(
    one: "position", many: "positions", whole: "the input", halves: "half inputs")
}

extension PerceiverRun {
  /// The words for what maps over the input lie over.
  package var tokenWords: TokenWords {
    if readsTokenNumbers { return .text }
    switch mapAxes.count {
    case ...1: return .line
    case 2: return .picture
    default: return .frames
    }
  }
}
