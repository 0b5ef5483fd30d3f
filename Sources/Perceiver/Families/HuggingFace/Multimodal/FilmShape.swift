// The sizes of transformers' multimodal autoencoder, from which all widths follow
// (PerceiverForMultimodalAutoencoding of transformers 5, modeling_perceiver.py).

/// A film with sound, as the model reads and writes it.
struct FilmShape: Sendable, Hashable {
  /// Frames that are read together.
  var frames = 16
  /// Samples of sound for each frame.
  var samplesPerFrame = 1920
  /// Samples of sound that are one token.
  var patch = 16
  /// The resolution of the positions of pixels: patches along height and width.
  var imageSize = [56, 56]
  /// Frames, height and width of what is reconstructed; inputs are made as high and wide.
  var output = [16, 224, 224]
  /// Classes.
  var labels = 700
  /// Channels of the decoder's output.
  var outputChannels = 512
  /// Channels of what the decoder is asked for the label.
  var labelChannels = 1024

  /// Pixels along a side of a patch of a frame.
  static let side = 4
  static let colours = 3
  /// Fourier bands of a patch of sound, and of each axis of a pixel.
  static let (soundBands, pixelBands) = (192, 32)
  /// Features of a patch of sound, and of a pixel's position.
  static let soundFeatures = 2 * soundBands + 1
  static let pixelFeatures = 3 * (2 * pixelBands + 1)

  /// The parts of a film, in the order of its tokens and of the decoder's rows.
  enum Part: String, CaseIterable { case audio, image, label }

  /// Channels of a part's token before those that fill it up.
  func width(_ part: Part) -> Int {
    switch part {
    case .audio: patch + Self.soundFeatures
    case .image: Self.side * Self.side * Self.colours + Self.pixelFeatures
    case .label: labels
    }
  }

  /// Channels of every token.
  var tokenWidth: Int { (Part.allCases.map(width).max() ?? 0) + 4 }

  /// Channels of what the decoder is asked of a part, before those that fill it up.
  func queryWidth(_ part: Part) -> Int {
    switch part {
    case .audio: Self.soundFeatures
    case .image: Self.pixelFeatures
    case .label: labelChannels
    }
  }

  /// Channels of everything that the decoder is asked.
  var queryWidth: Int { (Part.allCases.map(queryWidth).max() ?? 0) + 2 }

  /// Samples of sound beside so many frames.
  func samples(frames: Int) -> Int { frames * samplesPerFrame }

  /// Patches of sound beside the frames of a whole film.
  var patches: Int { samples(frames: frames) / patch }

  /// Tokens of each part for an input `[frames, height, width]`; nil where it has none of that size.
  func tokens(_ axes: [Int]) -> [Int]? {
    guard axes.count == 3, axes[0] > 0, axes[1] > 0, axes[2] > 0, axes[1] % Self.side == 0,
      axes[2] % Self.side == 0, samples(frames: axes[0]) % patch == 0
    else { return nil }
    return [
      samples(frames: axes[0]) / patch, axes[0] * (axes[1] / Self.side) * (axes[2] / Self.side), 1,
    ]
  }

  /// The encodings of patches of sound.
  var soundPositions: FourierEncoding {
    FourierEncoding(bands: Self.soundBands, maxFrequency: Double(samples(frames: frames)))
  }

  /// The encodings of a pixel's frame, row and column.
  var pixelPositions: [FourierEncoding] {
    ([frames] + imageSize).map {
      FourierEncoding(bands: Self.pixelBands, maxFrequency: Double($0))
    }
  }
}
