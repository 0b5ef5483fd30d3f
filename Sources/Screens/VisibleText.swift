// Text as a terminal may have it: what would command the terminal, or hide in a line, is spelled out.
// Everything that is written to standard output, standard error or a cell goes through here.

extension StringProtocol {
  /// The text with every character that cannot be seen spelled `\u001b`, as JSON spells it.
  ///
  /// These are the controls of ASCII and Latin-1, newlines and tabs among them, marks that change
  /// the direction of writing, and everything else without a form of its own, such as U+200B. What
  /// joins emoji or letters of scripts that join stays where it does so. JSON stays JSON with the
  /// same meaning, and text that is visible is returned as it is.
  public var visible: String { visible(keepingNewlines: false) }

  /// Lines of text, each as ``visible``; the newlines between them stay.
  public var visibleLines: String { visible(keepingNewlines: true) }

  private func visible(keepingNewlines: Bool) -> String {
    // Nearly all text is ASCII, and this is asked for each text of each frame.
    let isPlain = utf8.allSatisfy { byte in
      (byte >= 0x20 && byte < 0x7F) || (keepingNewlines && byte == 0x0A)
    }
    if isPlain { return String(self) }
    let scalars = Array(unicodeScalars)
    var text = String.UnicodeScalarView()
    for (index, scalar) in scalars.enumerated() {
      let isKept =
        (keepingNewlines && scalar == "\n") || !scalar.isInvisible
        || joins(
          scalar, after: index > 0 ? scalars[index - 1] : nil,
          before: index + 1 < scalars.count ? scalars[index + 1] : nil)
      if isKept { text.append(scalar) } else { text.append(contentsOf: scalar.spelled) }
    }
    return String(text)
  }
}

/// Whether an invisible scalar does its work between its neighbours: it makes one picture of several
/// emoji, chooses a form of one, or parts or joins letters of a script that joins.
private func joins(
  _ scalar: Unicode.Scalar, after former: Unicode.Scalar?, before next: Unicode.Scalar?
) -> Bool {
  guard let former else { return false }
  switch scalar.value {
  case 0xFE0E, 0xFE0F: return former.properties.isEmoji
  case 0x200C, 0x200D:
    guard let next else { return false }
    if scalar.value == 0x200D && next.isPictograph {
      return former.isPictograph || former.value == 0xFE0F
    }
    return former.isOfJoiningScript && next.isOfJoiningScript
  default: return false
  }
}

extension Unicode.Scalar {
  /// Whether nothing is seen of it, or it acts on the terminal or on what stands beside it.
  fileprivate var isInvisible: Bool {
    switch value {
    case 0x20..<0x7F, 0xA0..<0xAD, 0xAE..<0x300: false
    case 0..<0x300: true
    case 0xFFF9...0xFFFB: true
    case Self.undecodedBytes: true
    default:
      switch properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: true
      default: properties.isDefaultIgnorableCodePoint
      }
    }
  }

  /// Characters that stand for bytes of names of files that are not UTF-8, of 128 to 255.
  private static let undecodedBytes: ClosedRange<UInt32> = 0x10FE80...0x10FEFF

  fileprivate var isPictograph: Bool { value >= 0x203C && properties.isEmoji }

  /// Arabic, Syriac and their relatives, and the scripts of India.
  fileprivate var isOfJoiningScript: Bool { (0x600...0xDFF).contains(value) }

  /// `\u` and four hexadecimal digits for each of its units in UTF-16; for a byte of a name that is
  /// not UTF-8, `\udc` and the byte, as Python spells it.
  fileprivate var spelled: String.UnicodeScalarView {
    let isByte = Self.undecodedBytes.contains(value)
    let units = (isByte ? [0xDC00 + UInt16(value & 0xFF)] : Array(String(self).utf16)).map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    return units.joined().unicodeScalars
  }
}
