// A model's stages computed for a batch: the one way forward, of runs, training, evaluation and
// gradients.

import Tensors

/// One way through a model's stages, on a tape.
struct Pass {
  let plan: ModelPlan
  let tape: Tape
  /// What is dropped; nil for nothing.
  var dropouts: DropoutStream?
  /// What a run keeps of the stage that is computed; nil where maps will not be asked for.
  var keeper: StageKeeper?
  /// What is done at named points; nil where nothing is.
  var points: PassPoints?
  /// What the rows of a decoder's stage read, where they come in parts.
  var latentReading: LatentReading?
  /// Whole tokens with gradients, once a stage has asked for them.
  let wholeTokens = WholeTokens()
  /// The index of the stage that is computed.
  private(set) var stage = 0

  init(
    plan: ModelPlan, tape: Tape, dropouts: DropoutStream? = nil, keeper: StageKeeper? = nil,
    points: PassPoints? = nil
  ) {
    (self.plan, self.tape, self.dropouts) = (plan, tape, dropouts)
    (self.keeper, self.points) = (keeper, points)
  }

  /// What stages read and change.
  struct Streams<Value> {
    /// `[items × latents, dim]`.
    var latents: Value
    var tokens: Tokens
    /// Tokens as rows, where stages change them or they are embedded:
    /// `[items × tokens, channels]`.
    var data: Value?
    /// What tokens' own channels were made from, where gradients go on to it; see `ReadInput`.
    var channels: Value?
    /// What a decoder is asked, then its outputs: `[items × queries, channels]`.
    var outputs: Value?
    /// What an attention residual mixes: each layer's output before it was mixed.
    var layerOutputs: [Value] = []

    func map<Other>(_ transform: (Value) -> Other) -> Streams<Other> {
      Streams<Other>(
        latents: transform(latents), tokens: tokens, data: data.map(transform),
        channels: channels.map(transform), outputs: outputs.map(transform),
        layerOutputs: layerOutputs.map(transform))
    }
  }

  func parameter(_ name: String) -> Variable { tape.parameter(name) }

  /// The model's output for each item: logits `[items, classes]`, outputs
  /// `[items × queries, channels]`, or latents `[items × latents, dim]`.
  ///
  /// - Parameter watch: Told every stage's parameters' prefix and what it changed.
  /// - Throws: `ComputationCancelled`.
  func callAsFunction(
    _ input: PassInput, watch: (String, Tensor) -> Void = { _, _ in }
  ) throws -> Variable {
    var streams = try begin(input)
    for stage in plan.stages where streams[stage.operation.changes] != nil {
      try apply(stage, to: &streams)
      if let changed = streams[stage.operation.changes] {
        watch(stage.operation.name, changed.value)
      }
    }
    return try end(streams)
  }
}

extension Pass.Streams: Sendable where Value: Sendable {}

extension Pass.Streams {
  /// The rows of a stream; nil where the model, or what is asked of it, has none.
  subscript(stream: Stream) -> Value? {
    switch stream {
    case .latents: latents
    case .tokens: data
    case .outputs: outputs
    }
  }
}

extension Pass {
  /// Streams before the first stage.
  func begin(_ input: PassInput) throws -> Streams<Variable> {
    try begin(read(input))
  }

  /// Streams before the first stage, of an input that was read.
  func begin(_ input: ReadInput<Variable>) -> Streams<Variable> {
    wholeTokens.forget()
    var pass = self
    pass.stage = Intervention.beforeStages
    let latents = pass.removing(
      pass.at(.latents, parameter(plan.latents.name).repeated(items: input.tokens.items)))
    return Streams(
      latents: latents, tokens: input.tokens, data: input.data,
      channels: input.channels, outputs: input.queries,
      layerOutputs: plan.mixing == .fromLatents ? [latents] : [])
  }

  /// One stage: `x + operation(norm(x))`, perhaps through a gate, then perhaps a feed-forward, and
  /// at the end of a layer perhaps a mix of all layers so far.
  func apply(_ plan: StagePlan, to streams: inout Streams<Variable>) throws {
    var pass = self
    pass.stage = plan.id.index
    guard let x = streams[plan.operation.changes] else { return }
    let changed =
      try pass.decodedInParts(plan, x, streams) { try $1.changed($0, by: plan, streams) }
      ?? pass.changed(x, by: plan, streams)
    switch plan.operation.changes {
    case .latents: streams.latents = changed
    case .outputs: streams.outputs = changed
    case .tokens:
      streams.data = changed
      streams.tokens = streams.tokens.replacing(changed.value)
    }
    if plan.endsLayer, let residual = plan.residual {
      streams.layerOutputs.append(streams.latents)
      let (mixed, shares) = try residual(streams.layerOutputs, in: pass)
      streams.latents = mixed
      keeper?.residualShares = shares
    }
    streams.latents = pass.removing(pass.at(.latents, streams.latents))
    // Where nothing is mixed, the layer's output is the latents themselves.
    if plan.endsLayer, plan.residual == nil { streams.layerOutputs.append(streams.latents) }
  }

  /// The rows that a stage changes, all of them or a part, before they are mixed with others.
  private func changed(
    _ x: Variable, by plan: StagePlan, _ streams: Streams<Variable>
  ) throws -> Variable {
    let output = at(
      .attentionOutput,
      try keeper.timingOperation { try plan.operation(x, streams, in: self) })
    let changed: Variable
    switch plan.joining {
    case .added: changed = x + output
    case .gated(let gate): changed = try gate(x, input: output, in: self)
    case .replacing: changed = output
    }
    if hasCaptured { return changed }
    return try plan.feedForward.map { try $0(changed, in: self) } ?? changed
  }

  /// What follows the last stage.
  func end(_ streams: Streams<Variable>) throws -> Variable {
    try plan.ending(streams, in: self)
  }

  /// Rows taken in parts where each is computed by itself and nothing of them is kept: the hidden
  /// layer of a whole photo's tokens would be large.
  ///
  /// - Parameter point: Where the rows are asked for together, if they are.
  func inParts(
    _ rows: Variable, unlessAsked point: StagePoint, _ body: (Variable) throws -> Variable
  ) throws -> Variable {
    let (count, atOnce) = (rows.value.shape[0], 4096)
    guard count > atOnce, !tape.isRecording, !touches(point) else { return try body(rows) }
    let parts = try Blocks(count, size: atOnce).map { range in
      try body(tape.constant(rows.value.rows(range))).value
    }
    return tape.constant(Tensor.joiningRows(parts))
  }

  /// The next dropout of an attention's weights.
  func attentionDropout() -> Dropout? {
    dropouts?.next(rate: plan.dropout.attention)
  }

  /// The next dropout of a feed-forward's output.
  func feedForwardDropout() -> Dropout? {
    dropouts?.next(rate: plan.dropout.feedForward)
  }
}
