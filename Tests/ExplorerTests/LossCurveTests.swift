// Losses in bounded memory, and their curve at every size.

import Explorer
import Screens
import TestSupport
import Testing

@Suite struct LossCurveTests {
  private func history(_ losses: [Double], limit: Int = 4096) -> LossHistory {
    var history = LossHistory(limit: limit)
    for (index, loss) in losses.enumerated() { history.add(step: index + 1, loss: loss) }
    return history
  }

  private func drawn(
    _ history: LossHistory, _ width: Int, _ height: Int, _ symbols: Symbols = .unicode
  ) -> Screen {
    var screen = Screen(width: width, height: height)
    LossCurve(history).draw(
      in: screen.bounds, theme: Theme(), symbols: symbols, on: &screen)
    return screen
  }

  @Test("however many steps there are, no more entries than the limit stand for all of them")
  func bounded() {
    var history = LossHistory(limit: 64)
    for step in 1...10_000 {
      history.add(step: step, loss: Double(step), correct: 1, examples: 2)
      #expect(history.entries.count <= 64)
    }
    #expect(history.entries.first?.firstStep == 1 && history.entries.last?.lastStep == 10_000)
    for (entry, next) in zip(history.entries, history.entries.dropFirst()) {
      #expect(entry.lastStep + 1 == next.firstStep)
      #expect(entry.loss == Double(entry.firstStep + entry.lastStep) / 2)
    }
    #expect(history.accuracy == 0.5)
  }

  @Test("smoothing keeps what is constant, and lies within what it is of")
  func smoothing() {
    #expect(history([3, 3, 3, 3]).smoothed == [3, 3, 3, 3])
    let noisy = history((0..<500).map { Double($0 % 2) })
    let smoothed = noisy.smoothed.suffix(100)
    #expect(smoothed.allSatisfy { $0 > 0.4 && $0 < 0.6 })
    #expect(history([]).smoothed.isEmpty)
  }

  @Test(
    "the scale is logarithmic where losses span more than a factor of eight",
    arguments: [
      ([1, 0.5, 0.2], false), ([1, 0.1, 0.01], true), ([1, 0, 0.5], false), ([2], false),
      ([], false), ([1, .infinity, 0.9], false),
    ])
  func scale(losses: [Double], isLogarithmic: Bool) {
    #expect(LossCurve(history(losses)).isLogarithmic == isLogarithmic)
  }

  @Test("the axes have the least and the largest loss, the first and the last step")
  func axes() {
    let text = drawn(history((1...40).map { 2 / Double($0) }), 40, 8).plainText
    #expect(text.contains("2│") && text.contains("0.05│"))
    let last = text.split(separator: "\n").last.map(String.init) ?? ""
    #expect(last.contains("1") && last.contains("loss, log") && last.hasSuffix("40"))
  }

  @Test("a curve that falls is drawn from the upper left to the lower right")
  func falling() {
    let screen = drawn(history((0..<100).map { 10 - Double($0) / 20 }), 40, 10)
    let marked = (0..<9).map { y in
      (0..<40).filter { x in
        (0x2801...0x28FF).contains(screen[x, y].character.unicodeScalars.first?.value ?? 0)
      }
    }
    let first = try? #require(marked.first?.first)
    let last = try? #require(marked.last?.last)
    #expect((first ?? 40) < 10 && last == 39)
    for (above, below) in zip(marked, marked.dropFirst()) {
      #expect((above.last ?? 0) <= (below.last ?? 0))
    }
  }

  @Test("a curve is drawn at every size, with one step, equal losses, and losses that are none")
  func everySize() {
    let histories = [
      history([]), history([0.3]), history([1, 1, 1]), history([1, .nan, .infinity, 0.5]),
      history([.nan]), history((1...3000).map { 1 / Double($0) }), history([0, 0]),
      history([-1, 2, -3]),
    ]
    for history in histories {
      for symbols in [Symbols.unicode, .ascii] {
        for width in [0, 1, 2, 3, 9, 17, 18, 30, 200] {
          for height in [0, 1, 2, 3, 4, 20] {
            let screen = drawn(history, width, height, symbols)
            #expect(screen.width == width && screen.height == height)
            if width > 0, height > 0, history.entries.contains(where: { $0.loss.isFinite }) {
              #expect(screen.cells.contains { $0.character != " " }, "\(width) × \(height)")
            }
          }
        }
      }
    }
  }

  @Test("a whole curve, in dots and in ASCII")
  func golden() {
    let losses = (0..<120).map { (index: Int) -> Double in
      let noise: Double = 1 + 0.2 * Double(index % 3)
      return 0.02 + noise / Double(1 + index)
    }
    expectScreen(drawn(history(losses), 44, 10), equals: "loss-curve")
    expectScreen(drawn(history(losses), 44, 10, .ascii), equals: "loss-curve-ascii")
  }
}
