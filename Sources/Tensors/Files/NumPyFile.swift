// .npy arrays: a short header in Python's syntax, then the elements.

import Foundation

/// Reading and writing NumPy's `.npy` arrays (format versions 1, 2 and 3).
public enum NumPyFile {
  /// Whether bytes begin as an `.npy` file does.
  public static func isNumPy(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

  /// Reads an array of floats (16, 32 or 64 bits), integers (8 to 64 bits, of which each must be a
  /// float32 exactly) or bool, in either byte and axis order.
  ///
  /// - Throws: `NumPyError` with the byte, what was expected and what was found.
  public static func tensor(_ bytes: [UInt8]) throws(NumPyError) -> Tensor {
    let (header, type, start) = try checkedHeader(bytes)
    var inexact: Int?
    let stored = Tensor(
      shape: header.isFortranOrder ? header.shape.reversed() : header.shape
    ) { out in
      inexact = bytes.withUnsafeBytes { type.read(.init(rebasing: $0[start...]), into: out) }
    }
    if let inexact {
      throw NumPyError(
        "element \(inexact): expected a whole number that float32 holds exactly, found one beyond "
          + "2^24")
    }
    return header.isFortranOrder ? stored.withReversedAxes() : stored
  }

  /// What an array's elements are, as far as it decides what they mean.
  package enum ElementKind: Sendable, Hashable {
    /// Whole numbers from 0 to 255 (u1).
    case unsignedByte
    /// Any other whole numbers.
    case integer
    /// Real numbers.
    case float
    /// True or false.
    case truth
  }

  /// What the elements of an array are; the whole file is checked.
  ///
  /// - Throws: `NumPyError`.
  package static func elementKind(_ bytes: [UInt8]) throws(NumPyError) -> ElementKind {
    try checkedHeader(bytes).type.kind
  }

  /// The number that stands for full brightness where an array's elements are samples of a picture:
  /// 65535 for unsigned integers of 16 bits, 255 for others; nil for floats and bool.
  ///
  /// - Throws: `NumPyError`.
  package static func fullSample(_ bytes: [UInt8]) throws(NumPyError) -> Float? {
    let type = try checkedHeader(bytes).type
    switch type {
    case .uint16, .uint16Big: return 65535
    case _ where type.kind == .integer || type.kind == .unsignedByte: return 255
    default: return nil
    }
  }

  /// An array of unsigned bytes as it is stored, without making floats of them; nil for other
  /// elements and for axes in Fortran's order.
  ///
  /// - Throws: `NumPyError`.
  package static func unsignedBytes(
    _ bytes: [UInt8]
  ) throws(NumPyError) -> (shape: [Int], elements: ArraySlice<UInt8>)? {
    let (header, type, start) = try checkedHeader(bytes)
    guard type == .uint8, !header.isFortranOrder else { return nil }
    return (header.shape, bytes[start...])
  }

  /// An array's file, as `numpy.save` writes it: version 1, `<f4`, C order.
  public static func bytes(_ tensor: Tensor) -> [UInt8] {
    var bytes = header(shape: tensor.shape)
    bytes.reserveCapacity(bytes.count + tensor.count * 4)
    append(tensor, to: &bytes)
    return bytes
  }

  /// The beginning of a `<f4` array's file; elements in C order follow (`append`).
  public static func header(shape: [Int]) -> [UInt8] {
    let axes = shape.count == 1 ? "\(shape[0])," : shape.map(String.init).joined(separator: ", ")
    var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(axes)), }"
    // The elements begin at a multiple of 64 bytes; the header ends in a line feed.
    let length = magic.count + 4 + text.utf8.count + 1
    text += String(repeating: " ", count: (64 - length % 64) % 64) + "\n"
    let count = UInt16(text.utf8.count)
    return magic + [1, 0, UInt8(count & 0xFF), UInt8(count >> 8)] + Array(text.utf8)
  }

  /// Appends elements as little-endian float32.
  public static func append(_ tensor: Tensor, to bytes: inout [UInt8]) {
    tensor.withUnsafeElements { bytes.append(littleEndian: $0) }
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  private struct Header {
    var descriptor = ""
    var isFortranOrder = false
    var shape: [Int] = []
  }

  private enum DType: String {
    case float16 = "<f2"
    case float16Big = ">f2"
    case float32 = "<f4"
    case float32Big = ">f4"
    case float64 = "<f8"
    case float64Big = ">f8"
    case truth = "b1"
    case int8 = "i1"
    case uint8 = "u1"
    case int16 = "<i2"
    case int16Big = ">i2"
    case uint16 = "<u2"
    case uint16Big = ">u2"
    case int32 = "<i4"
    case int32Big = ">i4"
    case uint32 = "<u4"
    case uint32Big = ">u4"
    case int64 = "<i8"
    case int64Big = ">i8"
    case uint64 = "<u8"
    case uint64Big = ">u8"

    /// The type of a descriptor; single bytes have any order, or none. Without `>` the order is this
    /// machine's, which is little-endian.
    init?(descriptor: String) {
      let order = descriptor.first { "<>|=".contains($0) && descriptor.hasPrefix(String($0)) }
      let bare = String(order == nil ? descriptor[...] : descriptor.dropFirst())
      let code = Self.codes[bare] ?? bare
      self.init(rawValue: code.hasSuffix("1") ? code : (order == ">" ? ">" : "<") + code)
    }

    /// NumPy's other names of the types, which its reader takes too.
    private static let codes = [
      "float16": "f2", "float32": "f4", "float64": "f8", "e": "f2", "f": "f4", "d": "f8",
      "bool": "b1", "?": "b1", "int8": "i1", "b": "i1", "uint8": "u1", "B": "u1", "int16": "i2",
      "h": "i2", "uint16": "u2", "H": "u2", "int32": "i4", "i": "i4", "uint32": "u4", "I": "u4",
      "int64": "i8", "q": "i8", "uint64": "u8", "Q": "u8",
    ]

    var size: Int {
      switch self {
      case .truth, .int8, .uint8: 1
      case .float16, .float16Big, .int16, .int16Big, .uint16, .uint16Big: 2
      case .float32, .float32Big, .int32, .int32Big, .uint32, .uint32Big: 4
      case .float64, .float64Big, .int64, .int64Big, .uint64, .uint64Big: 8
      }
    }

    var kind: ElementKind {
      switch self {
      case .uint8: .unsignedByte
      case .truth: .truth
      case .float16, .float16Big, .float32, .float32Big, .float64, .float64Big: .float
      default: .integer
      }
    }

    /// Reads as many elements as `out` has; the first that no float equals, if there is one.
    func read(
      _ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableBufferPointer<Float>
    ) -> Int? {
      var inexact: Int?
      func each<Bits: FixedWidthInteger>(_: Bits.Type, _ value: (Bits) -> Float) {
        let size = MemoryLayout<Bits>.size
        for index in out.indices {
          out[index] = value(bytes.loadUnaligned(fromByteOffset: index * size, as: Bits.self))
        }
      }
      func integers<Whole: FixedWidthInteger>(_ type: Whole.Type, _ order: (Whole) -> Whole) {
        let size = MemoryLayout<Whole>.size
        for index in out.indices {
          let stored = bytes.loadUnaligned(fromByteOffset: index * size, as: Whole.self)
          let value = order(stored)
          out[index] = Float(value)
          if inexact == nil, Float(exactly: value) == nil { inexact = index }
        }
      }
      switch self {
      case .float16: each(UInt16.self) { Float(halfBits: UInt16(littleEndian: $0)) }
      case .float16Big: each(UInt16.self) { Float(halfBits: UInt16(bigEndian: $0)) }
      case .float32: each(UInt32.self) { Float(bitPattern: UInt32(littleEndian: $0)) }
      case .float32Big: each(UInt32.self) { Float(bitPattern: UInt32(bigEndian: $0)) }
      case .float64:
        each(UInt64.self) { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
      case .float64Big: each(UInt64.self) { Float(Double(bitPattern: UInt64(bigEndian: $0))) }
      case .truth: each(UInt8.self) { $0 == 0 ? 0 : 1 }
      case .int8: integers(Int8.self) { $0 }
      case .uint8: integers(UInt8.self) { $0 }
      case .int16: integers(Int16.self) { Int16(littleEndian: $0) }
      case .int16Big: integers(Int16.self) { Int16(bigEndian: $0) }
      case .uint16: integers(UInt16.self) { UInt16(littleEndian: $0) }
      case .uint16Big: integers(UInt16.self) { UInt16(bigEndian: $0) }
      case .int32: integers(Int32.self) { Int32(littleEndian: $0) }
      case .int32Big: integers(Int32.self) { Int32(bigEndian: $0) }
      case .uint32: integers(UInt32.self) { UInt32(littleEndian: $0) }
      case .uint32Big: integers(UInt32.self) { UInt32(bigEndian: $0) }
      case .int64: integers(Int64.self) { Int64(littleEndian: $0) }
      case .int64Big: integers(Int64.self) { Int64(bigEndian: $0) }
      case .uint64: integers(UInt64.self) { UInt64(littleEndian: $0) }
      case .uint64Big: integers(UInt64.self) { UInt64(bigEndian: $0) }
      }
      return inexact
    }
  }

  /// The header, the type it names and where the elements begin: as many as it says.
  private static func checkedHeader(
    _ bytes: [UInt8]
  ) throws(NumPyError) -> (header: Header, type: DType, dataStart: Int) {
    let (header, start) = try header(bytes)
    guard let type = DType(descriptor: header.descriptor) else {
      throw NumPyError(
        "header: expected elements of float16, float32, float64, integers or bool "
          + "(f2, f4, f8, i1 to i8, u1 to u8, b1), found \(header.descriptor)"
          + meaning(of: header.descriptor))
    }
    // Axes of length 0 count as 1 here: the others must fit together in any order.
    var needed = type.size
    for length in header.shape {
      let (product, overflow) = needed.multipliedReportingOverflow(by: max(1, length))
      guard !overflow else {
        throw NumPyError(
          "header: expected a shape that fits in memory, found \(printable(header.shape))")
      }
      needed = product
    }
    if header.shape.contains(0) { needed = 0 }
    // Zeros behind the elements are padding, as copying by blocks leaves it.
    let present = bytes.count - start
    guard present >= needed, bytes[(start + needed)...].allSatisfy({ $0 == 0 }) else {
      throw NumPyError(
        "byte \(start): expected \(needed) bytes for shape \(header.shape), "
          + "found \(bytes.count - start)")
    }
    return (header, type, start)
  }

  /// What elements are that cannot be read, in words.
  private static func meaning(of descriptor: String) -> String {
    switch descriptor.drop(while: { "<>|=".contains($0) }).first {
    case "O": ", Python objects"
    case "c", "F", "D": ", complex numbers"
    case "U", "S", "a": ", texts"
    case "M", "m": ", times"
    case "V": ", bytes without a meaning"
    case "f", "g": ", floats of a width of their own"
    default: ""
    }
  }

  private static func header(
    _ bytes: [UInt8]
  ) throws(NumPyError) -> (header: Header, dataStart: Int) {
    guard isNumPy(bytes), bytes.count >= 10 else {
      throw NumPyError("byte 0: expected an .npy file, found \(bytes.count) other bytes")
    }
    guard (1...3).contains(bytes[6]), bytes[7] == 0 else {
      throw NumPyError("byte 6: expected version 1, 2 or 3, found \(bytes[6]).\(bytes[7])")
    }
    let lengthSize = bytes[6] == 1 ? 2 : 4
    let start = 8 + lengthSize
    guard bytes.count >= start else { throw NumPyError("byte 8: expected a header, found the end") }
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - start, length <= 1 << 16 else {
      throw NumPyError(
        "byte 8: expected a header of at most \(min(bytes.count - start, 1 << 16)) bytes, "
          + "found \(length)")
    }
    var reader = NumPyHeaderReader(bytes[start..<start + length])
    let entries = try reader.dictionary()
    var header = Header()
    if case .fields(let names)? = entries["descr"] {
      throw NumPyError(
        "header: expected elements of one number each, found a structured array"
          + (names.first.map {
            " of the fields \(names.joined(separator: ", ")); save one of them: "
              + "numpy.save(\"\($0).npy\", array[\"\($0)\"])"
          } ?? ""))
    }
    guard case .text(let descriptor)? = entries["descr"],
      case .truth(let isFortranOrder)? = entries["fortran_order"],
      case .numbers(let shape)? = entries["shape"], entries.count == 3
    else {
      throw NumPyError("header: expected descr, fortran_order and shape, found others")
    }
    header.descriptor = descriptor
    header.isFortranOrder = isFortranOrder
    header.shape = shape
    return (header, start + length)
  }
}

/// An `.npy` file that cannot be read.
public struct NumPyError: Error, Hashable, CustomStringConvertible {
  /// One line: location, expected, found.
  public let description: String

  /// Makes the error.
  public init(_ description: String) { self.description = description }
}

extension Tensor {
  /// The same array with its axes in the opposite order.
  fileprivate func withReversedAxes() -> Tensor {
    let target = Array(shape.reversed())
    // Step of each axis of the result in this tensor.
    var steps: [Int] = []
    var step = 1
    for length in target {
      steps.append(step)
      step *= length
    }
    return withUnsafeElements { elements in
      Tensor(shape: target) { out in
        for flat in out.indices {
          var (rest, source) = (flat, 0)
          for axis in target.indices.reversed() {
            source += rest % target[axis] * steps[axis]
            rest /= target[axis]
          }
          out[flat] = elements[source]
        }
      }
    }
  }
}
