// Positions of an input whose position features depend on one coordinate each, kept as planes.
//
// Error, u = 2⁻²⁴: a scale, and a number of data times scale, is computed in double and rounded once, to
// u of itself; besides, all numbers of a token share the error of its variance, whose square sum and
// mean are sums of data and of one entry for each axis: of themselves at most (2 columns + 4) 2⁻⁵³ ×
// (variance + mean²) / (variance + epsilon). Tables and masks are kept as they are, and limits are the
// largest of the very numbers that are kept.

import CKernels

/// Tokens `(data, then one table row for each axis)` as a layer norm standardises them, without
/// their means: data and scale of every position in planes, and the tables.
///
/// Memory is `channels + 1` floats a position, one more where a mask hides some. See
/// `SeparableAttention.swift` for why means are not needed.
package struct SeparablePositions: Sendable {
  /// The axes of the input without channels: `[height, width]`.
  package let axes: [Int]
  /// Channels of data.
  package let channels: Int
  /// For each axis `[length, features]`.
  package let tables: [Tensor]
  /// Data planes times scale, then scales, then what is added to scores if positions are masked.
  private let planes: Tensor
  private let isMasked: Bool
  /// What no data times scale and no scale of a row exceeds, `[rows, channels + 1]`.
  private let limits: Tensor
  // Tables in double, made once where they are small: a table of a single axis may be as long as
  // the input.
  private let doubleTables: [[Double]]

  /// Prepares positions.
  ///
  /// - Parameters:
  ///   - data: `[…axes, channels]`.
  ///   - tables: For each axis `[length, features]`, the same number of features each.
  ///   - kept: Indices of the positions that may be attended to, ascending; nil for all.
  ///   - epsilon: What the norm adds to a token's variance.
  package init(data: Tensor, tables: [Tensor], kept: [Int32]?, epsilon: Double, workers: Workers) {
    let axes = Array(data.shape.dropLast())
    precondition(!axes.isEmpty && tables.map { $0.shape[0] } == axes)
    self.axes = axes
    self.tables = tables
    channels = data.shape[axes.count]
    isMasked = kept != nil
    doubleTables =
      axes.count == 1 ? [] : tables.map { $0.withUnsafeElements { $0.map { Double($0) } } }
    (planes, limits) = Self.planes(
      of: data, channels: channels, tables: tables, kept: kept, epsilon: epsilon, workers: workers)
  }

  /// The number of positions.
  package var count: Int { axes.reduce(1, *) }

  /// Floats in a token.
  package var columns: Int { channels + tables.count * features }

  /// Features of one coordinate.
  var features: Int { tables[0].shape[1] }

  /// The length of the last axis, along which positions are neighbours in memory.
  var width: Int { axes[axes.count - 1] }

  /// The number of rows: combinations of the other axes' coordinates.
  var rowCount: Int { axes.dropLast().reduce(1, *) }

  /// Whether both are one preparation of the same positions, with the same planes in memory.
  package func isShared(with other: SeparablePositions) -> Bool {
    planes.sharesMemory(with: other.planes)
  }

  /// Bytes held.
  package var bytes: Int {
    (planes.count + limits.count) * 4 + tables.reduce(0) { $0 + $1.count }
      * (axes.count == 1 ? 4 : 12)
  }

  /// Calls `body` with rows `range` of an axis's table in double: `[range.count, features]`.
  func withDoubles<Result>(
    axis: Int, rows range: Range<Int>, _ body: (UnsafePointer<Double>) -> Result
  ) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= axes[axis])
    let doubles =
      doubleTables.isEmpty
      ? tables[axis].rows(range).withUnsafeElements { $0.map { Double($0) } } : doubleTables[axis]
    let start = doubleTables.isEmpty ? 0 : range.lowerBound * features
    return doubles.withUnsafeBufferPointer { buffer in
      // A table has a row for every coordinate, and each at least its position.
      guard let base = buffer.baseAddress else { preconditionFailure("an empty table") }
      return body(base + start)
    }
  }

  /// Coordinates on all axes but the last.
  func coordinates(ofRow row: Int) -> [Int] {
    var rest = row
    let reversed = axes.dropLast().reversed().map { length in
      defer { rest /= length }
      return rest % length
    }
    return reversed.reversed()
  }

  /// Calls `body` with positions `columns` of a row as the kernels read them.
  func withRun<Result>(
    row: Int, columns: Range<Int>, _ body: (UnsafePointer<pk_position_run>) -> Result
  ) -> Result {
    precondition(
      (0..<rowCount).contains(row) && columns.lowerBound >= 0 && columns.upperBound <= width)
    let stride = planes.shape[1]
    return planes.withUnsafeElements { planes in
      limits.withUnsafeElements { limits in
        // There is always a plane of scales.
        guard let base = planes.baseAddress, let limits = limits.baseAddress
        else { preconditionFailure("no planes") }
        let start = base + row * width + columns.lowerBound
        var run = pk_position_run(
          scale: start + channels * stride, data: start, plane_stride: stride, channels: channels,
          mask: isMasked ? start + (channels + 1) * stride : nil,
          limits: limits + row * (channels + 1), count: columns.count)
        return body(&run)
      }
    }
  }

  /// `[channels + 1 or 2, stride]`; rows end in at least sixteen floats that kernels may read. And
  /// what limits each row of positions.
  private static func planes(
    of data: Tensor, channels: Int, tables: [Tensor], kept: [Int32]?, epsilon: Double,
    workers: Workers
  ) -> (planes: Tensor, limits: Tensor) {
    let axes = Array(data.shape.dropLast())
    let (positions, width) = (axes.reduce(1, *), axes[axes.count - 1])
    // Not a power of two: planes that far apart would fight for the same lines of the cache.
    let stride = (positions + 15) / 16 * 16 + 16
    let planeCount = channels + (kept == nil ? 1 : 2)
    let outer = PositionMoments(tables.dropLast())
    let last = tables.last.map { FeatureMoments($0) }
    let columns = channels + tables.reduce(0) { $0 + $1.shape[1] }
    var limits = Tensor(shape: [axes.dropLast().reduce(1, *), channels + 1], in: workers.pages)
    let planes = Tensor(shape: [planeCount, stride], in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      for plane in 0..<planeCount {
        (out.base + plane * stride + positions).update(repeating: 0, count: stride - positions)
      }
      if let kept {
        let mask = out.base + (channels + 1) * stride
        mask.update(repeating: -.infinity, count: positions)
        for position in kept { mask[Int(position)] = 0 }
      }
      data.withUnsafeElements { elements in
        limits.withUnsafeMutableElements { limits in
          guard let input = SharedInput(elements), let limits = SharedElements(limits),
            let last, positions > 0
          else { return }
          // Without a cancellation nothing throws; see Workers.forEach.
          try? Workers(threads: workers.threads).forEach(positions / width) { row in
            var (sum, square) = (0.0, 0.0)
            outer.add(at: row, to: &sum, &square)
            last.sums.withUnsafeBufferPointer { sums in
              last.squares.withUnsafeBufferPointer { squares in
                var tokens = pk_position_row(
                  data: input.base + row * width * channels, channels: channels, count: width,
                  sums: sums.baseAddress, squares: squares.baseAddress, row_sum: sum,
                  row_square: square, width: Double(columns), epsilon: epsilon)
                pk_position_row_planes(
                  &tokens, out.base + channels * stride + row * width, out.base + row * width,
                  stride, limits.base + row * (channels + 1))
              }
            }
          }
        }
      }
    }
    return (planes, limits)
  }
}

