// Runs that begin behind the stages they share with another.

import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A run takes over what it shares with another")
struct ReuseTests {
  /// A change, and the stages of six (two layers of a cross-attention and two latent blocks) that
  /// stay.
  struct Change: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let kept: Int
    /// Whether the input is read as before, whatever becomes of the stages.
    let keepsTokens: Bool
    let former: PerceiverConfiguration
    let changed: PerceiverConfiguration

    init(
      _ name: String, _ kept: Int, readsAnew: Bool = false,
      from former: PerceiverConfiguration = ReuseTests.configuration,
      _ change: (inout PerceiverConfiguration) -> Void
    ) {
      (testDescription, self.kept, keepsTokens) = (name, kept, !readsAnew)
      (self.former, changed) = (former, ReuseTests.configuration(from: former, change))
    }

    static let all = [
      Change("nothing", 6) { _ in },
      Change("classes", 6) { $0.numClasses = 9 },
      Change("no classifier", 6) { $0.finalClassifierHead = false },
      Change("one layer more", 6) { $0.depth = 3 },
      Change("one layer less", 3) { $0.depth = 1 },
      Change("one latent block more", 3) { $0.selfPerCrossAttn = 3 },
      Change("latent heads", 1) { $0.latentHeads = 1 },
      Change("cross heads", 0) { $0.crossHeads = 2 },
      Change("bands", 0, readsAnew: true) { $0.numFreqBands = 4 },
      Change("highest frequency", 0, readsAnew: true) { $0.maxFreq = 12 },
      Change("no positions", 0, readsAnew: true) { $0.fourierEncodeData = false },
      Change("latents", 0) { $0.numLatents = 6 },
      // The second layer is the first that is shared, so two layers are what they were.
      Change("tied layers", 6) { $0.weightTieLayers = true },
      Change("temperature", 0) { $0.attentionTemperature = 2 },
      Change("second layer inverted", 3) { $0.invertedCrossAttn = .each([false, true]) },
      Change("first layer alone inverted", 3, from: configuration { $0.invertedCrossAttn = .all }) {
        $0.invertedCrossAttn = .each([true, false])
      },
      Change("both layers inverted", 0) { $0.invertedCrossAttn = .all },
      // What a residual mixes begins with the first latents, so all is computed anew.
      Change("attention residual", 0) { ($0.attnResidual, $0.attnResidualRank) = (true, 3) },
      Change("no attention residual", 0, from: configuration { $0.attnResidual = true }) {
        $0.attnResidual = false
      },
      Change("release that differs in nothing", 6, from: released("0.10.1")) {
        $0.release = release("0.9.0")
      },
      // 0.11.0 draws a layer's cross-attention before its latent blocks.
      Change("release that draws in another order", 0) { $0.release = release("0.10.1") },
      Change("release that rotates latents", 1, from: released("0.5.0")) {
        $0.release = release("0.4.0")
      },
      Change("release with other bands", 0, readsAnew: true, from: released("0.8.0")) {
        $0.release = release("0.7.1")
      },
    ]

    private static func release(_ version: String) -> Release { Release(version) ?? .latest }

