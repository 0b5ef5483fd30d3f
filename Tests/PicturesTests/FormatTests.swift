// BMP, GIF, TIFF, WebP and PAM as Pillow opens them. make_formats.py made Fixtures/Formats.

import Foundation
import Pictures
import Tensors
import Testing

@Suite("BMP, GIF, TIFF, WebP and PAM give the samples that Pillow gives")
struct FormatTests {
  struct Expected: Sendable {
    let shape: [Int]
    let most: Double
    let tolerance: Double
    let frames: [[Double]]
  }

  static let expected: [String: Expected] = {
    guard let data = try? Data(contentsOf: formats.appending(path: "expected.json")),
      case .object(let members)? = try? JSONValue(parsing: data)
    else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: members.compactMap { member in
        Expected(member.value).map { (member.name, $0) }
      })
  }()

  static let names = expected.keys.sorted()

  @Test("All fixtures are there")
  func count() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: formats.path)
    #expect(Self.names.count == files.count - 1)
    #expect(Self.names.count >= 88)
  }

  @Test(
    "A picture, or the first of several, has the samples that it has in Pillow", arguments: names)
  func samples(_ name: String) throws {
    let expected = try #require(Self.expected[name])
    let picture = try OpenedPicture(reading: formatFile(name))
    try check(picture.image, expected, frame: 0)
    let isOneOfSeveral = expected.frames.count > 1 || name == "pages.tif"
    #expect(picture.notes.count == (isOneOfSeveral ? 1 : 0))
    if expected.frames.count > 1 {
      #expect(picture.notes.first?.brief == "the first of \(expected.frames.count) frames")
    }
  }

  @Test("A GIF's frames have their times; 0 where the file does not say")
  func times() throws {
    // Three frames of 4 × 3 pixels, seen for 40, 80 and 120 ms; made with Pillow.
    let data = """
      R0lGODlhBAADAIEAAAAKyAAAAAAAAAAAACH5BAAEAAAALAAAAAAEAAMAAAgIAAEIHEhQYEAAIfkEAQgAAQAsAAAAAAQAAwCB
      PAqgAAAAAAAAAAAACAgAAQgcSFBgQAAh+QQBDABAACwAAAAABAADAIF4CngAAAAAAAAAAAAICAABCBxIUGBAADs=
      """
    let bytes = Array(try #require(Data(base64Encoded: data, options: .ignoreUnknownCharacters)))
    let timed = try #require(try PictureFrames.timed(bytes))
    #expect(timed.frames.count == 3 && timed.milliseconds == [40, 80, 120])
    let silent = try #require(try PictureFrames.timed(formatFile("animated.webp")))
    #expect(silent.milliseconds == [0, 0, 0])
  }

  @Test("Every frame of an animation is what is to be seen after it", arguments: names)
  func frames(_ name: String) throws {
    let expected = try #require(Self.expected[name])
    let frames = try PictureFrames.read(formatFile(name))
    guard expected.frames.count > 1 else {
      #expect(frames == nil)
      return
    }
    #expect(frames?.count == expected.frames.count)
    for (place, frame) in (frames ?? []).enumerated() { try check(frame, expected, frame: place) }
  }

  @Test("Frames of too many pixels in all are refused before they are read")
  func frameLimit() throws {
    let expected = try #require(Self.expected["animated_1_None.gif"])
    let pixels = expected.shape[0] * expected.shape[1]
    for name in ["animated_1_None.gif", "animated.webp"] {
      let count = try #require(Self.expected[name]).frames.count
      let bytes = try formatFile(name)
      #expect(throws: Never.self) {
        try PictureFrames.read(bytes, limits: .init(pixels: pixels * count))
      }
      let error = #expect(throws: PictureError.self) {
        try PictureFrames.read(bytes, limits: .init(pixels: pixels * count - 1))
      }
      #expect(error?.description.contains("pixels in all frames together") == true)
    }
  }

  @Test("Reading frames stops when it is cancelled")
  func cancelled() throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    for name in ["mixed.gif", "animated.webp"] {
      #expect(throws: ComputationCancelled.self) {
        try PictureFrames.read(formatFile(name), cancellation: cancellation)
      }
    }
  }

  private func check(_ image: PixelImage, _ expected: Expected, frame: Int) throws {
    let samples = expected.frames[frame]
    // An animation in which some frame has colour is in colour.
    let image = image.converted(toChannels: expected.shape[2])
    #expect([image.height, image.width, image.channels] == expected.shape)
    #expect(image.samples.count == samples.count)
    let differences = zip(image.samples, samples).map { abs(Double($0) * expected.most - $1) }
    #expect(differences.max() ?? .nan <= expected.tolerance)
  }
}

extension FormatTests.Expected {
  init?(_ json: JSONValue) {
    func number(_ value: JSONValue?) -> Double? {
      switch value {
      case .integer(let number)?: Double(number)
      case .real(let number)?: number
      default: nil
      }
    }
    guard let width = number(json["width"]), let height = number(json["height"]),
      let channels = number(json["channels"]), let most = number(json["most"]),
      let tolerance = number(json["tolerance"]), case .array(let frames)? = json["frames"]
    else { return nil }
    self.init(
      shape: [Int(height), Int(width), Int(channels)], most: most, tolerance: tolerance,
      frames: frames.map { frame in
        guard case .array(let samples) = frame else { return [] }
        return samples.compactMap(number)
      })
  }
}

let formats = pictures.appending(path: "Formats")

func formatFile(_ name: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: formats.appending(path: name)))
}
