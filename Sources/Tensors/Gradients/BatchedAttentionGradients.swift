// Gradients of a batched attention, from those of its averages.

import CKernels

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
    let cut = Cut(self)
    let pass = Pass(self)
    let means = rowProducts(averages, gradient)
    var queryGradients = Tensor(shape: [cut.keySpans] + queries.shape)
    var keyGradients = Tensor(
      shape: asksForKeyValues ? [cut.querySpans] + keyValues.shape : [0, 0])
    try queryGradients.withUnsafeMutableElements { queries in
      try keyGradients.withUnsafeMutableElements { keys in
        guard let queries = SharedElements(queries) else { return }
        let backward = Pass.Backward(
          averages: HeldInput(gradient), means: HeldInput(means),
          peaks: HeldInput(statistics.peaks), sums: HeldInput(statistics.sums), queries: queries,
          keyValues: asksForKeyValues ? SharedElements(keys) : nil)
        try workers.forEach(cut.tasks) { pass.addGradients(cut[$0], backward) }
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
    return Tensor(shape: [batch * heads * count]) { out in
      for row in 0..<batch * heads * count {
        let (pair, query) = row.quotientAndRemainder(dividingBy: count)
        let (item, head) = pair.quotientAndRemainder(dividingBy: heads)
        let start = (item * count + query) * all + head * width
        out[row] = Float(pk_dot(a.base + start, g.base + start, width))
      }
    }
  }
}
