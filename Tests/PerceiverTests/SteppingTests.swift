// Runs stage by stage: what stages there are, and that runs are values.

import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A run goes stage by stage")
struct SteppingTests {
  @Test(
    "Stages by name, kind, layer, block and heads",
    arguments: [
      (2, 0, ["cross 1", "cross 2"]),
      (2, 1, ["cross 1", "latent 1.1", "cross 2", "latent 2.1"]),
      (2, 2, ["cross 1", "latent 1.1", "latent 1.2", "cross 2", "latent 2.1", "latent 2.2"]),
      (1, 3, ["cross 1", "latent 1.1", "latent 1.2", "latent 1.3"]),
    ])
  func stageIDs(_ depth: Int, _ blocks: Int, _ names: [String]) throws {
    let configuration = PerceiverConfiguration.small {
      ($0.depth, $0.selfPerCrossAttn, $0.crossHeads, $0.latentHeads) = (depth, blocks, 3, 2)
    }
    let model = try Perceiver(configuration, seed: 0)
    var run = try model.begin(configuration.input())
    #expect(run.stageIDs.map(\.name) == names)
    #expect(run.stageIDs.map(\.index) == Array(names.indices))
    for id in run.stageIDs {
      #expect(id.layer == id.index / (blocks + 1))
      let position = id.index % (blocks + 1)
      #expect(id.kind == (position == 0 ? .crossAttention : .latentSelfAttention))
      #expect(id.block == max(0, position - 1))
      #expect(id.heads == (position == 0 ? 3 : 2))
    }
    var stages: [Stage] = []
    while let stage = try run.next() {
      stages.append(stage)
      #expect(stage.attention?.heads == stage.id.heads)
      #expect(stage.attention?.queries == 5)
      #expect(stage.attention?.mapShape == (stage.id.kind == .crossAttention ? [4, 6] : [5]))
      #expect(stage.latents.shape == [5, 8])
      #expect(stage.seconds >= 0)
    }
    #expect(stages.map(\.id) == run.stageIDs)
    #expect(run.isComplete)
    #expect(try run.next() == nil)
  }

  @Test("Stages one by one end where the whole call does", arguments: SmallModel.all)
  func wholeCall(_ test: SmallModel) throws {
    let model = try Perceiver(test.configuration, seed: 1)
    let input = test.configuration.input(test.axes)
    var run = try model.begin(input)
    #expect(run.initialLatents == model.parameter(named: "latents"))
    while !run.isComplete {
      #expect(run.output == nil)
      _ = try run.next()
    }
    let output = try #require(run.output)
    #expect(try output == model(input))
    let last = try #require(run.stages.last).latents
    if test.configuration.finalClassifierHead {
      #expect(output.shape == [7])
      #expect(run.logits(from: last) == output)
      #expect(run.logits(from: run.initialLatents) != output)
    } else {
      #expect(output == last)
      #expect(run.logits(from: last) == nil)
    }
    #expect(output.values.allSatisfy { $0.isFinite })
  }

  @Test("The same bits on 1, 2, 3 and 7 threads", arguments: SmallModel.all)
  func threads(_ test: SmallModel) throws {
    let model = try Perceiver(test.configuration, seed: 1)
    let input = test.configuration.input(test.axes)
    let latents = try [1, 2, 3, 7].map { threads in
      var run = try model.begin(input)
      while try run.next(workers: Workers(threads: threads)) != nil {}
      return run.stages.map(\.latents)
    }
    #expect(latents.dropFirst().allSatisfy { haveSameBits($0, latents[0]) })
  }

  @Test("Threads change nothing where there is work for them: 96 × 80 pixels, 300 latents")
  func threadsAtSize() throws {
    let configuration = PerceiverConfiguration.small {
      ($0.numLatents, $0.latentDim, $0.depth) = (300, 96, 2)
      $0.invertedCrossAttn = .each([false, true])
    }
    let model = try Perceiver(configuration, seed: 1)
    let input = configuration.input([96, 80])
    let results = try [1, 2, 7].map { threads in
      var run = try model.begin(input)
      while try run.next(workers: Workers(threads: threads)) != nil {}
      return run.stages.map(\.latents)
    }
    #expect(results.dropFirst().allSatisfy { haveSameBits($0, results[0]) })
  }

  @Test("A copy of a run goes on by itself, and what is computed stays")
  func copies() throws {
    let configuration = PerceiverConfiguration.small { $0.attnResidual = true }
    let model = try Perceiver(configuration, seed: 1)
    var run = try model.begin(configuration.input())
    _ = try run.next()
    _ = try run.next()
    let early = run
    let latents = run.stages.map(\.latents)
    while try run.next() != nil {}
    #expect(early.stages.count == 2)
    #expect(Array(run.stages.map(\.latents).prefix(2)) == latents)
    var again = early
    while try again.next() != nil {}
    #expect(again.stages.map(\.latents) == run.stages.map(\.latents))
    #expect(early.stages.count == 2 && early.output == nil)
  }

