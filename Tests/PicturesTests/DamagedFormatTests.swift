// Damage of every kind to BMP, GIF, TIFF, WebP and PAM: an error or a picture, never a crash.

import Pictures
import Testing

@Suite("Damaged BMP, GIF, TIFF, WebP and PAM are refused or read, never fatal")
struct DamagedFormatTests {
  static let names = FormatTests.names

  @Test("A prefix is refused, or gives the very same picture", arguments: names)
  func prefixes(_ name: String) throws {
    let whole = try formatFile(name)
    let right = try PixelImage(reading: whole)
    for length in 0..<whole.count {
      guard let read = try? PixelImage(reading: Array(whole[..<length])) else { continue }
      // Only an orientation that comes behind a WebP picture may be missed.
      guard name.hasPrefix("orientation") && name.hasSuffix(".webp") else {
        #expect(read == right, "\(length) of \(whole.count) bytes")
        continue
      }
      #expect(read.samples.count == right.samples.count)
    }
    // Half of any of them lacks pixels.
    #expect(throws: PictureError.self) {
      try PixelImage(reading: Array(whole[..<(whole.count / 3)]))
    }
  }

  @Test("Every flipped bit of the first bytes gives an error or a picture that the file can hold")
  func flips() throws {
    for name in Self.names {
      let whole = try formatFile(name)
      for offset in 0..<min(whole.count, 120) {
        for bit in [0, 3, 7] {
          var damaged = whole
          damaged[offset] ^= 1 << bit
          if let image = try? PixelImage(reading: damaged, limits: .init(pixels: 1 << 20)) {
            #expect(image.samples.count == image.width * image.height * image.channels)
          }
          _ = try? PictureFrames.read(damaged, limits: .init(pixels: 1 << 20))
        }
      }
    }
  }

  @Test("Random bytes in place of a part give an error or a picture", arguments: names)
  func overwritten(_ name: String) throws {
    let whole = try formatFile(name)
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      var damaged = whole
      let start = Int.random(in: 0..<whole.count, using: &generator)
      for offset in start..<min(whole.count, start + Int.random(in: 1...12, using: &generator)) {
        damaged[offset] = UInt8.random(in: 0...255, using: &generator)
      }
      if let image = try? PixelImage(reading: damaged, limits: .init(pixels: 1 << 20)) {
        #expect(image.samples.count == image.width * image.height * image.channels)
        #expect(image.samples.allSatisfy { (0...1).contains($0) })
      }
      _ = try? PictureFrames.read(damaged, limits: .init(pixels: 1 << 20))
    }
  }

  @Test("Masks of all bits, and of none, are read or refused, in a BMP of 32 bits a pixel")
  func masks() throws {
    func red(_ mask: [UInt8]) throws -> Float? {
      var bytes = try formatFile("masks32.bmp")
      bytes.replaceSubrange(54..<58, with: mask)
      return (try? PixelImage(reading: bytes))?[x: 0, y: 0].red
    }
    let bytes = try formatFile("masks32.bmp")
    let image = try PixelImage(reading: bytes)
    // Rows stand from the last to the first.
    let start = Int(bytes[10]) + (image.height - 1) * image.width * 4
    let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
    #expect(try red([0xFF, 0xFF, 0xFF, 0xFF]) == Float(value) / Float(UInt32.max))
    #expect(try red([0, 0, 0, 0]).map(\.isFinite) ?? true)
    #expect(try red([5, 0, 0, 0]) == nil)
  }

  @Test("A header that claims more pixels than the file can hold is refused before memory is taken")
  func claims() throws {
    func claiming(_ name: String, _ changes: [(Int, [UInt8])]) throws -> String? {
      var bytes = try formatFile(name)
      for (offset, value) in changes {
        bytes.replaceSubrange(offset..<offset + value.count, with: value)
      }
      let error = #expect(throws: PictureError.self, "\(name)") { try PixelImage(reading: bytes) }
      return error?.description
    }
    let huge: [UInt8] = [0xFF, 0xFF, 0, 0]
    #expect(
      try claiming("rgb24.bmp", [(18, huge), (22, huge)])?.contains("at most 67108864") == true)
    let large: [UInt8] = [0, 0x20, 0, 0]
    #expect(
      try claiming("rgb24.bmp", [(18, large), (22, large)])?.contains("bytes of pixels") == true)
    #expect(
      try claiming("runs8.bmp", [(18, large), (22, large)])?.contains("cannot hold 8192 × 8192")
        == true)
    #expect(
      try claiming("palette.gif", [(6, [0, 0x20, 0, 0x20])])?.contains("cannot hold 8192 × 8192")
        == true)
    let text = Array("P7\nWIDTH 8000\nHEIGHT 8000\nDEPTH 3\nMAXVAL 255\nENDHDR\n123".utf8)
    let error = #expect(throws: PictureError.self) { try PixelImage(reading: text) }
    #expect(error?.description.contains("192000000 bytes of raster") == true)
  }
}
