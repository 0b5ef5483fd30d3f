// Edits of a region of a matrix, against plain loops; their gradients' slopes are in PartGradients.

import Tensors
import TestSupport
import Testing

@Suite("An edited region has the numbers asked for, and what is beside it stays")
struct RegionEditTests {
  /// Where a region lies in a matrix `[rows, columns]`.
  struct Region: Sendable, CustomTestStringConvertible {
    let shape: [Int]
    let rows: Range<Int>
    let columns: Range<Int>

    var testDescription: String { "rows \(rows), columns \(columns) of \(shape)" }

    static let all = [
      Region(shape: [5, 7], rows: 1..<4, columns: 2..<5),
      Region(shape: [5, 7], rows: 0..<5, columns: 0..<7),
      Region(shape: [5, 7], rows: 4..<5, columns: 6..<7),
      Region(shape: [5, 7], rows: 2..<2, columns: 1..<3),
      Region(shape: [1, 1], rows: 0..<1, columns: 0..<1),
      Region(shape: [300, 3], rows: 7..<299, columns: 1..<2),
    ]

    /// Calls `body` for each number with whether it lies in the region.
    func map(_ body: (_ row: Int, _ column: Int, _ isInside: Bool) -> Double) -> Tensor {
      Tensor(
        shape: shape,
        values: (0..<shape[0] * shape[1]).map { index in
          let (row, column) = index.quotientAndRemainder(dividingBy: shape[1])
          return Float(body(row, column, rows.contains(row) && columns.contains(column)))
        })
    }

    func numbers(_ shape: [Int], seed: UInt64) -> Tensor {
      var generator = TorchGenerator(seed: seed)
      return generator.uniform(shape: shape, low: -2, high: 3)
    }
  }

  private func at(_ tensor: Tensor, _ row: Int, _ column: Int) -> Double {
    Double(tensor.values[row * tensor.shape[1] + column])
  }

  /// The mean of a column over some rows.
  private func mean(_ tensor: Tensor, _ rows: Range<Int>, _ column: Int) -> Double {
    rows.reduce(0.0) { $0 + at(tensor, $1, column) } / Double(max(1, rows.count))
  }

  @Test("Numbers of a region are scaled", arguments: Region.all, [-1.5, 0.25, 0] as [Float])
  func scaled(_ region: Region, _ factor: Float) {
    let x = region.numbers(region.shape, seed: 1)
    let expected = region.map { at(x, $0, $1) * ($2 ? Double(factor) : 1) }
    #expect(
      x.editing(rows: region.rows, columns: region.columns, .scale(factor)) == expected)
    // A product by a constant passes the same back.
    #expect(
      Tensor.editingGradient(
        output: x, rows: region.rows, columns: region.columns, .scale(factor)) == expected)
  }

  @Test("Numbers that are not finite are zero after a scale of zero")
  func zeroed() {
    let x = Tensor(shape: [1, 3], values: [.nan, .infinity, .nan])
    let edited = x.editing(rows: 0..<1, columns: 0..<2, .scale(0))
    #expect(Array(edited.values[..<2]) == [0, 0])
    #expect(edited.values[2].isNaN)
  }

  @Test("Numbers of a region become their column's mean over all rows", arguments: Region.all)
  func averaged(_ region: Region) {
    let x = region.numbers(region.shape, seed: 2)
    let expected = region.map { $2 ? mean(x, 0..<region.shape[0], $1) : at(x, $0, $1) }
    #expect(x.editing(rows: region.rows, columns: region.columns, .mean) == expected)
  }

  @Test("A mean passes the region's gradients back to all rows alike", arguments: Region.all)
  func averagedGradient(_ region: Region) {
    let gradient = region.numbers(region.shape, seed: 3)
    let expected = region.map { row, column, isInside in
      let own = isInside ? 0 : at(gradient, row, column)
      guard region.columns.contains(column) else { return own }
      let sum = region.rows.reduce(0.0) { $0 + at(gradient, $1, column) }
      return own + sum / Double(region.shape[0])
    }
    let ours = Tensor.editingGradient(
      output: gradient, rows: region.rows, columns: region.columns, .mean)
    #expect(relativeError(ours, expected) < 4 * 0x1p-24)
  }

  @Test("Numbers of a region are replaced, and pass nothing back", arguments: Region.all)
  func replaced(_ region: Region) {
    let x = region.numbers(region.shape, seed: 4)
    let other = region.numbers([region.shape[0], region.columns.count], seed: 5)
    let edit = RegionEdit.replace(other)
    #expect(
      x.editing(rows: region.rows, columns: region.columns, edit)
        == region.map {
          $2 ? at(other, $0, $1 - region.columns.lowerBound) : at(x, $0, $1)
        })
    #expect(
      Tensor.editingGradient(output: x, rows: region.rows, columns: region.columns, edit)
        == region.map { $2 ? 0 : at(x, $0, $1) })
  }
}
