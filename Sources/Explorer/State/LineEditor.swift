// A line of text that is being typed, with a cursor.

import Screens

/// A line being edited.
public struct LineEditor: Sendable, Hashable {
  /// The characters.
  public private(set) var characters: [Character]
  /// Where the next character goes, 0 to `characters.count`.
  public private(set) var cursor: Int
  /// Whether what is typed or pasted first takes the place of all that stands there.
  public private(set) var isReplacedByTyping = false

  /// A line with the cursor at its end.
  public init(_ text: String = "") {
    characters = Array(text)
    cursor = characters.count
  }

  /// A line whose text stays if it is edited, and goes if something is typed at once.
  public static func proposing(_ text: String) -> LineEditor {
    var line = LineEditor(text)
    line.isReplacedByTyping = true
    return line
  }

  /// The line.
  public var text: String { String(characters) }

  /// Replaces the line; the cursor stands at its end.
  public mutating func set(_ text: String) { self = LineEditor(text) }

  /// Puts text at the cursor, without line breaks and control characters, as far as the line has
  /// room: no pastes together make it longer than ``longest``. A proposed text gives way to it.
  public mutating func insert(_ text: String) {
    let typed = text.filter { character in
      character.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }
    if isReplacedByTyping, !typed.isEmpty { set("") }
    let inserted = typed.prefix(Self.longest - characters.count)
    characters.insert(contentsOf: inserted, at: cursor)
    cursor += inserted.count
  }

  /// The most characters of a line.
  public static let longest = 1 << 20

  /// What is seen of the line in `width` columns, 1 or more, with the cursor in them: the text
  /// before the cursor and the text from it on, which may be longer than there is room.
  ///
  /// It takes as long for a line of a million characters as for one that fits.
  func shown(inColumns width: Int) -> (before: String, after: String) {
    // Characters without a width are as many as marks in a text may be.
    let most = 8 * width
    var start = cursor
    var columns = 0
    while start > 0, cursor - start < most {
      columns += characters[start - 1].displayWidth
      if columns >= width { break }
      start -= 1
    }
    return (
      String(characters[start..<cursor]),
      String(characters[cursor..<min(characters.count, cursor + most)])
    )
  }

  /// Acts on a key of editing; false if the key is none.
  public mutating func handle(_ key: Key) -> Bool {
    defer { isReplacedByTyping = false }
    if let typed = key.typed {
      insert(String(typed))
      return true
    }
    guard let editing = Self.editingKeys.first(where: { $0.keys.contains(key) }) else {
      return false
    }
    editing.action(&self)
    return true
  }

  /// A key that edits a line.
  struct EditingKey: Sendable {
    let keys: [Key]
    let help: String
    let action: @Sendable (inout LineEditor) -> Void
  }

  /// The keys that edit any line, in the order in which help lists them.
  static let editingKeys: [EditingKey] = [
    EditingKey(keys: [.left], help: "one character left") { $0.cursor = max(0, $0.cursor - 1) },
    EditingKey(keys: [.right], help: "one character right") {
      $0.cursor = min($0.characters.count, $0.cursor + 1)
    },
    EditingKey(keys: [.home, .control("a")], help: "to the beginning of the line") {
      $0.cursor = 0
    },
    EditingKey(keys: [.end, .control("e")], help: "to the end of the line") {
      $0.cursor = $0.characters.count
    },
    EditingKey(keys: [.backspace], help: "delete the character before the cursor") {
      guard $0.cursor > 0 else { return }
      $0.cursor -= 1
      $0.characters.remove(at: $0.cursor)
    },
    EditingKey(keys: [.delete], help: "delete the character at the cursor") {
      if $0.cursor < $0.characters.count { $0.characters.remove(at: $0.cursor) }
    },
    EditingKey(keys: [.control("u")], help: "delete all before the cursor") {
      $0.characters.removeSubrange(..<$0.cursor)
      $0.cursor = 0
    },
    EditingKey(keys: [.control("k")], help: "delete all from the cursor on") {
      $0.characters.removeSubrange($0.cursor...)
    },
    EditingKey(keys: [.control("w")], help: "delete the word before the cursor") { line in
      let end = line.cursor
      while line.cursor > 0, line.characters[line.cursor - 1] == " " { line.cursor -= 1 }
      while line.cursor > 0, line.characters[line.cursor - 1] != " " { line.cursor -= 1 }
      line.characters.removeSubrange(line.cursor..<end)
    },
  ]
}
