// A picture as numbers between 0 and 1, whatever file it came from.

/// A picture: rows of pixels, each of one (grey) or three (red, green, blue) samples.
public struct PixelImage: Sendable, Hashable {
  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Samples in a pixel: 1 or 3.
  public let channels: Int
  /// Samples from 0 to 1, row-major, channels last: `height × width × channels` of them.
  public var samples: [Float]

  /// Makes a picture.
  ///
  /// - Precondition: there are `height × width × channels` samples, and 1 or 3 channels.
  public init(width: Int, height: Int, channels: Int, samples: [Float]) {
    precondition(channels == 1 || channels == 3, "\(channels) channels")
    precondition(samples.count == width * height * channels, "\(samples.count) samples")
    self.width = width
    self.height = height
    self.channels = channels
    self.samples = samples
  }

  /// Makes a picture in colour of its pixels, row by row.
  ///
  /// - Precondition: there are `height × width` of them.
  init(width: Int, height: Int, pixels: [RGB]) {
    precondition(pixels.count == width * height, "\(pixels.count) pixels")
    self.init(width: width, height: height, channels: 3) { samples in
      for (index, pixel) in pixels.enumerated() {
        samples[3 * index] = pixel.red
        samples[3 * index + 1] = pixel.green
        samples[3 * index + 2] = pixel.blue
      }
    }
  }

  /// Makes a picture whose samples `fill` writes, every one.
  init(
    width: Int, height: Int, channels: Int,
    filledBy fill: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    let count = width * height * channels
    let samples = try [Float](unsafeUninitializedCapacity: count) { buffer, filled in
      try fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      filled = count
    }
    self.init(width: width, height: height, channels: channels, samples: samples)
  }

  /// A pixel as red, green and blue; grey three times alike.
  ///
  /// - Precondition: the pixel is in the picture.
  public subscript(x x: Int, y y: Int) -> RGB {
    get {
      let start = (y * width + x) * channels
      return channels == 1
        ? RGB(red: samples[start], green: samples[start], blue: samples[start])
        : RGB(red: samples[start], green: samples[start + 1], blue: samples[start + 2])
    }
    set {
      let start = (y * width + x) * channels
      if channels == 1 {
        samples[start] = newValue.luminance
      } else {
        samples[start] = newValue.red
        samples[start + 1] = newValue.green
        samples[start + 2] = newValue.blue
      }
    }
  }

  /// All pixels, row by row; grey three times alike.
  public var pixels: [RGB] {
    channels == 1
      ? samples.map { RGB(red: $0, green: $0, blue: $0) }
      : (0..<width * height).map {
        RGB(red: samples[3 * $0], green: samples[3 * $0 + 1], blue: samples[3 * $0 + 2])
      }
  }

  /// The picture with another number of channels: grey as three alike, colour as its luminance.
  ///
  /// - Precondition: 1 or 3 channels.
  public func converted(toChannels channels: Int) -> PixelImage {
    guard channels != self.channels else { return self }
    return PixelImage(width: width, height: height, channels: channels) { target in
      samples.withUnsafeBufferPointer { source in
        for pixel in 0..<width * height {
          if channels == 3 {
            for channel in 0..<3 { target[3 * pixel + channel] = source[pixel] }
          } else {
            target[pixel] =
              RGB(red: source[3 * pixel], green: source[3 * pixel + 1], blue: source[3 * pixel + 2])
              .luminance
          }
        }
      }
    }
  }

  /// Samples as bytes, 0 to 255, rounded; out-of-range ones at the ends.
  public var bytes: [UInt8] { samples.map(Self.byte) }

  /// The nearest byte; NaN as 0.
  static func byte(_ sample: Float) -> UInt8 {
    sample > 0 ? UInt8((min(1, sample) * 255).rounded()) : 0
  }
}

/// A colour as three numbers from 0 to 1.
public struct RGB: Sendable, Hashable {
  /// Red, 0 to 1.
  public var red: Float
  /// Green, 0 to 1.
  public var green: Float
  /// Blue, 0 to 1.
  public var blue: Float

  /// Makes a colour.
  public init(red: Float, green: Float, blue: Float) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// Brightness as ITU-R BT.601 weighs it, from 0 to 1.
  public var luminance: Float { 0.299 * red + 0.587 * green + 0.114 * blue }

  /// The colour between this one (share 0) and another (share 1).
  public func mixed(with other: RGB, share: Float) -> RGB {
    RGB(
      red: red + (other.red - red) * share, green: green + (other.green - green) * share,
      blue: blue + (other.blue - blue) * share)
  }

  /// The three as bytes, 0 to 255.
  public var bytes: (red: UInt8, green: UInt8, blue: UInt8) {
    (PixelImage.byte(red), PixelImage.byte(green), PixelImage.byte(blue))
  }
}
