// What interventions change, occlusion and random masking, against the definitions in double.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("What if: effects of interventions are those of the definitions")
struct EffectTests {
  /// Expects logits and the effect of a change.
  private static func expect(
    _ answer: WhatIf.Answer, _ name: String, _ opened: ExploreCase.Opened
  ) throws {
    try opened.expect(answer.logits, name + ".logits")
    try opened.expect(
      Tensor(shape: [4], values: answer.effect.numbers.map { Float($0) }), name + ".effect")
  }

  @Test("Pixels hidden, everywhere, in one stage, all", arguments: ExploreCase.all)
  func hidden(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let what = try WhatIf(opened.run(), of: opened.target)
    let region = try opened.theirs("region").values.map { $0 != 0 }
    try Self.expect(what.hiding(region), "hide", opened)
    try Self.expect(what.hiding(region.map { !$0 }), "hide_rest", opened)
    try Self.expect(what.hiding(region.map { _ in true }), "hide_everything", opened)
    try Self.expect(
      what.answer([.maskKeys(keeping: region.map { !$0 }, at: opened.integer("stage"))]),
      "hide_in_stage", opened)
  }

  @Test("Heads zero, averaged, even", arguments: ExploreCase.all)
  func heads(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let what = try WhatIf(opened.run(), of: opened.target)
    for (prefix, name) in [("", "head"), ("self_", "self_head")] {
      guard opened.has(name + ".zero.logits") else { continue }
      let (stage, head) = (opened.integer(prefix + "stage"), opened.integer(prefix + "head"))
      try Self.expect(
        what.answer([.edit(.headOutputs, .zero, head: head, at: stage)]), name + ".zero", opened)
      try Self.expect(
        what.answer([.edit(.headOutputs, .mean, head: head, at: stage)]), name + ".mean", opened)
      let keys = try #require(what.run.stages[stage].attention).keys
      let rows = what.run.stages[stage].latents.shape[0]
      let even = Tensor(
        shape: [what.run.stageIDs[stage].heads, rows, keys], repeating: 1 / Float(keys))
      try Self.expect(
        what.answer(
          [.edit(.weights, .replace(Replacement(even)), head: head, at: stage)]),
        name + ".uniform", opened)
      // The same without a matrix: scores of zero.
      try Self.expect(
        what.answer([.edit(.scores, .zero, head: head, at: stage)]), name + ".uniform", opened)
    }
  }

  @Test(
    "Latents zero, averaged, removed, from a stage on and from the start",
    arguments: ExploreCase.all)
  func latents(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let what = try WhatIf(opened.run(), of: opened.target)
    let (latent, stage) = (opened.integer("latent"), opened.integer("stage"))
    for (name, stage) in [("latent", stage), ("initial_latent", Intervention.beforeStages)] {
      try Self.expect(
        what.answer([.edit(.latents, .zero, row: latent, at: stage)]), name + ".zero", opened)
      try Self.expect(
        what.answer([.edit(.latents, .mean, row: latent, at: stage)]), name + ".mean", opened)
      try Self.expect(
        what.answer([.removeLatents([latent], after: stage)]), name + ".remove", opened)
    }
    let several = opened.asked["latents"]?.elements.compactMap(\.integer) ?? []
    try Self.expect(
      what.answer([.removeLatents(several, after: stage)]), "latents.remove", opened)
  }

  @Test("Updates left out, and tables over stages, heads and latents", arguments: ExploreCase.all)
  func sweeps(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let what = try WhatIf(opened.run(), of: opened.target)
    let stage = opened.integer("stage")
    let (attention, feedForward) = (
      Intervention.skip(.attention, at: stage), Intervention.skip(.feedForward, at: stage)
    )
    try Self.expect(what.answer([attention]), "skip.attention", opened)
    try Self.expect(what.answer([feedForward]), "skip.feed_forward", opened)
    try Self.expect(
      what.answer([attention, feedForward]), "skip.attention_and_feed_forward", opened)
    let layer = what.run.stageIDs.filter { $0.layer == opened.integer("layer") }
    try Self.expect(
      what.answer(
        layer.flatMap {
          [.skip(.attention, at: $0.index), .skip(.feedForward, at: $0.index)]
        }), "skip.layer", opened)
    let stages = try what.stages().flatMap { [$0.attention, $0.feedForward, $0.both] }
    try opened.expect(
      Tensor(
        shape: [stages.count * 4], values: stages.flatMap { $0.numbers.map { Float($0) } }),
      "sweep.stages")
    let heads = try what.heads(ofStage: stage)
    try opened.expect(
      Tensor(shape: [heads.count * 4], values: heads.flatMap { $0.numbers.map { Float($0) } }),
      "sweep.heads")
    let latents = try what.latents()
    try opened.expect(
      Tensor(
        shape: [latents.count * 4], values: latents.flatMap { $0.numbers.map { Float($0) } }),
      "sweep.latents")
  }

