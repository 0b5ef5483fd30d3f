// Linear layers and their like on a tape.

import Tensors

extension Variable {
  /// `self · weightᵀ + bias`: rows `[rows, inputs]` to `[rows, outputs]`.
  func linear(_ weight: Variable, bias: Variable? = nil) throws -> Variable {
    let (slot, workers) = (gradientSlot, tape.workers)
    let output = try value.linear(weight: weight.value, bias: bias?.value, workers: workers)
    // The rows are kept for the weight's gradient alone.
    let x = weight.isDifferentiated ? value : nil
    return tape.record(output, from: [self, weight] + (bias.map { [$0] } ?? [])) { gradient in
      try bias?.add(Tensor.linearBiasGradient(output: gradient, workers: workers))
      if let x {
        try weight.add(
          Tensor.linearWeightGradient(input: x, output: gradient, workers: workers))
      }
      try slot?.add(
        Tensor.linearInputGradient(weight: weight.value, output: gradient, workers: workers))
    }
  }

  /// Some columns.
  func columns(_ range: Range<Int>) -> Variable {
    let (slot, width) = (gradientSlot, value.shape[1])
    return tape.record(value.columns(range), from: self) { gradient in
      slot?.add(gradient.spreadingColumns(to: range, of: width))
    }
  }

  /// Each head of `[rows, heads × width]` times its matrix of `[heads × width, columns]`:
  /// `[rows, heads × columns]`.
  func headwiseTimes(_ weight: Variable, heads: Int) throws -> Variable {
    let (x, workers) = (value, tape.workers)
    let output = try x.headwiseTimes(weight.value, heads: heads, workers: workers)
    return tape.record(output, from: self, weight) { gradient in
      try weight.add(x.headwiseTransposedTimes(gradient, heads: heads, workers: workers))
      try add(gradient.headwiseLinear(weight.value, heads: heads, workers: workers))
    }
  }

  /// Each head of `[rows, heads × columns]` times its matrix transposed: `[rows, heads × width]`.
  func headwiseLinear(_ weight: Variable, heads: Int) throws -> Variable {
    let (x, workers) = (value, tape.workers)
    let output = try x.headwiseLinear(weight.value, heads: heads, workers: workers)
    return tape.record(output, from: self, weight) { gradient in
      try weight.add(gradient.headwiseTransposedTimes(x, heads: heads, workers: workers))
      try add(gradient.headwiseTimes(weight.value, heads: heads, workers: workers))
    }
  }

  /// Some rows of a matrix.
  func slice(rows range: Range<Int>) -> Variable {
    let (slot, count) = (gradientSlot, value.shape[0])
    return tape.record(value.rows(range), from: self) { gradient in
      slot?.add(gradient.spreadingRows(to: range, of: count))
    }
  }

  /// Columns in another order, each once: of a matrix `[rows, columns]` or a vector `[columns]`.
  func gatheringColumns(_ order: [Int]) -> Variable {
    let slot = gradientSlot
    return tape.record(value.gatheringColumns(order), from: self) { gradient in
      slot?.add(gradient.returningColumns(order))
    }
  }

  /// Two matrices of as many rows side by side.
  func beside(_ other: Variable) -> Variable {
    let (left, right) = (gradientSlot, other.gradientSlot)
    let (first, all) = (value.shape[1], value.shape[1] + other.value.shape[1])
    return tape.record(Tensor.joiningColumns(value, other.value), from: self, other) { gradient in
      left?.add(gradient.columns(0..<first))
      right?.add(gradient.columns(first..<all))
    }
  }

  /// Some rows of a weight, with the norm before it and the layer's own bias, if it has one, folded
  /// in: `[rows, inputs + 1]`, for standardised tokens with a 1 behind them.
  func foldingNorm(
    rows: Range<Int>, gain: Variable, bias: Variable, layerBias: Variable? = nil
  ) -> Variable {
    let (own, count) = (value.rows(rows), value.shape[0])
    let folded = own.foldingNorm(
      gain: gain.value, bias: bias.value, layerBias: layerBias?.value)
    let inputs = [self, gain, bias] + (layerBias.map { [$0] } ?? [])
    return tape.record(folded, from: inputs) { gradient in
      let parts = own.foldingNormGradients(
        gain: gain.value, bias: bias.value, output: gradient)
      layerBias?.add(parts.layerBias)
      gain.add(parts.gain)
      bias.add(parts.bias)
      add(parts.weight.spreadingRows(to: rows, of: count))
    }
  }

  /// Tokens `(data, then one table row for each axis)` through a linear layer; self is the data,
  /// `[items × tokens, channels]`, and so is what comes of it, `[items × tokens, outputs]`.
  ///
  /// - Parameter tables: For each of the tokens' axes `[length, features]`; or none.
  func linearOfTokens(
    tables: [Tensor], axes: [Int], weight: Variable, bias: Variable?
  ) throws -> Variable {
    let layer = TokenLinear(
      data: value, tables: tables, axes: axes, weight: weight.value, bias: bias?.value)
    let workers = tape.workers
    let inputs = [self, weight] + (bias.map { [$0] } ?? [])
    return tape.record(try layer.output(workers: workers), from: inputs) { gradient in
      try add(layer.dataGradient(output: gradient, workers: workers))
      try weight.add(layer.weightGradient(output: gradient, workers: workers))
      try bias?.add(layer.biasGradient(output: gradient, workers: workers))
    }
  }

  /// Tokens `(data, then one table row for each axis)`, each standardised as a layer norm does
  /// before its gain, with a 1 behind it: `[items × tokens, columns + 1]`; self is the data,
  /// `[items × tokens, channels]`.
  func standardisedTokens(tables: [Tensor], axes: [Int], epsilon: Float) throws -> Variable {
    let (workers, channels, slot) = (tape.workers, value.shape[1], gradientSlot)
    let data = value.reshaped([value.shape[0] / axes.reduce(1, *)] + axes + [channels])
    let tokens = try data.standardisedTokenMatrix(
      tables: tables, epsilon: epsilon, workers: workers)
    return tape.record(tokens, from: self) { gradient in
      slot?.add(
        try data.standardisedTokenMatrixGradient(
          tables: tables, epsilon: epsilon, output: gradient, workers: workers))
    }
  }

  /// What the rows of each head's factor average of that head's columns, `factor · self[:, head]`:
  /// `[rows, columns]`.
  ///
  /// - Parameter factor: Makes some rows of a head's factor, `[range.count, inner]`, a constant. It is
  ///   called for a block of rows at a time, and again backward, so that no factor is ever whole.
  func averaged(
    rows: Int, heads: Int, by factor: @escaping (_ head: Int, _ rows: Range<Int>) throws -> Tensor
  ) throws -> Variable {
    let (workers, slot) = (tape.workers, gradientSlot)
    let product = HeadwiseAverages(
      heads: heads, rows: rows, inner: value.shape[0], factor: factor)
    return tape.record(try product.averages(of: value, workers: workers), from: self) { gradient in
      slot?.add(try product.valuesGradient(averages: gradient, workers: workers))
    }
  }
}
