// IDX, the format of MNIST: two zeros, a type, the number of axes, their lengths, the elements.

import Foundation
import Tensors

/// An array in an IDX file, packed with gzip or not.
struct IDXFile {
  /// What the elements are.
  enum StoredType: UInt8 {
    case unsignedByte = 0x08
    /// 32 bits with a sign, the highest byte first.
    case int32 = 0x0C

    var size: Int { self == .int32 ? 4 : 1 }
  }

  /// The length of every axis, outermost first.
  let shape: [Int]
  /// What the elements are.
  let type: StoredType
  /// The elements' bytes, row-major.
  let elements: [UInt8]
  /// Where the elements begin in the file, in bytes.
  var elementsStart: Int { 4 + 4 * shape.count }

  /// Whether bytes begin as an IDX file of any type does.
  static func isIDX(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 4 && bytes[0] == 0 && bytes[1] == 0 && typeNames[bytes[2]] != nil
      && (1...4).contains(bytes[3])
  }

  private static let typeNames: [UInt8: String] = [
    0x08: "unsigned bytes", 0x09: "signed bytes", 0x0B: "16-bit numbers", 0x0C: "32-bit numbers",
    0x0D: "floats", 0x0E: "doubles",
  ]

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - axes: How many axes it may have.
  ///   - most: The most bytes that the elements may take.
  ///   - types: What the elements may be.
  /// - Throws: `FileAccessError`, `DatasetError`.
  init(
    _ path: String, axes: ClosedRange<Int>, most: Int, types: [StoredType] = [.unsignedByte]
  ) throws {
    try self.init(WholeFile.read(path), path: path, axes: axes, most: most, types: types)
  }

  /// Reads a file's bytes.
  init(
    _ bytes: [UInt8], path: String, axes: ClosedRange<Int>, most: Int,
    types: [StoredType] = [.unsignedByte]
  ) throws(DatasetError) {
    var source = try Source(bytes, path: path)
    (type, shape) = try Self.header(&source, path: path, axes: axes, types: types)
    let start = 4 + 4 * shape.count
    guard let count = checkedProduct(shape + [type.size]), count <= most else {
      throw DatasetError(
        path, byte: 4, expected: "lengths of at most \(most) elements in all", found: "\(shape)")
    }
    guard source.canHold(start + count) else {
      throw DatasetError(
        path, byte: start, expected: "\(count) bytes for shape \(shape)",
        found: "\(bytes.count) bytes in all\(GzipReader.isGzip(bytes) ? ", packed" : "")")
    }
    let found: Int
    (elements, found) = try source.rest(count)
    guard found == count else {
      throw DatasetError(
        path, byte: start, expected: "\(count) bytes for shape \(shape)",
        found: found > count ? "more" : "\(found)")
    }
  }

  private static func header(
    _ source: inout Source, path: String, axes: ClosedRange<Int>, types: [StoredType]
  ) throws(DatasetError) -> (StoredType, [Int]) {
    let magic = try source.read(4)
    guard magic.count == 4, isIDX(magic) else {
      throw DatasetError(
        path, byte: 0, expected: "an IDX file (00 00 08 and the number of axes)",
        found: magic.count < 4 ? "the file's end" : "bytes \(shown(magic))")
    }
    guard let type = StoredType(rawValue: magic[2]), types.contains(type) else {
      let names = types.map { "\(typeNames[$0.rawValue] ?? "") (\($0.rawValue))" }
      throw DatasetError(
        path, byte: 2, expected: names.joined(separator: " or "),
        found: "\(typeNames[magic[2]] ?? "another type") (\(magic[2]))")
    }
    guard axes.contains(Int(magic[3])) else {
      let expected =
        axes.count == 1
        ? "\(axes.lowerBound) axis" : "\(axes.lowerBound) to \(axes.upperBound) axes"
      throw DatasetError(path, byte: 3, expected: expected, found: "\(magic[3])")
    }
    let lengths = try source.read(4 * Int(magic[3]))
    guard lengths.count == 4 * Int(magic[3]) else {
      throw DatasetError(
        path, byte: 4 + lengths.count, expected: "the lengths of \(magic[3]) axes",
        found: "the file's end")
    }
    let shape = stride(from: 0, to: lengths.count, by: 4).map { start in
      lengths[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    if let axis = shape.firstIndex(of: 0) {
      throw DatasetError(path, byte: 4 + 4 * axis, expected: "a length from 1", found: "0")
    }
    return (type, shape)
  }

  private static func shown(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }

  /// The file's contents, unpacked as they are read.
  private enum Source {
    case plain([UInt8], position: Int)
    case gzip(GzipReader, packedCount: Int)

    init(_ bytes: [UInt8], path: String) throws(DatasetError) {
      self =
        GzipReader.isGzip(bytes)
        ? .gzip(try GzipReader(bytes, path: path), packedCount: bytes.count)
        : .plain(bytes, position: 0)
    }

    /// Whether so many bytes can come out of the file at the best.
    func canHold(_ count: Int) -> Bool {
      switch self {
      case .plain(let bytes, _): count <= bytes.count
      case .gzip(_, let packed): count / GzipReader.highestRatio <= packed
      }
    }

    /// The next bytes: `count` of them, fewer where the file ends.
    mutating func read(_ count: Int) throws(DatasetError) -> [UInt8] {
      switch self {
      case .plain(let bytes, let position):
        let end = min(bytes.count, position + count)
        self = .plain(bytes, position: end)
        return Array(bytes[position..<end])
      case .gzip(let reader, _): return try reader.read(count)
      }
    }

    /// What is left, and how many bytes that is: more than `count` where there are more.
    mutating func rest(_ count: Int) throws(DatasetError) -> (bytes: [UInt8], found: Int) {
      switch self {
      case .plain(let bytes, let position):
        let end = min(bytes.count, position + count)
        return (Array(bytes[position..<end]), bytes.count - position)
      case .gzip(let reader, _): return try reader.rest(count)
      }
    }
  }
}

/// The product of lengths, none negative; nil where it does not fit `Int`.
func checkedProduct(_ lengths: [Int]) -> Int? {
  var product = 1
  for length in lengths {
    let (next, overflow) = product.multipliedReportingOverflow(by: length)
    if overflow { return nil }
    product = next
  }
  return product
}
