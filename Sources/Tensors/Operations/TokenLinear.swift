// A linear layer over tokens whose position features depend on one coordinate each: every table is
// projected on its own, and no token is made.

import CKernels

/// `(data, table rows) · weightᵀ + bias` for tokens `(data, then one table row for each axis)`.
///
/// Forward: `out = data · W_dᵀ + bias + Σ over axes of (table · W_aᵀ)[coordinate]`.
/// Backward: `ddata = dout · W_d`, `dW_d = doutᵀ · data`, and `dW_a = (dout summed over the
/// positions of a coordinate)ᵀ · table`. Errors are those of the products; sums over positions are
/// in double.
package struct TokenLinear: Sendable {
  /// `[items × tokens, channels]`.
  private let data: Tensor
  /// For each axis `[length, features]`; or none.
  private let tables: [Tensor]
  /// The tokens' axes, the last fastest.
  private let axes: [Int]
  /// `[outputs, channels + features]`.
  private let weight: Tensor
  /// `[outputs]`; nil for none.
  private let bias: Tensor?

  package init(data: Tensor, tables: [Tensor], axes: [Int], weight: Tensor, bias: Tensor?) {
    precondition(tables.isEmpty || tables.map { $0.shape[0] } == axes)
    precondition(data.shape[0] % max(1, axes.reduce(1, *)) == 0)
    precondition(weight.shape[1] == data.shape[1] + tables.reduce(0) { $0 + $1.shape[1] })
    (self.data, self.tables, self.axes) = (data, tables, axes)
    (self.weight, self.bias) = (weight, bias)
  }

  /// Items are an axis before the others, without a table.
  private var grid: [Int] { [data.shape[0] / max(1, axes.reduce(1, *))] + axes }

  /// The weight's columns that meet each table, with the table and its axis in `grid`.
  private var parts: [(table: Tensor, columns: Range<Int>, axis: Int)] {
    var start = data.shape[1]
    return tables.enumerated().map { axis, table in
      defer { start += table.shape[1] }
      return (table, start..<start + table.shape[1], axis + 1)
    }
  }

  /// `[items × tokens, outputs]`.
  ///
  /// - Throws: `ComputationCancelled`.
  package func output(workers: Workers) throws -> Tensor {
    var result = try data.linear(
      weight: weight.columns(0..<data.shape[1]), bias: bias, workers: workers)
    for part in parts {
      let rows = try part.table.linear(weight: weight.columns(part.columns), workers: workers)
      result.addRows(rows, everyOf: grid, axis: part.axis)
    }
    return result
  }

  /// The data's gradient, from that of the output.
  package func dataGradient(output: Tensor, workers: Workers) throws -> Tensor {
    try output.times(weight.columns(0..<data.shape[1]), workers: workers)
  }

  /// The bias's gradient, from that of the output.
  package func biasGradient(output: Tensor, workers: Workers) throws -> Tensor {
    try Tensor.linearBiasGradient(output: output, workers: workers)
  }

  /// The weight's gradient, from that of the output.
  package func weightGradient(output: Tensor, workers: Workers) throws -> Tensor {
    var gradient = try output.transposedTimes(data, workers: workers)
    for part in parts {
      let own = try output.summingRows(everyOf: grid, axis: part.axis)
        .transposedTimes(part.table, workers: workers)
      gradient = Tensor.joiningColumns(gradient, own)
    }
    return gradient
  }
}

extension Tensor {
  /// The gradient of `addRows`: rows of `[positions, columns]` summed over all positions of a
  /// coordinate, in double; `[axes[axis], columns]`.
  func summingRows(everyOf axes: [Int], axis: Int) -> Tensor {
    let (length, columns) = (axes[axis], shape[1])
    let inner = axes[(axis + 1)...].reduce(1, *)
    let values = HeldInput(self)
    var sums = [Double](repeating: 0, count: length * columns)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let base = sums.baseAddress else { return }
      for block in 0..<shape[0] / max(1, inner) {
        pk_add_column_sums(
          values.base + block * inner * columns, inner, columns, columns,
          base + block % length * columns)
      }
    }
    return Tensor(shape: [length, columns], values: sums.map { Float($0) })
  }
}

extension Tensor {
  /// Adds to each row of `[positions, columns]` the row of its coordinate along one axis.
  ///
  /// - Parameters:
  ///   - rows: `[axes[axis], columns]`.
  ///   - axes: The grid whose positions are self's rows, the last axis fastest.
  package mutating func addRows(_ rows: Tensor, everyOf axes: [Int], axis: Int) {
    let columns = shape[1]
    let positions = shape[0]
    precondition(positions == axes.reduce(1, *) && rows.shape == [axes[axis], columns])
    let inner = axes[(axis + 1)...].reduce(1, *)
    withUnsafeMutableElements { mine in
      rows.withUnsafeElements { rows in
        guard let mine = mine.baseAddress, let rows = rows.baseAddress else { return }
        for position in 0..<positions {
          let coordinate = position / inner % axes[axis]
          pk_add_scaled(mine + position * columns, rows + coordinate * columns, 1, columns)
        }
      }
    }
  }

  /// For every position of a grid the rows of its coordinates, one table an axis, side by side:
  /// `[…axes, features of all tables]`.
  package static func positions(_ tables: [Tensor]) -> Tensor {
    let axes = tables.map { $0.shape[0] }
    let widths = tables.map { $0.shape[1] }
    let columns = widths.reduce(0, +)
    return Tensor(shape: axes + [columns]) { out in
      var start = 0
      for position in 0..<axes.reduce(1, *) {
        var inner = axes.reduce(1, *)
        for (axis, table) in tables.enumerated() {
          inner /= axes[axis]
          let coordinate = position / inner % axes[axis]
          table.withUnsafeElements { elements in
            let row = elements[coordinate * widths[axis]..<(coordinate + 1) * widths[axis]]
            for value in row {
              out[start] = value
              start += 1
            }
          }
        }
      }
    }
  }
}
