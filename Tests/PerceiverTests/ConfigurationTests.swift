// Which configurations can be, and what they cost before anything is built.

import Perceiver
import Testing

@Suite("Configurations are checked and counted before anything is built")
struct ConfigurationTests {
  typealias Change = @Sendable (inout PerceiverConfiguration) -> Void

  static let refused: [(change: Change, message: String)] = [
    (
      { $0.numLatents = 0 }, "num_latents: expected a whole number from 1 to 65536, found 0"
    ),
    ({ $0.latentDim = -8 }, "latent_dim: expected a whole number from 1 to 16384, found -8"),
    ({ $0.depth = .max }, "depth: expected a whole number from 1 to 512, found \(Int.max)"),
    ({ $0.maxFreq = .nan }, "max_freq: expected a number from 0.001 to 1000000.0, found nan"),
    (
      { $0.maxFreq = .infinity },
      "max_freq: expected a number from 0.001 to 1000000.0, found inf"
    ),
    ({ $0.ffDropout = 1 }, "ff_dropout: expected a number from 0.0 to 0.999, found 1.0"),
    ({ $0.inputAxes = 4 }, "input_axis: expected a whole number from 1 to 3, found 4"),
    (
      { $0.invertedCrossAttn = .each([true]) },
      "inverted_cross_attn: expected 3 entries, one for each layer, found 1"
    ),
    (
      { $0.invertedCrossAttn = .each([]) },
      "inverted_cross_attn: expected 3 entries, one for each layer, found 0"
    ),
    (
      { ($0.depth, $0.selfPerCrossAttn) = (512, 512) },
      "depth × (1 + self_per_cross_attn): expected at most 4096 stages, found 262656"
    ),
  ]

  static let tooLarge: [Change] = [
    { ($0.numLatents, $0.latentDim, $0.depth) = (65536, 16384, 512) },
    { ($0.latentDim, $0.latentHeads, $0.latentDimHead) = (16384, 1024, 16384) },
    { ($0.crossHeads, $0.crossDimHead, $0.latentDim) = (1024, 16384, 16384) },
    { ($0.latentDim, $0.depth, $0.selfPerCrossAttn) = (16384, 8, 511) },
    { ($0.latentDim, $0.attnResidualRank, $0.attnResidual, $0.depth) = (16384, 16384, true, 64) },
  ]

  @Test(
    "Impossible ones are refused, with name, expected and found",
    arguments: refused)
  func refuses(_ change: Change, _ message: String) {
    let configuration = PerceiverConfiguration.small(change)
    for attempt in [
      { try configuration.validate() }, { _ = try configuration.cost(inputAxes: [4, 4]) },
      { _ = try Perceiver(configuration, seed: 0) },
    ] as [() throws -> Void] {
      let error = #expect(throws: ConfigurationError.self) { try attempt() }
      #expect(error?.description == message)
    }
  }

  @Test(
    "Absurd sizes are refused at once, before memory is asked for",
    arguments: tooLarge)
  func absurd(_ change: Change) {
    let configuration = PerceiverConfiguration.small(change)
    let error = #expect(throws: ConfigurationError.self) { try Perceiver(configuration, seed: 0) }
    #expect(error?.description.hasPrefix("parameters would take ") == true)
  }

  @Test("Parameters counted are parameters made", arguments: SmallModel.all)
  func parameters(_ test: SmallModel) throws {
    let model = try Perceiver(test.configuration, seed: 0)
    let names = test.configuration.parameterNames.filter { name in
      // Tied layers count once.
      !test.configuration.weightTieLayers
        || !(name.hasPrefix("layers.2.") || name.hasPrefix("attn_residuals.2."))
    }
    let count = names.reduce(0) { $0 + (model.parameter(named: $1)?.count ?? 0) }
    #expect(model.parameterCount == count)
    #expect(try test.configuration.cost(inputAxes: test.axes).parameters == count)
  }

  @Test("The README example at 224 × 224 costs what counting by hand gives")
  func readme() throws {
    let cost = try PerceiverConfiguration().cost(inputAxes: [224, 224])
    let (latents, dim, tokens, channels) = (256.0, 512.0, 50176.0, 29.0)
    // Queries, keys and values, scores and averages, output.
    var cross = latents * dim * 64 + tokens * channels * 128
    cross += 2 * latents * tokens * 64 + latents * 64 * dim
    var latent = latents * dim * 512 + latents * dim * 1024
    latent += 2 * latents * latents * 512 + latents * 512 * dim
    let feedForward = latents * dim * 4096 + latents * 2048 * dim
    let flops = 2 * (6 * (cross + latent + 2 * feedForward) + dim * 1000)
    #expect(cost.flops == flops)
    #expect(cost.parameters == 45_187_140)
    #expect(cost.bytes > 4 * Double(cost.parameters))
  }

  @Test("Costs of inputs that no memory holds are numbers too")
  func hugeInput() throws {
    let cost = try PerceiverConfiguration.small().cost(inputAxes: [.max, .max])
    #expect(cost.flops > 1e37 && cost.flops.isFinite)
    #expect(cost.bytes > 1e37)
  }

  @Test("More of anything costs more")
  func growth() throws {
    let base = try PerceiverConfiguration.small().cost(inputAxes: [8, 8])
    #expect(try PerceiverConfiguration.small().cost(inputAxes: [8, 9]).flops > base.flops)
    let changes: [(inout PerceiverConfiguration) -> Void] = [
      { $0.depth += 1 }, { $0.numLatents += 1 }, { $0.latentDim += 1 }, { $0.crossHeads += 1 },
      { $0.selfPerCrossAttn += 1 }, { $0.numFreqBands += 1 }, { $0.attnResidual = true },
      { $0.numClasses += 1 },
    ]
    for change in changes {
      let cost = try PerceiverConfiguration.small(change).cost(inputAxes: [8, 8])
      #expect(cost.flops > base.flops && cost.parameters > base.parameters)
    }
  }
}
