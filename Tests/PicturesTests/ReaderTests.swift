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
    let tolerance: Int
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
    #expect(Self.lossless.count == 19)
    #expect(Self.lossy.count == 14)
  }

  @Test("PNG samples are the stored ones over the largest possible", arguments: lossless)
  func png(_ name: String) throws {
    let expected = try #require(Self.expected[name])
    let image = try PixelImage(reading: file(name))
    #expect([image.width, image.height, image.channels] == expected.shape)
    guard expected.tolerance > 0 else {
      #expect(image.samples == expected.samples.map { Float($0) / Float(expected.most) })
      return
    }
    // Transparent ones: several steps, each rounded.
    let off = zip(image.samples, expected.samples).map { sample, whole in
      abs(Double(sample) * Double(expected.most) - Double(whole))
    }
    #expect(off.count == expected.samples.count)
    #expect(off.max() ?? .nan <= 1.01 * Double(expected.tolerance))
  }

  @Test("Every level of 8 and 16 bits is exactly its value / maxval in float32")
  func levels() throws {
    let bytes = Array("P5 256 1 255\n".utf8) + (0...255).map { UInt8($0) }
    #expect(try PixelImage(reading: bytes).samples == (0...255).map { Float($0) / 255 })
    for maximum in [1000, 65535] {
      let raster = (0...maximum).flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
      let wide = Array("P5 \(maximum + 1) 1 \(maximum)\n".utf8) + raster
      let samples = try PixelImage(reading: wide).samples
      #expect(samples == (0...maximum).map { Float($0) / Float(maximum) })
    }
  }

  @Test("Garbage before a JPEG's end marker changes nothing; cut off before its end it is refused")
  func harmless() throws {
    let bytes = try file("baseline.jpg")
    let whole = try PixelImage(reading: bytes)
    let marker = bytes.count - 2
    let padded = Array(bytes[..<marker]) + [0x11, 0x22, 0x33] + bytes[marker...]
    #expect(try PixelImage(reading: padded) == whole)
    let cut = Array(bytes[..<(marker - 100)]) + bytes[marker...]
    #expect(throws: PictureError.self) { try PixelImage(reading: cut) }
  }

  @Test("The rings among the samples are what their formula gives")
  func rings() throws {
    let samples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Samples/rings.ppm")
    let image = try PixelImage(reading: [UInt8](try Data(contentsOf: samples)))
    #expect([image.width, image.height, image.channels].elementsEqual([224, 224, 3]))
    for (x, y) in [(0, 0), (111, 112), (223, 40), (17, 190), (60, 111)] {
      let (across, down) = (Double(2 * x) / 223 - 1, Double(2 * y) / 223 - 1)
      let r = (across * across + down * down).squareRoot()
      let grey = Float(0.5 + 0.5 * cos(Double.pi * (r + 2 * r * r)))
      #expect(abs(image[x: x, y: y].red - grey) < 0.51 / 255)
    }
  }

  @Test("What follows a picture's end is left alone", arguments: ["colour.png", "baseline.jpg"])
  func after(_ name: String) throws {
    let bytes = try file(name)
    #expect(try PixelImage(reading: bytes + [1, 2, 3]) == PixelImage(reading: bytes))
  }

  @Test("The limit of pixels is the caller's")
  func limit() throws {
    let bytes = try file("colour.png")
    #expect(throws: Never.self) { try PixelImage(reading: bytes, limits: .init(pixels: 35)) }
    let error = #expect(throws: PictureError.self) {
      try PixelImage(reading: bytes, limits: .init(pixels: 34))
    }
    #expect(error?.description == "PNG: expected at most 34 pixels, found 7 × 5")
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
      ("P3#a\n#b\n\n1#c\n#d\n1\t15#e\r15#f\n0#g\n15 # h", [1, 0, 1]),
      ("P6 1 1 65535\t\u{00}\u{00}\u{FF}\u{FF}\u{80}\u{00}", [0, 1, 32768.0 / 65535]),
      ("P4\u{0B}1\u{0C}3\r\u{80}\u{00}\u{FF}", [0, 1, 0]),
      ("P1 3 1 1#x\n0#y\n1", [0, 1, 0]),
      // The comment's own line end is the one white space; a # after white space is a sample.
      ("P5 1 1 255#\n\u{23}", [35.0 / 255]),
      ("P5 1 1 255 \u{23}", [35.0 / 255]),
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

  /// A file whose header claims a size, in big-endian bytes of its format's width.
  private static func claiming(_ side: Int, in name: String) throws -> [UInt8] {
    var bytes = try file(name)
    let pair = [UInt8(side >> 8), UInt8(side & 0xFF)]
    if name.hasSuffix(".png") {
      bytes.replaceSubrange(16..<24, with: [0, 0] + pair + [0, 0] + pair)
    } else {
      let frame = try #require(
        (2..<bytes.count - 1).first { bytes[$0] == 0xFF && [0xC0, 0xC2].contains(bytes[$0 + 1]) })
      bytes.replaceSubrange(frame + 5..<frame + 9, with: pair + pair)
    }
    return bytes
  }

  @Test(
    "A header that claims 10⁹ pixels is refused by its size, one of fewer by what its file holds",
    arguments: ["grey.png", "rgba16.png", "bits.png", "baseline.jpg", "progressive.jpg"])
  func claims(_ name: String) throws {
    let enormous = #expect(throws: PictureError.self) {
      try PixelImage(reading: Self.claiming(31_623, in: name))
    }
    #expect(enormous?.description.contains("at most 67108864 pixels") == true)
    let large = #expect(throws: PictureError.self) {
      try PixelImage(reading: Self.claiming(8000, in: name))
    }
    #expect(large?.description.contains("bytes cannot hold 8000 × 8000 pixels") == true)
  }

  @Test("The same holds for Netpbm in all six kinds", arguments: 1...6)
  func netpbmClaims(_ kind: Int) throws {
    for (side, words) in [(31_623, "at most 67108864 pixels"), (8000, "bytes of raster")] {
      let text = "P\(kind) \(side) \(side)" + (kind % 3 == 1 ? "" : " 65535") + "\n1 0 1 0"
      let error = #expect(throws: PictureError.self) { try PixelImage(reading: Array(text.utf8)) }
      #expect(error?.description.contains(words) == true)
    }
  }
}

extension ReaderTests.Expected {
  init?(_ json: JSONValue) {
    guard case .integer(let width)? = json["width"], case .integer(let height)? = json["height"],
      case .integer(let channels)? = json["channels"], case .integer(let most)? = json["most"],
      case .integer(let tolerance)? = json["tolerance"],
      case .array(let samples)? = json["samples"]
    else { return nil }
    self.init(
      width: width, height: height, channels: channels, most: most,
      tolerance: tolerance,
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
