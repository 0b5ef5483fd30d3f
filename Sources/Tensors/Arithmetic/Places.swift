// Rows that belong to one coordinate of an axis, brought to all places of a grid.

import CKernels

extension Tensor {
  /// Adds to each row of `[places, columns]` the row of its coordinate along one axis.
  ///
  /// - Parameters:
  ///   - rows: `[axes[axis], columns]`.
  ///   - axes: The grid whose places are self's rows, the last axis fastest.
  package mutating func addRows(_ rows: Tensor, everyOf axes: [Int], axis: Int) {
    let columns = shape[1]
    let places = shape[0]
    precondition(places == axes.reduce(1, *) && rows.shape == [axes[axis], columns])
    let inner = axes[(axis + 1)...].reduce(1, *)
    withUnsafeMutableElements { mine in
      rows.withUnsafeElements { rows in
        guard let mine = mine.baseAddress, let rows = rows.baseAddress else { return }
        for place in 0..<places {
          let coordinate = place / inner % axes[axis]
          pk_add_scaled(mine + place * columns, rows + coordinate * columns, 1, columns)
        }
      }
    }
  }

  /// For every place of a grid the rows of its coordinates, one table an axis, side by side:
  /// `[…axes, features of all tables]`.
  package static func places(_ tables: [Tensor]) -> Tensor {
    let axes = tables.map { $0.shape[0] }
    let widths = tables.map { $0.shape[1] }
    let columns = widths.reduce(0, +)
    return Tensor(shape: axes + [columns]) { out in
      var start = 0
      for place in 0..<axes.reduce(1, *) {
        var inner = axes.reduce(1, *)
        for (axis, table) in tables.enumerated() {
          inner /= axes[axis]
          let coordinate = place / inner % axes[axis]
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
