// Attention over a batch and its gradients, for training. No queries × keys matrix is stored:
// backward computes the scores again, block by block, from each softmax's row maximum and sum.
//
// With P the weights, A = P·V what they average and dA its gradient:
//   dV = Pᵀ·dA,  dP = dA·Vᵀ,  dS = P ∘ (dP − D),  D = Σ dA ∘ A for each query,
//   dQ = scale · dS·K,  dK = scale · dSᵀ·Q.
// Dropout multiplies P by zeros and factors before A; it then multiplies dP, and D stays what it is.
//
// Error, to first order in u = 2⁻²⁴. A score: d = (width + 1) u Σ|scale × query × key|. Queries meet
// keys in blocks of at most 256 queries and 65,536 scores; with b keys in a block, B blocks in a span
// of keys and S spans, an average is wrong by at most (2 d + e + (b + B) u) Σ P |v|, e what
// RunningSoftmax says of weights, their sum and joined parts; dropout adds 2 u.
// Backward, P anew: relatively p = d + 3 u |s − row maximum| + 2e-7 + 2 u, the sum's own error apart.
// dP: width × u Σ|dA × V|; D: u |D| and Σ |dA| times the error of A, or, where a block holds all keys,
// what p and dP's errors make of it. dS: (p + 2 u) |dS| + P × (the errors of dP and D). dQ adds
// (b + B + S + 1) u Σ|scale × dS × K|. dV and dK, with q, Q and T for b, B and S of queries, add
// (q + Q + T + 1) u Σ|P × dA| and (q + Q + T + 1) u Σ|scale × dS × Q|; dropout adds 2 u to each.

import CKernels

/// Queries, keys and values of a batch, every head's columns side by side in rows.
package struct BatchedAttention: Sendable {
  /// Where a head's columns stand in a matrix.
  package struct HeadColumns: Sendable, Hashable {
    /// The first column of head 0.
    package let first: Int
    /// From one head's first column to the next's; 0 where all heads share them.
    package let stride: Int
    /// Columns of a head.
    package let width: Int

    package init(first: Int, stride: Int, width: Int) {
      (self.first, self.stride, self.width) = (first, stride, width)
    }

    func start(of head: Int) -> Int { first + head * stride }
  }

  /// Items of the batch.
  package let batch: Int
  package let heads: Int
  /// `[batch × queries, …]`.
  package let queries: Tensor
  package let query: HeadColumns
  /// Keys and values: `[batch × keys, …]`.
  package let keyValues: Tensor
  package let key: HeadColumns
  package let value: HeadColumns
  /// What scores are multiplied by.
  package let scale: Float
  /// `[batch × keys]`: what is added to a key's scores, 0 or -infinity; nil for nothing. An item
  /// whose keys are all masked weighs them alike, and passes nothing back to its scores.
  package var mask: Tensor?
  /// Which weights are dropped; nil for none.
  package var dropout: Dropout?

  package init(
    batch: Int, heads: Int, queries: Tensor, query: HeadColumns, keyValues: Tensor,
    key: HeadColumns, value: HeadColumns, scale: Float
  ) {
    precondition(queries.shape[0] % batch == 0 && keyValues.shape[0] % batch == 0)
    precondition(query.width == key.width)
    (self.batch, self.heads, self.scale) = (batch, heads, scale)
    (self.queries, self.query) = (queries, query)
    (self.keyValues, self.key, self.value) = (keyValues, key, value)
  }

  /// Queries of one item.
  var queryCount: Int { queries.shape[0] / batch }
  /// Keys of one item.
  var keyCount: Int { keyValues.shape[0] / batch }

  /// The softmax of each query: weight = exp(score − row maximum) / sum, `[batch × heads ×
  /// queries]` each.
  package struct Statistics: Sendable {
    var rowMaxima: Tensor
    var sums: Tensor
  }

  /// What a softmax over keys averages: `[batch × queries, heads × value width]`.
  ///
  /// - Throws: `ComputationCancelled`.
  package func averages(workers: Workers) throws -> (values: Tensor, statistics: Statistics) {
    let cut = AttentionCut(self)
    let operands = HeldOperands(self)
    let (count, width) = (queryCount, value.width)
    let rows = batch * heads * count
    // Of each span of keys and each query: what it averages, its row maximum, its sum.
    let partial = try Tensor(shape: [cut.keys.count, rows, width + 2], in: workers.pages) {
      buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(cut.tasks) { task in
        let part = cut[task]
        operands.average(
          part, into: out.base + (part.keySpan * rows + part.pair * count) * (width + 2))
      }
    }
    return joined(partial, spans: cut.keys.count)
  }

  private func joined(
    _ partial: Tensor, spans: Int
  ) -> (values: Tensor, statistics: Statistics) {
    let (count, width, all) = (queryCount, value.width, heads * value.width)
    let rows = batch * heads * count
    var rowMaxima = Tensor(shape: [rows], in: partial.pages)
    var sums = Tensor(shape: [rows], in: partial.pages)
    let parts = HeldInput(partial)
    let values = Tensor(shape: [batch * count, all], in: partial.pages) { out in
      rowMaxima.withUnsafeMutableElements { rowMaxima in
        sums.withUnsafeMutableElements { sums in
          for row in 0..<rows {
            let (pair, query) = row.quotientAndRemainder(dividingBy: count)
            let (item, head) = pair.quotientAndRemainder(dividingBy: heads)
            let target = out.baseAddress.map {
              $0 + (item * count + query) * all + head * width
            }
            guard let target else { continue }
            (rowMaxima[row], sums[row]) = SoftmaxPart.join(spans, width: width, into: target) {
              span in
              let own = parts.base + (span * rows + row) * (width + 2)
              return SoftmaxPart(values: own, maximum: own[width], sum: own[width + 1])
            }
          }
        }
      }
    }
    return (values, Statistics(rowMaxima: rowMaxima, sums: sums))
  }
}

