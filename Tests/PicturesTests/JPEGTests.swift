// JPEG and EXIF against Pillow, and what is said of damaged files. make_jpegs.py made the cases.

import Foundation
import Pictures
import Tensors
import Testing

@Suite("JPEG files are read as Pillow reads them, and what is wrong with one is said")
struct JPEGTests {
  struct Case: Sendable {
    let file: [UInt8]
    let size: [Int]
    let samples: [Float]
    let flaws: [String]
  }

  static let cases: [String: [String: Case]] = {
    guard let data = try? Data(contentsOf: pictures.appending(path: "jpegs.json")),
      case .object(let groups)? = try? JSONValue(parsing: data)
    else { return [:] }
    return groups.reduce(into: [:]) { cases, group in
      guard case .object(let members) = group.value else { return }
      cases[group.name] = members.reduce(into: [:]) { $0[$1.name] = Case($1.value) }
    }
  }()

  static func names(_ group: String) -> [String] { (cases[group] ?? [:]).keys.sorted() }

  @Test("All cases are there")
  func count() {
    #expect(Self.names("kinds").count == 33)
    #expect(Self.names("turned").count == 115)
    #expect(Self.names("flawed").count == 46)
    #expect(Self.names("large").count == 3)
  }

  @Test(
    "Every kind that libjpeg decodes is within two levels of Pillow's", arguments: names("kinds"))
  func kinds(_ name: String) throws {
    let expected = try #require(Self.cases["kinds"]?[name])
    let image = try PixelImage(reading: expected.file)
    #expect(expected.difference(from: image) <= 2)
    let opened = try OpenedPicture(reading: expected.file, PictureRequest(flaws: .refuseAny))
    #expect(opened.flaws.isEmpty && opened.image == image)
  }

  @Test("EXIF and XMP turn a picture as Pillow's exif_transpose does", arguments: names("turned"))
  func turned(_ name: String) throws {
    let expected = try #require(Self.cases["turned"]?[name])
    #expect(expected.difference(from: try PixelImage(reading: expected.file)) <= 2)
  }

  @Test(
    "Flaws are said, the worst first, and refused where that is asked", arguments: names("flawed"))
  func flawed(_ name: String) throws {
    let expected = try #require(Self.cases["flawed"]?[name])
    let opened = try OpenedPicture(reading: expected.file, PictureRequest(flaws: .report))
    #expect(opened.flaws.map { "\($0.kind)" } == expected.flaws)
    if !expected.samples.isEmpty { #expect(expected.difference(from: opened.image) <= 2) }
    let strict = Result {
      try OpenedPicture(reading: expected.file, PictureRequest(flaws: .refuseAny))
    }
    let usual = Result { try OpenedPicture(reading: expected.file) }
    if let flaw = opened.flaws.first {
      let error = #expect(throws: PictureError.self) { try strict.get() }
      #expect(error?.description == "JPEG: \(flaw)")
      if flaw.kind == .leftover {
        #expect(throws: Never.self) { try usual.get() }
      } else {
        #expect(throws: PictureError.self) { try usual.get() }
      }
    } else {
      #expect(try strict.get().image == opened.image)
    }
  }

  @Test("How much of a picture that is cut short is there is said")
  func share() throws {
    let middle = try #require(Self.cases["flawed"]?["baseline cut in the middle"])
    let flaw = try #require(
      try OpenedPicture(reading: middle.file, PictureRequest(flaws: .report)).flaws.first)
    let words = flaw.detail.split(separator: " ")
    let rows = try #require(words.count > 3 ? Int(words[1]) : nil)
    #expect(flaw.detail == "about \(rows) of 45 rows are there, the rest is made up")
    #expect((8...32).contains(rows))
    // What is there is as it is in the whole file.
    let whole = try #require(Self.cases["flawed"]?["baseline whole"])
    let image = try OpenedPicture(reading: middle.file, PictureRequest(flaws: .report)).image
    let wholeImage = try PixelImage(reading: whole.file)
    let count = rows * image.width * 3
    #expect(image.samples[..<count].elementsEqual(wholeImage.samples[..<count]))
  }

