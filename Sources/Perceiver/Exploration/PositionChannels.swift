// What a model is told of where its tokens lie: the Fourier features of positions, as maps.

import Tensors

/// The channels of tokens that say where they lie, each a map over the input's tokens: for each axis
/// the sines of its bands, the cosines, and the coordinate itself. They depend on hyperparameters
/// alone, not on what is seen.
public struct PositionChannels: Sendable, Hashable {
  /// The axes of the tokens: `[height, width]` for a picture.
  public let axes: [Int]
  /// The channels in the order in which they are made.
  public let channels: [Channel]

  /// One feature of one axis.
  public struct Channel: Sendable, Hashable {
    /// What is made of a coordinate.
    public enum Wave: String, Sendable, Hashable, CaseIterable {
      /// `sin(π f x)`.
      case sine = "sin"
      /// `cos(π f x)`.
      case cosine = "cos"
      /// The coordinate x itself, from -1 to 1.
      case coordinate = "pos"
    }

    /// What is made of the coordinate.
    public let wave: Wave
    /// Along which axis, from 0.
    public let axis: Int
    /// Whole waves along the axis, f; nil of the coordinate itself.
    public let frequency: Float?
  }

  /// The channels of encoded axes; nil where there are none.
  init?(_ encoded: [EncodedAxis]) {
    guard !encoded.isEmpty else { return nil }
    axes = encoded.map(\.length)
    channels = encoded.enumerated().flatMap { axis, encoded in
      let frequencies = encoded.encoding.frequencies
      let waves =
        frequencies.map { (Channel.Wave.sine, Optional($0)) }
        + frequencies.map { (Channel.Wave.cosine, Optional($0)) } + [(.coordinate, nil)]
      return waves.map { Channel(wave: $0.0, axis: axis, frequency: $0.1) }
    }
  }

  /// The values of a channel along its axis: `[length]`, from -1 to 1.
  ///
  /// - Precondition: there is a channel of that number.
  public func line(_ index: Int) -> Tensor {
    let channel = channels[index]
    let length = axes[channel.axis]
    let coordinates = FourierEncoding.evenlySpaced(from: -1, through: 1, count: length)
    guard let frequency = channel.frequency else {
      return Tensor(shape: [length], values: coordinates)
    }
    let angles = coordinates.map { FourierEncoding.angle($0, frequency) }
    return Tensor(
      shape: [length],
      values: angles.map(
        channel.wave == .sine ? FourierEncoding.sine : FourierEncoding.cosine))
  }
}

extension ModelConfiguration {
  /// The Fourier features of positions in the tokens of an input with these axes; nil where positions
  /// are not encoded so.
  public func positionChannels(inputAxes axes: [Int]) -> PositionChannels? {
    PositionChannels(base.inputSide.encodedPositions(axes))
  }

  /// Why tokens have no Fourier features of their positions, in a sentence; nil where they have.
  public func reasonAgainstPositionChannels(inputAxes axes: [Int]) -> String? {
    let side = base.inputSide
    guard side.encodedPositions(axes).isEmpty else { return nil }
    return side.learnsPositions
      ? "this model has learnt where its tokens lie: it has no Fourier channels"
      : "this model is not told where its tokens lie: it has no Fourier channels"
  }
}
