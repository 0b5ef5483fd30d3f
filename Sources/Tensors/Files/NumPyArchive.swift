// .npz: a zip archive of .npy files, as numpy.savez and savez_compressed write it.

import CZlib
import Foundation

/// Arrays by their names.
public struct NumPyArchive {
  /// The names of the arrays, in the archive's order, without `.npy`.
  public let names: [String]
  private let bytes: [UInt8]
  private let members: [String: ZipArchive.Member]

  /// Whether bytes begin as an archive of arrays does.
  public static func isArchive(_ bytes: [UInt8]) -> Bool {
    guard bytes.starts(with: [0x50, 0x4B, 3, 4]), bytes.count >= 30 else { return false }
    let length = Int(bytes[26]) | Int(bytes[27]) << 8
    return String(decoding: bytes[30...].prefix(length), as: UTF8.self).hasSuffix(suffix)
  }

  /// Reads the directory; no array is unpacked.
  ///
  /// - Throws: `NumPyError`.
  public init(_ bytes: [UInt8]) throws(NumPyError) {
    var (names, members): ([String], [String: ZipArchive.Member]) = ([], [:])
    do throws(TensorFileError) {
      for member in try Self.members(bytes) where member.name.hasSuffix(Self.suffix) {
        let name = String(member.name.dropLast(Self.suffix.count))
        names.append(name)
        members[name] = member
      }
    } catch {
      throw NumPyError(error.description)
    }
    guard !names.isEmpty else { throw NumPyError("expected an array (.npy) in it, found none") }
    (self.names, self.members, self.bytes) = (names, members, bytes)
  }

  /// The `.npy` file of an array, unpacked.
  ///
  /// - Parameters:
  ///   - name: The array; may be nil where there is one alone.
  ///   - limit: The most bytes it may have.
  /// - Throws: `NumPyError`, which lists the names if none fits.
  public func file(named name: String?, limit: Int = 1 << 33) throws(NumPyError) -> [UInt8] {
    guard let chosen = name ?? (names.count == 1 ? names[0] : nil) else {
      throw NumPyError("expected --array NAME to choose one of its arrays: \(listed)")
    }
    let plain = chosen.hasSuffix(Self.suffix) ? String(chosen.dropLast(Self.suffix.count)) : chosen
    guard let member = members[chosen] ?? members[plain] else {
      throw NumPyError("expected an array called \(printable(chosen)), found \(listed)")
    }
    return try unpacked(member, limit: limit)
  }

  /// What bytes hold as one `.npy` file: themselves, or an array of an archive.
  ///
  /// - Throws: `NumPyError`.
  public static func file(_ bytes: [UInt8], named name: String?) throws(NumPyError) -> [UInt8] {
    isArchive(bytes) ? try NumPyArchive(bytes).file(named: name) : bytes
  }

  /// The names as a message lists them.
  private var listed: String {
    let shown = names.prefix(12).map { printable($0) }.joined(separator: ", ")
    return names.count > 12 ? shown + " and \(names.count - 12) more" : shown
  }

  private static let suffix = ".npy"
  /// Deflate packs at most this many bytes into one.
  private static let highestRatio = 1032

  private static func members(_ bytes: [UInt8]) throws(TensorFileError) -> [ZipArchive.Member] {
    var outcome: Result<[ZipArchive.Member], TensorFileError> = .success([])
    bytes.withUnsafeBytes { raw in
      do throws(TensorFileError) {
        outcome = .success(try ZipArchive(raw).members)
      } catch {
        outcome = .failure(error)
      }
    }
    return try outcome.get()
  }

  private func unpacked(
    _ member: ZipArchive.Member, limit: Int
  ) throws(NumPyError) -> [UInt8] {
    let packed = bytes[member.bytes]
    let contents: [UInt8]
    if member.isStored {
      contents = Array(packed)
    } else {
      let size = member.size
      guard member.isDeflated else {
        throw NumPyError("\(member.name): expected it stored or deflated, found another packing")
      }
      guard size <= limit, size / Self.highestRatio <= packed.count else {
        throw NumPyError(
          "\(member.name): expected at most \(min(limit, packed.count * Self.highestRatio)) bytes, "
            + "found \(size)")
      }
      contents = try Self.inflated(packed, size: size, name: member.name)
    }
    if let expected = member.checksum {
      let found = contents.withUnsafeBytes { CRC32.checksum($0) }
      guard found == expected else {
        throw NumPyError("\(member.name): expected its checksum, found another: it is damaged")
      }
    }
    return contents
  }

  /// Unpacks to just the size; memory grows with what is really there.
  private static func inflated(
    _ packed: ArraySlice<UInt8>, size: Int, name: String
  ) throws(NumPyError) -> [UInt8] {
    var stream = z_stream()
    // Minus 15: 15 bits of window, and no header, as zip has it.
    guard
      inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw NumPyError("\(name): no memory to unpack it") }
    defer { inflateEnd(&stream) }
    var contents: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    var position = packed.startIndex
    var status = Z_OK
    while status == Z_OK, contents.count <= size {
      let available = min(packed.endIndex - position, Int(UInt32.max))
      status = packed[position...].withUnsafeBufferPointer { source in
        piece.withUnsafeMutableBufferPointer { target in
          // zlib only reads what it is given as mutable.
          stream.next_in = source.baseAddress.map { UnsafeMutablePointer(mutating: $0) }
          stream.avail_in = UInt32(available)
          stream.next_out = target.baseAddress
          stream.avail_out = UInt32(target.count)
          return inflate(&stream, Z_NO_FLUSH)
        }
      }
      position += available - Int(stream.avail_in)
      contents += piece[..<(piece.count - Int(stream.avail_out))]
    }
    guard status == Z_STREAM_END, contents.count == size, position == packed.endIndex else {
      throw NumPyError(
        "\(name): expected \(size) bytes of deflated data, found "
          + (contents.count > size ? "more" : "damage after \(contents.count)"))
    }
    return contents
  }
}
