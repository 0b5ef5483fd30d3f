// A folder of its own for the files of a test, and the ways to make them.

import CZlib
import Datasets
import Foundation
import Pictures
import Testing

/// A folder that goes when nobody holds it.
final class DatasetFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "datasets-\(UUID())").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, in folders made for it, and gives its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = URL(fileURLWithPath: path).appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file.path
  }
}

extension LabelledPictures {
  /// A picture's samples.
  func samples(_ index: Int) -> [Float] {
    let size = shape.reduce(1, *)
    return [Float](unsafeUninitializedCapacity: size) { buffer, count in
      read(index, into: UnsafeMutableBufferPointer(rebasing: buffer[..<size]))
      count = size
    }
  }

  /// The labels in order.
  var labels: [Int] { (0..<count).map(label) }
}

/// Bytes packed as gzip packs them.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  let status = deflateInit2_(
    &stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
    Int32(MemoryLayout<z_stream>.size))
  precondition(status == Z_OK)
  defer { deflateEnd(&stream) }
  var source = bytes
  var packed = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
  let end = source.withUnsafeMutableBufferPointer { source in
    packed.withUnsafeMutableBufferPointer { packed in
      stream.next_in = source.baseAddress
      stream.avail_in = UInt32(source.count)
      stream.next_out = packed.baseAddress
      stream.avail_out = UInt32(packed.count)
      return deflate(&stream, Z_FINISH)
    }
  }
  precondition(end == Z_STREAM_END)
  return Array(packed[..<Int(stream.total_out)])
}

/// What is thrown, as the line `path: what` with the folder's own path left out.
func line(_ folder: DatasetFolder, _ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch let error as DatasetError {
    return "\(error.path): \(error)".replacingOccurrences(of: folder.path + "/", with: "")
  } catch {
    return "\(error)".replacingOccurrences(of: folder.path + "/", with: "")
  }
}
