// Files of torch.save that are cut, flipped or made to do harm: an error, or what was saved.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Damaged and hostile files of torch.save give an error or what was saved")
struct DamagedTorchFileTests {
  private struct Contents: Equatable {
    let names: [String]
    let types: [String]
    let shapes: [[Int]]
    let values: [[UInt32]]

    init(_ file: TensorFile) throws {
      names = file.entries.map(\.name)
      types = file.entries.map(\.type.name)
      shapes = file.entries.map(\.shape)
      values = try file.entries.map { entry in
        guard entry.type.isFloat else { return [] }
        return try file.tensor(named: entry.name).values.map(\.bitPattern)
      }
    }
  }

  @Test(
    "Every beginning of a file is refused", arguments: ["small", "strides", "rezipped", "legacy"])
  func prefixes(_ name: String) throws {
    let bytes = [UInt8](try Data(contentsOf: torchFixture("\(name).pt")))
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "cut").path
      for end in bytes.indices {
        try Data(bytes[..<end]).write(to: URL(fileURLWithPath: path))
        #expect(throws: TensorFileError.self) { try TensorFile(path: path) }
      }
    }
  }

  @Test(
    "Every flipped bit of a file gives an error or equal tensors",
    arguments: ["small", "protocol4", "rezipped", "tied"])
  func flips(_ name: String) throws {
    let bytes = [UInt8](try Data(contentsOf: torchFixture("\(name).pt")))
    let expected = try Contents(TorchFileTests.open(name))
    var errors = 0
    try withTemporaryFile(bytes) { path in
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      func put(_ byte: UInt8, at position: Int) throws {
        try handle.seek(toOffset: UInt64(position))
        try handle.write(contentsOf: [byte])
      }
      for (position, byte) in bytes.enumerated() {
        for bit in 0..<8 {
          try put(byte ^ 1 << bit, at: position)
          do {
            let found = try Contents(TensorFile(path: path))
            #expect(found == expected, "byte \(position), bit \(bit)")
          } catch is TensorFileError {
            errors += 1
          }
        }
        try put(byte, at: position)
      }
    }
    // Padding and dates may change unseen, the pickle, storages and directory may not.
    #expect(errors > bytes.count * 8 / 4)
  }

  @Test("Every flipped bit of a file without checksums gives an error or tensors of its size")
  func legacyFlips() throws {
    let bytes = [UInt8](try Data(contentsOf: torchFixture("legacy.pt")))
    let storages = bytes.count - 4 * 9
    var errors = 0
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "flipped").path
      for (position, bit) in bytes.indices.flatMap({ position in (0..<8).map { (position, $0) } }) {
        var flipped = bytes
        flipped[position] ^= 1 << bit
        try Data(flipped).write(to: URL(fileURLWithPath: path))
        do {
          for entry in try TensorFile(path: path).entries {
            #expect(entry.bytes.upperBound <= bytes.count && entry.byteCount <= bytes.count)
          }
        } catch is TensorFileError {
          errors += 1
        }
      }
    }
    #expect(errors > storages * 8 / 4)
  }

  @Test("Without checksums, any flipped bit or byte of a pickle keeps within the file")
  func unchecked() throws {
    var random = Xorshift(state: 5)
    let names = ["training", "strides", "types", "protocol5"]
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "changed").path
      for name in names {
        let file = [UInt8](try Data(contentsOf: torchFixture("\(name).pt")))
        let pickle = try #require(Self.pickle(in: file))
        for round in 0..<1500 {
          var changed = pickle
          for _ in 0...Int(random.next() % 3) {
            let position = Int(random.next() % UInt64(pickle.count))
            changed[position] =
              round % 2 == 0 ? UInt8(random.next() % 256) : pickle[position] ^ 1 << (position % 8)
          }
          let storages = (0..<20).map {
            ZippedMember(name: "m/data/\($0)", bytes: [UInt8](repeating: 1, count: 32))
          }
          let bytes = zipBytes([ZippedMember(name: "m/data.pkl", bytes: changed)] + storages)
          try Data(bytes).write(to: URL(fileURLWithPath: path))
          guard let opened = try? TensorFile(path: path) else { continue }
          for entry in opened.entries {
            #expect(entry.bytes.upperBound <= bytes.count)
            #expect(entry.byteCount <= bytes.count)
            _ = try? opened.tensor(named: entry.name)
          }
        }
      }
    }
  }

  /// The pickle of a file of torch.save: from its protocol to the last stop before the next member.
  private static func pickle(in file: [UInt8]) -> [UInt8]? {
    let signature: [UInt8] = [0x50, 0x4B]
    guard let start = file.indices.first(where: { file[$0] == 0x80 && $0 >= 40 }),
      let next = file.indices[start...].first(where: { file[$0...].starts(with: signature) }),
      let stop = file[start..<next].lastIndex(of: UInt8(ascii: "."))
    else { return nil }
    return Array(file[start...stop])
  }
}
