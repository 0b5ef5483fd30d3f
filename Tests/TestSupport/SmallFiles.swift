// Pictures, sounds and pipes as bytes and files, for tests of what opens them.

import Foundation

/// Small files that are made from scratch.
public enum SmallFiles {
  /// A binary PPM of colours, row by row.
  public static func ppm(width: Int, height: Int, _ colours: [UInt8]) -> [UInt8] {
    Array("P6\n\(width) \(height)\n255\n".utf8) + colours
  }

  /// Colours that tell pixels and frames apart, row by row.
  public static func colours(width: Int, height: Int, frame: Int = 0) -> [UInt8] {
    (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* 53 &+ frame &* 29) }
  }

  /// A part of a picture that is so wide, its colours from -1 to 1, row by row.
  public static func scaled(
    _ colours: [UInt8], width: Int, columns: Range<Int>, rows: Range<Int>
  ) -> [Float] {
    var values: [Float] = []
    for y in rows {
      let start = y * width
      let line = colours[(start + columns.lowerBound) * 3..<(start + columns.upperBound) * 3]
      for colour in line { values.append(Float(colour) / 255 * 2 - 1) }
    }
    return values
  }

  /// A WAV of one channel of 16-bit samples.
  public static func wav(rate: UInt32, _ samples: [Int16]) -> [UInt8] {
    func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
      withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
    let data = samples.flatMap { bytes($0) }
    let format = bytes(UInt16(1)) + bytes(UInt16(1)) + bytes(rate) + bytes(2 * rate)
    let sizes = bytes(UInt16(2)) + bytes(UInt16(16))
    let body =
      Array("WAVEfmt ".utf8) + bytes(UInt32(16)) + format + sizes + Array("data".utf8)
      + bytes(UInt32(data.count)) + data
    return Array("RIFF".utf8) + bytes(UInt32(body.count)) + body
  }

  /// Lends a pipe that gives these bytes to who opens it first, and is gone then: nothing but memory
  /// has them afterwards.
  ///
  /// - Parameter first: Opens the pipe and reads it.
  public static func pipe<Result>(
    _ bytes: [UInt8], at path: String, _ first: () throws -> Result
  ) throws -> Result {
    guard mkfifo(path, 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
    defer { unlink(path) }
    Thread.detachNewThread {
      // A pipe opens when someone reads it.
      let descriptor = open(path, O_WRONLY)
      guard descriptor >= 0 else { return }
      _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      close(descriptor)
    }
    return try first()
  }
}
