// Gradients of a number made from a run's output: of its input, of values at points of its stages,
// and of parameters.

import Tensors

/// What a gradient can be asked of.
public enum GradientTarget: Sendable, Hashable {
  /// The input's data; of a language model its embedded tokens.
  case input
  /// The value at a point of a stage, as it is after the run's interventions.
  case point(StagePoint, stage: Int)
  /// Every parameter.
  case parameters
}

/// ∂y/∂targets for a number y of a model's output.
public struct OutputGradients: Sendable {
  /// The output that y was made from, as `PerceiverRun.output` gives it.
  public let output: Tensor
  /// Of the input: `[…axes, channels]`, of a language model `[tokens, dim]`. Nil where it was not
  /// asked for.
  public let input: Tensor?
  /// Of every parameter that y depends on, by the names of release 0.11.0.
  public let parameters: [String: Tensor]
  fileprivate let points: [PointOfStage: PointGradient]

  /// Of the value at a point of a stage, in its shape; nil where it was not asked for, or y does not
  /// depend on it.
  public func gradient(of point: StagePoint, at stage: Int) -> PointGradient? {
    points[PointOfStage(point: point, stage: stage)]
  }
}

/// A gradient at a point.
public enum PointGradient: Sendable {
  /// In the shape of the point's value.
  case numbers(Tensor)
  /// Of scores or weights: rows as they are asked for.
  case attention(AttentionGradient)

  /// The numbers; nil of scores and weights.
  public var numbers: Tensor? {
    if case .numbers(let tensor) = self { tensor } else { nil }
  }
}

/// ∂y/∂weights or ∂y/∂scores of a stage: `[heads, queries, keys]` numbers, computed as they are
/// asked for from the gradient of what the heads average.
///
/// With V the values and dA the averages' gradient, dP = dA·Vᵀ of the weights P, and of the scores
/// dS = P ∘ (dP − Σ P dP), sums over keys.
public struct AttentionGradient: Sendable {
  /// Of averages, `[queries, heads × width]`.
  let averages: Tensor
  /// `[keys, heads × width]`.
  let values: Tensor
  /// The weights, of a gradient of scores.
  var weights: StageAttention?
  /// The number of heads.
  public let heads: Int

  /// Some queries' rows of one head's matrix: `[range.count, keys]`.
  ///
  /// - Precondition: head and queries are in range.
  /// - Throws: `ComputationCancelled`.
  public func matrix(
    head: Int, queries range: Range<Int>, cancellation: Cancellation? = nil
  ) throws -> Tensor {
    precondition((0..<heads).contains(head), "head \(head) of \(heads)")
    let width = averages.shape[1] / heads
    let columns = Range.head(head, width: width)
    var gradient = try averages.rows(range).columns(columns).linear(
      weight: values.columns(columns), workers: Workers(cancellation: cancellation))
    guard let weights else { return gradient }
    let own = try weights.matrix(
      head: head, queries: range, as: .probabilities, cancellation: cancellation)
    gradient.becomeScoresGradient(weights: own)
    return gradient
  }
}

extension PerceiverRun {
  /// Gradients of a number y of the run's output.
  ///
  /// The run's input and interventions are passed through the model once more, forward and
  /// backward; stages that are computed are not needed, but for gradients of scores.
  ///
  /// - Parameters:
  ///   - targets: What is asked for. Gradients of scores are known for softmax over keys.
  ///   - direction: ∂y/∂output from the output, in its shape: of one logit a 1 in its place, of a
  ///     difference 1 and -1.
  /// - Throws: `ConfigurationError` where a stage has no such point, `ComputationCancelled`, and
  ///   what `direction` throws.
  public func gradients(
    of targets: Set<GradientTarget>, cancellation: Cancellation? = nil,
    direction: (Tensor) throws -> Tensor
  ) throws -> OutputGradients {
    var points = PassPoints(interventions: interventions)
    for case .point(let point, let stage) in targets {
      guard stageIDs.indices.contains(stage), shape(of: point, at: stage) != nil else {
        throw ConfigurationError(
          "gradient at stage \(stage): expected a point that it has, found \(point.rawValue)")
      }
      guard point != .scores || hasSoftmaxOverKeys(stage) else {
        throw ConfigurationError(
          "gradient of scores at \(stageIDs[stage].name): expected a computed stage with softmax over "
            + "keys")
      }
      // A matrix's gradient is made from that of what it averages.
      let marked = point == .scores ? StagePoint.weights : point
      points.marks.insert(.point(PointOfStage(point: marked, stage: stage)))
    }
    var batch = try request.batch()
    if targets.contains(.input) { batch.mark = .input }
    try model.parameters.load()
    let tape = Tape(
      model.parameters, recording: targets.contains(.parameters) ? .parameters : .marks,
      workers: Workers(cancellation: cancellation))
    let pass = Pass(plan: model.plan, tape: tape, points: points)
    let rows = try pass(batch)
    let output = shaped(rows.value)
    let gradients = try tape.gradients(
      of: rows, from: direction(output).reshaped(rows.value.shape))
    var found: [PointOfStage: PointGradient] = [:]
    for case .point(let point, let stage) in targets {
      let asked = PointOfStage(point: point, stage: stage)
      let marked = PointOfStage(point: point == .scores ? .weights : point, stage: stage)
      guard let gradient = tape.marked[.point(marked)] else { continue }
      switch point {
      case .scores, .weights:
        guard let values = points.values.ofStage[stage] else { continue }
        found[asked] = .attention(
          AttentionGradient(
            averages: gradient, values: values,
            weights: point == .scores ? stages[stage].attention : nil,
            heads: stageIDs[stage].heads))
      default: found[asked] = .numbers(gradient)
      }
    }
    return OutputGradients(
      output: output, input: tape.marked[.input].map { inputShaped($0) }, parameters: gradients,
      points: found)
  }

  private func hasSoftmaxOverKeys(_ stage: Int) -> Bool {
    guard stages.indices.contains(stage) else { return false }
    return plans[stage].operation.hasSoftmaxOverKeys
  }

  /// A pass's output as the run gives it.
  private func shaped(_ rows: Tensor) -> Tensor {
    switch model.plan.ending {
    case .classifier, .decodedClassifier, .points: rows.row(0)
    case .outputs: request.queryAxes.map { rows.reshaped($0 + [rows.shape[1]]) } ?? rows
    case .latents: rows
    }
  }

  private func inputShaped(_ rows: Tensor) -> Tensor {
    rows.reshaped(model.plan.input.gradientShape(of: request.input.shape))
  }
}
