// The directory of a zip archive, checked against itself and the file before it is believed.
// Nothing is unpacked: members are ranges of the file's bytes.

/// The members of a zip archive (APPNOTE 6.3, with its 64-bit records).
struct ZipArchive {
  /// One file in the archive.
  struct Member {
    /// Its name: relative, without `..`.
    let name: String
    /// Its stored bytes in the file.
    let bytes: Range<Int>
    /// Whether the stored bytes are the contents themselves.
    let isStored: Bool
    /// Whether the stored bytes are packed with deflate.
    let isDeflated: Bool
    /// The bytes of its contents, as the directory says.
    let size: Int
    /// The checksum of its contents; nil if the writer left it out (0, of contents that are some).
    let checksum: UInt32?
  }

  /// The members, in the directory's order; no name twice, no byte in two of them.
  let members: [Member]
  private let file: UnsafeRawBufferPointer
  private let load: Load
  private let membersByName: [String: Int]

  /// Makes sure that bytes of the file are in memory.
  typealias Load = (Range<Int>) throws(TensorFileError) -> Void

  /// Reads the directory of an archive that is the whole file.
  ///
  /// - Throws: `TensorFileError`: damage, several disks, encryption, or names that repeat or lead
  ///   out of a folder.
  init(
    _ file: UnsafeRawBufferPointer, load: @escaping Load = { _ throws(TensorFileError) in }
  ) throws(TensorFileError) {
    self.file = file
    self.load = load
    try load(max(0, file.count - ZipDirectory.mostTrailing)..<file.count)
    let directory = try ZipDirectory(file)
    try load(directory.bytes)
    var members: [Member] = []
    var spans: [(bytes: Range<Int>, name: String)] = []
    var membersByName: [String: Int] = [:]
    var position = directory.bytes.lowerBound
    for _ in 0..<directory.count {
      let record = try ZipRecord(file, at: position, within: directory.bytes)
      try record.loadHeader(file, load)
      let start = try record.contentsStart(file, before: directory.bytes.lowerBound)
      let bytes = start..<start + record.storedSize
      guard membersByName.updateValue(members.count, forKey: record.name) == nil else {
        throw TensorFileError("zip member \(record.name): expected each name once, found it again")
      }
      members.append(
        Member(
          name: record.name, bytes: bytes, isStored: record.isStored,
          isDeflated: record.isDeflated, size: Int(clamping: record.size),
          checksum: record.checksum == 0 && !bytes.isEmpty ? nil : record.checksum))
      spans.append((record.headerStart..<bytes.upperBound, record.name))
      position = record.end
    }
    guard position == directory.bytes.upperBound else {
      throw TensorFileError(
        "zip directory, byte \(position): expected its end after \(directory.count) members, found "
          + "\(directory.bytes.upperBound - position) bytes more")
    }
    self.members = members
    self.membersByName = membersByName
    try Self.checkApart(&spans)
  }

  /// The member of a name.
  func member(named name: String) -> Member? { membersByName[name].map { members[$0] } }

  /// The contents of a member, with their checksum checked.
  ///
  /// - Throws: `TensorFileError` if they are compressed or do not have the checksum.
  func contents(of member: Member) throws(TensorFileError) -> UnsafeRawBufferPointer {
    guard member.isStored else {
      throw TensorFileError(
        "zip member \(member.name): expected it stored as it is, found it compressed; "
          + "save it again with torch.save")
    }
    try load(member.bytes)
    let contents = UnsafeRawBufferPointer(rebasing: file[member.bytes])
    if let expected = member.checksum {
      let found = CRC32.checksum(contents)
      guard found == expected else {
        throw TensorFileError(
          "zip member \(member.name): expected the checksum \(hexadecimal(expected)), found "
            + "\(hexadecimal(found)): the file is damaged")
      }
    }
    return contents
  }

  private static func checkApart(
    _ spans: inout [(bytes: Range<Int>, name: String)]
  ) throws(TensorFileError) {
    spans.sort { $0.bytes.lowerBound < $1.bytes.lowerBound }
    for (first, second) in zip(spans, spans.dropFirst())
    where second.bytes.lowerBound < first.bytes.upperBound {
      throw TensorFileError(
        "zip member \(second.name): expected it after byte \(first.bytes.upperBound), found it at "
          + "\(second.bytes.lowerBound), inside \(first.name)")
    }
  }
}

private func hexadecimal(_ number: UInt32) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
