// What happens to rows on a tape: norms, activations, sums, dropout, and rows moved.

import Tensors

extension Tape {
  /// torch's `LayerNorm` of rows `[rows, columns]`.
  func layerNorm(
    _ input: Variable, gain: Variable, bias: Variable, epsilon: Float
  ) throws -> Variable {
    let workers = workers
    let value = try input.value.layerNorm(
      gain: gain.value, bias: bias.value, epsilon: epsilon, workers: workers)
    return record(value, from: input, gain, bias) { gradient in
      let parts = try input.value.layerNormGradients(
        gain: gain.value, epsilon: epsilon, output: gradient, workers: workers)
      input.add(parts.input)
      gain.add(parts.gain)
      bias.add(parts.bias)
    }
  }

  /// The RMSNorm of releases up to 0.1.15, of rows `[rows, columns]`.
  func clampedRootMeanSquareNorm(
    _ input: Variable, gain: Variable, least: Float
  ) throws -> Variable {
    let workers = workers
    let value = try input.value.clampedRootMeanSquareNorm(
      gain: gain.value, least: least, workers: workers)
    return record(value, from: input, gain) { gradient in
      let parts = try input.value.clampedRootMeanSquareNormGradients(
        gain: gain.value, least: least, output: gradient, workers: workers)
      input.add(parts.input)
      gain.add(parts.gain)
    }
  }

  /// torch's `RMSNorm` of rows `[rows, columns]`.
  func rootMeanSquareNorm(_ input: Variable, gain: Variable, epsilon: Float) throws -> Variable {
    let workers = workers
    let value = try input.value.rootMeanSquareNorm(
      gain: gain.value, epsilon: epsilon, workers: workers)
    return record(value, from: input, gain) { gradient in
      let parts = try input.value.rootMeanSquareNormGradients(
        gain: gain.value, epsilon: epsilon, output: gradient, workers: workers)
      input.add(parts.input)
      gain.add(parts.gain)
    }
  }

  /// GEGLU: `[rows, 2 × half]` to `[rows, half]`.
  func gatedGELU(_ input: Variable) throws -> Variable {
    let workers = workers
    return record(try input.value.gatedGELU(workers: workers), from: input) { gradient in
      try input.add(input.value.gatedGELUGradient(output: gradient, workers: workers))
    }
  }

  /// The exact GELU of each element.
  func gelu(_ input: Variable) throws -> Variable {
    let workers = workers
    return record(try input.value.gelu(workers: workers), from: input) { gradient in
      try input.add(input.value.geluGradient(output: gradient, workers: workers))
    }
  }

  /// The sum of two values of one shape.
  func sum(_ first: Variable, _ second: Variable) -> Variable {
    let (a, b) = (first.gradientSlot, second.gradientSlot)
    return record(first.value.adding(second.value), from: first, second) { gradient in
      a?.add(gradient)
      b?.add(gradient)
    }
  }

  /// The value with elements dropped; the value itself for no dropout.
  func dropping(_ input: Variable, _ dropout: Dropout?) throws -> Variable {
    guard let dropout else { return input }
    let (workers, slot) = (workers, input.gradientSlot)
    return record(try input.value.dropping(dropout, workers: workers), from: input) { gradient in
      slot?.add(try gradient.dropping(dropout, workers: workers))
    }
  }

  /// `[rows, columns]` once for each item: `[items × rows, columns]`.
  func repeated(_ input: Variable, items: Int) -> Variable {
    let slot = input.gradientSlot
    return record(input.value.repeatingRows(items), from: input) { gradient in
      slot?.add(gradient.summingItems(items))
    }
  }

  /// The mean of each item's rows: `[items × rows, columns]` to `[items, columns]`.
  func meanOfItems(_ input: Variable, items: Int) -> Variable {
    let (slot, rows) = (input.gradientSlot, input.value.shape[0] / items)
    return record(input.value.meanOfItems(items), from: input) { gradient in
      slot?.add(gradient.spreadingMean(overRows: rows))
    }
  }

  /// Each item's matrix turned: `[items × rows, columns]` to `[items × columns, rows]`.
  func turned(_ input: Variable, items: Int) -> Variable {
    let slot = input.gradientSlot
    return record(input.value.turningItems(items), from: input) { gradient in
      slot?.add(gradient.turningItems(items))
    }
  }

  /// Rows of a table, in the order given.
  func rows(_ indices: [Int], of table: Variable) -> Variable {
    let (slot, count) = (table.gradientSlot, table.value.shape[0])
    return record(table.value.gatheringRows(indices), from: table) { gradient in
      slot?.add(gradient.scatteringRows(indices, rows: count))
    }
  }

  /// The same elements in another shape.
  func reshaped(_ input: Variable, _ shape: [Int]) -> Variable {
    let (slot, own) = (input.gradientSlot, input.value.shape)
    return record(input.value.reshaped(shape), from: input) { gradient in
      slot?.add(gradient.reshaped(own))
    }
  }
}
