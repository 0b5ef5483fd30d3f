// The records of a zip archive's directory, each checked against the file before it is believed.

/// Where the directory of an archive lies and how many records it has.
struct ZipDirectory {
  let bytes: Range<Int>
  let count: Int

  private static let endSize = 22
  // The end with as long a comment as there may be.
  private static let searched = endSize + Int(UInt16.max)
  private static let wideEndSize = 56
  private static let locatorSize = 20

  /// The most bytes that the end of a directory takes, with its comment.
  static let mostTrailing = wideEndSize + locatorSize + endSize + Int(UInt16.max)

  init(_ file: UnsafeRawBufferPointer) throws(TensorFileError) {
    let end = try Self.findEnd(file)
    let narrow = ZipFields(
      disks: [file.number(UInt16.self, end + 4), file.number(UInt16.self, end + 6)],
      counts: [file.number(UInt16.self, end + 8), file.number(UInt16.self, end + 10)],
      size: file.number(UInt32.self, end + 12), offset: file.number(UInt32.self, end + 16))
    let fields: ZipFields
    let directoryEnd: Int
    let locator = end - Self.locatorSize
    if locator >= Self.wideEndSize, file.number(UInt32.self, locator) == 0x0706_4B50 {
      directoryEnd = locator - Self.wideEndSize
      fields = try Self.wide(file, locator: locator, at: directoryEnd)
      guard narrow.agrees(with: fields) else {
        throw TensorFileError(
          "byte \(end): expected the zip directory's two ends to agree, found that they do not")
      }
    } else {
      directoryEnd = end
      fields = narrow
    }
    guard fields.disks.allSatisfy({ $0 == 0 }), fields.counts[0] == fields.counts[1] else {
      throw TensorFileError("byte \(end): expected a zip archive of one file, found one of several")
    }
    guard let size = Int(exactly: fields.size), let offset = Int(exactly: fields.offset),
      size <= directoryEnd, offset == directoryEnd - size
    else {
      throw TensorFileError(
        "byte \(end): expected a zip directory that ends at byte \(directoryEnd), found one of "
          + "\(fields.size) bytes at \(fields.offset)")
    }
    bytes = offset..<directoryEnd
    guard fields.counts[0] <= UInt64(size / ZipRecord.smallest) else {
      throw TensorFileError(
        "byte \(end): expected at most \(size / ZipRecord.smallest) members in a zip directory of "
          + "\(size) bytes, found \(fields.counts[0])")
    }
    count = Int(fields.counts[0])
  }

  // The end of the directory is the file's end, but for a comment whose length it states.
  private static func findEnd(_ file: UnsafeRawBufferPointer) throws(TensorFileError) -> Int {
    let last = file.count - endSize
    func isEnd(_ position: Int, comment: Int) -> Bool {
      file.number(UInt32.self, position) == 0x0605_4B50
        && file.number(UInt16.self, position + 20) == UInt64(comment)
    }
    for comment in 0...Int(UInt16.max) where last - comment >= 0 {
      if isEnd(last - comment, comment: comment) { return last - comment }
    }
    // Copies by whole blocks leave zeros behind the end, downloads other bytes. PyTorch passes
    // over as many as a comment could have; zeros are none of the archive however many they are.
    let zeros = file.reversed().prefix { $0 == 0 }.count
    let latest = min(last, file.count - zeros)
    for position in stride(from: latest, through: max(0, latest - searched), by: -1) {
      let comment = Int(file.number(UInt16.self, position + 20))
      if comment <= last - position, isEnd(position, comment: comment) { return position }
    }
    throw TensorFileError(
      "expected the end of a zip directory in the last bytes, found none: the file may be cut short"
    )
  }

  private static func wide(
    _ file: UnsafeRawBufferPointer, locator: Int, at position: Int
  ) throws(TensorFileError) -> ZipFields {
    guard file.number(UInt32.self, position) == 0x0606_4B50,
      file.number(UInt64.self, position + 4) == UInt64(wideEndSize - 12),
      file.number(UInt64.self, locator + 8) == UInt64(position)
    else {
      throw TensorFileError(
        "byte \(locator): expected the zip directory's 64-bit end at byte \(position), found none")
    }
    guard file.number(UInt32.self, locator + 4) == 0, file.number(UInt32.self, locator + 16) <= 1
    else {
      throw TensorFileError(
        "byte \(locator): expected a zip archive of one file, found one of several")
    }
    return ZipFields(
      disks: [file.number(UInt32.self, position + 16), file.number(UInt32.self, position + 20)],
      counts: [file.number(UInt64.self, position + 24), file.number(UInt64.self, position + 32)],
      size: file.number(UInt64.self, position + 40),
      offset: file.number(UInt64.self, position + 48))
  }
}

