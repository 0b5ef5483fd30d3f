// How a map falls apart as the model's blocks become random from the classifier down: the table of
// WeightRandomisation's models. A map that stays the same does not show what was learnt.

import Tensors

/// How alike a map is to itself, the more of the model is random.
public struct RandomisedMaps: Sendable {
  /// One model on the way.
  public struct Row: Sendable, Hashable {
    /// What has become random last: `nothing`, `classifier`, a stage's name, `latents`.
    public let name: String
    /// How many blocks are random by then.
    public let blocks: Int
    /// The rank correlation with the trained model's map; NaN where a map is constant.
    public let spearman: Double
    /// The cosine with it; NaN where a map is zero.
    public let cosine: Double
    /// The share of its largest tenth that is still among the largest tenth.
    public let topTenthOverlap: Double
    /// Structural similarity; nil where an axis is too short for its window.
    public let structural: Double?
  }

  /// The models from the trained one on, the classifier random first.
  public let randomisation: WeightRandomisation

  /// Makes the models on the way from the trained one to one that is all random.
  ///
  /// - Parameter seed: Of the random weights.
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  public init(of model: Perceiver, seed: UInt64, cancellation: Cancellation? = nil) throws {
    randomisation = try WeightRandomisation(of: model, seed: seed, cancellation: cancellation)
  }

  /// A row for each model. What is explained is the trained model's: an answer is a class by number
  /// in all of them.
  ///
  /// - Parameters:
  ///   - run: A run of the trained model.
  ///   - question: Asks for a map of a target that is the same in all models.
  /// - Throws: `ConfigurationError` where there is no map of the trained model,
  ///   `ComputationCancelled`. A model on the way without a map has NaN.
  public func rows(
    _ run: PerceiverRun, of target: ExplanationTarget,
    _ question: (ExplanationTarget) -> any MapQuestion, cancellation: Cancellation? = nil
  ) throws -> [Row] {
    let last = question(target).lastStage(of: run)
    let run = try run.completed(through: last, cancellation: cancellation)
    let question = question(run.fixed(target))
    let own = try question.map(run, cancellation: cancellation).values
    return try randomisation.steps.enumerated().map { index, step in
      cancellation?.report(index, of: randomisation.steps.count)
      let map = index == 0 ? own : try Self.map(question, of: run, by: step.model, cancellation)
      guard let map else {
        return Row(
          name: step.name, blocks: index, spearman: .nan, cosine: .nan, topTenthOverlap: .nan,
          structural: nil)
      }
      return Row(
        name: step.name, blocks: index, spearman: MapLikeness.spearman(map, own),
        cosine: MapLikeness.cosine(map, own),
        topTenthOverlap: MapLikeness.topTenthOverlap(map, own),
        structural: MapLikeness.structural(map, own))
    }
  }

  /// The map of another model on a run's input; nil where it has none, as with outputs that are not
  /// finite.
  private static func map(
    _ question: any MapQuestion, of run: PerceiverRun, by model: Perceiver,
    _ cancellation: Cancellation?
  ) throws -> Tensor? {
    do {
      return try question.map(run.computed(by: model), cancellation: cancellation).values
    } catch is ConfigurationError {
      return nil
    }
  }
}

extension PerceiverRun {
  /// A target by its numbers, so that it means the same in other runs; as it is where the model
  /// has no outputs, and a map of attention alone is asked for.
  package func fixed(_ target: ExplanationTarget) -> ExplanationTarget {
    guard hasOutput, isComplete else { return target }
    // Of many rows there is no answer: methods that want one say so.
    guard let found = try? resolve(target) else { return target }
    return .init(.number(found.index), against: found.against.map { .number($0) })
  }

  /// A run of another model of the same plan on this run's input, before its first stage.
  ///
  /// - Throws: `ConfigurationError` where the model does not read the input.
  func computed(by model: Perceiver) throws -> PerceiverRun {
    try model.begin(
      request.input, sound: request.sound, mask: request.mask, queries: request.queries,
      interventions: interventions)
  }
}
