// The weights of positions far below a softmax's row maximum: powers of two, or nothing, and never
// subnormal.

import CKernels
import Foundation
import Testing

@Suite struct PositionWeightTests {
  /// The weights of positions whose scores are given, against a row maximum so far; a score may be
  /// above it by 12 before it moves.
  private func weights(_ scores: [Float], rowMaximum known: Float = -.infinity) -> [Float] {
    // Sixteen are read at a time, and what is behind the last must be finite.
    let room = scores.count + 16
    func array(_ value: Float, _ count: Int) -> UnsafeMutablePointer<Float> {
      let pointer = UnsafeMutablePointer<Float>.allocate(capacity: count)
      pointer.initialize(repeating: value, count: count)
      return pointer
    }
    let (scale, data, table) = (array(1, room), array(0, room), array(0, room))
    let (marginals, settledMarginals, row) = (array(0, room), array(0, room), array(0, room))
    let (sums, settledSums) = (array(0, 32), array(0, 32))
    let (weight, shift, total) = (array(0, 1), array(0, 1), array(0, 1))
    let rowMaximum = array(known, 1)
    defer {
      for pointer in [
        scale, data, table, marginals, settledMarginals, row, sums, settledSums, weight, shift,
        total, rowMaximum,
      ] { pointer.deallocate() }
    }
    for (index, score) in scores.enumerated() { table[index] = score }
    var run = pk_position_run(
      scale: scale, data: data, plane_stride: room, channels: 1, mask: nil,
      limits: nil, count: scores.count)
    var tile = pk_position_tile(
      queries: 1, stride: room, row_stride: 1, weights: weight, tables: table, table_maxima: nil,
      shifts: shift, marginals: marginals, settled_marginals: settledMarginals, sums: sums,
      settled_sums: settledSums, row_maxima: rowMaximum, row_totals: total, scores: row)
    pk_position_softmax_row(&run, &tile, 0)
    return scores.indices.map { marginals[$0] }
  }

  @Test("they are powers of two down to 2^-125, and 0 below", arguments: [7, 16, 33])
  func tail(_ count: Int) {
    let below: [Float] = [
      0, -0.5, -1, -23.25, -60, -124, -124.75, -125, -125.5, -126, -126.5, -127, -130, -1e4,
      -.infinity, .nan,
    ]
    let scores = (0..<count).map { below[$0 % below.count] }
    for (score, weight) in zip(scores, weights(scores)) {
      let expected = score > -125 ? Float(exp2(Double(score))) : 0
      #expect(abs(weight - expected) <= 2e-7 * expected, "\(score): \(weight)")
      #expect(!weight.isSubnormal)
    }
  }
  @Test("they are powers of two to a unit in a float's last bit, over all of their range")
  func fineGrid() {
    // A whole part, where the exponent changes, and a half, where rounding changes its mind.
    let turns = stride(from: Float(-124.5), through: 12, by: 0.5).flatMap {
      [$0.nextDown, $0, $0.nextUp]
    }
    let grid = (0..<200_000).map { -124.9999 + Float($0) * 0.000_685 }
    let scores = (grid + turns).filter { $0 > -125 && $0 <= 12 }
    #expect((grid.last ?? 0) > 11.9)
    let worst = zip(scores, weights(scores, rowMaximum: 0)).map { score, weight in
      let theirs = exp2(Double(score))
      return abs(Double(weight) - theirs) / theirs
    }.max()
    #expect(worst ?? 1 < 0x1p-23)
  }
}
