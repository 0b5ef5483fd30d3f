// PBM, PGM and PPM (P1 to P6) as netpbm reads them: a comment runs from # to the end of its line,
// anywhere before a binary raster and anywhere in an ASCII one, and counts as white space. PAM (P7)
// is in PAMReader.swift.

import Tensors

/// Reads a file's first picture; binary files may hold several, and what follows is left alone.
enum NetpbmReader {
  static func read(
    _ bytes: [UInt8], limits: PictureLimits
  ) throws(PictureError) -> PixelImage {
    if bytes[1] == UInt8(ascii: "7") { return try PAMReader.read(bytes, limits: limits) }
    var reader = Reader(bytes: bytes)
    let header = try reader.header(limits: limits)
    let raster = try Raster(header, of: bytes, at: reader.position)
    let samples: [Float]
    if header.isBinary {
      samples = try raster.binary()
    } else {
      samples = try reader.ascii(header)
    }
    return PixelImage(
      width: header.width, height: header.height, channels: header.channels, samples: samples)
  }

  static func malformed(_ offset: Int, _ expected: String, _ found: String) -> PictureError {
    .malformed(.netpbm, offset: offset, expected: expected, found: found)
  }
}

/// What stands before the raster.
private struct Header {
  let isBinary: Bool
  let isBitmap: Bool
  let channels: Int
  let width: Int
  let height: Int
  let maximum: Int
  /// `width * height * channels`.
  let count: Int

  /// Bytes of a row of a binary raster.
  var rowSize: Int { isBitmap ? (width + 7) / 8 : width * channels * (maximum < 256 ? 1 : 2) }
}

// MARK: - Text

private struct Reader {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func header(limits: PictureLimits) throws(PictureError) -> Header {
    // PictureFormat has seen P1 to P6.
    let kind = Int(bytes[1] - UInt8(ascii: "0"))
    position = 2
    if position < bytes.count, !isSpace(bytes[position]), bytes[position] != UInt8(ascii: "#") {
      throw NetpbmReader.malformed(position, "white space after P\(kind)", found)
    }
    let width = try number("a width", in: 1...Int(Int32.max))
    let height = try number("a height", in: 1...Int(Int32.max))
    let isBitmap = kind == 1 || kind == 4
    let maximum = isBitmap ? 1 : try number("a maximum value", in: 1...65535)
    if kind >= 4 { try oneSpace() }
    let channels = kind == 3 || kind == 6 ? 3 : 1
    let pixels = try limits.pixels(.netpbm, width: width, height: height)
    return Header(
      isBinary: kind >= 4, isBitmap: isBitmap, channels: channels, width: width, height: height,
      maximum: maximum, count: pixels * channels)
  }

  mutating func ascii(_ header: Header) throws(PictureError) -> [Float] {
    var samples: [Float] = []
    samples.reserveCapacity(header.count)
    if header.isBitmap {
      // Digits of a bitmap need no space between them; 1 is black.
      for _ in 0..<header.count {
        skipSpace()
        guard position < bytes.count, bytes[position] & 0xFE == UInt8(ascii: "0") else {
          throw NetpbmReader.malformed(position, "0 or 1", found)
        }
        samples.append(bytes[position] == UInt8(ascii: "1") ? 0 : 1)
        position += 1
      }
    } else {
      let range = 0...header.maximum
      let maximum = Float(header.maximum)
      for _ in 0..<header.count {
        samples.append(Float(try number("a sample", in: range)) / maximum)
      }
    }
    return samples
  }

