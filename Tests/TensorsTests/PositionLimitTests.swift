// Rows of positions whose limits are known, and need not be looked through for a larger score.

import CKernels
import Tensors
import Testing

@Suite struct PositionLimitTests {
  /// What rows of positions can be, and how far their scores reach.
  struct Case: CustomTestStringConvertible, Sendable {
    let positions: Int
    let channels: Int
    let size: Float
    var hides = false
    var strange: Float?

    var testDescription: String {
      "\(positions) positions, \(channels) channels, scores to \(size)"
        + (hides ? ", some masked" : "")
        + (strange.map { ", a value of \($0)" } ?? "")
    }
  }

  static let cases =
    (0...6).flatMap { channels in
      [Float(0.5), 3, 40].map {
        Case(positions: 37, channels: channels, size: $0, hides: channels % 2 == 1)
      }
    }
    + [1, 15, 16, 17, 224].map { Case(positions: $0, channels: 3, size: 2) }
    + [Float.nan, .infinity, -.infinity].map {
      Case(positions: 50, channels: 3, size: 2, strange: $0)
    }

  private static let (rows, queries) = (6, 5)

  /// What all queries have summed over the rows: marginals, sums, totals of rows, and row maxima.
  private static func sums(of row: Case, knowsLimits: Bool) -> [UInt32] {
    let (channels, count) = (row.channels, row.positions)
    let stride = (count + 15) / 16 * 16 + 16
    var owned: [UnsafeMutableBufferPointer<Float>] = []
    defer { for buffer in owned { buffer.deallocate() } }
    func memory(_ values: [Float]) -> UnsafeMutablePointer<Float> {
      // At least one, which has a position.
      let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, values.count))
      _ = buffer.initialize(from: values.isEmpty ? [0] : values)
      owned.append(buffer)
      return buffer.baseAddress!
    }
    var generator = TorchGenerator(seed: UInt64(count * 8 + channels))
    func random(_ count: Int, _ size: Float) -> [Float] {
      count == 0 ? [] : generator.uniform(shape: [count], low: -size, high: size).values
    }
    func zeros(_ count: Int) -> [Float] { [Float](repeating: 0, count: count) }
    let tables = random(queries * stride, row.size)
    let rowMaxima = (0..<queries).map { tables[$0 * stride..<$0 * stride + count].max() ?? 0 }
    let width = queries * (channels + 1) * 16
    let shifts = memory(zeros(queries))
    var tile = pk_position_tile(
      queries: queries, stride: stride, row_stride: rows,
      weights: memory(random(queries * channels, row.size)), tables: memory(tables),
      table_maxima: knowsLimits ? memory(rowMaxima) : nil, shifts: shifts,
      marginals: memory(zeros(queries * stride)),
      settled_marginals: memory(zeros(queries * stride)),
      sums: memory(zeros(width)), settled_sums: memory(zeros(width)),
      row_maxima: memory([Float](repeating: -.infinity, count: queries)),
      row_totals: memory(zeros(queries * rows)), scores: memory(zeros(stride)))
    for index in 0..<rows {
      // Later rows reach farther, so that row maxima move.
      shifts.update(from: random(queries, row.size * Float(1 + index)), count: queries)
      let scale = random(stride, 0.5).map { 1 + $0 }
      var data = random(channels * stride, 1)
      if let strange = row.strange { data[index * 7] = strange }
      let limits =
        (0..<channels).map { channel in
          data[channel * stride..<channel * stride + count].reduce(0) { max($0, abs($1)) }
        } + [scale[..<count].max() ?? 0]
      let mask = (0..<stride).map { $0 % 3 == index ? -Float.infinity : 0 }
      var run = pk_position_run(
        scale: memory(scale), data: memory(data), plane_stride: stride, channels: channels,
        mask: row.hides ? memory(mask) : nil, limits: knowsLimits ? memory(limits) : nil,
        count: count)
      pk_position_softmax_row(&run, &tile, index)
    }
    func bits(_ pointer: UnsafeMutablePointer<Float>, _ count: Int) -> [UInt32] {
      (0..<count).map { pointer[$0].bitPattern }
    }
    return bits(tile.marginals, queries * stride) + bits(tile.sums, width)
      + bits(tile.row_totals, queries * rows) + bits(tile.row_maxima, queries)
  }

  @Test("sums have the same bits as where every row is looked through", arguments: cases)
  func same(_ row: Case) {
    let ours = Self.sums(of: row, knowsLimits: true)
    #expect(ours == Self.sums(of: row, knowsLimits: false))
    #expect(Set(ours).count > 2)
  }

  @Test("a row's limits are the largest sizes of its planes and scales", arguments: 0...6)
  func limits(_ channels: Int) {
    for count in [1, 16, 21] {
      var generator = TorchGenerator(seed: UInt64(count))
      var data = generator.uniform(shape: [count * channels + 1], low: -3, high: 1).values
      if count > 1, channels > 0 { data[channels] = .nan }
      let (sums, squares) = ((0..<count).map(Double.init), (0..<count).map { Double($0 * $0 + 9) })
      var scale = [Float](repeating: 0, count: count)
      var planes = [Float](repeating: 0, count: max(1, channels) * count)
      var limits = [Float](repeating: -1, count: channels + 1)
      data.withUnsafeBufferPointer { data in
        sums.withUnsafeBufferPointer { sums in
          squares.withUnsafeBufferPointer { squares in
            var row = pk_position_row(
              data: data.baseAddress, channels: channels, count: count, sums: sums.baseAddress,
              squares: squares.baseAddress, row_sum: 1, row_square: 20,
              width: Double(channels + 8), epsilon: 1e-5)
            pk_position_row_planes(&row, &scale, &planes, count, &limits)
          }
        }
      }
      for channel in 0..<channels {
        let plane = planes[channel * count..<(channel + 1) * count]
        #expect(limits[channel] == plane.filter { !$0.isNaN }.map(abs).max())
      }
      #expect(limits[channels] == scale.filter { !$0.isNaN }.max())
      for position in 0..<count {
        let token = (0..<channels).map { Double(data[position * channels + $0]) }
        let mean = (sums[position] + 1 + token.reduce(0, +)) / Double(channels + 8)
        let square = token.reduce(squares[position] + 20) { $0 + $1 * $1 } / Double(channels + 8)
        let factor = 1 / (max(0, square - mean * mean) + 1e-5).squareRoot()
        guard factor.isFinite else { continue }
        #expect(abs(Double(scale[position]) - factor) <= 1e-7 * factor)
        for channel in 0..<channels {
          let value = token[channel] * factor
          guard !value.isNaN else { continue }
          #expect(abs(Double(planes[channel * count + position]) - value) <= 1e-7 * abs(value))
        }
      }
    }
  }
}
