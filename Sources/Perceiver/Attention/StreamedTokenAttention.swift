// How a cross-attention over tokens is computed: projections folded away, over tokens or over what
// makes them, or keys and values made block by block. All stream; what a stage keeps is the folded
// form in each case. CrossAttentionMethod says which way is taken.

import Tensors

/// One cross-attention with its projections of the context, ready to run on any tokens.
///
/// The context's norm has gain g and bias b, so a key is K(x̂∘g + b) for a standardised token x̂.
/// The score q·K(x̂∘g + b) equals (Kᵀq∘g)·x̂ + Kᵀq·b: a query folded into token space, and a
/// constant. Values fold likewise: a weighted mean of V(x̂∘g + b) is V(mean(x̂)∘g + wb), where w
/// is the sum of the weights.
struct StreamedTokenAttention {
  private let block: AttentionBlock
  private let toKV: Tensor
  private let gain: Tensor
  private let bias: Tensor

  init(_ block: AttentionBlock, parameters: Parameters) {
    self.block = block
    toKV = parameters[block.name + ".fn.to_kv.weight"]
    (gain, bias) = block.contextNorm.affine(parameters)
  }

  /// Averages `[heads, queries, dimHead]` and the attention, from unscaled queries of that shape.
  func attend(
    _ queries: Tensor, tokens: Tokens, workers: Workers
  ) throws -> (averages: Tensor, attention: StageAttention) {
    guard tokens.visibility != .none else {
      return try attendToNothing(queries, tokens: tokens, workers: workers)
    }
    let method = block.method(queries: queries.shape[1], tokens: tokens.size)
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
          tokens.rows(), weight: toKV.scalingColumns(by: gain),
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
      try queries.row(head).folded(
        through: toKV.rows(head * block.dimHead..<(head + 1) * block.dimHead), gain: gain,
        bias: bias, scale: block.scale, workers: workers)
    }
    let (queries, offsets) = (
      Tensor.stacking(folded.map(\.queries)), Tensor.stacking(folded.map(\.offsets))
    )
    if method == .separable {
      return AttentionOperands(queries: queries, offsets: offsets, places: tokens.places)
    }
    return AttentionOperands(queries: queries, offsets: offsets, rows: .folded(tokens.rows()))
  }

  /// Values' projection of averaged tokens: `[heads, queries, channels]` to `[…, dimHead]`.
  private func unfold(_ average: AttentionAverage, workers: Workers) throws -> Tensor {
    let values = try (0..<block.heads).map { head in
      let start = block.inner + head * block.dimHead
      let constants = try average.weightSums.row(head).reshaped([average.weightSums.shape[1], 1])
        .times(bias.reshaped([1, bias.count]), workers: workers)
      return try average.values.row(head).scalingColumns(by: gain).adding(constants)
        .linear(weight: toKV.rows(start..<start + block.dimHead), workers: workers)
    }
    return Tensor.stacking(values)
  }

  /// Keys' and values' constant part: `[2 × inner]`.
  private func keyValueBias(workers: Workers) throws -> Tensor {
    try bias.reshaped([1, bias.count]).linear(weight: toKV, workers: workers).row(0)
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
      return (Tensor(shape: queries.shape), attention.withoutWeights())
    }
    return (try unfold(average, workers: workers), attention)
  }
}

extension AttentionStatistics {
  /// The same statistics for scores that leave out a constant of each query.
  fileprivate func withoutOffsets(_ offsets: Tensor?) -> AttentionStatistics {
    guard case .overKeys(var peaks, let sums) = self, let offsets else { return self }
    peaks.add(offsets, times: -1)
    return .overKeys(peaks: peaks, sums: sums)
  }
}
