// Brings a plane of numbers to another size by averaging what each new one covers.
// Mass is kept where it shrinks; where it grows, pixels stay sharp squares.

/// A part of a plane, in pixels and their fractions.
package struct PlaneRegion: Sendable, Hashable {
  /// The first column and row.
  let x: Double
  let y: Double
  /// The columns and rows.
  let width: Double
  let height: Double

  /// A part of a plane.
  package init(x: Double, y: Double, width: Double, height: Double) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }
}

/// Averages a plane into fewer or more numbers.
package enum BoxFilter {
  /// The averages of `columns × rows` equal parts of a region of a plane, row by row.
  ///
  /// Numbers that are not finite are left out of an average; where nothing else is covered, the
  /// result is NaN.
  ///
  /// - Parameters:
  ///   - plane: The numbers, row by row; of several planes that lie interleaved, one.
  ///   - width: Columns of the plane.
  ///   - height: Rows of the plane.
  ///   - region: The part of the plane that is averaged.
  ///   - columns: Columns of the result.
  ///   - rows: Rows of the result.
  ///   - interleaving: How many planes lie interleaved, and which of them is meant.
  /// - Precondition: `plane` has `width × height` numbers for each plane, the region lies within.
  package static func averages(
    of plane: some RandomAccessCollection<Float>, width: Int, height: Int, region: PlaneRegion,
    columns: Int, rows: Int, interleaving: (count: Int, index: Int) = (1, 0)
  ) -> [Float] {
    guard width > 0, height > 0, columns > 0, rows > 0 else { return [] }
    let across = parts(from: region.x, length: region.width, count: columns, limit: width)
    let down = parts(from: region.y, length: region.height, count: rows, limit: height)
    func averages(_ elements: UnsafeBufferPointer<Float>) -> [Float] {
      precondition(elements.count >= width * height * interleaving.count)
      return Self.averages(
        of: elements, width: width, across: across, down: down, interleaving: interleaving)
    }
    return plane.withContiguousStorageIfAvailable(averages)
      ?? Array(plane).withUnsafeBufferPointer(averages)
  }

  /// Pixels that a part covers and the share of each that it covers.
  private struct Part {
    let first: Int
    let shares: [Float]
  }

  private static func parts(from: Double, length: Double, count: Int, limit: Int) -> [Part] {
    (0..<count).map { index in
      let start = min(max(0, from + length * Double(index) / Double(count)), Double(limit))
      let end = min(max(start, from + length * Double(index + 1) / Double(count)), Double(limit))
      let first = min(Int(start), limit - 1)
      let last = min(max(first, Int(end.rounded(.up)) - 1), limit - 1)
      let shares = (first...last).map { pixel in
        Float(max(0, min(end, Double(pixel + 1)) - max(start, Double(pixel))))
      }
      return Part(first: first, shares: shares.contains { $0 > 0 } ? shares : shares.map { _ in 1 })
    }
  }

  private static func averages(
    of plane: UnsafeBufferPointer<Float>, width: Int, across: [Part], down: [Part],
    interleaving: (count: Int, index: Int)
  ) -> [Float] {
    var result = [Float](repeating: .nan, count: across.count * down.count)
    for (row, vertical) in down.enumerated() {
      for (column, horizontal) in across.enumerated() {
        var sum: Float = 0
        var weight: Float = 0
        for (dy, shareY) in vertical.shares.enumerated() {
          let line = (vertical.first + dy) * width + horizontal.first
          for (dx, shareX) in horizontal.shares.enumerated() {
            let value = plane[(line + dx) * interleaving.count + interleaving.index]
            guard value.isFinite else { continue }
            sum += value * (shareX * shareY)
            weight += shareX * shareY
          }
        }
        if weight > 0 { result[row * across.count + column] = sum / weight }
      }
    }
    return result
  }
}
