// WAV files in every form that people have, and in many that nobody should.

import Inputs
import Testing

@Suite("WAV files are read as they were sampled")
struct WAVTests {
  /// A file of chunks, with the size of the whole.
  static func file(_ chunks: [[UInt8]], id: String = "RIFF", size: UInt32? = nil) -> [UInt8] {
    let body = Array("WAVE".utf8) + chunks.joined()
    return Array(id.utf8) + bytes(size ?? UInt32(body.count)) + body
  }

  /// A chunk, padded to an even length.
  static func chunk(_ name: String, _ data: [UInt8], size: UInt32? = nil) -> [UInt8] {
    Array(name.utf8) + bytes(size ?? UInt32(data.count)) + data
      + [UInt8](repeating: 0, count: data.count % 2)
  }

  static func format(
    _ tag: UInt16 = 1, channels: UInt16 = 1, rate: UInt32 = 8000, bits: UInt16 = 16,
    frame: UInt16? = nil
  ) -> [UInt8] {
    let frame = frame ?? channels * bits / 8
    return chunk(
      "fmt ",
      bytes(tag) + bytes(channels) + bytes(rate) + bytes(rate &* UInt32(frame)) + bytes(frame)
        + bytes(bits))
  }

  static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  @Test("every width of PCM and floats becomes numbers from -1 to 1")
  func widths() throws {
    func samples(_ tag: UInt16, _ bits: UInt16, _ data: [UInt8]) throws -> [Float] {
      let sound = try SoundReader.read(
        Self.file([Self.format(tag, bits: bits), Self.chunk("data", data)]))
      #expect(sound.flaws.isEmpty && sound.rate == 8000 && sound.channels == 1)
      return sound.samples
    }
    #expect(try samples(1, 8, [0, 128, 255]) == [-1, 0, 127 / 128])
    #expect(
      try samples(1, 16, [-32768, 0, 32767, -1].flatMap { Self.bytes(Int16($0)) })
        == [-1, 0, 32767 / 32768, -1 / 32768])
    #expect(
      try samples(1, 24, [0, 0, 0x80, 0, 0, 0, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF])
        == [-1, 0, 8_388_607 / 8_388_608, -1 / 8_388_608])
    #expect(try samples(1, 32, [Int32.min, 1 << 30].flatMap(Self.bytes)) == [-1, 0.5])
    #expect(
      try samples(3, 32, [Float(0.25), -1.5].flatMap { Self.bytes($0.bitPattern) }) == [0.25, -1.5])
    #expect(
      try samples(3, 64, [0.1, -0.75].flatMap { Self.bytes($0.bitPattern) }) == [0.1, -0.75])
  }

  @Test("an extensible format is what the beginning of its GUID says")
  func extensible() throws {
    let plain = Self.bytes(UInt16(0xFFFE)) + Array(Self.format(3, bits: 32)[10...])
    let format = Self.chunk(
      "fmt ",
      plain + Self.bytes(UInt16(22)) + Self.bytes(UInt16(32)) + Self.bytes(UInt32(4))
        + [3, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71])
    let sound = try SoundReader.read(
      Self.file([format, Self.chunk("data", Self.bytes(Float(0.5).bitPattern))]))
    #expect(sound.samples == [0.5])
  }

  @Test("chunks stand in any order, and those that nobody needs are passed over")
  func chunks() throws {
    let data = Self.chunk("data", [1, 2, 3].flatMap { Self.bytes(Int16($0)) })
    let sound = try SoundReader.read(
      Self.file([Self.chunk("LIST", [1, 2, 3]), data, Self.chunk("id3 ", [9]), Self.format()]))
    #expect(sound.samples == [1, 2, 3].map { $0 / 32768 } && sound.length == 3)
  }

  @Test(
    "sizes that a pipe could not know are read to the end, and 64-bit ones from their own chunk")
  func openSizes() throws {
    let data = Self.bytes(Int16(7)) + Self.bytes(Int16(8))
    for size in [UInt32.max, 0] {
      let sound = try SoundReader.read(
        Self.file([Self.format(), Self.chunk("data", data, size: size)], size: size))
      #expect(sound.samples.count == 2 && sound.flaws.isEmpty)
    }
    let wide = Self.chunk(
      "ds64", Self.bytes(UInt64(99)) + Self.bytes(UInt64(2)) + Self.bytes(UInt64(1)))
    let sound = try SoundReader.read(
      Self.file(
        [wide, Self.format(), Self.chunk("data", data, size: .max)], id: "RF64", size: .max))
    #expect(sound.samples == [7 / 32768])
  }

  @Test("sizes that are wrong lead nowhere")
  func wrongSizes() throws {
    let samples = [1, 2, 3].flatMap { Self.bytes(Int16($0)) }
    let data = Self.chunk("data", samples)
    for size: UInt32 in [0, 4, 40, 1 << 31] {
      let sound = try SoundReader.read(Self.file([Self.format(), data], size: size))
      #expect(sound.samples == [1, 2, 3].map { $0 / 32768 } && sound.flaws.isEmpty, "\(size)")
    }
    let wide = Self.chunk("ds64", Self.bytes(UInt64.max >> 1) + Self.bytes(UInt64.max >> 1))
    let sound = try SoundReader.read(
      Self.file([wide, Self.format(), Self.chunk("data", samples, size: .max)], id: "BW64"))
    #expect(sound.samples.count == 3)
    #expect(sound.flaws == ["cut short: 6 of \(Int.max) bytes are there"])
  }

  @Test("twelve bits stand in the upper bits of two bytes")
  func twelveBits() throws {
    let sound = try SoundReader.read(
      Self.file([
        Self.format(bits: 12, frame: 2), Self.chunk("data", Self.bytes(Int16(0x7FF0))),
      ]))
    #expect(sound.samples == [2047 / 2048])
  }

  @Test("channels lie beside one another")
  func channels() throws {
    let sound = try SoundReader.read(
      Self.file([
        Self.format(channels: 10),
        Self.chunk("data", (0..<20).flatMap { Self.bytes(Int16($0)) }),
      ]))
    #expect(sound.channels == 10 && sound.length == 2)
  }

  @Test("a file that is cut short is read as far as it goes, and that is said")
  func cut() throws {
    let sound = try SoundReader.read(
      Self.file([Self.format(), Self.chunk("data", [1, 0, 2, 0, 3], size: 100)]))
    #expect(sound.samples.count == 3)
    #expect(sound.flaws == ["cut short: 6 of 100 bytes are there"])
    let half = try SoundReader.read(
      Self.file([Self.format(channels: 2), Self.chunk("data", [1, 0, 2, 0, 3, 0])]))
    #expect(half.length == 1 && half.flaws == ["the last sample is cut off"])
  }

  @Test(
    "what is no sound is said in one line",
    arguments: [
      (Array("RIFF".utf8), "expected a sound (WAV, FLAC, "),
      (file([]), "expected a chunk fmt, found none"),
      (file([format()]), "expected a chunk data, found none"),
      (file([format(), chunk("data", [])]), "data: expected at least one sample, found none"),
      (
        file([format(channels: 0), chunk("data", [0])]), "fmt: expected 1 to 1024 channels, found 0"
      ),
      (
        file([format(rate: 0), chunk("data", [0])]),
        "fmt: expected 1 to 2147483647 samples a second, found 0"
      ),
      (
        file([format(rate: 3_000_000_000, frame: 2), chunk("data", [0])]),
        "fmt: expected 1 to 2147483647 samples a second, found 3000000000"
      ),
      (
        file([format(channels: 2000), chunk("data", [0])]),
        "fmt: expected 1 to 1024 channels, found 2000"
      ),
      (
        file([format(bits: 48), chunk("data", [0])]),
        "fmt: expected up to 32 bits of PCM or 32 or 64 of floats, found 48 of PCM"
      ),
      (
        file([format(3, bits: 16), chunk("data", [0])]),
        "fmt: expected up to 32 bits of PCM or 32 or 64 of floats, found 16 of floats"
      ),
      (
        file([format(0xFFFE), chunk("data", [0, 0])]),
        "fmt: expected 40 bytes of an extensible format, found 16"
      ),
      (
        file([format(999), chunk("data", [0])]),
        "fmt: expected a format that libsndfile knows, found format 999 of 16 bits: "
      ),
      (
        file([format(frame: 3), chunk("data", [0])]),
        "fmt: expected 2 bytes for 1 samples of 16 bits, found 3"
      ),
      (
        file([chunk("fmt ", [1, 0]), chunk("data", [0])]),
        "fmt: expected at least 16 bytes, found 2"
      ),
    ])
  func refused(_ bytes: [UInt8], _ message: String) {
    let error = #expect(throws: SoundError.self) { try SoundReader.read(bytes) }
    #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
  }

  @Test("every beginning and every flipped bit of a file gives a sound within it or one line")
  func damaged() {
    let whole = Self.file([
      Self.chunk("LIST", [1, 2, 3]), Self.format(channels: 2),
      Self.chunk("data", (0..<12).flatMap { Self.bytes(Int16($0)) }),
    ])
    func read(_ bytes: [UInt8]) {
      do {
        let sound = try SoundReader.read(bytes)
        #expect(sound.samples.count <= bytes.count && sound.length >= 1)
      } catch {
        #expect(!"\(error)".contains("\n"))
      }
    }
    for end in whole.indices { read(Array(whole[..<end])) }
    for place in whole.indices {
      for bit in 0..<8 {
        var flipped = whole
        flipped[place] ^= 1 << bit
        read(flipped)
      }
    }
  }
}
