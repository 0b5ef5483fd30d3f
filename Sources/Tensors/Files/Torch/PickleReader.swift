// A stack machine for the opcodes that pickles of protocols 2 to 5 hold state dicts in.
// It builds a graph of what the pickle says; calls are recorded, never made.

/// Reads one pickle.
///
/// Memory stays proportional to the pickle's bytes: every opcode makes one value at most, texts are
/// copied once, and nothing is built by walking what was built before.
struct PickleReader {
  private let bytes: UnsafeRawBufferPointer
  private let name: String
  private var position = 0
  /// The byte of the opcode being read.
  private var opcodeStart = 0
  private var stack: [PickleValue] = []
  /// The stack's heights at its marks.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var objects: [PickleObject] = []
  private var nameCount = 0

  /// The most bytes a pickle may have: enough for a hundred thousand tensors.
  static let largest = 32_000_000
  /// The most values that the stack, the memo and the graph may have each.
  static let mostValues = 2_000_000
  /// The most names of classes and functions; a pickle has each of them once.
  static let mostNames = 65_536

  /// Reads a pickle that is all of `bytes`.
  ///
  /// - Parameter name: What error messages call it.
  /// - Throws: `TensorFileError` with the byte where reading stopped.
  static func read(
    _ bytes: UnsafeRawBufferPointer, name: String
  ) throws(TensorFileError) -> Pickle {
    var reader = PickleReader(bytes: bytes, name: name)
    let value = try reader.document()
    return Pickle(value: value, objects: reader.objects)
  }

  /// Reads the pickle that `bytes` begin with, and says how many of them it takes.
  ///
  /// - Parameter name: What error messages call it.
  /// - Throws: `TensorFileError` with the byte where reading stopped.
  static func readFirst(
    _ bytes: UnsafeRawBufferPointer, name: String
  ) throws(TensorFileError) -> (pickle: Pickle, length: Int) {
    let most = UnsafeRawBufferPointer(rebasing: bytes.prefix(largest))
    var reader = PickleReader(bytes: most, name: name)
    let value = try reader.pickle()
    return (Pickle(value: value, objects: reader.objects), reader.position)
  }

  private init(bytes: UnsafeRawBufferPointer, name: String) {
    (self.bytes, self.name) = (bytes, name)
  }

  private mutating func document() throws(TensorFileError) -> PickleValue {
    guard bytes.count <= Self.largest else {
      throw error("a pickle of at most \(Self.largest) bytes", "\(bytes.count)")
    }
    let value = try pickle()
    guard position == bytes.count else {
      throw error("the end after the value", "\(bytes.count - position) bytes more")
    }
    return value
  }

  private mutating func pickle() throws(TensorFileError) -> PickleValue {
    let opening = bytes.prefix(2)
    guard opening.count == 2, opening[0] == 0x80, (2...5).contains(opening[1]) else {
      throw error(
        "a pickle of protocol 2 to 5",
        opening.isEmpty ? "the end" : "bytes \(opening.map { hexadecimal($0) })")
    }
    position = 2
    while true {
      opcodeStart = position
      let opcode = try number(UInt8.self)
      if opcode == UInt8(ascii: ".") { break }
      try perform(opcode)
      guard max(stack.count, marks.count, memo.count, objects.count) <= Self.mostValues else {
        throw error("at most \(Self.mostValues) values", "more")
      }
    }
    let value = try pop()
    guard stack.isEmpty, marks.isEmpty else {
      throw error("one value at the end", "\(stack.count + 1) or an open mark")
    }
    return value
  }

