// Direct logit attribution: an identity, held against the definition and against the model itself.

import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A logit is the exact sum of what each part of the model adds")
struct DirectLogitTests {
  @Test(
    "Constant, initial latents, attention, feed-forward, heads, pixels", arguments: ExploreCase.all)
  func parts(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    for (target, name) in [(opened.target, "direct"), (opened.contrast, "direct_contrast")] {
      let direct = try DirectLogits(run, of: target)
      let value = try run.resolve(target).value(#require(run.output))
      #expect(abs(direct.sum - value) < 1e-5 * max(1, abs(value)))
      #expect(direct.value == value)
      try opened.expect(direct.constant, name + ".constant")
      try opened.expect(direct.initial, name + ".initial")
      try opened.expect(Tensor.stacking(direct.stages.map(\.attention)), name + ".attention")
      try opened.expect(
        Tensor.stacking(direct.stages.map(\.feedForward)), name + ".feed_forward")
      try opened.expect(direct.latents, name + ".latents")
      try opened.expect(
        #require(direct.stages[opened.integer("stage")].heads), name + ".heads")
      let map = try DirectPixels(of: target).map(run)
      try opened.expect(map.values, name + ".pixels")
      let rest = try #require(map.remainders.first).value
      #expect(abs(map.sum + rest - value) < 1e-4 * max(1, abs(value)))
    }
  }

  @Test("Latents left out of the mean, and alone", arguments: ExploreCase.all)
  func latents(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    try opened.expect(run.logitsWithoutEachLatent(), "latents.without")
    try opened.expect(run.logitsOfEachLatent(), "latents.alone")
  }

  @Test("Every part has a row: the end, the start, and of each stage heads, bias, feed-forward")
  func rows() throws {
    let configuration = PerceiverConfiguration.small { $0.crossHeads = 3 }
    let run = try Perceiver(configuration, seed: 8).begin(configuration.input()).completed()
    let direct = try DirectLogits(run, of: .init(.answer, against: .second))
    let parts = direct.parts
    #expect(parts.prefix(2).map(\.source) == [.constant, .initial])
    for id in run.stageIDs {
      let own = parts.filter { $0.stage == id }
      #expect(
        own.map(\.source)
          == Array(repeating: .head, count: id.heads) + [.bias, .feedForward])
      #expect(own.prefix(id.heads).map(\.head) == (0..<id.heads).map { Optional($0) })
      // Heads and bias are what attention adds.
      let attention = direct.stages[id.index].attention.values.reduce(0.0) { $0 + Double($1) }
      #expect(abs(own.dropLast().reduce(0) { $0 + $1.value } - attention) < 1e-6)
      #expect(own.contains { abs($0.value) > 1e-6 })
    }
    #expect(abs(direct.sum - direct.value) < 1e-6)
    #expect(direct.sum == parts.reduce(0) { $0 + $1.value })
    let latents = direct.latents.values.reduce(0.0) { $0 + Double($1) }
    #expect(abs(latents + direct.constant - direct.value) < 1e-6)
  }

  @Test("Where an intervention changes what heads give together, they have one row")
  func skipped() throws {
    let configuration = PerceiverConfiguration.small()
    let run = try Perceiver(configuration, seed: 8).begin(
      configuration.input(), interventions: [.skip(.attention, at: 0)]
    ).completed()
    let direct = try DirectLogits(run, of: .answer)
    #expect(direct.stages[0].heads == nil && direct.stages[0].bias == nil)
    #expect(direct.stages[1].heads != nil && direct.stages[1].bias != nil)
    let first = direct.parts.filter { $0.stage?.index == 0 }
    #expect(first.map(\.source) == [.attention, .feedForward])
    #expect(first[0].value == 0)
    #expect(abs(direct.sum - direct.value) < 1e-6)
  }

  @Test("The sum holds for changed runs too, and where latents are mixed by a perceptron")
  func changed() throws {
    let configuration = PerceiverConfiguration.small { $0.variant = .mixedLatents }
    let model = try Perceiver(configuration, seed: 6)
    let run = try model.begin(
      configuration.input(),
      interventions: [.edit(.latents, .zero, row: 1, at: 2), .skip(.feedForward, at: 1)]
    ).completed()
    let direct = try DirectLogits(run, of: .answer)
    let value = try run.resolve(.answer).value(#require(run.output))
    #expect(abs(direct.sum - value) < 1e-5)
    #expect(abs(direct.changes) > 1e-6)
  }

  @Test("Where a logit is no sum, the reason is said")
  func refused() throws {
    let input = PerceiverConfiguration.small().input()
    let gated = try Perceiver(.small { $0.variant = .gated }, seed: 1).begin(input)
    #expect(
      throws: ConfigurationError(
        "direct logits: a recurrent gate takes attention into the latents, so they are no plain sum"
      )
    ) { try DirectLogits(gated, of: .answer) }
    let residual = try Perceiver(
      .small { ($0.attnResidual, $0.attnResidualRank) = (true, 3) }, seed: 1
    ).begin(input)
    #expect(throws: ConfigurationError.self) { try DirectPixels(of: .answer).map(residual) }
  }
}
