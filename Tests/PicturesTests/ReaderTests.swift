// Pictures that other programs wrote, read sample by sample. make_pictures.py made Fixtures/.

import Foundation
import Pictures
import Tensors
import Testing

@Suite("Pictures of other programs give their stored samples")
struct ReaderTests {
  struct Expected: Sendable {
    let width: Int
    let height: Int
    let channels: Int
    let most: Int
    let samples: [Int]
  }

  static let expected: [String: Expected] = {
    guard let data = try? Data(contentsOf: pictures.appending(path: "expected.json")),
      case .object(let members)? = try? JSONValue(parsing: data)
    else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: members.compactMap { member in
        Expected(member.value).map { (member.name, $0) }
      })
  }()

  static let lossless = expected.keys.filter { $0.hasSuffix(".png") }.sorted()
  static let lossy = expected.keys.filter { $0.hasSuffix(".jpg") }.sorted()

  @Test("All fixtures are there")
  func count() {
    #expect(Self.lossless.count == 9)
    #expect(Self.lossy.count == 12)
  }

  @Test("PNG samples are the stored ones over the largest possible", arguments: lossless)
  func png(_ name: String) throws {
    let expected = try #require(Self.expected[name])
    let image = try PixelImage(reading: file(name))
    #expect([image.width, image.height, image.channels] == expected.shape)
    let samples = expected.samples.map { Float($0) / Float(expected.most) }
    #expect(image.samples == samples)
  }

  @Test("JPEG samples are within two levels of Pillow's, upright", arguments: lossy)
  func jpeg(_ name: String) throws {
    let expected = try #require(Self.expected[name])
    let image = try PixelImage(reading: file(name))
    #expect([image.width, image.height, image.channels] == expected.shape)
    let differences = zip(image.samples, expected.samples).map { abs($0 * 255 - Float($1)) }
    // Both decode with libjpeg-turbo, of different versions; CMYK is multiplied out differently.
    #expect(differences.max() ?? .nan <= 2)
  }

  @Test(
    "Netpbm in all six kinds, with comments and any maxval",
    arguments: [
      ("P1\n# one\n2 2\n1 0\n0 1\n", [0, 1, 1, 0]),
      ("P1 2 2 1001", [0, 1, 1, 0]),
      ("P2\n2 1\n15\n0 15", [0, 1]),
      ("P2 # kind\n2 # width\n1 #height\n1000 # most\n250 # first\n1000", [0.25, 1]),
      ("P3\n1 1\n4\n1 2 4", [0.25, 0.5, 1]),
      ("P4\n9 1\n\u{40}\u{0}", [1, 0, 1, 1, 1, 1, 1, 1, 1]),
      ("P5\n2 1\n100\n\u{32}\u{64}", [0.5, 1]),
      ("P5 1 1 65535\n\u{01}\u{00}", [256.0 / 65535]),
      ("P5 1 1 256#comment\n\u{01}\u{00}", [1]),
      ("P6\n1 1\n# last\n2\n\u{00}\u{01}\u{02}", [0, 0.5, 1]),
      ("P5 1 1 2\n\u{01}P5 1 1 2\n\u{02}", [0.5]),
    ] as [(String, [Float])])
  func netpbm(_ text: String, _ samples: [Float]) throws {
    let image = try PixelImage(reading: text.unicodeScalars.map { UInt8($0.value) })
    #expect(image.samples == samples)
  }

  @Test(
    "What is wrong with a picture is said with its place",
    arguments: [
      ("", "an empty file"),
      ("hello", "\"hello\""),
      ("P6\n", "a width"),
      ("P6\n0 1\n255\n", "a width from 1"),
      ("P6\n1 -1\n255\n", "a height"),
      ("P6\n1 1\n65536\n", "a maximum value from 1 to 65535"),
      ("P6\n1 1\n0\n", "a maximum value from 1 to 65535"),
      ("P6\n2 1\n255\n\u{1}\u{2}\u{3}", "6 bytes of raster"),
      ("P6\n99999999999999999999 1\n255\n", "a width from 1"),
      ("P6\n2000000000 2000000000\n255\n", "at most"),
      ("P5\n1 1\n7\n\u{8}", "a sample from 0 to 7"),
      ("P2\n1 1\n7\n8", "a sample from 0 to 7"),
      ("P1\n1 1\n2", "0 or 1"),
    ])
  func netpbmErrors(_ text: String, _ words: String) {
    let error = #expect(throws: PictureError.self) {
      try PixelImage(reading: text.unicodeScalars.map { UInt8($0.value) })
    }
    #expect(error?.description.contains(words) == true)
  }

  @Test("A PNG that claims more than its bytes can hold is refused before it is decoded")
  func bomb() throws {
    var bytes = try file("grey.png")
    bytes.replaceSubrange(16..<24, with: [0, 0, 0x1F, 0xFF, 0, 0, 0x1F, 0xFF])
    let error = #expect(throws: PictureError.self) { try PixelImage(reading: bytes) }
    #expect(error?.description.contains("no more pixels than") == true)
  }
}

extension ReaderTests.Expected {
  init?(_ json: JSONValue) {
    guard case .integer(let width)? = json["width"], case .integer(let height)? = json["height"],
      case .integer(let channels)? = json["channels"], case .integer(let most)? = json["most"],
      case .array(let samples)? = json["samples"]
    else { return nil }
    self.init(
      width: width, height: height, channels: channels, most: most,
      samples: samples.compactMap {
        guard case .integer(let value) = $0 else { return nil }
        return value
      })
  }

  var shape: [Int] { [width, height, channels] }
}

let pictures = Bundle.module.bundleURL.appending(path: "Fixtures")

func file(_ name: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: pictures.appending(path: name)))
}
