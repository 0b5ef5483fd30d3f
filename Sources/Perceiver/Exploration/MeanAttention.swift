// Where latents look, all alike: the map that most programs show. It knows of no class, nor of what
// becomes of what is read.

import Tensors

/// The mean of cross-attention's weights over heads and latents.
public struct MeanAttention: ClaimingQuestion {
  /// Which cross-attentions.
  public enum Stages: Sendable, Hashable {
    /// The last.
    case last
    /// All of them, with the same weight.
    case all
  }

  /// Which cross-attentions.
  public let stages: Stages

  /// A question about the last cross-attention, or all of them.
  public init(of stages: Stages) { self.stages = stages }

  /// The last cross-attention.
  public func lastStage(of run: PerceiverRun) -> Int { run.lastCrossAttention }

  /// `[…axes]`.
  public func map(_ run: PerceiverRun, cancellation: Cancellation?) throws -> ExplanationMap {
    let run = try run.completed(through: lastStage(of: run), cancellation: cancellation)
    let all = run.stages.filter { $0.id.kind == .crossAttention }.compactMap(\.attention)
    let attentions = stages == .last ? Array(all.suffix(1)) : all
    guard !attentions.isEmpty else {
      throw ConfigurationError("attention: expected a model with cross-attention to its input")
    }
    var mean = Tensor(shape: run.mapAxes)
    for attention in attentions {
      let map = try attention.map(
        head: .mean, query: .mean, as: .probabilities, cancellation: cancellation)
      mean.add(map.reshaped(run.mapAxes), times: 1 / Float(attentions.count))
    }
    let which = stages == .last ? "the last cross-attention" : "all cross-attentions"
    return ExplanationMap(
      mean, sign: .positive,
      sentence: claim(MapSubject("the latents", tokens: run.tokenWords)).whole
        + ", on average over heads and latents of \(which).")
  }

  package func claim(_ subject: MapSubject) -> MapClaim {
    MapClaim("Latents look at the bright \(subject.tokens.many)")
  }
}
