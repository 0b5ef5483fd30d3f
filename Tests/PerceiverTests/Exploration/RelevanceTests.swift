// Relevance, presence and toggles against the definitions in double, where attention matrices are
// kept and autograd does the gradients.

import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Relevance, presence and toggles are those of the definitions, without a matrix stored")
struct RelevanceTests {
  private static func masks(_ opened: ExploreCase.Opened) throws -> [TokenMask] {
    let subsets = try opened.theirs("subsets")
    let axes = Array(opened.input.shape.dropLast())
    return (0..<subsets.shape[0]).map { row in
      TokenMask(shape: axes, keeps: subsets.row(row).values.map { $0 != 0 })
    }
  }

  @Test("Relevance by both rules, by stage, and against another class", arguments: ExploreCase.all)
  func relevance(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    let flow = Relevance(of: opened.target)
    try opened.expect(flow.map(run).values, "relevance")
    try opened.expect(flow.parts(run), "relevance.by_stage")
    try opened.expect(Relevance(of: opened.target, rule: .paper).map(run).values, "relevance.paper")
    try opened.expect(Relevance(of: opened.contrast).map(run).values, "relevance.contrast")
    try opened.expect(flow.latents(run), "relevance.latents")
  }

  @Test(
    "Attention times its gradient by stage, by latent, and Grad-CAM", arguments: ExploreCase.all)
  func attentionTimesGradient(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    let stage = opened.integer("stage")
    let readings = run.stageIDs.filter { $0.kind == .crossAttention }.map(\.index)
    let own = try #require(readings.firstIndex(of: stage))
    func parts(_ sum: AttentionTimesGradient.Sum) throws -> Tensor {
      let question = AttentionTimesGradient(of: opened.target, as: sum)
      let parts = try question.parts(run)
      #expect(parts.shape[0] == readings.count)
      let all = (1..<parts.shape[0]).reduce(parts.row(0)) { $0.adding(parts.row($1)) }
      #expect(try relativeError(question.map(run).values, all) < 1e-6)
      return parts.row(own)
    }
    for (sum, name) in [(AttentionTimesGradient.Sum.signed, "signed"), (.positive, "positive")] {
      let heads = try AttentionTimesGradient(of: opened.target, as: sum).heads(run, stage: stage)
      try opened.expect(heads, "attention_gradient.\(name)")
      let all = (1..<heads.shape[0]).reduce(heads.row(0)) { $0.adding(heads.row($1)) }
      #expect(try parts(sum) == all)
    }
    try opened.expect(parts(.gradCAM), "attention_gradient.grad_cam")
    let rows = try HeadGradients(run, of: opened.target).ofRows
    try opened.expect(#require(rows[stage]), "attention_gradient.by_latent")
  }

  @Test("Runs have the logits and latents that explanations are of", arguments: ExploreCase.all)
  func runs(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    try opened.expect(#require(run.output), "logits")
    try opened.expect(
      Tensor.stacking([run.initialLatents] + run.stages.map(\.latents)), "latents")
    let other = try opened.model.begin(opened.theirs("other")).completed()
    try opened.expect(#require(other.output), "other.logits")
  }

  @Test("Presence, by stage, by head, and against another class", arguments: ExploreCase.all)
  func presence(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    let presence = Presence(of: opened.target)
    try opened.expect(presence.map(run).values, "presence")
    try opened.expect(presence.parts(run), "presence.by_stage")
    try opened.expect(presence.heads(run, stage: opened.integer("stage")), "presence.by_head")
    try opened.expect(Presence(of: opened.contrast).map(run).values, "presence.contrast")
    // It compares pixels: what all have in common is nothing.
    #expect(abs(try presence.map(run).sum) < 1e-4)
  }

  @Test("Toggles, also of pixels that are hidden", arguments: ExploreCase.all)
  func toggles(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    try opened.expect(Toggles(of: opened.target).map(run).values, "toggles")
    try opened.expect(Toggles(of: opened.contrast).map(run).values, "toggles.contrast")
    let region = try opened.theirs("region").values.map { $0 != 0 }
    try opened.expect(
      Toggles(of: opened.target).map(run.hiding(region)).values, "toggles.without_region")
  }

  @Test("Means over half pictures", arguments: ExploreCase.all)
  func sampled(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    for (method, name) in [
      (SampledMap.Method.relevance, "relevance.sampled"), (.toggles, "toggles.sampled"),
    ] {
      var mean = try SampledMap(method, of: opened.target, run)
      for mask in try Self.masks(opened) { try mean.add(mask) }
      try opened.expect(mean.map.values, name)
    }
  }

  @Test(
    "Presence is the slope of the answer by how often a pixel is there, for every class of model",
    arguments: Variant.allCases)
  func slopes(_ variant: Variant) throws {
    let configuration = PerceiverConfiguration.small {
      $0.variant = variant
      if variant == .io { $0.queriesDim = $0.positionFeatures }
      if variant == .languageModel { ($0.numTokens, $0.maxSeqLen) = (9, 24) }
    }
    let model = try Perceiver(configuration, seed: 4)
    let input =
      variant == .languageModel
      ? Tensor(shape: [24], values: (0..<24).map { Float($0 * 5 % 9) }) : configuration.input()
    let run = try model.begin(input, queries: model.configuration.ownQueries).completed()
    let target = ExplanationTarget(.number(3))
    guard try #require(run.output).count > 3 else { return }
    let map = try Presence(of: target).map(run)
    #expect(abs(map.sum) < 1e-4 * Double(map.values.values.map(abs).reduce(0, +)) + 1e-6)
    #expect(map.values.values.contains { abs($0) > 1e-6 })
    // Tokens that are hidden have no presence to lose.
    let hidden = (0..<24).map { $0 % 3 == 1 }
    let masked = try Presence(of: target).map(run.hiding(hidden))
    for token in 0..<24 where hidden[token] { #expect(masked.values.values[token] == 0) }
  }

  @Test("Toggles of one pixel are nearly what its going changes, where it moves little")
  func going() throws {
    let opened = try ExploreCase.all.first { $0.testDescription == "fashion_boot" }?.opened()
    let run = try #require(opened).run()
    let target = try run.resolve(.answer)
    let before = target.value(try #require(run.output))
    let toggles = try Toggles(of: .answer).map(run).values.values
    var (error, size) = (0.0, 0.0)
    for token in stride(from: 100, to: 700, by: 97) {
      let without = try run.hiding((0..<784).map { $0 == token }).completed()
      let change = before - target.value(try #require(without.output))
      error += (Double(toggles[token]) - change) * (Double(toggles[token]) - change)
      size += change * change
    }
    #expect(error < 0.05 * size, "\(error) of \(size)")
  }

  @Test("Where there is no walk to the input, the reason is said")
  func refused() throws {
    let input = PerceiverConfiguration.small().input()
    func run(_ change: (inout PerceiverConfiguration) -> Void) throws -> PerceiverRun {
      try Perceiver(.small(change), seed: 2).begin(input)
    }
    let reasons: [(PerceiverRun, String)] = [
      (
        try run { $0.variant = .bottomUp },
        "relevance: tokens read each other by linear attention, which has no matrix of weights to "
          + "multiply by its gradient"
      ),
      (
        try run { $0.variant = .mixedLatents },
        "relevance: latents are mixed by a perceptron, which has no attention to follow"
      ),
      (
        try run { ($0.attnResidual, $0.attnResidualRank) = (true, 3) },
        "relevance: an attention residual mixes layers channel by channel, which is no sum to follow"
      ),
    ]
    for (run, message) in reasons {
      #expect(throws: ConfigurationError(message)) { try Relevance(of: .answer).map(run) }
    }
    #expect(throws: ConfigurationError("hiding: expected 24 tokens to hide or not, found 2")) {
      try reasons[0].0.hiding([true, false])
    }
  }
}