  private mutating func number(
    _ what: String, in range: ClosedRange<Int>
  ) throws(PictureError) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < bytes.count {
      let digit = bytes[position] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      // Stops growing beyond every range, so that no number overflows.
      value = min(value * 10 + Int(digit), 1 << 40)
      position += 1
    }
    if position == start { throw NetpbmReader.malformed(start, what, found) }
    guard range.contains(value) else {
      throw NetpbmReader.malformed(
        start, "\(what) from \(range.lowerBound) to \(range.upperBound)",
        value == 1 << 40 ? "a larger number" : "\(value)")
    }
    if position < bytes.count, !isSpace(bytes[position]), bytes[position] != UInt8(ascii: "#") {
      throw NetpbmReader.malformed(position, "white space after \(what)", found)
    }
    return value
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "#") {
        skipComment()
      } else if isSpace(bytes[position]) {
        position += 1
      } else {
        return
      }
    }
  }

  /// Skips to the end of the line, which stays as the white space that the comment counts as.
  private mutating func skipComment() {
    while position < bytes.count, bytes[position] != 10, bytes[position] != 13 { position += 1 }
  }

  /// The one white space, or the comment, between the header and a binary raster.
  private mutating func oneSpace() throws(PictureError) {
    if position < bytes.count, bytes[position] == UInt8(ascii: "#") { skipComment() }
    guard position < bytes.count else {
      throw NetpbmReader.malformed(position, "white space before the raster", found)
    }
    position += 1
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  private var found: String {
    guard position < bytes.count else { return "the file's end" }
    let byte = bytes[position]
    return (33..<127).contains(byte) ? "'\(Character(UnicodeScalar(byte)))'" : "byte \(byte)"
  }
}

// MARK: - Binary rasters

/// The raster's offset in the file, known to be in it.
private struct Raster {
  let header: Header
  let bytes: [UInt8]
  let start: Int
  /// Bytes of the raster; for ASCII the fewest it can have.
  let size: Int

  init(_ header: Header, of bytes: [UInt8], at start: Int) throws(PictureError) {
    self.header = header
    self.bytes = bytes
    self.start = start
    size = Self.size(header)
    guard size <= bytes.count - start else {
      throw Self.cutOff(header, found: bytes.count - start, at: start)
    }
  }

  // No product here can overflow: pixels are limited, to 2^48 at the most.
  private static func size(_ header: Header) -> Int {
    switch (header.isBinary, header.isBitmap) {
    case (true, _): header.rowSize * header.height
    case (false, true): header.count
    case (false, false): 2 * header.count - 1
    }
  }

  static func cutOff(_ header: Header, found: Int, at start: Int) -> PictureError {
    NetpbmReader.malformed(
      start,
      "\(header.isBinary ? "" : "at least ")\(size(header)) bytes of raster for "
        + "\(header.width) × \(header.height) pixels", "\(found)")
  }

  func binary() throws(PictureError) -> [Float] {
    let count = header.count
    var wrong: Int?
    let samples = bytes.withUnsafeBytes { raw in
      let raster = UnsafeRawBufferPointer(rebasing: raw[start..<start + size])
      return [Float](unsafeUninitializedCapacity: count) { samples, filled in
        wrong = Self.convert(
          raster, header, rows: header.height,
          into: UnsafeMutableBufferPointer(rebasing: samples[..<count]))
        filled = count
      }
    }
    if let wrong { throw Self.tooLarge(header, at: start + wrong) }
    return samples
  }

  static func tooLarge(_ header: Header, at offset: Int) -> PictureError {
    NetpbmReader.malformed(offset, "a sample from 0 to \(header.maximum)", "a larger one")
  }

  /// Turns so many rows of a binary raster into samples from 0 to 1. Returns the offset of a sample
  /// that is too large.
  static func convert(
    _ raster: UnsafeRawBufferPointer, _ header: Header, rows: Int,
    into samples: UnsafeMutableBufferPointer<Float>
  ) -> Int? {
    let maximum = header.maximum
    if header.isBitmap {
      unpackBits(raster, width: header.width, height: rows, into: samples)
      return nil
    }
    if maximum < 256 {
      scaleBytes(raster, count: samples.count, maximum: Float(maximum), into: samples)
      return maximum < 255 ? raster.firstIndex { $0 > maximum } : nil
    }
    var wrong: Int?
    let scale = Float(maximum)
    for index in samples.indices {
      let value = raster.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self).bigEndian
      if value > maximum, wrong == nil { wrong = 2 * index }
      samples[index] = Float(value) / scale
    }
    return wrong
  }

  private static func scaleBytes(
    _ raster: UnsafeRawBufferPointer, count: Int, maximum: Float,
    into samples: UnsafeMutableBufferPointer<Float>
  ) {
    for index in 0..<count { samples[index] = Float(raster[index]) / maximum }
  }

  /// Bits from the highest, rows padded to whole bytes; 1 is black.
  private static func unpackBits(
    _ raster: UnsafeRawBufferPointer, width: Int, height: Int,
    into samples: UnsafeMutableBufferPointer<Float>
  ) {
    let stride = (width + 7) / 8
    for row in 0..<height {
      for column in 0..<width {
        let bits = raster[row * stride + column / 8]
        samples[row * width + column] = bits >> (7 - column % 8) & 1 == 1 ? 0 : 1
      }
    }
  }
}

