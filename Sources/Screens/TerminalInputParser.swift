// From the bytes a terminal sends to what a person did: a state machine that knows no terminal and
// no clock. What keys bytes are is in TerminalKeys.swift and ControlSequence.swift.

/// Reads what a terminal sends, byte by byte, however it is cut into pieces.
///
/// Sequences are read to their ends; those that mean nothing, such as what a terminal tells of
/// itself, are dropped whole, and so are bytes that are no character. Whoever reads the bytes waits
/// for more of them no longer than ``patience`` and then says so with ``timeOut()``.
public struct TerminalInputParser: Sendable {
  private enum State: Hashable {
    case ground
    /// The first bytes of a key, a sequence or a character with Alt; Escape or another control.
    case sequence([UInt8])
    /// The first bytes of a character.
    case character([UInt8], isAlt: Bool)
    /// A sequence from CSI on that is longer than any with a meaning.
    case overlong
    /// What stands between OSC, DCS, SOS, PM or APC and its end; BEL ends an OSC too. Of an OSC the
    /// first bytes are kept.
    case string(command: [UInt8]?, hasEscape: Bool)
    /// The three bytes of an old mouse report.
    case oldMouse([UInt8])
    /// Escape was taken for a key, as nothing followed it in time.
    case escaped
  }

  private let keys: TerminalKeys
  private let decoder: CharacterDecoder
  private var state = State.ground
  /// Whether Escape stood before the sequence: Alt was held.
  private var isAlt = false
  /// Whether one character stood for Escape and the next, so that there was no Alt.
  private var isC1 = false
  /// The longest key that the bytes held began with.
  private var longest: (length: Int, key: Key?)?
  /// The text of a paste so far, if one has begun.
  private var paste: [UInt8]?
  /// The button that an old mouse report said was pressed; it does not say which is let go.
  private var pressed = MouseEvent.Button.left
  private var events: [InputEvent] = []
  /// Whether the terminal was asked something that it has not answered yet.
  public private(set) var isAnswerAwaited = false
  /// The background that it answered with and that nobody took yet.
  private var background: Colour?
  /// Whether Escape was taken for a key before the bytes that it would begin a sequence with.
  private var isEscapeSpent = false

  /// The longest text that a paste gives.
  public static let mostPaste = 1 << 20
  private static let longestSequence = 64
  /// How long the rest of an answer is waited for that was asked for: a network may hold it up in the
  /// middle, and what comes behind is no keys.
  private static let answerPatience = Duration.seconds(5)

  /// Reads what a terminal with these keys sends.
  public init(keys: TerminalKeys = .none, decoder: CharacterDecoder = .utf8) {
    self.keys = keys
    self.decoder = decoder
  }

  /// How long more bytes are to be waited for; nil where nothing is begun.
  ///
  /// Escape is a key as well as a beginning, so that the wait behind it delays a key that a person
  /// pressed; behind CSI and its like it delays Alt with a rare key; else it delays nothing.
  public var patience: Duration? {
    switch state {
    case .ground: paste == nil ? nil : .seconds(1)
    case .escaped: isAnswerAwaited ? Self.answerPatience : .milliseconds(300)
    case .string: isAnswerAwaited ? Self.answerPatience : .seconds(1)
    case .sequence(let bytes):
      if paste != nil || bytes.count > 2 {
        .seconds(1)
      } else if bytes.count == 2, Self.introducers.contains(bytes[1]) {
        .milliseconds(150)
      } else {
        .milliseconds(25)
      }
    default: .seconds(1)
    }
  }

  /// Takes bytes that came at once, and returns what was done.
  public mutating func take(_ bytes: some Collection<UInt8>) -> [InputEvent] {
    guard !bytes.isEmpty else { return [] }
    if state == .escaped {
      // A `]` by itself may be a key, or the next piece of an answer.
      isEscapeSpent = isAnswerAwaited && bytes.elementsEqual("]".utf8)
      state = isEscapeSpent || Self.isRest(bytes) ? .sequence([0x1B]) : .ground
    }
    for byte in bytes { take(byte) }
    return takeEvents()
  }

  /// Takes it that no more bytes came in time, and returns what was done.
  public mutating func timeOut() -> [InputEvent] {
    switch state {
    case .sequence(let bytes): giveUp(bytes)
    case .ground: break
    default: state = .ground
    }
    // A sequence that was cut inside a paste was its end, or the end comes no more either.
    endPaste()
    return takeEvents()
  }

  /// Says that the terminal was asked for its background: its answer may come in pieces and late.
  public mutating func expectAnswer() { isAnswerAwaited = true }

  /// Says that no answer is waited for any more. One that comes all the same is still none of keys.
  public mutating func expectNoAnswer() { isAnswerAwaited = false }

