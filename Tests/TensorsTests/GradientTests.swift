// Every operation's backward against central differences of its forward.

import Tensors
import TestSupport
import Testing

@Suite("Gradients of operations are the slopes of what they compute")
struct GradientTests {
  /// An operation of some inputs, with the gradients that it passes to each.
  struct Operation: Sendable, CustomTestStringConvertible {
    let name: String
    let shapes: [[Int]]
    let forward: @Sendable ([Tensor]) throws -> Tensor
    /// From inputs, output and its gradient.
    let backward: @Sendable ([Tensor], Tensor, Tensor) throws -> [Tensor]

    var testDescription: String { name }
  }

  private static let workers = Workers(threads: 2)

  static let operations: [Operation] = rows + products + attentions + mixes + parts

  private static let rows: [Operation] = [
    Operation(
      name: "layer norm", shapes: [[5, 19], [19], [19]],
      forward: {
        try $0[0].layerNorm(gain: $0[1], bias: $0[2], epsilon: 1e-5, workers: workers)
      },
      backward: {
        let parts = try $0[0].layerNormGradients(
          gain: $0[1], epsilon: 1e-5, output: $2, workers: workers)
        return [parts.input, parts.gain, parts.bias]
      }),
    Operation(
      name: "RMS norm", shapes: [[4, 18], [18]],
      forward: { try $0[0].rootMeanSquareNorm(gain: $0[1], epsilon: 1e-5, workers: workers) },
      backward: {
        let parts = try $0[0].rootMeanSquareNormGradients(
          gain: $0[1], epsilon: 1e-5, output: $2, workers: workers)
        return [parts.input, parts.gain]
      }),
    Operation(
      name: "clamped RMS norm", shapes: [[4, 18], [18]],
      forward: { try $0[0].clampedRootMeanSquareNorm(gain: $0[1], least: 1e-5, workers: workers) },
      backward: {
        let parts = try $0[0].clampedRootMeanSquareNormGradients(
          gain: $0[1], least: 1e-5, output: $2, workers: workers)
        return [parts.input, parts.gain]
      }),
    Operation(
      name: "RMS norm of rows below its least", shapes: [[3, 7], [7]],
      forward: { try $0[0].clampedRootMeanSquareNorm(gain: $0[1], least: 50, workers: workers) },
      backward: {
        let parts = try $0[0].clampedRootMeanSquareNormGradients(
          gain: $0[1], least: 50, output: $2, workers: workers)
        return [parts.input, parts.gain]
      }),
    Operation(
      name: "GELU", shapes: [[3, 21]],
      forward: { try $0[0].gelu(workers: workers) },
      backward: { [try $0[0].geluGradient(output: $2, workers: workers)] }),
    Operation(
      name: "gated GELU", shapes: [[3, 42]],
      forward: { try $0[0].gatedGELU(workers: workers) },
      backward: { [try $0[0].gatedGELUGradient(output: $2, workers: workers)] }),
    Operation(
      name: "dropout", shapes: [[6, 40]],
      forward: { try $0[0].dropping(Dropout(rate: 0.3, key: 9), workers: workers) },
      backward: { [try $2.dropping(Dropout(rate: 0.3, key: 9), workers: workers)] }),
    Operation(
      name: "mean of items", shapes: [[12, 5]],
      forward: { $0[0].meanOfItems(3) }, backward: { [$2.spreadingMean(overRows: 4)] }),
    Operation(
      name: "transposed items", shapes: [[12, 5]],
      forward: { $0[0].transposingItems(3) }, backward: { [$2.transposingItems(3)] }),
    Operation(
      name: "repeated rows", shapes: [[3, 5]],
      forward: { $0[0].repeatingRows(4) }, backward: { [$2.summingItems(4)] }),
    Operation(
      name: "gathered rows", shapes: [[4, 5]],
      forward: { $0[0].gatheringRows([3, 1, 1, 0]) },
      backward: { [$2.scatteringRows([3, 1, 1, 0], rows: 4)] }),
  ]