/// What the end of a directory says; 16- and 32-bit fields are all ones where the value is wider.
private struct ZipFields {
  let disks: [UInt64]
  let counts: [UInt64]
  let size: UInt64
  let offset: UInt64

  func agrees(with wide: ZipFields) -> Bool {
    let pairs =
      zip(disks + counts, wide.disks + wide.counts).map { ($0, $1, UInt64(UInt16.max)) }
      + [
        (size, wide.size, UInt64(UInt32.max)), (offset, wide.offset, UInt64(UInt32.max)),
      ]
    return pairs.allSatisfy { narrow, wide, unknown in narrow == wide || narrow == unknown }
  }
}

/// One record of the directory.
struct ZipRecord {
  let name: String
  let flags: UInt64
  let method: UInt64
  let checksum: UInt32
  let storedSize: Int
  let size: UInt64
  let headerStart: Int
  /// Where the next record begins.
  let end: Int
  private let nameBytes: Range<Int>

  static let smallest = 46
  private static let headerSize = 30
  private static let unknown = UInt64(UInt32.max)
  private static let storedMethod: UInt64 = 0
  private static let deflatedMethod: UInt64 = 8

  var isStored: Bool { method == Self.storedMethod }
  var isDeflated: Bool { method == Self.deflatedMethod }

  init(
    _ file: UnsafeRawBufferPointer, at position: Int, within directory: Range<Int>
  ) throws(TensorFileError) {
    guard directory.upperBound - position >= Self.smallest,
      file.number(UInt32.self, position) == 0x0201_4B50
    else {
      throw TensorFileError(
        "zip directory, byte \(position): expected a member's record, found none")
    }
    let nameStart = position + Self.smallest
    let extraStart = nameStart + Int(file.number(UInt16.self, position + 28))
    let extraEnd = extraStart + Int(file.number(UInt16.self, position + 30))
    end = extraEnd + Int(file.number(UInt16.self, position + 32))
    guard end <= directory.upperBound else {
      throw TensorFileError(
        "zip directory, byte \(position): expected a record within the directory, found one that "
          + "ends at byte \(end) of \(directory.upperBound)")
    }
    nameBytes = nameStart..<extraStart
    name = try Self.name(file[nameBytes], at: position)
    flags = file.number(UInt16.self, position + 8)
    method = file.number(UInt16.self, position + 10)
    checksum = UInt32(truncatingIfNeeded: file.number(UInt32.self, position + 16))
    // Encryption, strong encryption, masked directory.
    guard flags & (1 << 0 | 1 << 6 | 1 << 13) == 0 else {
      throw TensorFileError(
        "zip member \(printable(name)): expected it readable, found it encrypted")
    }
    var wide = WideNumbers(
      memberName: name, left: try Self.wideFields(file, extraStart..<extraEnd, name)[...])
    size = try wide.widen(file.number(UInt32.self, position + 24), "size")
    let stored = try wide.widen(file.number(UInt32.self, position + 20), "stored size")
    let start = try wide.widen(file.number(UInt32.self, position + 42), "position")
    guard file.number(UInt16.self, position + 34) == 0 else {
      throw TensorFileError(
        "zip member \(printable(name)): expected it in this file, found it in another")
    }
    guard let storedSize = Int(exactly: stored), let headerStart = Int(exactly: start),
      storedSize <= file.count, headerStart <= file.count - Self.headerSize
    else {
      throw TensorFileError(
        "zip member \(printable(name)): expected it within \(file.count) bytes, found \(stored) bytes at "
          + "\(start)")
    }
    self.storedSize = storedSize
    self.headerStart = headerStart
    guard method != Self.storedMethod || stored == size else {
      throw TensorFileError(
        "zip member \(printable(name)): expected \(size) stored bytes, found \(stored)")
    }
  }

  /// Makes sure that the member's own header is in memory.
  func loadHeader(
    _ file: UnsafeRawBufferPointer, _ load: ZipArchive.Load
  ) throws(TensorFileError) {
    let nameStart = headerStart + Self.headerSize
    try load(headerStart..<nameStart)
    let length =
      file.number(UInt16.self, headerStart + 26) + file.number(UInt16.self, headerStart + 28)
    try load(nameStart..<nameStart + Int(length))
  }