extension BlockGrid {
  /// Positions cut into regions: rows, as few as give about `pieces` regions, by columns of the last
  /// axis, at most so many.
  init(of positions: SeparablePositions, columns limit: Int, pieces: Int = 16) {
    let (width, rowCount) = (positions.width, positions.rowCount)
    columns = Blocks(width, atMost: Blocks(width, size: limit).count)
    let spans = (pieces + columns.count - 1) / columns.count
    rows = Blocks(rowCount, atMost: min(max(1, rowCount / 8), max(1, spans)))
  }
}

/// How an average over positions is cut: into tiles of queries, and regions.
struct PositionCut: Sendable {
  /// Queries that read a row together, while it is in the cache nearest the processor.
  let tiles: Blocks
  let regions: BlockGrid

  /// Pieces of work that keep a few threads busy to the end.
  private static let pieces = 8

  init(_ positions: SeparablePositions, heads: Int, queries: Int) {
    let most = positions.width <= 512 ? 32 : 16
    tiles = Blocks(queries, size: min(most, max(1, heads * queries / Self.pieces)))
    // Tables are made once for each tile and range of columns, so rows are cut only if they must.
    let others = heads * tiles.count
    regions = BlockGrid(
      of: positions, columns: 2048, pieces: (Self.pieces + others - 1) / max(1, others))
  }

  /// Columns of a region whose scores of all queries stay in the cache.
  static func columns(queries: Int) -> Int { Blocks.size(in: 16...512, each: queries) }
}
