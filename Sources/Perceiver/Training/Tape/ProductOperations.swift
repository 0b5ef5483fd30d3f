// Linear layers and their like on a tape.

import Tensors

extension Tape {
  /// `input · weightᵀ + bias`: rows `[rows, inputs]` to `[rows, outputs]`.
  func linear(_ input: Variable, _ weight: Variable, bias: Variable? = nil) throws -> Variable {
    let (x, workers) = (input.value, workers)
    let value = try x.linear(weight: weight.value, bias: bias?.value, workers: workers)
    return record(value, from: [input, weight] + (bias.map { [$0] } ?? [])) { gradient in
      try bias?.add(gradient.columnSums(workers: workers))
      try weight.add(gradient.transposedTimes(x, workers: workers))
      try input.add(gradient.times(weight.value, workers: workers))
    }
  }

  /// Each head of `[rows, heads × width]` times its matrix of `[heads × width, columns]`:
  /// `[rows, heads × columns]`.
  func headwiseTimes(_ input: Variable, _ weight: Variable, heads: Int) throws -> Variable {
    let workers = workers
    let value = try input.value.headwiseTimes(weight.value, heads: heads, workers: workers)
    return record(value, from: input, weight) { gradient in
      try weight.add(
        input.value.headwiseTransposedTimes(gradient, heads: heads, workers: workers))
      try input.add(gradient.headwiseLinear(weight.value, heads: heads, workers: workers))
    }
  }

  /// Each head of `[rows, heads × columns]` times its matrix transposed: `[rows, heads × width]`.
  func headwiseLinear(_ input: Variable, _ weight: Variable, heads: Int) throws -> Variable {
    let workers = workers
    let value = try input.value.headwiseLinear(weight.value, heads: heads, workers: workers)
    return record(value, from: input, weight) { gradient in
      try weight.add(
        gradient.headwiseTransposedTimes(input.value, heads: heads, workers: workers))
      try input.add(gradient.headwiseTimes(weight.value, heads: heads, workers: workers))
    }
  }

  /// Some rows of a weight, with the norm before it folded in: `[rows, inputs + 1]`, for
  /// standardised tokens with a 1 behind them.
  func foldedWeight(
    _ weight: Variable, rows: Range<Int>, gain: Variable, bias: Variable
  ) -> Variable {
    let own = weight.value.rows(rows)
    let value = own.foldingNorm(gain: gain.value, bias: bias.value)
    return record(value, from: weight, gain, bias) { gradient in
      let parts = own.foldingNormGradients(
        gain: gain.value, bias: bias.value, output: gradient)
      gain.add(parts.gain)
      bias.add(parts.bias)
      let (all, columns) = (weight.value.shape[0], weight.value.shape[1])
      weight.add(
        Tensor.joiningRows([
          Tensor(shape: [rows.lowerBound, columns]), parts.weight,
          Tensor(shape: [all - rows.upperBound, columns]),
        ]))
    }
  }
}
