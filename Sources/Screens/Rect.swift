// Areas of a Screen, and how they are divided. Every operation stays inside the area given.

/// A cell on a screen: columns from the left, rows from the top, both from 0.
public struct Point: Hashable, Sendable {
  /// The column.
  public var x: Int
  /// The row.
  public var y: Int

  /// The cell at column `x` of row `y`.
  public init(x: Int, y: Int) {
    self.x = x
    self.y = y
  }
}

/// An area of cells; never of negative size.
public struct Rect: Hashable, Sendable {
  /// The first column.
  public let x: Int
  /// The first row.
  public let y: Int
  /// How many columns, 0 or more.
  public let width: Int
  /// How many rows, 0 or more.
  public let height: Int

  /// An area; negative sizes count as 0.
  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = max(0, width)
    self.height = max(0, height)
  }

  /// The first column right of the area.
  public var endX: Int { x + width }
  /// The first row below the area.
  public var endY: Int { y + height }
  /// Whether the area has no cells.
  public var isEmpty: Bool { width == 0 || height == 0 }

  /// Whether `point` lies in the area.
  public func contains(_ point: Point) -> Bool {
    point.x >= x && point.x < endX && point.y >= y && point.y < endY
  }

  /// What the two areas share; empty when they do not meet.
  public func intersection(_ other: Rect) -> Rect {
    let left = max(x, other.x)
    let top = max(y, other.y)
    return Rect(
      x: left, y: top, width: min(endX, other.endX) - left, height: min(endY, other.endY) - top)
  }

  /// The area without `margin` cells on each side.
  public func inset(by margin: Int) -> Rect {
    inset(left: margin, top: margin, right: margin, bottom: margin)
  }

  /// The area without the given columns and rows at its sides.
  public func inset(left: Int = 0, top: Int = 0, right: Int = 0, bottom: Int = 0) -> Rect {
    let left = min(max(0, left), width)
    let top = min(max(0, top), height)
    return Rect(
      x: x + left, y: y + top, width: width - left - max(0, right),
      height: height - top - max(0, bottom))
  }

  /// Row `index` of the area, counted from its top; empty when the area has no such row.
  public func row(_ index: Int) -> Rect {
    let inside = index >= 0 && index < height
    return Rect(x: x, y: y + (inside ? index : 0), width: width, height: inside ? 1 : 0)
  }

  /// An area of the given size in the middle of this one, cut to fit it.
  public func centred(width: Int, height: Int) -> Rect {
    let width = min(max(0, width), self.width)
    let height = min(max(0, height), self.height)
    return Rect(
      x: x + (self.width - width) / 2, y: y + (self.height - height) / 2, width: width,
      height: height)
  }
}

// MARK: - Splitting

extension Rect {
  /// Which way an area is divided.
  public enum SplitDirection: Hashable, Sendable {
    /// Into parts side by side.
    case horizontally
    /// Into parts one below the other.
    case vertically
  }

  /// How long a part is along the direction of a split.
  public enum Length: Hashable, Sendable {
    /// So many cells, fewer only where the area ends.
    case fixed(Int)
    /// A share of what the fixed parts leave, in proportion to the other shares.
    case share(Double)
  }

  /// The parts of the area in order, as many as `lengths`; together they never leave the area,
  /// and with any share above 0 among them they fill it.
  public func split(_ direction: SplitDirection, into lengths: [Length]) -> [Rect] {
    let total = direction == .horizontally ? width : height
    var left = total
    var shares = 0.0
    for length in lengths {
      switch length {
      case .fixed(let cells): left -= min(left, max(0, cells))
      case .share(let share): shares += share > 0 ? share : 0
      }
    }
    let shared = Double(left)
    var sharesBefore = 0.0
    var start = 0
    return lengths.map { length in
      let size: Int
      switch length {
      case .fixed(let cells):
        size = min(max(0, cells), total - start)
      case .share(let share):
        // Rounding the running sum instead of each part leaves no cell over.
        let before = shares > 0 ? Int((shared * sharesBefore / shares).rounded()) : 0
        sharesBefore += share > 0 ? share : 0
        let after = shares > 0 ? Int((shared * sharesBefore / shares).rounded()) : 0
        size = min(after - before, total - start)
      }
      defer { start += size }
      return part(direction, from: start, length: size)
    }
  }

  /// The first `length` cells of the area and the rest; a negative length counts from the end.
  public func split(_ direction: SplitDirection, at length: Int) -> (first: Rect, second: Rect) {
    let total = direction == .horizontally ? width : height
    let first = min(max(0, length < 0 ? total + length : length), total)
    return (
      part(direction, from: 0, length: first),
      part(direction, from: first, length: total - first)
    )
  }

  private func part(_ direction: SplitDirection, from start: Int, length: Int) -> Rect {
    switch direction {
    case .horizontally: Rect(x: x + start, y: y, width: length, height: height)
    case .vertically: Rect(x: x, y: y + start, width: width, height: length)
    }
  }
}
