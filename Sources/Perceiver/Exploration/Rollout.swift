// Attention rollout: where what latents hold came from, by attention alone (Abnar & Zuidema 2020,
// arXiv 2005.00928). No class is asked.
//
// R and P are shares of tokens and of initial latents in each latent; rows of both together sum to
// one. A self-attention takes them to B R and B P with B = (1 − α) I + α Ā, a cross-attention to
// (1 − α) R + α Ā and (1 − α) P. The map is a mean of R's rows, so one row of weights goes backward
// through the stages instead: nothing of size latents × tokens is stored. Where stages change the
// tokens, tokens carry weights beside the latents; a token's own are then what it had from the input.

import Foundation
import Tensors

/// Which tokens the latents' content came from.
public struct Rollout: StagewiseMapQuestion, ClaimingQuestion {
  /// How much of a row an attention makes anew, and what it brings.
  public enum Method: String, Sendable, Hashable, CaseIterable {
    /// One half is new: Abnar and Zuidema's ½ (I + A).
    case half
    /// ‖update‖ / (‖update‖ + ‖row‖) is new (the mixing ratio of Kobayashi et al. 2021).
    case residual
    /// As much is new as with `residual`, and keys count by the size of what they bring: ‖Σ_h A_h W_h v_h‖.
    case value
    /// How much nearer to zero the new row would be without a part, in L1 (ALTI, Ferrando et al.
    /// 2022). It needs rows × keys × dim numbers: for small inputs.
    case alti
  }

  /// How heads become one attention.
  public enum Heads: Sendable, Hashable {
    /// Their mean.
    case mean
    /// The largest of them, over the row's sum.
    case maximum
  }

  /// How much an attention makes anew, and what it brings.
  public let method: Method
  /// How heads become one; ALTI and values have their own way.
  public let heads: Heads
  /// The latent that is followed, from 0; all alike if nil.
  public let latent: Int?
  /// The stage after which it is followed; the last if nil.
  public let stage: Int?

  public init(_ method: Method, heads: Heads = .mean, latent: Int? = nil, after stage: Int? = nil) {
    (self.method, self.heads, self.latent, self.stage) = (method, heads, latent, stage)
  }

  /// What ALTI computes at most at one stage: rows × keys × heads × dim.
  static let mostProximities = 4e9

  /// The stage after which latents are followed.
  public func lastStage(of run: PerceiverRun) -> Int { stage ?? run.stageIDs.count - 1 }

  /// `[…axes]`; left over is the share of the initial latents: both together sum to one.
  public func mapWithParts(
    _ run: PerceiverRun, cancellation: Cancellation?
  ) throws -> (map: ExplanationMap, parts: [Tensor]) {
    let (parts, left) = try walk(run, cancellation: cancellation)
    guard left.isFinite else {
      throw ConfigurationError("rollout: expected finite attention, found NaN or infinity")
    }
    let share = Int((100 * left).rounded())
    let numbers = run.latentNumbers(before: 0)
    let who = latent.map { "latent \(numbers[$0] + 1)" } ?? "the latents"
    let subject = MapSubject(
      who, after: stage.map { run.stageIDs[$0].name }, tokens: run.tokenWords)
    let map = ExplanationMap(
      Sensitivity.Parts(parts: parts).sum.reshaped(run.mapAxes), sign: .positive,
      remainders: [.init(name: "share of the initial latents", value: left)],
      sentence: claim(subject).whole
        + "; \(share) % is still from before any \(run.tokenWords.one) was read.")
    return (map, parts.map { $0.reshaped(run.mapAxes) })
  }

  package func claim(_ subject: MapSubject) -> MapClaim {
    let when = subject.stage.map { " after \($0)" } ?? ""
    let words =
      "what \(subject.name) \(latent == nil ? "hold" : "holds")\(when) came from the bright "
      + subject.tokens.many
    return MapClaim(whole: "By attention alone, \(words)", brief: words.firstUppercased)
  }

  private func walk(
    _ run: PerceiverRun, cancellation: Cancellation?
  ) throws -> (parts: [Tensor], left: Double) {
    if let reason = run.rolloutProblem { throw ConfigurationError("rollout: \(reason)") }
    let last = lastStage(of: run)
    guard run.stageIDs.indices.contains(last) else {
      throw ConfigurationError(
        "rollout: expected a stage from 0 to \(run.stageIDs.count - 1), found \(last)")
    }
    let run = try run.completed(through: last, cancellation: cancellation)
    let count = run.stages[last].latents.shape[0]
    if let latent, !(0..<count).contains(latent) {
      throw ConfigurationError("rollout: expected a latent below \(count), found \(latent)")
    }
    var latents = (0..<count).map { row in
      latent.map { $0 == row ? 1 : 0 } ?? 1 / Double(count)
    }
    // The shares of tokens, by the reading that they are from; the last reading's first.
    var parts: [[Double]] = []
    for id in run.stageIDs[...last].reversed() {
      let step = RolloutStep(run, id, method, heads, cancellation: cancellation)
      switch id.kind {
      case .crossAttention:
        let (own, read) = try step.divided(latents)
        parts.append(read)
        latents = zip(latents, own).map { $0 * $1 }
      case .latentSelfAttention:
        let (own, read) = try step.divided(latents)
        latents = latents.indices.map { latents[$0] * own[$0] + read[$0] }
      case .reverseCrossAttention where !parts.isEmpty:
        let tokens = parts[0].indices.map { token in parts.reduce(0.0) { $0 + $1[token] } }
        let (own, read) = try step.divided(tokens)
        parts = parts.map { part in zip(part, own).map { $0 * $1 } }
        latents = zip(latents, read).map { $0 + $1 }
      case .decoderCrossAttention where latent == nil && stage == nil:
        latents = try step.decoded()
      // Mixed latents are refused above. Linear attention gives a token of its own alone, through one
      // matrix that is the same for all: its shares stay where they are.
      default: continue
      }
    }
    return (
      parts.reversed().map { Tensor(shape: [$0.count], values: $0.map { Float($0) }) },
      latents.reduce(0, +)
    )
  }
}

extension PerceiverRun {
  /// Why latents cannot be followed back to the input through attention; nil if they can.
  var pathProblem: String? {
    if stageIDs.contains(where: { $0.kind == .latentMixing }) {
      return "latents are mixed by a perceptron, which has no attention to follow"
    }
    if plans.contains(where: { $0.residual != nil }) {
      return "an attention residual mixes layers channel by channel, which is no sum to follow"
    }
    if !stageIDs.contains(where: { $0.kind == .crossAttention }) {
      return "no latent reads the input"
    }
    return keptLatentsProblem
  }

  /// Why attention's weights alone do not say where latents came from; nil if they do.
  var rolloutProblem: String? { pathProblem ?? weightsProblem }

  /// Why parts of a row cannot be told from it one by one; nil if they can.
  var proximityProblem: String? {
    if let rolloutProblem { return rolloutProblem }
    if plans.contains(where: \.isGated) {
      return "a recurrent gate takes attention into the latents, so a row is no sum of parts"
    }
    for id in stageIDs where id.kind == .crossAttention || id.kind == .reverseCrossAttention {
      let numbers = attentionCount(at: id.index) * Double(plans[id.index].operation.dim)
      if numbers >= Rollout.mostProximities {
        return "the input is too large: each part of each row is looked at by itself"
      }
    }
    return nil
  }
}