// MARK: - Streams

extension NetpbmReader {
  /// Reads a picture from a stream. The header is judged before more is read, and a binary raster
  /// of more pixels than the limit is scaled down as its rows come.
  static func read(_ stream: ByteStream, _ request: PictureRequest) throws -> OpenedPicture {
    let kinds = UInt8(ascii: "1")...UInt8(ascii: "6")
    guard let kind = try stream.first(2).last, kinds.contains(kind) else {
      return OpenedPicture(try read(stream.rest(), limits: request.limits))
    }
    let (header, start) = try header(stream)
    guard header.isBinary else {
      _ = try request.limits.pixels(.netpbm, width: header.width, height: header.height)
      return OpenedPicture(try read(stream.rest(), limits: request.limits))
    }
    let size = header.rowSize * header.height
    let isLarge = header.width * header.height > request.limits.pixels
    if isLarge { _ = try request.size(.netpbm, width: header.width, height: header.height) }
    if let found = stream.size, found - start < size {
      throw Raster.cutOff(header, found: found - start, at: start)
    }
    guard isLarge else {
      var bytes = [UInt8](repeating: 0, count: start + size)
      let count = try bytes.withUnsafeMutableBytes { try stream.take(into: $0) }
      bytes.removeLast(bytes.count - count)
      return OpenedPicture(try read(bytes, limits: request.limits))
    }
    return try shrunk(stream, header, start, request)
  }

  /// The header, of any size that can be counted, and where the raster starts.
  private static func header(_ stream: ByteStream) throws -> (Header, start: Int) {
    var length = 1 << 12
    while true {
      let first = Array(try stream.first(length))
      var reader = Reader(bytes: first)
      do throws(PictureError) {
        let header = try reader.header(limits: .init(pixels: 1 << 48))
        if reader.position < first.count || first.count < length {
          return (header, reader.position)
        }
      } catch {
        // Comments may be long; what is wrong may only be cut off.
        if first.count < length || length >= longestHeader { throw error }
      }
      length *= 16
    }
  }

  private static let longestHeader = 1 << 24

  private static func shrunk(
    _ stream: ByteStream, _ header: Header, _ start: Int, _ request: PictureRequest
  ) throws -> OpenedPicture {
    let (width, height, channels) = (header.width, header.height, header.channels)
    let wanted = try request.size(.netpbm, width: width, height: height)
    guard width <= request.limits.rowPixels else {
      throw PictureError.tooLarge(
        .netpbm, width: width, height: height,
        limit: "rows of at most \(request.limits.rowPixels) pixels")
    }
    var raster = [UInt8](repeating: 0, count: max(start, header.rowSize))
    _ = try raster.withUnsafeMutableBytes {
      try stream.take(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<start]))
    }
    var line = [Float](repeating: 0, count: width * channels)
    var rows = ResampledRows(
      width: width, height: height, channels: channels, toWidth: wanted.width,
      height: wanted.height)
    for row in 0..<height {
      try request.cancellation?.check()
      let count = try raster.withUnsafeMutableBytes {
        try stream.take(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<header.rowSize]))
      }
      guard count == header.rowSize else {
        throw Raster.cutOff(header, found: row * header.rowSize + count, at: start)
      }
      let wrong = raster.withUnsafeBytes { bytes in
        line.withUnsafeMutableBufferPointer { line in
          Raster.convert(
            UnsafeRawBufferPointer(rebasing: bytes[..<count]), header, rows: 1, into: line)
        }
      }
      if let wrong { throw Raster.tooLarge(header, at: start + row * header.rowSize + wrong) }
      line.withUnsafeBufferPointer { rows.append($0) }
    }
    return OpenedPicture(rows.image, from: (width, height))
  }
}
