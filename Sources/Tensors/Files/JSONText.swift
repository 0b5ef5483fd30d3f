// JSON values as text, compact and in the order they have.

extension JSONValue {
  /// The value as JSON without white space; reading it back gives the same value.
  ///
  /// - Precondition: real numbers are finite, and no object has a name twice.
  public var text: String {
    var text = ""
    append(to: &text, lines: nil)
    return text
  }

  /// The value as JSON for people: a member or element a line, two spaces deeper at each level.
  ///
  /// - Precondition: As of `text`.
  public var indentedText: String {
    var text = ""
    append(to: &text, lines: 0)
    return text
  }

  /// As `indentedText`, with lists of numbers on one line each.
  ///
  /// - Precondition: As of `text`.
  public var readableText: String {
    var text = ""
    append(to: &text, lines: 0, numbers: .onOneLine)
    return text
  }

  /// How lists of numbers stand where members have lines of their own.
  private enum NumberLists { case onLines, onOneLine }

  /// - Parameter lines: The level, where members have lines of their own.
  private func append(
    to text: inout String, lines: Int?, numbers: NumberLists = .onLines
  ) {
    let inner = lines.map { $0 + 1 }
    func breakLine(_ level: Int?) {
      if let level { text += "\n" + String(repeating: "  ", count: level) }
    }
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let number): text += "\(number)"
    case .real(let number):
      precondition(number.isFinite, "JSON has no \(number)")
      text += "\(number)"
    case .string(let string): Self.append(quoting: string, to: &text)
    case .array(let elements) where numbers == .onOneLine && elements.allSatisfy(\.isNumber):
      text += "[" + elements.map(\.text).joined(separator: ", ") + "]"
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += "," }
        breakLine(inner)
        element.append(to: &text, lines: inner, numbers: numbers)
      }
      if !elements.isEmpty { breakLine(lines) }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { text += "," }
        breakLine(inner)
        Self.append(quoting: member.name, to: &text)
        text += lines == nil ? ":" : ": "
        member.value.append(to: &text, lines: inner, numbers: numbers)
      }
      if !members.isEmpty { breakLine(lines) }
      text += "}"
    }
  }

  private var isNumber: Bool {
    switch self {
    case .integer, .real: true
    default: false
    }
  }

  private static func append(quoting string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\u{8}": text += "\\b"
      case "\u{C}": text += "\\f"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
