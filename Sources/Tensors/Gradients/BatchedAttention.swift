// Attention over a batch and its gradients, for training. No queries × keys matrix is stored:
// backward computes the scores again, block by block, from each softmax's row maximum and sum.
//
// With P the weights, A = P·V what they average and dA its gradient:
//   dV = Pᵀ·dA,  dP = dA·Vᵀ,  dS = P ∘ (dP − D),  D = Σ dA ∘ A for each query,
//   dQ = scale · dS·K,  dK = scale · dSᵀ·Q.
// Dropout multiplies P by a mask before A; it then multiplies dP, and D stays what it is.

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
  /// whose keys are all hidden weighs them alike, and passes nothing back to its scores.
  package var hidden: Tensor?
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

  /// The softmax of each query: weight = exp(score − peak) / sum, `[batch × heads × queries]` each.
  package struct Statistics: Sendable {
    var peaks: Tensor
    var sums: Tensor
  }

  /// What a softmax over keys averages: `[batch × queries, heads × value width]`.
  ///
  /// - Throws: `ComputationCancelled`.
  package func averages(workers: Workers) throws -> (values: Tensor, statistics: Statistics) {
    let cut = Cut(self)
    let pass = Pass(self)
    let (count, width) = (queryCount, value.width)
    let rows = batch * heads * count
    // Of each span of keys and each query: what it averages, its peak, its sum.
    let partial = try Tensor(shape: [cut.keySpans, rows, width + 2]) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(cut.tasks) { task in
        let part = cut[task]
        pass.average(
          part, into: out.base + (part.keySpan * rows + part.pair * count) * (width + 2))
      }
    }
    return joined(partial, spans: cut.keySpans)
  }

  private func joined(
    _ partial: Tensor, spans: Int
  ) -> (values: Tensor, statistics: Statistics) {
    let (count, width, all) = (queryCount, value.width, heads * value.width)
    let rows = batch * heads * count
    var peaks = Tensor(shape: [rows])
    var sums = Tensor(shape: [rows])
    let parts = HeldInput(partial)
    let values = Tensor(shape: [batch * count, all]) { out in
      peaks.withUnsafeMutableElements { peaks in
        sums.withUnsafeMutableElements { sums in
          for row in 0..<rows {
            let (pair, query) = row.quotientAndRemainder(dividingBy: count)
            let (item, head) = pair.quotientAndRemainder(dividingBy: heads)
            let target = out.baseAddress.map {
              $0 + (item * count + query) * all + head * width
            }
            guard let target else { continue }
            func part(_ span: Int) -> UnsafePointer<Float> {
              parts.base + (span * rows + row) * (width + 2)
            }
            let peak = (0..<spans).reduce(-Float.infinity) { max($0, part($1)[width]) }
            target.initialize(repeating: 0, count: width)
            var sum: Float = 0
            for span in 0..<spans {
              let own = part(span)
              var factor = own[width] - peak
              _ = pk_exp_shifted(&factor, 1, 0)
              // A span without a key that may be seen has the peak of nothing.
              if own[width] == -.infinity { factor = 0 }
              sum += factor * own[width + 1]
              pk_add_scaled(target, own, factor, width)
            }
            pk_scale(target, width, 1 / sum)
            (peaks[row], sums[row]) = (peak, sum)
          }
        }
      }
    }
    return (values, Statistics(peaks: peaks, sums: sums))
  }
}

extension BatchedAttention {
  /// How the work is cut: by shape alone.
  struct Cut: Sendable {
    /// One task's share.
    struct Part {
      /// Item × head.
      let pair: Int
      let querySpan: Int
      let queries: Range<Int>
      let keySpan: Int
      let keys: Range<Int>
    }

    let pairs: Int
    let querySpans: Int
    let keySpans: Int
    private let queryCount: Int
    private let keyCount: Int

    init(_ attention: BatchedAttention) {
      pairs = attention.batch * attention.heads
      (queryCount, keyCount) = (attention.queryCount, attention.keyCount)
      // Few pairs share themselves out further, along the longer side.
      let wanted = max(1, (16 + pairs - 1) / pairs)
      if keyCount >= queryCount {
        querySpans = 1
        keySpans = max(1, min(wanted, keyCount / 512))
      } else {
        querySpans = max(1, min(wanted, queryCount / 128))
        keySpans = 1
      }
    }

    var tasks: Int { pairs * querySpans * keySpans }

    subscript(task: Int) -> Part {
      let (rest, keySpan) = task.quotientAndRemainder(dividingBy: keySpans)
      let (pair, querySpan) = rest.quotientAndRemainder(dividingBy: querySpans)
      return Part(
        pair: pair, querySpan: querySpan,
        queries: Self.share(querySpan, of: querySpans, queryCount), keySpan: keySpan,
        keys: Self.share(keySpan, of: keySpans, keyCount))
    }

    private static func share(_ index: Int, of parts: Int, _ count: Int) -> Range<Int> {
      count * index / parts..<count * (index + 1) / parts
    }
  }
}