  @Test("A picture beyond the limit is decoded at eighths of its size", arguments: names("large"))
  func large(_ name: String) throws {
    let expected = try #require(Self.cases["large"]?[name])
    let (width, height) = (expected.size[0], expected.size[1])
    let request = PictureRequest(
      limits: .init(pixels: width * height), size: .longestSide(width))
    let opened = try OpenedPicture(reading: expected.file, request)
    #expect(opened.width == 224 && opened.height == 160)
    #expect(expected.difference(from: opened.image) <= 2)
    // One pixel less does not fit, and nothing smaller is wanted.
    #expect(throws: PictureError.self) {
      var less = request
      less.limits.pixels -= 1
      return try OpenedPicture(reading: expected.file, less)
    }
    #expect(throws: PictureError.self) {
      try OpenedPicture(reading: expected.file, PictureRequest(limits: request.limits))
    }
  }

  @Test(
    "A size between eighths is near to the whole picture scaled down",
    arguments: [PictureRequest.Size.longestSide(50), .covering(width: 30, height: 31)])
  func between(_ size: PictureRequest.Size) throws {
    let file = try #require(Self.cases["large"]?["1 eighths"]).file
    let whole = try PixelImage(reading: file)
    let opened = try OpenedPicture(
      reading: file, PictureRequest(limits: .init(pixels: 4000), size: size))
    #expect(opened.image.width < 60 && opened.image.width >= 30 && opened.image.height >= 31)
    let small = whole.resized(width: opened.image.width, height: opened.image.height)
    let errors = zip(small.samples, opened.image.samples).map { abs($0 - $1) * 255 }
    #expect(errors.reduce(0, +) / Float(errors.count) < 3)
  }

  @Test("A size that is claimed is refused before memory is taken for it")
  func claims() throws {
    let file = try #require(Self.cases["kinds"]?["progressive 2x2"]).file
    let frame = try #require((2..<file.count).first { file[$0 - 1] == 0xFF && file[$0] == 0xC2 })
    var claim = file
    claim.replaceSubrange(frame + 4..<frame + 8, with: [0xFF, 0xFF, 0xFF, 0xFF])
    let request = PictureRequest(size: .longestSide(224), flaws: .report)
    let error = #expect(throws: PictureError.self) { try OpenedPicture(reading: claim, request) }
    #expect(error?.description.contains("bytes cannot hold 65535 × 65535 pixels") == true)
    // Backed by as many bytes, it would keep 13 GB of coefficients.
    let padding = [UInt8](repeating: 0, count: 9_000_000)
    let backed = #expect(throws: PictureError.self) {
      try OpenedPicture(reading: claim + padding, request)
    }
    #expect(backed?.description.contains("several scans") == true)
  }

  @Test("Scans are limited by what they cost, and small pictures may have hundreds")
  func scans() throws {
    let file = try #require(Self.cases["kinds"]?["progressive 2x2"]).file
    let scan = try #require(file.lastIndex(of: 0xDA))
    let last = Array(file[(scan - 1)..<(file.count - 2)])
    func repeated(_ times: Int) -> [UInt8] {
      Array(file.dropLast(2)) + (0..<times).flatMap { _ in last } + [0xFF, 0xD9]
    }
    #expect(throws: Never.self) {
      try OpenedPicture(reading: repeated(400), PictureRequest(flaws: .report))
    }
    let error = #expect(throws: PictureError.self) {
      try OpenedPicture(reading: repeated(500), PictureRequest(flaws: .report))
    }
    #expect(error?.description.contains("expected at most 500 scans") == true)
  }

  @Test("Reading stops when it is cancelled", arguments: ["kinds", "flawed", "large"])
  func cancelled(_ group: String) throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    for (name, picture) in try #require(Self.cases[group]) {
      #expect(throws: ComputationCancelled.self, "\(name)") {
        try OpenedPicture(
          reading: picture.file, PictureRequest(flaws: .report, cancellation: cancellation))
      }
    }
  }
}

extension JPEGTests.Case {
  init?(_ json: JSONValue) {
    func bytes(_ name: String) -> [UInt8]? {
      guard case .string(let text)? = json[name] else { return nil }
      return Data(base64Encoded: text).map { [UInt8]($0) }
    }
    guard let file = bytes("file") else { return nil }
    var flaws: [String] = []
    if case .array(let values)? = json["flaws"] {
      flaws = values.compactMap { if case .string(let value) = $0 { value } else { nil } }
    }
    let size = ["width", "height", "channels"].compactMap { name -> Int? in
      if case .integer(let value)? = json[name] { value } else { nil }
    }
    self.init(
      file: file, size: size, samples: (bytes("samples") ?? []).map { Float($0) }, flaws: flaws)
  }

  /// The largest difference of a sample in levels of 255; infinite for another size.
  func difference(from image: PixelImage) -> Float {
    guard [image.width, image.height, image.channels] == size else { return .infinity }
    return zip(image.samples, samples).map { abs($0 * 255 - $1) }.max() ?? .infinity
  }
}
