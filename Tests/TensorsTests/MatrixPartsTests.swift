// Parts of matrices, rotated rows, tokens and averages by head, against plain loops.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Parts of a matrix are the numbers that stand there")
struct MatrixPartsTests {
  private let whole = Tensor(shape: [3, 4], values: (0..<12).map { Float($0) })

  private func numbers(_ shape: [Int], seed: UInt64) -> Tensor {
    var generator = TorchGenerator(seed: seed)
    return generator.normal(shape: shape)
  }

  @Test("Columns are taken and put back with zeros beside them")
  func columns() {
    let part = whole.columns(1..<3)
    #expect(part == Tensor(shape: [3, 2], values: [1, 2, 5, 6, 9, 10]))
    #expect(
      part.spreadingColumns(to: 1..<3, of: 4)
        == Tensor(shape: [3, 4], values: [0, 1, 2, 0, 0, 5, 6, 0, 0, 9, 10, 0]))
    #expect(whole.columns(2..<2).spreadingColumns(to: 2..<2, of: 4) == Tensor(shape: [3, 4]))
    #expect(whole.columns(0..<4).spreadingColumns(to: 0..<4, of: 4) == whole)
  }

  @Test("Rows are put back with zeros above and below them")
  func rows() {
    #expect(
      whole.rows(1..<2).spreadingRows(to: 1..<2, of: 3)
        == Tensor(shape: [3, 4], values: [0, 0, 0, 0, 4, 5, 6, 7, 0, 0, 0, 0]))
    #expect(whole.spreadingRows(to: 0..<3, of: 3) == whole)
  }

  @Test("Columns in another order go back to their own, of a matrix and of a vector")
  func order() {
    let order = [2, 0, 3, 1]
    #expect(
      whole.gatheringColumns(order)
        == Tensor(shape: [3, 4], values: [2, 0, 3, 1, 6, 4, 7, 5, 10, 8, 11, 9]))
    #expect(whole.gatheringColumns(order).returningColumns(order) == whole)
    #expect(whole.row(1).gatheringColumns(order).returningColumns(order) == whole.row(1))
  }

  @Test("Matrices are joined side by side, and one below another")
  func joined() {
    #expect(Tensor.joiningColumns(whole.columns(0..<1), whole.columns(1..<4)) == whole)
    #expect(Tensor.joiningRows([whole.rows(0..<2), whole.rows(2..<3)]) == whole)
    #expect(Tensor.stacking([whole.row(0), whole.row(1), whole.row(2)]) == whole)
  }

  @Test("Each item's rows are rotated from its first on, and columns behind the heads stay")
  func rotation() {
    let (items, rows, columns, width) = (2, 9, 8, 4)
    let frequencies: [Float] = [1, 0.01]
    let x = numbers([items * rows, 11], seed: 3)
    let rotated = x.rotatingItems(
      items, columns: columns, width: width, frequencies: frequencies)
    for row in 0..<items * rows {
      let (from, to) = (x.row(row).values.map { Double($0) }, rotated.row(row).values)
      #expect(Array(to[columns...]) == Array(x.row(row).values[columns...]))
      for first in stride(from: 0, to: columns, by: 2) {
        let angle = Double(row % rows) * Double(frequencies[first % width / 2])
        let (a, b) = (from[first], from[first + 1])
        let bound = (4 + angle) * 0x1p-24 * (abs(a) + abs(b))
        #expect(abs(Double(to[first]) - (a * cos(angle) - b * sin(angle))) <= bound)
        #expect(abs(Double(to[first + 1]) - (b * cos(angle) + a * sin(angle))) <= bound)
      }
    }
  }

  @Test("Tokens of a batch are data and positions, standardised, with a 1 behind them")
  func tokens() throws {
    let data = numbers([2, 3, 5, 2], seed: 1)
    let tables = [numbers([3, 4], seed: 2), numbers([5, 1], seed: 3)]
    let plain = try data.tokenMatrix(tables: tables, workers: Workers(threads: 2))
    let standard = try data.standardisedTokenMatrix(
      tables: tables, epsilon: 1e-5, workers: Workers(threads: 2))
    #expect(plain.shape == [30, 7] && standard.shape == [30, 8])
    for token in 0..<30 {
      let position = token % 15
      let row =
        data.reshaped([30, 2]).row(token).values + tables[0].row(position / 5).values
        + tables[1].row(position % 5).values
      #expect(plain.row(token).values == row)
      let values = row.map { Double($0) }
      let mean = values.reduce(0, +) / 7
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 7
      let expected = values.map { Float(($0 - mean) / (variance + 1e-5).squareRoot()) }
      #expect(relativeError(Array(standard.row(token).values[..<7]), expected) < 1e-7)
      #expect(standard.row(token).values[7] == 1)
    }
  }

  @Test("Each head's factor averages its own columns, and is made some rows at a time")
  func averages() throws {
    let (heads, rows, inner, width) = (2, 37, 2500, 3)
    let factors = (0..<heads).map { numbers([rows, inner], seed: 5 + UInt64($0)) }
    let values = numbers([inner, heads * width], seed: 9)
    var most = 0
    let product = HeadwiseAverages(heads: heads, rows: rows, inner: inner) { head, range in
      most = max(most, range.count)
      return factors[head].rows(range)
    }
    let averages = try product.averages(of: values, workers: Workers(threads: 2))
    #expect(most == 16)
    let v = values.values
    var expected = [Float]()
    for row in 0..<rows {
      for column in 0..<heads * width {
        let factor = factors[column / width].row(row).values
        expected.append(
          Float(
            (0..<inner).reduce(0.0) {
              $0 + Double(factor[$1]) * Double(v[$1 * heads * width + column])
            }))
      }
    }
    #expect(
      relativeError(averages, Tensor(shape: [rows, heads * width], values: expected)) < 3e-6)
  }
}
