// Queries carried through a projection and a norm's gain into the space of what is projected.

import COpenBLAS

extension Tensor {
  /// Queries folded: `scale · (self · keys) ∘ gain`, `[queries, channels]`, and the constants of
  /// their scores, `scale · (self · keys) · bias`, `[queries]`.
  ///
  /// Computed in double and rounded once: an error here is shared by every score of the query.
  ///
  /// - Parameters:
  ///   - keys: The projection, `[width, channels]`; self is `[queries, width]`.
  ///   - gain: `[channels]`.
  ///   - bias: `[channels]`.
  package func folded(
    through keys: Tensor, gain: Tensor, bias: Tensor, scale: Double
  ) -> (queries: Tensor, offsets: Tensor) {
    precondition(shape.count == 2 && keys.shape[0] == shape[1])
    let (queries, width, channels) = (shape[0], shape[1], keys.shape[1])
    precondition(gain.count == channels && bias.count == channels)
    var product = [Double](repeating: 0, count: queries * channels)
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(queries), blasint(channels),
      blasint(width), scale, doubles, blasint(width), keys.doubles, blasint(channels), 0,
      &product, blasint(channels))
    let (gains, biases) = (gain.doubles, bias.doubles)
    let offsets = (0..<queries).map { query in
      Float((0..<channels).reduce(0.0) { $0 + product[query * channels + $1] * biases[$1] })
    }
    for index in product.indices { product[index] *= gains[index % channels] }
    return (
      Tensor(shape: [queries, channels], values: product.lazy.map { Float($0) }),
      Tensor(shape: [queries], values: offsets)
    )
  }

  private var doubles: [Double] { withUnsafeElements { $0.map { Double($0) } } }
}
