// .npy arrays as NumPy writes them, and damaged ones.

import Foundation
import Tensors
import Testing

@Suite(".npy arrays are those of NumPy")
struct NumPyFileTests {
  /// A file that numpy.save wrote; make_arrays.py made Fixtures/.
  private static func file(_ name: String) throws -> [UInt8] {
    let folder = Bundle.module.bundleURL.appending(path: "Fixtures")
    return [UInt8](try Data(contentsOf: folder.appending(path: "\(name).npy")))
  }

  private static func sevenths(_ shape: [Int]) -> Tensor {
    Tensor(shape: shape, values: (0..<shape.reduce(1, *)).map { Float($0) / 7 })
  }

  @Test(
    "What is written is what numpy.save writes, byte for byte, and reads back",
    arguments: [
      ([], "scalar"), ([0], "0"), ([3], "3"), ([2, 3], "2x3"), ([2, 3, 4], "2x3x4"),
      ([1, 0, 5], "1x0x5"),
    ])
  func saved(_ shape: [Int], _ name: String) throws {
    let expected = try Self.file("float32_\(name)")
    let tensor = Self.sevenths(shape)
    #expect(NumPyFile.bytes(tensor) == expected)
    #expect(try NumPyFile.tensor(expected) == tensor)
    #expect(NumPyFile.isNumPy(expected))
  }

  @Test(
    "NumPy's other types, byte orders, axis orders and versions are read",
    arguments: ["fortran", "f4_big", "version2", "version3"])
  func read(_ name: String) throws {
    #expect(try NumPyFile.tensor(Self.file("\(name)_2x3x4")) == Self.sevenths([2, 3, 4]))
  }

  @Test("float64, uint8 and bool become float32")
  func converted() throws {
    for name in ["f8_little", "f8_big"] {
      #expect(try NumPyFile.tensor(Self.file("\(name)_2x3x4")) == Self.sevenths([2, 3, 4]))
    }
    let whole = try NumPyFile.tensor(Self.file("uint8_2x3x4"))
    #expect(whole == Tensor(shape: [2, 3, 4], values: (0..<24).map { Float($0) }))
    let truths = try NumPyFile.tensor(Self.file("bool_2x3x4"))
    #expect(truths == Tensor(shape: [2, 3, 4], values: (0..<24).map { Float($0 % 2) }))
  }

  @Test("Zeros behind the elements are padding, as NumPy takes them")
  func padding() throws {
    let file = try Self.file("bool_2x3x4")
    let padded = try NumPyFile.tensor(file + [UInt8](repeating: 0, count: 100))
    #expect(try padded == NumPyFile.tensor(file))
  }

  @Test("float16 of every size is what NumPy makes of it", arguments: ["halves", "halves_big"])
  func halves(_ name: String) throws {
    let expected = try NumPyFile.tensor(Self.file("halves_float32"))
    let halves = try NumPyFile.tensor(Self.file(name))
    #expect(halves.count > 1000)
    #expect(halves.values.map(\.bitPattern) == expected.values.map(\.bitPattern))
  }

  @Test("The elements begin at a multiple of 64 bytes, however long the shape")
  func alignment() throws {
    for axes in 0...64 {
      let tensor = Tensor(shape: [Int](repeating: 1, count: axes), repeating: 5)
      let bytes = NumPyFile.bytes(tensor)
      #expect((bytes.count - 4) % 64 == 0)
      #expect(bytes[bytes.count - 5] == 0x0A)
      #expect(try NumPyFile.tensor(bytes) == tensor)
    }
  }

