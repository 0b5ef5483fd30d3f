// Damage of every kind gives an error or a picture: never a crash, a hang or much memory.

import Pictures
import Testing

@Suite("Damaged pictures are refused or read, never fatal")
struct DamagedPictureTests {
  static let names = [
    "colour.png", "grey16.png", "palette.png", "bits.png", "interlaced.png", "palette_alpha.png",
    "rgba16.png", "baseline.jpg", "progressive.jpg", "cmyk.jpg", "orientation6.jpg",
  ]

  static func netpbm(_ kind: Int) -> [UInt8] {
    let header = "P\(kind) # c\n3 2\n" + (kind % 3 == 1 ? "" : "255\n")
    let raster: [UInt8] =
      switch kind {
      case 1: Array("1 0 1 0 1 0".utf8)
      case 2: Array("1 20 255 0 7 9".utf8)
      case 3: Array((0..<18).map { "\($0)" }.joined(separator: " ").utf8)
      case 4: [0xA0, 0x40]
      case 5: [1, 2, 3, 4, 5, 6]
      default: Array(0..<18)
      }
    return Array(header.utf8) + raster
  }

  @Test("Every prefix of a PNG or JPEG is refused", arguments: names)
  func prefixes(_ name: String) throws {
    let whole = try file(name)
    // The last two bytes of a JPEG only mark its end: decoders do without them.
    let needed = name.hasSuffix(".jpg") ? whole.count - 2 : whole.count
    for length in 0..<needed {
      #expect(throws: PictureError.self, "\(length) bytes") {
        try PixelImage(reading: Array(whole[..<length]))
      }
    }
  }

  @Test("Every prefix of a Netpbm picture is refused", arguments: 1...6)
  func netpbmPrefixes(_ kind: Int) throws {
    let whole = Self.netpbm(kind)
    #expect(throws: Never.self) { try PixelImage(reading: whole) }
    for length in 0..<whole.count where !Self.isWhole(Array(whole[..<length]), kind) {
      #expect(throws: PictureError.self, "\(length) bytes") {
        try PixelImage(reading: Array(whole[..<length]))
      }
    }
  }

  // The last number of an ASCII raster may lose digits and still be a number.
  private static func isWhole(_ bytes: [UInt8], _ kind: Int) -> Bool {
    guard kind == 2 || kind == 3 else { return false }
    let words = bytes.split { $0 == 0x20 || $0 == 0x0A }.count
    return words == netpbm(kind).split { $0 == 0x20 || $0 == 0x0A }.count
  }

  @Test("Every single flipped bit gives an error or a picture of no more pixels than it can hold")
  func flips() throws {
    let files = try Self.names.map(file) + (1...6).map(Self.netpbm)
    for bytes in files {
      for offset in 0..<min(bytes.count, 400) {
        for bit in 0..<8 {
          var damaged = bytes
          damaged[offset] ^= 1 << bit
          if let image = try? PixelImage(reading: damaged) {
            #expect(image.width * image.height <= bytes.count * 8 * 1032)
          }
        }
      }
    }
  }

  @Test(
    "A flipped bit anywhere in what a PNG needs is noticed",
    arguments: ["colour.png", "grey16.png", "bits.png", "interlaced.png", "rgba16.png"])
  func checksums(_ name: String) throws {
    let whole = try file(name)
    // The end chunk's own checksum is not looked at.
    for offset in 0..<whole.count - 4 {
      for bit in 0..<8 {
        var damaged = whole
        damaged[offset] ^= 1 << bit
        #expect(throws: PictureError.self, "byte \(offset), bit \(bit)") {
          try PixelImage(reading: damaged)
        }
      }
    }
  }

  @Test("Random bytes in place of a part give an error or a picture", arguments: names)
  func overwritten(_ name: String) throws {
    let whole = try file(name)
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<500 {
      var damaged = whole
      let start = Int.random(in: 0..<whole.count, using: &generator)
      for offset in start..<min(whole.count, start + Int.random(in: 1...12, using: &generator)) {
        damaged[offset] = UInt8.random(in: 0...255, using: &generator)
      }
      if let image = try? PixelImage(reading: damaged) {
        #expect(image.samples.count == image.width * image.height * image.channels)
      }
    }
  }

  @Test(
    "JPEGs that are damaged at random are right, said to be damaged, or refused",
    arguments: ["baseline whole", "progressive whole", "restarts whole"])
  func mutated(_ name: String) throws {
    let whole = try #require(JPEGTests.cases["flawed"]?[name]).file
    let right = try PixelImage(reading: whole)
    var state: UInt64 = 5
    func random(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    var silent = 0
    for _ in 0..<1000 {
      var damaged = whole
      for _ in 0...random(3) {
        let offset = 2 + random(damaged.count - 2)
        switch random(4) {
        case 0: damaged[offset] = UInt8(random(256))
        case 1: damaged[offset] ^= 1 << random(8)
        case 2: damaged.remove(at: offset)
        default: damaged.insert(UInt8(random(256)), at: offset)
        }
      }
      let opened = Result {
        try OpenedPicture(reading: damaged, PictureRequest(flaws: .report))
      }
      let strict = Result {
        try OpenedPicture(reading: damaged, PictureRequest(flaws: .refuseAny))
      }
      guard case .success(let picture) = opened else {
        #expect(throws: PictureError.self) { try opened.get() }
        continue
      }
      if picture.flaws.isEmpty {
        #expect(try strict.get().image == picture.image)
      } else {
        #expect(throws: PictureError.self) { try strict.get() }
      }
      let wrong = zip(right.samples, picture.image.samples).count { abs($0 - $1) > 16.0 / 255 }
      let isWrong =
        picture.image.samples.count != right.samples.count || wrong > right.samples.count / 100
      if isWrong, picture.flaws.isEmpty { silent += 1 }
    }
    // JPEG has no checksum: a code that stands for another number shifts the colours behind it, and
    // no decoder can tell. Measured: 220, 55 and 216.
    #expect(silent < 260)
  }

  @Test("Random bytes behind every magic number are refused")
  func random() {
    var generator = SystemRandomNumberGenerator()
    let magics: [[UInt8]] =
      (1...6).map { Array("P\($0)".utf8) } + [
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], [0xFF, 0xD8, 0xFF, 0xE0], [],
      ]
    for magic in magics {
      for _ in 0..<300 {
        // High bytes only: no digits, so that no raster is ever whole by chance.
        let noise = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
          UInt8.random(in: 0x80...0xFF, using: &generator)
        }
        #expect(throws: PictureError.self) { try PixelImage(reading: magic + noise) }
      }
    }
  }
}
