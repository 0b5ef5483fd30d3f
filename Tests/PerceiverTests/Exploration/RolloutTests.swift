// Rollout against the definition, where R is made.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Rollout is that of the definitions, by one row that goes backward")
struct RolloutTests {
  @Test("Every method, with what is left to the initial latents", arguments: ExploreCase.all)
  func methods(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    for method in Rollout.Method.allCases {
      let map = try Rollout(method).map(run)
      try opened.expect(map.values, "rollout.\(method.rawValue)")
      let left = try #require(map.remainders.first).value
      try opened.expect(left, "rollout.\(method.rawValue).left")
      #expect(abs(map.sum + left - 1) < 1e-5)
    }
    let largest = try Rollout(.half, heads: .maximum).map(run)
    try opened.expect(largest.values, "rollout.half_max")
    try opened.expect(#require(largest.remainders.first).value, "rollout.half_max.left")
  }

  @Test("A run is computed through a stage and no further, and what was computed stays")
  func throughStage() throws {
    let model = try Perceiver(
      .init(inputChannels: 1, depth: 3, numLatents: 4, latentDim: 8, numClasses: 3), seed: 0)
    let begun = try model.begin(Tensor(shape: [4, 5, 1], repeating: 0.5))
    let first = try begun.completed(through: 1)
    #expect(first.stages.count == 2)
    #expect(try begun.completed(through: -1).stages.isEmpty)
    let whole = try first.completed()
    #expect(try whole.completed(through: 1).stages.count == whole.stageIDs.count)
    let early = try Rollout(.half, after: 1).map(first).values
    #expect(try Rollout(.half, after: 1).map(whole).values == early)
  }

  @Test("By stage, and of one latent after a stage", arguments: ExploreCase.all)
  func parts(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    try opened.expect(Rollout(.residual).parts(run), "rollout.residual.by_stage")
    try opened.expect(
      Rollout(
        .residual, latent: opened.integer("latent"), after: opened.integer("stage")
      ).map(run).values, "rollout.residual.latent")
  }

  @Test("Shares of pixels and of initial latents sum to one, in every class that it is defined for")
  func sums() throws {
    for variant in [Variant.perceiver, .gated, .io, .bottomUp] {
      let configuration = PerceiverConfiguration.small {
        $0.variant = variant
        if variant == .io { $0.queriesDim = $0.positionFeatures }
      }
      let run = try Perceiver(configuration, seed: 3).begin(
        configuration.input(), queries: configuration.ownQueries)
      for method in [Rollout.Method.half, .residual, .value] {
        let map = try Rollout(method).map(run)
        let left = try #require(map.remainders.first).value
        #expect(abs(map.sum + left - 1) < 1e-4, "\(variant), \(method)")
        #expect(map.values.values.allSatisfy { $0 >= 0 })
      }
    }
  }

  @Test(
    "By values nothing changes where a mask hides no token, and tokens are then made",
    arguments: SmallModel.separable)
  func valuesWithTokens(_ small: SmallModel) throws {
    let model = try Perceiver(small.configuration, seed: 3)
    let input = small.configuration.input(small.axes)
    let count = small.axes.reduce(1, *)
    let all = TokenMask(shape: small.axes, keeps: Array(repeating: true, count: count))
    let streamed = try Rollout(.value).map(model.begin(input)).values
    let made = try Rollout(.value).map(model.begin(input, mask: all)).values
    #expect(relativeError(streamed, made) < 1e-5)
  }

  @Test(
    "Where tokens read latents, they carry shares back too", arguments: ["two_heads", "tied"],
    Rollout.Method.allCases)
  func bottomUp(_ name: String, _ method: Rollout.Method) throws {
    let folder = fixtures.appending(path: "bottom-up/\(name)")
    let config = try WholeFile.read(folder.appending(path: "config.json").path)
    let checkpoint = try Checkpoint(path: folder.appending(path: "model.safetensors").path)
    let model = try checkpoint.model(
      checkpoint.describe(given: GivenHyperparameters(json: config)).configuration)
    let expected = try TensorFile(path: folder.appending(path: "expected.safetensors").path)
    let run = try model.begin(expected.numbers(named: "input")).completed()
    func expect(_ ours: [Float], _ name: String) throws {
      let theirs = try expected.numbers(named: name)
      #expect(ours.count == theirs.count)
      // Below 1e-6 shares differ by the order of sums alone.
      let allowed = 10 * max(1e-7, Double(try expected.numbers(named: name + ".error").values[0]))
      let error = relativeError(ours, theirs.values)
      #expect(error <= allowed, "\(name): \(error), allowed \(allowed)")
    }
    let name = "rollout.\(method.rawValue)"
    let map = try Rollout(method).map(run)
    try expect(map.values.values, name)
    let left = try #require(map.remainders.first).value
    try expect([Float(left)], name + ".left")
    #expect(abs(map.sum + left - 1) < 1e-5)
    try expect(Rollout(method).parts(run).values, name + ".by_stage")
    let stage = Int(try expected.numbers(named: "rollout.latent.stage").values[0])
    try expect(
      Rollout(method, latent: 1, after: stage).map(run).values.values, name + ".latent")
  }

  @Test("What there is no walk for, or no latent, says why")
  func refused() throws {
    let input = PerceiverConfiguration.small().input()
    let mixed = try Perceiver(.small { $0.variant = .mixedLatents }, seed: 1).begin(input)
    #expect(
      throws: ConfigurationError(
        "rollout: latents are mixed by a perceptron, which has no attention to follow")
    ) { try Rollout(.half).map(mixed) }
    let run = try Perceiver(.small(), seed: 1).begin(input)
    #expect(throws: ConfigurationError("rollout: expected a latent below 5, found 5")) {
      try Rollout(.half, latent: 5).map(run)
    }
    #expect(throws: ConfigurationError("rollout: expected a stage from 0 to 5, found 6")) {
      try Rollout(.half, after: 6).map(run)
    }
  }
}
