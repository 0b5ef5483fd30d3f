// The header of a safetensors file, checked before anything is believed or allocated.

struct SafetensorsHeader {
  let entries: [TensorEntry]
  let metadata: [String: String]

  /// The most bytes a header may have: enough for a hundred thousand tensors. The format allows
  /// 100 MB, which as JSON values would take gigabytes.
  static let largest = 16_000_000

  /// The member that is no tensor.
  static let metadataName = "__metadata__"

  /// The bytes that a header takes by its length, at most as many as one may have.
  static func range(file: UnsafeRawBufferPointer) -> Range<Int> {
    guard file.count >= 8 else { return 0..<file.count }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    return 0..<min(file.count, 8 + Int(min(length, UInt64(largest))))
  }

  init(file: UnsafeRawBufferPointer) throws(TensorFileError) {
    guard file.count >= 8 else {
      throw TensorFileError("expected 8 bytes of header length, found a file of \(file.count)")
    }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    let most = min(Self.largest, file.count - 8)
    guard length <= UInt64(most) else {
      throw TensorFileError(
        "byte 0: expected a header of at most \(most) bytes, found a length of \(length)")
    }
    let dataStart = 8 + Int(length)
    let json: JSONValue
    do {
      json = try JSONValue(parsing: file[8..<dataStart])
    } catch {
      throw TensorFileError("header, \(error)")
    }
    guard case .object(let members) = json else {
      throw TensorFileError("header: expected an object, found \(json.kind)")
    }
    var entries: [TensorEntry] = []
    var metadata: [String: String] = [:]
    for member in members {
      if member.name == Self.metadataName {
        metadata = try Self.metadata(member.value)
      } else {
        entries.append(try Self.entry(member.name, member.value, data: dataStart..<file.count))
      }
    }
    self.entries = entries
    self.metadata = metadata
    try checkCover(of: dataStart..<file.count)
  }

  private static func metadata(_ value: JSONValue) throws(TensorFileError) -> [String: String] {
    guard case .object(let members) = value else {
      throw TensorFileError("header, __metadata__: expected an object, found \(value.kind)")
    }
    var metadata: [String: String] = [:]
    for member in members {
      guard case .string(let text) = member.value else {
        throw TensorFileError(
          "header, __metadata__, \(printable(member.name)): expected text, found \(member.value.kind)"
        )
      }
      metadata[member.name] = text
    }
    return metadata
  }

  private static func entry(
    _ name: String, _ value: JSONValue, data: Range<Int>
  ) throws(TensorFileError) -> TensorEntry {
    guard case .string(let typeName)? = value["dtype"] else {
      throw TensorFileError(
        "tensor \(printable(name)): expected dtype, a text, found \(value["dtype"]?.kind ?? "none")"
      )
    }
    guard let type = ElementType(name: typeName) else {
      throw TensorFileError(
        "tensor \(printable(name)): expected a known dtype such as F32, found \(printable(typeName))"
      )
    }
    let shape = try integers(value["shape"], of: name, what: "shape")
    let offsets = try integers(value["data_offsets"], of: name, what: "data_offsets")
    guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= data.count else {
      throw TensorFileError(
        "tensor \(printable(name)): expected data_offsets [begin, end] within \(data.count) bytes, found \(printable(offsets))"
      )
    }
    var needed = type.size
    for length in shape {
      let (product, overflow) = needed.multipliedReportingOverflow(by: length)
      guard !overflow else {
        throw TensorFileError(
          "tensor \(printable(name)): expected a shape that fits, found \(printable(shape))")
      }
      needed = product
    }
    guard offsets[1] - offsets[0] == needed else {
      throw TensorFileError(
        "tensor \(printable(name)): expected \(needed) bytes for \(typeName) \(printable(shape)), "
          + "found \(offsets[1] - offsets[0])")
    }
    return TensorEntry(
      name: name, type: type, shape: shape,
      bytes: data.lowerBound + offsets[0]..<data.lowerBound + offsets[1])
  }

  private static func integers(
    _ value: JSONValue?, of name: String, what: String
  ) throws(TensorFileError) -> [Int] {
    guard case .array(let elements)? = value else {
      throw TensorFileError(
        "tensor \(printable(name)): expected \(what), a list, found \(value?.kind ?? "none")")
    }
    var numbers: [Int] = []
    for element in elements {
      guard case .integer(let number) = element, number >= 0 else {
        throw TensorFileError(
          "tensor \(printable(name)): expected whole numbers in \(what), found others")
      }
      numbers.append(number)
    }
    return numbers
  }

  // The format asks that tensors cover the data without hole or overlap.
  private func checkCover(of data: Range<Int>) throws(TensorFileError) {
    var end = data.lowerBound
    for entry in entries.sorted(by: {
      ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
    }) {
      guard entry.bytes.lowerBound == end else {
        let what = entry.bytes.lowerBound < end ? "overlaps the tensor before" : "leaves a gap"
        throw TensorFileError(
          "tensor \(printable(entry.name)): expected data at byte \(end - data.lowerBound), found "
            + "\(entry.bytes.lowerBound - data.lowerBound), which \(what)")
      }
      end = entry.bytes.upperBound
    }
    guard end == data.upperBound else {
      throw TensorFileError(
        "expected \(end - data.lowerBound) bytes of tensors, found \(data.count)")
    }
  }
}
