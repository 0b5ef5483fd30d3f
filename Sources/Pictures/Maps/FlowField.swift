// A field of motion as colours: direction as hue, size as saturation, with the wheel that says which.

import Foundation
import Tensors

/// A flow: where each pixel moves to, as a picture.
///
/// The colours are those of DeepMind's notebook: hue is the angle, from the right round through down,
/// and saturation the length, full at the longest of the field; what stands still is white.
public struct FlowField: Sendable {
  /// `[height, width, 2]`: to the right and downwards.
  public let flow: Tensor
  /// The length that has the full colour; zero where nothing moves.
  public let largest: Float
  /// The mean over pixels whose numbers are finite: to the right and downwards.
  public let mean: (x: Double, y: Double)

  /// A field; nil where the tensor has another shape.
  public init?(_ flow: Tensor) {
    guard flow.shape.count == 3, flow.shape[2] == 2, flow.count > 0 else { return nil }
    self.flow = flow
    var (largest, sum, count) = (Float(0), (x: 0.0, y: 0.0), 0)
    flow.withUnsafeElements { elements in
      for index in stride(from: 0, to: elements.count, by: 2) {
        let (x, y) = (elements[index], elements[index + 1])
        guard x.isFinite, y.isFinite else { continue }
        largest = max(largest, hypotf(x, y))
        sum = (sum.x + Double(x), sum.y + Double(y))
        count += 1
      }
    }
    self.largest = largest
    mean = (sum.x / Double(max(1, count)), sum.y / Double(max(1, count)))
  }

  /// The field as a picture of its own size; grey where a number is not finite.
  public var picture: PixelImage {
    var samples: [Float] = []
    samples.reserveCapacity(flow.count / 2 * 3)
    flow.withUnsafeElements { elements in
      for index in stride(from: 0, to: elements.count, by: 2) {
        let colour = colour(x: elements[index], y: elements[index + 1])
        samples += [colour.red, colour.green, colour.blue]
      }
    }
    return PixelImage(
      width: flow.shape[1], height: flow.shape[0], channels: 3, samples: samples)
  }

  /// The colour of a motion of the field.
  public func colour(x: Float, y: Float) -> RGB {
    guard x.isFinite, y.isFinite else { return .unknown }
    return Self.colour(
      angle: atan2f(y, x), saturation: largest > 0 ? min(1, hypotf(x, y) / largest) : 0)
  }

  /// The colour of a direction, as an angle from the right round through down, and a share of the
  /// largest length.
  public static func colour(angle: Float, saturation: Float) -> RGB {
    let turn = angle / (2 * .pi)
    let hue = 6 * (turn - turn.rounded(.down))
    // How far each of red, green and blue is from the hue, in sixths of the circle.
    func part(_ offset: Float) -> Float {
      let index = (offset + hue).truncatingRemainder(dividingBy: 6)
      return 1 - saturation * max(0, min(1, min(index, 4 - index)))
    }
    return RGB(red: part(5), green: part(3), blue: part(1))
  }

  /// The wheel: each direction and length as the colour that it has, row by row; nil outside it.
  ///
  /// - Parameter side: Pixels along a side, at least 1.
  public static func wheel(side: Int) -> [RGB?] {
    let middle = Float(side - 1) / 2
    return (0..<side * side).map { index in
      let (x, y) = (Float(index % side) - middle, Float(index / side) - middle)
      let length = hypotf(x, y) / max(0.5, Float(side) / 2)
      return length <= 1 ? colour(angle: atan2f(y, x), saturation: length) : nil
    }
  }
}
