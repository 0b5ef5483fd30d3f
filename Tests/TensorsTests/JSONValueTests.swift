// The strict reader of JSON: what it accepts, what it refuses and where it says so.

import Foundation
import Tensors
import Testing

@Suite("JSON is read strictly")
struct JSONValueTests {
  static func read(_ text: String) throws -> JSONValue { try JSONValue(parsing: text.utf8) }

  static let accepted: [(String, JSONValue)] = [
    ("null", .null), (" true ", .bool(true)), ("false", .bool(false)),
    ("0", .integer(0)), ("-0", .integer(0)), ("-12", .integer(-12)),
    ("9223372036854775807", .integer(.max)), ("9223372036854775808", .real(0x1p63)),
    ("1.5", .real(1.5)), ("1e3", .real(1000)), ("-2.5E-1", .real(-0.25)), ("1e+2", .real(100)),
    ("1e-400", .real(0)), ("\"\"", .string("")), ("\"a b\"", .string("a b")),
    (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{c}\n\r\t")),
    (#""\u0041\u00e9\u20AC""#, .string("Aé€")), (#""\ud83d\ude00""#, .string("😀")),
    ("\"é€😀\"", .string("é€😀")), ("\"\u{7f}\"", .string("\u{7f}")),
    ("\u{FEFF}{}", .object([])), ("[]", .array([])),
    ("[ 1 , [2] ]", .array([.integer(1), .array([.integer(2)])])),
    ("{}", .object([])),
    (
      "{\"b\":1,\n\"a\":{\"b\":2}}",
      .object([
        .init(name: "b", value: .integer(1)),
        .init(name: "a", value: .object([.init(name: "b", value: .integer(2))])),
      ])
    ),
  ]

  @Test("Accepted", arguments: accepted)
  func accepts(_ text: String, _ expected: JSONValue) throws {
    #expect(try Self.read(text) == expected)
  }

  @Test(
    "Refused, with the byte, what was expected and what was found",
    arguments: [
      ("", "byte 0: expected a value, found the end"),
      ("nul", "byte 0: expected a value, found 'n'"),
      ("nulll", "byte 4: expected the end, found 'l'"),
      ("1 2", "byte 2: expected the end, found '2'"),
      ("NaN", "byte 0: expected a value, found 'N'"),
      ("Infinity", "byte 0: expected a value, found 'I'"),
      ("-", "byte 0: expected a value, found '-'"),
      ("-NaN", "byte 0: expected a value, found '-'"),
      ("+1", "byte 0: expected a value, found '+'"),
      ("01", "byte 0: expected a value, found '0'"),
      ("-00", "byte 0: expected a value, found '-'"),
      (".5", "byte 0: expected a value, found '.'"),
      ("1.", "byte 2: expected a digit, found the end"),
      ("1e", "byte 2: expected a digit, found the end"),
      ("1e+x", "byte 3: expected a digit, found 'x'"),
      ("1e400", "byte 0: expected a number in range, found 1e400"),
      ("0x10", "byte 1: expected the end, found 'x'"),
      ("[1,]", "byte 3: expected a value, found ']'"),
      ("[1 2]", "byte 3: expected ',' or ']', found '2'"),
      ("{\"a\":1,}", "byte 7: expected '\"', found '}'"),
      ("{a:1}", "byte 1: expected '\"', found 'a'"),
      ("{'a':1}", "byte 1: expected '\"', found '''"),
      ("{\"a\" 1}", "byte 5: expected ':', found '1'"),
      ("{\"a\":1 \"b\":2}", "byte 7: expected ',' or '}', found '\"'"),
      ("{\"a\":1,\"a\":2}", "byte 7: expected each name once, found \"a\" again"),
      (#"{"a":1,"\u0061":2}"#, "byte 7: expected each name once, found \"a\" again"),
      ("\"a", "byte 2: expected '\"', found the end"),
      ("\"a\nb\"", "byte 2: expected text without control characters, found byte 0xa"),
      ("\"\u{0}\"", "byte 1: expected text without control characters, found byte 0x0"),
      (#""\x""#, "byte 2: expected an escape, found 'x'"),
      (#""\u12"#, "byte 3: expected four hexadecimal digits, found '1'"),
      (#""\u+123""#, "byte 3: expected four hexadecimal digits, found '+'"),
      (#""\ud83d""#, "byte 7: expected a character, found '\"'"),
      (#""\ude00""#, "byte 7: expected a character, found '\"'"),
      (#""\ud83d\n""#, "byte 8: expected an escape, found 'n'"),
      (#""\ud83d\u0041""#, "byte 13: expected the second half of a pair, found '\"'"),
      ("// no\n1", "byte 0: expected a value, found '/'"),
    ])
  func refuses(_ text: String, _ message: String) {
    let error = #expect(throws: JSONError.self) { try Self.read(text) }
    #expect(error?.description == message)
  }

  @Test(
    "Text that is no UTF-8 is refused: stray, overlong, surrogate and cut bytes",
    arguments: [[0x80], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF5, 0x80]])
  func encoding(_ bytes: [UInt8]) {
    let error = #expect(throws: JSONError.self) {
      try JSONValue(parsing: [0x22] + bytes + [0x22])
    }
    #expect(error?.description == "byte 0: expected UTF-8 text, found other bytes")
  }

  @Test("64 levels are read and 65 refused, without running out of stack")
  func depth() throws {
    func nested(_ levels: Int) -> String {
      String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }
    _ = try Self.read(nested(64))
    for levels in [65, 1_000_000] {
      let error = #expect(throws: JSONError.self) { try Self.read(nested(levels)) }
      #expect(error?.description == "byte 64: expected at most 64 levels, found '['")
    }
    // Levels beside one another do not add up.
    _ = try Self.read("[" + String(repeating: "{},", count: 200) + "[]]")
  }

  static let document =
    #"{"name":"é\ud83d\ude00","list":[1,-2.5e3,true,null,{"x":[]}],"last":{"y":"\n"}} "#

  @Test("Every beginning of a document is refused")
  func prefixes() throws {
    let bytes = Array(Self.document.utf8)
    _ = try JSONValue(parsing: bytes)
    for end in 0..<bytes.count - 1 {
      #expect(throws: JSONError.self) { try JSONValue(parsing: bytes[..<end]) }
    }
  }

  @Test("A document with any bit flipped gives a value or an error within its bytes")
  func flips() {
    let bytes = Array(Self.document.utf8)
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      do {
        _ = try JSONValue(parsing: flipped)
      } catch {
        #expect((0...bytes.count).contains(error.offset))
      }
    }
  }

  @Test("Any bytes give a value or an error")
  func noise() {
    var random = Xorshift(state: 99)
    let alphabet = Array("{}[]\",:\\u0123456789abcdef-+.eEtrufalsn \n\u{1}é".utf8)
    var read = 0
    for round in 0..<20_000 {
      let bytes = (0..<random.next() % 24).map { _ in
        round % 2 == 0
          ? UInt8(truncatingIfNeeded: random.next())
          : alphabet[Int(random.next() % UInt64(alphabet.count))]
      }
      if (try? JSONValue(parsing: bytes)) != nil { read += 1 }
    }
    #expect(read > 0)
  }

  @Test("Members are found by name, and kinds are named for people")
  func lookups() throws {
    let value = try Self.read(#"{"a":[1],"b":null}"#)
    #expect(value["a"] == .array([.integer(1)]))
    #expect(value["c"] == nil)
    #expect(value["a"]?["b"] == nil)
    let kinds = ["null", "true", "1", "1.5", "\"\"", "[]", "{}"].map { try? Self.read($0).kind }
    #expect(
      kinds == ["null", "true or false", "a number", "a number", "text", "a list", "an object"])
  }
}

/// Numbers for tests, the same on every run.
struct Xorshift {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