  /// Where the contents begin, after a header that must say what the directory says.
  func contentsStart(
    _ file: UnsafeRawBufferPointer, before directory: Int
  ) throws(TensorFileError) -> Int {
    guard headerStart + Self.headerSize + nameBytes.count <= directory,
      file.number(UInt32.self, headerStart) == 0x0403_4B50
    else {
      throw TensorFileError(
        "zip member \(printable(name)): expected its header at byte \(headerStart), found none")
    }
    let nameStart = headerStart + Self.headerSize
    let isDescribedLater = flags & 1 << 3 != 0
    func agrees(_ field: UInt64, _ value: UInt64) -> Bool {
      field == value || isDescribedLater && field == 0 || field == Self.unknown
    }
    guard file.number(UInt16.self, headerStart + 6) == flags,
      file.number(UInt16.self, headerStart + 8) == method,
      agrees(file.number(UInt32.self, headerStart + 14), UInt64(checksum)),
      agrees(file.number(UInt32.self, headerStart + 18), UInt64(storedSize)),
      agrees(file.number(UInt32.self, headerStart + 22), size),
      file.number(UInt16.self, headerStart + 26) == UInt64(nameBytes.count),
      file[nameStart..<nameStart + nameBytes.count].elementsEqual(file[nameBytes])
    else {
      throw TensorFileError(
        "zip member \(printable(name)): expected the header at byte \(headerStart) to agree with the "
          + "directory, found that it does not")
    }
    let extraStart = nameStart + nameBytes.count
    let start = extraStart + Int(file.number(UInt16.self, headerStart + 28))
    guard start <= directory, storedSize <= directory - start else {
      throw TensorFileError(
        "zip member \(printable(name)): expected \(storedSize) bytes before the directory at byte "
          + "\(directory), found them at \(start)")
    }
    _ = try Self.wideFields(file, extraStart..<start, name)
    return start
  }

  private static func name(
    _ bytes: Slice<UnsafeRawBufferPointer>, at position: Int
  ) throws(TensorFileError) -> String {
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw TensorFileError(
        "zip directory, byte \(position): expected a name in UTF-8, found other bytes")
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isPlain = name.utf8.allSatisfy {
      $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\")
    }
    // Folders end in a slash; no other part may be empty, and none may lead elsewhere.
    guard !name.isEmpty, isPlain, !parts.contains(".."), !parts.contains("."),
      !parts.dropLast().contains(""), !parts[0].hasSuffix(":")
    else {
      throw TensorFileError(
        "zip directory, byte \(position): expected a relative name without .., found "
          + "\(name.debugDescription)")
    }
    return name
  }

  // Extra fields are numbers and lengths; number 1 holds what did not fit 32 bits.
  private static func wideFields(
    _ file: UnsafeRawBufferPointer, _ extra: Range<Int>, _ name: String
  ) throws(TensorFileError) -> [UInt64] {
    var wide: [UInt64] = []
    var position = extra.lowerBound
    while position < extra.upperBound {
      let length = position + 4 <= extra.upperBound ? file.number(UInt16.self, position + 2) : .max
      guard length <= UInt64(max(0, extra.upperBound - position - 4)) else {
        throw TensorFileError(
          "zip member \(printable(name)): expected whole extra fields, found one cut short")
      }
      let fieldEnd = position + 4 + Int(length)
      if file.number(UInt16.self, position) == 1 {
        wide = stride(from: position + 4, through: fieldEnd - 8, by: 8).map {
          file.number(UInt64.self, $0)
        }
      }
      position = fieldEnd
    }
    return wide
  }
}

/// The 64-bit numbers of a record, which stand in for 32-bit ones that are all ones.
private struct WideNumbers {
  let memberName: String
  var left: ArraySlice<UInt64>

  mutating func widen(_ narrow: UInt64, _ what: String) throws(TensorFileError) -> UInt64 {
    guard narrow == UInt64(UInt32.max) else { return narrow }
    guard let wide = left.popFirst() else {
      throw TensorFileError("zip member \(memberName): expected its 64-bit \(what), found none")
    }
    return wide
  }
}

extension UnsafeRawBufferPointer {
  /// A little-endian number at a byte that is known to have its bytes after it.
  fileprivate func number<Number: FixedWidthInteger & UnsignedInteger>(
    _: Number.Type, _ position: Int
  ) -> UInt64 {
    UInt64(Number(littleEndian: loadUnaligned(fromByteOffset: position, as: Number.self)))
  }
}