  private static let products: [Operation] = [
    Operation(
      name: "linear layer", shapes: [[600, 40], [70, 40], [70]],
      forward: { try $0[0].linear(weight: $0[1], bias: $0[2], workers: workers) },
      backward: {
        [
          try Tensor.linearInputGradient(weight: $0[1], output: $2, workers: workers),
          try Tensor.linearWeightGradient(input: $0[0], output: $2, workers: workers),
          try Tensor.linearBiasGradient(output: $2, workers: workers),
        ]
      }),
    Operation(
      name: "heads times their matrices", shapes: [[9, 12], [12, 7]],
      forward: { try $0[0].headwiseTimes($0[1], heads: 3, workers: workers) },
      backward: {
        [
          try $2.headwiseLinear($0[1], heads: 3, workers: workers),
          try $0[0].headwiseTransposedTimes($2, heads: 3, workers: workers),
        ]
      }),
    Operation(
      name: "heads times their matrices transposed", shapes: [[9, 21], [12, 7]],
      forward: { try $0[0].headwiseLinear($0[1], heads: 3, workers: workers) },
      backward: {
        [
          try $2.headwiseTimes($0[1], heads: 3, workers: workers),
          try $2.headwiseTransposedTimes($0[0], heads: 3, workers: workers),
        ]
      }),
    Operation(
      name: "a linear layer of tokens", shapes: [[30, 2], [4, 9], [4]],
      forward: { try tokenLinear($0).output(workers: workers) },
      backward: {
        let layer = tokenLinear($0)
        return [
          try layer.dataGradient(output: $2, workers: workers),
          try layer.weightGradient(output: $2, workers: workers),
          try layer.biasGradient(output: $2, workers: workers),
        ]
      }),
    Operation(
      name: "a norm folded into a weight", shapes: [[6, 9], [9], [9]],
      forward: { $0[0].foldingNorm(gain: $0[1], bias: $0[2]) },
      backward: {
        let parts = $0[0].foldingNormGradients(gain: $0[1], bias: $0[2], output: $2)
        return [parts.weight, parts.gain, parts.bias]
      }),
  ]

  /// Two items of 3 × 5 tokens, with 3 and 4 features of their coordinates.
  private static func tokenLinear(_ inputs: [Tensor]) -> TokenLinear {
    TokenLinear(
      data: inputs[0], tables: [numbers([3, 3], seed: 1), numbers([5, 4], seed: 2)], axes: [3, 5],
      weight: inputs[1], bias: inputs[2])
  }

  private static let attentions: [Operation] = [
    attention("attention"), attention("attention with masked keys", isMasked: true),
    attention("attention with dropout", dropout: Dropout(rate: 0.25, key: 3)),
    attention("attention over many keys", batch: 1, heads: 1, queries: 3, keys: 1100),
    attention("attention of many queries", batch: 1, heads: 1, queries: 700, keys: 4),
    attention("inverted attention", isInverted: true),
    attention("inverted attention with masked keys", isMasked: true, isInverted: true),
    attention(
      "inverted attention with dropout", dropout: Dropout(rate: 0.25, key: 3), isInverted: true),
    positionAttention(axes: [5, 7], channels: 3),
    positionAttention(axes: [19], channels: 1, hasOnes: false),
    positionAttention(axes: [3, 2, 4], channels: 6, heads: 3, queries: 7),
    positionData(axes: [5, 7], channels: 3), positionData(axes: [19], channels: 1),
    positionData(axes: [3, 2, 4], channels: 6, heads: 3),
    Operation(
      name: "linear attention", shapes: [[14, 24]],
      forward: {
        try BatchedLinearAttention(batch: 2, heads: 2, projected: $0[0], scale: 0.5, mask: nil)
          .outputs(workers: workers)
      },
      backward: {
        [
          try BatchedLinearAttention(
            batch: 2, heads: 2, projected: $0[0], scale: 0.5, mask: nil
          ).gradient(outputs: $2, workers: workers)
        ]
      }),
  ]

