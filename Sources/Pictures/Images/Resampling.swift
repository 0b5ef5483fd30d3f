// Larger and smaller pictures and maps: averages where cells cover several, repeats where they share.

import Tensors

/// How much of each source position falls into each target position along one axis.
///
/// Target i covers the stretch i·n/m to (i+1)·n/m of n source positions; its value is the mean over
/// that stretch, parts counting by their share. Going down, every source position counts alike, so
/// a map's mean is kept; going up, positions repeat.
struct AreaWeights {
  /// For each target position: the first source position and the weights from there on.
  let parts: [(first: Int, weights: [Float])]

  init(from source: Int, to target: Int) {
    let step = Double(source) / Double(target)
    parts = (0..<target).map { index in
      let (start, end) = (Double(index) * step, min(Double(index + 1) * step, Double(source)))
      if step <= 1 {
        // Where positions repeat, each takes the one at its middle.
        return (min(source - 1, Int((start + end) / 2)), [1])
      }
      let first = Int(start)
      let last = min(source - 1, Int(end.rounded(.up)) - 1)
      let weights = (first...last).map { position in
        Float((min(end, Double(position + 1)) - max(start, Double(position))) / (end - start))
      }
      return (first, weights)
    }
  }
}

extension PixelImage {
  /// The picture at another size, each pixel the mean of the area it covers.
  ///
  /// - Precondition: both sides are at least 1.
  public func resized(width newWidth: Int, height newHeight: Int) -> PixelImage {
    guard (newWidth, newHeight) != (width, height) else { return self }
    let tensor = Tensor(shape: [height, width * channels], values: samples)
    let resized = tensor.averagedAreas(
      rows: newHeight, columns: newWidth, of: width, channels: channels)
    return PixelImage(
      width: newWidth, height: newHeight, channels: channels, samples: resized.values)
  }

  /// The picture with its longer side at most `side`; unchanged if it fits. The shorter side is
  /// rounded to the nearest pixel, at least 1.
  public func fitted(maxSide side: Int) -> PixelImage {
    guard max(width, height) > side else { return self }
    let scale = Double(side) / Double(max(width, height))
    func scaled(_ length: Int) -> Int { max(1, min(side, Int((Double(length) * scale).rounded()))) }
    return resized(width: scaled(width), height: scaled(height))
  }
}

extension Tensor {
  /// A map `[height, width]` at another size, each cell the mean of the area it covers.
  ///
  /// - Precondition: the map and the target have at least one cell.
  public func resampled(rows: Int, columns: Int) -> Tensor {
    precondition(shape.count == 2 && count > 0 && rows > 0 && columns > 0)
    return averagedAreas(rows: rows, columns: columns, of: shape[1], channels: 1)
  }

  fileprivate func averagedAreas(
    rows: Int, columns: Int, of width: Int, channels: Int
  ) -> Tensor {
    let across = AreaWeights(from: width, to: columns)
    let down = AreaWeights(from: shape[0], to: rows)
    let sourceRow = width * channels
    return withUnsafeElements { elements in
      Tensor(shape: [rows, columns * channels]) { out in
        var line = [Float](repeating: 0, count: sourceRow)
        for row in 0..<rows {
          for index in line.indices { line[index] = 0 }
          let (firstRow, rowWeights) = down.parts[row]
          for (offset, weight) in rowWeights.enumerated() {
            let start = (firstRow + offset) * sourceRow
            for index in 0..<sourceRow { line[index] += elements[start + index] * weight }
          }
          for column in 0..<columns {
            let (first, weights) = across.parts[column]
            for channel in 0..<channels {
              var sum: Float = 0
              for (offset, weight) in weights.enumerated() {
                sum += line[(first + offset) * channels + channel] * weight
              }
              out[(row * columns + column) * channels + channel] = sum
            }
          }
        }
      }
    }
  }
}
