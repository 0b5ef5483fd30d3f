// Rows of an attention's weights, and of what stands beside them, summed into one map.
//
// Error of a number of the map, to first order in u = 2⁻²⁴, for weights and products as they are given:
// at most (rows + c) u (|map| + Σ|contribution|), for rows are added one after another; c counts
// the roundings in a contribution: 1 for weights, 3 for products, 5 for toggles.

import CKernels

/// How a row's weights P and products G become part of a map, with a shift s and a factor f of the
/// row.
package enum RowContribution: Sendable {
  /// f P.
  case weights
  /// f P (G + s).
  case products
  /// max(0, f P (G + s)); f is not negative.
  case positiveProducts
  /// P / (1 − P) · (G + s) where a key is read, P / (1 + P) · (G + s) where it is not: what a row
  /// averages when one key goes or comes. `[keys]`, 0 where it is not read.
  case toggles(reads: Tensor)
}

extension Tensor {
  /// Adds rows to a map: self is `[keys]`.
  ///
  /// - Parameters:
  ///   - weights: `[rows, keys]`. Where a weight is 0 nothing is added, whatever the product is.
  ///   - products: `[rows, keys]`; not read for weights alone.
  ///   - shifts: One for each row.
  ///   - factors: One for each row.
  /// - Throws: `ComputationCancelled`.
  package mutating func addRows(
    _ contribution: RowContribution, weights: Tensor, products: Tensor?, shifts: [Float],
    factors: [Float], workers: Workers
  ) throws {
    let (rows, keys) = (weights.shape[0], weights.shape[1])
    precondition(count == keys && shifts.count == rows && factors.count == rows)
    precondition(products.map { $0.shape == weights.shape } ?? true)
    let (own, beside) = (HeldInput(weights), HeldInput(products ?? weights))
    let reads: HeldInput? =
      if case .toggles(let reads) = contribution { HeldInput(reads) } else { nil }
    try withUnsafeMutableElements { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(Blocks(keys, size: 2048)) { part in
        let (start, length) = (part.lowerBound, part.count)
        for row in 0..<rows {
          let (w, g) = (own.base + row * keys + start, beside.base + row * keys + start)
          switch contribution {
          case .weights: pk_add_scaled(out.base + start, w, factors[row], length)
          case .products:
            pk_add_products(out.base + start, w, g, length, shifts[row], factors[row])
          case .positiveProducts:
            pk_add_positive_products(out.base + start, w, g, length, shifts[row], factors[row])
          case .toggles:
            guard let reads else { continue }
            pk_add_toggles(out.base + start, w, g, reads.base + start, length, shifts[row])
          }
        }
      }
    }
  }
}
