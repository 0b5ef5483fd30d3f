// Y4M films: frames, colours, windows, and files that are none.

import Foundation
import Inputs
import Pictures
import Testing

@Suite("Y4M films are read frame by frame")
struct Y4MTests {
  private static func film(_ header: String, _ frames: [[UInt8]]) -> [UInt8] {
    Array("YUV4MPEG2 \(header)\n".utf8) + frames.flatMap { Array("FRAME\n".utf8) + $0 }
  }

  /// Red, white and black as BT.601 has them, and what they are.
  private static let colours: [(yuv: [UInt8], rgb: [Float])] = [
    ([81, 90, 240], [1, 0, 0]), ([235, 128, 128], [1, 1, 1]), ([16, 128, 128], [0, 0, 0]),
    ([145, 54, 34], [0, 1, 0]), ([41, 240, 110], [0, 0, 1]),
  ]

  @Test("Colours are BT.601's, whichever pixels share them")
  func colour() throws {
    for (yuv, rgb) in Self.colours {
      let frame444 = (0..<3).flatMap { Array(repeating: yuv[$0], count: 12) }
      let halves = Array(repeating: yuv[0], count: 12) + [yuv[1], yuv[1], yuv[2], yuv[2]]
      let alike = Array(repeating: yuv[0], count: 12)
      for (header, frame) in [
        ("W4 H3 C444", frame444), ("W4 H3 C444alpha", frame444 + alike),
        (
          "W4 H3 C420jpeg",
          alike + Array(repeating: yuv[1], count: 4)
            + Array(repeating: yuv[2], count: 4)
        ),
        ("W4 H3", alike + Array(repeating: yuv[1], count: 4) + Array(repeating: yuv[2], count: 4)),
        (
          "W4 H3 F25:1 Ip A1:1 C422",
          alike + Array(repeating: yuv[1], count: 6)
            + Array(repeating: yuv[2], count: 6)
        ),
        ("W3 H4 C411", halves + [yuv[1], yuv[1], yuv[2], yuv[2]].enumerated().map(\.element)),
      ] where header != "W3 H4 C411" || yuv[1] == yuv[2] {
        let film = try Y4MReader.read(Self.film(header, [frame]))
        #expect(film.count == 1 && film.flaws.isEmpty)
        let picture = try #require(film.frames.first)
        #expect(picture.channels == 3)
        for (index, sample) in picture.samples.enumerated() {
          #expect(abs(sample - rgb[index % 3]) < 0.01, "\(header): \(index)")
        }
      }
    }
  }

  @Test("Each pixel has its own light, and the colour of its neighbours")
  func places() throws {
    let light: [UInt8] = [16, 235, 16, 235, 126, 126]
    let film = try Y4MReader.read(Self.film("W3 H2 C420", [light + [128, 128, 128, 240]]))
    let picture = try #require(film.frames.first)
    // Colour differs in the last column alone.
    #expect(picture[x: 1, y: 0] == RGB(red: 1, green: 1, blue: 1))
    #expect(picture[x: 0, y: 1] == RGB(red: 1, green: 1, blue: 1))
    #expect(abs(picture[x: 1, y: 1].red - 110 / 219) < 1e-6)
    #expect(abs(picture[x: 2, y: 1].red - min(1, 110 / 219 + 1.402 / 2)) < 1e-6)
    #expect(picture[x: 2, y: 0].green == 0 && picture[x: 2, y: 0].red > 0.7)
  }

  @Test("Grey goes from 0 to 255, or from 16 to 235 where the film says so")
  func grey() throws {
    let full = try Y4MReader.read(Self.film("W2 H1 Cmono", [[0, 255]]))
    #expect(full.frames[0].samples == [0, 1] && full.frames[0].channels == 1)
    let limited = try Y4MReader.read(
      Self.film("W2 H1 Cmono XCOLORRANGE=LIMITED", [[16, 235]]))
    #expect(limited.frames[0].samples == [0, 1])
  }

  @Test(
    "Windows are whole, and the last one begins earlier",
    arguments: [
      (0, 0, 4), (1, 4, 4), (2, 6, 4), (3, 6, 4), (Int.max, 6, 4),
    ])
  func windows(_ window: Int, _ start: Int, _ length: Int) throws {
    let bytes = Self.film("W1 H1 Cmono", (0..<10).map { [UInt8($0 * 20)] })
    let film = try Y4MReader.read(bytes, window: window, length: length)
    #expect(film.count == 10 && film.start == start)
    #expect(
      film.frames.map { Int(($0.samples[0] * 255).rounded()) / 20 } == Array(start..<start + length)
    )
  }

  @Test("A film that is cut short is read as far as it goes, at every length")
  func cut() throws {
    let bytes = Self.film("W2 H2 C420", (0..<3).map { Array(repeating: UInt8($0), count: 6) })
    var counts: Set<Int> = []
    for length in 0..<bytes.count {
      do {
        let film = try Y4MReader.read(Array(bytes[..<length]))
        #expect(film.count < 3 && film.frames.count == film.count)
        counts.insert(film.count)
      } catch {
        #expect(!"\(error)".contains("\n") && "\(error)".contains("expected"))
      }
    }
    #expect(counts == [1, 2])
  }

  @Test(
    "What is no such film is said in one line",
    arguments: [
      ("YUV4MPEG2 W2\n", "expected H and a height from 1 to 16384, found none"),
      ("YUV4MPEG2 W0 H2\n", "expected W and a width from 1 to 16384, found 0"),
      ("YUV4MPEG2 W99999999999999999999 H2\n", "expected W and a width"),
      ("YUV4MPEG2 W16384 H16384\nFRAME\n", "expected frames of at most the file's"),
      ("YUV4MPEG2 W2 H2 C420p10\n", "expected 8 bits of 420, 422, 411, 444 or mono, found 420p10"),
      ("YUV4MPEG2 W2 H2\n", "expected a frame, found none"),
      ("YUV4MPEG2 W2 H2\nFRAMES\n123456", "frame 1: expected FRAME, found FRAMES"),
      ("YUV4MPEG2 W2 H2", "expected a line of at most 1024 bytes"),
      ("RIFF", "expected a line"),
    ])
  func refused(_ text: String, _ message: String) {
    let error = #expect(throws: FilmError.self) { try Y4MReader.read(Array(text.utf8)) }
    #expect(error?.description.contains(message) ?? false, "\(error?.description ?? "")")
  }
}
