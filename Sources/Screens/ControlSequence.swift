// What the sequences mean that terminals of xterm's kind, of rxvt's and of the Linux console send:
// keys and the mouse. Everything else, such as what a terminal tells of itself, means nothing.

/// A sequence that begins with CSI (Escape and `[`), read to its end.
struct ControlSequence: Hashable {
  /// `<`, `=`, `>` or `?` before the numbers.
  var marker: UInt8?
  /// The numbers; one that is left out is 0.
  var numbers: [Int] = []
  /// Whether something stands between the numbers and the last byte, or a number has parts.
  var isUnusual = false
  /// The last byte.
  var final: UInt8

  /// Keys that were held, by the number that stands for them; nil for other numbers.
  static func modifiers(_ number: Int) -> Key.Modifiers? {
    guard (1...16).contains(number) else { return nil }
    let bits = number - 1
    var held: Key.Modifiers = []
    if bits & 1 != 0 { held.insert(.shift) }
    // Meta is Alt here.
    if bits & (2 | 8) != 0 { held.insert(.alt) }
    if bits & 4 != 0 { held.insert(.control) }
    return held
  }

  /// Whether a key is known by this number before `~`, or before rxvt's `$`, `^` and `@`.
  static func isNumbered(_ number: Int) -> Bool { numbered[number] != nil }

  /// The key that was pressed, if it is one.
  var key: Key? {
    guard marker == nil, !isUnusual else { return nil }
    switch final {
    case UInt8(ascii: "~"): return numberedKey(held: [])
    case UInt8(ascii: "$"): return numbers.count == 1 ? numberedKey(held: .shift) : nil
    case UInt8(ascii: "^"): return numbers.count == 1 ? numberedKey(held: .control) : nil
    case UInt8(ascii: "@"):
      return numbers.count == 1 ? numberedKey(held: [.control, .shift]) : nil
    case UInt8(ascii: "Z"): return numbers.isEmpty ? .backTab : nil
    case UInt8(ascii: "a")...UInt8(ascii: "d"):
      guard numbers.isEmpty else { return nil }
      return Self.lettered[final - 0x20].map { Key($0, .shift) }
    default:
      guard let base = Self.lettered[final] else { return nil }
      if case .function = base, numbers.count != 2 { return nil }
      guard numbers.count < 2 || numbers[0] == 1 else { return nil }
      if numbers.count == 1, numbers[0] > 1 { return nil }
      return held(at: 1).map { Key(base, $0) }
    }
  }

  private func numberedKey(held more: Key.Modifiers) -> Key? {
    guard (1...2).contains(numbers.count), let key = Self.numbered[numbers[0]],
      let held = held(at: 1)
    else { return nil }
    return Key(key.base, key.modifiers.union(more).union(held))
  }

  /// The keys that were held, none where nothing stands there.
  private func held(at index: Int) -> Key.Modifiers? {
    guard numbers.count <= 2 else { return nil }
    return numbers.indices.contains(index) ? Self.modifiers(numbers[index]) : []
  }

  private static let lettered: [UInt8: Key.Base] = [
    UInt8(ascii: "A"): .up, UInt8(ascii: "B"): .down, UInt8(ascii: "C"): .right,
    UInt8(ascii: "D"): .left, UInt8(ascii: "H"): .home, UInt8(ascii: "F"): .end,
    UInt8(ascii: "P"): .function(1), UInt8(ascii: "Q"): .function(2),
    UInt8(ascii: "R"): .function(3), UInt8(ascii: "S"): .function(4),
  ]

  private static let numbered: [Int: Key] = {
    var table: [Int: Key] = [
      1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
    ]
    // The VT220 left gaps between its groups of function keys.
    let functions = [
      11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34,
    ]
    for (index, number) in functions.enumerated() {
      table[number] = TerminalKeys.function(index + 1)
    }
    return table
  }()
}

// MARK: - Other sequences

extension ControlSequence {
  /// The key of SS3 (Escape and `O`) and a letter, with the number that may stand between.
  static func shiftedKey(_ letter: UInt8, number: Int?) -> Key? {
    guard let held = number.map({ modifiers($0) }) ?? [] else { return nil }
    if let base = lettered[letter] { return Key(base, held) }
    switch letter {
    case UInt8(ascii: "M"): return Key(.enter, held)
    case UInt8(ascii: "I"): return Key(.tab, held)
    case UInt8(ascii: "a")...UInt8(ascii: "d"):
      return lettered[letter - 0x20].map { Key($0, held.union(.control)) }
    default:
      return numberPad[letter].map { Key(.character($0), held) }
    }
  }

  /// What the keys of the number pad type while they report themselves.
  private static let numberPad: [UInt8: Character] = {
    var table: [UInt8: Character] = [UInt8(ascii: " "): " ", UInt8(ascii: "X"): "="]
    for (index, character) in "*+,-./0123456789".enumerated() {
      table[UInt8(ascii: "j") + UInt8(index)] = character
    }
    return table
  }()

  /// The key of the Linux console: CSI, `[` and a letter.
  static func consoleKey(_ letter: UInt8) -> Key? {
    guard (UInt8(ascii: "A")...UInt8(ascii: "E")).contains(letter) else { return nil }
    return Key(.function(Int(letter - UInt8(ascii: "A")) + 1))
  }
}

// MARK: - The mouse

extension ControlSequence {
  /// What the mouse did, if the sequence is SGR's report of it.
  var mouse: MouseEvent? {
    guard marker == UInt8(ascii: "<"), !isUnusual, numbers.count == 3,
      final == UInt8(ascii: "M") || final == UInt8(ascii: "m")
    else { return nil }
    return MouseEvent(
      buttons: numbers[0], column: numbers[1], row: numbers[2],
      isReleased: final == UInt8(ascii: "m"))
  }
}

extension MouseEvent {
  /// What a report says; columns and rows count from 1. Nil if it makes no sense.
  init?(buttons: Int, column: Int, row: Int, isReleased: Bool) {
    guard column >= 1, row >= 1, column <= 0xFFFF, row <= 0xFFFF, (0..<128).contains(buttons)
    else { return nil }
    let position = Point(x: column - 1, y: row - 1)
    var held: Key.Modifiers = []
    if buttons & 4 != 0 { held.insert(.shift) }
    if buttons & 8 != 0 { held.insert(.alt) }
    if buttons & 16 != 0 { held.insert(.control) }
    let (number, isMoved) = (buttons & 3, buttons & 32 != 0)
    if buttons & 64 != 0 {
      guard number < 2, !isMoved else { return nil }
      self.init(number == 0 ? .scrollUp : .scrollDown, at: position, modifiers: held)
      return
    }
    guard number < 3 else {
      guard isMoved else { return nil }
      self.init(.move, at: position, modifiers: held)
      return
    }
    let button: Button = [.left, .middle, .right][number]
    self.init(
      isReleased ? .release(button) : isMoved ? .drag(button) : .press(button), at: position,
      modifiers: held)
  }
}
