// Arithmetic on the rows of a matrix, and moving between the rows of a batch's items: sums, factors,
// means, repeated, transposed, gathered, each beside its gradient.
//
// Error, to first order in u = 2⁻²⁴: a product or sum of two numbers is rounded once, `add(times:)`
// twice, to 2 u (|y| + |a × x|) at most. `sum` adds up at most 256 floats before it goes on in double:
// 256 u Σ|x|. Means are summed in double and rounded once, spread ones twice. Sums over items or parts,
// and rows scattered to one place, are wrong by at most (n − 1) u Σ|x| of n that are added.

import CKernels

extension Tensor {
  /// The sum of two tensors of one shape.
  package func adding(_ other: Tensor) -> Tensor {
    precondition(shape == other.shape)
    var result = self
    result.add(other)
    return result
  }

  /// Adds a tensor of the same shape, times a factor.
  package mutating func add(_ other: Tensor, times factor: Float = 1) {
    precondition(shape == other.shape)
    withUnsafeMutableElements { mine in
      other.withUnsafeElements { pk_add_scaled(mine.baseAddress, $0.baseAddress, factor, $0.count) }
    }
  }

  /// Raises each element to `other`'s where that is larger.
  package mutating func raise(to other: Tensor) {
    precondition(shape == other.shape)
    withUnsafeMutableElements { mine in
      other.withUnsafeElements { pk_raise_to(mine.baseAddress, $0.baseAddress, $0.count) }
    }
  }

  /// Multiplies every element by a factor.
  package mutating func scale(by factor: Float) {
    withUnsafeMutableElements { pk_scale($0.baseAddress, $0.count, factor) }
  }

  /// Multiplies each row of `[rows, columns]` by `factors` `[columns]`, element by element.
  package func scalingColumns(by factors: Tensor) -> Tensor {
    precondition(factors.count == shape[1])
    var result = self
    let columns = shape[1]
    result.withUnsafeMutableElements { mine in
      factors.withUnsafeElements { factors in
        for start in stride(from: 0, to: mine.count, by: max(1, columns)) {
          for column in 0..<columns { mine[start + column] *= factors[column] }
        }
      }
    }
    return result
  }

  /// The sum of all elements, on several threads.
  package func sum(workers: Workers) throws -> Double {
    guard count > 0 else { return 0 }
    let stretches = Blocks(count, size: 1 << 18)
    let parts = try Tensor(shape: [stretches.count], in: workers.pages) { sums in
      try withUnsafeElements { elements in
        guard let input = SharedInput(elements), let out = SharedElements(sums) else { return }
        try workers.forEach(stretches.count) { part in
          let stretch = stretches[part]
          out.base[part] = Float(pk_sum(input.base + stretch.lowerBound, stretch.count))
        }
      }
    }
    return parts.values.reduce(0) { $0 + Double($1) }
  }

  /// The mean of the rows of `[rows, columns]`: `[1, columns]`, summed in double.
  package func meanOfRows() -> Tensor {
    let (rows, columns) = (shape[0], shape[1])
    var sums = [Double](repeating: 0, count: columns)
    withUnsafeElements { elements in
      for row in 0..<rows {
        for column in 0..<columns { sums[column] += Double(elements[row * columns + column]) }
      }
    }
    return Tensor(
      shape: [1, columns], in: pages, values: sums.map { Float($0 / Double(max(1, rows))) })
  }

  func mapRows(
    to columns: Int, workers: Workers,
    _ body: @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) throws -> Tensor {
    let (rows, width) = (shape[0], shape[1])
    return try Tensor(shape: [rows, columns], in: workers.pages) { outBuffer in
      try withUnsafeElements { elements in
        guard let out = SharedElements(outBuffer), let source = SharedInput(elements) else {
          return outBuffer.initialize(repeating: 0)
        }
        try workers.forEach(Blocks(rows, size: 32)) { part in
          for row in part {
            body(source.base + row * width, out.base + row * columns)
          }
        }
      }
    }
  }
}

extension Tensor {
  /// `[rows, columns]` once for each item: `[items × rows, columns]`.
  ///
  /// - Parameter pages: Where the result takes its memory from; this matrix's where it is nil.
  package func repeatingRows(_ items: Int, in pages: SparePages? = nil) -> Tensor {
    Tensor.joiningRows(Array(repeating: self, count: items), in: pages)
  }

  /// `[items × rows, columns]` summed over items: `[rows, columns]`.
  package func summingItems(_ items: Int) -> Tensor {
    reshaped([items, shape[0] / items, shape[1]]).summingFirstAxis()
  }