  /// The background that the terminal said it has, once.
  public mutating func takeBackground() -> Colour? {
    defer { background = nil }
    return background
  }

  private mutating func takeEvents() -> [InputEvent] {
    defer { events.removeAll(keepingCapacity: true) }
    return events
  }
}

// MARK: - Bytes

extension TerminalInputParser {
  /// What follows Escape and is a character as well: `[`, `O`, `]`, `P`, `X`, `^`, `_`.
  private static let introducers = Set("[O]PX^_".utf8)

  private mutating func take(_ byte: UInt8) {
    switch state {
    case .ground, .escaped: begin(byte)
    case .sequence(let bytes): resolve(bytes + [byte])
    case .character(let bytes, let isAlt): decode(bytes + [byte], isAlt: isAlt)
    case .overlong:
      switch byte {
      case 0x20..<0x40: break
      case 0x40..<0x7F: state = .ground
      default: begin(byte)
      }
    case .string(let command, let hasEscape): takeInString(byte, command, hasEscape)
    case .oldMouse(let bytes):
      if byte < 0x20 { begin(byte) } else { takeOldMouse(bytes + [byte]) }
    }
  }

  private mutating func begin(_ byte: UInt8) {
    (state, longest, isAlt, isC1) = (.ground, nil, false, false)
    isEscapeSpent = false
    // Most of a paste, without detours.
    if (0x20..<0x7F).contains(byte) {
      emit(Key(.character(Character(Unicode.Scalar(byte)))))
    } else if byte == 0x1B || keys.match([byte]) != .none {
      resolve([byte])
    } else if byte < 0x20 || byte == 0x7F {
      emit(control: byte, isAlt: false)
    } else {
      decode([byte], isAlt: false)
    }
  }

  private mutating func decode(_ bytes: [UInt8], isAlt: Bool) {
    switch decoder.decode(bytes) {
    case .incomplete: state = .character(bytes, isAlt: isAlt)
    case .scalar(let scalar):
      state = .ground
      if (0x80..<0xA0).contains(scalar.value) {
        beginWithC1(UInt8(scalar.value))
      } else if scalar.properties.generalCategory != .control {
        emit(Key(.character(Character(scalar)), isAlt ? .alt : []))
      }
    case .invalid:
      state = .ground
      // The byte that broke a character off may begin another.
      if let last = bytes.last, bytes.count > 1 {
        begin(last)
      } else if let byte = bytes.first, keys.hasEightBits, (0x80..<0xA0).contains(byte) {
        beginWithC1(byte)
      }
    }
  }

  /// The control characters beyond ASCII that begin sequences stand for Escape and a character.
  private mutating func beginWithC1(_ byte: UInt8) {
    let second = byte - 0x40
    guard Self.introducers.contains(second) else { return }
    isC1 = true
    resolve([0x1B, second])
  }

  private mutating func takeInString(_ byte: UInt8, _ command: [UInt8]?, _ hasEscape: Bool) {
    switch byte {
    case 0x5C where hasEscape: finish(command: command)
    case 0x1B: state = .string(command: command, hasEscape: true)
    case _ where hasEscape:
      // Another sequence: this one was broken off.
      isAlt = false
      resolve([0x1B, byte])
    case 0x07 where command != nil: finish(command: command)
    case 0x18, 0x1A: state = .ground
    default:
      guard let command, command.count < Self.longestSequence else { return }
      state = .string(command: command + [byte], hasEscape: false)
    }
  }

  /// Takes in what a terminal says of itself.
  private mutating func finish(command: [UInt8]?) {
    (state, isEscapeSpent) = (.ground, false)
    guard let command, let colour = TerminalBackground.colour(answered: command) else { return }
    (background, isAnswerAwaited) = (colour, false)
  }

  private mutating func takeOldMouse(_ bytes: [UInt8]) {
    guard bytes.count == 3 else {
      state = .oldMouse(bytes)
      return
    }
    state = .ground
    let numbers = bytes.map { Int($0) - 32 }
    // Button 3 without a move is the one that is let go.
    let isReleased = numbers[0] & 0x63 == 3
    let number = [MouseEvent.Button.left: 0, .middle: 1, .right: 2][pressed] ?? 0
    guard
      let event = MouseEvent(
        buttons: isReleased ? numbers[0] & ~3 | number : numbers[0], column: numbers[1],
        row: numbers[2], isReleased: isReleased)
    else { return }
    if case .press(let button) = event.action { pressed = button }
    if paste == nil { events.append(.mouse(event)) }
  }
}

// MARK: - Sequences

extension TerminalInputParser {
  /// What the bytes of a sequence are so far.
  private enum Reading {
    case incomplete
    /// One that begins with CSI.
    case control(ControlSequence)
    /// A key, or none that is known.
    case key(Key?)
    case oldMouse
    case string(isCommand: Bool)
    /// Escape, and then these.
    case escape
    /// Alt with a key that the last byte begins.
    case alt
    /// No sequence from the last byte on, which begins something else.
    case broken
  }