  @Test(
    "Element types, byte orders, versions and axis orders",
    arguments: [
      (npy(dictionary("<f4", "(1,)"), [0, 0, 0xC0, 0x3F]), [1], [1.5]),
      (npy(dictionary(">f4", "(1,)"), [0x3F, 0xC0, 0, 0]), [1], [1.5]),
      (npy(dictionary("=f4", "(1,)"), [0, 0, 0xC0, 0x3F]), [1], [1.5]),
      (npy(dictionary("|f4", "(1,)"), [0, 0, 0xC0, 0x3F]), [1], [1.5]),
      (npy(dictionary("f4", "()"), [0, 0, 0xC0, 0x3F]), [], [1.5]),
      (npy(dictionary("float32", "(1,)"), [0, 0, 0xC0, 0x3F]), [1], [1.5]),
      (npy(dictionary("=f8", "(1,)"), [0, 0, 0, 0, 0, 0, 0xF8, 0x3F]), [1], [1.5]),
      (npy(dictionary("=i2", "(1,)"), [0xFE, 0xFF]), [1], [-2]),
      (npy(dictionary(">i2", "(1,)"), [0xFF, 0xFE]), [1], [-2]),
      (npy(dictionary("<f8", "(1,)"), [0, 0, 0, 0, 0, 0, 0xF8, 0x3F]), [1], [1.5]),
      (npy(dictionary("<f2", "(2,)"), [0x00, 0x3E, 0x01, 0x00]), [2], [1.5, 0x1p-24]),
      (npy(dictionary("|u1", "(2, 2)"), [0, 1, 2, 255]), [2, 2], [0, 1, 2, 255]),
      (npy(dictionary("|b1", "(2,)"), [1, 0]), [2], [1, 0]),
      (npy(dictionary("|i1", "(2,)"), [0x80, 5]), [2], [-128, 5]),
      (npy(dictionary("<i2", "(2,)"), [0xFE, 0xFF, 0x00, 0x01]), [2], [-2, 256]),
      (npy(dictionary(">u2", "(1,)"), [0xFF, 0xFE]), [1], [65534]),
      (npy(dictionary("<i4", "(1,)"), [0xD2, 0x04, 0, 0]), [1], [1234]),
      (npy(dictionary(">u4", "(1,)"), [0, 0, 0x04, 0xD2]), [1], [1234]),
      (npy(dictionary("<i8", "(1,)"), [0xFF] + .init(repeating: 0xFF, count: 7)), [1], [-1]),
      (npy(dictionary(">i8", "(1,)"), [0, 0, 0, 0, 1, 0, 0, 0]), [1], [0x1p24]),
      (npy(dictionary("<u8", "(1,)"), [7, 0, 0, 0, 0, 0, 0, 0]), [1], [7]),
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
      (npy(dictionary("<c8", "(1,)"), []), "float32"),
      (
        npy(dictionary("<i8", "(2,)"), [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0]),
        "element 1"
      ),
      (npy(dictionary("=f3", "(1,)"), [0, 0, 0]), "float32"),
      (npy(dictionary("|O", "(1,)"), [0]), "found |O, Python objects"),
      (npy(dictionary("<U3", "(1,)"), [0]), "found <U3, texts"),
      (
        npy("{'descr': [('a', '<f4'), ('b', '<i2', (2,))], 'fortran_order': False, 'shape': (1,)}"),
        "a structured array of the fields a, b; save one of them: numpy.save(\"a.npy\", array[\"a\"])"
      ),
      (npy("{'descr': [('a', [('c', '<f4')])], 'fortran_order': False, 'shape': ()}"), "fields a;"),
      (npy("{'descr': [('a', '<f4'"), "']'"),
      (npy(dictionary("<f4\n\u{1B}[2J", "(1,)"), [0, 0, 0, 0]), "found <f4??[2J"),
      (npy(dictionary("[('a', '<f4')]", "(1,)"), []), "expected"),
      (npy(dictionary("<f4", "(1)"), [0, 0, 0, 0]), "',' after a lone axis"),
      (npy(dictionary("<f4", "(1,,1)"), [0, 0, 0, 0]), "a whole number"),
      (npy(dictionary("<f4", "(,)"), [0, 0, 0, 0]), "a whole number"),
      (npy(dictionary("<f4", "(1 1)"), [0, 0, 0, 0]), "expected"),
      (npy(dictionary("<f4", "1"), [0, 0, 0, 0]), "'('"),
      (npy(dictionary("<f4", "(1,"), [0, 0, 0, 0]), "a whole number"),
      (npy(dictionary("<f4", "(99999999999999999999,)"), []), "a whole number"),
      (npy(dictionary("<f4", "(" + String(repeating: "1, ", count: 65) + ")"), []), "64 axes"),
      (npy(dictionary("<f4", "(1,)", fortran: "1"), [0, 0, 0, 0]), "expected"),
      (npy(dictionary("<f4", "(1,)") + " x", [0, 0, 0, 0]), "the end of the header"),
      (npy("{'descr: 1}", []), "a closing quote"),
      (npy("", []), "'{'"),
      (npy("{'a': 'b', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", []), "others"),
      (npy(dictionary("<f4", "(2,)"), [0, 0, 0, 0]), "8 bytes"),
      (npy(dictionary("<f4", "(1,)"), [0, 0, 0, 0, 7]), "4 bytes"),
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

  @Test("Headers as Python 2 and other programs write them are read")
  func loose() throws {
    let bytes: [UInt8] = [0, 0, 0xC0, 0x3F]
    for header in [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1L, 1L)}",
      "{\"shape\":(1,1),\"fortran_order\":True,\"descr\":\"<f4\"}",
      "\t{ 'descr' : '<f4' ,\r\n'fortran_order':False,'shape' : ( 1 , 1 , ) , } ",
    ] {
      let tensor = try NumPyFile.tensor(npy(header, bytes))
      #expect(tensor == Tensor(shape: [1, 1], repeating: 1.5))
    }
  }

  @Test("Random headers of Python's characters give an error or an array the file holds")
  func random() {
    var generator = SystemRandomNumberGenerator()
    let pieces = [
      "{", "}", "(", ")", ",", ":", "'", "'descr'", "'<f4'", "'|u1'", "'fortran_order'", "True",
      "'shape'", "0", "4", "99999999999", " ", "L", "-", "\u{0}",
    ]
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...24, using: &generator)
      let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      if let tensor = try? NumPyFile.tensor(npy(text, [1, 2, 3, 4])) { #expect(tensor.count <= 4) }
    }
  }

  @Test("Every prefix is refused; every flipped bit gives an error or an array of that size")
  func damage() {
    let whole = NumPyFile.bytes(Tensor(shape: [2, 3], values: [1, 2, 3, 4, 5, 6]))
    for length in 0..<whole.count {
      #expect(throws: NumPyError.self) { try NumPyFile.tensor(Array(whole[..<length])) }
    }
    for position in whole.indices {
      for bit in 0..<8 {
        var damaged = whole
        damaged[position] ^= 1 << bit
        if let tensor = try? NumPyFile.tensor(damaged) { #expect(tensor.count <= 24) }
      }
    }
  }
}

private func npy(_ header: String, _ data: [UInt8] = [], version: UInt8 = 1) -> [UInt8] {
  let text = Array(header.utf8) + [0x0A]
  let length = UInt32(text.count)
  let size: [UInt8] = (0..<(version == 1 ? 2 : 4)).map { UInt8(length >> (8 * $0) & 0xFF) }
  return [0x93] + Array("NUMPY".utf8) + [version, 0] + size + text + data
}

private func dictionary(_ type: String, _ shape: String, fortran: String = "False") -> String {
  "{'descr': '\(type)', 'fortran_order': \(fortran), 'shape': \(shape), }"
}
