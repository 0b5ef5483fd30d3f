// What is dropped in one pass. Choices are functions of the training's seed, the step and the
// position in the model, so that a step taken again drops alike.

import Tensors

/// Hands out dropouts in the order in which a pass asks.
final class DropoutStream {
  private var generator: CounterGenerator

  /// - Parameters:
  ///   - seed: The training's.
  ///   - step: The number of the step.
  init(seed: UInt64, step: Int) {
    generator = CounterGenerator(seed: seed, stream: .dropout, counter: UInt64(step))
  }

  /// The next dropout; nil where nothing is dropped.
  func next(rate: Double) -> Dropout? {
    let key = generator.next()
    return rate > 0 ? Dropout(rate: rate, key: key) : nil
  }

  /// Rows of the tokens that Perceiver IO reads where `seq_dropout_prob` leaves some out: of each
  /// item the same number, at least one; nil for all.
  func keptTokens(
    rate: Double, items: Int, of read: Tokens
  ) -> [Int]? {
    guard rate > 0 else { return nil }
    let tokens = read.axes.reduce(1, *)
    let kept = max(1, Int(Double(tokens) * (1 - rate)))
    return (0..<items).flatMap { item in
      generator.permutation(of: tokens).prefix(kept).sorted().map { item * tokens + $0 }
    }
  }
}
