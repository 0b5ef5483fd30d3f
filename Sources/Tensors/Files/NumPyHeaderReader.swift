// The header of an .npy file: a Python dictionary of a text, a truth value and a tuple.

/// Reads the few Python literals that NumPy writes.
struct NumPyHeaderReader {
  enum Value: Equatable {
    case text(String)
    case truth(Bool)
    case numbers([Int])
    /// The names of a structured array's fields.
    case fields([String])
  }

  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// Reads the dictionary and nothing after it but white space.
  mutating func dictionary() throws(NumPyError) -> [String: Value] {
    try expect("{")
    var entries: [String: Value] = [:]
    while !take("}") {
      let name = try text()
      try expect(":")
      guard entries.updateValue(try value(), forKey: name) == nil else {
        throw error("each name once")
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard position == bytes.endIndex else { throw error("the end of the header") }
    return entries
  }

  private mutating func value() throws(NumPyError) -> Value {
    skipSpace()
    if current == UInt8(ascii: "'") || current == UInt8(ascii: "\"") { return .text(try text()) }
    if current == UInt8(ascii: "[") { return .fields(try fieldNames()) }
    if takeWord("True") { return .truth(true) }
    if takeWord("False") { return .truth(false) }
    try expect("(")
    var numbers: [Int] = []
    while !take(")") {
      numbers.append(try number())
      guard numbers.count <= 64 else { throw error("at most 64 axes") }
      if !take(",") {
        // In Python (3) is a number, (3,) a tuple.
        guard numbers.count > 1 else { throw error("',' after a lone axis") }
        try expect(")")
        break
      }
    }
    return .numbers(numbers)
  }

  // [('name', '<f4'), ('other', '<i2', (3,))]; a field may itself be a list of fields.
  private mutating func fieldNames() throws(NumPyError) -> [String] {
    var names: [String] = []
    var depth = 0
    var isFirst = false
    repeat {
      skipSpace()
      switch current {
      case UInt8(ascii: "["), UInt8(ascii: "("):
        depth += 1
        isFirst = depth == 2
        position += 1
      case UInt8(ascii: "]"), UInt8(ascii: ")"):
        depth -= 1
        position += 1
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        let text = try text()
        if isFirst, names.count < 8 { names.append(text) }
        isFirst = false
      case .some: position += 1
      case nil: throw error("']'")
      }
    } while depth > 0
    return names
  }

  private mutating func text() throws(NumPyError) -> String {
    skipSpace()
    guard let quote = current, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw error("text in quotes")
    }
    position += 1
    let start = position
    while let byte = current, byte != quote { position += 1 }
    guard current == quote else { throw error("a closing quote") }
    defer { position += 1 }
    // What a message quotes stays short and printable.
    let shown = bytes[start..<position].prefix(40).map { (0x20..<0x7F).contains($0) ? $0 : 0x3F }
    return String(decoding: shown, as: UTF8.self)
  }

  private mutating func number() throws(NumPyError) -> Int {
    skipSpace()
    let start = position
    while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      position += 1
    }
    guard let number = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      position = start
      throw error("a whole number")
    }
    // NumPy under Python 2 wrote 3L.
    if current == UInt8(ascii: "L") { position += 1 }
    return number
  }

  private var current: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard current == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func takeWord(_ word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(NumPyError) {
    guard take(character) else { throw error("'\(character)'") }
  }

  private func error(_ expected: String) -> NumPyError {
    let found = current.map { "byte 0x" + String($0, radix: 16) } ?? "the end"
    return NumPyError("byte \(position): expected \(expected), found \(found)")
  }
}