  private mutating func resolve(_ bytes: [UInt8]) {
    let match = keys.match(bytes)
    switch match {
    case .key(let key, isPrefix: false): return finish(key)
    case .key(let key, isPrefix: true):
      longest = (bytes.count, key)
      state = .sequence(bytes)
      return
    case .prefix where bytes[0] != 0x1B:
      state = .sequence(bytes)
      return
    case .none where bytes[0] != 0x1B: return giveUp(bytes)
    case .prefix, .none: break
    }
    switch Self.read(bytes) {
    case .incomplete:
      state = bytes.count < Self.longestSequence ? .sequence(bytes) : .overlong
    case _ where match == .prefix: state = .sequence(bytes)
    case .key(let key): finish(key)
    case .control(let sequence): finish(sequence)
    case .oldMouse: state = .oldMouse([])
    case .string(let isCommand):
      state = .string(command: isCommand ? Array(bytes[2...]) : nil, hasEscape: false)
    case _ where longest != nil: giveUp(bytes)
    case .escape:
      if bytes.count == 3, bytes[2] == 0x5B || bytes[2] == 0x4F {
        isAlt = true
        resolve([0x1B, bytes[2]])
      } else {
        emit(.escape)
        resolve(Array(bytes[1...]))
      }
    case .alt:
      takeFirst(bytes[1])
      for byte in bytes.dropFirst(2) { take(byte) }
    case .broken:
      let last = bytes[bytes.count - 1]
      begin(last)
    }
  }

  private static func read(_ bytes: [UInt8]) -> Reading {
    guard bytes.count > 1 else { return .incomplete }
    switch bytes[1] {
    case 0x1B: return bytes.count == 2 ? .incomplete : .escape
    case UInt8(ascii: "["): return readControl(bytes)
    case UInt8(ascii: "O"): return readShift(bytes)
    case UInt8(ascii: "]"):
      guard bytes.count > 2 else { return .incomplete }
      // Of Alt and `]` the first is a key by itself; commands begin with a number, titles with l, L.
      return isCommandStart(bytes[2]) ? .string(isCommand: true) : .alt
    case _ where introducers.contains(bytes[1]):
      guard bytes.count > 2 else { return .incomplete }
      return (0x20..<0x7F).contains(bytes[2]) ? .string(isCommand: false) : .alt
    default: return .alt
    }
  }

  private static func isCommandStart(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || "lLI".utf8.contains(byte)
  }

  /// From CSI on: a marker, numbers, what is unusual, a last byte.
  private static func readControl(_ bytes: [UInt8]) -> Reading {
    guard bytes.count > 2 else { return .incomplete }
    guard let last = bytes.last, (0x20..<0x7F).contains(last) else { return .broken }
    if bytes[2] == UInt8(ascii: "[") {
      return bytes.count > 3 ? .key(ControlSequence.consoleKey(last)) : .incomplete
    }
    var sequence = ControlSequence(final: last)
    var inner = bytes[2..<(bytes.count - 1)]
    if let marker = inner.first, (0x3C...0x3F).contains(marker) {
      sequence.marker = marker
      inner = inner.dropFirst()
    }
    sequence.isUnusual = inner.contains { !(0x30...0x39).contains($0) && $0 != 0x3B }
    if !inner.isEmpty, !sequence.isUnusual {
      sequence.numbers = inner.split(separator: 0x3B, omittingEmptySubsequences: false).map {
        $0.reduce(0) { min(100_000, 10 * $0 + Int($1 - 0x30)) }
      }
    }
    // rxvt ends keys with Shift in `$`, which elsewhere stands before the last byte.
    let isShifted =
      last == UInt8(ascii: "$") && sequence.marker == nil && sequence.numbers.count == 1
      && ControlSequence.isNumbered(sequence.numbers[0])
    guard last >= 0x40 || isShifted else { return .incomplete }
    return bytes == [0x1B, 0x5B, 0x4D] ? .oldMouse : .control(sequence)
  }

  /// From SS3 on: at most one number, a letter.
  private static func readShift(_ bytes: [UInt8]) -> Reading {
    guard bytes.count > 2 else { return .incomplete }
    guard let last = bytes.last, (0x20..<0x7F).contains(last) else { return .broken }
    if (0x30...0x3B).contains(last) { return .incomplete }
    let digits = bytes[2..<(bytes.count - 1)].split(separator: 0x3B).last ?? []
    let number = digits.isEmpty ? nil : digits.reduce(0) { min(100, 10 * $0 + Int($1) - 0x30) }
    return .key(ControlSequence.shiftedKey(last, number: number))
  }

