// A run in progress: which stages there are, which are computed, and the next one.

import Tensors

/// A Perceiver on one input, computed stage by stage; stages that are computed stay.
///
/// It is a value: a copy goes on from where the copy was made, and going back is reading `stages`.
public struct PerceiverRun: Sendable {
  /// The model.
  public let model: Perceiver
  /// The stages computed so far, in order.
  public private(set) var stages: [Stage] = []
  /// What it does otherwise than its model says.
  public let interventions: [Intervention]
  let request: RunRequest
  let input: ReadInput<Tensor>
  let plans: [StagePlan]
  /// Every stage of the run, computed or not.
  public let stageIDs: [StageID]
  private let recent = RecentOperands()
  private var streams: Pass.Streams<Tensor>
  // What each computed stage left, for a run that begins behind it.
  private var streamsAfter: [Pass.Streams<Tensor>] = []

  init(
    model: Perceiver, request: RunRequest, input: ReadInput<Tensor>,
    interventions: [Intervention]
  ) throws {
    self.model = model
    self.request = request
    self.input = input
    self.interventions = interventions
    // A decoder that is asked nothing is not run.
    plans = model.plan.stages.filter {
      $0.id.kind != .decoderCrossAttention || input.queries != nil
    }
    stageIDs = plans.map(\.id)
    streams = Self.initialStreams(model, input, [])
    try interventions.check(stageIDs, of: self)
    if !interventions.at(Intervention.beforeStages).isEmpty {
      streams = Self.initialStreams(model, input, interventions)
    }
  }

  /// The shape of the value at a point of a stage; nil where the stage has no such point.
  ///
  /// - Precondition: the stage is one of `stageIDs`.
  package func shape(of point: StagePoint, at stage: Int) -> [Int]? {
    point == .latents ? initialLatents.shape : plans[stage].shape(of: point, size)
  }

  /// Rows of its streams.
  private var size: RunSize {
    RunSize(
      latents: Double(model.plan.latents.count),
      tokens: input.tokens.axes.reduce(1.0) { $0 * Double($1) },
      outputs: Double(input.queries?.shape[0] ?? 0))
  }

  /// Whether both runs read one preparation of their input, in the same memory.
  package func sharesTokens(with other: PerceiverRun) -> Bool {
    input.tokens.isShared(with: other.input.tokens)
  }

  /// Whether a decoder is asked for outputs.
  var streamsOutputs: Bool { input.queries != nil }

  /// Numbers in a stage's attention, heads × queries × keys, known before it is computed; 0 where it
  /// has none.
  ///
  /// - Precondition: the stage is one of `stages`.
  public func attentionCount(at index: Int) -> Double {
    plans[index].operation.attentionCount(size)
  }

  /// The latents before the first stage: `[latents, dim]`.
  public var initialLatents: Tensor { model.parameters[model.plan.latents.name] }

  /// Whether every stage is computed.
  public var isComplete: Bool { stages.count == plans.count }

  /// Computes the next stage; nil when all are computed.
  ///
  /// - Throws: `ComputationCancelled`, or `FileAccessError` where weights were written to before they
  ///   were read; the run is then as before.
  public mutating func next(cancellation: Cancellation? = nil) throws -> Stage? {
    try next(workers: Workers(cancellation: cancellation))
  }

  package mutating func next(workers: Workers) throws -> Stage? {
    guard !isComplete else { return nil }
    let plan = plans[stages.count]
    model.observer?(plan.id)
    try model.parameters.load(plan.parameters.map(\.name))
    let keeper = StageKeeper(askedAxes: askedAxes(plan), recent: recent)
    let streams = try computed(plan, streams, keeper, workers: workers)
    let stage = Stage(
      id: plan.id, latents: streams.latents, attention: keeper.attention,
      tokens: plan.id.kind.changesTokens ? streams.data : nil,
      outputs: plan.id.kind == .decoderCrossAttention ? outputs(streams.outputs) : nil,
      residualShares: keeper.residualShares, seconds: keeper.seconds,
      operationSeconds: keeper.operationSeconds)
    self.streams = streams
    stages.append(stage)
    streamsAfter.append(streams)
    return stage
  }

