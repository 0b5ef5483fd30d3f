// Sounds of other rates than a model's: any window of one is the part of the whole, and no rate that a
// file claims decides how much memory is taken.

import Foundation
import Inputs
import Perceiver
import TestSupport
import Testing

@Suite("A sound of another rate is resampled a window at a time")
struct SoundResamplingTests {
  /// A sound of 16 bits, of which only the first channel is heard.
  private static func bytes(rate: Int, channels: Int = 1, length: Int) -> [UInt8] {
    let samples = (0..<length * channels).flatMap { index -> [UInt8] in
      let own = index % channels == 0 ? index / channels * 7919 % 40000 - 20000 : -index % 3000
      return WAVTests.bytes(Int16(own))
    }
    return WAVTests.file([
      WAVTests.format(channels: UInt16(channels), rate: UInt32(rate)),
      WAVTests.chunk("data", samples),
    ])
  }

  @Test(
    "a later window is the slice of the whole, bit by bit",
    arguments: [(44100, 1), (96000, 2), (8000, 1), (11025, 3), (48000, 2), (1, 1)])
  func windows(_ rate: Int, _ channels: Int) throws {
    let sound = try SoundReader.read(
      Self.bytes(rate: rate, channels: channels, length: rate == 1 ? 3 : 1000))
    let count = sound.length(atRate: 48000)
    #expect(count == (sound.length * 48000 + rate - 1) / rate)
    let whole = sound.firstChannel(atRate: 48000, 0..<count)
    for range in [0..<1, 100..<228, 300..<301, count - 100..<count, count..<count] {
      #expect(sound.firstChannel(atRate: 48000, range) == Array(whole[range]), "\(range)")
    }
  }

  /// The multimodal fixture's model reads 128 samples at 48 kHz.
  @Test(
    "of the slowest and the fastest rates that a file may claim only the window is resampled",
    arguments: [
      (1, 500_000, 0, 187_500_000), (1, 500_000, 187_499_999, 187_500_000),
      (Int(Int32.max), 100_000, 0, 1),
    ])
  func absurdRates(_ rate: Int, _ length: Int, _ window: Int, _ windows: Int) throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "sound.wav")
      try Data(Self.bytes(rate: rate, length: length)).write(to: file)
      let model = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .appending(path: "PerceiverTests/Fixtures/huggingface/multimodal")
      var options = ReadingOptions()
      options.window = window
      let source = try ModelSource(ModelRequest(weights: model.path))
      let input = try PreparedInput(
        InputRequest(input: .file(file.path), options: options), for: source
      ) { _ in }.input
      #expect(input.window?.count ?? 1 == windows && input.window?.index ?? 0 == window)
      let heard = try #require(input.sound)
      #expect(heard.shape == [128])
      let sound = try SoundReader.read([UInt8](Data(contentsOf: file)))
      let start = 128 * window
      let end = min(start + 128, sound.length(atRate: 48000))
      #expect(
        Array(heard.values.prefix(end - start)) == sound.firstChannel(atRate: 48000, start..<end))
      #expect(heard.values.dropFirst(end - start).allSatisfy { $0 == 0 })
    }
  }
}
