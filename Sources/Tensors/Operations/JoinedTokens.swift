// Tokens of several kinds as rows of one width: joined, and the gradients of what they were made of.
//
// Forward moves numbers, backward moves them back, and neither rounds one; a filling's gradient is a
// sum over tokens in double, rounded once.

/// Tokens of one kind: data, features of their position, and what fills them up.
package struct TokenKind: Sendable {
  /// `[tokens, channels]`.
  private let data: Tensor
  /// Features of each axis, `[length, 2 × bands + 1]`, sines first, then cosines and the coordinate; or
  /// none.
  private let tables: [Tensor]
  /// What stands behind them in every token.
  private let filling: Tensor

  package init(data: Tensor, tables: [Tensor] = [], filling: Tensor) {
    precondition(
      tables.isEmpty || tables.reduce(1) { $0 * $1.shape[0] } == data.shape[0],
      "\(data.shape[0]) tokens of other positions")
    (self.data, self.tables, self.filling) = (data, tables, filling)
  }

  /// How many there are.
  package var count: Int { data.shape[0] }

  /// Channels of a token: data, for all axes coordinates, sines and cosines, and what fills up.
  package var width: Int {
    data.shape[1] + tables.reduce(0) { $0 + $1.shape[1] } + filling.count
  }

  /// Writes all tokens one after another.
  fileprivate func write(to out: UnsafeMutablePointer<Float>) {
    let (channels, width) = (data.shape[1], width)
    let (values, end) = (HeldInput(data), HeldInput(filling))
    let positions = tables.map { HeldInput($0) }
    let features = tables.first?.shape[1] ?? 0
    let bands = features / 2
    for token in 0..<count {
      let row = out + token * width
      row.update(from: values.base + token * channels, count: channels)
      let start = row + channels
      var rest = token
      for axis in positions.indices.reversed() {
        let (others, coordinate) = rest.quotientAndRemainder(dividingBy: tables[axis].shape[0])
        let own = positions[axis].base + coordinate * features
        start[axis] = own[2 * bands]
        (start + positions.count + axis * bands).update(from: own, count: bands)
        (start + positions.count + (positions.count + axis) * bands)
          .update(from: own + bands, count: bands)
        rest = others
      }
      (row + width - filling.count).update(from: end.base, count: filling.count)
    }
  }
}

extension Tensor {
  /// Tokens of all kinds one below another, `[tokens, width]`. Numbers are moved, none is rounded.
  ///
  /// - Precondition: all have one width.
  package static func joiningTokens(_ kinds: [TokenKind]) -> Tensor {
    let width = kinds.first?.width ?? 0
    precondition(kinds.allSatisfy { $0.width == width })
    return Tensor(shape: [kinds.reduce(0) { $0 + $1.count }, width]) { out in
      guard var next = out.baseAddress else { return }
      for kind in kinds {
        kind.write(to: next)
        next += kind.count * width
      }
    }
  }
}

/// Where the tokens of each kind stand among joined tokens of several items, and the way back.
package struct JoinedTokens: Sendable {
  private let items: Int
  private let counts: [Int]

  /// - Parameters:
  ///   - items: Items whose tokens stand one below another.
  ///   - counts: Tokens of each kind in an item, in the order in which they were joined.
  package init(items: Int, counts: [Int]) {
    (self.items, self.counts) = (items, counts)
  }

  /// Tokens of one kind in all items, `[items × tokens, width]`, of `[items × all tokens, width]`.
  package func rows(of kind: Int, in joined: Tensor) -> Tensor {
    let (all, first) = (counts.reduce(0, +), counts[..<kind].reduce(0, +))
    return Tensor.joiningRows(
      (0..<items).map { item in
        let start = item * all + first
        return joined.rows(start..<start + counts[kind])
      })
  }

  /// The gradient of a kind's data in each item, `[tokens, channels]`: data stands first in a token.
  package func dataGradients(of kind: Int, channels: Int, from gradient: Tensor) -> [Tensor] {
    let (own, count) = (rows(of: kind, in: gradient).columns(0..<channels), counts[kind])
    return (0..<items).map { own.rows($0 * count..<($0 + 1) * count) }
  }

  /// The gradient of what fills a kind's tokens, `[width]`: it stands last in each of them.
  ///
  /// - Throws: `ComputationCancelled`.
  package func fillingGradient(
    of kind: Int, width: Int, from gradient: Tensor, workers: Workers
  ) throws -> Tensor {
    let own = rows(of: kind, in: gradient)
    let end = own.shape[1]
    return try own.columns(end - width..<end).columnSums(workers: workers)
  }
}
