// The header of a safetensors file, checked before anything is believed or allocated.

struct SafetensorsHeader {
  let entries: [SafetensorsFile.Entry]
  let metadata: [String: String]
  /// Where tensors' bytes begin in the file.
  let dataStart: Int

  /// The most bytes a header may have: enough for a hundred thousand tensors. The format allows
  /// 100 MB, which as JSON values would take gigabytes.
  private static let largest = 16_000_000

  init(file: UnsafeRawBufferPointer) throws(SafetensorsError) {
    guard file.count >= 8 else {
      throw SafetensorsError("expected 8 bytes of header length, found a file of \(file.count)")
    }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    let most = min(Self.largest, file.count - 8)
    guard length <= UInt64(most) else {
      throw SafetensorsError(
        "byte 0: expected a header of at most \(most) bytes, found a length of \(length)")
    }
    dataStart = 8 + Int(length)
    let json: JSONValue
    do {
      json = try JSONValue(parsing: file[8..<dataStart])
    } catch {
      throw SafetensorsError("header, \(error)")
    }
    guard case .object(let members) = json else {
      throw SafetensorsError("header: expected an object, found \(json.kind)")
    }
    var entries: [SafetensorsFile.Entry] = []
    var metadata: [String: String] = [:]
    for member in members {
      if member.name == "__metadata__" {
        metadata = try Self.metadata(member.value)
      } else {
        entries.append(try Self.entry(member.name, member.value, room: file.count - dataStart))
      }
    }
    self.entries = entries
    self.metadata = metadata
    try checkCover(room: file.count - dataStart)
  }

  private static func metadata(_ value: JSONValue) throws(SafetensorsError) -> [String: String] {
    guard case .object(let members) = value else {
      throw SafetensorsError("header, __metadata__: expected an object, found \(value.kind)")
    }
    var metadata: [String: String] = [:]
    for member in members {
      guard case .string(let text) = member.value else {
        throw SafetensorsError(
          "header, __metadata__, \(member.name): expected text, found \(member.value.kind)")
      }
      metadata[member.name] = text
    }
    return metadata
  }

  private static func entry(
    _ name: String, _ value: JSONValue, room: Int
  ) throws(SafetensorsError) -> SafetensorsFile.Entry {
    guard case .string(let typeName)? = value["dtype"] else {
      throw SafetensorsError(
        "tensor \(name): expected dtype, a text, found \(value["dtype"]?.kind ?? "none")")
    }
    guard let type = SafetensorsFile.ElementType(name: typeName) else {
      throw SafetensorsError(
        "tensor \(name): expected a known dtype such as F32, found \(typeName)")
    }
    let shape = try integers(value["shape"], of: name, what: "shape")
    let offsets = try integers(value["data_offsets"], of: name, what: "data_offsets")
    guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= room else {
      throw SafetensorsError(
        "tensor \(name): expected data_offsets [begin, end] within \(room) bytes, found \(offsets)")
    }
    var needed = type.size
    for length in shape {
      let (product, overflow) = needed.multipliedReportingOverflow(by: length)
      guard !overflow else {
        throw SafetensorsError("tensor \(name): expected a shape that fits, found \(shape)")
      }
      needed = product
    }
    guard offsets[1] - offsets[0] == needed else {
      throw SafetensorsError(
        "tensor \(name): expected \(needed) bytes for \(typeName) \(shape), "
          + "found \(offsets[1] - offsets[0])")
    }
    return .init(name: name, type: type, shape: shape, bytes: offsets[0]..<offsets[1])
  }

  private static func integers(
    _ value: JSONValue?, of name: String, what: String
  ) throws(SafetensorsError) -> [Int] {
    guard case .array(let elements)? = value else {
      throw SafetensorsError(
        "tensor \(name): expected \(what), a list, found \(value?.kind ?? "none")")
    }
    var numbers: [Int] = []
    for element in elements {
      guard case .integer(let number) = element, number >= 0 else {
        throw SafetensorsError("tensor \(name): expected whole numbers in \(what), found others")
      }
      numbers.append(number)
    }
    return numbers
  }

  // The format asks that tensors cover the data without hole or overlap.
  private func checkCover(room: Int) throws(SafetensorsError) {
    var end = 0
    for entry in entries.sorted(by: {
      ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
    }) {
      guard entry.bytes.lowerBound == end else {
        let what = entry.bytes.lowerBound < end ? "overlaps the tensor before" : "leaves a gap"
        throw SafetensorsError(
          "tensor \(entry.name): expected data at byte \(end), found "
            + "\(entry.bytes.lowerBound), which \(what)")
      }
      end = entry.bytes.upperBound
    }
    guard end == room else {
      throw SafetensorsError("expected \(end) bytes of tensors, found \(room)")
    }
  }
}
