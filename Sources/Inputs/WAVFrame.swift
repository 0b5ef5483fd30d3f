// The chunks of a WAV file. libsndfile decodes the samples, but passes over sizes that are wrong, takes
// an open size for an empty sound, and is brief about a bad format: so chunks are found and checked here,
// and what is handed on is a plain file of those that matter, in order, with the sizes that are there.

/// What is needed of a RIFF/WAVE file, in either byte order, or of its 64-bit forms.
struct WAVFrame {
  /// What stands before the samples, to be handed to libsndfile.
  let header: [UInt8]
  /// Where the samples are.
  let data: Range<Int>
  /// How they are stored.
  let format: WAVFormat
  /// What is wrong with the file though it can be read.
  let flaws: [String]

  /// Finds the chunks of a file that is one.
  ///
  /// - Throws: `SoundError` with the chunk.
  init(_ bytes: [UInt8]) throws(SoundError) {
    let isBig = bytes.word(at: 0) == "RIFX"
    let chunks = Chunks(bytes, isBig: isBig)
    guard let format = chunks.format else { throw SoundError("expected a chunk fmt, found none") }
    guard let data = chunks.data else { throw SoundError("expected a chunk data, found none") }
    self.format = try WAVFormat(Array(bytes[format]), isBig: isBig)
    self.data = data
    let isWhole = self.format.frameBytes.map { data.count % $0 == 0 } ?? true
    flaws = chunks.flaws + (isWhole ? [] : ["the last sample is cut off"])
    func chunk(_ name: String, _ body: ArraySlice<UInt8>) -> [UInt8] {
      Array(name.utf8) + Self.size(body.count, isBig) + body
        + [UInt8](repeating: 0, count: body.count % 2)
    }
    let own =
      chunk("fmt ", bytes[format]) + (chunks.fact.map { chunk("fact", bytes[$0]) } ?? [])
      + Array("data".utf8) + Self.size(data.count, isBig)
    header =
      Array((isBig ? "RIFX" : "RIFF").utf8) + Self.size(4 + own.count + data.count, isBig)
      + Array("WAVE".utf8) + own
  }

  private static func size(_ count: Int, _ isBig: Bool) -> [UInt8] {
    let size = UInt32(clamping: count)
    return withUnsafeBytes(of: isBig ? size.bigEndian : size.littleEndian) { Array($0) }
  }
}

/// The chunks of a file that matter.
private struct Chunks {
  private(set) var format: Range<Int>?
  /// How many samples packed ones stand for.
  private(set) var fact: Range<Int>?
  private(set) var data: Range<Int>?
  private(set) var flaws: [String] = []

  /// What writers put who do not know a size yet.
  private static let unknown = Int(UInt32.max)

  init(_ bytes: [UInt8], isBig: Bool) {
    let whole = bytes.number(at: 4, UInt32.self, isBig: isBig) ?? 0
    var offset = 12
    var wideData: Int?
    while offset + 8 <= bytes.count {
      let name = bytes.word(at: offset)
      let start = offset + 8
      var size = bytes.number(at: offset + 4, UInt32.self, isBig: isBig) ?? 0
      if name == "data" {
        // A pipe is written before its size is known.
        let isOpen = size == Self.unknown || size == 0 && [0, Self.unknown].contains(whole)
        if size == Self.unknown, let wideData {
          size = wideData
        } else if isOpen {
          size = bytes.count - start
        }
      }
      let end = start + min(size, bytes.count - start)
      switch name {
      case "fmt " where format == nil: format = start..<end
      case "fact" where fact == nil: fact = start..<end
      case "ds64": wideData = bytes.number(at: start + 8, UInt64.self, isBig: isBig)
      case "data" where data == nil:
        data = start..<end
        if size > bytes.count - start {
          flaws.append(
            "cut short: \(bytes.count - start) of \(size) bytes are there")
        }
      default: break
      }
      guard size < bytes.count - start else { break }
      offset = start + size + size % 2
    }
  }
}

/// How a WAV file's samples are stored, as its chunk `fmt ` says.
struct WAVFormat {
  private let tag: Int
  private let bits: Int
  /// Bytes of the samples at one time; nil where they are packed.
  let frameBytes: Int?

  /// The format in a message.
  var words: String { "format \(tag) of \(bits) bits" }

  private static let mostChannels = 1024
  private static let highestRate = Int(Int32.max)

  /// Reads the chunk and checks what libsndfile does not, or says in other words.
  ///
  /// - Throws: `SoundError`.
  init(_ bytes: [UInt8], isBig: Bool) throws(SoundError) {
    func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Int? {
      bytes.number(at: offset, Number.self, isBig: isBig)
    }
    guard var tag = number(0, UInt16.self), let channels = number(2, UInt16.self),
      let rate = number(4, UInt32.self), let frame = number(12, UInt16.self),
      let bits = number(14, UInt16.self)
    else { throw SoundError("fmt: expected at least 16 bytes, found \(bytes.count)") }
    // Extensible: the first two bytes of a GUID are the tag.
    if tag == 0xFFFE {
      guard bytes.count >= 40, let own = number(24, UInt16.self) else {
        throw SoundError("fmt: expected 40 bytes of an extensible format, found \(bytes.count)")
      }
      tag = own
    }
    guard (1...Self.mostChannels).contains(channels) else {
      throw SoundError("fmt: expected 1 to \(Self.mostChannels) channels, found \(channels)")
    }
    guard (1...Self.highestRate).contains(rate) else {
      throw SoundError(
        "fmt: expected 1 to \(Self.highestRate) samples a second, found \(rate)")
    }
    (self.tag, self.bits) = (tag, bits)
    let (isPCM, isFloat) = (tag == 1, tag == 3)
    guard isPCM || isFloat else {
      frameBytes = nil
      return
    }
    guard isPCM ? (1...32).contains(bits) : [32, 64].contains(bits) else {
      throw SoundError(
        "fmt: expected up to 32 bits of PCM or 32 or 64 of floats, found \(bits) of "
          + (isPCM ? "PCM" : "floats"))
    }
    let own = channels * ((bits + 7) / 8)
    guard frame == own else {
      throw SoundError(
        "fmt: expected \(own) bytes for \(channels) samples of \(bits) bits, found \(frame)")
    }
    frameBytes = own
  }
}

extension [UInt8] {
  /// Four letters; fewer where the bytes end before.
  func word(at offset: Int) -> String {
    String(decoding: self[Swift.min(offset, count)...].prefix(4), as: UTF8.self)
  }

  /// A number at an offset; nil where the bytes end before, or it fits no `Int`.
  func number<Number: FixedWidthInteger>(
    at offset: Int, _: Number.Type, isBig: Bool = false
  ) -> Int? {
    let size = MemoryLayout<Number>.size
    guard offset >= 0, offset <= count - size else { return nil }
    let number = withUnsafeBytes {
      $0.loadUnaligned(fromByteOffset: offset, as: Number.self)
    }
    return Int(exactly: isBig ? Number(bigEndian: number) : Number(littleEndian: number))
  }
}
