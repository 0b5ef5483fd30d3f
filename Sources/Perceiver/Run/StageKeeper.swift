// What a run keeps of a stage beside the streams.

import Tensors

/// Gathers, while one stage is computed, what can be asked of it afterwards.
final class StageKeeper {
  /// The axes of what asks where rows read latents: an input's, or those of output queries.
  let askedAxes: [Int]
  /// Where operands that are made again stay a while.
  let recent: RecentOperands
  var attention: StageAttention?
  var residualShares: [Tensor] = []
  private(set) var operationSeconds = 0.0
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant

  init(askedAxes: [Int], recent: RecentOperands) {
    (self.askedAxes, self.recent) = (askedAxes, recent)
    start = clock.now
  }

  /// Does attention or mixing, or a part of it, and adds the time that it took.
  func timingOperation<Result>(_ body: () throws -> Result) rethrows -> Result {
    let begun = seconds
    defer { operationSeconds += seconds - begun }
    return try body()
  }

  /// Since the stage began.
  var seconds: Double { start.duration(to: clock.now) / .seconds(1) }
}

extension StageKeeper? {
  /// Does attention or mixing; where something is kept, its time is.
  func timingOperation<Result>(_ body: () throws -> Result) rethrows -> Result {
    try map { try $0.timingOperation(body) } ?? body()
  }
}
