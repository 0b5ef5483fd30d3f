// The line of a dialog that says what its keys do: drawn as text, and clicked as keys.

import Screens

/// Words beside each other, each of which may stand for a key.
struct DialogKeys {
  /// Words, and the key that a click on them presses; nil for words that say no more than they are.
  let entries: [(words: String, key: Key?)]
  /// What stands between two of them.
  var separator = "  "

  /// All words, as they are drawn.
  var line: String { entries.map(\.words).joined(separator: separator) }

  /// The key whose words stand at a column, counted from the first.
  func key(atColumn column: Int) -> Key? {
    var start = 0
    for (words, key) in entries {
      let width = words.displayWidth
      if (start..<start + width).contains(column) { return key }
      start += width + separator.displayWidth
    }
    return nil
  }
}