  @Test("A latent left out at the end alone is another question", arguments: ExploreCase.all)
  func latentsAtEnd(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let what = try WhatIf(opened.run(), of: opened.target)
    let before = try #require(what.run.output)
    let without = try opened.theirs("latents.without")
    let effects = try what.latentsAtEnd()
    #expect(effects.count == what.run.initialLatents.shape[0])
    for (latent, effect) in effects.enumerated() {
      let theirs = Effect(
        before: before, after: without.row(latent), class: opened.integer("class"))
      for (ours, theirs) in zip(effect.numbers, theirs.numbers) {
        #expect(abs(ours - theirs) < 1e-4, "latent \(latent)")
      }
    }
  }

  @Test(
    "Latents and inputs of another picture, and how far they bring its answer",
    arguments: ExploreCase.all)
  func patches(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let base = try opened.run()
    let source = try opened.model.begin(opened.theirs("other")).completed()
    let patching = try Patching(
      from: source, into: base,
      by: .init(
        .number(opened.integer("source_class")), against: .number(opened.integer("class"))))
    let stages = Array(Intervention.beforeStages..<base.stageIDs.count)
    let runs = try stages.map { try patching.latents(after: $0) }
    try opened.expect(
      Tensor.stacking(runs.map { try #require($0.output) }), "patch.latents.logits")
    let recovered = try runs.map { Float(try patching.recovery($0)) }
    try opened.expect(
      Tensor(shape: [recovered.count], values: recovered), "patch.latents.recovery")
    let some = opened.asked["latents"]?.elements.compactMap(\.integer)
    try opened.expect(
      #require(patching.latents(after: opened.integer("stage"), some).output), "patch.some.logits")
    let readings = base.stageIDs.filter { $0.kind == .crossAttention }
    let read = try readings.map { try patching.input(at: $0.index) }
    try opened.expect(
      Tensor.stacking(read.map { try #require($0.output) }), "patch.input.logits")
    let recoveries = try read.map { Float(try patching.recovery($0)) }
    try opened.expect(
      Tensor(shape: [recoveries.count], values: recoveries), "patch.input.recovery")
    // All of it read from the other picture is the other picture's run.
    let all = try base.changed(
      by: readings.map { .readTokens(of: source, at: $0.index) }
    ).completed()
    #expect(relativeError(try #require(all.output), try #require(source.output)) < 1e-5)
  }

  @Test("Occlusion by hiding and by a value", arguments: ExploreCase.all)
  func occlusion(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    let asked = opened.asked["occlusion"]
    let window = asked?["window"]?.elements.compactMap(\.integer)
    let stride = asked?["stride"]?.elements.compactMap(\.integer)
    let value = Float(asked?["value"]?.number ?? .nan)
    for (removal, name) in [
      (Occlusion.Removal.hiding, "hiding"), (.value(value), "value"),
    ] {
      let occlusion = Occlusion(
        of: opened.target, window: window, stride: stride, removal: removal)
      try opened.expect(occlusion.map(run).values, "occlusion.\(name).logit")
      let losses = try occlusion.losses(run).map { Float($0) }
      try opened.expect(
        Tensor(shape: [losses.count], values: losses), "occlusion.\(name).windows")
      try opened.expect(
        Occlusion(
          of: opened.target, window: window, stride: stride, removal: removal,
          measure: .logProbability
        ).map(run).values, "occlusion.\(name).log_probability")
    }
  }

  @Test("Random masking", arguments: ExploreCase.all)
  func rise(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let subsets = try opened.theirs("subsets")
    let axes = Array(opened.input.shape.dropLast())
    let masks = (0..<subsets.shape[0]).map { row in
      TokenMask(shape: axes, keeps: subsets.row(row).values.map { $0 != 0 })
    }
    try opened.expect(
      RandomMasking(of: opened.target).map(opened.run(), masks: masks).values, "rise")
  }

  @Test("What does not fit is refused, and says why")
  func refused() throws {
    let configuration = PerceiverConfiguration.small()
    let model = try Perceiver(configuration, seed: 3)
    let run = try model.begin(configuration.input())
    let wrong: [([Intervention], String)] = [
      (
        [.removeLatents([0, 1, 2, 3, 4], after: 0)],
        "intervention: expected latents from 0 to 4 to remove, not all and each once, found "
          + "[0, 1, 2, 3, 4]"
      ),
      (
        [.removeLatents([1], after: 0), .edit(.latents, .zero, row: 2, at: 3)],
        "intervention: expected no change of single latents after a stage that removes some"
      ),
      (
        [.edit(.queries, .zero, at: Intervention.beforeStages)],
        "intervention before the first stage: expected latents [5, 8], found queries"
      ),
      (
        [.readTokens(of: try model.begin(configuration.input([3, 3])), at: 0)],
        "intervention at cross 1: expected an input of axes [4, 6] with 13 numbers a token, found "
          + "axes [3, 3] with 13"
      ),
    ]
    for (interventions, message) in wrong {
      #expect(throws: ConfigurationError(message)) { try run.changed(by: interventions) }
    }
    let mixed = try Perceiver(.small { $0.variant = .mixedLatents }, seed: 3).begin(
      configuration.input())
    #expect(throws: ConfigurationError.self) {
      try mixed.changed(by: [.removeLatents([0], after: 1)])
    }
    let headless = try Perceiver(.small { $0.finalClassifierHead = false }, seed: 1).begin(
      configuration.input())
    #expect(throws: ConfigurationError.self) { try WhatIf(headless, of: .answer) }
    #expect(
      throws: ConfigurationError(
        "patching: expected a second input of axes [4, 6], found [3, 3]")
    ) { try Patching(from: model.begin(configuration.input([3, 3])), into: run) }
  }

  @Test("Without classes an effect is what becomes of a number of the output, or of a difference")
  func outputs() throws {
    let words = PerceiverConfiguration.small {
      ($0.variant, $0.numTokens, $0.maxSeqLen) = (.languageModel, 9, 4)
    }
    let run = try Perceiver(words, seed: 1).begin(Tensor(shape: [3], values: [1, 2, 3])).completed()
    let before = try #require(run.output).values
    let changed = try run.hiding([false, true, false]).completed()
    let after = try #require(changed.output).values
    let effect = try WhatIf(run, of: .init(.number(13))).hiding([false, true, false]).effect
    #expect(!effect.isOfClasses)
    let difference = Double(after[13]) - Double(before[13])
    #expect(difference != 0)
    #expect(effect.numbers == [Double(before[13]), Double(after[13]), difference])
    let held = try WhatIf(run, of: .init(.number(13), against: .number(14)))
    let both = try held.hiding([false, true, false]).effect
    #expect(abs(both.logit - (difference - Double(after[14]) + Double(before[14]))) < 1e-9)
    // Of many outputs one has to be named.
    #expect(throws: ConfigurationError.self) { try WhatIf(run, of: .answer) }
  }

  @Test("Labels that are each right or not by themselves have sigmoids, and the sum of their KLs")
  func labels() {
    let before = Tensor(shape: [2], values: [1, -2])
    let after = Tensor(shape: [2], values: [0, -2])
    let effect = Effect(before: before, after: after, class: 0, problem: .labels)
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    #expect(abs(effect.probability - (0.5 - sigmoid(1))) < 1e-12)
    let p = sigmoid(1)
    let expected = p * log(p / 0.5) + (1 - p) * log((1 - p) / 0.5)
    #expect(abs(effect.divergence - expected) < 1e-12)
    // Far from zero too.
    let far = Effect(
      before: Tensor(shape: [1], values: [-800]), after: Tensor(shape: [1], values: [-810]),
      class: 0, problem: .labels)
    #expect(abs(far.logProbability + 10) < 1e-9)
  }
}
