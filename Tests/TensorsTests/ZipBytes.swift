// Small writers of zip archives and pickles, right ones and wrong ones.

import Foundation
import TestSupport

/// One member as it is to stand in an archive.
struct ZippedMember {
  var name: String
  var bytes: [UInt8]
  var flags: UInt16 = 0
  var method: UInt16 = 0
  /// Left out unless given, as torch.save does without checksums.
  var checksum: UInt32 = 0
  /// Where the directory says the header is, if elsewhere than it would be; then nothing but the
  /// directory's record is written.
  var start: Int?
  /// Whether sizes and position stand in the directory as 64-bit numbers only.
  var isWide = false

  var header: [UInt8] {
    littleEndianBytes(0x0403_4B50 as UInt32) + littleEndianBytes(20 as UInt16) + common
      + littleEndianBytes(0 as UInt16) + name.utf8 + bytes
  }

  var record: [UInt8] {
    let position = UInt64(start ?? 0)
    let size = UInt64(bytes.count)
    let wide = [size, size, position].flatMap { littleEndianBytes($0) }
    let extra =
      isWide
      ? littleEndianBytes(1 as UInt16) + littleEndianBytes(UInt16(wide.count)) + wide : []
    return littleEndianBytes(0x0201_4B50 as UInt32) + littleEndianBytes(20 as UInt16)
      + littleEndianBytes(20 as UInt16) + common + littleEndianBytes(UInt16(extra.count))
      + [UInt8](repeating: 0, count: 10)
      + littleEndianBytes(isWide ? .max : UInt32(position)) + name.utf8 + extra
  }

  // Flags to the name's length, as both have them.
  private var common: [UInt8] {
    let size = littleEndianBytes(isWide ? .max : UInt32(bytes.count))
    return littleEndianBytes(flags) + littleEndianBytes(method) + [0, 0, 0, 0]
      + littleEndianBytes(checksum) + size + size + littleEndianBytes(UInt16(name.utf8.count))
  }
}

/// The zip archive of some members.
func zipBytes(_ members: [ZippedMember], disk: UInt16 = 0, comment: String = "") -> [UInt8] {
  var archive: [UInt8] = []
  var directory: [UInt8] = []
  for var member in members {
    if member.start == nil {
      member.start = archive.count
      archive += member.header
    }
    directory += member.record
  }
  let count = littleEndianBytes(UInt16(members.count))
  return archive + directory + littleEndianBytes(0x0605_4B50 as UInt32) + littleEndianBytes(disk)
    + littleEndianBytes(disk) + count + count + littleEndianBytes(UInt32(directory.count))
    + littleEndianBytes(UInt32(archive.count)) + littleEndianBytes(UInt16(comment.utf8.count))
    + comment.utf8
}

/// An archive as torch.save makes it, of a pickle and of one storage.
func torchBytes(pickle: [UInt8], storage: [UInt8] = []) -> [UInt8] {
  zipBytes([
    ZippedMember(name: "m/data.pkl", bytes: pickle), ZippedMember(name: "m/data/0", bytes: storage),
  ])
}

/// Opcodes of a pickle, written by what they mean.
enum PickleBytes {
  static func text(_ text: String) -> [UInt8] {
    [0x58] + littleEndianBytes(UInt32(text.utf8.count)) + text.utf8
  }

  static func integer(_ number: Int) -> [UInt8] { [0x8A, 8] + littleEndianBytes(number) }

  static func tuple(_ items: [[UInt8]]) -> [UInt8] {
    Array("(".utf8) + items.joined() + Array("t".utf8)
  }

  static func global(_ module: String, _ name: String) -> [UInt8] {
    Array("c\(module)\n\(name)\n".utf8)
  }

  static func call(_ module: String, _ name: String, _ arguments: [[UInt8]]) -> [UInt8] {
    global(module, name) + tuple(arguments) + Array("R".utf8)
  }

  static func dictionary(_ members: [(String, [UInt8])]) -> [UInt8] {
    Array("}(".utf8) + members.flatMap { text($0) + $1 } + Array("u".utf8)
  }

  static func tensor(
    count: Int, first: Int = 0, shape: [Int], strides: [Int], type: String = "FloatStorage",
    storage: String = "0", more: [[UInt8]] = []
  ) -> [UInt8] {
    let identity = tuple([
      text("storage"), global("torch", type), text(storage), text("cpu"), integer(count),
    ])
    return call(
      "torch._utils", "_rebuild_tensor_v2",
      [
        identity + Array("Q".utf8), integer(first), tuple(shape.map(integer)),
        tuple(strides.map(integer)), [0x89], call("collections", "OrderedDict", []),
      ] + more)
  }

  static func document(_ value: [UInt8]) -> [UInt8] { [0x80, 2] + value + Array(".".utf8) }
}
