// Bytes that a terminal sends for letters, as scalars: UTF-8, or what the locale has instead.

/// How characters come from a terminal.
public enum CharacterDecoder: Sendable {
  /// As UTF-8.
  case utf8
  /// As a locale has them; the function is given the bytes of one character, or its first bytes.
  case locale(@Sendable ([UInt8]) -> Decoded)

  /// What bytes are.
  public enum Decoded: Hashable, Sendable {
    /// One character.
    case scalar(Unicode.Scalar)
    /// The beginning of one.
    case incomplete
    /// No character, and the beginning of none.
    case invalid
  }

  /// What `bytes`, at least one, are: one character and nothing behind it, or the first of one.
  public func decode(_ bytes: [UInt8]) -> Decoded {
    switch self {
    case .utf8: Self.decodeUTF8(bytes)
    case .locale(let decode): decode(bytes)
    }
  }

  /// Overlong forms, surrogates and numbers beyond Unicode are invalid at the first byte that shows
  /// it, so that the byte behind can begin something else.
  private static func decodeUTF8(_ bytes: [UInt8]) -> Decoded {
    guard let first = bytes.first else { return .invalid }
    let length: Int
    var value: UInt32
    switch first {
    case 0x00...0x7F: (length, value) = (1, UInt32(first))
    case 0xC2...0xDF: (length, value) = (2, UInt32(first & 0x1F))
    case 0xE0...0xEF: (length, value) = (3, UInt32(first & 0x0F))
    case 0xF0...0xF4: (length, value) = (4, UInt32(first & 0x07))
    default: return .invalid
    }
    guard bytes.count <= length else { return .invalid }
    for (index, byte) in bytes.enumerated().dropFirst() {
      let allowed: ClosedRange<UInt8> =
        switch (index, first) {
        case (1, 0xE0): 0xA0...0xBF
        case (1, 0xED): 0x80...0x9F
        case (1, 0xF0): 0x90...0xBF
        case (1, 0xF4): 0x80...0x8F
        default: 0x80...0xBF
        }
      guard allowed.contains(byte) else { return .invalid }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    guard bytes.count == length else { return .incomplete }
    return Unicode.Scalar(value).map { .scalar($0) } ?? .invalid
  }
}
