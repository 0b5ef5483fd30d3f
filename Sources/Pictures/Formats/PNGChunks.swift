// The chunks of a PNG file, walked without decoding any.

/// Checks the structure of a file and gathers what decoding needs of it.
struct PNGChunks {
  /// What the IHDR chunk says.
  struct Header {
    var width = 0
    var height = 0
    var bitDepth = 0
    var bitsPerPixel = 0
  }

  private let bytes: [UInt8]
  /// What the file's first chunk says, after `walk`.
  private(set) var header = Header()
  /// Bytes of all IDAT chunks together.
  private(set) var compressedSize = 0
  /// The file without chunks that change no stored sample: colour profiles, gamma, text.
  private(set) var essentials: [UInt8] = []
  /// What the file says beside the pixels.
  private(set) var metadata = PictureMetadata()

  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// The size that a file's first chunk says; nil where there is none that makes sense.
  static func size(of bytes: some RandomAccessCollection<UInt8>) -> (width: Int, height: Int)? {
    let first = Array(bytes.prefix(24))
    guard first.count == 24, first.starts(with: signature),
      first[12..<16].elementsEqual(Array("IHDR".utf8))
    else { return nil }
    func side(_ offset: Int) -> Int { first[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
    let (width, height) = (side(16), side(20))
    let allowed = 1...Int(Int32.max)
    return allowed.contains(width) && allowed.contains(height) ? (width, height) : nil
  }

  /// Walks to the end chunk; what follows it is ignored, as PNG readers do.
  ///
  /// - Throws: `PictureError` if a chunk is cut off or the header is impossible. Checksums are
  ///   left to the decoder.
  mutating func walk() throws(PictureError) {
    guard bytes.starts(with: Self.signature) else {
      throw malformed(0, "the signature of PNG", "a damaged one")
    }
    essentials = Self.signature
    essentials.reserveCapacity(bytes.count)
    var position = Self.signature.count
    while true {
      let left = bytes.count - position
      guard left >= 12 else {
        throw malformed(position, "a chunk", left == 0 ? "the file's end" : "\(left) bytes")
      }
      let length = integer(at: position)
      let name = try chunkName(at: position + 4)
      guard length <= left - 12 else {
        throw malformed(position, "\(length) bytes of chunk \(name)", "\(left - 12)")
      }
      let isFirst = position == Self.signature.count
      guard isFirst == (name == "IHDR") else {
        throw malformed(position + 4, isFirst ? "the chunk IHDR first" : "one chunk IHDR", name)
      }
      if isFirst { try readHeader(at: position + 8, length: length) }
      if name == "IDAT" { compressedSize += length }
      // A small first letter marks what a decoder may do without; transparency it may not.
      if bytes[position + 4] & 0x20 == 0 || name == "tRNS" {
        essentials += bytes[position..<position + 12 + length]
      } else {
        metadata.take(pngChunk: name, bytes[position + 8..<position + 8 + length])
      }
      position += 12 + length
      if name == "IEND" { break }
    }
    guard compressedSize > 0 else { throw malformed(position, "image data (IDAT)", "none") }
  }

  private mutating func readHeader(at offset: Int, length: Int) throws(PictureError) {
    guard length == 13 else { throw malformed(offset - 8, "13 bytes of chunk IHDR", "\(length)") }
    header.width = integer(at: offset)
    header.height = integer(at: offset + 4)
    for (offset, size) in [(offset, header.width), (offset + 4, header.height)]
    where !(1...Int(Int32.max)).contains(size) {
      throw malformed(offset, "a width and height from 1 to \(Int32.max)", "\(size)")
    }
    header.bitDepth = Int(bytes[offset + 8])
    let colourType = Int(bytes[offset + 9])
    // Samples of a pixel and the depths allowed, for each colour type.
    let kinds: [Int: (samples: Int, depths: Set<Int>)] = [
      0: (1, [1, 2, 4, 8, 16]), 2: (3, [8, 16]), 3: (1, [1, 2, 4, 8]), 4: (2, [8, 16]),
      6: (4, [8, 16]),
    ]
    guard let kind = kinds[colourType] else {
      throw malformed(offset + 9, "a colour type of 0, 2, 3, 4 or 6", "\(colourType)")
    }
    guard kind.depths.contains(header.bitDepth) else {
      let depths = kind.depths.sorted().map(String.init).joined(separator: ", ")
      throw malformed(
        offset + 8, "a bit depth of \(depths) for colour type \(colourType)", "\(header.bitDepth)")
    }
    header.bitsPerPixel = kind.samples * header.bitDepth
  }

  private func chunkName(at offset: Int) throws(PictureError) -> String {
    let name = bytes[offset..<offset + 4]
    let isName = name.allSatisfy { (65...90).contains($0) || (97...122).contains($0) }
    guard isName else { throw malformed(offset, "a chunk's name of four letters", "other bytes") }
    return String(decoding: name, as: UTF8.self)
  }

  private func integer(at offset: Int) -> Int {
    bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
  }

  private func malformed(_ offset: Int, _ expected: String, _ found: String) -> PictureError {
    .malformed(.png, offset: offset, expected: expected, found: found)
  }
}