  private static func attention(
    _ name: String, batch: Int = 2, heads: Int = 2, queries: Int = 5, keys: Int = 11,
    isMasked: Bool = false, dropout: Dropout? = nil, isInverted: Bool = false
  ) -> Operation {
    let width = 4
    @Sendable func made(_ inputs: [Tensor]) -> BatchedAttention {
      var attention = BatchedAttention(
        batch: batch, heads: heads, queries: inputs[0],
        query: .init(first: 0, stride: width, width: width), keyValues: inputs[1],
        key: .init(first: 0, stride: width, width: width),
        value: .init(first: heads * width, stride: width, width: width), scale: 0.7)
      if isMasked {
        attention.mask = Tensor(
          shape: [batch * keys], values: (0..<batch * keys).map { $0 % 3 == 1 ? -.infinity : 0 })
      }
      attention.dropout = dropout
      return attention
    }
    return Operation(
      name: name, shapes: [[batch * queries, heads * width], [batch * keys, 2 * heads * width]],
      forward: {
        isInverted
          ? try made($0).invertedAverages(workers: workers).values
          : try made($0).averages(workers: workers).values
      },
      backward: { inputs, output, gradient in
        let attention = made(inputs)
        let parts: BatchedAttention.Gradients
        if isInverted {
          parts = try attention.invertedGradients(
            totals: try attention.invertedAverages(workers: workers).totals, averages: output,
            gradient: gradient, asksForKeyValues: true, workers: workers)
        } else {
          parts = try attention.gradients(
            try attention.averages(workers: workers).statistics, averages: output,
            gradient: gradient, asksForKeyValues: true, workers: workers)
        }
        return [parts.queries, try #require(parts.keyValues)]
      })
  }

  private static func numbers(_ shape: [Int], seed: UInt64) -> Tensor {
    var generator = TorchGenerator(seed: seed)
    return generator.normal(shape: shape)
  }

  /// Queries that read standardised positions, with the column of ones behind each token or
  /// without.
  private static func positionAttention(
    axes: [Int], channels: Int, heads: Int = 2, queries: Int = 3, hasOnes: Bool = true
  ) -> Operation {
    let (batch, features) = (2, 3)
    let columns = channels + axes.count * features + (hasOnes ? 1 : 0)
    @Sendable func attention(_ inputs: [Tensor]) throws -> BatchedPositionAttention {
      BatchedPositionAttention(
        try BatchedPositions(
          data: numbers([batch] + axes + [channels], seed: 5),
          tables: axes.enumerated().map { numbers([$1, features], seed: 6 + UInt64($0)) },
          epsilon: 1e-5, workers: workers),
        heads: heads, queries: inputs[0], scale: 0.7)
    }
    return Operation(
      name: "attention to positions \(axes) of \(channels) channels",
      shapes: [[batch * queries, heads * columns]],
      forward: { try attention($0).averages(workers: workers).values },
      backward: { inputs, output, gradient in
        let attention = try attention(inputs)
        return [
          try attention.queryGradient(
            attention.averages(workers: workers).statistics, averages: output, gradient: gradient,
            workers: workers)
        ]
      })
  }

  /// Averages of positions, by the positions' data.
  private static func positionData(axes: [Int], channels: Int, heads: Int = 2) -> Operation {
    let (batch, features, queries) = (2, 3, 3)
    let columns = channels + axes.count * features + 1
    let tables = axes.enumerated().map { numbers([$1, features], seed: 6 + UInt64($0)) }
    @Sendable func attention(_ inputs: [Tensor]) throws -> BatchedPositionAttention {
      BatchedPositionAttention(
        try BatchedPositions(data: inputs[0], tables: tables, epsilon: 1e-5, workers: workers),
        heads: heads, queries: numbers([batch * queries, heads * columns], seed: 5), scale: 0.7)
    }
    return Operation(
      name: "data of positions \(axes) of \(channels) channels",
      shapes: [[batch] + axes + [channels]],
      forward: { try attention($0).averages(workers: workers).values },
      backward: { inputs, output, gradient in
        let attention = try attention(inputs)
        let planes = (0..<batch).map {
          SeparablePositions(
            data: inputs[0].row($0), tables: tables, kept: nil, epsilon: 1e-5, workers: workers)
        }
        return [
          try attention.dataGradient(
            attention.averages(workers: workers).statistics, averages: output, gradient: gradient,
            of: planes, workers: workers
          ).reshaped([batch] + axes + [channels])
        ]
      })
  }

  private static let mixes: [Operation] = [
    Operation(
      name: "gated recurrence", shapes: [[3, 4], [3, 12], [3, 12]],
      forward: {
        try Tensor.gatedRecurrence(
          state: $0[0], inputGates: $0[1], stateGates: $0[2], workers: workers)
      },
      backward: {
        let parts = try Tensor.gatedRecurrenceGradients(
          state: $0[0], inputGates: $0[1], stateGates: $0[2], output: $2, workers: workers)
        return [parts.state, parts.inputGates, parts.stateGates]
      }),
    Operation(
      name: "softmax mix", shapes: [[3, 4], [3, 4], [3, 4], [3, 4]],
      forward: { Tensor.softmaxMix(of: [$0[0], $0[1]], logits: [$0[2], $0[3]]).mixed },
      backward: {
        let (mixed, shares) = Tensor.softmaxMix(of: [$0[0], $0[1]], logits: [$0[2], $0[3]])
        let parts = Tensor.softmaxMixGradients(
          of: [$0[0], $0[1]], shares: shares, mixed: mixed, output: $2)
        return parts.tensors + parts.logits
      }),
    Operation(
      name: "rotation", shapes: [[6, 8]],
      forward: { $0[0].rotated(width: 4, frequencies: [1, 0.1]) },
      backward: { [$2.rotated(width: 4, frequencies: [-1, -0.1])] }),
    Operation(
      name: "cross-entropy", shapes: [[5, 7]],
      forward: {
        Tensor(
          shape: [1],
          values: [Float($0[0].crossEntropy(labels: [3, 0, 6, 2, 3], smoothing: 0.1).value)])
      },
      backward: {
        var gradient = $0[0].crossEntropy(labels: [3, 0, 6, 2, 3], smoothing: 0.1).gradient
        gradient.scale(by: $2.values[0])
        return [gradient]
      }),
    Operation(
      name: "mean squared error", shapes: [[5, 7]],
      forward: {
        Tensor(
          shape: [1],
          values: [Float($0[0].meanSquaredError(Tensor(shape: [5, 7], repeating: 0.3)).value)])
      },
      backward: {
        var gradient = $0[0].meanSquaredError(Tensor(shape: [5, 7], repeating: 0.3)).gradient
        gradient.scale(by: $2.values[0])
        return [gradient]
      }),
  ]

  @Test("The slope in a random direction is the gradient's", arguments: operations)
  func slope(_ operation: Operation) throws {
    var generator = TorchGenerator(seed: 5)
    let inputs = operation.shapes.map { generator.normal(shape: $0) }
    let output = try operation.forward(inputs)
    let direction = generator.normal(shape: output.shape)
    let gradients = try operation.backward(inputs, output, direction)
    #expect(gradients.map(\.shape) == operation.shapes)
    func loss(_ inputs: [Tensor]) throws -> Double {
      dot(try operation.forward(inputs), direction)
    }
    for index in inputs.indices {
      let step = generator.normal(shape: inputs[index].shape)
      func difference(_ size: Float) throws -> Double {
        var (ahead, behind) = (inputs, inputs)
        ahead[index].add(step, times: size)
        behind[index].add(step, times: -size)
        return (try loss(ahead) - loss(behind)) / Double(2 * size)
      }
      // Richardson's extrapolation: what is left of the curve is of the fourth order, so that
      // steps can be long and float32's rounding small beside them.
      let slope = (4 * (try difference(0.01)) - (try difference(0.02))) / 3
      let length =
        (dot(gradients[index], gradients[index]) * dot(step, step) / Double(step.count))
        .squareRoot()
      #expect(
        abs(slope - dot(gradients[index], step)) < 5e-4 * max(length, 1e-3),
        "input \(index): \(slope) and \(dot(gradients[index], step))")
    }
  }

