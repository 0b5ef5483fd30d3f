// Sounds of every kind that is read, as libsndfile writes them.

import Foundation
import Inputs
import SoundForms
import Tensors
import TestSupport
import Testing

// One after another, as the decoder does them anyway.
@Suite("Sounds of all kinds become the numbers that were sampled", .serialized)
struct SoundTests {
  /// Two tones, one in each channel.
  private static func tones(_ form: SoundForm, _ length: Int) -> [Int16] {
    (0..<length).flatMap { time -> [Int16] in
      let angle = 2 * Double.pi * Double(time) / Double(form.rate)
      return [Int16(20000 * sin(angle * 400)), Int16(9000 * sin(angle * 900))]
    }
  }

  private static let all = SoundForm.exact + SoundForm.lossy

  /// All prefixes and all bits are tried where the environment has PERCEIVER_EVERY_BIT; else all of a
  /// file's first bytes, where its headers are, and some of the others.
  private static let isExhaustive =
    ProcessInfo.processInfo.environment["PERCEIVER_EVERY_BIT"] != nil
  private static let headerBytes = 120

  @Test("what loses nothing gives the same bits", arguments: SoundForm.exact)
  func exact(_ form: SoundForm) throws {
    let tones = Self.tones(form, 1000)
    let bytes = try form.file(channels: 2, tones)
    #expect(SoundReader.isSound(Array(bytes.prefix(1024))))
    let sound = try SoundReader.read(bytes)
    #expect(sound.rate == form.rate && sound.channels == 2 && sound.flaws.isEmpty)
    #expect(sound.samples == tones.map { Float($0) / 32768 })
  }

  @Test("what loses something gives about the same", arguments: SoundForm.lossy)
  func lossy(_ form: SoundForm) throws {
    let tones = Self.tones(form, 8000)
    let sound = try SoundReader.read(form.file(channels: 2, tones))
    #expect(sound.rate == form.rate && sound.channels == 2 && sound.flaws.isEmpty)
    // Blocks are filled up at the end.
    #expect((8000..<9600).contains(sound.length))
    let expected = tones.map { Float($0) / 32768 }
    #expect(relativeError(Array(sound.samples.prefix(16000)), expected) < 0.2)
  }

  @Test(
    "every beginning of a file gives a sound within it or one line", arguments: all)
  func cut(_ form: SoundForm) throws {
    let whole = try form.file(channels: 2, Self.tones(form, 200))
    let length = try SoundReader.read(whole).length
    for end in 0..<whole.count
    where Self.isExhaustive || end < Self.headerBytes || end % 5 == 0 {
      do {
        let sound = try SoundReader.read(Array(whole[..<end]))
        #expect(sound.length >= 1 && sound.length <= length)
        #expect(sound.length == length || !sound.flaws.isEmpty, "\(form) at \(end)")
      } catch {
        #expect(!"\(error)".contains("\n"))
      }
    }
  }

  @Test("every flipped bit of a file gives a sound or one line", arguments: all)
  func flipped(_ form: SoundForm) throws {
    let whole = try form.file(channels: 2, Self.tones(form, 50))
    for place in whole.indices {
      for bit in 0..<8
      where Self.isExhaustive || place < Self.headerBytes || bit == place % 8 {
        var bytes = whole
        bytes[place] ^= 1 << bit
        do {
          let sound = try SoundReader.read(bytes, mostSamples: 1 << 20)
          #expect(sound.length >= 1 && sound.samples.count <= 1 << 20)
        } catch {
          #expect(!"\(error)".contains("\n"))
        }
      }
    }
  }

