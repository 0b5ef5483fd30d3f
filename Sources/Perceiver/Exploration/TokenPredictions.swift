// What a language model would put at positions of a text, after any stage.

import Foundation
import Tensors

/// The tokens that a language model holds most likely at one position of a text.
public struct TokenPrediction: Sendable, Hashable {
  /// A token with its probability.
  public struct Candidate: Sendable, Hashable {
    /// The token's number in the vocabulary.
    public let token: Int
    /// Its share of the softmax over the vocabulary.
    public let probability: Double
  }

  /// The position in the text, from 0.
  public let position: Int
  /// The most likely tokens, the likeliest first; equal ones in the order of their numbers. Empty
  /// where a logit is not a finite number.
  public let best: [Candidate]
}

extension PerceiverRun {
  /// Whether its outputs are logits over the vocabulary, one row for each position.
  public var predictsTokens: Bool {
    guard case .tokens(let vocabulary, _) = model.configuration.input,
      case .outputs = model.plan.ending
    else { return false }
    return outputWidth == vocabulary
  }

  /// What it would put at some positions if it ended with a stage; positions that no output has are
  /// left out.
  ///
  /// - Parameters:
  ///   - positions: Positions in the text, from 0.
  ///   - stage: The index of a computed stage.
  ///   - kept: How many tokens of each are given.
  /// - Throws: `ConfigurationError` where the model predicts no tokens or the stage is not computed,
  ///   `ComputationCancelled`.
  public func predictions(
    at positions: [Int], after stage: Int, keeping kept: Int = 5,
    cancellation: Cancellation? = nil
  ) throws -> [TokenPrediction] {
    guard predictsTokens else {
      throw ConfigurationError("predictions: expected a model whose outputs score tokens")
    }
    guard stages.indices.contains(stage) else {
      throw ConfigurationError(
        "predictions: expected a computed stage, found \(stage) of \(stages.count)")
    }
    let isLast = stage == plans.count - 1
    let outputs =
      isLast ? output : try outputs(from: stages[stage].latents, cancellation: cancellation)
    guard let outputs, outputs.shape.count == 2 else { return [] }
    return positions.filter { (0..<outputs.shape[0]).contains($0) }.map { position in
      let logits = outputs.row(position)
      guard logits.isFinite else { return TokenPrediction(position: position, best: []) }
      let all = Self.logProbabilities(logits)
      let order = all.indices.sorted { (-all[$0], $0) < (-all[$1], $1) }
      return TokenPrediction(
        position: position,
        best: order.prefix(kept).map { .init(token: $0, probability: exp(all[$0])) })
    }
  }
}
