// Moving between the rows of a batch's items: repeated, averaged, transposed, gathered.

import CKernels

extension Tensor {
  /// `[rows, columns]` once for each item: `[items × rows, columns]`.
  package func repeatingRows(_ items: Int) -> Tensor {
    Tensor.joiningRows(Array(repeating: self, count: items))
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
    return Tensor(shape: [items * rows, columns]) { out in
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
    return Tensor(shape: [items * columns, rows]) { out in
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
    return Tensor(shape: [indices.count, columns]) { out in
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
    var result = Tensor(shape: [rows, columns])
    result.withUnsafeMutableElements { out in
      guard let base = out.baseAddress else { return }
      for (row, index) in indices.enumerated() {
        pk_add_scaled(base + index * columns, values.base + row * columns, 1, columns)
      }
    }
    return result
  }
}
