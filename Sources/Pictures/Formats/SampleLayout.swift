// What the samples of a pixel mean, and how they become grey or colour over white.

/// The samples that a file stores for each pixel, in order.
enum SampleLayout {
  case grey
  case greyAlpha
  case colour
  case colourAlpha
  /// Cyan, magenta, yellow and black: 0 is no ink.
  case inks

  /// Samples of a pixel in the file.
  var components: Int {
    switch self {
    case .grey: 1
    case .greyAlpha: 2
    case .colour: 3
    case .colourAlpha, .inks: 4
    }
  }

  /// Samples of a pixel in the picture.
  var channels: Int { components < 3 ? 1 : 3 }
}

extension PixelImage {
  /// Makes a picture of stored samples. Transparency is composited over white:
  /// `sample * alpha + (1 - alpha)`.
  ///
  /// - Parameter sample: A stored sample by its index, from 0 to 1;
  ///   `height × width × layout.components` of them, row-major.
  init(width: Int, height: Int, layout: SampleLayout, sample: (Int) -> Float) {
    self.init(width: width, height: height, channels: layout.channels) { out in
      let components = layout.components
      switch layout {
      case .grey, .colour:
        for index in out.indices { out[index] = sample(index) }
      case .greyAlpha, .colourAlpha:
        let channels = components - 1
        for pixel in 0..<width * height {
          let alpha = sample(pixel * components + channels)
          for channel in 0..<channels {
            out[pixel * channels + channel] =
              sample(pixel * components + channel) * alpha + (1 - alpha)
          }
        }
      case .inks:
        for pixel in 0..<width * height {
          let rest = 1 - sample(4 * pixel + 3)
          for ink in 0..<3 { out[3 * pixel + ink] = (1 - sample(4 * pixel + ink)) * rest }
        }
      }
    }
  }
}
