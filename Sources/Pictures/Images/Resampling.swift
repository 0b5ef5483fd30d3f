// Larger and smaller pictures and maps: averages where cells cover several, repeats where they share.
// Pictures and maps are cut alike, so that a map lies over its photo.

import Tensors

extension PixelImage {
  /// The picture at another size. Along an axis that shrinks, a pixel is the mean of the stretch it
  /// covers, parts of pixels counting by their share; along one that grows, pixels repeat.
  ///
  /// - Precondition: both sides are at least 1.
  public func resized(width newWidth: Int, height newHeight: Int) -> PixelImage {
    guard (newWidth, newHeight) != (width, height) else { return self }
    let grid = Resampling(
      rows: AxisCover(from: height, to: newHeight), columns: AxisCover(from: width, to: newWidth),
      channels: channels)
    return PixelImage(width: newWidth, height: newHeight, channels: channels) { target in
      samples.withUnsafeBufferPointer { grid.apply($0, to: target) }
    }
  }

  /// The picture with its longer side at most `side`; unchanged if it fits. The shorter side is
  /// rounded to the nearest pixel, at least 1.
  ///
  /// - Precondition: `side` is at least 1.
  public func fitted(maxSide side: Int) -> PixelImage {
    let size = Self.fittedSize(width: width, height: height, maxSide: side)
    return resized(width: size.width, height: size.height)
  }

  /// The size that `fitted` makes of one.
  static func fittedSize(
    width: Int, height: Int, maxSide side: Int
  ) -> (width: Int, height: Int) {
    guard max(width, height) > side else { return (width, height) }
    let scale = Double(side) / Double(max(width, height))
    func scaled(_ length: Int) -> Int { max(1, min(side, Int((Double(length) * scale).rounded()))) }
    return (scaled(width), scaled(height))
  }

  /// The least size of the same shape that covers another.
  package static func coveringSize(
    width: Int, height: Int, _ least: Int, _ lowest: Int
  ) -> (width: Int, height: Int) {
    let scale = max(Double(lowest) / Double(height), Double(least) / Double(width))
    func scaled(_ length: Int, _ least: Int) -> Int {
      max(least, Int((Double(length) * scale).rounded()))
    }
    return (scaled(width, least), scaled(height, lowest))
  }
}

extension Tensor {
  /// A map `[height, width]` at another size: cells are means of what they cover along an axis that
  /// shrinks, and repeat along one that grows. What is not finite reaches every cell that covers it.
  ///
  /// - Precondition: the map and the target have at least one cell.
  public func resampled(rows: Int, columns: Int) -> Tensor {
    precondition(shape.count == 2 && count > 0 && rows > 0 && columns > 0)
    guard shape != [rows, columns] else { return self }
    let grid = Resampling(
      rows: AxisCover(from: shape[0], to: rows), columns: AxisCover(from: shape[1], to: columns),
      channels: 1)
    return Tensor(shape: [rows, columns]) { target in
      withUnsafeElements { grid.apply($0, to: target) }
    }
  }
}

/// Which source positions each target position of an axis covers, and by what share of its mean.
///
/// Going down from n to m positions, target i covers i·n/m to (i+1)·n/m: every source position
/// counts alike over all, so that a map's mean is kept.
private struct AxisCover {
  let sourceCount: Int
  let count: Int
  /// The first source position of each target.
  private(set) var first: [Int] = []
  /// Where each target's shares begin in `shares`, and at last where they end.
  private(set) var bounds: [Int] = [0]
  /// The shares of all targets; those of one add up to 1.
  private(set) var shares: [Double] = []

  init(from source: Int, to target: Int) {
    precondition(source >= 1 && target >= 1, "\(source) positions do not become \(target)")
    sourceCount = source
    count = target
    for place in 0..<target {
      if target >= source {
        // Where positions repeat, each takes the one at its middle.
        first.append((2 * place + 1) * source / (2 * target))
        shares.append(1)
      } else {
        // In whole units of 1/target of a source position, so that nothing is rounded.
        let covered = place * source..<(place + 1) * source
        var position = covered.lowerBound / target
        first.append(position)
        while position * target < covered.upperBound {
          let part = covered.clamped(to: position * target..<(position + 1) * target)
          shares.append(Double(part.count) / Double(source))
          position += 1
        }
      }
      bounds.append(shares.count)
    }
  }
}

