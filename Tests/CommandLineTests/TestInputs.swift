// Small inputs made from scratch, and arrays read back without the program's own code.

import Foundation
import Tensors
import Testing

/// Inputs as files of bytes.
enum TestInputs {
  /// A binary PPM with all values different enough to tell pixels apart.
  static func ppm(width: Int, height: Int) -> [UInt8] {
    Array("P6\n\(width) \(height)\n255\n".utf8) + pixels(width: width, height: height)
  }

  /// A binary PGM.
  static func pgm(width: Int, height: Int, values: [UInt8]) -> [UInt8] {
    Array("P5\n\(width) \(height)\n255\n".utf8) + values
  }

  /// A WAV of 16-bit samples, those of one time one after another.
  static func wav(rate: UInt32 = 8000, channels: UInt16, samples: [Int16]) -> [UInt8] {
    func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
      withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
    let data = samples.flatMap { bytes($0) }
    let format =
      bytes(UInt16(1)) + bytes(channels) + bytes(rate) + bytes(2 * rate * UInt32(channels))
      + bytes(2 * channels) + bytes(UInt16(16))
    let body =
      Array("WAVEfmt ".utf8) + bytes(UInt32(16)) + format + Array("data".utf8)
      + bytes(UInt32(data.count)) + data
    return Array("RIFF".utf8) + bytes(UInt32(body.count)) + body
  }

  /// A GIF of frames in 128 greys, 2 × 0 to 2 × 127; of at most 120 pixels, which need no packing.
  static func greyGIF(width: UInt8, height: UInt8, frames: [[UInt8]]) -> [UInt8] {
    let screen: [UInt8] = [width, 0, height, 0]
    var bytes = Array("GIF89a".utf8) + screen
    bytes += [0xF6, 0, 0]
    for grey in 0..<128 { bytes += [UInt8](repeating: UInt8(2 * grey), count: 3) }
    for pixels in frames {
      bytes += [0x2C, 0, 0, 0, 0] + screen
      // Codes of 8 bits: clear, the pixels, the end.
      bytes += [0, 7, UInt8(pixels.count + 2), 128] + pixels
      bytes += [129, 0]
    }
    return bytes + [0x3B]
  }

  /// `width × height × 3` bytes, row by row.
  static func pixels(width: Int, height: Int) -> [UInt8] {
    (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ ($0 / 7) &* 11) }
  }

  /// The pixels as the model reads them: `[height, width, 3]` in [-1, 1].
  static func tensor(width: Int, height: Int) -> Tensor {
    Tensor(
      shape: [height, width, 3],
      values: pixels(width: width, height: height).map { Float($0) / 255 * 2 - 1 })
  }

  /// A .npy file of version 1.0 with float32 elements.
  static func npy(shape: [Int], values: [Float]) -> [UInt8] {
    npy(shape: shape, type: "<f4", elements: values.withUnsafeBytes { Array($0) })
  }

  /// A .npy file of version 1.0.
  static func npy(shape: [Int], type: String, elements: [UInt8]) -> [UInt8] {
    let list = shape.map { "\($0)," }.joined(separator: " ")
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(list)), }"
    let unpadded = 10 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = header.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
      + Array(header.utf8) + elements
  }

  /// Reads a float32 .npy file strictly: shape and elements.
  static func readNPY(_ path: String) throws -> Tensor {
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    try #require(bytes.starts(with: [0x93] + Array("NUMPY".utf8) + [1, 0]), "\(path)")
    let length = Int(bytes[8]) | Int(bytes[9]) << 8
    try #require((10 + length) % 64 == 0, "numpy aligns the elements to 64 bytes")
    let header = String(decoding: bytes[10..<10 + length], as: UTF8.self)
    let match = try #require(
      header.wholeMatch(
        of: #/\{'descr': '<f4', 'fortran_order': False, 'shape': \(([0-9, ]*)\), \} *\n/#),
      "\(path): \(header)")
    let shape = match.1.split(separator: ",").compactMap {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
    let elements = bytes[(10 + length)...]
    try #require(elements.count == shape.reduce(4, *), "\(path): \(shape)")
    let values = Array(elements).withUnsafeBytes { raw in
      (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
    return Tensor(shape: shape, values: values)
  }

  /// Options of a model that runs in no time.
  static let smallModel = [
    "--depth", "2", "--num-latents", "5", "--latent-dim", "12", "--cross-heads", "2",
    "--latent-heads", "3", "--cross-dim-head", "6", "--latent-dim-head", "5", "--num-classes", "7",
    "--num-freq-bands", "3", "--max-freq", "8",
  ]
}
