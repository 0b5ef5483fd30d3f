// Arrays as inputs, with pictures of them where they have rows and columns.

import Pictures
import Tensors

extension Input {
  /// An array as input, shown as a picture where it has rows, columns and one or three channels.
  public convenience init(
    array tensor: Tensor, name: String, notes: [InputNote] = [], path: String? = nil,
    demand: InputDemand = .init()
  ) {
    self.init(
      name: name, tensor: tensor, content: .array(shown: Self.frames(of: tensor)), notes: notes,
      path: path, demand: demand)
  }

  /// Pictures of an array's frames, its least number black and its largest white.
  private static func frames(of tensor: Tensor) -> [PixelImage] {
    let shape = tensor.shape
    guard shape.count >= 3, let channels = shape.last else { return [] }
    let values = tensor.values
    let finite = values.filter(\.isFinite)
    let (least, largest) = (finite.min() ?? 0, finite.max() ?? 1)
    let range = largest > least ? largest - least : 1
    let (height, width) = (shape[shape.count - 3], shape[shape.count - 2])
    let frameCount = shape.dropLast(3).reduce(1, *)
    let shown = channels == 3 ? 3 : 1
    return (0..<frameCount).map { frame in
      var samples: [Float] = []
      samples.reserveCapacity(height * width * shown)
      for pixel in 0..<(height * width) {
        let start = (frame * height * width + pixel) * channels
        if shown == 3 {
          samples += values[start..<start + 3].map { ($0 - least) / range }
        } else {
          // Other numbers of channels have no colours: their mean is shown as grey.
          let mean = values[start..<start + channels].reduce(0, +) / Float(channels)
          samples.append((mean - least) / range)
        }
      }
      return PixelImage(width: width, height: height, channels: shown, samples: samples)
    }
  }
}
