// Random numbers for training: each a function of a seed, a purpose and a position, so that a
// training that goes on from a checkpoint draws what the unbroken one draws, with nothing to store.

import Tensors

/// A SplitMix64 generator (Steele, Lea and Flood 2014) that begins at a given position.
struct CounterGenerator: RandomNumberGenerator, Sendable {
  /// What numbers are drawn for; no two purposes share numbers.
  enum Purpose: UInt64, Sendable {
    case order = 1
    case augmentation
    case dropout
    case queries
  }

  private var state: UInt64

  init(seed: UInt64, purpose: Purpose, counter: UInt64) {
    var mix = CounterGenerator(state: seed)
    let seeded = mix.next() ^ (purpose.rawValue &* 0xd134_2543_de82_ef95)
    var position = CounterGenerator(state: seeded)
    state = position.next() ^ (counter &* 0xaf25_1af3_b0f0_25b5)
    state = CounterGenerator.mixed(state)
  }

  private init(state: UInt64) { self.state = state }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mixed(state)
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A number in `0..<bound`, by multiplication: the same on every platform and release of Swift.
  mutating func below(_ bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(max(1, bound))).high)
  }

  /// Numbers `0..<count` in a random order.
  mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for index in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(index, below(index + 1))
    }
    return order
  }
}

// What is dropped in one pass. Choices are functions of the training's seed, the step and the
// position in the model, so that a step taken again drops alike.

/// Hands out dropouts in the order in which a pass asks.
final class DropoutStream {
  private var generator: CounterGenerator

  /// - Parameters:
  ///   - seed: The training's.
  ///   - step: The number of the step.
  init(seed: UInt64, step: Int) {
    generator = CounterGenerator(seed: seed, purpose: .dropout, counter: UInt64(step))
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
