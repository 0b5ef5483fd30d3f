// What a token of an input is called: where a cursor goes, and what maps lie over.

extension Input {
  /// One token: `pixel`, `byte`, `sample`.
  ///
  /// - Parameter tokens: The axes of the tokens that a model makes of the input.
  package func tokenWord(of tokens: [Int]) -> String {
    switch content {
    case .picture, .frames, .film: "pixel"
    case .array(let shown): shown.isEmpty ? "position" : "pixel"
    case .sound: tokens == axes ? "sample" : "position"
    case .text(let text): text.isOfBytes ? "byte" : "token"
    }
  }

  /// What figures call it: its file, or what it is where it came on the command line.
  package var title: String {
    if isText, case .text? = source?.named { "text" } else { name }
  }
}

extension TokenText {
  /// Whether its tokens are bytes, but for those that have names.
  fileprivate var isOfBytes: Bool {
    pieces.contains { if case .bytes = $0.content { true } else { false } }
  }
}
