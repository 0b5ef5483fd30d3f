// Films of other rates than a model's: which frame each of its frames shows.

import Inputs
import Tensors
import Testing

@Suite("Films are brought to a model's frames a second")
struct FrameRateTests {
  /// Grey frames of one pixel, whose light is their number.
  private static func film(_ header: String, _ count: Int) -> [UInt8] {
    Array("YUV4MPEG2 W1 H1 Cmono \(header)\n".utf8)
      + (0..<count).flatMap { Array("FRAME\n".utf8) + [UInt8($0)] }
  }

  private static func numbers(
    _ header: String, _ count: Int, window: Int = 0, length: Int = 1000,
    rate: FrameRate = FrameRate(frames: 48000, seconds: 1920)
  ) throws -> (shown: [Int], film: Film) {
    let film = try Y4MReader.read(
      ByteStream(Self.film(header, count)), window: window, length: length, rate: rate
    ) {}
    return (film.frames.map { Int(($0.samples[0] * 255).rounded()) }, film)
  }

  @Test("Frames are left out of a faster film and repeated in a slower one, each at its time")
  func rates() throws {
    let faster = try Self.numbers("F50:1", 7)
    #expect(faster.shown == [0, 2, 4, 6])
    #expect(faster.film.change == "50 frames a second brought to 25 frames a second")
    let slower = try Self.numbers("F10:1", 3)
    #expect(slower.shown == [0, 0, 0, 1, 1, 2, 2, 2])
    // Frame 6 of 30 a second begins as frame 5 of 25 does.
    let common = try Self.numbers("F30:1", 12)
    #expect(common.shown == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10])
    let old = try Self.numbers("F30000:1001", 240)
    for (number, frame) in old.shown.enumerated() {
      #expect(frame == Int(Double(number) / 25 * 30000 / 1001), "\(number)")
    }
    #expect(old.film.change == "29.97 frames a second brought to 25 frames a second")
  }

  @Test("The model's own rate, none and an absurd one leave the frames as they are")
  func unchanged() throws {
    for header in [
      "F25:1", "F25000:1000", "", "F0:0", "F1:0", "F-25:1", "F1:1000000", "F2000:1",
      "F9223372036854775807:1", "F25", "Fx:1",
    ] {
      let (shown, film) = try Self.numbers(header, 5)
      #expect(shown == [0, 1, 2, 3, 4] && film.change == nil, "\(header)")
    }
  }

  @Test("Windows are counted in the model's frames")
  func windows() throws {
    let (shown, film) = try Self.numbers("F50:1", 40, window: 1, length: 4)
    #expect(shown == [8, 10, 12, 14])
    #expect(film.start == 4 && film.count == 20)
    let last = try Self.numbers("F10:1", 4, window: 9, length: 4)
    #expect(last.shown == [2, 2, 3, 3] && last.film.count == 10)
  }

  @Test("A frame of an animation is seen from its time until the next one's")
  func animations() throws {
    let rate = FrameRate(frames: 25, seconds: 1)
    let times = try #require(AnimationTimes([40, 80, 100], at: rate))
    #expect(times.count == 6)
    #expect((0..<6).map { times.frame(at: $0) } == [0, 1, 1, 2, 2, 2])
    // Shorter times than a screen shows are a tenth of a second, as browsers have it.
    let short = try #require(AnimationTimes([10, 40], at: rate))
    #expect(short.count == 4 && (0..<4).map { short.frame(at: $0) } == [0, 0, 0, 1])
    #expect(AnimationTimes([0, 0, 0], at: rate) == nil)
    // As long as a GIF can say, for each of many frames.
    let long = try #require(AnimationTimes(Array(repeating: 655_350, count: 10000), at: rate))
    #expect(long.count == 163_837_500 && long.frame(at: long.count - 1) == 9999)
  }
}
