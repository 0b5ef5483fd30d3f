// Photos as HuggingFace's image processor prepares them for a Perceiver, equal to it in every bit.

import Tensors

/// How a folder's `preprocessor_config.json` says that photos are prepared: the middle cut out, made
/// of one size, scaled, normalised.
///
/// Equal in every bit to transformers' `PerceiverImageProcessorPil` (5.24, Pillow 13), and for
/// square crops to every release since 4.25.
public struct PhotoProcessor: Sendable, Hashable {
  /// Rows and columns.
  public struct Size: Sendable, Hashable, CustomStringConvertible {
    /// Rows.
    public let height: Int
    /// Pixels in a row.
    public let width: Int

    /// Rows and columns.
    public init(height: Int, width: Int) { (self.height, self.width) = (height, width) }

    /// `224 × 224`.
    public var description: String { "\(height) × \(width)" }
  }

  /// Where the middle lies when the rest is odd.
  public enum CropRounding: Sendable, Hashable {
    /// One pixel less above and to the left: transformers from 4.25 on.
    case down
    /// One pixel more there: transformers up to 4.24, and DeepMind.
    case up
  }

  /// The middle that is cut out is `size / crop` of the shorter side; nil cuts nothing.
  public var crop: Size? = Size(height: 256, width: 256)
  /// Where the middle lies when the rest is odd.
  public var cropRounding = CropRounding.down
  /// The size that pictures get; nil leaves it.
  public var size: Size? = Size(height: 224, width: 224)
  /// The filter with which they get it.
  public var filter = ResamplingFilter.bicubic
  /// What bytes are multiplied by; nil leaves them.
  public var factor: Double? = 0.003_921_568_627_450_98
  /// Subtracted from samples, one number or one a channel; nil leaves them.
  public var mean: [Float]? = [0.485, 0.456, 0.406]
  /// What the rest is divided by, one number or one a channel; nil leaves it.
  public var deviation: [Float]? = [0.229, 0.224, 0.225]
  /// Channels that the model reads: 3, or 1 for grey, of which the first mean and deviation count.
  public var channels = 3

  /// What `PerceiverImageProcessor` does where no file says otherwise.
  public init() {}

  /// A photo as the model reads it, and as people see it.
  public struct Prepared: Sendable {
    /// The numbers: `[height, width, channels]`.
    public let tensor: Tensor
    /// The photo as a picture, before it was scaled and normalised.
    public let picture: PixelImage
  }

  /// The part of a photo that is cut out, in its pixels.
  ///
  /// - Throws: `PhotoProcessorError` if it is too small for that.
  public func region(width: Int, height: Int) throws(PhotoProcessorError) -> PlaneRegion {
    guard let crop, let size else { return PlaneRegion(width: width, height: height) }
    let shorter = Double(min(width, height))
    let rows = Int(Double(size.height) / Double(crop.height) * shorter)
    let columns = Int(Double(size.width) / Double(crop.width) * shorter)
    guard rows > 0, columns > 0 else {
      throw PhotoProcessorError(
        "expected a photo of which \(size.height) of \(crop.height) rows are one at least, found "
          + "\(width) × \(height)")
    }
    let odd = cropRounding == .up ? 1 : 0
    return PlaneRegion(
      x: Double((width - columns + odd) / 2), y: Double((height - rows + odd) / 2),
      width: Double(columns), height: Double(rows))
  }

  /// A photo as the model reads it; grey three times alike where it reads colours.
  ///
  /// - Throws: `PhotoProcessorError` if it is too small to be cut.
  public func prepared(_ photo: PixelImage) throws(PhotoProcessorError) -> Prepared {
    let region = try region(width: photo.width, height: photo.height)
    var picture = ByteImage(
      width: photo.width, height: photo.height, channels: channels,
      bytes: photo.converted(toChannels: channels).bytes
    ).cropped(
      top: Int(region.y), left: Int(region.x), width: Int(region.width),
      height: Int(region.height))
    if let size {
      picture = picture.resampled(width: size.width, height: size.height, filter)
    }
    return Prepared(
      tensor: tensor(of: picture),
      picture: PixelImage(
        width: picture.width, height: picture.height, channels: channels,
        samples: picture.bytes.map { Float($0) / 255 }))
  }

  /// Scaled in double and rounded to float32, then normalised in float32, as NumPy does it.
  private func tensor(of picture: ByteImage) -> Tensor {
    func number(_ list: [Float]?, _ channel: Int, _ standard: Float) -> Float {
      guard let list else { return standard }
      return list[list.count == 1 ? 0 : channel]
    }
    let tables = (0..<channels).map { channel in
      (0...255).map { byte in
        let scaled = factor.map { Float(Double(byte) * $0) } ?? Float(byte)
        return (scaled - number(mean, channel, 0)) / number(deviation, channel, 1)
      }
    }
    return Tensor(shape: [picture.height, picture.width, channels]) { out in
      for channel in 0..<channels {
        for index in stride(from: channel, to: out.count, by: channels) {
          out[index] = tables[channel][Int(picture.bytes[index])]
        }
      }
    }
  }
}

/// A photo or a description of photos that cannot be used.
public struct PhotoProcessorError: Error, Hashable, CustomStringConvertible {
  /// One line: which member, what was expected, what was found.
  public let description: String

  init(_ description: String) { self.description = description }
}

// MARK: - In words

extension PhotoProcessor: CustomStringConvertible {
  /// `middle 224 of 256, 224 × 224 bicubic, mean 0.485,0.456,0.406, std 0.229,0.224,0.225`.
  public var description: String {
    var parts: [String] = []
    if let crop, let size {
      parts.append("the middle \(size.height) of \(crop.height) parts")
    }
    if let size { parts.append("\(size), \(filter)") }
    if let mean { parts.append("mean " + Self.listing(mean)) }
    if let deviation { parts.append("std " + Self.listing(deviation)) }
    return parts.isEmpty ? "as it is" : parts.joined(separator: ", ")
  }

  private static func listing(_ numbers: [Float]) -> String {
    numbers.map { "\($0)" }.joined(separator: ",")
  }
}
