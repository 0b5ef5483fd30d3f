// What changed from one screen to the next: all a terminal has to be told.

/// The cells that must be written to turn one screen into another.
public struct ScreenDifference: Hashable, Sendable {
  /// Neighbouring cells of one row that changed.
  public struct Run: Hashable, Sendable {
    /// The row.
    public let y: Int
    /// The columns.
    public let columns: Range<Int>
  }

  /// What changed, from top to bottom and left to right; no run begins or ends within a wide
  /// character of the new screen.
  public let runs: [Run]

  /// What turns `old` into `new`; everything when there is no old screen or its size differs.
  public init(from old: Screen?, to new: Screen) {
    guard let old, old.width == new.width, old.height == new.height else {
      runs = new.width == 0 ? [] : (0..<new.height).map { Run(y: $0, columns: 0..<new.width) }
      return
    }
    var runs: [Run] = []
    old.cells.withUnsafeBufferPointer { oldCells in
      new.cells.withUnsafeBufferPointer { newCells in
        for y in 0..<new.height {
          let row = y * new.width
          var x = 0
          while x < new.width {
            guard oldCells[row + x] != newCells[row + x] else {
              x += 1
              continue
            }
            var start = x
            while x < new.width && oldCells[row + x] != newCells[row + x] { x += 1 }
            if newCells[row + start].span == .trailing { start -= 1 }
            if x < new.width && newCells[row + x].span == .trailing { x += 1 }
            if let last = runs.last, last.y == y, last.columns.upperBound >= start {
              runs[runs.count - 1] = Run(y: y, columns: last.columns.lowerBound..<x)
            } else {
              runs.append(Run(y: y, columns: start..<x))
            }
          }
        }
      }
    }
    self.runs = runs
  }

  /// Whether nothing changed.
  public var isEmpty: Bool { runs.isEmpty }

  /// How many cells changed.
  public var cellCount: Int { runs.reduce(0) { $0 + $1.columns.count } }
}
