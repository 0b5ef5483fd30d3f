// Hidden pixels as rectangles, the way people write them: `12,8,4x6`, in films `2:12,8,4x6`.

import Perceiver
import Tensors

extension PixelMarks {
  /// Rectangles that together have every hidden pixel once: runs of columns, joined over the rows
  /// below where they are the same. Frames count from 1, rows and columns from 0.
  var rectangles: [String] {
    let grid = KeyGrid(shape: axes)
    var texts: [String] = []
    for frame in 0..<grid.frames {
      /// The first row of runs that go on, by their columns.
      var begun: [Range<Int>: Int] = [:]
      func end(_ run: Range<Int>, from row: Int, before next: Int) {
        let text = "\(row),\(run.lowerBound),\(next - row)x\(run.count)"
        texts.append(grid.frames > 1 ? "\(frame + 1):\(text)" : text)
      }
      for row in 0..<grid.rows {
        let runs = Set(runs(row: row, frame: frame, grid))
        for (run, first) in begun.sorted(by: { $0.key.lowerBound < $1.key.lowerBound })
        where !runs.contains(run) {
          end(run, from: first, before: row)
          begun[run] = nil
        }
        for run in runs where begun[run] == nil { begun[run] = row }
      }
      for (run, first) in begun.sorted(by: { $0.key.lowerBound < $1.key.lowerBound }) {
        end(run, from: first, before: grid.rows)
      }
    }
    return texts
  }

  /// The columns of a row in which pixels are hidden, side by side.
  private func runs(row: Int, frame: Int, _ grid: KeyGrid) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start: Int?
    for column in 0...grid.columns {
      let isHidden =
        column < grid.columns && hidden[grid.key(column: column, row: row, frame: frame)]
      if isHidden {
        start = start ?? column
      } else if let first = start {
        runs.append(first..<column)
        start = nil
      }
    }
    return runs
  }

  /// Marks from rectangles; nil where there are none.
  ///
  /// - Throws: `SessionError` with the rectangle that is none, or lies outside.
  static func of(
    _ rectangles: [String], axes: [Int], at location: String
  ) throws(SessionError) -> PixelMarks? {
    let grid = KeyGrid(shape: axes)
    var hidden = [Bool](repeating: false, count: axes.reduce(1, *))
    var area = 0
    for text in rectangles {
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let frame = parts.count == 1 ? 1 : Int(parts[0])
      guard let frame, (1...grid.frames).contains(frame),
        let rectangle = PixelRectangle(String(parts[parts.count - 1])),
        rectangle.fits(rows: grid.rows, columns: grid.columns)
      else {
        throw SessionError(
          location: location,
          expected: "ROW,COLUMN,HEIGHTxWIDTH within \(grid.rows) rows and \(grid.columns) columns",
          found: text)
      }
      area += rectangle.height * rectangle.width
      guard area <= hidden.count else {
        throw SessionError(
          location: location, expected: "rectangles that do not overlap",
          found: "more pixels than "
            + "the \(hidden.count) of the input")
      }
      for row in rectangle.row..<rectangle.row + rectangle.height {
        let start = grid.key(column: rectangle.column, row: row, frame: frame - 1)
        for key in start..<start + rectangle.width { hidden[key] = true }
      }
    }
    return PixelMarks(axes: axes, hidden: hidden)
  }
}
