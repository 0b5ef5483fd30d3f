// Attention, mixing and recurrence on a tape.

import Tensors

extension Tape {
  /// What attention averages: `[batch × queries, heads × width]`.
  ///
  /// - Parameters:
  ///   - queries: Where `attention.queries` came from; keys and values likewise.
  ///   - normalisation: What the softmax runs over.
  func attention(
    _ attention: BatchedAttention, queries: Variable, keyValues: Variable,
    _ normalisation: AttentionBlock.Normalisation
  ) throws -> Variable {
    let workers = workers
    let (querySlot, keySlot) = (queries.gradientSlot, keyValues.gradientSlot)
    func add(_ gradients: BatchedAttention.Gradients) {
      querySlot?.add(gradients.queries)
      if let keyValues = gradients.keyValues { keySlot?.add(keyValues) }
    }
    switch normalisation {
    case .overKeys:
      let (values, statistics) = try attention.averages(workers: workers)
      return record(values, from: queries, keyValues) { gradient in
        add(
          try attention.gradients(
            statistics, averages: values, gradient: gradient, asksForKeyValues: keySlot != nil,
            workers: workers))
      }
    case .overQueries:
      let (values, totals) = try attention.invertedAverages(workers: workers)
      return record(values, from: queries, keyValues) { gradient in
        add(
          try attention.invertedGradients(
            totals: totals, averages: values, gradient: gradient,
            asksForKeyValues: keySlot != nil, workers: workers))
      }
    }
  }

  /// What attention to positions averages: `[batch × queries, heads × columns]`.
  ///
  /// - Parameters:
  ///   - queries: Where the attention's queries came from.
  ///   - channels: Where the positions' data came from, `[items × positions, channels]`, and each item's
  ///     positions as planes; nil where no gradient goes on to them.
  func attention(
    _ attention: BatchedPositionAttention, queries: Variable,
    channels: (source: Variable, planes: [SeparablePositions])?
  ) throws -> Variable {
    let (workers, slot) = (workers, queries.gradientSlot)
    let (values, statistics) = try attention.averages(workers: workers)
    let sources = [queries] + (channels.map { [$0.source] } ?? [])
    let (channelSlot, planes) = (channels?.source.gradientSlot, channels?.planes ?? [])
    return record(values, from: sources) { gradient in
      if let slot {
        slot.add(
          try attention.queryGradient(
            statistics, averages: values, gradient: gradient, workers: workers))
      }
      if let channelSlot {
        channelSlot.add(
          try attention.dataGradient(
            statistics, averages: values, gradient: gradient, of: planes, workers: workers))
      }
    }
  }

  /// What tokens take by linear attention from what they were projected to,
  /// `[batch × tokens, 3 × heads × width]`.
  func linearAttention(
    _ projected: Variable, batch: Int, heads: Int, scale: Float, mask: Tensor?
  ) throws -> Variable {
    let (workers, slot) = (workers, projected.gradientSlot)
    let attention = BatchedLinearAttention(
      batch: batch, heads: heads, projected: projected.value, scale: scale, mask: mask)
    return record(try attention.outputs(workers: workers), from: projected) { gradient in
      slot?.add(try attention.gradient(outputs: gradient, workers: workers))
    }
  }

  /// torch's `GRUCell` from its two linear layers' gates `[rows, 3 × dim]`.
  func gatedRecurrence(
    state: Variable, inputGates: Variable, stateGates: Variable
  ) throws -> Variable {
    let workers = workers
    let value = try Tensor.gatedRecurrence(
      state: state.value, inputGates: inputGates.value, stateGates: stateGates.value,
      workers: workers)
    return record(value, from: state, inputGates, stateGates) { gradient in
      let parts = try Tensor.gatedRecurrenceGradients(
        state: state.value, inputGates: inputGates.value, stateGates: stateGates.value,
        output: gradient, workers: workers)
      state.add(parts.state)
      inputGates.add(parts.inputGates)
      stateGates.add(parts.stateGates)
    }
  }

  /// The mean of values of one shape under a softmax of their logits across them, and each value's
  /// share in it.
  func softmaxMix(
    of values: [Variable], logits: [Variable]
  ) -> (mixed: Variable, shares: [Tensor]) {
    let (mixed, shares) = Tensor.softmaxMix(of: values.map(\.value), logits: logits.map(\.value))
    let variable = record(mixed, from: values + logits) { gradient in
      let parts = Tensor.softmaxMixGradients(
        of: values.map(\.value), shares: shares, mixed: mixed, output: gradient)
      for (value, part) in zip(values, parts.tensors) { value.add(part) }
      for (logit, part) in zip(logits, parts.logits) { logit.add(part) }
    }
    return (variable, shares)
  }
}

extension Variable {
  /// Columns of every head rotated by angles that grow with an item's rows.
  ///
  /// - Parameter columns: Those that are rotated; the others stay.
  func rotated(items: Int, columns: Int, width: Int, frequencies: [Float]) -> Variable {
    let slot = gradientSlot
    let rotated = value.rotatingItems(
      items, columns: columns, width: width, frequencies: frequencies)
    return tape.record(rotated, from: self) { gradient in
      slot?.add(
        gradient.rotatingItemsBack(
          items, columns: columns, width: width, frequencies: frequencies))
    }
  }
}
