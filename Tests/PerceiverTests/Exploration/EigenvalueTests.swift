// Eigenvalues against matrices whose eigenvalues are known.

import Foundation
import Tensors
import Testing

@testable import Perceiver

@Suite("Eigenvalues of symmetric matrices")
struct EigenvalueTests {
  @Test("Of a diagonal that was turned, they are the diagonal", arguments: [1, 2, 3, 7, 40])
  func turned(_ n: Int) {
    // H D H with a Householder reflection H = 1 − 2 v vᵀ.
    let known = (0..<n).map { $0 % 3 == 0 ? 0 : Double($0) * 1.5 - 4 }
    var v = (0..<n).map { sin(Double($0) + 1) }
    let length = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
    v = v.map { $0 / length }
    func reflection(_ i: Int, _ j: Int) -> Double { (i == j ? 1 : 0) - 2 * v[i] * v[j] }
    let matrix = (0..<n * n).map { index in
      (0..<n).reduce(0.0) {
        $0 + reflection(index / n, $1) * known[$1] * reflection($1, index % n)
      }
    }
    let found = SymmetricEigenvalues.of(matrix, n: n).sorted()
    for (ours, theirs) in zip(found, known.sorted()) { #expect(abs(ours - theirs) < 1e-12 * 100) }
    #expect(found.count == n)
  }

  @Test("Of nothing, of zeros, of what is not finite")
  func edges() {
    #expect(SymmetricEigenvalues.of([], n: 0).isEmpty)
    #expect(SymmetricEigenvalues.of([0, 0, 0, 0], n: 2) == [0, 0])
    let found = SymmetricEigenvalues.of([.nan, 0, 0, 1], n: 2)
    #expect(found.count == 2 && found.filter(\.isNaN).count == 2)
  }
}
