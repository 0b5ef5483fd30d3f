// A picture as a model reads it.

import Tensors

/// How samples from 0 to 1 become a model's numbers.
public struct PixelScaling: Sendable, Hashable {
  /// Subtracted from samples: one number for all channels, or one for each.
  public let mean: [Float]
  /// What the rest is divided by: one number for all channels, or one for each.
  public let deviation: [Float]
  /// Whether colours go in as blue, green, red.
  public let isReversed: Bool

  /// To [-1, 1]: `2x - 1`.
  public static let symmetric = PixelScaling(mean: [0.5], deviation: [0.5])

  /// `(x - mean) / deviation` for samples x from 0 to 1, as torchvision's `Normalize` does.
  ///
  /// - Parameter isReversed: Whether colours go in as blue, green, red; means and deviations are
  ///   then in that order too.
  public init(mean: [Float], deviation: [Float], isReversed: Bool = false) {
    self.mean = mean
    self.deviation = deviation
    self.isReversed = isReversed
  }

  /// The channel of a picture that a model's channel is.
  public func source(ofChannel channel: Int, of count: Int) -> Int {
    isReversed && count == 3 ? 2 - channel : channel
  }
}

extension PixelImage {
  /// The picture as a model reads it: `[height, width, channels]`.
  ///
  /// The usual scaling is computed as `sample · 2 - 1` in float32, sample being `value / maxval`
  /// rounded to float32: what `torch.from_numpy(bytes) / 255 * 2 - 1` gives.
  ///
  /// - Throws: `PixelScalingError` if means or deviations are neither one nor one for each channel.
  public func tensor(_ scaling: PixelScaling = .symmetric) throws(PixelScalingError) -> Tensor {
    for (name, values) in [("mean", scaling.mean), ("std", scaling.deviation)]
    where values.count != 1 && values.count != channels {
      throw PixelScalingError("\(name): expected 1 or \(channels) numbers, found \(values.count)")
    }
    let shape = [height, width, channels]
    guard scaling != .symmetric else {
      return Tensor(shape: shape) { out in
        samples.withUnsafeBufferPointer { samples in
          for index in out.indices { out[index] = samples[index] * 2 - 1 }
        }
      }
    }
    return Tensor(shape: shape) { out in
      samples.withUnsafeBufferPointer { samples in
        for channel in 0..<channels {
          let mean = scaling.mean[scaling.mean.count == 1 ? 0 : channel]
          let deviation = scaling.deviation[scaling.deviation.count == 1 ? 0 : channel]
          let shift = scaling.source(ofChannel: channel, of: channels) - channel
          for index in stride(from: channel, to: samples.count, by: channels) {
            out[index] = (samples[index + shift] - mean) / deviation
          }
        }
      }
    }
  }
}

/// Means or deviations that do not fit a picture's channels.
public struct PixelScalingError: Error, Hashable, CustomStringConvertible {
  /// One line: which, expected, found.
  public let description: String

  init(_ description: String) { self.description = description }
}

extension PixelImage {
  /// The picture that a model's numbers, `[height, width, channels]`, stand for: what `tensor` does,
  /// undone. Nil unless they have one or three channels and the scaling fits them.
  public init?(_ tensor: Tensor, scaledBy scaling: PixelScaling) {
    guard tensor.shape.count == 3, tensor.shape[2] == 1 || tensor.shape[2] == 3, tensor.count > 0
    else { return nil }
    let channels = tensor.shape[2]
    guard
      [scaling.mean, scaling.deviation].allSatisfy({ $0.count == 1 || $0.count == channels })
    else { return nil }
    let values = tensor.values
    var samples = values
    for index in values.indices {
      let channel = index % channels
      let mean = scaling.mean[scaling.mean.count == 1 ? 0 : channel]
      let deviation = scaling.deviation[scaling.deviation.count == 1 ? 0 : channel]
      // NaN is black; what a model gives beyond the ends is at the ends.
      let sample = values[index] * deviation + mean
      let pixel = index - channel + scaling.source(ofChannel: channel, of: channels)
      samples[pixel] = sample > 0 ? min(1, sample) : 0
    }
    self.init(
      width: tensor.shape[1], height: tensor.shape[0], channels: channels, samples: samples)
  }
}