  @Test("a sound that is cut off says so in the words of its kind")
  func flaws() throws {
    func flaws(_ form: SoundForm, dropping count: Int, of length: Int) throws -> [String] {
      let whole = try form.file(channels: 2, Self.tones(form, length))
      return try SoundReader.read(whole.dropLast(count)).flaws
    }
    let aiff = try SoundForm.aiff.file(channels: 2, Self.tones(.aiff, 100)).count
    #expect(
      try flaws(.aiff, dropping: 50, of: 100)
        == ["cut short: \(aiff - 50) of \(aiff) bytes are there"])
    #expect(
      try flaws(.flac, dropping: 1000, of: 20000).first?.hasSuffix("of 20000 samples are there")
        == true)
    #expect(
      try flaws(.vorbis, dropping: 5, of: 60000)
        == ["cut short: its last page is not marked as the sound's end"])
    #expect(
      try flaws(.mp3, dropping: 1000, of: 20000).first?.hasSuffix("of 20000 samples are there")
        == true)
  }

  @Test(
    "no size of a CAF's chunk leads outside numbers",
    arguments: ["desc", "free", "data"],
    [Int64.max, .max - 20, .max - 23, .max - 4092, -1, .min])
  func hugeChunks(_ name: String, _ size: Int64) throws {
    let tones = Self.tones(.caf, 100)
    var bytes = try SoundForm.caf.file(channels: 2, tones)
    let word = Array(name.utf8)
    let start = try #require(bytes.indices.first { bytes[$0...].starts(with: word) })
    withUnsafeBytes(of: size.bigEndian) { bytes.replaceSubrange(start + 4..<start + 12, with: $0) }
    // libsndfile reads on behind a format whose size is wrong, and takes no other.
    do {
      let sound = try SoundReader.read(bytes)
      #expect(sound.samples == tones.map { Float($0) / 32768 })
    } catch {
      #expect("\(error)".hasPrefix("expected a CAF sound, found one that cannot be read: "))
    }
  }

  @Test("a FLAC that a pipe wrote does not say how long it is, and is read to its end")
  func openLength() throws {
    let tones = Self.tones(.flac, 5000)
    var bytes = try SoundForm.flac.file(channels: 2, tones)
    // The first block of metadata holds the number of samples in 36 bits, behind the mark and the
    // block's header.
    bytes[21] &= 0xF0
    for place in 22..<26 { bytes[place] = 0 }
    let sound = try SoundReader.read(bytes)
    #expect(sound.samples == tones.map { Float($0) / 32768 } && sound.flaws.isEmpty)
  }

  @Test("a few bytes that stand for more samples than may be held are refused")
  func most() throws {
    let silence = [Int16](repeating: 0, count: 200_000)
    let bytes = try SoundForm.flac.file(channels: 2, silence)
    #expect(bytes.count < 20_000)
    let error = #expect(throws: SoundError.self) {
      try SoundReader.read(bytes, mostSamples: 100_000)
    }
    #expect(error?.description.contains("expected at most 100000 samples, found more") == true)
    #expect(try SoundReader.read(bytes, mostSamples: 200_000).length == 100_000)
    // A plain file may have as many as it has bytes.
    let plain = try SoundForm.aiff.file(channels: 2, silence)
    #expect(try SoundReader.read(plain, mostSamples: 10).length == 100_000)
  }

  @Test(
    "what begins as a sound and is none is said in one line",
    arguments: [
      ("fLaC", "expected a FLAC sound, found one that cannot be read: "),
      ("OggS----------------------\u{1}\u{1}\u{1}vorbis", "expected an Ogg sound, found one that "),
      ("ID3", "expected an MP3 sound, found one that cannot be read: "),
      ("FORM----AIFF", "expected an AIFF sound, found one that cannot be read: "),
      ("hello", "expected a sound (WAV, FLAC, Ogg, MP3, AIFF, AU, CAF or Wave64), found \"hello\""),
    ])
  func refused(_ text: String, _ message: String) {
    let error = #expect(throws: SoundError.self) { try SoundReader.read(Array(text.utf8)) }
    #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
  }

  @Test(
    "decoding a sound ends when it is cancelled", arguments: [SoundForm.mp3, SoundForm.exact[0]])
  func cancelled(_ form: SoundForm) throws {
    let bytes = try form.file(channels: 2, Self.tones(form, 1000))
    let cancellation = Cancellation()
    #expect(try SoundReader.read(bytes, cancellation: cancellation).length >= 1000)
    cancellation.cancel()
    #expect(throws: ComputationCancelled.self) {
      try SoundReader.read(bytes, cancellation: cancellation)
    }
  }

  @Test("a sound is refused before it is decoded where the model reads another number of axes")
  func refusedFirst() throws {
    try withTemporaryFolder { folder in
      // It begins as a sound, and could not be decoded.
      let path = folder.appending(path: "a.flac").path
      try Data("fLaC".utf8).write(to: URL(fileURLWithPath: path))
      for (axes, message) in [
        (2, "expected 2 axes (input_axis) and channels, found a FLAC sound, which has 1 axis"),
        (1, "expected a FLAC sound, found one that cannot be read: "),
      ] {
        let error = #expect(throws: InputFailure.self) {
          try InputReader().open(path, for: InputDemand(axes: axes))
        }
        #expect(error?.message.hasPrefix(message) == true, "\(String(describing: error))")
      }
    }
  }
}
