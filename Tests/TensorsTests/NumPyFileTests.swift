// .npy arrays as NumPy writes them, and damaged ones.

import Tensors
import Testing

@Suite(".npy arrays are those of NumPy")
struct NumPyFileTests {
  @Test(
    "What is written begins as numpy.save's files do, and reads back",
    arguments: [
      [], [0], [3], [2, 3], [2, 1, 4],
    ])
  func roundTrip(_ shape: [Int]) throws {
    let count = shape.reduce(1, *)
    let tensor = Tensor(shape: shape, values: (0..<count).map { Float($0) / 7 })
    let bytes = NumPyFile.bytes(tensor)
    #expect((bytes.count - 4 * count) % 64 == 0)
    let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0]
    #expect(Array(bytes.prefix(8)) == magic)
    #expect(try NumPyFile.tensor(bytes) == tensor)
  }

  @Test("A vector's header is byte for byte NumPy's")
  func header() {
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"
    let padding = String(repeating: " ", count: 128 - 10 - text.count - 1)
    let expected: [UInt8] =
      [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array((text + padding + "\n").utf8)
    #expect(NumPyFile.header(shape: [3]) == expected)
  }

  @Test(
    "Element types, byte orders, versions and axis orders",
    arguments: [
      (npy(dictionary("<f4", "(1,)"), [0, 0, 0xC0, 0x3F]), [1], [1.5]),
      (npy(dictionary(">f4", "(1,)"), [0x3F, 0xC0, 0, 0]), [1], [1.5]),
      (npy(dictionary("<f8", "(1,)"), [0, 0, 0, 0, 0, 0, 0xF8, 0x3F]), [1], [1.5]),
      (npy(dictionary("<f2", "(2,)"), [0x00, 0x3E, 0x01, 0x00]), [2], [1.5, 0x1p-24]),
      (npy(dictionary("|u1", "(2, 2)"), [0, 1, 2, 255]), [2, 2], [0, 1, 2, 255]),
      (npy(dictionary("|b1", "(2,)"), [1, 0]), [2], [1, 0]),
      (npy(dictionary("|u1", "(2,)"), [3, 4], version: 2), [2], [3, 4]),
      (npy(dictionary("|u1", "(2,)"), [3, 4], version: 3), [2], [3, 4]),
      (
        npy(dictionary("|u1", "(2, 3)", fortran: "True"), [0, 3, 1, 4, 2, 5]), [2, 3],
        [0, 1, 2, 3, 4, 5]
      ),
    ] as [([UInt8], [Int], [Float])])
  func types(_ bytes: [UInt8], _ shape: [Int], _ values: [Float]) throws {
    let tensor = try NumPyFile.tensor(bytes)
    #expect(tensor.shape == shape)
    #expect(tensor.values == values)
  }

  @Test(
    "What is wrong is said",
    arguments: [
      (npy(dictionary("<i8", "(1,)"), []), "float32"),
      (npy(dictionary("<f4", "(2,)"), [0, 0, 0, 0]), "8 bytes"),
      (npy(dictionary("<f4", "(1,)"), [0, 0, 0, 0, 0]), "4 bytes"),
      (npy(dictionary("<f4", "(4611686018427387904, 4)"), []), "fits in memory"),
      (
        npy(dictionary("<f4", "(0, 1099511627776, 1099511627776)", fortran: "True"), []),
        "fits in memory"
      ),
      (npy("{'descr': '<f4'}", []), "fortran_order"),
      (npy("{'descr': '<f4', 'descr': '<f4'}", []), "each name once"),
      (npy("{'descr': __import__('os')}", []), "expected"),
      (npy(dictionary("<f4", "(-1,)"), []), "a whole number"),
      (npy(dictionary("<f4", "(1,)"), [], version: 4), "version"),
      (Array("not an array".utf8), "an .npy file"),
    ] as [([UInt8], String)])
  func errors(_ bytes: [UInt8], _ words: String) {
    let error = #expect(throws: NumPyError.self) { try NumPyFile.tensor(bytes) }
    #expect(error?.description.contains(words) == true)
  }

  @Test("Every prefix is refused; every flipped bit gives an error or an array of that size")
  func damage() {
    let whole = NumPyFile.bytes(Tensor(shape: [2, 3], values: [1, 2, 3, 4, 5, 6]))
    for length in 0..<whole.count {
      #expect(throws: NumPyError.self) { try NumPyFile.tensor(Array(whole[..<length])) }
    }
    for place in whole.indices {
      for bit in 0..<8 {
        var damaged = whole
        damaged[place] ^= 1 << bit
        if let tensor = try? NumPyFile.tensor(damaged) { #expect(tensor.count <= 24) }
      }
    }
  }
}

private func npy(_ header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
  let text = Array(header.utf8) + [0x0A]
  let length = UInt32(text.count)
  let size: [UInt8] = (0..<(version == 1 ? 2 : 4)).map { UInt8(length >> (8 * $0) & 0xFF) }
  return [0x93] + Array("NUMPY".utf8) + [version, 0] + size + text + data
}

private func dictionary(_ type: String, _ shape: String, fortran: String = "False") -> String {
  "{'descr': '\(type)', 'fortran_order': \(fortran), 'shape': \(shape), }"
}
