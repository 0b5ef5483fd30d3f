// A line of text that is being typed, with a cursor.

import Screens

/// A line being edited.
public struct LineEditor: Sendable, Hashable {
  /// The characters.
  public private(set) var characters: [Character]
  /// Where the next character goes, 0 to `characters.count`.
  public private(set) var cursor: Int

  /// A line with the cursor at its end.
  public init(_ text: String = "") {
    characters = Array(text)
    cursor = characters.count
  }

  /// The line.
  public var text: String { String(characters) }

  /// Replaces the line; the cursor stands at its end.
  public mutating func set(_ text: String) { self = LineEditor(text) }

  /// Puts text at the cursor, without line breaks and control characters.
  public mutating func insert(_ text: String) {
    let inserted = text.filter { character in
      character.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }
    characters.insert(contentsOf: inserted, at: cursor)
    cursor += inserted.count
  }

  /// Acts on a key of editing; false if the key is none.
  public mutating func handle(_ key: Key) -> Bool {
    if let typed = key.typed {
      insert(String(typed))
      return true
    }
    switch key {
    case .left: cursor = max(0, cursor - 1)
    case .right: cursor = min(characters.count, cursor + 1)
    case .home, .control("a"): cursor = 0
    case .end, .control("e"): cursor = characters.count
    case .backspace:
      guard cursor > 0 else { return true }
      cursor -= 1
      characters.remove(at: cursor)
    case .delete:
      if cursor < characters.count { characters.remove(at: cursor) }
    case .control("u"):
      characters.removeSubrange(..<cursor)
      cursor = 0
    case .control("k"): characters.removeSubrange(cursor...)
    case .control("w"):
      let end = cursor
      while cursor > 0, characters[cursor - 1] == " " { cursor -= 1 }
      while cursor > 0, characters[cursor - 1] != " " { cursor -= 1 }
      characters.removeSubrange(cursor..<end)
    default: return false
    }
    return true
  }
}
