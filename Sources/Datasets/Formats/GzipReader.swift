// gzip piece by piece, so that nobody unpacks more than was announced.

import CZlib

/// Unpacks a gzip file held in memory, as far as it is asked.
final class GzipReader {
  /// Deflate packs at most this many bytes into one.
  static let highestRatio = 1032

  private let path: String
  private let packed: [UInt8]
  private var position = 0
  private var isAtEnd = false
  /// Bytes that have been unpacked.
  private var unpackedCount = 0
  // zlib keeps a pointer to it, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>

  /// Whether bytes begin as a gzip file does.
  static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// Begins to unpack.
  ///
  /// - Parameter path: The file, for errors.
  init(_ packed: [UInt8], path: String) throws(DatasetError) {
    self.path = path
    self.packed = packed
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window, and 16 for gzip's header and checksum.
    let status = inflateInit2_(stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      throw DatasetError(path, "gzip: no memory to unpack it")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// The next bytes: `count` of them, fewer where the file ends.
  ///
  /// - Throws: `DatasetError` with the packed file's byte where it is damaged or cut off.
  func read(_ count: Int) throws(DatasetError) -> [UInt8] {
    var unpacked: [UInt8] = []
    // What a header announces is not taken on trust: memory grows with what is really there.
    unpacked.reserveCapacity(min(count, 1 << 24))
    var piece = [UInt8](repeating: 0, count: min(max(count, 1), 1 << 16))
    while unpacked.count < count, !isAtEnd {
      let filled = try inflatePiece(&piece, upTo: min(piece.count, count - unpacked.count))
      unpacked += piece[..<filled]
    }
    return unpacked
  }

  /// What is left and how many bytes that is, if it is `count`; else at most a few of them, and how
  /// many there are at least.
  ///
  /// Much is unpacked twice: to see that it is there, and into an array of just its size. An array that
  /// grows is copied as it grows, and takes up to three times its size.
  ///
  /// - Throws: `DatasetError` with the packed file's byte where it is damaged or cut off.
  func rest(_ count: Int) throws(DatasetError) -> (bytes: [UInt8], found: Int) {
    guard count > Self.grown else {
      let bytes = try read(count + 1)
      return (bytes, bytes.count)
    }
    let second = try GzipReader(packed, path: path)
    try second.skip(unpackedCount)
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    var found = 0
    while found <= count, !isAtEnd { found += try inflatePiece(&piece, upTo: piece.count) }
    guard found == count else { return ([], found) }
    return (try second.fill(count), count)
  }

  /// Up to here an array may grow.
  private static let grown = 1 << 26

  private func skip(_ count: Int) throws(DatasetError) { _ = try read(count) }

  /// The next `count` bytes, known to be there, in an array of just that size.
  private func fill(_ count: Int) throws(DatasetError) -> [UInt8] {
    var unpacked: [UInt8] = []
    unpacked.reserveCapacity(count)
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while unpacked.count < count, !isAtEnd {
      let filled = try inflatePiece(&piece, upTo: min(piece.count, count - unpacked.count))
      unpacked += piece[..<filled]
    }
    return unpacked
  }

  /// Unpacks into the piece as much as it or the input holds; the number of bytes.
  private func inflatePiece(
    _ piece: inout [UInt8], upTo count: Int
  ) throws(DatasetError) -> Int {
    let available = min(packed.count - position, Int(UInt32.max))
    let status = packed.withUnsafeBufferPointer { source in
      piece.withUnsafeMutableBufferPointer { target in
        // zlib only reads what it is given as mutable.
        stream.pointee.next_in = source.baseAddress.map {
          UnsafeMutablePointer(mutating: $0 + position)
        }
        stream.pointee.avail_in = UInt32(available)
        stream.pointee.next_out = target.baseAddress
        stream.pointee.avail_out = UInt32(count)
        return inflate(stream, Z_NO_FLUSH)
      }
    }
    position += available - Int(stream.pointee.avail_in)
    let filled = count - Int(stream.pointee.avail_out)
    unpackedCount += filled
    switch status {
    case Z_STREAM_END: try finishMember()
    case Z_OK: break
    case Z_BUF_ERROR where position >= packed.count:
      throw DatasetError(
        path, byte: position, expected: "more of a gzip file", found: "the file's end")
    default:
      let words = stream.pointee.msg.map { String(cString: $0) } ?? "status \(status)"
      throw DatasetError(path, byte: position, expected: "gzip data", found: words)
    }
    return filled
  }

  /// Goes on to the next of several members, which count as one file; zeros may pad the end.
  private func finishMember() throws(DatasetError) {
    guard packed[position...].contains(where: { $0 != 0 }) else {
      isAtEnd = true
      return
    }
    guard packed[position...].starts(with: [0x1F, 0x8B]) else {
      throw DatasetError(
        path, byte: position, expected: "the end of a gzip file", found: "other bytes")
    }
    inflateReset(stream)
  }
}