  /// Whether bytes are what should have followed an Escape that was taken for a key: a person does
  /// not type them at once.
  private static func isRest(_ bytes: some Collection<UInt8>) -> Bool {
    let bytes = Array(bytes.prefix(longestSequence))
    guard bytes.count > 1 else { return false }
    switch bytes[0] {
    // Keys of the number pad among them: one ends in the letter that quits.
    case UInt8(ascii: "O"):
      return bytes.count == 2 && (bytes[1] == 0x20 || (0x40..<0x7F).contains(bytes[1]))
    case UInt8(ascii: "]"): return (0x30...0x39).contains(bytes[1])
    case UInt8(ascii: "["):
      let isConsole = bytes[1] == UInt8(ascii: "[")
      guard bytes.count > 2 || !isConsole else { return false }
      switch read([0x1B] + bytes[..<(isConsole ? 3 : 2)]) {
      case .incomplete, .oldMouse: return true
      case .control(let sequence): return sequence.key != nil || "IO".utf8.contains(sequence.final)
      case .key(let key): return key != nil
      default: return false
      }
    default: return false
    }
  }
}

// MARK: - What comes of it

extension TerminalInputParser {
  private mutating func finish(_ key: Key?) {
    let isAlt = isAlt
    (state, longest, self.isAlt) = (.ground, nil, false)
    guard let key else { return }
    emit(isAlt ? Key(key.base, key.modifiers.union(.alt)) : key)
  }

  private mutating func finish(_ sequence: ControlSequence) {
    if sequence.final == UInt8(ascii: "~"), sequence.marker == nil, !sequence.isUnusual {
      if sequence.numbers == [200] { paste = paste ?? [] }
      if sequence.numbers == [201] { endPaste() }
    }
    if let mouse = sequence.mouse, paste == nil { events.append(.mouse(mouse)) }
    finish(sequence.key)
  }

  /// What followed an Escape and is a key by itself: with Alt, unless the Escape was a key before.
  private mutating func takeFirst(_ byte: UInt8) {
    guard isEscapeSpent else { return takeAlt(byte) }
    begin(byte)
  }

  private mutating func takeAlt(_ byte: UInt8) {
    (state, longest) = (.ground, nil)
    if byte < 0x20 || byte == 0x7F {
      emit(control: byte, isAlt: true)
    } else {
      decode([byte], isAlt: true)
    }
  }

  /// Bytes of which no sequence came: the longest key they begin with, or the first of them alone;
  /// a sequence that was cut is dropped.
  private mutating func giveUp(_ bytes: [UInt8]) {
    let (longest, wasAlt) = (longest, isAlt)
    (state, self.longest, isAlt) = (.ground, nil, false)
    if let longest, longest.length <= bytes.count {
      isAlt = wasAlt
      finish(longest.key)
      for byte in bytes[longest.length...] { take(byte) }
    } else if bytes[0] != 0x1B {
      emitFirst(bytes[0])
      for byte in bytes.dropFirst() { take(byte) }
    } else if bytes.count == 1 {
      emit(.escape)
      if paste == nil { state = .escaped }
    } else if bytes == [0x1B, 0x1B] {
      emit(.escape)
      emit(.escape)
    } else if bytes.count == 2, !wasAlt, !isC1 {
      takeFirst(bytes[1])
    }
  }

  /// A control character that might have begun a key and did not.
  private mutating func emitFirst(_ byte: UInt8) {
    if byte < 0x80 { emit(control: byte, isAlt: false) } else { beginWithC1(byte) }
  }

  private mutating func emit(control byte: UInt8, isAlt: Bool) {
    let held: Key.Modifiers = isAlt ? .alt : []
    switch byte {
    case 0x00: emit(Key(.character(" "), held.union(.control)))
    case 0x08, 0x7F: emit(Key(.backspace, held))
    case 0x09: emit(Key(.tab, held))
    case 0x0A, 0x0D: emit(Key(.enter, held))
    case 0x1B: emit(Key(.escape, held))
    default:
      // Ctrl clears the bits that tell letters from these.
      let letter = Character(Unicode.Scalar(byte + 0x40))
      emit(Key(.character(letter), held.union(.control)))
    }
  }

  private mutating func emit(_ key: Key) {
    guard paste != nil else { return events.append(.key(key)) }
    let typed: Character? =
      switch key.base {
      case .character(let character) where !key.modifiers.contains(.control): character
      case .enter: "\n"
      case .tab: "\t"
      default: nil
      }
    guard let typed, let count = paste?.count, count + typed.utf8.count <= Self.mostPaste else {
      return
    }
    paste?.append(contentsOf: typed.utf8)
  }

  private mutating func endPaste() {
    guard let text = paste else { return }
    paste = nil
    if !text.isEmpty { events.append(.paste(String(decoding: text, as: UTF8.self))) }
  }
}
