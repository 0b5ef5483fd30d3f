// Tensor is a value: sharing is never seen.

import Tensors
import TestSupport
import Testing

@Suite("A tensor is a value, though its storage is shared")
struct TensorTests {
  let whole = Tensor(shape: [2, 3], values: [0, 1, 2, 3, 4, 5])

  @Test("A copy that is written leaves the original as it was")
  func copies() {
    var copy = whole
    copy[1, 2] = 9
    #expect(whole.values == [0, 1, 2, 3, 4, 5])
    #expect(copy.values == [0, 1, 2, 3, 4, 9])
  }

  @Test("Parts are views: rows, one row, another shape; written, they become their own")
  func parts() {
    var row = whole.row(1)
    #expect(row.shape == [3] && row.values == [3, 4, 5])
    row[0] = 7
    #expect(row.values == [7, 4, 5])
    var reshaped = whole.reshaped([3, 2])
    #expect(reshaped[2, 1] == 5)
    reshaped[0, 0] = 8
    #expect(whole[0, 0] == 0)
    #expect(whole.rows(0..<0).shape == [0, 3])
    #expect(whole.rows(2..<2).values.isEmpty)
    #expect(whole.rows(1..<2).shape == [1, 3])
    let shared = whole.row(1).withUnsafeElements { $0.baseAddress }
    #expect(shared == whole.withUnsafeElements { $0.baseAddress.map { $0 + 3 } })
  }

  @Test("The last holder writes in place")
  func inPlace() {
    var tensor = Tensor(shape: [4], repeating: 1)
    let before = tensor.withUnsafeElements { $0.baseAddress }
    tensor.withUnsafeMutableElements { $0[2] = 5 }
    #expect(tensor.withUnsafeElements { $0.baseAddress } == before)
    #expect(tensor.values == [1, 1, 5, 1])
  }

  @Test("A part writes only itself, even as the last holder of the whole's storage")
  func lastHolder() {
    var part = Tensor(shape: [3, 2], values: [0, 1, 2, 3, 4, 5]).row(1)
    part.withUnsafeMutableElements { elements in
      #expect(elements.count == 2)
      elements[1] = 9
    }
    #expect(part.values == [2, 9])
  }

  @Test("Scalars and empty tensors are tensors")
  func small() {
    #expect(Tensor(shape: [], values: [4]).count == 1)
    #expect(Tensor(shape: [])[] == 0)
    #expect(Tensor(shape: [3, 0]).values.isEmpty)
    #expect(Tensor(shape: [0]) == Tensor(shape: [0], values: []))
    #expect(Tensor(shape: [0, 2]) != Tensor(shape: [2, 0]))
  }

  @Test("Equality is of shape and elements, with NaN equal to nothing")
  func equality() {
    #expect(whole == Tensor(shape: [2, 3], values: whole.values))
    #expect(whole != whole.reshaped([3, 2]))
    #expect(whole != Tensor(shape: [2, 3], values: [0, 1, 2, 3, 4, 6]))
    let odd = Tensor(shape: [1], values: [.nan])
    #expect(odd != odd)
    #expect("\(whole)" == "Tensor[2, 3]")
  }

  @Test("Sums, scales, maxima and means of rows")
  func arithmetic() {
    let other = Tensor(shape: [2, 3], values: [5, 4, 3, 2, 1, 0])
    #expect(whole.adding(other).values == [5, 5, 5, 5, 5, 5])
    var sum = whole
    sum.add(other, times: -2)
    #expect(sum.values == [-10, -7, -4, -1, 2, 5])
    sum.raise(to: whole)
    #expect(sum.values == [0, 1, 2, 3, 4, 5])
    sum.scale(by: 3)
    #expect(sum.values == [0, 3, 6, 9, 12, 15])
    let factors = Tensor(shape: [3], values: [1, 0, -1])
    #expect(whole.scalingColumns(by: factors).values == [0, 0, -2, 3, 0, -5])
    #expect(whole.meanOfRows() == Tensor(shape: [1, 3], values: [1.5, 2.5, 3.5]))
    let spread = whole.spreadingColumns(to: [0, 2, 3], of: 5, elsewhere: -1)
    #expect(spread.values == [0, -1, 1, 2, -1, 3, -1, 4, 5, -1])
    #expect(whole.values == [0, 1, 2, 3, 4, 5])
  }

  @Test("A mix by softmax across tensors, element by element")
  func mixes() {
    let a = Tensor(shape: [1, 3], values: [1, 2, 3])
    let b = Tensor(shape: [1, 3], values: [5, 6, 7])
    let logits = [
      Tensor(shape: [1, 3], values: [0, 1e4, -1e4]),
      Tensor(shape: [1, 3], values: [0, -1e4, 1e4]),
    ]
    let (mixed, shares) = Tensor.softmaxMix(of: [a, b], logits: logits)
    #expect(mixed.values == [3, 2, 7])
    #expect(shares.map(\.values) == [[0.5, 1, 0], [0.5, 0, 1]])
    #expect(Tensor.softmaxMix(of: [a], logits: [b]).mixed == a)
  }
}