extension BatchedAttention {
  /// What an attention passes back.
  package struct Gradients: Sendable {
    /// Of queries, in their shape.
    package let queries: Tensor
    /// Of keys and values, in their shape; nil where they were not asked for.
    package let keyValues: Tensor?
  }

  /// Gradients of `averages`.
  ///
  /// - Parameters:
  ///   - averages: What it gave, and `gradient` that of it: `[batch × queries, heads × width]`.
  ///   - asksForKeyValues: Whether keys and values pass anything on; heads then share no columns.
  /// - Throws: `ComputationCancelled`.
  package func gradients(
    _ statistics: Statistics, averages: Tensor, gradient: Tensor, asksForKeyValues: Bool,
    workers: Workers
  ) throws -> Gradients {
    precondition(!asksForKeyValues || heads == 1 || (key.stride > 0 && value.stride > 0))
    let cut = AttentionCut(self)
    let operands = HeldOperands(self)
    let means = rowProducts(averages, gradient)
    var queryGradients = Tensor(shape: [cut.keys.count] + queries.shape, in: workers.pages)
    var keyGradients = Tensor(
      shape: asksForKeyValues ? [cut.queries.count] + keyValues.shape : [0, 0],
      in: workers.pages)
    try queryGradients.withUnsafeMutableElements { queries in
      try keyGradients.withUnsafeMutableElements { keys in
        guard let queries = SharedElements(queries) else { return }
        let backward = HeldOperands.Backward(
          averages: HeldInput(gradient), means: HeldInput(means),
          rowMaxima: HeldInput(statistics.rowMaxima), sums: HeldInput(statistics.sums),
          queries: queries,
          keyValues: asksForKeyValues ? SharedElements(keys) : nil)
        try workers.forEach(cut.tasks) { operands.addGradients(cut[$0], backward) }
      }
    }
    return Gradients(
      queries: queryGradients.summingFirstAxis(),
      keyValues: asksForKeyValues ? keyGradients.summingFirstAxis() : nil)
  }

  /// For each query of each head, its average times the average's gradient:
  /// `[batch × heads × queries]`.
  func rowProducts(_ averages: Tensor, _ gradient: Tensor) -> Tensor {
    let (count, width, all) = (queryCount, value.width, heads * value.width)
    let (a, g) = (HeldInput(averages), HeldInput(gradient))
    return Tensor(shape: [batch * heads * count], in: gradient.pages) { out in
      for row in 0..<batch * heads * count {
        let (pair, query) = row.quotientAndRemainder(dividingBy: count)
        let (item, head) = pair.quotientAndRemainder(dividingBy: heads)
        let start = (item * count + query) * all + head * width
        out[row] = Float(pk_dot(a.base + start, g.base + start, width))
      }
    }
  }
}

extension BatchedAttention {
  /// Pointers to what every task reads.
  struct HeldOperands: Sendable {
    private let attention: BatchedAttention
    private let queries: HeldInput
    private let keyValues: HeldInput
    private let mask: HeldInput?
    /// Items of which every key is masked.
    private let blind: [Bool]
    private let queryCount: Int
    private let keyCount: Int

