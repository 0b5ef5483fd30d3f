// What happens to rows on a tape: norms, activations, sums, dropout, and rows moved.

import Tensors

extension Variable {
  /// torch's `LayerNorm` of rows `[rows, columns]`.
  func layerNorm(gain: Variable, bias: Variable, epsilon: Float) throws -> Variable {
    let (x, workers) = (value, tape.workers)
    let normed = try x.layerNorm(
      gain: gain.value, bias: bias.value, epsilon: epsilon, workers: workers)
    return tape.record(normed, from: self, gain, bias) { gradient in
      let parts = try x.layerNormGradients(
        gain: gain.value, epsilon: epsilon, output: gradient, workers: workers)
      add(parts.input)
      gain.add(parts.gain)
      bias.add(parts.bias)
    }
  }

  /// The RMSNorm of releases up to 0.1.15, of rows `[rows, columns]`.
  func clampedRootMeanSquareNorm(gain: Variable, least: Float) throws -> Variable {
    let (x, workers) = (value, tape.workers)
    let normed = try x.clampedRootMeanSquareNorm(gain: gain.value, least: least, workers: workers)
    return tape.record(normed, from: self, gain) { gradient in
      let parts = try x.clampedRootMeanSquareNormGradients(
        gain: gain.value, least: least, output: gradient, workers: workers)
      add(parts.input)
      gain.add(parts.gain)
    }
  }

  /// torch's `RMSNorm` of rows `[rows, columns]`.
  func rootMeanSquareNorm(gain: Variable, epsilon: Float) throws -> Variable {
    let (x, workers) = (value, tape.workers)
    let normed = try x.rootMeanSquareNorm(gain: gain.value, epsilon: epsilon, workers: workers)
    return tape.record(normed, from: self, gain) { gradient in
      let parts = try x.rootMeanSquareNormGradients(
        gain: gain.value, epsilon: epsilon, output: gradient, workers: workers)
      add(parts.input)
      gain.add(parts.gain)
    }
  }

  /// GEGLU: `[rows, 2 × half]` to `[rows, half]`.
  func gatedGELU() throws -> Variable {
    let (x, workers) = (value, tape.workers)
    return tape.record(try x.gatedGELU(workers: workers), from: self) { gradient in
      try add(x.gatedGELUGradient(output: gradient, workers: workers))
    }
  }

  /// The exact GELU of each element.
  func gelu() throws -> Variable {
    let (x, workers) = (value, tape.workers)
    return tape.record(try x.gelu(workers: workers), from: self) { gradient in
      try add(x.geluGradient(output: gradient, workers: workers))
    }
  }

  /// The sum of two values of one shape.
  static func + (first: Variable, second: Variable) -> Variable {
    let (a, b) = (first.gradientSlot, second.gradientSlot)
    return first.tape.record(first.value.adding(second.value), from: first, second) { gradient in
      a?.add(gradient)
      b?.add(gradient)
    }
  }

  /// Every element of rows `[rows, columns]` times a number; the value itself for 1.
  func scaled(by factor: Float) -> Variable {
    guard factor != 1 else { return self }
    return editing(rows: 0..<value.shape[0], columns: 0..<value.shape[1], .scale(factor))
  }

  /// The value with a region edited.
  func editing(rows: Range<Int>, columns: Range<Int>, _ edit: RegionEdit) -> Variable {
    let slot = gradientSlot
    let edited = value.editing(rows: rows, columns: columns, edit)
    return tape.record(edited, from: self) { gradient in
      slot?.add(
        Tensor.editingGradient(output: gradient, rows: rows, columns: columns, edit))
    }
  }

  /// The value with elements dropped; the value itself for no dropout.
  func dropping(_ dropout: Dropout?) throws -> Variable {
    guard let dropout else { return self }
    let (workers, slot) = (tape.workers, gradientSlot)
    return tape.record(try value.dropping(dropout, workers: workers), from: self) { gradient in
      slot?.add(try gradient.dropping(dropout, workers: workers))
    }
  }

  /// `[rows, columns]` once for each item: `[items × rows, columns]`.
  func repeated(items: Int) -> Variable {
    guard items != 1 else { return self }
    let slot = gradientSlot
    // Parameters lie elsewhere; what is computed from here on lies with the workers' other tensors.
    let rows = value.repeatingRows(items, in: tape.workers.pages)
    return tape.record(rows, from: self) { gradient in
      slot?.add(gradient.summingItems(items))
    }
  }

  /// The mean of each item's rows: `[items × rows, columns]` to `[items, columns]`.
  func meanOfItems(_ items: Int) -> Variable {
    let (slot, rows) = (gradientSlot, value.shape[0] / items)
    return tape.record(value.meanOfItems(items), from: self) { gradient in
      slot?.add(gradient.spreadingMean(overRows: rows))
    }
  }

  /// Each item's matrix transposed: `[items × rows, columns]` to `[items × columns, rows]`.
  func transposed(items: Int) -> Variable {
    let slot = gradientSlot
    return tape.record(value.transposingItems(items), from: self) { gradient in
      slot?.add(gradient.transposingItems(items))
    }
  }

  /// Rows of a table, in the order given.
  func rows(_ indices: [Int]) -> Variable {
    let (slot, count) = (gradientSlot, value.shape[0])
    return tape.record(value.gatheringRows(indices), from: self) { gradient in
      slot?.add(gradient.scatteringRows(indices, rows: count))
    }
  }

  /// The same elements in another shape.
  func reshaped(_ shape: [Int]) -> Variable {
    let (slot, own) = (gradientSlot, value.shape)
    return tape.record(value.reshaped(shape), from: self) { gradient in
      slot?.add(gradient.reshaped(own))
    }
  }
}
