// A run in progress: which stages there are, which are computed, and the next one.

import Tensors

/// A Perceiver on one input, computed stage by stage; stages that are computed stay.
public struct PerceiverRun: Sendable {
  /// The model.
  public let model: Perceiver
  /// Every stage of the run, computed or not.
  public let places: [StagePlace]
  /// The stages computed so far, in order.
  public private(set) var stages: [Stage]
  /// The latents before the first stage: `[latents, dim]`.
  public var initialLatents: Tensor { fatalError() }

  /// Whether every stage is computed.
  public var isComplete: Bool { stages.count == places.count }

  /// Computes the next stage; nil when all are computed.
  ///
  /// - Throws: `ComputationCancelled`; the run is then as before.
  public mutating func next(cancellation: Cancellation? = nil) throws -> Stage? {
    fatalError()
  }

  /// The classifier's output if the run ended with these latents: logits `[classes]`.
  ///
  /// Nil where the model has no classifier head.
  public func logits(from latents: Tensor) -> Tensor? {
    fatalError()
  }

  /// The model's output once the run is complete: logits, or latents where there is no head.
  public var output: Tensor? { fatalError() }
}
