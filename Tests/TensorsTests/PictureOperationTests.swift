// Convolution, pooling and batch norm of pictures, held against plain loops and finite differences.

import TestSupport
import Testing

@testable import Tensors

@Suite("Pictures go through convolution, norm and pooling as torch has them")
struct PictureOperationTests {
  /// Sides, window, stride and padding.
  struct Shape: Sendable {
    let (height, width, channels): (Int, Int, Int)
    let (outputs, side, stride, padding): (Int, Int, Int, Int)

    static let all = [
      Shape(
        height: 9, width: 8, channels: 3, outputs: 4, side: 7, stride: 2, padding: 3),
      Shape(
        height: 5, width: 6, channels: 2, outputs: 3, side: 3, stride: 1, padding: 0),
      Shape(
        height: 1, width: 4, channels: 1, outputs: 2, side: 3, stride: 2, padding: 1),
    ]

    var data: Tensor { random([2, height, width, channels], seed: 1) }
    var weight: Tensor { random([outputs, channels, side, side], seed: 2) }
  }

  fileprivate static func convolved(_ data: Tensor, _ weight: Tensor, _ shape: Shape) -> [Double] {
    let (items, height, width) = (data.shape[0], data.shape[1], data.shape[2])
    func out(_ length: Int) -> Int { (length + 2 * shape.padding - shape.side) / shape.stride + 1 }
    var result: [Double] = []
    for item in 0..<items {
      for y in 0..<out(height) {
        for x in 0..<out(width) {
          for output in 0..<shape.outputs {
            var sum = 0.0
            for (ky, kx) in (0..<shape.side).flatMap({ ky in (0..<shape.side).map { (ky, $0) } }) {
              let (row, column) = (
                y * shape.stride + ky - shape.padding, x * shape.stride + kx - shape.padding
              )
              guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
              for channel in 0..<shape.channels {
                let position = ((item * height + row) * width + column) * shape.channels + channel
                let own =
                  ((output * shape.channels + channel) * shape.side + ky) * shape.side + kx
                sum += Double(data.values[position]) * Double(weight.values[own])
              }
            }
            result.append(sum)
          }
        }
      }
    }
    return result
  }

  @Test("A convolution is the sum over its window", arguments: Shape.all)
  func convolution(_ shape: Shape) throws {
    let layer = Convolution(
      data: shape.data, weight: shape.weight, stride: shape.stride, padding: shape.padding)
    let output = try layer.output(workers: Workers())
    let expected = Self.convolved(shape.data, shape.weight, shape)
    #expect(output.count == expected.count)
    #expect(output.shape[0] == 2 * layer.axes.reduce(1, *))
    for (mine, plain) in zip(output.values, expected) { #expect(abs(Double(mine) - plain) < 1e-4) }
  }

  @Test("Its gradients are those of finite differences", arguments: Shape.all)
  func convolutionGradients(_ shape: Shape) throws {
    let layer = Convolution(
      data: shape.data, weight: shape.weight, stride: shape.stride, padding: shape.padding)
    let output = try layer.output(workers: Workers())
    let direction = random(output.shape, seed: 3)
    func sum(_ values: [Double]) -> Double {
      zip(values, direction.values).reduce(0) { $0 + $1.0 * Double($1.1) }
    }
    // The operation is linear in each: a step of one is exact.
    let gradients = try layer.gradients(output: direction, workers: Workers())
    #expect(gradients.data.shape == shape.data.shape)
    #expect(gradients.weight.shape == shape.weight.shape)
    let base = sum(Self.convolved(shape.data, shape.weight, shape))
    for position in stride(from: 0, to: shape.data.count, by: 5) {
      var values = shape.data.values
      values[position] += 1
      let moved = Self.convolved(
        Tensor(shape: shape.data.shape, values: values), shape.weight, shape)
      #expect(abs(sum(moved) - base - Double(gradients.data.values[position])) < 1e-3)
    }
    for position in stride(from: 0, to: shape.weight.count, by: 7) {
      var values = shape.weight.values
      values[position] += 1
      let moved = Self.convolved(
        shape.data, Tensor(shape: shape.weight.shape, values: values), shape)
      #expect(abs(sum(moved) - base - Double(gradients.weight.values[position])) < 1e-3)
    }
  }

  @Test("Pooling takes the largest of each window, and gives its gradient back to it alone")
  func pooling() {
    let data = random([2, 7, 6, 3], seed: 4)
    let (values, positions) = data.maxPool(window: 3, stride: 2)
    #expect(values.shape == [2 * 3 * 2, 3])
    for item in 0..<2 {
      for (y, x) in [(0, 0), (2, 1), (1, 1)] {
        for channel in 0..<3 {
          let window = (0..<9).map { index in
            data.values[
              ((item * 7 + 2 * y + index / 3) * 6 + 2 * x + index % 3) * 3 + channel]
          }
          #expect(values.values[((item * 3 + y) * 2 + x) * 3 + channel] == window.max())
        }
      }
    }
    let ones = Tensor(shape: values.shape, repeating: 1)
    let back = ones.spreadingMaxima(to: positions, shape: data.shape)
    #expect(back.values.reduce(0, +) == Float(values.count))
    #expect(zip(positions, values.values).allSatisfy { data.values[$0] == $1 })
  }

  @Test("A batch norm in evaluation and its gradients")
  func batchNorm() {
    let (x, gain, bias) = (
      random([5, 3], seed: 5), random([3], seed: 6), random([3], seed: 7)
    )
    let mean = random([3], seed: 8)
    let variance = Tensor(shape: [3], values: [0.5, 2, 1e-7])
    func normed(_ x: Tensor, _ gain: Tensor, _ bias: Tensor) -> [Double] {
      x.values.indices.map { index in
        let column = index % 3
        let root = (Double(variance.values[column]) + 1e-5).squareRoot()
        return (Double(x.values[index]) - Double(mean.values[column])) / root
          * Double(gain.values[column]) + Double(bias.values[column])
      }
    }
    let output = x.batchNorm(
      gain: gain, bias: bias, mean: mean, variance: variance, epsilon: 1e-5)
    for (mine, plain) in zip(output.values, normed(x, gain, bias)) {
      #expect(abs(Double(mine) - plain) < 1e-5 * max(1, abs(plain)))
    }
    let direction = random([5, 3], seed: 9)
    let parts = x.batchNormGradients(
      gain: gain, mean: mean, variance: variance, epsilon: 1e-5, output: direction)
    func sum(_ values: [Double]) -> Double {
      zip(values, direction.values).reduce(0) { $0 + $1.0 * Double($1.1) }
    }
    let base = sum(normed(x, gain, bias))
    func moved(_ tensor: Tensor, _ position: Int) -> Tensor {
      var values = tensor.values
      values[position] += 1
      return Tensor(shape: tensor.shape, values: values)
    }
    for column in 0..<3 {
      let byInput = sum(normed(moved(x, 3 + column), gain, bias)) - base
      #expect(abs(byInput - Double(parts.input.values[3 + column])) < 1e-3 * max(1, abs(byInput)))
      let byGain = sum(normed(x, moved(gain, column), bias)) - base
      #expect(abs(byGain - Double(parts.gain.values[column])) < 1e-3 * max(1, abs(byGain)))
      let byBias = sum(normed(x, gain, moved(bias, column))) - base
      #expect(abs(byBias - Double(parts.bias.values[column])) < 1e-4 * max(1, abs(byBias)))
    }
  }
}

private func random(_ shape: [Int], seed: UInt64) -> Tensor {
  var generator = TorchGenerator(seed: seed)
  return generator.normal(shape: shape)
}
