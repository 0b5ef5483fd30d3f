// .npz archives as NumPy writes them, and damaged ones.

import Foundation
import Tensors
import Testing

@Suite(".npz archives are those of NumPy")
struct NumPyArchiveTests {
  private static func file(_ name: String) throws -> [UInt8] {
    let folder = Bundle.module.bundleURL.appending(path: "Fixtures")
    return [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }

  private static let cube = Tensor(shape: [2, 3, 4], values: (0..<24).map { Float($0) / 7 })

  @Test("An array alone needs no name; of several one is chosen, stored or deflated")
  func reads() throws {
    let one = try Self.file("one.npz")
    #expect(NumPyArchive.isArchive(one))
    #expect(try NumPyFile.tensor(NumPyArchive(one).file(named: nil)) == Self.cube)
    #expect(try NumPyArchive(one).names == ["arr_0"])
    for name in ["several.npz", "compressed.npz"] {
      let archive = try NumPyArchive(Self.file(name))
      #expect(try NumPyFile.tensor(archive.file(named: "cube")) == Self.cube)
      #expect(try NumPyFile.tensor(archive.file(named: "cube.npy")) == Self.cube)
    }
    let zeros = try NumPyArchive(Self.file("compressed.npz")).file(named: "zeros")
    #expect(try NumPyFile.tensor(zeros) == Tensor(shape: [5000]))
    let plain = NumPyFile.bytes(Self.cube)
    #expect(try NumPyArchive.file(plain, named: nil) == plain)
  }

  @Test("What cannot be chosen is refused with the names")
  func refuses() throws {
    let archive = try NumPyArchive(Self.file("several.npz"))
    let none = #expect(throws: NumPyError.self) { try archive.file(named: nil) }
    #expect(none?.description == "expected --array NAME to choose one of its arrays: cube, bytes")
    let wrong = #expect(throws: NumPyError.self) { try archive.file(named: "x") }
    #expect(wrong?.description == "expected an array called x, found cube, bytes")
    let large = #expect(throws: NumPyError.self) {
      try NumPyArchive(Self.file("compressed.npz")).file(named: "zeros", limit: 1000)
    }
    #expect(large?.description.contains("expected at most 1000 bytes") == true)
  }

  @Test("Every prefix is refused", arguments: ["one.npz", "several.npz", "compressed.npz"])
  func prefixes(_ name: String) throws {
    let whole = try Self.file(name)
    for length in 0..<whole.count {
      #expect(throws: NumPyError.self, "\(length) bytes") {
        try NumPyArchive(Array(whole[..<length])).file(named: nil)
      }
    }
  }

  @Test(
    "Every flipped bit is noticed or changes no element", arguments: ["one.npz", "compressed.npz"])
  func flips(_ name: String) throws {
    let whole = try Self.file(name)
    let wanted = name == "one.npz" ? "arr_0" : "cube"
    for position in whole.indices {
      for bit in 0..<8 {
        var damaged = whole
        damaged[position] ^= 1 << bit
        guard let file = try? NumPyArchive(damaged).file(named: wanted) else { continue }
        #expect(try NumPyFile.tensor(file) == Self.cube, "byte \(position), bit \(bit)")
      }
    }
  }
}