  /// Streams after a stage.
  private func computed(
    _ plan: StagePlan, _ streams: Pass.Streams<Tensor>, _ keeper: StageKeeper,
    capture: PassPoints.Capture? = nil, workers: Workers
  ) throws -> Pass.Streams<Tensor> {
    let points =
      interventions.isEmpty && capture == nil
      ? nil : PassPoints(interventions: interventions, capture: capture)
    let pass = Pass(model, keeper: keeper, points: points, workers: workers)
    var variables = streams.map(pass.tape.constant)
    try pass.apply(plan, to: &variables)
    return variables.map(\.value)
  }

  /// The value at a point of a computed stage, after the run's interventions; numbers that the run
  /// does not keep are computed anew, in the time of the stage.
  ///
  /// - Throws: `ConfigurationError` where the stage is not computed or has no such point,
  ///   `ComputationCancelled`.
  public func value(
    of point: StagePoint, at stage: Int, cancellation: Cancellation? = nil
  ) throws -> PointValue {
    guard stages.indices.contains(stage) else {
      throw ConfigurationError(
        "point \(point.rawValue): expected a computed stage, found \(stage) of \(stages.count)")
    }
    guard shape(of: point, at: stage) != nil else {
      throw ConfigurationError(
        "point \(point.rawValue): \(plans[stage].id.name) has no such point")
    }
    switch point {
    case .latents: return .numbers(stages[stage].latents)
    case .scores, .weights:
      guard let attention = stages[stage].attention else { break }
      return .attention(attention)
    default: break
    }
    let capture = PassPoints.Capture([point], stage: stage)
    try recompute(capture, cancellation: cancellation)
    guard let value = capture.found[point] else {
      throw ConfigurationError("point \(point.rawValue): no value at \(stageIDs[stage].name)")
    }
    return .numbers(value)
  }

  /// Computes a stage that is computed once more, for values that the run does not keep.
  func recompute(_ capture: PassPoints.Capture, cancellation: Cancellation?) throws {
    let plan = plans[capture.stage]
    _ = try computed(
      plan, streams(before: capture.stage), StageKeeper(askedAxes: askedAxes(plan), recent: recent),
      capture: capture, workers: Workers(cancellation: cancellation))
  }

  /// Streams that a stage found, of one that is computed.
  func streams(before stage: Int) -> Pass.Streams<Tensor> {
    stage == 0 ? Self.initialStreams(model, input, interventions) : streamsAfter[stage - 1]
  }

  /// Streams before the first stage.
  private static func initialStreams(
    _ model: Perceiver, _ input: ReadInput<Tensor>, _ interventions: [Intervention]
  ) -> Pass.Streams<Tensor> {
    let pass = Pass(
      model,
      points: interventions.isEmpty ? nil : PassPoints(interventions: interventions))
    return pass.begin(input.map(pass.tape.constant)).map(\.value)
  }

  /// The axes of what asks in a stage whose rows read latents.
  private func askedAxes(_ plan: StagePlan) -> [Int] {
    plan.operation.changes == .outputs ? request.queryAxes ?? [] : input.tokens.axes
  }

  /// Rows of a decoder as they were asked: `[…queries, channels]`.
  private func outputs(_ rows: Tensor?) -> Tensor? {
    guard let rows, let axes = request.queryAxes else { return nil }
    return rows.reshaped(axes + [rows.shape[1]])
  }

