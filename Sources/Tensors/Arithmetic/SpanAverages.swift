// Averages of spans of keys, joined into the average over all keys.

import CKernels
import Foundation

/// Averages that a softmax has made of each span of keys by itself: against the span's own peak, and
/// not yet divided by its sum of weights.
struct SpanAverages: Sendable {
  /// `[heads, spans, queries × (width + 2)]`: sums of values `[queries, width]`, then peaks and sums
  /// of weights `[queries]` each.
  private let parts: HeldInput
  private let heads: Int
  private let spans: Int
  private let queries: Int
  private let width: Int
  /// What scores and peaks are counted in.
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
    var peaks = Tensor(shape: [heads, queries])
    var sums = Tensor(shape: [heads, queries])
    let values = try Tensor(shape: [heads, queries, width]) { values in
      try peaks.withUnsafeMutableElements { peaks in
        try sums.withUnsafeMutableElements { sums in
          guard let values = SharedElements(values), let peaks = SharedElements(peaks),
            let sums = SharedElements(sums)
          else { return }
          let atOnce = 64
          let tasks = (queries + atOnce - 1) / atOnce
          try workers.forEach(heads * tasks) { task in
            let (head, part) = task.quotientAndRemainder(dividingBy: tasks)
            for query in part * atOnce..<min(queries, (part + 1) * atOnce) {
              let row = head * queries + query
              (peaks.base[row], sums.base[row]) = write(
                head: head, query: query, to: values.base + row * width)
            }
          }
        }
      }
    }
    return AttentionAverage(
      values: values, weightSums: Tensor(shape: [heads, queries], repeating: 1),
      statistics: .overKeys(peaks: peaks, sums: sums))
  }

  /// One query's average; its peak and its sum of weights.
  private func write(
    head: Int, query: Int, to out: UnsafeMutablePointer<Float>
  ) -> (peak: Float, sum: Float) {
    let size = queries * (width + 2)
    let first = parts.base + head * spans * size
    func peak(_ span: Int) -> Float { first[span * size + queries * width + query] }
    func sum(_ span: Int) -> Float { first[span * size + queries * (width + 1) + query] }
    let highest = (0..<spans).reduce(-Float.infinity) { max($0, peak($1)) }
    func share(_ span: Int) -> Float {
      sum(span) == 0 ? 0 : Float(exp(Double(peak(span) - highest) * unit))
    }
    let total = (0..<spans).reduce(Float(0)) { $0 + sum($1) * share($1) }
    out.initialize(repeating: 0, count: width)
    for span in 0..<spans {
      pk_add_scaled(out, first + span * size + query * width, share(span) / total, width)
    }
    return (highest, total)
  }
}