  /// The mean of every item's rows of `[items × rows, columns]`: `[items, columns]`.
  package func meanOfItems(_ items: Int) -> Tensor {
    let rows = shape[0] / items
    return Tensor.joiningRows(
      (0..<items).map { self.rows($0 * rows..<($0 + 1) * rows).meanOfRows() })
  }

  /// The gradient of `meanOfItems`: every row `[items, columns]` spread over an item's rows.
  package func spreadingMean(overRows rows: Int) -> Tensor {
    let (items, columns) = (shape[0], shape[1])
    let values = HeldInput(self)
    return Tensor(shape: [items * rows, columns], in: pages) { out in
      guard let base = out.baseAddress else { return }
      for row in 0..<items * rows {
        let target = base + row * columns
        target.initialize(from: values.base + row / rows * columns, count: columns)
        pk_scale(target, columns, 1 / Float(rows))
      }
    }
  }

  /// Every item's matrix transposed: `[items × rows, columns]` to `[items × columns, rows]`.
  package func transposingItems(_ items: Int) -> Tensor {
    let (rows, columns) = (shape[0] / items, shape[1])
    let values = HeldInput(self)
    return Tensor(shape: [items * columns, rows], in: pages) { out in
      for item in 0..<items {
        let start = item * rows * columns
        for column in 0..<columns {
          for row in 0..<rows {
            out[start + column * rows + row] = values.base[start + row * columns + column]
          }
        }
      }
    }
  }

  /// Some rows, in the order given; a row may come more than once.
  package func gatheringRows(_ indices: [Int]) -> Tensor {
    let columns = shape[1]
    precondition(indices.allSatisfy { $0 >= 0 && $0 < shape[0] })
    let values = HeldInput(self)
    return Tensor(shape: [indices.count, columns], in: pages) { out in
      guard let base = out.baseAddress else { return }
      for (row, index) in indices.enumerated() {
        (base + row * columns).initialize(from: values.base + index * columns, count: columns)
      }
    }
  }

  /// The gradient of `gatheringRows`: each row added to where it came from, `[rows, columns]`.
  package func scatteringRows(_ indices: [Int], rows: Int) -> Tensor {
    let columns = shape[1]
    precondition(indices.count == shape[0] && indices.allSatisfy { $0 >= 0 && $0 < rows })
    let values = HeldInput(self)
    var result = Tensor(shape: [rows, columns], in: pages)
    result.withUnsafeMutableElements { out in
      guard let base = out.baseAddress else { return }
      for (row, index) in indices.enumerated() {
        pk_add_scaled(base + index * columns, values.base + row * columns, 1, columns)
      }
    }
    return result
  }
}

/// A loop over parts of a matrix's rows, each with sums of its own, added up in order.
struct RowParts {
  /// What the parts' sums add up to.
  private(set) var total: [Double]

  /// Calls `body` with each part's rows and its sums, which begin as zeros.
  ///
  /// - Throws: `ComputationCancelled`.
  init(
    rows: Int, sums count: Int, workers: Workers,
    _ body: @Sendable (Range<Int>, UnsafeMutablePointer<Double>) -> Void
  ) throws {
    let parts = Blocks(rows, size: max(64, (rows + 31) / 32))
    var all = [Double](repeating: 0, count: max(1, parts.count * count))
    try all.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let sums = SharedSums(base: base)
      try workers.forEach(parts.count) { body(parts[$0], sums.base + $0 * count) }
    }
    total = [Double](repeating: 0, count: count)
    for part in parts.indices {
      for index in 0..<count { total[index] += all[part * count + index] }
    }
  }

  private struct SharedSums: @unchecked Sendable {
    // Unchecked: every part writes sums of its own.
    let base: UnsafeMutablePointer<Double>
  }
}

extension Tensor {
  /// `[parts, …]` summed over parts, in order.
  package func summingFirstAxis() -> Tensor {
    guard shape[0] != 1 else { return row(0) }
    var total = Tensor(shape: Array(shape.dropFirst()), in: pages)
    for part in 0..<shape[0] { total.add(row(part)) }
    return total
  }
}

extension Tensor {
  /// For each row the sum of products with the other's: `[rows]` of `[rows, columns]`.
  package func rowProducts(_ other: Tensor) -> [Float] {
    let columns = shape[1]
    return withUnsafeElements { mine in
      other.withUnsafeElements { theirs in
        (0..<shape[0]).map { row in
          var sum = 0.0
          for index in row * columns..<(row + 1) * columns {
            sum += Double(mine[index]) * Double(theirs[index])
          }
          return Float(sum)
        }
      }
    }
  }
}
