// Tables of parts switched off, against the definitions in double.

import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A sweep has a row for each part, with the effects of the definitions")
struct SweepTests {
  private static func numbers(_ rows: some Collection<Sweep.Row>) -> Tensor {
    let numbers = rows.flatMap { $0.effect.numbers.map { Float($0) } }
    return Tensor(shape: [numbers.count], values: numbers)
  }

  @Test("Stages, heads and latents", arguments: ExploreCase.all)
  func rows(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let what = try WhatIf(opened.run(), of: opened.target)
    let stages = try Sweep(over: .stages).rows(what)
    #expect(
      stages.map(\.update)
        == what.run.stageIDs.flatMap { _ in
          ["attention", "feed-forward", "both"]
        })
    try opened.expect(Self.numbers(stages), "sweep.stages")
    let heads = try Sweep(over: .heads).rows(what)
    #expect(heads.count == what.run.stageIDs.reduce(0) { $0 + $1.heads })
    let own = heads.filter { $0.stage?.index == opened.integer("stage") }
    #expect(own.map(\.head) == own.indices.map { Optional($0) })
    try opened.expect(Self.numbers(own), "sweep.heads")
    let latents = try Sweep(over: .latents).rows(what)
    #expect(latents.map(\.latent) == latents.indices.map { Optional($0) })
    try opened.expect(Self.numbers(latents), "sweep.latents")
  }

  @Test("Latents that have weights of their own cannot be missing, which is said")
  func refused() throws {
    let mixed = try Perceiver(.small { $0.variant = .mixedLatents }, seed: 3).begin(
      PerceiverConfiguration.small().input())
    let what = try WhatIf(mixed, of: .answer)
    #expect(
      throws: ConfigurationError(
        "sweep: the model has weights for each latent, so that its stages take no fewer")
    ) { try Sweep(over: .latents).rows(what) }
    // A stage that mixes has no heads, and is no row.
    let heads = try Sweep(over: .heads).rows(what)
    #expect(Set(heads.compactMap { $0.stage?.kind }) == [.crossAttention])
  }

  @Test("The only latent cannot be missing, but it can be zero or the mean, which is itself")
  func onlyLatent() throws {
    let run = try Perceiver(.small { $0.numLatents = 1 }, seed: 3).begin(
      PerceiverConfiguration.small().input())
    let what = try WhatIf(run, of: .answer)
    let problem = "the model has one latent, and without it nothing is left to answer from"
    #expect(Sweep(over: .latents).problem(what.run) == problem)
    #expect(throws: ConfigurationError("sweep: \(problem)")) {
      try Sweep(over: .latents).rows(what)
    }
    #expect(throws: ConfigurationError("intervention: \(problem)")) { try what.latents() }
    #expect(throws: ConfigurationError.self) { try what.latentsAtEnd() }
    #expect(try Sweep(over: .heads).rows(what).count == run.stageIDs.reduce(0) { $0 + $1.heads })
    let start = Intervention.beforeStages
    #expect(try what.answer([.edit(.latents, .zero, row: 0, at: start)]).effect.divergence > 0)
    let mean = try what.answer([.edit(.latents, .mean, row: 0, at: start)]).effect
    #expect(mean.numbers.allSatisfy { abs($0) < 1e-6 })
  }
}