    private static func released(_ version: String) -> PerceiverConfiguration {
      configuration { $0.release = release(version) }
    }
  }

  private static let configuration = PerceiverConfiguration.small {
    ($0.depth, $0.selfPerCrossAttn, $0.latentHeads) = (2, 2, 2)
  }

  private static func configuration(
    from former: PerceiverConfiguration = configuration,
    _ change: (inout PerceiverConfiguration) -> Void
  ) -> PerceiverConfiguration {
    var configuration = former
    change(&configuration)
    return configuration
  }

  private static func complete(_ run: PerceiverRun) throws -> PerceiverRun {
    var run = run
    while try run.next() != nil {}
    return run
  }

  @Test("Stages before the first that a change affects stay", arguments: Change.all)
  func changes(_ change: Change) throws {
    let input = Self.configuration.input()
    let former = try Self.complete(try Perceiver(change.former, seed: 3).begin(input))
    let model = try Perceiver(change.changed, seed: 3)
    let begun = try model.begin(input, reusing: former)
    #expect(begun.stages.count == change.kept)
    #expect(begun.sharesTokens(with: former) == change.keepsTokens)
    #expect(try !model.begin(input).sharesTokens(with: former))
    let run = try Self.complete(begun)
    let fresh = try Self.complete(try model.begin(input))
    #expect(run.stages.map(\.id) == fresh.stages.map(\.id))
    #expect(haveSameBits(run.stages.map(\.latents), fresh.stages.map(\.latents)))
    #expect(try #require(run.output).hasSameBits(as: try #require(fresh.output)))
  }

  @Test(
    "Stages before the first whose weights differ stay, whichever tensor it is",
    arguments: [
      ("latents", 0), ("layers.0.cross_attn.fn.to_kv.weight", 0),
      ("layers.1.cross_attn.norm_context.bias", 3), ("layers.1.cross_attn.fn.to_q.weight", 3),
      ("layers.1.cross_ff.fn.net.2.bias", 3), ("layers.1.self_attns.0.0.fn.to_kv.weight", 4),
      ("layers.1.self_attns.1.1.norm.weight", 5), ("to_logits.2.weight", 6),
    ])
  func weights(_ name: String, _ kept: Int) throws {
    let input = Self.configuration.input()
    let model = try Perceiver(Self.configuration, seed: 3)
    let former = try Self.complete(try model.begin(input))
    let tensors = model.storedTensors.map { stored in
      guard stored.name == name, var tensor = model.parameter(named: name) else { return stored }
      tensor.withUnsafeMutableElements { $0[$0.count - 1] += 0.25 }
      return StoredTensor(name, tensor)
    }
    let other = try withTemporaryFile(safetensorsBytes(tensors)) {
      try Checkpoint(path: $0).model(Self.configuration)
    }
    let begun = try other.begin(input, reusing: former)
    #expect(begun.stages.count == kept)
    #expect(begun.sharesTokens(with: former))
    let run = try Self.complete(begun)
    let fresh = try Self.complete(try other.begin(input))
    #expect(haveSameBits(run.stages.map(\.latents), fresh.stages.map(\.latents)))
    #expect(try #require(run.output).hasSameBits(as: try #require(fresh.output)))
    #expect(run.output != former.output)
  }

  @Test("Planes of positions stay while positions are what attention gains by")
  func planes() throws {
    let large = SmallModel.separable[0]
    let input = large.configuration.input(large.axes)
    let former = try Perceiver(large.configuration, seed: 3).begin(input)
    func begun(_ change: (inout PerceiverConfiguration) -> Void) throws -> PerceiverRun {
      var configuration = large.configuration
      change(&configuration)
      return try Perceiver(configuration, seed: 3).begin(input, reusing: former)
    }
    #expect(try begun { $0.crossHeads = 2 }.sharesTokens(with: former))
    #expect(try begun { $0.numLatents = 41 }.sharesTokens(with: former))
    #expect(try begun { $0.attentionTemperature = 3 }.sharesTokens(with: former))
    #expect(try !begun { $0.numFreqBands = 13 }.sharesTokens(with: former))
    // One latent reads whole tokens.
    #expect(try !begun { $0.numLatents = 1 }.sharesTokens(with: former))
  }

  @Test("Another input, mask or seed shares no stage, and another seed the tokens alone")
  func others() throws {
    let configuration = Self.configuration
    let input = configuration.input()
    let model = try Perceiver(configuration, seed: 3)
    let former = try Self.complete(try model.begin(input))
    var other = input
    other[0, 0, 0] += 1
    let changed = try model.begin(other, reusing: former)
    #expect(changed.stages.isEmpty && !changed.sharesTokens(with: former))
    let keeps = (0..<24).map { $0 != 5 }
    let mask = TokenMask(shape: [4, 6], keeps: keeps)
    let masked = try model.begin(input, mask: mask, reusing: former)
    #expect(masked.stages.isEmpty && !masked.sharesTokens(with: former))
    #expect(try Self.complete(masked).output != former.output)
    let seeded = try Perceiver(configuration, seed: 4).begin(input, reusing: former)
    #expect(seeded.stages.isEmpty && seeded.sharesTokens(with: former))
  }

  @Test("Classes that change streams of tokens are taken over too", arguments: Variant.allCases)
  func variants(_ variant: Variant) throws {
    guard variant != .languageModel else { return }
    var configuration = Self.configuration
    configuration.variant = variant
    let input = configuration.input()
    let model = try Perceiver(configuration, seed: 5)
    let former = try Self.complete(try model.begin(input))
    var half = try model.begin(input)
    for _ in 0..<former.stages.count / 2 { _ = try half.next() }
    let run = try model.begin(input, reusing: half)
    #expect(run.stages.count == half.stages.count)
    #expect(run.sharesTokens(with: half))
    let output = try #require(try Self.complete(run).output)
    #expect(output.hasSameBits(as: try #require(former.output)))
  }

  @Test("what a change draws anew is counted before it is drawn", arguments: Change.all)
  func drawn(change: Change) throws {
    let former = try Perceiver(change.former, seed: 3)
    let changed = try Perceiver(change.changed, seed: 3)
    let counted = try changed.configuration.parameters(keptFrom: former.configuration)
    #expect(counted.all == changed.parameterCount)
    #expect(counted.kept == changed.parameterCount(sharedWith: former))
  }
}