    init(_ attention: BatchedAttention) {
      self.attention = attention
      queries = HeldInput(attention.queries)
      keyValues = HeldInput(attention.keyValues)
      mask = attention.mask.map { HeldInput($0) }
      (queryCount, keyCount) = (attention.queryCount, attention.keyCount)
      let count = keyCount
      blind = (0..<attention.batch).map { item in
        attention.mask?.withUnsafeElements { mask in
          mask[item * count..<(item + 1) * count].allSatisfy { $0 == -.infinity }
        } ?? false
      }
    }
  }
}

extension BatchedAttention.HeldOperands {
  private var width: Int { attention.value.width }
  private var queryStride: Int { attention.queries.shape[1] }
  private var keyStride: Int { attention.keyValues.shape[1] }

  private func item(_ pair: Int) -> Int { pair / attention.heads }

  /// A head's queries of some of an item's rows; keys and values likewise.
  private func query(_ pair: Int, _ rows: Range<Int>) -> StridedMatrix<Float> {
    StridedMatrix(
      queries.base + (item(pair) * queryCount + rows.lowerBound) * queryStride
        + attention.query.start(of: pair % attention.heads),
      rows: rows.count, columns: attention.query.width, stride: queryStride)
  }

  private func key(_ pair: Int, _ rows: Range<Int>) -> StridedMatrix<Float> {
    keyValue(pair, rows, attention.key)
  }

  private func value(_ pair: Int, _ rows: Range<Int>) -> StridedMatrix<Float> {
    keyValue(pair, rows, attention.value)
  }

  private func keyValue(
    _ pair: Int, _ rows: Range<Int>, _ columns: BatchedAttention.HeadColumns
  ) -> StridedMatrix<Float> {
    StridedMatrix(
      keyValues.base + (item(pair) * keyCount + rows.lowerBound) * keyStride
        + columns.start(of: pair % attention.heads),
      rows: rows.count, columns: columns.width, stride: keyStride)
  }

  /// Blocks of queries and keys whose scores stay in a core's own cache.
  private func forEachBlock(
    _ part: AttentionCut.Part, _ body: (_ queries: Range<Int>, _ keys: Range<Int>) -> Void
  ) {
    let sizes = blockSizes(part)
    for queries in Blocks(part.queries, size: sizes.queries) {
      for keys in Blocks(part.keys, size: sizes.keys) { body(queries, keys) }
    }
  }

  private func blockSizes(_ part: AttentionCut.Part) -> (queries: Int, keys: Int) {
    let queries = max(1, min(256, part.queries.count))
    return (queries, Blocks.size(in: 64...65536, each: queries))
  }

  /// Floats of a block of scores.
  private func blockCount(_ part: AttentionCut.Part) -> Int {
    let sizes = blockSizes(part)
    return sizes.queries * min(sizes.keys, max(1, part.keys.count))
  }

  private func fillScores(
    _ scores: UnsafeMutablePointer<Float>, pair: Int, queries: Range<Int>, keys: Range<Int>
  ) {
    guard !blind[item(pair)] else {
      return scores.update(repeating: 0, count: queries.count * keys.count)
    }
    query(pair, queries).timesInBLAS(key(pair, keys).transposed, scale: attention.scale)
      .store(in: scores, stride: keys.count)
    if let mask {
      let own = mask.base + item(pair) * keyCount + keys.lowerBound
      for row in 0..<queries.count {
        pk_add_scaled(scores + row * keys.count, own, 1, keys.count)
      }
    }
  }

  private func drop(
    _ weights: UnsafeMutablePointer<Float>, pair: Int, query: Int, keys: Range<Int>
  ) {
    attention.dropout?.apply(
      to: weights, count: keys.count,
      first: UInt64(pair * queryCount + query) * UInt64(keyCount) + UInt64(keys.lowerBound))
  }

