// Keys as a line of text, for replaying what a person pressed: `→ → 3] ':depth 4' Enter`.

import Screens

/// Keys in their order.
public struct KeyScript: Sendable, Hashable {
  /// The keys.
  public let keys: [Key]

  /// Reads keys by their names, separated by spaces, a number before a key with it: `3]`, `3Right`.
  /// What stands in single quotes is typed, as is a word without letters.
  ///
  /// - Throws: `KeyScriptError` with the word that is no key.
  public init(_ text: String) throws(KeyScriptError) {
    var keys: [Key] = []
    var rest = Substring(text)
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
      } else if first == "'" {
        rest.removeFirst()
        guard let end = rest.firstIndex(of: "'") else {
          throw KeyScriptError(found: "'" + rest, expected: "a quote at the end")
        }
        keys += rest[..<end].map { Key.character($0) }
        rest = rest[rest.index(after: end)...]
      } else {
        let word = rest.prefix { !$0.isWhitespace }
        rest = rest[word.endIndex...]
        keys += try Self.keys(String(word))
      }
    }
    self.keys = keys
  }

  private static func keys(_ word: String) throws(KeyScriptError) -> [Key] {
    if let key = Key(word) { return [key] }
    // A mistyped name such as Entr is no keys.
    if word.allSatisfy({ $0.isASCII && !$0.isLetter }) { return word.map { Key.character($0) } }
    let number = word.prefix { $0.isASCII && $0.isNumber }
    guard !number.isEmpty, let key = Key(String(word[number.endIndex...])) else {
      throw KeyScriptError(
        found: word, expected: "the name of a key such as Right or Ctrl-R, or text in single quotes"
      )
    }
    return number.map { Key.character($0) } + [key]
  }
}

/// Words that are no keys.
public struct KeyScriptError: Error, Hashable, CustomStringConvertible {
  /// What was found.
  public let found: String
  /// What was expected.
  public let expected: String

  /// One line.
  public var description: String { "expected \(expected), found \(found)" }
}
