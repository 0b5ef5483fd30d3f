// What the axes of an array are: rows, columns, channels first or last, a batch of one.

import Tensors

/// One way to take an array's axes: the input's own, in order, and the one of channels.
struct ArrayReading: Hashable {
  /// The axes of the input, by their numbers in the array.
  let axes: [Int]
  /// The axis of channels; nil where a token is one number.
  let channelAxis: Int?
  /// What it is called, as in "channels first".
  let words: String

  /// All ways to take a shape, that of channels last and no batch first; two that come to the same
  /// stand there once.
  static func all(of shape: [Int]) -> [ArrayReading] {
    var readings: [ArrayReading] = []
    for (start, batch) in [(0, ""), (1, "a batch of one, ")] {
      guard start == 0 || (shape.count > 1 && shape[0] == 1) else { continue }
      let rest = Array(start..<shape.count)
      let inner = rest.count - 1
      if (1...3).contains(inner) {
        readings.append(
          ArrayReading(
            axes: Array(rest.dropLast()), channelAxis: rest[inner], words: batch + "channels last"))
        readings.append(
          ArrayReading(
            axes: Array(rest.dropFirst()), channelAxis: rest[0], words: batch + "channels first"))
      }
      if (1...3).contains(rest.count) {
        readings.append(
          ArrayReading(axes: rest, channelAxis: nil, words: batch + "one channel, without an axis"))
      }
    }
    var seen: Set<Order> = []
    return readings.filter { seen.insert($0.order(shape)).inserted }
  }

  /// The input's shape `[…axes, channels]`.
  func shape(of shape: [Int]) -> [Int] {
    axes.map { shape[$0] } + [channelAxis.map { shape[$0] } ?? 1]
  }

  /// Whether the array is taken as it is.
  func isPlain(_ shape: [Int]) -> Bool {
    axes == Array(0..<shape.count - 1) && channelAxis == shape.count - 1
  }

  /// The array's elements in the order of the input's axes, channels last.
  ///
  /// - Precondition: the reading is one of the array's shape.
  func applied(to tensor: Tensor) -> Tensor {
    let target = shape(of: tensor.shape)
    let sources = axes + [channelAxis].compactMap { $0 }
    guard sources != sources.sorted() else { return tensor.reshaped(target) }
    var strides = [Int](repeating: 1, count: tensor.shape.count)
    for axis in strides.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * tensor.shape[axis + 1]
    }
    // Only channels move, from before the others to behind them.
    let channels = target[target.count - 1]
    let step = channelAxis.map { strides[$0] } ?? 1
    return Tensor(shape: target) { out in
      tensor.withUnsafeElements { elements in
        for index in out.indices {
          out[index] = elements[index / channels + index % channels * step]
        }
      }
    }
  }

  /// What decides which element goes where: axes of more than one, and the shape.
  private struct Order: Hashable {
    let axes: [Int]
    let channelAxis: Int?
    let shape: [Int]
  }

  private func order(_ shape: [Int]) -> Order {
    Order(
      axes: axes.filter { shape[$0] != 1 },
      channelAxis: channelAxis.flatMap { shape[$0] == 1 ? nil : $0 },
      shape: self.shape(of: shape))
  }
}
