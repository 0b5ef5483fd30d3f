// Eigenvalues of a small symmetric matrix in double: for effective ranks, whose matrices are latents
// × latents.

import Foundation

/// Eigenvalues by Householder's tridiagonal form and implicit QL (Numerical Recipes' tred2 and tqli
/// without vectors): 4/3 n³ multiplications, and an error of about 1e-16 of the largest.
enum SymmetricEigenvalues {
  /// In no order; the matrix is n × n, row by row, and only what lies on and below its diagonal is
  /// read. NaN where a number is not finite.
  static func of(_ matrix: [Double], n: Int) -> [Double] {
    precondition(matrix.count == n * n, "expected \(n) × \(n) numbers, found \(matrix.count)")
    guard n > 0 else { return [] }
    guard matrix.allSatisfy(\.isFinite) else { return Array(repeating: .nan, count: n) }
    var (diagonal, beside) = tridiagonal(matrix, n)
    settle(&diagonal, &beside)
    return diagonal
  }

  /// The diagonal, and what stands beside it: `beside[i]` between i − 1 and i, 0 at 0.
  private static func tridiagonal(_ matrix: [Double], _ n: Int) -> ([Double], [Double]) {
    var a = matrix
    var diagonal = [Double](repeating: 0, count: n)
    var beside = [Double](repeating: 0, count: n)
    a.withUnsafeMutableBufferPointer { a in
      for i in stride(from: n - 1, to: 0, by: -1) {
        let row = i * n
        let scale = (0..<i).reduce(0.0) { $0 + abs(a[row + $1]) }
        guard i > 1, scale > 0 else {
          beside[i] = a[row + i - 1]
          continue
        }
        var h = 0.0
        for k in 0..<i {
          a[row + k] /= scale
          h += a[row + k] * a[row + k]
        }
        let f = a[row + i - 1]
        let g = f >= 0 ? -h.squareRoot() : h.squareRoot()
        beside[i] = scale * g
        h -= f * g
        a[row + i - 1] = f - g
        // p = A u / h, in the place of what is beside.
        for j in 0..<i { beside[j] = 0 }
        for j in 0..<i {
          let (own, u) = (j * n, a[row + j])
          var sum = a[own + j] * u
          for k in 0..<j {
            sum += a[own + k] * a[row + k]
            beside[k] += a[own + k] * u
          }
          beside[j] += sum
        }
        var product = 0.0
        for j in 0..<i {
          beside[j] /= h
          product += beside[j] * a[row + j]
        }
        let half = product / (h + h)
        for j in 0..<i { beside[j] -= half * a[row + j] }
        for j in 0..<i {
          let (own, u, p) = (j * n, a[row + j], beside[j])
          for k in 0...j { a[own + k] -= u * beside[k] + p * a[row + k] }
        }
      }
      for i in 0..<n { diagonal[i] = a[i * n + i] }
    }
    beside[0] = 0
    return (diagonal, beside)
  }

  /// Rotates until nothing is left beside the diagonal.
  private static func settle(_ diagonal: inout [Double], _ beside: inout [Double]) {
    let n = diagonal.count
    for i in 1..<max(1, n) { beside[i - 1] = beside[i] }
    beside[n - 1] = 0
    for l in 0..<n {
      for _ in 0..<60 {
        var m = l
        while m < n - 1 {
          let size = abs(diagonal[m]) + abs(diagonal[m + 1])
          if abs(beside[m]) <= Double.ulpOfOne * size { break }
          m += 1
        }
        if m == l { break }
        var g = (diagonal[l + 1] - diagonal[l]) / (2 * beside[l])
        var r = (g * g + 1).squareRoot()
        g = diagonal[m] - diagonal[l] + beside[l] / (g + (g >= 0 ? abs(r) : -abs(r)))
        var (s, c, p) = (1.0, 1.0, 0.0)
        var i = m - 1
        var isSplit = false
        while i >= l {
          let (f, b) = (s * beside[i], c * beside[i])
          r = (f * f + g * g).squareRoot()
          beside[i + 1] = r
          if r == 0 {
            diagonal[i + 1] -= p
            beside[m] = 0
            isSplit = true
            break
          }
          (s, c) = (f / r, g / r)
          g = diagonal[i + 1] - p
          r = (diagonal[i] - g) * s + 2 * c * b
          p = s * r
          diagonal[i + 1] = g + p
          g = c * r - b
          i -= 1
        }
        if isSplit { continue }
        diagonal[l] -= p
        beside[l] = g
        beside[m] = 0
      }
    }
  }
}