  @Test("Any number of threads gives the same bits", arguments: [1, 3])
  func threads(_ count: Int) throws {
    var generator = TorchGenerator(seed: 6)
    let (gradient, inputs) = (
      generator.normal(shape: [3000, 33]), generator.normal(shape: [3000, 20])
    )
    let one = try gradient.transposedTimes(inputs, workers: Workers(threads: count))
    let two = try gradient.transposedTimes(inputs, workers: Workers(threads: 2))
    #expect(one.hasSameBits(as: two))
    let sums = try gradient.columnSums(workers: Workers(threads: count))
    #expect(sums.hasSameBits(as: try gradient.columnSums(workers: Workers(threads: 2))))
  }

  @Test("Dropout keeps its share, the rest grows in its stead, and the same key drops alike")
  func dropout() throws {
    let ones = Tensor(shape: [1 << 16], repeating: 1)
    let dropped = try ones.dropping(Dropout(rate: 0.2, key: 1), workers: Workers())
    let kept = dropped.values.filter { $0 != 0 }
    #expect(abs(Double(kept.count) / Double(ones.count) - 0.8) < 0.01)
    #expect(kept.allSatisfy { $0 == 1.25 })
    #expect(
      dropped.hasSameBits(as: try ones.dropping(Dropout(rate: 0.2, key: 1), workers: Workers())))
    #expect(dropped != (try ones.dropping(Dropout(rate: 0.2, key: 2), workers: Workers())))
  }

  private func dot(_ a: Tensor, _ b: Tensor) -> Double {
    zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }
}
