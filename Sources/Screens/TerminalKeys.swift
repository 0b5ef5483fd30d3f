// The keys of one terminal as its terminfo entry has them; sequences of xterm's kind, which most
// terminals send whatever their entry says, are in ControlSequence.swift.

/// Which bytes a terminal sends for its keys, by its terminfo entry.
public struct TerminalKeys: Sendable {
  /// What bytes are among a terminal's keys.
  enum Match: Hashable {
    /// A key, or one that means nothing here; `isPrefix` if those of another key begin so.
    case key(Key?, isPrefix: Bool)
    /// The beginning of a key's bytes.
    case prefix
    /// Neither.
    case none
  }

  private var keys: [[UInt8]: Key?] = [:]
  private var prefixes: Set<[UInt8]> = []
  /// Whether the terminal sends control characters of 8 bits, which are no UTF-8.
  private(set) var hasEightBits = false

  /// No keys but those of xterm's kind.
  public static let none = TerminalKeys([])

  /// The keys of an entry.
  ///
  /// - Parameter capabilities: names of terminfo's capabilities for keys and the bytes they have.
  ///   Later ones stand behind earlier ones with the same bytes, unless those mean nothing here.
  public init(_ capabilities: some Sequence<(name: String, bytes: [UInt8])>) {
    for (name, bytes) in capabilities {
      guard let first = bytes.first, name != "kmous", Self.canBegin(first) else { continue }
      // The number pad types what is written on it, wherever the entry thinks its keys are.
      if Self.isNumberPad(bytes) { continue }
      let key = Self.key(of: name)
      if bytes.count == 1 && (key == nil || Self.ownControls.contains(first)) { continue }
      if let known = keys[bytes], known != nil, name != "kbs" { continue }
      keys[bytes] = .some(key)
      if first >= 0x80 { hasEightBits = true }
    }
    for bytes in keys.keys {
      for length in 1..<max(1, bytes.count) { prefixes.insert(Array(bytes[..<length])) }
    }
  }

  /// What bytes are.
  func match(_ bytes: [UInt8]) -> Match {
    if let key = keys[bytes] { return .key(key, isPrefix: prefixes.contains(bytes)) }
    return prefixes.contains(bytes) ? .prefix : .none
  }

  /// Letters and digits are never the beginning of a key: they are typed.
  private static func canBegin(_ byte: UInt8) -> Bool {
    byte < 0x20 || (0x7F...0x9F).contains(byte)
  }

  /// Ctrl-C, Tab, Enter, Ctrl-Z and Escape stay what they are; entries such as linux's have a name
  /// of its own for Ctrl-Z.
  private static let ownControls: Set<UInt8> = [0x03, 0x09, 0x0D, 0x1A, 0x1B]

  private static func isNumberPad(_ bytes: [UInt8]) -> Bool {
    bytes.count == 3 && bytes[0] == 0x1B && bytes[1] == 0x4F && (0x6A...0x79).contains(bytes[2])
  }
}

// MARK: - Names

extension TerminalKeys {
  private static let plain: [String: Key] = [
    "kcub1": .left, "kcuf1": .right, "kcuu1": .up, "kcud1": .down, "khome": .home, "kend": .end,
    "kll": .end, "kpp": .pageUp, "knp": .pageDown, "kich1": .insert, "kdch1": .delete,
    "kbs": .backspace, "kcbt": .backTab, "kcbt2": .backTab, "kent": .enter,
    "ka1": .home, "ka3": .pageUp, "kc1": .end, "kc3": .pageDown,
    "kri": Key(.up, .shift), "kind": Key(.down, .shift),
  ]

  /// Names that stand for a key with Shift, and with a number behind for other keys held.
  private static let held: [String: Key.Base] = [
    "kUP": .up, "kDN": .down, "kLFT": .left, "kRIT": .right, "kHOM": .home, "kEND": .end,
    "kPRV": .pageUp, "kNXT": .pageDown, "kIC": .insert, "kDC": .delete,
  ]

  /// Names that terminfo itself does not list, but many entries have.
  public static let extendedNames: [String] =
    held.keys.sorted().flatMap { name in [name] + (3...8).map { "\(name)\($0)" } } + [
      "kcbt2", "ka2", "kb1", "kb3", "kc2", "kp5", "kpADD", "kpCMA", "kpDIV", "kpDOT", "kpMUL",
      "kpSUB", "kpZRO", "kBEG", "kFND", "kBS5", "kbs2", "kent2", "kLFT2", "kRIT2", "kUP2", "kDN2",
      "kxIN", "kxOUT",
    ]

  /// The key of a capability; nil for those that mean nothing here.
  static func key(of name: String) -> Key? {
    if let key = plain[name] { return key }
    if name.hasPrefix("kf"), let number = Int(name.dropFirst(2)) { return function(number) }
    if let base = held[name] { return Key(base, .shift) }
    if let digit = name.last?.wholeNumberValue, let base = held[String(name.dropLast())],
      let modifiers = ControlSequence.modifiers(digit)
    {
      return Key(base, modifiers)
    }
    return nil
  }

  /// F1 to F12 alone, and, as terminfo numbers them, with others held: F13 is F1 with Shift, F25
  /// with Ctrl, and so on.
  static func function(_ number: Int) -> Key? {
    guard (1...63).contains(number) else { return nil }
    let held: [Key.Modifiers] = [
      [], .shift, .control, [.control, .shift], .alt, [.alt, .shift],
    ]
    let (row, column) = (number - 1).quotientAndRemainder(dividingBy: 12)
    return Key(.function(column + 1), held[row])
  }
}
