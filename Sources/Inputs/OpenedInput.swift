// A file as it was read, before a model says how it is prepared.

import Pictures
import Tensors

/// A photo, an array, a sound or frames, not yet scaled.
public struct OpenedInput: Sendable {
  /// What it holds.
  public enum Content: Sendable {
    /// A picture, and the size that it has in the file.
    case photo(PixelImage, width: Int, height: Int)
    case array(StoredArray)
    case sound(Sound)
    /// Pictures of one size, one after another.
    case frames([PixelImage])
  }

  /// The file as the command line names it, or `standard input`.
  public let name: String
  /// What it holds.
  public let content: Content
  /// What a person should know of the file.
  public var notes: [InputNote] = []
  /// The whole file, where it may hold more frames than the picture.
  var animation: [UInt8]?
  /// What opens it again; nil where nothing does.
  var source: InputSource?
  /// Sound that belongs to frames; nil where there is none.
  var sound: Sound?
  /// The number in the whole film of the first frame that is here.
  var firstFrame = 0
  /// Which part of a longer film it is; nil where it is all of it.
  var window: InputWindow?
}

/// An array with what its elements may be.
public struct StoredArray: Sendable {
  /// The numbers as stored.
  public let tensor: Tensor
  /// The number of full brightness, if all are whole numbers of a picture's range; nil otherwise.
  public let fullSample: Float?

  /// Reads an `.npy` file.
  ///
  /// - Throws: `NumPyError`.
  init(_ bytes: [UInt8]) throws {
    let tensor = try NumPyFile.tensor(bytes)
    let full = try NumPyFile.fullSample(bytes)
    self.tensor = tensor
    fullSample = full.flatMap { full in
      tensor.withUnsafeElements { $0.allSatisfy { (0...full).contains($0) } } ? full : nil
    }
  }

  /// The picture of a reading with rows, columns and 1, 3 or 4 channels, alpha over white as in a
  /// PNG; nil for others.
  func picture(_ reading: ArrayReading) -> PixelImage? {
    let shape = reading.shape(of: tensor.shape)
    guard let fullSample, shape.count == 3, [1, 3, 4].contains(shape[2]) else { return nil }
    let values = reading.applied(to: tensor).values
    var samples: [Float]
    if shape[2] == 4 {
      samples = []
      samples.reserveCapacity(values.count / 4 * 3)
      for pixel in stride(from: 0, to: values.count, by: 4) {
        let alpha = values[pixel + 3] / fullSample
        for value in values[pixel..<pixel + 3] {
          samples.append(value / fullSample * alpha + (1 - alpha))
        }
      }
    } else {
      samples = values.map { $0 / fullSample }
    }
    return PixelImage(
      width: shape[1], height: shape[0], channels: min(3, shape[2]), samples: samples)
  }
}
