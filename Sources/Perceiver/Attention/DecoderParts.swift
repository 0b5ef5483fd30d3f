// A decoder's stage over parts of what is asked: of all queries no more is stored than what comes out
// of them. 182,528 positions of a flow and 2048 latents would else need gigabytes.

import Tensors

extension Pass {
  /// Rows that a decoder computes at once.
  private static let decodedAtOnce = 4096

  /// A decoder's stage of a run over its rows `[queries, dim]`, part by part; nil where something is
  /// done or asked at points of the stage, which needs all rows together, or there is a tape.
  ///
  /// - Parameter body: The stage, of some rows, in a pass that has the latents ready.
  /// - Throws: `ComputationCancelled`.
  func decodedInParts(
    _ plan: StagePlan, _ rows: Variable, _ streams: Streams<Variable>,
    _ body: (_ part: Variable, Pass) throws -> Variable
  ) throws -> Variable? {
    guard let keeper, plan.operation.changes == .outputs, !plan.isGated, plan.residual == nil,
      let block = plan.operation.attentionBlock, block.normalisation == .overKeys,
      streams.tokens.items == 1, isUntouched, !tape.isRecording
    else { return nil }
    let (count, dim) = (rows.value.shape[0], block.dim)
    var pass = self
    let reading = try LatentReading(block, latents: streams.latents, rows: count, in: self)
    pass.latentReading = reading
    let outputs = try Tensor(shape: [count, dim]) { out in
      for range in Blocks(count, size: Self.decodedAtOnce) {
        let changed = try body(tape.constant(rows.value.rows(range)), pass)
        changed.value.withUnsafeElements { values in
          let own = range.lowerBound * dim..<range.upperBound * dim
          _ = UnsafeMutableBufferPointer(rebasing: out[own]).initialize(fromContentsOf: values)
        }
      }
    }
    keeper.attention = StageAttention(
      block, byKeys: reading.keys, statistics: .joining(reading.statistics),
      rows: rows.value.reshaped(keeper.askedAxes + [dim]))
    return tape.constant(outputs)
  }
}

/// What rows read of latents, made ready once: keys and values, or both taken into the rows' space.
///
/// With y = norm(x) and a head's key k and value v of a latent, the score is (Qy + c)·k =
/// y·(Qᵀk) + c·k, and what the output layer makes of an average of values is the average of its
/// products with them. Many rows of few channels then go through no projection at all.
final class LatentReading {
  private let block: AttentionBlock
  /// Keys in the space of standardised rows, from which maps are made.
  let keys: StageAttention.KeysOfRows
  /// Of the rows that have read so far, part by part.
  private(set) var statistics: [AttentionStatistics] = []
  private let form: Form

  private enum Form {
    /// Keys of all heads, then values, `[latents, inner + valueInner]`.
    case projected(Tensor)
    /// Keys and constants `[latents, heads × (dim + 1)]`, then values as the output layer leaves them,
    /// `[latents, heads × dim]`.
    case folded(Tensor)
  }

  init(_ block: AttentionBlock, latents: Variable, rows count: Int, in pass: Pass) throws {
    self.block = block
    let (parameters, workers) = (pass.tape.constants, pass.tape.workers)
    let keyValues = try pass.linear(block.readNorm(latents, in: pass), block.key, block.value)
      .value
    keys = try StageAttention.KeysOfRows(
      block, keyValues, .all, parameters: parameters, workers: workers)
    let method = block.method(rows: Double(count), latents: Double(keyValues.shape[0]))
    guard method == .folded else {
      form = .projected(keyValues)
      return
    }
    let toQuery = parameters.weight(of: block.query)
    let queryBias = parameters.bias(of: block.query)
    let toOutput = parameters.weight(of: block.output)
    let outputBias = parameters.bias(of: block.output)
    let unit = Tensor(shape: [block.dim], repeating: 1)
    let zero = Tensor(shape: [block.dim])
    var parts: (keys: [Tensor], values: [Tensor]) = ([], [])
    for head in 0..<block.heads {
      let columns = Range.head(head, width: block.dimHead)
      // The norm's gain and bias are in the rows already.
      let key = try keyValues.columns(columns).folded(
        through: toQuery.rows(columns), gain: unit, bias: zero,
        layerBias: queryBias?.elements(columns), scale: block.scale, workers: workers)
      parts.keys.append(
        .joiningColumns(key.queries, key.offsets.reshaped([key.offsets.count, 1])))
      let values = Range.head(head, width: block.valueWidth)
      let own = keyValues.columns(block.inner + values.lowerBound..<block.inner + values.upperBound)
      // A row's weights sum to one, so the layer's bias may come with one head's values.
      parts.values.append(
        try own.linear(
          weight: toOutput.columns(values), bias: head == 0 ? outputBias : nil, workers: workers))
    }
    form = .folded((parts.keys + parts.values).reduceJoiningColumns())
  }

  /// What rows `[rows, dim]` get: `[rows, dim]`.
  func callAsFunction(_ rows: Variable, in pass: Pass) throws -> Variable {
    let normed = try block.norm(rows, in: pass)
    switch form {
    case .projected(let keyValues):
      var queries = try pass.linear(normed, block.query).value.splitIntoHeads(block.heads)
      queries.scale(by: Float(block.scale))
      let average = try AttentionOperands(queries: queries, rows: .stored(keyValues))
        .softmaxAverage(workers: pass.tape.workers)
      statistics.append(average.statistics)
      return try pass.linear(
        pass.tape.constant(average.values.joiningHeads()), block.output)
    case .folded(let stored):
      let count = normed.value.shape[0]
      let ones = Tensor(shape: [count, 1], repeating: 1)
      let queries = Tensor.joiningColumns(normed.value, ones)
      let average = try AttentionOperands(
        queries: .stacking(Array(repeating: queries, count: block.heads)), rows: .stored(stored)
      ).softmaxAverage(workers: pass.tape.workers)
      var sum = average.values.row(0)
      for head in 1..<block.heads { sum.add(average.values.row(head)) }
      statistics.append(average.statistics)
      return pass.tape.constant(sum)
    }
  }
}

extension [Tensor] {
  /// Matrices of as many rows side by side.
  fileprivate func reduceJoiningColumns() -> Tensor {
    dropFirst().reduce(self[0]) { .joiningColumns($0, $1) }
  }
}
