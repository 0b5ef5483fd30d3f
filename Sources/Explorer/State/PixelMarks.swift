// Pixels that a person hides from the model with the hand.

import Perceiver
import Pictures
import Tensors

/// For each token of an input whether it is hidden; at least one is.
public struct PixelMarks: Sendable, Hashable {
  /// The tokens' axes.
  public let axes: [Int]
  /// Whether each is hidden, row by row.
  public let hidden: [Bool]
  /// How many are.
  public let count: Int

  /// Marks of tokens; nil if none is hidden.
  ///
  /// - Precondition: there are as many as the axes have.
  package init?(axes: [Int], hidden: [Bool]) {
    precondition(hidden.count == axes.reduce(1, *))
    let count = hidden.count { $0 }
    guard count > 0 else { return nil }
    (self.axes, self.hidden, self.count) = (axes, hidden, count)
  }

  public func hash(into hasher: inout Hasher) {
    // Large ones are looked up often; most others have another count.
    hasher.combine(axes)
    hasher.combine(count)
  }

  /// How many are hidden, in words: `12 of 784 pixels hidden`.
  ///
  /// - Parameter token: What one of them is called: `pixel`.
  func words(of token: String) -> String {
    let (some, all) = (Figures.grouped(count), Figures.grouped(hidden.count))
    return count == hidden.count ? "all \(token)s hidden" : "\(some) of \(all) \(token)s hidden"
  }

  /// The share of hidden pixels, where room is short: `1.5 % hidden`.
  var brief: String { "\(Figures.number(100 * Double(count) / Double(hidden.count))) % hidden" }

  /// What was hidden shown, and the reverse; nil if that leaves nothing hidden.
  var inverted: PixelMarks? { PixelMarks(axes: axes, hidden: hidden.map { !$0 }) }

  /// The share of a map's positive values that lies on the marks; nil where there are none.
  func share(of map: Tensor) -> Double? {
    map.count == hidden.count ? Pointing.share(of: map, on: hidden) : nil
  }
}

extension PixelMarks? {
  /// Marks with a rectangle of a frame hidden, or shown again.
  func setting(
    _ rectangle: PixelRectangle, frame: Int, hidden isHidden: Bool, of axes: [Int]
  ) -> PixelMarks? {
    let grid = KeyGrid(shape: axes)
    var hidden = self?.hidden ?? Array(repeating: false, count: axes.reduce(1, *))
    for row in rectangle.row..<rectangle.row + rectangle.height {
      for column in rectangle.column..<rectangle.column + rectangle.width {
        hidden[grid.key(column: column, row: row, frame: frame)] = isHidden
      }
    }
    return PixelMarks(axes: axes, hidden: hidden)
  }
}