/// Means over areas: over rows first, which lie along memory, then over columns. Sums are double.
private struct Resampling {
  let rows: AxisCover
  let columns: AxisCover
  let channels: Int

  /// Rows that one thread makes at a time.
  private static let band = 8

  func apply(_ source: UnsafeBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>) {
    let bands = (rows.count + Self.band - 1) / Self.band
    // Threads cost more than a small picture.
    let workers = source.count < 1 << 18 ? Workers(threads: 1) : Workers()
    nonisolated(unsafe) let (source, target) = (source, target)
    // Bands write rows of their own, and nothing cancels them.
    try? workers.forEach(bands) { band in
      let rows = band * Self.band..<min(rows.count, (band + 1) * Self.band)
      let width = columns.sourceCount * channels
      withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { line in
        for row in rows {
          sumRows(source, row, into: line)
          mixColumns(line, row, into: target)
        }
      }
    }
  }

  private func sumRows(
    _ source: UnsafeBufferPointer<Float>, _ row: Int, into line: UnsafeMutableBufferPointer<Double>
  ) {
    let width = line.count
    for step in 0..<rows.bounds[row + 1] - rows.bounds[row] {
      let start = (rows.first[row] + step) * width
      addRow(UnsafeBufferPointer(rebasing: source[start..<start + width]), step, of: row, to: line)
    }
  }

  /// Adds the share of the source row that a target row covers after `step` others.
  fileprivate func addRow(
    _ values: UnsafeBufferPointer<Float>, _ step: Int, of row: Int,
    to line: UnsafeMutableBufferPointer<Double>
  ) {
    let share = rows.shares[rows.bounds[row] + step]
    if step == 0 {
      for x in line.indices { line[x] = share * Double(values[x]) }
    } else {
      for x in line.indices { line[x] += share * Double(values[x]) }
    }
  }

  fileprivate func mixColumns(
    _ line: UnsafeMutableBufferPointer<Double>, _ row: Int,
    into target: UnsafeMutableBufferPointer<Float>
  ) {
    var out = row * columns.count * channels
    for column in 0..<columns.count {
      let shares = columns.bounds[column]..<columns.bounds[column + 1]
      for channel in 0..<channels {
        var sum = 0.0
        var place = columns.first[column] * channels + channel
        for index in shares {
          sum += columns.shares[index] * line[place]
          place += channels
        }
        target[out] = Float(sum)
        out += 1
      }
    }
  }
}

/// A picture made larger or smaller as its rows come, one after another: the same bits as `resized`
/// gives, with the memory of one row and of the result.
struct ResampledRows {
  private let grid: Resampling
  /// Sums of the target row that is being made.
  private var line: [Double]
  private var samples: [Float]
  private var sourceRow = 0
  private var targetRow = 0

  /// - Precondition: all sides are at least 1.
  init(width: Int, height: Int, channels: Int, toWidth newWidth: Int, height newHeight: Int) {
    grid = Resampling(
      rows: AxisCover(from: height, to: newHeight), columns: AxisCover(from: width, to: newWidth),
      channels: channels)
    line = [Double](repeating: 0, count: width * channels)
    samples = [Float](repeating: 0, count: newWidth * newHeight * channels)
  }

  /// Takes the next row of the source.
  ///
  /// - Precondition: there are `width * channels` values, and no more rows than were announced.
  mutating func append(_ values: UnsafeBufferPointer<Float>) {
    precondition(values.count == line.count && sourceRow < grid.rows.sourceCount)
    while targetRow < grid.rows.count, sourceRow >= grid.rows.first[targetRow] {
      let step = sourceRow - grid.rows.first[targetRow]
      line.withUnsafeMutableBufferPointer { grid.addRow(values, step, of: targetRow, to: $0) }
      let covered = grid.rows.bounds[targetRow + 1] - grid.rows.bounds[targetRow]
      guard step == covered - 1 else { break }
      line.withUnsafeMutableBufferPointer { line in
        samples.withUnsafeMutableBufferPointer { grid.mixColumns(line, targetRow, into: $0) }
      }
      targetRow += 1
    }
    sourceRow += 1
  }

  /// The picture; what no row has reached is 0.
  var image: PixelImage {
    PixelImage(
      width: grid.columns.count, height: grid.rows.count, channels: grid.channels, samples: samples)
  }
}
