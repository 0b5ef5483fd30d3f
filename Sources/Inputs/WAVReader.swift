// WAV files: sound as it was sampled, in numbers from -1 to 1.

/// Sound as numbers.
public struct Sound: Sendable, Hashable {
  /// Samples a second.
  public let rate: Int
  /// Samples at one time, one of each channel.
  public let channels: Int
  /// From -1 to 1, those of one time one after another; floats as they are stored.
  public let samples: [Float]
  /// What is wrong with the file though it can be read, a sentence each.
  public let flaws: [String]

  /// How many times were sampled.
  public var length: Int { samples.count / channels }
}

/// A sound that cannot be read.
public struct SoundError: Error, Hashable, CustomStringConvertible {
  /// One line: where, what was expected, what was found.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Reads RIFF/WAVE files and their 64-bit form, RF64: PCM of 8, 16, 24 and 32 bits and floats of 32
/// and 64, plain or extensible, chunks in any order.
public enum WAVReader {
  /// Whether bytes begin as a WAV file does.
  public static func isWAV(_ bytes: some Collection<UInt8>) -> Bool {
    let first = Array(bytes.prefix(12))
    return first.count == 12 && ["RIFF", "RF64", "BW64"].contains(word(first[0..<4]))
      && word(first[8..<12]) == "WAVE"
  }

  /// Reads a whole file.
  ///
  /// - Throws: `SoundError`.
  public static func read(_ bytes: [UInt8]) throws(SoundError) -> Sound {
    guard isWAV(bytes) else { throw SoundError("expected a WAV sound, found another file") }
    let chunks = Chunks(bytes)
    guard let format = chunks.format else { throw SoundError("expected a chunk fmt, found none") }
    guard let data = chunks.data else { throw SoundError("expected a chunk data, found none") }
    let samples = try Samples(bytes[format], chunk: format)
    var flaws = chunks.flaws
    let whole = data.count / samples.frameBytes * samples.frameBytes
    if whole < data.count { flaws.append("the last sample is cut off") }
    guard whole > 0 else { throw SoundError("data: expected at least one sample, found none") }
    return Sound(
      rate: samples.rate, channels: samples.channels,
      samples: samples.numbers(bytes[data.lowerBound..<data.lowerBound + whole]), flaws: flaws)
  }

  fileprivate static func word(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }
}

/// The chunks of a file that matter.
private struct Chunks {
  private(set) var format: Range<Int>?
  private(set) var data: Range<Int>?
  private(set) var flaws: [String] = []

  /// What writers put who do not know a size yet.
  private static let unknown = Int(UInt32.max)

  init(_ bytes: [UInt8]) {
    let whole = bytes.number(at: 4, UInt32.self) ?? 0
    var offset = 12
    var wideData: Int?
    while offset + 8 <= bytes.count {
      let name = WAVReader.word(bytes[offset..<offset + 4])
      let start = offset + 8
      var size = bytes.number(at: offset + 4, UInt32.self) ?? 0
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
      case "ds64": wideData = bytes.number(at: start + 8, UInt64.self)
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

/// How samples are stored.
private struct Samples {
  let channels: Int
  let rate: Int
  private let kind: Kind

  private enum Kind {
    case unsigned8, signed16, signed24, signed32, float32, float64

    var bytes: Int {
      switch self {
      case .unsigned8: 1
      case .signed16: 2
      case .signed24: 3
      case .signed32, .float32: 4
      case .float64: 8
      }
    }
  }

  /// Bytes of the samples at one time.
  var frameBytes: Int { channels * kind.bytes }

  private static let mostChannels = 1024

  init(_ bytes: ArraySlice<UInt8>, chunk: Range<Int>) throws(SoundError) {
    let bytes = Array(bytes)
    guard bytes.count >= 16, var tag = bytes.number(at: 0, UInt16.self),
      let channels = bytes.number(at: 2, UInt16.self),
      let rate = bytes.number(at: 4, UInt32.self),
      let frame = bytes.number(at: 12, UInt16.self), let bits = bytes.number(at: 14, UInt16.self)
    else { throw SoundError("fmt: expected at least 16 bytes, found \(bytes.count)") }
    // Extensible: the first two bytes of a GUID are the tag.
    if tag == 0xFFFE {
      guard let own = bytes.number(at: 24, UInt16.self) else {
        throw SoundError("fmt: expected 40 bytes of an extensible format, found \(bytes.count)")
      }
      tag = own
    }
    guard (1...Self.mostChannels).contains(channels) else {
      throw SoundError("fmt: expected 1 to \(Self.mostChannels) channels, found \(channels)")
    }
    guard rate > 0 else { throw SoundError("fmt: expected samples a second, found 0") }
    switch (tag, bits) {
    case (1, 8): kind = .unsigned8
    case (1, 16): kind = .signed16
    case (1, 24): kind = .signed24
    case (1, 32): kind = .signed32
    case (3, 32): kind = .float32
    case (3, 64): kind = .float64
    case (1, _), (3, _):
      throw SoundError(
        "fmt: expected 8, 16, 24 or 32 bits of PCM or 32 or 64 of floats, found \(bits) of "
          + (tag == 1 ? "PCM" : "floats"))
    default:
      throw SoundError(
        "fmt: expected PCM or floats, found format \(tag), which is packed; "
          + "ffmpeg -i IN -c:a pcm_s16le OUT.wav unpacks it")
    }
    (self.channels, self.rate) = (channels, rate)
    guard frame == frameBytes else {
      throw SoundError(
        "fmt: expected \(frameBytes) bytes for \(channels) samples of \(bits) bits, found \(frame)")
    }
  }

  /// Numbers from -1 to 1.
  func numbers(_ bytes: ArraySlice<UInt8>) -> [Float] {
    let count = bytes.count / kind.bytes
    return bytes.withUnsafeBytes { bytes in
      func at<Number: FixedWidthInteger>(_ index: Int, _: Number.Type) -> Number {
        Number(
          littleEndian: bytes.loadUnaligned(
            fromByteOffset: index * MemoryLayout<Number>.size, as: Number.self))
      }
      return (0..<count).map { index in
        switch kind {
        case .unsigned8: (Float(bytes[index]) - 128) / 128
        case .signed16: Float(at(index, Int16.self)) / 32768
        case .signed24:
          Float(
            Int32(bytes[3 * index]) << 8 | Int32(bytes[3 * index + 1]) << 16
              | Int32(Int8(bitPattern: bytes[3 * index + 2])) << 24) / 0x1p31
        case .signed32: Float(at(index, Int32.self)) / 0x1p31
        case .float32: Float(bitPattern: at(index, UInt32.self))
        case .float64: Float(Double(bitPattern: at(index, UInt64.self)))
        }
      }
    }
  }
}

extension [UInt8] {
  /// A little-endian number at an offset; nil where the bytes end before, or it fits no `Int`.
  fileprivate func number<Number: FixedWidthInteger>(at offset: Int, _: Number.Type) -> Int? {
    let size = MemoryLayout<Number>.size
    guard offset >= 0, offset <= count - size else { return nil }
    let number = withUnsafeBytes {
      Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
    return Int(exactly: number)
  }
}
