// A strict reader of JSON. Foundation's accepts a name twice and forgets where things stood;
// headers and configurations need both refused and said.

/// A JSON value; members of an object keep their order.
public enum JSONValue: Sendable, Hashable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without fraction or exponent that fits `Int`.
  case integer(Int)
  /// Any other number.
  case real(Double)
  /// Text.
  case string(String)
  /// A list.
  case array([JSONValue])
  /// Names and values, in order; no name twice.
  case object([Member])

  /// One name and value of an object.
  public struct Member: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The value.
    public let value: JSONValue

    /// Makes a member.
    public init(name: String, value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// Reads one value and nothing after it but white space.
  ///
  /// - Throws: `JSONError` with the byte where reading stopped.
  public init(parsing bytes: some Collection<UInt8>) throws(JSONError) {
    var reader = JSONReader(bytes: Array(bytes))
    self = try reader.document()
  }

  /// The value of a member; nil if this is no object or has no such member.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// What kind of value this is, for error messages.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .integer, .real: "a number"
    case .string: "text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

/// JSON that cannot be read.
public struct JSONError: Error, Hashable, CustomStringConvertible {
  /// The byte, from 0, where reading stopped.
  public let offset: Int
  /// What was expected there.
  public let expected: String
  /// What was found there.
  public let found: String

  /// One line: location, expected, found.
  public var description: String { "byte \(offset): expected \(expected), found \(found)" }
}

private struct JSONReader {
  let bytes: [UInt8]
  var position = 0
  var depth = 0
  private static let deepest = 64
  private static let fewMembers = 8

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONError) -> JSONValue {
    // The byte order mark that some editors put before UTF-8.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    let value = try value()
    skipSpace()
    if position < bytes.count { throw error("the end") }
    return value
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return try nested { reader throws(JSONError) in try reader.object() }
    case UInt8(ascii: "["): return try nested { reader throws(JSONError) in try reader.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func nested(
    _ body: (inout JSONReader) throws(JSONError) -> JSONValue
  ) throws(JSONError) -> JSONValue {
    guard depth < Self.deepest else { throw error("at most \(Self.deepest) levels") }
    depth += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func object() throws(JSONError) -> JSONValue {
    position += 1
    var members: [JSONValue.Member] = []
    // Of few members, as tensors of a header have, all names are looked through.
    var names: Set<String>?
    skipSpace()
    if take("}") { return .object([]) }
    while true {
      skipSpace()
      let start = position
      let name = try string()
      if names == nil, members.count == Self.fewMembers { names = Set(members.map(\.name)) }
      let isNew = names?.insert(name).inserted ?? !members.contains { $0.name == name }
      guard isNew else {
        throw JSONError(
          offset: start, expected: "each name once", found: "\"\(printable(name))\" again")
      }
      skipSpace()
      guard take(":") else { throw error("':'") }
      members.append(.init(name: name, value: try value()))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw error("',' or '}'") }
    }
  }

  private mutating func array() throws(JSONError) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return .array([]) }
    while true {
      elements.append(try value())
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw error("',' or ']'") }
    }
  }

  private mutating func string() throws(JSONError) -> String {
    let start = position
    guard take("\"") else { throw error("'\"'") }
    // Most texts have no escapes, and are taken as they stand.
    let first = position
    while let byte = current, byte >= 0x20, byte != UInt8(ascii: "\""),
      byte != UInt8(ascii: "\\")
    {
      position += 1
    }
    var text = bytes[first..<position]
    while let byte = current, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw error("text without control characters") }
      if byte == UInt8(ascii: "\\") {
        text += String(try escape()).utf8
      } else {
        text.append(byte)
        position += 1
      }
    }
    guard take("\"") else { throw error("'\"'") }
    guard let string = String(validating: text, as: UTF8.self) else {
      throw JSONError(offset: start, expected: "UTF-8 text", found: "other bytes")
    }
    return string
  }

  private mutating func escape() throws(JSONError) -> Character {
    let simple: [UInt8: Character] = [
      UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/",
      UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{c}", UInt8(ascii: "n"): "\n",
      UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
    ]
    position += 1
    if let byte = current, let character = simple[byte] {
      position += 1
      return character
    }
    var unit = try unicodeUnit()
    if (0xD800..<0xDC00).contains(unit), take("\\") {
      let low = try unicodeUnit()
      guard (0xDC00..<0xE000).contains(low) else { throw error("the second half of a pair") }
      unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(unit) else { throw error("a character") }
    return Character(scalar)
  }

  private mutating func unicodeUnit() throws(JSONError) -> UInt32 {
    guard take("u") else { throw error("an escape") }
    let digits = bytes[position..<min(bytes.count, position + 4)]
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw error("four hexadecimal digits") }
    position += 4
    return unit
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    _ = take("-")
    let whole = digits()
    guard whole > 0, whole == 1 || bytes[position - whole] != UInt8(ascii: "0") else {
      position = start
      throw error("a value")
    }
    var isInteger = true
    if take(".") {
      isInteger = false
      guard digits() > 0 else { throw error("a digit") }
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      guard digits() > 0 else { throw error("a digit") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let integer = Int(text) { return .integer(integer) }
    guard let real = Double(text), real.isFinite else {
      throw JSONError(offset: start, expected: "a number in range", found: printable(text))
    }
    return .real(real)
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      position += 1
    }
    return position - start
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw error("a value") }
    position += word.utf8.count
    return value
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = current,
      byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    {
      position += 1
    }
  }

  private func error(_ expected: String) -> JSONError {
    let found =
      current.map { byte in
        (0x21...0x7E).contains(byte)
          ? "'\(Unicode.Scalar(byte))'" : "byte 0x" + String(byte, radix: 16)
      } ?? "the end"
    return JSONError(offset: position, expected: expected, found: found)
  }
}
