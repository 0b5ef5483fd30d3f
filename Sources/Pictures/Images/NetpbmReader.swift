// PBM, PGM and PPM: a header of numbers with comments, then samples as text or bytes.

/// Reads the first picture of a Netpbm file; further ones in the same file are left alone.
struct NetpbmReader {
  private let bytes: [UInt8]
  private var position = 2

  private enum Kind { case bits, grey, colour }
  private enum Encoding { case text, binary }

  static func image(_ bytes: [UInt8]) throws(PictureError) -> PixelImage {
    var reader = NetpbmReader(bytes: bytes)
    return try reader.image()
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func image() throws(PictureError) -> PixelImage {
    let digit = Int(bytes[1] - UInt8(ascii: "0"))
    let kind: Kind = [.bits, .grey, .colour][(digit - 1) % 3]
    let encoding: Encoding = digit <= 3 ? .text : .binary
    let width = try number("width", 1...Int(Int32.max))
    let height = try number("height", 1...Int(Int32.max))
    let most = kind == .bits ? 1 : try number("maxval", 1...65535)
    try PictureLimit.check(width: width, height: height)
    let channels = kind == .colour ? 3 : 1
    let count = width * height * channels
    let samples: [Float]
    switch encoding {
    case .text: samples = try text(count: count, most: most, kind)
    case .binary where kind == .bits:
      try endHeader()
      samples = try packedBits(width: width, height: height)
    case .binary:
      try endHeader()
      samples = try binary(count: count, most: most)
    }
    return PixelImage(width: width, height: height, channels: channels, samples: samples)
  }

  private mutating func text(
    count: Int, most: Int, _ kind: Kind
  ) throws(PictureError) -> [Float] {
    // Every sample takes at least a digit, and all but bits a space before it.
    let needed = kind == .bits ? count : 2 * count
    guard bytes.count - position >= needed else {
      throw tooShort(expected: "\(count) samples")
    }
    var samples: [Float] = []
    samples.reserveCapacity(count)
    for _ in 0..<count {
      if kind == .bits {
        samples.append(1 - Float(try bit()))
      } else {
        samples.append(Float(try number("a sample", 0...most)) / Float(most))
      }
    }
    return samples
  }

  private func binary(count: Int, most: Int) throws(PictureError) -> [Float] {
    let size = most < 256 ? 1 : 2
    guard bytes.count - position >= count * size else {
      throw tooShort(expected: "\(count * size) bytes of samples")
    }
    var samples = [Float](repeating: 0, count: count)
    let scale = Float(most)
    for index in 0..<count {
      let value =
        size == 1
        ? Int(bytes[position + index])
        : Int(bytes[position + 2 * index]) << 8 | Int(bytes[position + 2 * index + 1])
      guard value <= most else {
        throw PictureError(
          "byte \(position + index * size): expected a sample of at most \(most), found \(value)")
      }
      samples[index] = Float(value) / scale
    }
    return samples
  }

  // One bit a pixel, rows padded to whole bytes; 1 is black.
  private func packedBits(width: Int, height: Int) throws(PictureError) -> [Float] {
    let rowBytes = (width + 7) / 8
    guard bytes.count - position >= rowBytes * height else {
      throw tooShort(expected: "\(rowBytes * height) bytes of bits")
    }
    return (0..<height).flatMap { y in
      (0..<width).map { x in
        let byte = bytes[position + y * rowBytes + x / 8]
        return byte >> (7 - x % 8) & 1 == 0 ? Float(1) : 0
      }
    }
  }

  private mutating func number(
    _ name: String, _ range: ClosedRange<Int>
  ) throws(PictureError) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while let digit = digit(), position - start < 10 {
      value = value * 10 + digit
      position += 1
    }
    guard position > start, range.contains(value) else {
      let found = position > start ? "\(value)" : found
      throw PictureError(
        "byte \(start): expected \(name) from \(range.lowerBound) to \(range.upperBound), "
          + "found \(found)")
    }
    return value
  }

  private mutating func bit() throws(PictureError) -> Int {
    skipSpace()
    guard let digit = digit(), digit < 2 else {
      throw PictureError("byte \(position): expected 0 or 1, found \(found)")
    }
    position += 1
    return digit
  }

  private func digit() -> Int? {
    guard position < bytes.count, (0x30...0x39).contains(bytes[position]) else { return nil }
    return Int(bytes[position] - 0x30)
  }

  // Comments run from # to the end of the line and may stand wherever space may.
  private mutating func skipSpace() {
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "#") {
        while position < bytes.count, bytes[position] != 0x0A { position += 1 }
      } else if Self.isSpace(bytes[position]) {
        position += 1
      } else {
        return
      }
    }
  }

  private mutating func endHeader() throws(PictureError) {
    guard position < bytes.count, Self.isSpace(bytes[position]) else {
      throw PictureError("byte \(position): expected one space after the header, found \(found)")
    }
    position += 1
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  private var found: String {
    position < bytes.count ? "byte 0x" + String(bytes[position], radix: 16) : "the end"
  }

  private func tooShort(expected: String) -> PictureError {
    PictureError("byte \(position): expected \(expected), found \(bytes.count - position) bytes")
  }
}
