// Checksums made right, so that a changed byte reaches the code behind them.

import CZlib

/// Containers whose checksums fit their contents.
enum Checksums {
  /// A PNG whose chunks, as far as they can be followed, have right checksums.
  static func correctingPNG(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    var start = 8
    while start + 12 <= bytes.count {
      let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[start + $1]) }
      let end = start + 8 + length
      guard length <= bytes.count, end + 4 <= bytes.count else { break }
      let sum = crc(bytes[start + 4..<end])
      for index in 0..<4 { bytes[end + index] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * index)) }
      start = end + 4
    }
    return bytes
  }

  /// A zip archive whose members have right checksums, in both places that hold them.
  static func correctingZip(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    func number(_ at: Int, _ count: Int) -> Int {
      (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }
    var at = 0
    while at + 46 <= bytes.count {
      defer { at += 1 }
      guard number(at, 4) == 0x0201_4b50 else { continue }
      let (size, header) = (number(at + 20, 4), number(at + 42, 4))
      guard header + 30 <= bytes.count else { continue }
      let start = header + 30 + number(header + 26, 2) + number(header + 28, 2)
      guard start + size <= bytes.count else { continue }
      let member = bytes[start..<start + size]
      // The checksum is of what a member unpacks to; one that does not unpack has none.
      let isDeflated = number(at + 10, 2) == 8
      guard let sum = isDeflated ? inflated(member, number(at + 24, 4)).map(crc) : crc(member)
      else { continue }
      for place in [at + 16, header + 14] {
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: sum >> (8 * index)) }
      }
    }
    return bytes
  }

  /// An archive of stored members.
  static func zip(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
    func little(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    for member in members {
      let name = Array(member.name.utf8)
      let (sum, size) = (Int(crc(member.bytes[...])), member.bytes.count)
      // Version, flags, method, time, date, checksum, sizes, length of the name, no extra field.
      let common =
        little(0, 2) + little(0, 2) + little(0, 4) + little(sum, 4) + little(size, 4)
        + little(size, 4) + little(name.count, 2) + little(0, 2)
      directory +=
        little(0x0201_4b50, 4) + little(20, 2) + little(20, 2) + common + little(0, 2)
        + little(0, 2) + little(0, 2) + little(0, 4) + little(bytes.count, 4) + name
      bytes += little(0x0403_4b50, 4) + little(20, 2) + common + name + member.bytes
    }
    let start = bytes.count
    return bytes + directory + little(0x0605_4b50, 4) + little(0, 4) + little(members.count, 2)
      + little(members.count, 2) + little(directory.count, 4) + little(start, 4) + little(0, 2)
  }

  /// What a member unpacks to, if that is no longer than it says and 16 MB.
  private static func inflated(_ packed: ArraySlice<UInt8>, _ size: Int) -> ArraySlice<UInt8>? {
    var stream = z_stream()
    guard
      size <= min(1 << 24, packed.count * 1032 + 64),
      inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { inflateEnd(&stream) }
    var packed = Array(packed)
    var contents = [UInt8](repeating: 0, count: size)
    let status = packed.withUnsafeMutableBufferPointer { source in
      contents.withUnsafeMutableBufferPointer { target in
        (stream.next_in, stream.avail_in) = (source.baseAddress, UInt32(source.count))
        (stream.next_out, stream.avail_out) = (target.baseAddress, UInt32(target.count))
        return inflate(&stream, Z_FINISH)
      }
    }
    return status == Z_STREAM_END ? contents[..<Int(stream.total_out)] : nil
  }

  private static func crc(_ bytes: ArraySlice<UInt8>) -> UInt {
    bytes.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
  }
}