  /// Takes over the first stages of another run as far as they would be the same, bit for bit.
  mutating func takeOver(_ former: PerceiverRun) {
    guard stages.isEmpty, request.givesSameTokens(as: former.request),
      model.plan.mixing == former.model.plan.mixing,
      initialLatents.hasSameBits(as: former.initialLatents),
      interventions.at(Intervention.beforeStages)
        == former.interventions.at(Intervention.beforeStages)
    else { return }
    for (index, stage) in former.stages.enumerated() {
      guard index < plans.count else { return }
      let plan = plans[index]
      guard plan == former.plans[index], interventions.at(index) == former.interventions.at(index),
        plan.parameters.allSatisfy({ specification in
          model.parameters[specification.name]
            .hasSameBits(as: former.model.parameters[specification.name])
        })
      else { return }
      stages.append(stage)
      streamsAfter.append(former.streamsAfter[index])
      streams = former.streamsAfter[index]
    }
  }

  /// The classifier's output if the run ended with these latents: logits `[classes]`.
  ///
  /// Where a decoder makes the logits, it is asked anew. Nil where the model is no classifier.
  public func logits(from latents: Tensor) -> Tensor? {
    guard model.plan.ending.classes != nil else { return nil }
    // Without a cancellation nothing throws; see Workers.forEach.
    if model.plan.ending.isDecoded {
      guard let queries = input.queries else { return nil }
      let workers = Workers()
      let rows = try? decoded(queries, latents, workers: workers)
      var streams = streams
      (streams.latents, streams.outputs) = (latents, rows)
      return rows == nil ? nil : (try? end(streams, workers: workers))?.row(0)
    }
    var streams = streams
    streams.latents = latents
    return try? end(streams, workers: Workers())?.row(0)
  }

  /// The model's output once the run is complete: logits, a decoder's outputs
  /// `[…queries, channels]`, or latents where there is neither.
  public var output: Tensor? {
    guard isComplete else { return nil }
    guard model.plan.ending.isDecoded, streams.outputs != nil else {
      return logits(from: streams.latents) ?? streams.latents
    }
    let all = try? end(streams, workers: Workers())
    return model.plan.ending.classes == nil ? outputs(all) : all?.row(0)
  }

  /// What the decoder would give if the run ended with these latents: `[…queries, channels]`.
  ///
  /// Nil where the model has no decoder, or it is asked nothing.
  ///
  /// - Throws: `ComputationCancelled`.
  public func outputs(from latents: Tensor, cancellation: Cancellation? = nil) throws -> Tensor? {
    guard let queries = input.queries, plans.last?.operation.changes == .outputs else { return nil }
    let workers = Workers(cancellation: cancellation)
    var streams = streams
    (streams.latents, streams.outputs) = (
      latents, try decoded(queries, latents, workers: workers)
    )
    let ended = try end(streams, workers: workers)
    return model.plan.ending.classes == nil ? outputs(ended) : ended
  }

  /// What the decoder gives to queries `[queries, channels]` of its own, before the last layer.
  ///
  /// - Precondition: the run has a decoder.
  /// - Throws: `ComputationCancelled`, `FileAccessError`.
  func decoded(_ queries: Tensor, _ latents: Tensor, workers: Workers) throws -> Tensor {
    guard let plan = plans.last, plan.operation.changes == .outputs else {
      preconditionFailure("no decoder")
    }
    try model.parameters.load(plan.parameters.map(\.name))
    var streams = streams
    (streams.latents, streams.outputs) = (latents, queries)
    let rows = try computed(
      plan, streams, StageKeeper(askedAxes: [queries.shape[0]], recent: recent), workers: workers
    ).outputs
    return rows ?? queries
  }

  /// What follows the last stage.
  private func end(_ streams: Pass.Streams<Tensor>, workers: Workers) throws -> Tensor? {
    let pass = Pass(model, workers: workers)
    return try pass.end(streams.map(pass.tape.constant)).value
  }
}

extension Pass {
  /// A pass of numbers alone.
  init(
    _ model: Perceiver, keeper: StageKeeper? = nil, points: PassPoints? = nil,
    workers: Workers = Workers()
  ) {
    self.init(
      plan: model.plan, tape: Tape(model.parameters, recording: .nothing, workers: workers),
      keeper: keeper, points: points)
  }
}
