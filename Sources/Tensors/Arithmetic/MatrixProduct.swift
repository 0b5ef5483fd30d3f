// Matrix products through OpenBLAS, cut into tiles that our own threads share out.

import CKernels
import COpenBLAS

/// What computes matrix products.
package enum MatrixProducts {
  /// What OpenBLAS calls its kernels that run here, such as SkylakeX; empty where it does not say.
  package static var kernels: String { String(cString: pk_blas_core()) }
}

/// Row-major products on one thread: `out = a · b' + beta · out`.
enum Gemm {
  /// OpenBLAS runs on the thread that calls it; threads are ours (see `Workers`). Setting a number
  /// anew would make its threads, which CKernels has ended where it can.
  private static let isSingleThreaded: Bool = {
    if openblas_get_num_threads() != 1 { openblas_set_num_threads(1) }
    return true
  }()

  /// Products of at most so many multiplications are summed in double. A call to BLAS would take
  /// as long, and a small model, whose rounding does not average out, has the smaller error.
  private static let smallProduct = 1 << 14

  private static func isSmall(_ rows: Int, _ columns: Int, _ inner: Int) -> Bool {
    Double(rows) * Double(columns) * Double(inner) <= Double(smallProduct)
  }

  /// `out [rows, columns] = a [rows, inner] · b [columns, inner]ᵀ + beta · out`.
  static func timesTransposed(
    _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>, stride bStride: Int,
    rows: Int, columns: Int, inner: Int, beta: Float = 0,
    into out: UnsafeMutablePointer<Float>, stride outStride: Int
  ) {
    guard rows > 0, columns > 0, isSingleThreaded else { return }
    if isSmall(rows, columns, inner) {
      return pk_small_product(
        a, aStride, b, 1, bStride, rows, columns, inner, beta, out, outStride)
    }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(columns), blasint(inner),
      1, a, blasint(aStride), b, blasint(bStride), beta, out, blasint(outStride))
  }

  /// `out [rows, columns] = a [rows, inner] · b [inner, columns] + beta · out`.
  static func times(
    _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>, stride bStride: Int,
    rows: Int, columns: Int, inner: Int, beta: Float = 0,
    into out: UnsafeMutablePointer<Float>, stride outStride: Int
  ) {
    guard rows > 0, columns > 0, isSingleThreaded else { return }
    if isSmall(rows, columns, inner) {
      return pk_small_product(
        a, aStride, b, bStride, 1, rows, columns, inner, beta, out, outStride)
    }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(inner),
      1, a, blasint(aStride), b, blasint(bStride), beta, out, blasint(outStride))
  }
}

extension Gemm {
  /// `out [rows, columns] = alpha · a [rows, inner] · b [columns, inner]ᵀ + beta · out`, in BLAS
  /// whatever the size.
  static func scaledTimesTransposed(
    _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>, stride bStride: Int,
    rows: Int, columns: Int, inner: Int, alpha: Float, beta: Float = 0,
    into out: UnsafeMutablePointer<Float>, stride outStride: Int
  ) {
    guard rows > 0, columns > 0, isSingleThreaded else { return }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(columns), blasint(inner),
      alpha, a, blasint(aStride), b, blasint(bStride), beta, out, blasint(outStride))
  }

  /// `out [rows, columns] += alpha · a [rows, inner] · b [inner, columns]`.
  static func addTimes(
    _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>, stride bStride: Int,
    rows: Int, columns: Int, inner: Int, alpha: Float = 1,
    into out: UnsafeMutablePointer<Float>, stride outStride: Int
  ) {
    guard rows > 0, columns > 0, isSingleThreaded else { return }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(inner),
      alpha, a, blasint(aStride), b, blasint(bStride), 1, out, blasint(outStride))
  }

  /// `out [rows, columns] = alpha · a [inner, rows]ᵀ · b [inner, columns] + beta · out`.
  static func transposedTimes(
    _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>, stride bStride: Int,
    rows: Int, columns: Int, inner: Int, alpha: Float = 1, beta: Float = 0,
    into out: UnsafeMutablePointer<Float>, stride outStride: Int
  ) {
    guard rows > 0, columns > 0, isSingleThreaded else { return }
    cblas_sgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(inner),
      alpha, a, blasint(aStride), b, blasint(bStride), beta, out, blasint(outStride))
  }
}

extension Gemm {
  /// `out [rows, columns] = alpha · a [rows, inner] · b [inner, columns]`, in double.
  static func times(
    _ a: UnsafePointer<Double>, stride aStride: Int, _ b: UnsafePointer<Double>,
    stride bStride: Int, rows: Int, columns: Int, inner: Int, alpha: Double,
    into out: UnsafeMutablePointer<Double>, stride outStride: Int
  ) {
    guard rows > 0, columns > 0, isSingleThreaded else { return }
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(inner),
      alpha, a, blasint(aStride), b, blasint(bStride), 0, out, blasint(outStride))
  }

  /// `out [rows, columns] = a [rows, inner] · b [columns, inner]ᵀ`, in double.
  static func timesTransposed(
    _ a: UnsafePointer<Double>, stride aStride: Int, _ b: UnsafePointer<Double>,
    stride bStride: Int, rows: Int, columns: Int, inner: Int,
    into out: UnsafeMutablePointer<Double>, stride outStride: Int
  ) {
    guard rows > 0, columns > 0, isSingleThreaded else { return }
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(columns), blasint(inner), 1,
      a, blasint(aStride), b, blasint(bStride), 0, out, blasint(outStride))
  }
}

