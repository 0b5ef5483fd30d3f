// Operations that move, edit or average parts of a matrix, for the suite of gradients.

import Tensors

extension GradientTests {
  private static let workers = Workers(threads: 2)

  static let parts: [Operation] = [
    Operation(
      name: "columns", shapes: [[4, 7]],
      forward: { $0[0].columns(2..<5) }, backward: { [$2.spreadingColumns(to: 2..<5, of: 7)] }),
    Operation(
      name: "rows", shapes: [[6, 3]],
      forward: { $0[0].rows(1..<4) }, backward: { [$2.spreadingRows(to: 1..<4, of: 6)] }),
    Operation(
      name: "columns in another order", shapes: [[3, 5]],
      forward: { $0[0].gatheringColumns([3, 0, 4, 1, 2]) },
      backward: { [$2.returningColumns([3, 0, 4, 1, 2])] }),
    Operation(
      name: "rotated columns of items", shapes: [[6, 11]],
      forward: { $0[0].rotatingItems(2, columns: 8, width: 4, frequencies: [1, 0.1]) },
      backward: { [$2.rotatingItemsBack(2, columns: 8, width: 4, frequencies: [1, 0.1])] }),
    Operation(
      name: "standardised tokens", shapes: [[2, 3, 4, 2]],
      forward: {
        try $0[0].standardisedTokenMatrix(tables: tables, epsilon: 1e-5, workers: workers)
      },
      backward: {
        [
          try $0[0].standardisedTokenMatrixGradient(
            tables: tables, epsilon: 1e-5, output: $2, workers: workers
          ).reshaped([2, 3, 4, 2])
        ]
      }),
    Operation(
      name: "headwise averages, block by block", shapes: [[1100, 2]],
      forward: { try averages.averages(of: $0[0], workers: workers) },
      backward: { [try averages.valuesGradient(averages: $2, workers: workers)] }),
    Operation(
      name: "a norm and a layer's bias folded into a weight", shapes: [[6, 9], [9], [9], [6]],
      forward: { $0[0].foldingNorm(gain: $0[1], bias: $0[2], layerBias: $0[3]) },
      backward: {
        let parts = $0[0].foldingNormGradients(gain: $0[1], bias: $0[2], output: $2)
        return [parts.weight, parts.gain, parts.bias, parts.layerBias]
      }),
    edit("scaled", .scale(-1.5)), edit("zeroed", .scale(0)), edit("averaged", .mean),
    edit("replaced", .replace(numbers([5, 3], seed: 4))),
  ]

  private static func edit(_ name: String, _ edit: RegionEdit) -> Operation {
    Operation(
      name: "a region \(name)", shapes: [[5, 7]],
      forward: { $0[0].editing(rows: 1..<4, columns: 2..<5, edit) },
      backward: {
        [Tensor.editingGradient(output: $2, rows: 1..<4, columns: 2..<5, edit)]
      })
  }

  /// Features of 3 × 4 positions.
  private static let tables = [numbers([3, 3], seed: 1), numbers([4, 3], seed: 2)]

  /// Two heads' factors of 40 rows, in two blocks.
  private static var averages: HeadwiseAverages {
    HeadwiseAverages(heads: 2, rows: 40, inner: 1100) { head, rows in
      numbers([40, 1100], seed: 7 + UInt64(head)).rows(rows)
    }
  }

  private static func numbers(_ shape: [Int], seed: UInt64) -> Tensor {
    var generator = TorchGenerator(seed: seed)
    return generator.normal(shape: shape)
  }
}
