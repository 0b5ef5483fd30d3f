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
  let request: InputRequest
  let input: ReadInput
  private let plans: [StagePlan]
  private var streams: Streams
  // What each computed stage left, for a run that begins behind it.
  private var streamsAfter: [Streams] = []

  /// What stages read and change.
  fileprivate struct Streams {
    var latents: Tensor
    var tokens: TokenContext
    /// All tokens as one matrix, where stages change them.
    var data: Tensor?
    var outputs: Tensor?
    /// What an attention residual mixes: each layer's output before it was mixed.
    var layerOutputs: [Tensor]
  }

  init(model: Perceiver, request: InputRequest, input: ReadInput) {
    self.model = model
    self.request = request
    self.input = input
    let latents = model.parameters[model.plan.latentsName]
    // Perceiver IO's residuals begin with what the one cross-attention gives.
    let mixesInitial = model.plan.rules.readsInputInEveryLayer
    streams = Streams(
      latents: latents, tokens: input.tokens, data: input.data, outputs: input.queries,
      layerOutputs: mixesInitial ? [latents] : [])
    // A decoder that is asked nothing is not run.
    plans = model.plan.stages.filter {
      $0.place.kind != .decoderCrossAttention || input.queries != nil
    }
  }

  /// Whether both runs read one preparation of their input, in the same memory.
  package func sharesTokens(with other: PerceiverRun) -> Bool {
    input.tokens.isShared(with: other.input.tokens)
  }

  /// Every stage of the run, computed or not.
  public var places: [StagePlace] { plans.map(\.place) }

  /// Numbers in a stage's attention, heads × queries × keys, known before it is computed; 0 where it
  /// has none.
  ///
  /// - Precondition: the stage is one of `places`.
  public func attentionCount(at index: Int) -> Double {
    let latents = Double(model.configuration.numLatents)
    let tokens = input.tokens.axes.reduce(1.0) { $0 * Double($1) }
    let heads = Double(plans[index].place.heads)
    switch plans[index].operation {
    case .crossAttention, .reverseCrossAttention: return heads * latents * tokens
    case .selfAttention: return heads * latents * latents
    case .latentMixing: return 0
    case .linearAttention: return heads * Double(LinearAttentionBlock.dimHead) * tokens
    case .decoding(let block):
      let asked = input.queries.map { Double($0.count) / Double(block.dim) } ?? 0
      return heads * latents * asked
    }
  }

  /// The latents before the first stage: `[latents, dim]`.
  public var initialLatents: Tensor { model.parameters[model.plan.latentsName] }

  /// Whether every stage is computed.
  public var isComplete: Bool { stages.count == plans.count }

  /// Computes the next stage; nil when all are computed.
  ///
  /// - Throws: `ComputationCancelled`; the run is then as before.
  public mutating func next(cancellation: Cancellation? = nil) throws -> Stage? {
    try next(workers: Workers(cancellation: cancellation))
  }

  package mutating func next(workers: Workers) throws -> Stage? {
    guard !isComplete else { return nil }
    let plan = plans[stages.count]
    let clock = ContinuousClock()
    let start = clock.now
    var streams = streams
    var operationSeconds = 0.0
    let attention = try apply(plan, to: &streams, workers: workers) {
      operationSeconds = start.duration(to: clock.now) / .seconds(1)
    }
    let shares = try mixLayers(plan, &streams, workers: workers)
    let stage = Stage(
      place: plan.place, latents: streams.latents, attention: attention,
      tokens: plan.place.kind.changesTokens ? streams.data : nil,
      outputs: plan.place.kind == .decoderCrossAttention ? streams.outputs : nil,
      residualShares: shares, seconds: start.duration(to: clock.now) / .seconds(1),
      operationSeconds: operationSeconds)
    self.streams = streams
    stages.append(stage)
    streamsAfter.append(streams)
    return stage
  }

  /// Takes over the first stages of another run as far as they would be the same, bit for bit.
  mutating func takeOver(_ former: PerceiverRun) {
    guard stages.isEmpty, request.givesSameTokens(as: former.request),
      model.configuration.attnResidual == former.model.configuration.attnResidual,
      initialLatents.hasSameBits(as: former.initialLatents)
    else { return }
    for (index, stage) in former.stages.enumerated() {
      guard index < plans.count else { return }
      var plan = plans[index]
      // Where a layer ends matters to residuals alone.
      if !model.configuration.attnResidual { plan.endsLayer = former.plans[index].endsLayer }
      guard plan == former.plans[index],
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

  /// Attention or mixing, gate and feed-forward of one stage; says when the first is done.
  private func apply(
    _ plan: StagePlan, to streams: inout Streams, workers: Workers,
    whenAttended attended: () -> Void
  ) throws -> StageAttention? {
    let parameters = model.parameters
    func fed(_ rows: Tensor) throws -> Tensor {
      try plan.feedForward?.apply(to: rows, parameters: parameters, workers: workers) ?? rows
    }
    func joined(_ output: Tensor) throws -> Tensor {
      guard let gate = plan.gate else { return output.adding(streams.latents) }
      return try gate.apply(
        to: streams.latents, input: output, parameters: parameters, workers: workers)
    }
    switch plan.operation {
    case .crossAttention(let block):
      let (output, attention) = try block.attend(
        streams.latents, to: streams.tokens, parameters: parameters, workers: workers)
      attended()
      streams.latents = try fed(joined(output))
      return attention
    case .selfAttention(let block):
      let (output, attention) = try block.attendToSelf(
        streams.latents, parameters: parameters, workers: workers)
      attended()
      streams.latents = try fed(joined(output))
      return attention
    case .latentMixing(let block):
      let output = try block.apply(
        to: streams.latents, parameters: parameters, workers: workers)
      attended()
      streams.latents = try fed(joined(output))
      return nil
    case .linearAttention(let block):
      guard let data = streams.data else { return nil }
      let (output, attention) = try block.attend(
        data, to: streams.tokens, parameters: parameters, workers: workers)
      attended()
      streams.setData(try fed(output.adding(data)))
      return attention
    case .reverseCrossAttention(let block):
      guard let data = streams.data else { return nil }
      let (output, attention) = try block.attend(
        data.reshaped(streams.tokens.axes + [data.shape[1]]), toLatents: streams.latents,
        parameters: parameters, workers: workers)
      attended()
      streams.setData(try fed(output.adding(data)))
      return attention
    case .decoding(let block):
      guard let queries = streams.outputs else { return nil }
      // Nothing is added to the queries: the decoder's output takes their place.
      let (output, attention) = try block.attend(
        queries, toLatents: streams.latents, parameters: parameters, workers: workers)
      attended()
      let decoded = try fed(output)
      streams.outputs = decoded.reshaped(queries.shape)
      return attention
    }
  }

  private func mixLayers(
    _ plan: StagePlan, _ streams: inout Streams, workers: Workers
  ) throws -> [Tensor] {
    guard plan.endsLayer, model.configuration.attnResidual else { return [] }
    streams.layerOutputs.append(streams.latents)
    guard let residual = plan.residual else { return [] }
    let (mixed, shares) = try residual.mix(
      streams.layerOutputs, parameters: model.parameters, workers: workers)
    streams.latents = mixed
    return shares
  }

  /// The classifier's output if the run ended with these latents: logits `[classes]`.
  ///
  /// Nil where the model has no classifier head.
  public func logits(from latents: Tensor) -> Tensor? {
    guard case .classifier(let head) = model.plan.ending else { return nil }
    // Without a cancellation nothing throws; see Workers.forEach.
    return try? head.apply(to: latents, parameters: model.parameters, workers: Workers())
  }

  /// The model's output once the run is complete: logits, a decoder's outputs
  /// `[…queries, channels]`, or latents where there is neither.
  public var output: Tensor? {
    guard isComplete else { return nil }
    guard let decoded = stages.last?.outputs, case .outputs = model.plan.ending else {
      return logits(from: streams.latents) ?? streams.latents
    }
    return try? headed(decoded, workers: Workers())
  }

  /// What the decoder would give if the run ended with these latents: `[…queries, channels]`.
  ///
  /// Nil where the model has no decoder, or it is asked nothing.
  ///
  /// - Throws: `ComputationCancelled`.
  public func outputs(from latents: Tensor, cancellation: Cancellation? = nil) throws -> Tensor? {
    guard let plan = plans.last, case .decoding = plan.operation else { return nil }
    let workers = Workers(cancellation: cancellation)
    var streams = streams
    (streams.latents, streams.outputs) = (latents, input.queries)
    _ = try apply(plan, to: &streams, workers: workers) {}
    return try streams.outputs.map { try headed($0, workers: workers) }
  }

  /// A decoder's outputs through the linear layer behind it, if there is one.
  private func headed(_ decoded: Tensor, workers: Workers) throws -> Tensor {
    guard case .outputs(let head?) = model.plan.ending else { return decoded }
    let rows = decoded.reshaped([decoded.count / head.dim, head.dim])
    return try rows.linear(
      weight: model.parameters[head.name + ".weight"],
      bias: model.parameters[head.name + ".bias"], workers: workers
    ).reshaped(decoded.shape.dropLast() + [head.outputs])
  }
}

extension PerceiverRun.Streams {
  /// Takes changed tokens, `[tokens, channels]`, as what later stages read.
  fileprivate mutating func setData(_ data: Tensor) {
    self.data = data
    tokens = tokens.replacing(data)
  }
}
