// Some rows and columns of a matrix edited, and the gradient of that.

/// What becomes of the numbers of a region; the others stay.
///
/// Forward, for x `[rows, columns]` and a region of it: `y = factor · x` (zero: no factor), the mean
/// of x over all rows, or other numbers. Backward: `dx = factor · dy` in the region; a mean passes
/// the mean of what the region's rows have to every row. Means are summed in double.
///
/// Error, u = 2⁻²⁴: a scaled number and a mean are rounded once, to u of themselves; a replacement is
/// not. Of a mean's gradient, what is passed on is wrong by 3 u of itself, its sum by u of itself.
package enum RegionEdit: Sendable {
  case scale(Float)
  case mean
  /// `[rows, region's columns]`, of which the region's rows count.
  case replace(Tensor)
}

extension Tensor {
  /// The matrix with a region edited.
  ///
  /// - Precondition: The region lies in it.
  package func editing(rows: Range<Int>, columns: Range<Int>, _ edit: RegionEdit) -> Tensor {
    precondition(rows.upperBound <= shape[0] && columns.upperBound <= shape[1])
    let width = shape[1]
    let own = HeldInput(self)
    var result = self
    switch edit {
    case .scale(let factor):
      result.setRegion(rows, columns) { row, column in
        // Zero times a number that is not finite is to be zero.
        factor == 0 ? 0 : factor * own.base[row * width + column]
      }
    case .mean:
      let means = meanOfRows().values
      result.setRegion(rows, columns) { _, column in means[column] }
    case .replace(let other):
      precondition(other.shape == [shape[0], columns.count], "\(other.shape) for \(shape)")
      let others = HeldInput(other)
      result.setRegion(rows, columns) { row, column in
        others.base[row * columns.count + column - columns.lowerBound]
      }
    }
    return result
  }

  /// The gradient of `editing` from that of its result.
  package static func editingGradient(
    output: Tensor, rows: Range<Int>, columns: Range<Int>, _ edit: RegionEdit
  ) -> Tensor {
    switch edit {
    case .scale: return output.editing(rows: rows, columns: columns, edit)
    case .replace: return output.editing(rows: rows, columns: columns, .scale(0))
    case .mean:
      var result = output.editing(rows: rows, columns: columns, .scale(0))
      let share = Float(rows.count) / Float(max(1, output.shape[0]))
      let means = output.rows(rows).meanOfRows().values
      let (own, width) = (HeldInput(output), output.shape[1])
      result.setRegion(0..<output.shape[0], columns) { row, column in
        (rows.contains(row) ? 0 : own.base[row * width + column]) + share * means[column]
      }
      return result
    }
  }

  private mutating func setRegion(
    _ rows: Range<Int>, _ columns: Range<Int>, _ value: (Int, Int) -> Float
  ) {
    let width = shape[1]
    withUnsafeMutableElements { elements in
      for row in rows {
        for column in columns { elements[row * width + column] = value(row, column) }
      }
    }
  }
}
