// What the rows of one factor for each head average of that head's columns, where no factor is ever
// whole: it is made for a block of rows at a time, and again backward.
//
// Forward: A = F·V for each head, V [inner, width] its columns of [inner, heads × width] and F
// [rows, inner] its factor, a constant. Backward: dV = Fᵀ·dA, block after block of F's rows.
//
// Error, to first order in u = 2⁻²⁴, for the factor as it is given: an average is wrong by at most
// inner × u Σ|F × V|, a gradient by at most (n + b) u Σ|F × dA|, n the rows of a block and b the blocks,
// which are added one after another.

/// A product of each head's factor with that head's columns.
package struct HeadwiseAverages {
  /// Makes some rows of a head's factor, `[range.count, inner]`.
  package typealias Factor = (_ head: Int, _ rows: Range<Int>) throws -> Tensor

  private let heads: Int
  private let rows: Int
  private let inner: Int
  private let factor: Factor

  /// - Parameters:
  ///   - rows: Of a factor, and of the result.
  ///   - inner: Columns of a factor, and rows of what is averaged.
  ///   - factor: Called for a block of rows at a time, forward and backward.
  package init(heads: Int, rows: Int, inner: Int, factor: @escaping Factor) {
    (self.heads, self.rows, self.inner, self.factor) = (heads, rows, inner, factor)
  }

  /// A block should be worth the pass over the tokens that it may take to make it.
  private var blocks: Blocks {
    Blocks(rows, size: Blocks.size(in: 16...(1 << 15), each: inner, floats: 1 << 15))
  }

  /// The averages `[rows, heads × width]` of values `[inner, heads × width]`.
  ///
  /// - Throws: `ComputationCancelled`, and what the factor throws.
  package func averages(of values: Tensor, workers: Workers) throws -> Tensor {
    precondition(values.shape[0] == inner)
    let width = values.shape[1] / heads
    let averages = try (0..<heads).map { head in
      let own = values.columns(.head(head, width: width))
      return Tensor.joiningRows(
        try blocks.map { try factor(head, $0).times(own, workers: workers) })
    }
    return Tensor.stacking(averages).joiningHeads()
  }

  /// The gradient of the values `[inner, heads × width]`, from that of their averages
  /// `[rows, heads × width]`.
  ///
  /// - Throws: `ComputationCancelled`, and what the factor throws.
  package func valuesGradient(averages: Tensor, workers: Workers) throws -> Tensor {
    precondition(averages.shape[0] == rows)
    let width = averages.shape[1] / heads
    let gradients = try (0..<heads).map { head in
      var sum = Tensor(shape: [inner, width], in: workers.pages)
      for block in blocks {
        let own = averages.rows(block).columns(.head(head, width: width))
        sum.add(try factor(head, block).transposedTimes(own, workers: workers))
      }
      return sum
    }
    return Tensor.stacking(gradients).joiningHeads()
  }
}
