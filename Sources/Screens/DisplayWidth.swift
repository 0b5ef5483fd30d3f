// How many columns text takes, and the one form in which a character may enter a cell.
// The table is that of wcwidth; the terminal driver checks each wide character against it anew.

/// A character in the form a cell can hold: one spacing scalar and what combines with it.
package struct Glyph {
  /// The character, without what terminals disagree about.
  package let character: Character
  /// Columns, 1 or 2.
  package let width: Int

  /// What stands for a character that cannot be shown.
  package static let replacement: Character = "\u{FFFD}"
  // ncurses keeps a spacing character and at most four that combine with it.
  private static let mostCombining = 4

  /// The form of `character` for a cell; nil when it takes no column at all.
  ///
  /// A control character becomes U+FFFD; text has it spelled out before, see ``StringProtocol/visible``.
  /// Joined and variant forms (emoji) keep their first scalar, whose width is certain.
  package init?(_ character: Character) {
    let scalars = character.unicodeScalars
    // A Character always has a first scalar.
    let first = scalars[scalars.startIndex]
    if first.value >= 0x20 && first.value < 0x7F && scalars.count == 1 {
      self.init(character: character, width: 1)
      return
    }
    if first.value < 0x20 || (first.value >= 0x7F && first.value < 0xA0) {
      self.init(character: Self.replacement, width: 1)
      return
    }
    let width = columns(of: first)
    guard width > 0 else { return nil }
    guard scalars.count > 1 else {
      self.init(character: character, width: width)
      return
    }
    var kept = String.UnicodeScalarView([first])
    for scalar in scalars.dropFirst() where combines(scalar) && kept.count <= Self.mostCombining {
      kept.append(scalar)
    }
    self.init(character: Character(String(kept)), width: width)
  }

  private init(character: Character, width: Int) {
    self.character = character
    self.width = width
  }
}

extension Character {
  /// How many columns the character takes on a screen: 0, 1 or 2, more where it is spelled out.
  public var displayWidth: Int {
    if let value = asciiValue, value >= 0x20, value < 0x7F { return 1 }
    return String(self).displayWidth
  }
}

extension StringProtocol {
  /// How many columns the text takes on a screen, in its ``visible`` form.
  public var displayWidth: Int {
    var width = 0
    for character in visible { width += Glyph(character)?.width ?? 0 }
    return width
  }
}

/// The columns one scalar takes, which is not a control character: 0, 1 or 2.
private func columns(of scalar: Unicode.Scalar) -> Int {
  let value = scalar.value
  if value < 0x300 { return value == 0xAD ? 0 : 1 }
  if (0x2190...0x22FF).contains(value) || (0x2500...0x25FC).contains(value) { return 1 }
  if joinsJamo(value) { return 0 }
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .enclosingMark, .format, .lineSeparator, .paragraphSeparator: return 0
  default: break
  }
  return isWide(value) ? 2 : 1
}

/// Whether a scalar may follow another in one cell.
private func combines(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .enclosingMark:
    // Variation selectors change the width on some terminals only.
    return !scalar.properties.isVariationSelector
  default: return joinsJamo(scalar.value)
  }
}

/// Whether a scalar is a Hangul vowel or final, which joins the consonant before it.
private func joinsJamo(_ value: UInt32) -> Bool {
  (0x1160...0x11FF).contains(value) || (0xD7B0...0xD7FF).contains(value)
}

private func isWide(_ value: UInt32) -> Bool {
  if value < wideRanges[0].first { return false }
  var low = 0
  var high = wideRanges.count
  while low < high {
    let middle = (low + high) / 2
    if wideRanges[middle].last < value { low = middle + 1 } else { high = middle }
  }
  return low < wideRanges.count && wideRanges[low].first <= value
}

// Unicode 14's East_Asian_Width W and F, with what later versions added; unassigned scalars between two wide ones count as wide.
private let wideRanges: [(first: UInt32, last: UInt32)] = [
  (0x1100, 0x115F), (0x231A, 0x231B), (0x2329, 0x232A), (0x23E9, 0x23EC), (0x23F0, 0x23F0),
  (0x23F3, 0x23F3), (0x25FD, 0x25FE), (0x2614, 0x2615), (0x2648, 0x2653), (0x267F, 0x267F),
  (0x2693, 0x2693), (0x26A1, 0x26A1), (0x26AA, 0x26AB), (0x26BD, 0x26BE), (0x26C4, 0x26C5),
  (0x26CE, 0x26CE), (0x26D4, 0x26D4), (0x26EA, 0x26EA), (0x26F2, 0x26F3), (0x26F5, 0x26F5),
  (0x26FA, 0x26FA), (0x26FD, 0x26FD), (0x2705, 0x2705), (0x270A, 0x270B), (0x2728, 0x2728),
  (0x274C, 0x274C), (0x274E, 0x274E), (0x2753, 0x2755), (0x2757, 0x2757), (0x2795, 0x2797),
  (0x27B0, 0x27B0), (0x27BF, 0x27BF), (0x2B1B, 0x2B1C), (0x2B50, 0x2B50), (0x2B55, 0x2B55),
  (0x2E80, 0x303E), (0x3041, 0xA4C6), (0xA960, 0xA97C), (0xAC00, 0xD7A3), (0xF900, 0xFAD9),
  (0xFE10, 0xFE19), (0xFE30, 0xFE6B), (0xFF01, 0xFF60), (0xFFE0, 0xFFE6), (0x16FE0, 0x1B2FB),
  (0x1F004, 0x1F004), (0x1F0CF, 0x1F0CF), (0x1F18E, 0x1F18E), (0x1F191, 0x1F19A),
  (0x1F200, 0x1F320), (0x1F32D, 0x1F335), (0x1F337, 0x1F37C), (0x1F37E, 0x1F393),
  (0x1F3A0, 0x1F3CA), (0x1F3CF, 0x1F3D3), (0x1F3E0, 0x1F3F0), (0x1F3F4, 0x1F3F4),
  (0x1F3F8, 0x1F43E), (0x1F440, 0x1F440), (0x1F442, 0x1F4FC), (0x1F4FF, 0x1F53D),
  (0x1F54B, 0x1F54E), (0x1F550, 0x1F567), (0x1F57A, 0x1F57A), (0x1F595, 0x1F596),
  (0x1F5A4, 0x1F5A4), (0x1F5FB, 0x1F64F), (0x1F680, 0x1F6C5), (0x1F6CC, 0x1F6CC),
  (0x1F6D0, 0x1F6D2), (0x1F6D5, 0x1F6DF), (0x1F6EB, 0x1F6EC), (0x1F6F4, 0x1F6FC),
  (0x1F7E0, 0x1F7F0), (0x1F90C, 0x1F93A), (0x1F93C, 0x1F945), (0x1F947, 0x1F9FF),
  (0x1FA70, 0x1FAF6), (0x20000, 0x2FFFD), (0x30000, 0x3FFFD),
]
