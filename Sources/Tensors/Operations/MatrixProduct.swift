// Matrix products through OpenBLAS, each on the thread that calls it:
// `queries.times(keys.transposed).store(in: scores, stride: count)`.

import CKernels
import COpenBLAS

/// What computes matrix products.
package enum MatrixProducts {
  /// What OpenBLAS calls its kernels that run here, such as SkylakeX; empty where it does not say.
  package static var kernels: String { String(cString: pk_blas_core()) }

  /// OpenBLAS runs on the thread that calls it; threads are ours (see `Workers`). Setting a number
  /// anew would make its threads, which CKernels has ended where it can.
  fileprivate static let areSingleThreaded: Bool = {
    if openblas_get_num_threads() != 1 { openblas_set_num_threads(1) }
    return true
  }()

  /// Products of at most so many multiplications are summed in double. A call to BLAS would take
  /// as long, and a small model, whose rounding does not average out, has the smaller error.
  fileprivate static let small = 16384.0
}

/// A matrix `[rows, columns]` in memory that somebody else owns: a factor of a product. It is stored
/// row by row, or transposed.
struct StridedMatrix<Element> {
  let base: UnsafePointer<Element>
  /// The rows that it has as a factor, whichever way it is stored; columns likewise.
  let rows: Int
  let columns: Int
  /// From the start of one stored row to that of the next.
  let stride: Int
  /// Whether its stored rows are its columns.
  let isTransposed: Bool

  private init(
    base: UnsafePointer<Element>, rows: Int, columns: Int, stride: Int, isTransposed: Bool
  ) {
    (self.base, self.stride) = (base, stride)
    (self.rows, self.columns, self.isTransposed) = (rows, columns, isTransposed)
  }

  /// A matrix as it is stored; its rows follow one another where no stride is given.
  init(_ base: UnsafePointer<Element>, rows: Int, columns: Int, stride: Int? = nil) {
    self.init(
      base: base, rows: rows, columns: columns, stride: stride ?? columns, isTransposed: false)
  }

  /// The same memory with rows for columns.
  var transposed: StridedMatrix {
    StridedMatrix(
      base: base, rows: columns, columns: rows, stride: stride, isTransposed: !isTransposed)
  }

  /// Some of the rows of a matrix that is not transposed.
  func rows(_ range: Range<Int>) -> StridedMatrix {
    StridedMatrix(
      base + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
  }

  /// Some of the columns of a matrix that is not transposed.
  func columns(_ range: Range<Int>) -> StridedMatrix {
    StridedMatrix(base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  fileprivate var order: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
}

/// `scale · left · right`, to be computed where it is stored or added.
struct MatrixProduct<Element> {
  fileprivate enum Summation {
    /// In double and rounded once where the product is small, else by BLAS.
    case inDoubleWhereSmall
    /// By BLAS, whatever its size.
    case byBLAS
  }

  fileprivate let left: StridedMatrix<Element>
  fileprivate let right: StridedMatrix<Element>
  fileprivate let scale: Element
  fileprivate let summation: Summation

  fileprivate init(
    _ left: StridedMatrix<Element>, _ right: StridedMatrix<Element>, scale: Element,
    _ summation: Summation
  ) {
    assert(left.columns == right.rows, "\(left.columns) columns times \(right.rows) rows")
    (self.left, self.right, self.scale, self.summation) = (left, right, scale, summation)
  }
}

extension StridedMatrix<Float> {
  /// The product with another matrix; in double where it is small.
  ///
  /// - Precondition: self is not transposed.
  @inline(__always)
  func times(_ other: StridedMatrix) -> MatrixProduct<Float> {
    assert(!isTransposed, "small products read stored rows")
    return MatrixProduct(self, other, scale: 1, .inDoubleWhereSmall)
  }

  /// The product with another matrix, in BLAS whatever its size.
  @inline(__always)
  func timesInBLAS(_ other: StridedMatrix, scale: Float = 1) -> MatrixProduct<Float> {
    MatrixProduct(self, other, scale: scale, .byBLAS)
  }
}

extension MatrixProduct<Float> {
  /// Writes the product over rows `stride` apart.
  @inline(__always)
  func store(in out: UnsafeMutablePointer<Float>, stride: Int) {
    compute(into: out, stride: stride, keeping: 0)
  }

  /// Adds the product to rows `stride` apart.
  @inline(__always)
  func add(to out: UnsafeMutablePointer<Float>, stride: Int) {
    compute(into: out, stride: stride, keeping: 1)
  }

  /// `out [rows, columns] = scale · left · right + share · out`.
  @inline(__always)
  private func compute(into out: UnsafeMutablePointer<Float>, stride: Int, keeping share: Float) {
    let (rows, columns, inner) = (left.rows, right.columns, left.columns)
    guard rows > 0, columns > 0 else { return }
    if summation == .inDoubleWhereSmall,
      Double(rows) * Double(columns) * Double(inner) <= MatrixProducts.small
    {
      var small = pk_product(
        rows: rows, columns: columns, inner: inner, a: left.base, a_stride: left.stride,
        b: right.base, b_inner: right.isTransposed ? 1 : right.stride,
        b_column: right.isTransposed ? right.stride : 1)
      return pk_small_product(&small, share, out, stride)
    }
    guard MatrixProducts.areSingleThreaded else { return }
    cblas_sgemm(
      CblasRowMajor, left.order, right.order, blasint(rows), blasint(columns), blasint(inner),
      scale, left.base, blasint(left.stride), right.base, blasint(right.stride), share, out,
      blasint(stride))
  }
}

extension StridedMatrix<Double> {
  /// The product with another matrix, in double throughout.
  func times(_ other: StridedMatrix, scale: Double = 1) -> MatrixProduct<Double> {
    MatrixProduct(self, other, scale: scale, .byBLAS)
  }
}

extension MatrixProduct<Double> {
  /// Writes the product over rows `stride` apart.
  func store(in out: UnsafeMutablePointer<Double>, stride: Int) {
    let (rows, columns, inner) = (left.rows, right.columns, left.columns)
    guard rows > 0, columns > 0, MatrixProducts.areSingleThreaded else { return }
    cblas_dgemm(
      CblasRowMajor, left.order, right.order, blasint(rows), blasint(columns), blasint(inner),
      scale, left.base, blasint(left.stride), right.base, blasint(right.stride), 0, out,
      blasint(stride))
  }
}
