// How a cross-attention over tokens is computed: projections folded away, over tokens or over what
// makes them, or keys and values made block by block. All stream; what a stage keeps is the folded
// form in each case. CrossAttentionMethod says which way is taken.

import Tensors

/// One cross-attention with its projections of the context, ready to run on any tokens.
///
/// The context's norm has gain g and bias b, so a key is K(x̂∘g + b) + c for a standardised token x̂.
/// The score q·(K(x̂∘g + b) + c) equals (Kᵀq∘g)·x̂ + Kᵀq·b + q·c: a query folded into token space,
/// and a constant. Values fold likewise: a weighted mean of V(x̂∘g + b) + c is
/// V(mean(x̂)∘g + wb) + wc, where w is the sum of the weights.
struct StreamedTokenAttention {
  private let block: AttentionBlock
  private let key: (weight: Tensor, bias: Tensor?)
  private let value: (weight: Tensor, bias: Tensor?)
  private let gain: Tensor
  private let bias: Tensor

  init(_ block: AttentionBlock, parameters: Parameters) {
    self.block = block
    func ordered(_ tensor: Tensor) -> Tensor {
      block.contextColumns.map { tensor.gatheringColumns($0) } ?? tensor
    }
    func layer(_ layer: Projection) -> (weight: Tensor, bias: Tensor?) {
      (ordered(parameters.weight(of: layer)), parameters.bias(of: layer))
    }
    (key, value) = (layer(block.key), layer(block.value))
    let affine = block.readNorm.affine(parameters)
    (gain, bias) = (ordered(affine.gain), ordered(affine.bias))
  }

  /// Averages `[heads, queries, valueWidth]` and the attention, from unscaled queries
  /// `[heads, queries, dimHead]`.
  func attend(
    _ queries: Tensor, tokens: Tokens, by method: CrossAttentionMethod, workers: Workers
  ) throws -> (averages: Tensor, attention: StageAttention) {
    guard tokens.visibility != .none else {
      return try attendToNothing(queries, tokens: tokens, workers: workers)
    }
    let folded = try fold(queries, tokens: tokens, method, workers: workers)
    switch method {
    case .separable, .folded:
      let average = try folded.average(block.normalisation, workers: workers)
      return (
        try unfold(average, workers: workers),
        stageAttention(folded, average.statistics, tokens, method)
      )
    case .projected:
      var scaled = queries
      scaled.scale(by: Float(block.scale))
      let projected = AttentionOperands(
        queries: scaled,
        rows: .projected(
          tokens.rows(),
          weight: Tensor.joiningRows([key.weight, value.weight]).scalingColumns(by: gain),
          bias: try keyValueBias(workers: workers)))
      let average = try projected.average(block.normalisation, workers: workers)
      let statistics = average.statistics.withoutOffsets(folded.offsets)
      return (average.values, stageAttention(folded, statistics, tokens, method))
    }
  }

  private func stageAttention(
    _ folded: AttentionOperands, _ statistics: AttentionStatistics, _ tokens: Tokens,
    _ method: CrossAttentionMethod
  ) -> StageAttention {
    StageAttention(
      operands: folded, statistics: statistics, mapShape: tokens.axes,
      visibility: tokens.visibility,
      method: method)
  }

  /// Queries in token space `[heads, queries, channels]`, with the constants of their scores.
  private func fold(
    _ queries: Tensor, tokens: Tokens, _ method: CrossAttentionMethod, workers: Workers
  ) throws -> AttentionOperands {
    let folded = try (0..<block.heads).map { head in
      let own = Range.head(head, width: block.dimHead)
      return try queries.row(head).folded(
        through: key.weight.rows(own), gain: gain, bias: bias, layerBias: key.bias?.elements(own),
        scale: block.scale, workers: workers)
    }
    let (queries, offsets) = (
      Tensor.stacking(folded.map(\.queries)), Tensor.stacking(folded.map(\.offsets))
    )
    if method == .separable {
      return AttentionOperands(queries: queries, offsets: offsets, positions: tokens.positions[0])
    }
    return AttentionOperands(queries: queries, offsets: offsets, rows: .folded(tokens.rows()))
  }

  /// Rows of the values' space folded into token space: their products with every token's values are
  /// then products with tokens, `x · (V(x̂∘g + b) + c) = (Vᵀx ∘ g) · x̂ + Vᵀx · b + x · c`.
  ///
  /// - Parameter rows: `[heads, queries, valueWidth]`.
  /// - Returns: `[heads, queries, channels]`, and the constants `[heads, queries]`.
  func foldingValues(
    _ rows: Tensor, workers: Workers
  ) throws -> (queries: Tensor, offsets: Tensor) {
    let folded = try (0..<block.heads).map { head in
      let own = Range.head(head, width: block.valueWidth)
      return try rows.row(head).folded(
        through: value.weight.rows(own), gain: gain, bias: bias,
        layerBias: value.bias?.elements(own), scale: 1, workers: workers)
    }
    return (Tensor.stacking(folded.map(\.queries)), Tensor.stacking(folded.map(\.offsets)))
  }

  /// Values' projection of averaged tokens: `[heads, queries, channels]` to `[…, valueWidth]`.
  private func unfold(_ average: AttentionAverage, workers: Workers) throws -> Tensor {
    let values = try (0..<block.heads).map { head in
      let rows = Range.head(head, width: block.valueWidth)
      let sums = average.weightSums.row(head).reshaped([average.weightSums.shape[1], 1])
      let constants = try sums.times(bias.reshaped([1, bias.count]), workers: workers)
      let values = try average.values.row(head).scalingColumns(by: gain).adding(constants)
        .linear(weight: value.weight.rows(rows), workers: workers)
      guard let own = value.bias?.elements(rows) else { return values }
      return values.adding(try sums.times(own.reshaped([1, own.count]), workers: workers))
    }
    return Tensor.stacking(values)
  }

  /// Keys' and values' constant part: `[inner + valueInner]`.
  private func keyValueBias(workers: Workers) throws -> Tensor {
    let row = bias.reshaped([1, bias.count])
    return Tensor.joiningColumns(
      try row.linear(weight: key.weight, bias: key.bias, workers: workers),
      try row.linear(weight: value.weight, bias: value.bias, workers: workers)
    ).row(0)
  }

  /// What torch gives when a mask keeps nothing: the plain mean of all values, or with inverted
  /// attention zeros.
  private func attendToNothing(
    _ queries: Tensor, tokens: Tokens, workers: Workers
  ) throws -> (averages: Tensor, attention: StageAttention) {
    let silent = AttentionOperands(
      queries: Tensor(shape: [block.heads, queries.shape[1], block.contextDim]),
      rows: .folded(tokens.rows()))
    let average = try silent.softmaxAverage(workers: workers)
    let attention = stageAttention(silent, average.statistics, tokens, .folded)
    guard block.normalisation == .overKeys else {
      return (
        Tensor(shape: [block.heads, queries.shape[1], block.valueWidth]), attention.withoutWeights()
      )
    }
    return (try unfold(average, workers: workers), attention)
  }
}

extension AttentionStatistics {
  /// The same statistics for scores that leave out a constant of each query.
  fileprivate func withoutOffsets(_ offsets: Tensor?) -> AttentionStatistics {
    guard case .overKeys(var rowMaxima, let sums) = self, let offsets else { return self }
    rowMaxima.add(offsets, times: -1)
    return .overKeys(rowMaxima: rowMaxima, sums: sums)
  }
}
