// .safetensors: a JSON header of names, types, shapes and offsets, then the tensors' bytes.

import Foundation

/// An opened safetensors file; tensors are views of the mapped file, converted when they must be.
public struct SafetensorsFile: Sendable {
  /// One tensor as the header describes it.
  public struct Entry: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// Its stored element type.
    public let type: ElementType
    /// Axis lengths.
    public let shape: [Int]
    /// Its bytes, counted from the end of the header.
    public let bytes: Range<Int>
  }

  /// Element types that can be read as float32; others are known by name only.
  public enum ElementType: Sendable, Hashable {
    case float32, float64, float16, bfloat16
    /// A type of integers or truth values, and the bytes of one element.
    case other(String, size: Int)

    static let sizes = [
      "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "U16": 2, "I16": 2, "U32": 4,
      "I32": 4, "U64": 8, "I64": 8,
    ]

    init?(name: String) {
      switch name {
      case "F32": self = .float32
      case "F64": self = .float64
      case "F16": self = .float16
      case "BF16": self = .bfloat16
      default:
        guard let size = Self.sizes[name] else { return nil }
        self = .other(name, size: size)
      }
    }

    /// The name in the file: `F32`, `BF16`, …
    public var name: String {
      switch self {
      case .float32: "F32"
      case .float64: "F64"
      case .float16: "F16"
      case .bfloat16: "BF16"
      case .other(let name, _): name
      }
    }

    var size: Int {
      switch self {
      case .float32: 4
      case .float64: 8
      case .float16, .bfloat16: 2
      case .other(_, let size): size
      }
    }
  }

  /// The tensors, in the header's order.
  public let entries: [Entry]
  /// The header's `__metadata__`; `save_model` puts names dropped for tied tensors here.
  public let metadata: [String: String]
  private let mapping: MappedFile
  private let dataStart: Int
  private let entriesByName: [String: Entry]

  /// Opens a file and checks its whole header: types, shapes, that every tensor lies inside the
  /// file, and that tensors follow one another without gap or overlap to the file's end.
  ///
  /// - Throws: `FileAccessError`, or `SafetensorsError` with what was expected and found.
  public init(path: String) throws {
    mapping = try MappedFile(path: path)
    let header = try SafetensorsHeader(file: mapping.bytes)
    entries = header.entries
    metadata = header.metadata
    dataStart = header.dataStart
    entriesByName = Dictionary(uniqueKeysWithValues: header.entries.map { ($0.name, $0) })
  }

  /// The entry of a name.
  public func entry(named name: String) -> Entry? { entriesByName[name] }

  /// A tensor as float32: in place if it is stored so on a float's boundary, else converted.
  ///
  /// - Throws: `SafetensorsError` if there is no such tensor, or its elements are no floats.
  public func tensor(named name: String) throws(SafetensorsError) -> Tensor {
    guard let entry = entriesByName[name] else {
      throw SafetensorsError("tensor \(name): expected it, found none")
    }
    let start = dataStart + entry.bytes.lowerBound
    let bytes = UnsafeRawBufferPointer(
      rebasing: mapping.bytes[start..<start + entry.bytes.count])
    switch entry.type {
    case .float32:
      let address = bytes.baseAddress.map { UInt(bitPattern: $0) } ?? 0
      if address % UInt(MemoryLayout<Float>.alignment) == 0, !bytes.isEmpty {
        let storage = FloatStorage(viewing: bytes.assumingMemoryBound(to: Float.self), of: mapping)
        return Tensor(shape: entry.shape, storage: storage, offset: 0)
      }
      return converted(bytes, entry) { Float(bitPattern: UInt32(littleEndian: $0)) }
    case .float64:
      return converted(bytes, entry) { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
    case .float16:
      return converted(bytes, entry) { Float(halfBits: UInt16(littleEndian: $0)) }
    case .bfloat16:
      return converted(bytes, entry) {
        Float(bitPattern: UInt32(UInt16(littleEndian: $0)) << 16)
      }
    case .other(let type, _):
      throw SafetensorsError("tensor \(name): expected F32, F64, F16 or BF16, found \(type)")
    }
  }

  /// A tensor of truth values or bytes, row-major: true where not zero.
  ///
  /// - Throws: `SafetensorsError` if there is no such tensor, or it is of another type.
  public func truths(named name: String) throws(SafetensorsError) -> [Bool] {
    guard let entry = entriesByName[name] else {
      throw SafetensorsError("tensor \(name): expected it, found none")
    }
    guard ["BOOL", "U8"].contains(entry.type.name) else {
      throw SafetensorsError("tensor \(name): expected BOOL or U8, found \(entry.type.name)")
    }
    let start = dataStart + entry.bytes.lowerBound
    return mapping.bytes[start..<start + entry.bytes.count].map { $0 != 0 }
  }

  private func converted<Stored: FixedWidthInteger>(
    _ bytes: UnsafeRawBufferPointer, _ entry: Entry, _ convert: (Stored) -> Float
  ) -> Tensor {
    Tensor(shape: entry.shape) { out in
      for index in out.indices {
        let stored = bytes.loadUnaligned(
          fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
        out[index] = convert(stored)
      }
    }
  }
}

/// A safetensors file that cannot be read.
public struct SafetensorsError: Error, Hashable, CustomStringConvertible {
  /// One line: place, expected, found.
  public let description: String

  /// Makes the error.
  public init(_ description: String) { self.description = description }
}

extension Float {
  /// The value of IEEE half-precision bits; written out because Float16 is not on every platform.
  init(halfBits bits: UInt16) {
    let sign: Float = bits >> 15 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Float(bits & 0x3FF)
    switch exponent {
    case 0: self = sign * fraction * 0x1p-24
    case 31: self = fraction == 0 ? sign * .infinity : .nan
    default:
      self = sign * (1024 + fraction) * Float(sign: .plus, exponent: exponent - 25, significand: 1)
    }
  }
}
