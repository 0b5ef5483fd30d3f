// The softmax of scores that come block by block: a row maximum and a sum of exponentials go
// with what the weights average, and parts of a row that were computed apart are joined.
//
// Error, to first order in u = 2⁻²⁴, for scores as they are: a weight is wrong by at most (4 + d) u of
// itself, d its score's distance from the row maximum, and by (5 + m) u more whenever that moves by m.
// Their sum is wrong by (keys / 16 + 16) u of itself for the keys of one block and u for each block.
// To join n parts, whose row maxima lie up to D apart, adds (2 + n + D) u to the sum and
// (5 + 2 n + 2 D) u Σ|weight × value| to the average.

import CKernels
import Foundation

/// One row's softmax so far: weight = exp(score − maximum) / sum.
struct RunningSoftmax {
  /// What the weights so far sum up, not yet divided by `sum`: `[width]`.
  let values: UnsafeMutablePointer<Float>
  let width: Int
  /// The row maximum; -infinity before the first score that counts.
  let maximum: UnsafeMutablePointer<Float>
  /// The sum of exponentials.
  let sum: UnsafeMutablePointer<Float>

  /// A row of which nothing is known yet.
  func start() {
    values.initialize(repeating: 0, count: width)
    maximum.initialize(to: -.infinity)
    sum.initialize(to: 0)
  }

  /// Turns the scores of the next keys into weights against the row maximum, in place, and brings
  /// what was summed before to it. Whoever calls adds the weighted values.
  ///
  /// Scores of -infinity become weights of 0; NaN stays NaN.
  @inline(__always)
  func weigh(_ scores: UnsafeMutablePointer<Float>, count: Int) {
    let former = maximum.pointee
    let highest = max(former, pk_maximum(scores, count))
    guard highest > -.infinity else {
      for index in 0..<count {
        scores[index] = scores[index] == -.infinity ? 0 : .nan
        sum.pointee += scores[index]
      }
      return
    }
    let added = pk_exp_shifted(scores, count, highest)
    if highest > former {
      var factor = former
      _ = pk_exp_shifted(&factor, 1, highest)
      sum.pointee *= factor
      pk_scale(values, width, factor)
      maximum.pointee = highest
    }
    sum.pointee += added
  }
}

/// A row's softmax over some of its keys, as `RunningSoftmax` left it.
struct SoftmaxPart {
  /// `[width]`, not divided by the sum.
  let values: UnsafePointer<Float>
  let maximum: Float
  let sum: Float
}

extension SoftmaxPart {
  /// Writes the average over the keys of all parts; the maximum and the sum over all of them.
  ///
  /// - Parameters:
  ///   - unit: What scores are counted in: 1, or ln 2 where exponentials are powers of two.
  ///   - out: `[width]`.
  static func join(
    _ parts: Int, width: Int, unit: Double = 1, into out: UnsafeMutablePointer<Float>,
    _ part: (Int) -> SoftmaxPart
  ) -> (maximum: Float, sum: Float) {
    let highest = (0..<parts).reduce(-Float.infinity) { max($0, part($1).maximum) }
    // A part without a key that may be read has the maximum of nothing.
    func share(_ part: SoftmaxPart) -> Float {
      part.sum == 0 ? 0 : Float(exp(Double(part.maximum - highest) * unit))
    }
    let total = (0..<parts).reduce(Float(0)) { $0 + part($1).sum * share(part($1)) }
    out.initialize(repeating: 0, count: width)
    for index in 0..<parts {
      let part = part(index)
      pk_add_scaled(out, part.values, share(part) / total, width)
    }
    return (highest, total)
  }
}

/// Averages that a softmax has made of each span of keys by itself: against the span's own row
/// maximum, and not yet divided by its sum of weights.
struct SpanAverages: Sendable {
  /// `[heads, spans, queries × (width + 2)]`: sums of values `[queries, width]`, then row maxima
  /// and sums of weights `[queries]` each.
  private let parts: HeldInput
  private let heads: Int
  private let spans: Int
  private let queries: Int
  private let width: Int
  /// What scores and row maxima are counted in.
  private let unit: Double

  init(_ parts: Tensor, _ operands: AttentionOperands, spans: Int, unit: Double = 1) {
    self.parts = HeldInput(parts)
    (heads, queries, width) = (operands.heads, operands.queryCount, operands.valueWidth)
    (self.spans, self.unit) = (spans, unit)
  }

  /// The average over all spans.
  ///
  /// - Throws: `ComputationCancelled`.
  func joined(workers: Workers) throws -> AttentionAverage {
    var rowMaxima = Tensor(shape: [heads, queries], in: workers.pages)
    var sums = Tensor(shape: [heads, queries], in: workers.pages)
    let values = try Tensor(shape: [heads, queries, width], in: workers.pages) { values in
      try rowMaxima.withUnsafeMutableElements { rowMaxima in
        try sums.withUnsafeMutableElements { sums in
          guard let values = SharedElements(values), let rowMaxima = SharedElements(rowMaxima),
            let sums = SharedElements(sums)
          else { return }
          let parts = Blocks(queries, size: 64)
          try workers.forEach(heads * parts.count) { task in
            let (head, part) = task.quotientAndRemainder(dividingBy: parts.count)
            for query in parts[part] {
              let row = head * queries + query
              (rowMaxima.base[row], sums.base[row]) = write(
                head: head, query: query, to: values.base + row * width)
            }
          }
        }
      }
    }
    return AttentionAverage(
      values: values, weightSums: Tensor(shape: [heads, queries], in: workers.pages, repeating: 1),
      statistics: .overKeys(rowMaxima: rowMaxima, sums: sums))
  }

  /// One query's average; its row maximum and its sum of exponentials.
  private func write(
    head: Int, query: Int, to out: UnsafeMutablePointer<Float>
  ) -> (maximum: Float, sum: Float) {
    let size = queries * (width + 2)
    let first = parts.base + head * spans * size
    return SoftmaxPart.join(spans, width: width, unit: unit, into: out) { span in
      let own = first + span * size
      return SoftmaxPart(
        values: own + query * width, maximum: own[queries * width + query],
        sum: own[queries * (width + 1) + query])
    }
  }
}
