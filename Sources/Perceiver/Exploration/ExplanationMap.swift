// What a question gives: a map over the input, with what it leaves over and what it means.

import Tensors

/// A number for every token of an input, and how to read it.
public struct ExplanationMap: Sendable {
  /// Which numbers there are.
  public enum Sign: Sendable, Hashable {
    /// None below zero.
    case positive
    /// Positive speaks for what is explained, negative against it.
    case signed
  }

  /// What a map does not show.
  public struct Remainder: Sendable, Hashable {
    /// What it is: `share of the initial latents`.
    public let name: String
    /// How much.
    public let value: Double
  }

  /// `[…axes]`, as the input's; pixels that may not be read have what the method says of them.
  public let values: Tensor
  /// Which numbers there are.
  public let sign: Sign
  /// What is left over; empty where nothing is.
  public let remainders: [Remainder]
  /// What it means, in one sentence.
  public let sentence: String

  init(_ values: Tensor, sign: Sign, remainders: [Remainder] = [], sentence: String) {
    self.values = values
    self.sign = sign
    self.remainders = remainders
    // A map of zeros is an answer too, and none that a picture shows.
    let isEmpty = values.withUnsafeElements { $0.allSatisfy { $0 == 0 } }
    self.sentence = isEmpty ? "\(sentence) It is zero everywhere." : sentence
  }

  /// The sum of its numbers.
  public var sum: Double {
    values.withUnsafeElements { $0.reduce(0) { $0 + Double($1) } }
  }
}

/// A question that is answered by a map.
public protocol MapQuestion: Sendable {
  /// The map of a run; stages that are not yet computed are computed on the way.
  ///
  /// - Throws: `ConfigurationError` where the question has no answer for the model or the target,
  ///   with the reason, and `ComputationCancelled`.
  func map(_ run: PerceiverRun, cancellation: Cancellation?) throws -> ExplanationMap

  /// The last stage that the map of a run depends on, by index: it computes none behind it. -1 for
  /// none at all.
  func lastStage(of run: PerceiverRun) -> Int
}

extension MapQuestion {
  /// The run's last: most questions are about its output.
  public func lastStage(of run: PerceiverRun) -> Int { run.stageIDs.count - 1 }

  /// The map of a run.
  public func map(_ run: PerceiverRun) throws -> ExplanationMap {
    try map(run, cancellation: nil)
  }
}

/// A question whose map is a sum of what each reading of the input brings.
public protocol StagewiseMapQuestion: MapQuestion {
  /// The map, and each cross-attention's part of it in order, `[…axes]` each: both at the cost of
  /// the map.
  ///
  /// - Throws: As `map` does.
  func mapWithParts(
    _ run: PerceiverRun, cancellation: Cancellation?
  ) throws -> (map: ExplanationMap, parts: [Tensor])
}

extension StagewiseMapQuestion {
  /// The map of a run: the sum of its parts.
  public func map(_ run: PerceiverRun, cancellation: Cancellation?) throws -> ExplanationMap {
    try mapWithParts(run, cancellation: cancellation).map
  }

  /// Each cross-attention's part of the map, in order: `[cross-attentions, …axes]`.
  ///
  /// - Throws: As `map` does.
  public func parts(_ run: PerceiverRun, cancellation: Cancellation? = nil) throws -> Tensor {
    Tensor.stacking(try mapWithParts(run, cancellation: cancellation).parts)
  }
}
