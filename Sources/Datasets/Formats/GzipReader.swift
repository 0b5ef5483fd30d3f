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
