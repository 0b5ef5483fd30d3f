// A map as comma-separated values.

import Tensors

extension Tensor {
  /// A map `[rows, columns]` as CSV: one line a row, the shortest digits that read back the same.
  ///
  /// - Precondition: two axes.
  public var commaSeparatedValues: String {
    precondition(shape.count == 2)
    let columns = shape[1]
    return withUnsafeElements { elements in
      (0..<shape[0]).map { row in
        elements[row * columns..<(row + 1) * columns].map { "\($0)" }.joined(separator: ",") + "\n"
      }.joined()
    }
  }
}
