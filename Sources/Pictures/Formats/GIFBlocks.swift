// The blocks of a GIF file, walked without unpacking: how many frames there are, and how large.

/// Counts the frames of a GIF file and finds the size of its canvas.
struct GIFBlocks {
  /// The canvas: the screen, made larger where the first frame does not fit on it.
  let width: Int
  let height: Int
  /// Frames whose descriptor is there.
  let frameCount: Int
  /// Whether the screen has a palette of its own, and the index of its background.
  let background: Int?

  init(_ bytes: [UInt8]) throws(PictureError) {
    let file = LittleEndianBytes(bytes: bytes, format: .gif)
    var width = try file.integer(at: 6, size: 2, "the width of the screen")
    var height = try file.integer(at: 8, size: 2, "the height of the screen")
    let flags = try file.integer(at: 10, size: 1, "what the screen has")
    background =
      flags & 0x80 == 0 ? nil : try file.integer(at: 11, size: 1, "the background's index")
    var position = 13 + (flags & 0x80 == 0 ? 0 : 3 << (flags & 7 + 1))
    var count = 0
    scan: while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "!"): position += 2
      case UInt8(ascii: ","):
        guard let flags = try? file.integer(at: position + 9, size: 1, "a frame") else {
          break scan
        }
        if count == 0 {
          let frame = stride(from: 1, to: 9, by: 2).map { offset in
            Int(bytes[position + offset]) | Int(bytes[position + offset + 1]) << 8
          }
          width = max(width, frame[0] + frame[2])
          height = max(height, frame[1] + frame[3])
        }
        count += 1
        // The descriptor, its palette, and the width of its codes.
        position += 11 + (flags & 0x80 == 0 ? 0 : 3 << (flags & 7 + 1))
      case 0: position += 1
      default: break scan
      }
      // Blocks of up to 255 bytes, of which an empty one is the last.
      while position < bytes.count, bytes[position] != 0 { position += 1 + Int(bytes[position]) }
      position += 1
    }
    (self.width, self.height, frameCount) = (width, height, count)
    guard width > 0, height > 0 else {
      throw file.malformed(6, "a width and height of at least 1", "\(width) and \(height)")
    }
    guard count > 0 else {
      throw file.malformed(min(position, bytes.count), "a picture", "none")
    }
  }
}
