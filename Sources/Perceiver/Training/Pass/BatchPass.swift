// A whole batch through a model's stages, on a tape: the list of stages that a run computes one by
// one for one input is computed here for many, with what gradients need.

import Tensors

/// One forward pass of a batch.
struct BatchPass {
  let plan: ModelPlan
  let tape: Tape
  /// What is dropped in this pass; nil in evaluation.
  var dropouts: DropoutStream?
  /// Told every stage's output by name, to find where numbers stop being numbers.
  var watch: ((String, Tensor) -> Void)?

  /// What stages read and change.
  struct Streams {
    var latents: Variable
    var tokens: BatchTokens
    let hidden: Tensor?
    var outputs: Variable?
    var layerOutputs: [Variable]
    let items: Int
  }

  /// The model's output for each item: logits `[items, classes]`, outputs
  /// `[items × queries, channels]`, or latents `[items × latents, dim]`.
  ///
  /// - Throws: `ComputationCancelled`.
  func callAsFunction(_ input: BatchInput) throws -> Variable {
    var streams = try begin(input)
    for stage in plan.stages {
      if case .decoding = stage.operation, streams.outputs == nil { continue }
      try apply(stage, to: &streams)
      watch?(
        stage.operation.name,
        (stage.place.kind == .decoderCrossAttention ? streams.outputs : streams.latents)?.value
          ?? streams.latents.value)
      try mixLayers(stage, &streams)
    }
    return try end(streams)
  }

  private func begin(_ input: BatchInput) throws -> Streams {
    let items = input.items
    let latents = tape.repeated(tape.parameter(plan.latentsName), items: items)
    var (tokens, queries) = try tokens(input)
    var hidden = input.hidden
    if let kept = dropouts?.keptTokens(plan.configuration, items: items, of: input) {
      // Structured dropout reads fewer tokens, instead of reading zeros (perceiver-pytorch 0.8.4).
      switch tokens {
      case .given(let all): tokens = .given(all.keeping(kept))
      case .computed(let rows): tokens = .computed(tape.rows(kept, of: rows))
      }
      hidden = hidden.map { $0.reshaped([$0.count, 1]).gatheringRows(kept).reshaped([kept.count]) }
    }
    if queries == nil {
      switch input.queries {
      case .shared(let asked): queries = tape.constant(asked.repeatingRows(items))
      case .each(let asked): queries = tape.constant(asked)
      case nil: break
      }
    }
    return Streams(
      latents: latents, tokens: tokens, hidden: hidden, outputs: queries,
      layerOutputs: plan.rules.readsInputInEveryLayer ? [latents] : [], items: items)
  }

  /// Tokens, and what a language model asks its decoder: the tokens themselves.
  private func tokens(_ input: BatchInput) throws -> (BatchTokens, queries: Variable?) {
    let axes = Array(input.data.shape.dropFirst().dropLast())
    switch plan.configuration.variant {
    case .perceiver, .gated, .mixedLatents, .io:
      return (
        .given(
          GivenTokens(
            data: input.data, tables: plan.positionTables(axes), workers: tape.workers)),
        nil
      )
    case .bottomUp:
      let rows = try input.data.tokenMatrix(
        tables: plan.positionTables(axes), workers: tape.workers)
      let projected = try tape.linear(
        tape.constant(rows), tape.parameter("data_proj.weight"),
        bias: tape.parameter("data_proj.bias"))
      return (.computed(projected), nil)
    case .languageModel:
      let (items, length) = (input.data.shape[0], input.data.shape[1])
      let words = tape.rows(
        input.data.values.map { Int($0) }, of: tape.parameter("token_emb.weight"))
      let places = tape.rows(
        (0..<items).flatMap { _ in 0..<length }, of: tape.parameter("pos_emb.weight"))
      let embedded = tape.sum(words, places)
      return (.computed(embedded), embedded)
    }
  }

  private func apply(_ plan: StagePlan, to streams: inout Streams) throws {
    switch plan.operation {
    case .crossAttention(let block):
      let output = try attend(block, streams.latents, to: streams)
      streams.latents = try fed(plan, joined(plan, output, streams.latents))
    case .selfAttention(let block):
      let output = try attendToSelf(block, streams.latents, items: streams.items)
      streams.latents = try fed(plan, joined(plan, output, streams.latents))
    case .latentMixing(let block):
      let output = try mix(block, streams.latents, items: streams.items)
      streams.latents = try fed(plan, joined(plan, output, streams.latents))
    case .linearAttention(let block):
      guard case .computed(let data) = streams.tokens else { return }
      let output = try attendLinearly(block, data, hidden: streams.hidden, items: streams.items)
      streams.tokens = .computed(try fed(plan, tape.sum(output, data)))
    case .reverseCrossAttention(let block):
      guard case .computed(let data) = streams.tokens else { return }
      let output = try attend(block, data, toLatents: streams.latents, items: streams.items)
      streams.tokens = .computed(try fed(plan, tape.sum(output, data)))
    case .decoding(let block):
      guard let queries = streams.outputs else { return }
      let output = try attend(block, queries, toLatents: streams.latents, items: streams.items)
      streams.outputs = try fed(plan, output)
    }
  }

  private func joined(
    _ plan: StagePlan, _ output: Variable, _ latents: Variable
  ) throws -> Variable {
    guard let gate = plan.gate else { return tape.sum(output, latents) }
    return try tape.gatedRecurrence(
      hidden: latents,
      inputGates: tape.linear(
        output, tape.parameter(gate.name + ".weight_ih"),
        bias: tape.parameter(gate.name + ".bias_ih")),
      hiddenGates: tape.linear(
        latents, tape.parameter(gate.name + ".weight_hh"),
        bias: tape.parameter(gate.name + ".bias_hh")))
  }

  private func mixLayers(_ plan: StagePlan, _ streams: inout Streams) throws {
    guard plan.endsLayer, self.plan.configuration.attnResidual else { return }
    streams.layerOutputs.append(streams.latents)
    guard let residual = plan.residual else { return }
    let logits = try streams.layerOutputs.map { output in
      try tape.linear(
        tape.linear(
          residual.norm == .none
            ? output
            : tape.rootMeanSquareNorm(
              output, gain: tape.parameter(residual.name + ".to_attn_logits.0.weight"),
              epsilon: Float.ulpOfOne),
          tape.parameter(residual.name + ".to_attn_logits.1.weight")),
        tape.parameter(residual.name + ".to_attn_logits.2.weight"))
    }
    streams.latents = tape.softmaxMix(of: streams.layerOutputs, logits: logits)
  }

  private func end(_ streams: Streams) throws -> Variable {
    switch plan.ending {
    case .classifier(let head):
      let mean = tape.meanOfItems(streams.latents, items: streams.items)
      return try tape.linear(
        normed(mean, head.norm), tape.parameter(head.linear + ".weight"),
        bias: tape.parameter(head.linear + ".bias"))
    case .outputs(let head):
      guard let outputs = streams.outputs else { return streams.latents }
      guard let head else { return outputs }
      return try tape.linear(
        outputs, tape.parameter(head.name + ".weight"), bias: tape.parameter(head.name + ".bias"))
    case .latents: return streams.latents
    }
  }
}