  @Test("A cancelled stage throws and leaves the run as it was")
  func cancellation() throws {
    let configuration = PerceiverConfiguration.small { $0.attnResidual = true }
    let model = try Perceiver(configuration, seed: 1)
    let cancellation = Cancellation()
    var run = try model.begin(configuration.input())
    var undisturbed = run
    cancellation.cancel()
    while let theirs = try undisturbed.next() {
      let before = run.stages.count
      #expect(throws: ComputationCancelled()) { try run.next(cancellation: cancellation) }
      #expect(run.stages.count == before)
      let ours = try #require(try run.next(cancellation: Cancellation()))
      #expect(ours.latents == theirs.latents)
    }
    #expect(run.output == undisturbed.output)
    #expect(throws: ComputationCancelled()) {
      try model(configuration.input(), cancellation: cancellation)
    }
    #expect(throws: ComputationCancelled()) {
      try Perceiver(configuration, seed: 1, cancellation: cancellation)
    }
  }

  @Test(
    "An input or mask of another shape is refused, with what was expected and found",
    arguments: [
      (
        [4, 6], nil, "input: expected 2 axes (input_axis) and channels, found shape [4, 6]"
      ),
      (
        [1, 4, 6, 3], nil,
        "input: expected 2 axes (input_axis) and channels, found shape [1, 4, 6, 3]"
      ),
      ([4, 6, 1], nil, "input: expected 3 channels (input_channels), found 1"),
      ([3, 4, 6], nil, "input: expected 3 channels (input_channels), found 6"),
      ([0, 6, 3], nil, "input: expected at least one token, found shape [0, 6, 3]"),
      ([4, 6, 3], [6, 4], "mask: expected shape [4, 6], found [6, 4]"),
      ([4, 6, 3], [24], "mask: expected shape [4, 6], found [24]"),
    ] as [([Int], [Int]?, String)])
  func shapes(_ shape: [Int], _ mask: [Int]?, _ message: String) throws {
    let model = try Perceiver(.small(), seed: 0)
    let mask = mask.map {
      TokenMask(shape: $0, keeps: [Bool](repeating: true, count: $0.reduce(1, *)))
    }
    let error = #expect(throws: ConfigurationError.self) {
      try model.begin(Tensor(shape: shape), mask: mask)
    }
    #expect(error?.description == message)
  }

  @Test("Other hyperparameters over the same parameters are the model made with them")
  func reconfigured() throws {
    let model = try Perceiver(.small(), seed: 5)
    let changes: [(String, (inout PerceiverConfiguration) -> Void)] = [
      ("max_freq", { $0.maxFreq = 9 }), ("inverted", { $0.invertedCrossAttn = .all }),
      ("heads", { ($0.latentHeads, $0.latentDimHead) = (4, 2) }),
    ]
    let input = model.arguments.input()
    for (name, change) in changes {
      let configuration = PerceiverConfiguration.small(change)
      let changed = try model.reconfigured(configuration)
      #expect(changed.arguments == configuration && changed.origin == model.origin)
      for parameter in configuration.parameterNames {
        #expect(changed.parameter(named: parameter) == model.parameter(named: parameter))
      }
      let output = try changed(input)
      #expect(try output == Perceiver(configuration, seed: 5)(input), "\(name)")
      #expect(try output != model(input), "\(name)")
    }
    let error = #expect(throws: ConfigurationError.self) {
      try model.reconfigured(.small { $0.depth = 2 })
    }
    #expect(
      error?.description == "these hyperparameters need other parameters than the model's")
    #expect(throws: ConfigurationError.self) {
      try model.reconfigured(.small { $0.maxFreq = .nan })
    }
  }

  @Test("Every parameter has its name, tied layers' lead to the second's, others are none")
  func parameterNames() throws {
    for test in SmallModel.all {
      let model = try Perceiver(test.configuration, seed: 2)
      for name in test.configuration.parameterNames {
        #expect(model.parameter(named: name) != nil, "\(test): \(name)")
      }
    }
    let tied = try Perceiver(.small { $0.weightTieLayers = true }, seed: 2)
    let name = "cross_attn.fn.to_q.weight"
    #expect(tied.parameter(named: "layers.2.\(name)") == tied.parameter(named: "layers.1.\(name)"))
    #expect(tied.parameter(named: "layers.0.\(name)") != tied.parameter(named: "layers.1.\(name)"))
    for none in ["layers.3.\(name)", "layers.-1.\(name)", "layers", "", "latents.0", "to_q"] {
      #expect(tied.parameter(named: none) == nil)
    }
  }
}
