// Matrix products through OpenBLAS, each on the thread that calls it.

import CKernels
import COpenBLAS

/// What computes matrix products.
package enum MatrixProducts {
  /// What OpenBLAS calls its kernels that run here, such as SkylakeX; empty where it does not say.
  package static var kernels: String { String(cString: pk_blas_core()) }
}

/// Row-major products on one thread: `out = alpha · a · b + beta · out`, where `a` or `b` may be
/// stored transposed.
enum Gemm {
  /// OpenBLAS runs on the thread that calls it; threads are ours (see `Workers`). Setting a number
  /// anew would make its threads, which CKernels has ended where it can.
  private static let isSingleThreaded: Bool = {
    if openblas_get_num_threads() != 1 { openblas_set_num_threads(1) }
    return true
  }()

  /// Products of at most so many multiplications are summed in double. A call to BLAS would take
  /// as long, and a small model, whose rounding does not average out, has the smaller error.
  private static let smallProduct = 16384.0

  private typealias Factor = (
    base: UnsafePointer<Float>, stride: Int, transposed: CBLAS_TRANSPOSE
  )

  @inline(__always)
  private static func product(
    _ a: Factor, _ b: Factor, rows: Int, columns: Int, inner: Int, alpha: Float = 1,
    beta: Float = 0, into out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    guard rows > 0, columns > 0, isSingleThreaded else { return }
    cblas_sgemm(
      CblasRowMajor, a.transposed, b.transposed, blasint(rows), blasint(columns), blasint(inner),
      alpha, a.base, blasint(a.stride), b.base, blasint(b.stride), beta, out, blasint(stride))
  }

  /// A product of stored rows of `a`, in double where it is small; alpha is 1.
  @inline(__always)
  private static func roundedOnce(
    _ a: Factor, _ b: Factor, rows: Int, columns: Int, inner: Int, beta: Float,
    into out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    guard Double(rows) * Double(columns) * Double(inner) <= smallProduct else {
      return product(
        a, b, rows: rows, columns: columns, inner: inner, beta: beta, into: out, stride: stride)
    }
    guard rows > 0, columns > 0 else { return }
    let byColumns = b.transposed == CblasTrans
    var small = pk_product(
      rows: rows, columns: columns, inner: inner, a: a.base, a_stride: a.stride, b: b.base,
      b_inner: byColumns ? 1 : b.stride, b_column: byColumns ? b.stride : 1)
    pk_small_product(&small, beta, out, stride)
  }

  /// `out [rows, columns] = a [rows, inner] · b [columns, inner]ᵀ + beta · out`.
  static func timesTransposed(
    _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>, stride bStride: Int,
    rows: Int, columns: Int, inner: Int, beta: Float = 0,
    into out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    roundedOnce(
      (a, aStride, CblasNoTrans), (b, bStride, CblasTrans), rows: rows, columns: columns,
      inner: inner, beta: beta, into: out, stride: stride)
  }

  /// `out [rows, columns] = a [rows, inner] · b [inner, columns] + beta · out`.
  static func times(
    _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>, stride bStride: Int,
    rows: Int, columns: Int, inner: Int, beta: Float = 0,
    into out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    roundedOnce(
      (a, aStride, CblasNoTrans), (b, bStride, CblasNoTrans), rows: rows, columns: columns,
      inner: inner, beta: beta, into: out, stride: stride)
  }

  /// `out [rows, columns] = alpha · a [rows, inner] · b [columns, inner]ᵀ + beta · out`, in BLAS
  /// whatever the size.
  static func scaledTimesTransposed(
    _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>, stride bStride: Int,
    rows: Int, columns: Int, inner: Int, alpha: Float, beta: Float = 0,
    into out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    product(
      (a, aStride, CblasNoTrans), (b, bStride, CblasTrans), rows: rows, columns: columns,
      inner: inner, alpha: alpha, beta: beta, into: out, stride: stride)
  }

  /// `out [rows, columns] += alpha · a [rows, inner] · b [inner, columns]`.
  static func addTimes(
    _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>, stride bStride: Int,
    rows: Int, columns: Int, inner: Int, alpha: Float = 1,
    into out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    product(
      (a, aStride, CblasNoTrans), (b, bStride, CblasNoTrans), rows: rows, columns: columns,
      inner: inner, alpha: alpha, beta: 1, into: out, stride: stride)
  }

  /// `out [rows, columns] = alpha · a [inner, rows]ᵀ · b [inner, columns] + beta · out`.
  static func transposedTimes(
    _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>, stride bStride: Int,
    rows: Int, columns: Int, inner: Int, alpha: Float = 1, beta: Float = 0,
    into out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    product(
      (a, aStride, CblasTrans), (b, bStride, CblasNoTrans), rows: rows, columns: columns,
      inner: inner, alpha: alpha, beta: beta, into: out, stride: stride)
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
