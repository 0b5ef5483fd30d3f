// Tokens of several kinds, blocks of pixels and patches of frames, against plain loops; what goes back
// is the transpose of what went forward.

import Tensors
import TestSupport
import Testing

@Suite("Tokens of a film: joined, cut into blocks, and gathered around positions")
struct JoinedTokensTests {
  /// Whole numbers, so that any order of adding gives the same sum.
  private func numbers(_ shape: [Int], seed: UInt64) -> Tensor {
    var generator = TorchGenerator(seed: seed)
    let values = generator.uniform(shape: shape, low: -20, high: 30).values
    return Tensor(shape: shape, values: values.map { $0.rounded() })
  }

  /// Σ a b.
  private func product(_ a: Tensor, _ b: Tensor) -> Double {
    zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// Two kinds of one width: three tokens with features of one axis, and four of two axes.
  private struct Case {
    static let (channels, features, fillings) = ([2, 4], [5, 3], [5, 2])
    let data: [Tensor]
    let tables: [[Tensor]]
    let filling: [Tensor]
    static let width = 12

    init(_ numbers: ([Int], UInt64) -> Tensor) {
      data = [numbers([3, 2], 1), numbers([4, 4], 2)]
      tables = [[numbers([3, 5], 3)], [numbers([2, 3], 4), numbers([2, 3], 5)]]
      filling = [numbers([1, 5], 6), numbers([1, 2], 7)]
    }

    var kinds: [TokenKind] {
      data.indices.map { TokenKind(data: data[$0], tables: tables[$0], filling: filling[$0]) }
    }
  }

  @Test("A token is its data, coordinates, sines, cosines of all axes, then what fills it up")
  func joined() {
    let film = Case { numbers($0, seed: $1) }
    var expected: [Float] = []
    for token in 0..<3 {
      let row = film.tables[0][0].row(token).values
      // Two sines, two cosines, the coordinate, as a table has them.
      expected += film.data[0].row(token).values + [row[4]] + row[0..<2] + row[2..<4]
      expected += film.filling[0].values
    }
    for token in 0..<4 {
      let (down, across) = (
        film.tables[1][0].row(token / 2).values, film.tables[1][1].row(token % 2).values
      )
      expected += film.data[1].row(token).values + [down[2], across[2]]
      expected += [down[0], across[0], down[1], across[1]] + film.filling[1].values
    }
    #expect(film.kinds.map(\.width) == [Case.width, Case.width])
    #expect(Tensor.joiningTokens(film.kinds) == Tensor(shape: [7, Case.width], values: expected))
  }

  @Test("Gradients of data and filling are those of two items' tokens, one below another")
  func joinedBackward() throws {
    let joined = JoinedTokens(items: 2, counts: [3, 4])
    let gradient = numbers([14, Case.width], seed: 8)
    func at(_ row: Int, _ column: Int) -> Float { gradient.values[row * Case.width + column] }
    for (kind, first) in [(0, 0), (1, 3)] {
      let (count, channels, width) = ([3, 4][kind], Case.channels[kind], Case.fillings[kind])
      #expect(
        joined.rows(of: kind, in: gradient)
          == .joiningRows([first, 7 + first].map { gradient.rows($0..<$0 + count) }))
      let data = joined.dataGradients(of: kind, channels: channels, from: gradient)
      #expect(data.count == 2)
      for item in 0..<2 {
        let expected = (0..<count * channels).map {
          at(item * 7 + first + $0 / channels, $0 % channels)
        }
        #expect(data[item] == Tensor(shape: [count, channels], values: expected))
      }
      let sums = (0..<width).map { column in
        (0..<2 * count).reduce(0.0) {
          $0 + Double(at($1 / count * 7 + first + $1 % count, Case.width - width + column))
        }
      }
      let filling = try joined.fillingGradient(
        of: kind, width: width, from: gradient, workers: Workers())
      #expect(filling == Tensor(shape: [width], values: sums.map { Float($0) }))
    }
  }

  @Test("Blocks of pixels are rows, and go back to where they came from")
  func blocks() {
    let shape = [2, 4, 6, 3]
    let blocks = PixelBlocks(shape: shape, side: 2)
    let frames = numbers(shape, seed: 9)
    var expected: [Float] = []
    for frame in 0..<2 {
      for row in 0..<2 {
        for column in 0..<3 {
          for pixel in 0..<4 {
            let (y, x) = (row * 2 + pixel / 2, column * 2 + pixel % 2)
            let start = ((frame * 4 + y) * 6 + x) * 3
            expected += frames.values[start..<start + 3]
          }
        }
      }
    }
    let rows = blocks.gathering(frames)
    #expect(rows == Tensor(shape: [12, 12], values: expected))
    // Every pixel lies in one block: what goes back is the frames themselves.
    #expect(blocks.spreading(rows) == frames)
  }

  @Test("Patches hold what is around a position, nothing beyond a frame, and add up going back")
  func patches() {
    let shape = [2, 2, 3, 4, 2]
    let patches = FramePatches(shape: shape, side: 3)
    let data = numbers(shape, seed: 10)
    var expected: [Float] = []
    for item in 0..<2 {
      for position in 0..<12 {
        for frame in 0..<2 {
          for window in 0..<9 {
            let (y, x) = (position / 4 + window / 3 - 1, position % 4 + window % 3 - 1)
            guard (0..<3).contains(y), (0..<4).contains(x) else {
              expected += [0, 0]
              continue
            }
            let start = (((item * 2 + frame) * 3 + y) * 4 + x) * 2
            expected += data.values[start..<start + 2]
          }
        }
      }
    }
    let rows = patches.gathering(data)
    #expect(rows == Tensor(shape: [24, 36], values: expected))
    let gradient = numbers([24, 36], seed: 11)
    let back = patches.spreading(gradient)
    #expect(back.shape == shape)
    // ⟨forward(x), g⟩ = ⟨x, backward(g)⟩ holds of a linear step and its transpose alone.
    for probe in 12..<20 {
      let x = numbers(shape, seed: UInt64(probe))
      #expect(product(patches.gathering(x), gradient) == product(x, back))
    }
  }
}
