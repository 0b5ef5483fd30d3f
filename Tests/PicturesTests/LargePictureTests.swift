// Pictures too large to be held, scaled down as their rows come: the same bits as whole ones give.

import Foundation
import Pictures
import Tensors
import Testing

@Suite("A picture of more pixels than the limit is scaled down as it is read")
struct LargePictureTests {
  static let kinds = [
    "P4", "P5 255", "P5 100", "P5 65535", "P5 1000", "P6 255", "P6 7", "P6 40000",
  ]

  /// A binary picture of a kind, with every sample in range.
  static func file(_ kind: String, width: Int, height: Int, comment: String = "") -> [UInt8] {
    let words = kind.split(separator: " ").map(String.init)
    let maximum = words.count > 1 ? Int(words[1]) ?? 1 : 1
    let header =
      "\(words[0])\n\(comment)\(width) \(height)\n" + (words.count > 1 ? "\(maximum)\n" : "")
    var state = UInt32(width + height)
    func next() -> Int {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int(state >> 8)
    }
    let samples = width * height * (words[0] == "P6" ? 3 : 1)
    var raster: [UInt8] = []
    if words[0] == "P4" {
      raster = (0..<(width + 7) / 8 * height).map { _ in UInt8(truncatingIfNeeded: next()) }
    } else {
      for _ in 0..<samples {
        let value = next() % (maximum + 1)
        raster += maximum < 256 ? [UInt8(value)] : [UInt8(value >> 8), UInt8(value & 255)]
      }
    }
    return Array(header.utf8) + raster
  }

  static func request(_ size: PictureRequest.Size, pixels: Int) -> PictureRequest {
    PictureRequest(limits: .init(pixels: pixels), size: size)
  }

  @Test("Netpbm of every binary kind gives the same bits as read whole", arguments: kinds)
  func sameBits(_ kind: String) throws {
    for (width, height) in [(97, 61), (61, 97), (300, 3), (64, 64)] {
      let file = Self.file(kind, width: width, height: height)
      let whole = try PixelImage(reading: file)
      for side in [1, 2, 16, 23] {
        let opened = try OpenedPicture(
          reading: file, Self.request(.longestSide(side), pixels: 880))
        #expect(opened.image == whole.fitted(maxSide: side), "\(width) × \(height) to \(side)")
        #expect(opened.width == width && opened.height == height)
      }
    }
  }