  /// Writes for each query of a part `[queries, width + 2]`, beginning at the pair's first: what
  /// its weights over the part's keys sum up, not yet divided; their row maximum; their sum.
  func average(_ part: AttentionCut.Part, into out: UnsafeMutablePointer<Float>) {
    let stride = width + 2
    func row(_ query: Int) -> RunningSoftmax {
      let own = out + query * stride
      return RunningSoftmax(
        values: own, width: width, maximum: own + width, sum: own + width + 1)
    }
    for query in part.queries { row(query).start() }
    withScratch(blockCount(part)) { scores in
      forEachBlock(part) { queries, keys in
        fillScores(scores, pair: part.pair, queries: queries, keys: keys)
        for (index, query) in queries.enumerated() {
          let weights = scores + index * keys.count
          row(query).weigh(weights, count: keys.count)
          drop(weights, pair: part.pair, query: query, keys: keys)
        }
        StridedMatrix(scores, rows: queries.count, columns: keys.count)
          .timesInBLAS(value(part.pair, keys))
          .add(to: out + queries.lowerBound * stride, stride: stride)
      }
    }
  }

  /// What gradients are made from and where they go.
  struct Backward: Sendable {
    /// Of the averages: `[batch × queries, heads × width]`.
    let averages: HeldInput
    /// Each query's weights times their gradients, `[batch × heads × queries]`.
    let means: HeldInput
    let rowMaxima: HeldInput
    let sums: HeldInput
    /// Of queries, added to; one `[batch × queries, …]` for each span of keys.
    let queries: SharedElements
    /// Of keys and values, added to; one `[batch × keys, …]` for each span of queries; nil
    /// where nobody asks.
    let keyValues: SharedElements?
  }

  /// Adds a part's gradients.
  func addGradients(_ part: AttentionCut.Part, _ backward: Backward) {
    let pair = part.pair
    let (head, all) = (pair % attention.heads, attention.heads * width)
    let count = blockCount(part)
    let queryOffset = part.keySpan * attention.queries.count
    let keyOffset = part.querySpan * attention.keyValues.count
    withScratch(3 * count) { scratch in
      let (weights, gradients, dropped) = (scratch, scratch + count, scratch + 2 * count)
      forEachBlock(part) { queries, keys in
        let rows = queries.count
        fillWeights(weights, backward, pair: pair, queries: queries, keys: keys)
        let dA = StridedMatrix(
          backward.averages.base + (item(pair) * queryCount + queries.lowerBound) * all
            + head * width,
          rows: rows, columns: width, stride: all)
        let target = backward.keyValues.map {
          $0.base + keyOffset + (item(pair) * keyCount + keys.lowerBound) * keyStride
        }
        if let target {
          var used = UnsafePointer(weights)
          if attention.dropout != nil {
            dropped.update(from: weights, count: rows * keys.count)
            for (row, query) in queries.enumerated() {
              drop(dropped + row * keys.count, pair: pair, query: query, keys: keys)
            }
            used = UnsafePointer(dropped)
          }
          StridedMatrix(used, rows: rows, columns: keys.count).transposed.timesInBLAS(dA)
            .add(to: target + attention.value.start(of: head), stride: keyStride)
        }
        guard !blind[item(pair)] else { return }
        dA.timesInBLAS(value(pair, keys).transposed)
          .store(in: gradients, stride: keys.count)
        for (row, query) in queries.enumerated() {
          let own = gradients + row * keys.count
          drop(own, pair: pair, query: query, keys: keys)
          let weights = weights + row * keys.count
          // Where all keys are here, the mean is that of these very numbers: what is left of large
          // terms is then as exact as they are.
          let mean =
            keys.count == keyCount
            ? pk_dot(weights, own, keys.count)
            : Double(backward.means.base[pair * queryCount + query])
          pk_softmax_gradient(weights, own, mean, keys.count)
        }
        let dS = StridedMatrix(gradients, rows: rows, columns: keys.count)
        let queryTarget =
          backward.queries.base + queryOffset
          + (item(pair) * queryCount + queries.lowerBound) * queryStride
          + attention.query.start(of: head)
        dS.timesInBLAS(key(pair, keys), scale: attention.scale)
          .add(to: queryTarget, stride: queryStride)
        if let target {
          dS.transposed.timesInBLAS(query(pair, queries), scale: attention.scale)
            .add(to: target + attention.key.start(of: head), stride: keyStride)
        }
      }
    }
  }

  private func fillWeights(
    _ weights: UnsafeMutablePointer<Float>, _ backward: Backward, pair: Int,
    queries: Range<Int>, keys: Range<Int>
  ) {
    fillScores(weights, pair: pair, queries: queries, keys: keys)
    for (row, query) in queries.enumerated() {
      let own = weights + row * keys.count
      _ = pk_exp_shifted(own, keys.count, backward.rowMaxima.base[pair * queryCount + query])
      pk_scale(own, keys.count, 1 / backward.sums.base[pair * queryCount + query])
    }
  }
}
