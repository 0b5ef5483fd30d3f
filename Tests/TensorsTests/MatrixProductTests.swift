// Products, with their tiles and threads, against three plain loops in double.

import CKernels
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Products of matrices are those of plain loops, whatever their size")
struct MatrixProductTests {
  /// Sizes of `[rows, inner] · [inner, columns]` around the tiles' and small products' borders.
  struct Size: Sendable, CustomTestStringConvertible {
    let rows: Int
    let inner: Int
    let columns: Int

    init(_ rows: Int, _ inner: Int, _ columns: Int) {
      (self.rows, self.inner, self.columns) = (rows, inner, columns)
    }

    var testDescription: String { "\(rows) × \(inner) × \(columns)" }
  }

  static let sizes = [
    Size(0, 3, 5), Size(3, 0, 5), Size(3, 5, 0), Size(1, 1, 1), Size(1, 7, 1), Size(7, 1, 5),
    Size(3, 5, 1), Size(25, 26, 25), Size(26, 25, 26), Size(1, 300, 64), Size(1, 300, 65),
    Size(2, 129, 511), Size(2, 130, 513), Size(64, 31, 63), Size(65, 33, 65), Size(255, 17, 129),
    Size(256, 16, 128), Size(257, 19, 127), Size(513, 8, 66), Size(2049, 5, 3),
  ]

  static func matrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Tensor {
    var generator = TorchGenerator(seed: seed)
    return generator.uniform(shape: [rows, columns], low: -1, high: 1)
  }

  /// `a · b` in double, where b stands `[inner, columns]`, plus what every row begins with.
  static func product(_ a: Tensor, _ b: Tensor, startingWith bias: [Float]? = nil) -> Tensor {
    let (rows, inner, columns) = (a.shape[0], a.shape[1], b.shape[1])
    let (x, y) = (a.values, b.values)
    var result = [Float]()
    for row in 0..<rows {
      for column in 0..<columns {
        var sum = bias.map { Double($0[column]) } ?? 0
        for index in 0..<inner {
          sum += Double(x[row * inner + index]) * Double(y[index * columns + column])
        }
        result.append(Float(sum))
      }
    }
    return Tensor(shape: [rows, columns], values: result)
  }

  static func transposed(_ matrix: Tensor) -> Tensor {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    let values = matrix.values
    return Tensor(
      shape: [columns, rows],
      values: (0..<rows * columns).map { values[$0 % rows * columns + $0 / rows] })
  }

  @Test("A plain product", arguments: sizes)
  func times(_ size: Size) throws {
    let a = Self.matrix(size.rows, size.inner, seed: 1)
    let b = Self.matrix(size.inner, size.columns, seed: 2)
    let ours = try a.times(b, workers: Workers(threads: 3))
    #expect(relativeError(ours, Self.product(a, b)) < 1e-6)
  }

  @Test("A linear layer, with a bias and without", arguments: sizes)
  func linear(_ size: Size) throws {
    let a = Self.matrix(size.rows, size.inner, seed: 1)
    let weight = Self.matrix(size.columns, size.inner, seed: 2)
    let bias = Self.matrix(1, size.columns, seed: 3).row(0)
    let b = Self.transposed(weight)
    let plain = try a.linear(weight: weight, workers: Workers(threads: 3))
    #expect(relativeError(plain, Self.product(a, b)) < 1e-6)
    let biased = try a.linear(weight: weight, bias: bias, workers: Workers(threads: 3))
    #expect(relativeError(biased, Self.product(a, b, startingWith: bias.values)) < 1e-6)
  }

  @Test("Every number of threads gives the same bits", arguments: sizes)
  func threads(_ size: Size) throws {
    let a = Self.matrix(size.rows, size.inner, seed: 1)
    let b = Self.matrix(size.inner, size.columns, seed: 2)
    let weight = Self.matrix(size.columns, size.inner, seed: 2)
    let products = try [1, 2, 3, 7].map { threads in
      (
        try a.times(b, workers: Workers(threads: threads)),
        try a.linear(weight: weight, workers: Workers(threads: threads))
      )
    }
    for (times, linear) in products.dropFirst() {
      #expect(times.hasSameBits(as: products[0].0))
      #expect(linear.hasSameBits(as: products[0].1))
    }
  }

  #if os(Linux) && arch(x86_64)
    @Test("Products run on wide vectors, also on a processor that OpenBLAS does not know")
    func kernels() throws {
      // Who sets the variable has the kernels asked for.
      guard ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] == nil else { return }
      let processor = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
      let line = processor.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
      let features = Set(line.split(separator: " "))
      guard features.isSuperset(of: ["avx2", "fma"]) else { return }
      let fallbacks = [
        "Unknown", "Prescott", "Core2", "Penryn", "Nehalem", "Sandybridge", "Barcelona",
      ]
      #expect(!fallbacks.contains(MatrixProducts.kernels))
    }
  #endif

  @Test("Products run on no threads but ours")
  func threads() throws {
    let side = 300
    let ones = Tensor(shape: [side, side], repeating: 1)
    let product = try ones.times(ones, workers: Workers(threads: 2))
    #expect(product.values.allSatisfy { $0 == Float(side) })
    #expect(pk_blas_has_threads() == 0)
  }

  @Test("A part of a larger tensor multiplies like a copy of it")
  func parts() throws {
    let whole = Self.matrix(300, 40, seed: 4)
    let b = Self.matrix(40, 33, seed: 5)
    let part = whole.rows(17..<281)
    let copy = Tensor(shape: part.shape, values: part.values)
    let workers = Workers(threads: 2)
    #expect(try part.times(b, workers: workers) == copy.times(b, workers: workers))
  }

  @Test("A cancelled product throws", arguments: [1, 3])
  func cancellation(_ threads: Int) {
    let cancellation = Cancellation()
    cancellation.cancel()
    let workers = Workers(threads: threads, cancellation: cancellation)
    let a = Self.matrix(300, 300, seed: 1)
    #expect(throws: ComputationCancelled()) { try a.times(a, workers: workers) }
    #expect(throws: ComputationCancelled()) { try a.linear(weight: a, workers: workers) }
    #expect(throws: ComputationCancelled()) {
      try a.layerNorm(gain: a.row(0), bias: a.row(1), epsilon: 1e-5, workers: workers)
    }
  }

  @Test("A loop runs every iteration once, on any number of threads", arguments: [1, 2, 3, 7, 64])
  func loops(_ threads: Int) throws {
    for count in [0, 1, 2, 63, 1000] {
      let a = Self.matrix(count, 1, seed: 6)
      // Rows past 32 go to other iterations of the loop.
      let ones = Tensor(shape: [1], repeating: 1)
      let normed = try a.rootMeanSquareNorm(
        gain: ones, epsilon: 0, workers: Workers(threads: threads))
      #expect(zip(normed.values, a.values).allSatisfy { abs($0 - ($1 < 0 ? -1 : 1)) < 1e-6 })
    }
  }
}
