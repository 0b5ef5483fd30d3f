// Which share of a map each reading of the input brings, and which is left to the latents before any.

import Tensors

/// What one reading of the input brings to a map that is a sum of what all bring.
public struct ReadingShare: Sendable, Hashable {
  /// The cross-attention; nil for the initial latents, which have read nothing.
  public let stage: StageID?
  /// The sum of its part of the map; of the initial latents what the map leaves to them.
  public let sum: Double
  /// Its share of all that is brought and left; nil where that is zero.
  public let share: Double?

  /// What it is called: `cross 1`, `initial latents`.
  public var name: String { stage?.name ?? "initial latents" }
}

extension ExplanationMap {
  /// What each reading brings, in order, and behind them what is left to the initial latents, where
  /// the method has that.
  ///
  /// - Parameter parts: Each cross-attention's part of the map, as `mapWithParts` gives both.
  public func readingShares(of parts: [Tensor], in run: PerceiverRun) -> [ReadingShare] {
    // What is left belongs to the whole that shares are shares of.
    let left = remainders.first?.value
    let stages = run.stageIDs.filter { $0.kind == .crossAttention }
    let sums = parts.map(\.total)
    let whole = sums.reduce(0, +) + (left ?? 0)
    func share(_ stage: StageID?, _ sum: Double) -> ReadingShare {
      ReadingShare(stage: stage, sum: sum, share: whole == 0 ? nil : sum / whole)
    }
    return zip(stages, sums).map { share($0, $1) } + (left.map { [share(nil, $0)] } ?? [])
  }
}
