// The C inner loops against Foundation's functions in double, at lengths around their lanes.

import CKernels
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Inner loops are as exact as their comments say, at every length")
struct KernelTests {
  /// None, one, and around the sixteen lanes of a sum.
  static let lengths = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 4095, 4096, 4097, 8193]

  static func numbers(_ count: Int, from low: Float = -4, to high: Float = 4, seed: UInt64 = 7)
    -> [Float]
  {
    var generator = TorchGenerator(seed: seed)
    return generator.uniform(shape: [count], low: low, high: high).values
  }

  static func exponential(_ x: Float) -> Float {
    var value = [x]
    _ = pk_exp_shifted(&value, 1, 0)
    return value[0]
  }

  @Test("exp is within 2e-7 of the real one over all of its range")
  func exponentials() {
    var worst = 0.0
    var x = stride(from: Float(-87), through: 88.7, by: 0.00137).map { $0 }
    let given = x
    _ = pk_exp_shifted(&x, x.count, 0)
    for (ours, argument) in zip(x, given) {
      let theirs = exp(Double(argument))
      worst = max(worst, abs(Double(ours) - theirs) / theirs)
    }
    #expect(worst < 2e-7)
  }

  @Test(
    "exp at its ends: 0 below every float's exponent, infinity above, 1 at 0, NaN from NaN",
    arguments: [
      (Float(0), Float(1)), (-0.0, 1), (-87.4, 0), (-1e4, 0), (-.greatestFiniteMagnitude, 0),
      (-.infinity, 0), (88.8, .infinity), (1e4, .infinity), (.infinity, .infinity),
    ])
  func exponentialEnds(_ argument: Float, _ expected: Float) {
    #expect(Self.exponential(argument) == expected)
    // The same in the vector loop as in its tail.
    var many = [Float](repeating: argument, count: 17)
    _ = pk_exp_shifted(&many, many.count, 0)
    #expect(many.allSatisfy { $0 == expected })
    #expect(Self.exponential(.nan).isNaN)
    var largest: [Float] = [88.72]
    _ = pk_exp_shifted(&largest, 1, 0)
    #expect(largest[0].isFinite && largest[0] > 3.3e38)
  }

  @Test("exp shifts, replaces every element and gives their sum", arguments: lengths)
  func shiftedExponentials(_ count: Int) {
    let given = Self.numbers(count)
    var ours = given + [123]
    let sum = pk_exp_shifted(&ours, count, 2.5)
    let theirs = given.map { exp(Double($0 - 2.5)) }
    for (ours, theirs) in zip(ours, theirs) { #expect(abs(Double(ours) - theirs) <= 3e-7 * theirs) }
    #expect(ours[count] == 123, "wrote past the end")
    let total = theirs.reduce(0, +)
    #expect(abs(Double(sum) - total) <= 1e-5 * total)
  }

  @Test("Sums have the error of a double, not of a float", arguments: lengths)
  func sums(_ count: Int) {
    let x = Self.numbers(count, from: 0, to: 1)
    let total = x.reduce(0.0) { $0 + Double($1) }
    #expect(abs(pk_sum(x, count) - total) <= 2e-7 * total)
  }

  @Test("A sum of a million ones is a million, and NaN stays NaN")
  func longSums() {
    #expect(pk_sum([Float](repeating: 1, count: 1_000_003), 1_000_003) == 1_000_003)
    // A float alone stops growing at 2^24.
    let count = 1 << 25
    #expect(pk_sum([Float](repeating: 1, count: count), count) == Double(count))
    for position in [0, 15, 16, 20] {
      var x = [Float](repeating: 1, count: 21)
      x[position] = .nan
      #expect(pk_sum(x, x.count).isNaN)
      _ = pk_exp_shifted(&x, x.count, 0)
      #expect(x[position].isNaN)
    }
  }

  @Test("The maximum is found wherever it stands, and passes NaN over", arguments: lengths)
  func maxima(_ count: Int) {
    let x = Self.numbers(count)
    #expect(pk_maximum(x, count) == (x.max() ?? -.infinity))
    for position in Set([0, count / 2, count - 1]) where position >= 0 && position < count {
      var peaked = x
      peaked[position] = 99
      #expect(pk_maximum(peaked, count) == 99)
      peaked[position] = .nan
      let others = peaked.filter { !$0.isNaN }
      #expect(pk_maximum(peaked, count) == (others.max() ?? -.infinity))
    }
  }

  @Test("Scaling, adding and raising touch every element and none past it", arguments: lengths)
  func elementwise(_ count: Int) {
    let (x, y) = (Self.numbers(count), Self.numbers(count, seed: 8))
    var scaled = x + [5]
    pk_scale(&scaled, count, -3)
    #expect(scaled == x.map { $0 * -3 } + [5])
    var added = y + [5]
    pk_add_scaled(&added, x, 0.5, count)
    // Half of a float is exact, so that a fused product changes nothing.
    #expect(added == zip(x, y).map { $1 + 0.5 * $0 } + [5])
    var raised = y + [5]
    pk_raise_to(&raised, x, count)
    #expect(raised == zip(x, y).map { max($0, $1) } + [5])
  }

  @Test("The gated GELU is within 1e-6 of the exact one", arguments: lengths)
  func gatedGELU(_ count: Int) {
    let x = Self.numbers(count)
    let gates = Self.numbers(count, from: -12, to: 12, seed: 9)
    var ours = [Float](repeating: 7, count: count + 1)
    pk_gated_gelu(x, gates, &ours, count)
    for index in 0..<count {
      let (value, gate) = (Double(x[index]), Double(gates[index]))
      let theirs = value * 0.5 * gate * (1 + erf(gate / 2.0.squareRoot()))
      #expect(abs(Double(ours[index]) - theirs) <= 1e-6 * abs(value) * max(1, abs(gate)))
    }
    #expect(ours[count] == 7)
  }

  @Test("GELU over a fine grid, and NaN from NaN")
  func fineGELU() {
    let gates = stride(from: Float(-8), through: 8, by: 0.0005).map { $0 }
    let ones = [Float](repeating: 1, count: gates.count)
    var ours = ones
    pk_gated_gelu(ones, gates, &ours, ours.count)
    let worst = zip(ours, gates).map { ours, gate in
      let gate = Double(gate)
      return abs(Double(ours) - 0.5 * gate * (1 + erf(gate / 2.0.squareRoot()))) / max(1, abs(gate))
    }.max()
    #expect(worst ?? 1 < 1e-6)
    var result: [Float] = [0, 0]
    pk_gated_gelu([1, .nan], [.nan, 1], &result, 2)
    #expect(result[0].isNaN && result[1].isNaN)
  }

  @Test(
    "Softmax down columns sums to 1, gives log-sum-exp and leaves the stride's rest alone",
    arguments: [(1, 1), (1, 17), (2, 15), (5, 16), (3, 17), (33, 33), (257, 1)])
  func softmaxColumns(_ rows: Int, _ columns: Int) {
    let stride = columns + 3
    let given = Self.numbers(rows * stride, from: -30, to: 30)
    var block = given
    var logSums = [Float](repeating: 0, count: columns + 1)
    pk_softmax_columns(&block, rows, columns, stride, &logSums)
    for column in 0..<columns {
      let scores = (0..<rows).map { Double(given[$0 * stride + column]) }
      let rowMaximum = scores.max() ?? 0
      let total = scores.reduce(0) { $0 + exp($1 - rowMaximum) }
      #expect(abs(Double(logSums[column]) - (rowMaximum + log(total))) < 4e-6)
      for row in 0..<rows {
        let weight = exp(scores[row] - rowMaximum) / total
        #expect(abs(Double(block[row * stride + column]) - weight) < 5e-7)
      }
    }
    for row in 0..<rows {
      for rest in columns..<stride {
        #expect(block[row * stride + rest] == given[row * stride + rest])
      }
    }
    #expect(logSums[columns] == 0)
  }

  @Test("Softmax of one row is 1, and NaN fills its own column alone")
  func softmaxColumnsEdges() {
    var one: [Float] = [-1e4, 0, 1e4]
    var logSums = one
    pk_softmax_columns(&one, 1, 3, 3, &logSums)
    #expect(one == [1, 1, 1])
    #expect(logSums == [-1e4, 0, 1e4])
    var block: [Float] = [1, .nan, 1, 1]
    pk_softmax_columns(&block, 2, 2, 2, &logSums)
    #expect(block[0] == 0.5 && block[2] == 0.5)
    #expect(block[1].isNaN && block[3].isNaN)
  }

  @Test("Layer norm and root-mean-square norm are the double ones, rounded", arguments: lengths)
  func norms(_ count: Int) {
    // A large common part, which a variance computed in float would lose.
    let x = Self.numbers(count, from: 999, to: 1001)
    let (gain, bias) = (Self.numbers(count, seed: 2), Self.numbers(count, seed: 3))
    var ours = [Float](repeating: 0, count: count)
    pk_layer_norm(x, gain, bias, &ours, count, 1e-5)
    let n = Double(max(1, count))
    let mean = x.reduce(0) { $0 + Double($1) } / n
    let variance = x.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / n
    for index in 0..<count {
      let theirs =
        (Double(x[index]) - mean) / (variance + 1e-5).squareRoot() * Double(gain[index])
        + Double(bias[index])
      // The mean is rounded to a float once: half a unit of 1000 is 3e-5, over a spread of 0.58.
      #expect(abs(Double(ours[index]) - theirs) < (count == 1 ? 0.05 : 1e-3))
    }
    pk_rms_norm(x, gain, &ours, count, 1e-5)
    let root = (x.reduce(0) { $0 + Double($1) * Double($1) } / n + 1e-5).squareRoot()
    for index in 0..<count {
      let theirs = Double(x[index]) / root * Double(gain[index])
      #expect(abs(Double(ours[index]) - theirs) < 2e-6)
    }
  }
}
