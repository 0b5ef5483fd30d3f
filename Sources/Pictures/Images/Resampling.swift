// Larger and smaller pictures and maps: averages where cells cover several, repeats where they share.
// Pictures and maps are cut alike, so that a map lies over its photo.

import Tensors

/// A part of a picture or map, in its pixels and their fractions.
public struct PlaneRegion: Sendable, Hashable {
  /// The first column.
  public let x: Double
  /// The first row.
  public let y: Double
  /// How many columns.
  public let width: Double
  /// How many rows.
  public let height: Double

  /// A part of a picture or map; what lies outside of it is left out.
  public init(x: Double, y: Double, width: Double, height: Double) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  /// All of a picture or map.
  public init(width: Int, height: Int) {
    self.init(x: 0, y: 0, width: Double(width), height: Double(height))
  }
}

extension PixelImage {
  /// The picture, or a part of it, at another size. Along an axis that shrinks, a pixel is the mean
  /// of the stretch it covers, parts of pixels counting by their share; along one that grows, pixels
  /// repeat.
  ///
  /// - Precondition: both sides are at least 1.
  public func resized(
    width newWidth: Int, height newHeight: Int, region: PlaneRegion? = nil
  ) -> PixelImage {
    guard (newWidth, newHeight) != (width, height) || region != nil else { return self }
    let grid = Resampling(
      width: width, height: height, region: region, columns: newWidth, rows: newHeight,
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
}

extension Tensor {
  /// A map at another size: cells are means of what they cover along an axis that shrinks, and
  /// repeat along one that grows. Numbers that are not finite are left out of means; where a cell
  /// covers no others, it is NaN.
  ///
  /// - Parameters:
  ///   - frame: Which of the map's frames, where it is `[frames, height, width]`.
  ///   - region: The part of the map; all of it if nil.
  /// - Returns: `[rows, columns]`.
  /// - Precondition: the map has two or three axes, and it and the target have at least one cell.
  public func resampled(
    rows: Int, columns: Int, frame: Int = 0, region: PlaneRegion? = nil
  ) -> Tensor {
    precondition((2...3).contains(shape.count) && count > 0 && rows > 0 && columns > 0)
    guard shape != [rows, columns] || region != nil else { return self }
    let (height, width) = (shape[shape.count - 2], shape[shape.count - 1])
    let size = height * width
    precondition((0..<count / size).contains(frame), "frame \(frame) of \(count / size)")
    let grid = Resampling(
      width: width, height: height, region: region, columns: columns, rows: rows, channels: 1)
    return Tensor(shape: [rows, columns]) { target in
      withUnsafeElements { elements in
        let plane = UnsafeBufferPointer(rebasing: elements[frame * size..<(frame + 1) * size])
        grid.apply(plane, to: target, leavingOutNonFinite: !plane.allSatisfy(\.isFinite))
      }
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

  /// Covers a stretch of an axis, in positions and their fractions.
  init(from source: Int, start: Double, length: Double, to target: Int) {
    precondition(source >= 1 && target >= 1, "\(source) positions do not become \(target)")
    sourceCount = source
    count = target
    let isWhole = start == 0 && length == Double(source)
    for pixel in 0..<target {
      if isWhole {
        coverWhole(pixel)
      } else {
        cover(pixel, ofStretch: start, length)
      }
      bounds.append(shares.count)
    }
  }

  /// In whole units of 1/target of a source position, so that nothing is rounded.
  private mutating func coverWhole(_ pixel: Int) {
    guard count < sourceCount else {
      // Where positions repeat, each takes the one at its middle.
      first.append((2 * pixel + 1) * sourceCount / (2 * count))
      shares.append(1)
      return
    }
    let covered = pixel * sourceCount..<(pixel + 1) * sourceCount
    var position = covered.lowerBound / count
    first.append(position)
    while position * count < covered.upperBound {
      let part = covered.clamped(to: position * count..<(position + 1) * count)
      shares.append(Double(part.count) / Double(sourceCount))
      position += 1
    }
  }

  private mutating func cover(_ pixel: Int, ofStretch start: Double, _ length: Double) {
    func position(_ pixel: Double) -> Double {
      min(max(0, start + length * pixel / Double(count)), Double(sourceCount))
    }
    let (from, to) = (position(Double(pixel)), position(Double(pixel + 1)))
    let covered = to - from
    guard Double(count) < length, covered > 0 else {
      first.append(min(Int(position(Double(pixel) + 0.5)), sourceCount - 1))
      shares.append(1)
      return
    }
    first.append(Int(from))
    for index in Int(from)..<min(sourceCount, Int(to.rounded(.up))) {
      shares.append((min(to, Double(index + 1)) - max(from, Double(index))) / covered)
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

  init(
    width: Int, height: Int, region: PlaneRegion?, columns: Int, rows: Int, channels: Int
  ) {
    let region = region ?? PlaneRegion(width: width, height: height)
    self.rows = AxisCover(from: height, start: region.y, length: region.height, to: rows)
    self.columns = AxisCover(from: width, start: region.x, length: region.width, to: columns)
    self.channels = channels
  }

  func apply(
    _ source: UnsafeBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>,
    leavingOutNonFinite leavesOut: Bool = false
  ) {
    let bands = (rows.count + Self.band - 1) / Self.band
    // Threads cost more than a small picture.
    let workers = source.count < 1 << 18 ? Workers(threads: 1) : Workers()
    nonisolated(unsafe) let (source, target) = (source, target)
    // Bands write rows of their own, and nothing cancels them.
    try? workers.forEach(bands) { band in
      let rows = band * Self.band..<min(rows.count, (band + 1) * Self.band)
      let width = columns.sourceCount * channels
      withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * width) { lines in
        let line = UnsafeMutableBufferPointer(rebasing: lines[..<width])
        let weights = UnsafeMutableBufferPointer(rebasing: lines[width...])
        for row in rows {
          if leavesOut {
            sumFinite(source, row, into: line, weights)
            mixColumns(line, row, weights, into: target)
          } else {
            sumRows(source, row, into: line)
            mixColumns(line, row, nil, into: target)
          }
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

  /// The sums of what is finite, and the shares that it has.
  private func sumFinite(
    _ source: UnsafeBufferPointer<Float>, _ row: Int, into line: UnsafeMutableBufferPointer<Double>,
    _ weights: UnsafeMutableBufferPointer<Double>
  ) {
    let width = line.count
    line.update(repeating: 0)
    weights.update(repeating: 0)
    for (step, index) in (rows.bounds[row]..<rows.bounds[row + 1]).enumerated() {
      let share = rows.shares[index]
      let start = (rows.first[row] + step) * width
      for x in 0..<width where source[start + x].isFinite {
        line[x] += share * Double(source[start + x])
        weights[x] += share
      }
    }
  }

  fileprivate func mixColumns(
    _ line: UnsafeMutableBufferPointer<Double>, _ row: Int,
    _ weights: UnsafeMutableBufferPointer<Double>?,
    into target: UnsafeMutableBufferPointer<Float>
  ) {
    var out = row * columns.count * channels
    for column in 0..<columns.count {
      let shares = columns.bounds[column]..<columns.bounds[column + 1]
      for channel in 0..<channels {
        var (sum, weight) = (0.0, 0.0)
        var pixel = columns.first[column] * channels + channel
        for index in shares {
          sum += columns.shares[index] * line[pixel]
          if let weights { weight += columns.shares[index] * weights[pixel] }
          pixel += channels
        }
        target[out] = weights == nil ? Float(sum) : weight > 0 ? Float(sum / weight) : .nan
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
      width: width, height: height, region: nil, columns: newWidth, rows: newHeight,
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
        samples.withUnsafeMutableBufferPointer { grid.mixColumns(line, targetRow, nil, into: $0) }
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