  private mutating func perform(_ opcode: UInt8) throws(TensorFileError) {
    switch opcode {
    case 0x80, 0x95: try skipFraming(opcode)
    case UInt8(ascii: "N"), 0x88, 0x89, UInt8(ascii: "J"), UInt8(ascii: "K"), UInt8(ascii: "M"),
      0x8A, 0x8B, UInt8(ascii: "G"):
      stack.append(try scalar(opcode))
    case UInt8(ascii: "X"), 0x8C, 0x8D, UInt8(ascii: "T"), UInt8(ascii: "U"):
      stack.append(try textOrBytes(try length(opcode)))
    case UInt8(ascii: "B"), UInt8(ascii: "C"), 0x8E, 0x96:
      _ = try take(try length(opcode))
      stack.append(.other)
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())
    case UInt8(ascii: "q"), UInt8(ascii: "r"), 0x94: memo[try memoIndex(opcode)] = try top()
    case UInt8(ascii: "h"), UInt8(ascii: "j"): stack.append(try remembered(opcode))
    case UInt8(ascii: "c"), 0x93: stack.append(.global(try global(opcode)))
    case UInt8(ascii: "R"), 0x81, 0x92: try recordCall(opcode)
    case UInt8(ascii: "b"): try keepState()
    case UInt8(ascii: "Q"): push(.persistent(try pop()))
    default: try performOnContainers(opcode)
    }
  }

  private mutating func performOnContainers(_ opcode: UInt8) throws(TensorFileError) {
    switch opcode {
    case UInt8(ascii: ")"): push(.tuple)
    case 0x85...0x87: push(.tuple, try pop(Int(opcode) - 0x84))
    case UInt8(ascii: "t"): push(.tuple, try popToMark())
    case UInt8(ascii: "]"): push(.list)
    case UInt8(ascii: "l"): push(.list, try popToMark())
    case UInt8(ascii: "}"): push(.dictionary)
    case UInt8(ascii: "d"):
      let items = try popToMark()
      push(.dictionary)
      try addMembers(items)
    case 0x8F: push(.set)
    case 0x91: push(.set, try popToMark())
    case UInt8(ascii: "a"): try addElements([try pop()])
    case UInt8(ascii: "e"), 0x90: try addElements(try popToMark())
    case UInt8(ascii: "s"): try addMembers(try pop(2))
    case UInt8(ascii: "u"): try addMembers(try popToMark())
    default:
      throw error("an opcode that a state dict needs", Self.refused[opcode] ?? hexadecimal(opcode))
    }
  }

  private static let refused: [UInt8: String] = [
    UInt8(ascii: "P"): "PERSID", UInt8(ascii: "i"): "INST", UInt8(ascii: "o"): "OBJ",
    UInt8(ascii: "I"): "INT", UInt8(ascii: "L"): "LONG", UInt8(ascii: "F"): "FLOAT",
    UInt8(ascii: "S"): "STRING", UInt8(ascii: "V"): "UNICODE", UInt8(ascii: "g"): "GET",
    UInt8(ascii: "p"): "PUT", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x97: "NEXT_BUFFER",
    0x98: "READONLY_BUFFER",
  ]

  // MARK: Values

  // Frames only help buffering; they must lie inside the pickle all the same.
  private mutating func skipFraming(_ opcode: UInt8) throws(TensorFileError) {
    if opcode == 0x80 { throw error("the protocol once, at the beginning", "it again") }
    let length = try number(UInt64.self)
    guard length <= UInt64(bytes.count - position) else {
      throw error("a frame of at most \(bytes.count - position) bytes", "one of \(length)")
    }
  }

  private mutating func scalar(_ opcode: UInt8) throws(TensorFileError) -> PickleValue {
    switch opcode {
    case 0x88: .bool(true)
    case 0x89: .bool(false)
    case UInt8(ascii: "J"): .integer(Int(try number(Int32.self)))
    case UInt8(ascii: "K"): .integer(Int(try number(UInt8.self)))
    case UInt8(ascii: "M"): .integer(Int(try number(UInt16.self)))
    case 0x8A: try wideInteger(Int(try number(UInt8.self)))
    case 0x8B: try wideInteger(Int(try number(Int32.self)))
    case UInt8(ascii: "G"): .real(Double(bitPattern: try number(UInt64.self).byteSwapped))
    default: .none
    }
  }

  // Two's complement, lowest byte first, in as many bytes as it takes.
  private mutating func wideInteger(_ length: Int) throws(TensorFileError) -> PickleValue {
    let digits = try take(length)
    guard digits.count <= 8 else { return .other }
    let isNegative = digits.last.map { $0 & 0x80 != 0 } ?? false
    let bits = digits.reversed().reduce(isNegative ? UInt64.max : 0) { $0 << 8 | UInt64($1) }
    return .integer(Int(truncatingIfNeeded: bits))
  }

  private mutating func length(_ opcode: UInt8) throws(TensorFileError) -> Int {
    let length: UInt64 =
      switch opcode {
      case 0x8C, UInt8(ascii: "U"), UInt8(ascii: "C"): UInt64(try number(UInt8.self))
      case 0x8D, 0x8E, 0x96: try number(UInt64.self)
      default: UInt64(try number(UInt32.self))
      }
    guard length <= UInt64(bytes.count - position) else {
      throw error("a length of at most \(bytes.count - position) bytes", "\(length)")
    }
    return Int(length)
  }

  // A path with bytes that are no UTF-8 is written with halves of surrogate pairs.
  private mutating func textOrBytes(_ length: Int) throws(TensorFileError) -> PickleValue {
    String(validating: try take(length), as: UTF8.self).map { .text($0) } ?? .other
  }

  private mutating func text(_ length: Int) throws(TensorFileError) -> String {
    guard let text = String(validating: try take(length), as: UTF8.self) else {
      throw error("text in UTF-8", "other bytes")
    }
    return text
  }

  private mutating func global(_ opcode: UInt8) throws(TensorFileError) -> TorchGlobal {
    nameCount += 1
    guard nameCount <= Self.mostNames else {
      throw error("at most \(Self.mostNames) names of classes", "more")
    }
    guard opcode == 0x93 else {
      let module = try line()
      return TorchGlobal(module: module, name: try line(), offset: opcodeStart)
    }
    let parts = try pop(2)
    guard case .text(let module) = parts[0], case .text(let own) = parts[1] else {
      throw error("a class's name as two texts", "other values")
    }
    guard max(module.utf8.count, own.utf8.count) <= Self.longestName else {
      throw error("a name of at most \(Self.longestName) bytes", "a longer one")
    }
    return TorchGlobal(module: module, name: own, offset: opcodeStart)
  }

  private static let longestName = 1024

  private mutating func line() throws(TensorFileError) -> String {
    let rest = bytes[position...].prefix(Self.longestName)
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
      throw error("a name of at most \(Self.longestName) bytes", "none that ends")
    }
    let name = try text(end - position)
    position += 1
    return name
  }

  // MARK: Objects

  private mutating func push(_ kind: PickleObject.Kind, _ elements: [PickleValue] = []) {
    stack.append(.object(objects.count))
    objects.append(PickleObject(kind: kind, offset: opcodeStart, elements: elements))
  }

  private mutating func recordCall(_ opcode: UInt8) throws(TensorFileError) {
    if opcode == 0x92 { _ = try pop() }
    let arguments = try pop()
    guard case .object(let index) = arguments, objects[index].kind == .tuple else {
      throw error("arguments in a tuple", "other values")
    }
    switch try pop() {
    case .global(let callable): push(.call(callable: callable, arguments: arguments))
    // A class or function that the pickle itself makes.
    case .object: push(.closed)
    default: throw error("a class or function to call", "another value")
    }
  }

  // Attributes set on an object: a state dict's `_metadata`, a namespace's options.
  private mutating func keepState() throws(TensorFileError) {
    let state = try pop()
    let value = try top()
    // A class that is given attributes keeps its name.
    if case .global(.closed) = value { return }
    guard case .object(let index) = value else {
      throw error("an object to give attributes to", "another value")
    }
    switch objects[index].kind {
    case .call(.dictionary, _), .call(.closed, _), .closed: objects[index].state = state
    default: throw error("no attributes of tensors, lists or tuples", "some")
    }
  }

  private mutating func addElements(_ elements: [PickleValue]) throws(TensorFileError) {
    guard case .object(let index) = try top() else {
      throw error("a list or set to add to", "another value")
    }
    switch objects[index].kind {
    case .list, .set, .call(.closed, _), .closed: objects[index].elements += elements
    default: throw error("a list or set to add to", "another object")
    }
  }

  private mutating func addMembers(_ members: [PickleValue]) throws(TensorFileError) {
    guard case .object(let index) = try top() else {
      throw error("a dictionary to add to", "another value")
    }
    guard members.count.isMultiple(of: 2) else {
      throw error("keys with values", "a key without")
    }
    switch objects[index].kind {
    case .dictionary, .call(.dictionary, _), .call(.closed, _), .closed:
      objects[index].members += members
    default: throw error("a dictionary to add to", "another object")
    }
  }

  // MARK: Stack and memo

  private func top() throws(TensorFileError) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else {
      throw error("a value on the stack", "none")
    }
    return value
  }

  private mutating func pop() throws(TensorFileError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws(TensorFileError) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw error("\(count) values on the stack", "fewer")
    }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(TensorFileError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw error("a mark on the stack", "none") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func memoIndex(_ opcode: UInt8) throws(TensorFileError) -> Int {
    switch opcode {
    case UInt8(ascii: "q"), UInt8(ascii: "h"): Int(try number(UInt8.self))
    case 0x94: memo.count
    default: Int(try number(UInt32.self))
    }
  }

  private mutating func remembered(_ opcode: UInt8) throws(TensorFileError) -> PickleValue {
    let index = try memoIndex(opcode)
    guard let value = memo[index] else { throw error("a value under memo \(index)", "none") }
    return value
  }

  // MARK: Bytes

  private mutating func take(_ count: Int) throws(TensorFileError) -> Slice<UnsafeRawBufferPointer>
  {
    guard count >= 0, count <= bytes.count - position else {
      throw error("\(count) bytes", "\(bytes.count - position)")
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private mutating func number<Number: FixedWidthInteger>(
    _: Number.Type
  ) throws(TensorFileError) -> Number {
    let size = MemoryLayout<Number>.size
    guard size <= bytes.count - position else {
      throw error("\(size) more bytes", "the end")
    }
    defer { position += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
  }

  private func error(_ expected: String, _ found: String) -> TensorFileError {
    TensorFileError("\(name) offset \(opcodeStart): expected \(expected), found \(found)")
  }

  private func hexadecimal(_ byte: UInt8) -> String { "0x" + String(byte, radix: 16) }
}