extension Tensor {
  /// A linear layer: `self · weightᵀ + bias`, torch's `nn.Linear`.
  ///
  /// - Parameters:
  ///   - weight: `[outputs, inputs]`; self is `[rows, inputs]`.
  ///   - bias: `[outputs]`, or nil for none.
  /// - Returns: `[rows, outputs]`.
  package func linear(weight: Tensor, bias: Tensor? = nil, workers: Workers) throws -> Tensor {
    precondition(shape.count == 2 && weight.shape.count == 2 && shape[1] == weight.shape[1])
    let (rows, inner, outputs) = (shape[0], shape[1], weight.shape[0])
    precondition(bias == nil || bias?.count == outputs)
    let tiles = Tiles(rows: rows, columns: outputs)
    return try Tensor(shape: [rows, outputs]) { outBuffer in
      try withUnsafeElements { inputs in
        try weight.withUnsafeElements { weights in
          guard let out = SharedElements(outBuffer), let x = SharedInput(inputs),
            let w = SharedInput(weights)
          else { return outBuffer.initialize(repeating: 0) }
          try workers.forEach(tiles.count) { index in
            let tile = tiles[index]
            let start = out.base + tile.rows.lowerBound * outputs + tile.columns.lowerBound
            bias?.copyToRows(of: start, tile: tile, stride: outputs)
            Gemm.timesTransposed(
              x.base + tile.rows.lowerBound * inner, stride: inner,
              w.base + tile.columns.lowerBound * inner, stride: inner,
              rows: tile.rows.count, columns: tile.columns.count, inner: inner,
              beta: bias == nil ? 0 : 1, into: start, stride: outputs)
          }
        }
      }
    }
  }

  /// A plain product: `self [rows, inner] · other [inner, columns]`.
  package func times(_ other: Tensor, workers: Workers) throws -> Tensor {
    precondition(shape.count == 2 && other.shape.count == 2 && shape[1] == other.shape[0])
    let (rows, inner, columns) = (shape[0], shape[1], other.shape[1])
    let tiles = Tiles(rows: rows, columns: columns)
    return try Tensor(shape: [rows, columns]) { outBuffer in
      try withUnsafeElements { a in
        try other.withUnsafeElements { b in
          guard let out = SharedElements(outBuffer), let a = SharedInput(a), let b = SharedInput(b)
          else { return outBuffer.initialize(repeating: 0) }
          try workers.forEach(tiles.count) { index in
            let tile = tiles[index]
            Gemm.times(
              a.base + tile.rows.lowerBound * inner, stride: inner,
              b.base + tile.columns.lowerBound, stride: columns,
              rows: tile.rows.count, columns: tile.columns.count, inner: inner,
              into: out.base + tile.rows.lowerBound * columns + tile.columns.lowerBound,
              stride: columns)
          }
        }
      }
    }
  }

  private func copyToRows(of start: UnsafeMutablePointer<Float>, tile: Tiles.Tile, stride: Int) {
    withUnsafeElements { bias in
      let part = UnsafeBufferPointer(rebasing: bias[tile.columns])
      guard let source = part.baseAddress else { return }
      for row in 0..<tile.rows.count {
        (start + row * stride).update(from: source, count: part.count)
      }
    }
  }
}

/// A matrix cut into rectangles by its shape alone, so that every thread count adds alike.
private struct Tiles: Sendable {
  struct Tile {
    let rows: Range<Int>
    let columns: Range<Int>
  }

  private let rows: Int
  private let columns: Int
  private let tileRows: Int
  private let tileColumns: Int

  // Tiles of 256 rows keep OpenBLAS near its full rate; a short matrix is cut by columns too,
  // into about eight, so that a few threads all have work to the end.
  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    tileRows = min(max(rows, 1), 256)
    let rowTiles = (rows + tileRows - 1) / tileRows
    let columnTiles = max(1, 8 / max(1, rowTiles))
    let width = (columns + columnTiles - 1) / columnTiles
    tileColumns = max(64, (width + 15) / 16 * 16)
  }

  var count: Int {
    rows == 0 || columns == 0
      ? 0 : ((rows + tileRows - 1) / tileRows) * ((columns + tileColumns - 1) / tileColumns)
  }

  subscript(index: Int) -> Tile {
    let across = (columns + tileColumns - 1) / tileColumns
    let (row, column) = (index / across * tileRows, index % across * tileColumns)
    return Tile(
      rows: row..<min(rows, row + tileRows), columns: column..<min(columns, column + tileColumns))
  }
}