  @Test(
    "PNG of every kind gives the same bits as read whole",
    arguments: ReaderTests.expected.keys.filter {
      $0.hasSuffix(".png") && !$0.hasPrefix("interlaced")
    }.sorted())
  func png(_ name: String) throws {
    let bytes = try PicturesTests.file(name)
    let whole = try PixelImage(reading: bytes)
    for side in 1...3 {
      let opened = try OpenedPicture(reading: bytes, Self.request(.longestSide(side), pixels: 11))
      let fitted = whole.fitted(maxSide: side)
      #expect(opened.image == fitted, "to \(side)")
      #expect(opened.width == whole.width && opened.height == whole.height)
    }
    // From the first byte of the data to the last; other chunks' checksums are only looked at here.
    let data = try #require(bytes.firstRange(of: Array("IDAT".utf8)))
    for place in stride(from: data.upperBound, to: bytes.count - 12, by: 3) {
      var damaged = bytes
      damaged[place] ^= 0x10
      #expect(throws: PictureError.self, "byte \(place)") {
        try OpenedPicture(reading: damaged, Self.request(.longestSide(2), pixels: 11))
      }
    }
  }

  @Test("A large PNG that is interlaced is refused in plain words")
  func interlaced() throws {
    let error = #expect(throws: PictureError.self) {
      try OpenedPicture(
        reading: PicturesTests.file("interlaced.png"), Self.request(.longestSide(2), pixels: 11))
    }
    #expect(error?.description.contains("not interlaced") == true)
  }

  @Test("Within the limit a picture stays whole, whatever size is wanted of larger ones")
  func whole() throws {
    let file = Self.file("P6 255", width: 20, height: 30)
    let opened = try OpenedPicture(reading: file, Self.request(.longestSide(5), pixels: 600))
    let expected = try PixelImage(reading: file)
    #expect(opened.image == expected)
  }

  @Test("A size that covers another is the least of its shape")
  func covering() throws {
    let file = Self.file("P5 255", width: 100, height: 50)
    let opened = try OpenedPicture(
      reading: file, Self.request(.covering(width: 20, height: 20), pixels: 1000))
    #expect(opened.image.width == 40 && opened.image.height == 20)
    let expected = try PixelImage(reading: file).resized(width: 40, height: 20)
    #expect(opened.image == expected)
  }

  @Test("What is wrong with a large one is said with its place, as with a small one")
  func errors() throws {
    func message(_ file: [UInt8], pixels: Int) -> String? {
      let error = #expect(throws: PictureError.self) {
        try OpenedPicture(reading: file, Self.request(.longestSide(4), pixels: pixels))
      }
      return error?.description
    }
    var file = Self.file("P6 7", width: 90, height: 50)
    file[file.count - 5] = 8
    #expect(message(file, pixels: 1000) == message(file, pixels: 4500))
    #expect(message(file, pixels: 1000)?.contains("a sample from 0 to 7") == true)
    let cut = Array(file.dropLast(7))
    #expect(message(cut, pixels: 1000) == message(cut, pixels: 4500))
    #expect(message(cut, pixels: 1000)?.contains("bytes of raster for 90 × 50") == true)
  }

  @Test("A header is judged before more is read, and through a pipe rows are enough")
  func pipes() throws {
    let comment = "# " + String(repeating: "long ", count: 3000) + "\n"
    let file = Self.file("P6 255", width: 300, height: 200, comment: comment)
    let whole = try PixelImage(reading: file)
    let opened = try Self.throughPipe(file) {
      try OpenedPicture(reading: $0, Self.request(.longestSide(30), pixels: 10_000))
    }
    #expect(opened.image == whole.fitted(maxSide: 30))
    let cut = #expect(throws: PictureError.self) {
      try Self.throughPipe(Array(file.dropLast(10))) {
        try OpenedPicture(reading: $0, Self.request(.longestSide(30), pixels: 10_000))
      }
    }
    #expect(cut?.description.contains("bytes of raster") == true)
    // Nothing comes after the header, and nobody waits for it.
    for header in ["P6 20000 20000 255\n", "P3 20000 20000 255\n", "P6 9999999 9999999 255\n"] {
      let start = Array(header.utf8) + [UInt8](repeating: 48, count: 5000)
      let error = #expect(throws: PictureError.self) {
        try Self.throughPipe(start, keepingOpen: true) {
          try OpenedPicture(reading: $0, PictureRequest())
        }
      }
      #expect(error?.description.contains("at most 67108864 pixels") == true)
    }
  }

  @Test("A row that is too long to be held is refused")
  func longRows() {
    let header = Array("P6 2000000000 1000 255\n".utf8)
    let error = #expect(throws: PictureError.self) {
      try Self.throughPipe(header) {
        try OpenedPicture(reading: $0, PictureRequest(size: .longestSide(224)))
      }
    }
    #expect(error?.description.contains("rows of at most") == true)
  }

  /// Writes bytes into a pipe from another thread and reads a picture from its other end.
  static func throughPipe(
    _ bytes: [UInt8], keepingOpen: Bool = false, _ body: (ByteStream) throws -> OpenedPicture
  ) throws -> OpenedPicture {
    let path = FileManager.default.temporaryDirectory.appending(path: "pipe-\(UUID())").path
    #expect(mkfifo(path, 0o600) == 0)
    defer { unlink(path) }
    let release = DispatchSemaphore(value: 0)
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      signal(SIGPIPE, SIG_IGN)
      let descriptor = open(path, O_WRONLY)
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count <= 0 { break }
        rest = rest.dropFirst(count)
      }
      if keepingOpen { release.wait() }
      close(descriptor)
      done.signal()
    }
    defer {
      release.signal()
      done.wait()
    }
    return try body(ByteStream(path: path))
  }
}
