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
    let make: @Sendable (inout PerceiverConfiguration) -> Void

    init(
      _ name: String, _ kept: Int,
      _ make: @escaping @Sendable (inout PerceiverConfiguration) -> Void
    ) {
      (testDescription, self.kept, self.make) = (name, kept, make)
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
      Change("bands", 0) { $0.numFreqBands = 4 },
      Change("highest frequency", 0) { $0.maxFreq = 12 },
      Change("latents", 0) { $0.numLatents = 6 },
      // The second layer is the first that is shared, so two layers are what they were.
      Change("tied layers", 6) { $0.weightTieLayers = true },
      Change("temperature", 0) { $0.attentionTemperature = 2 },
    ]
  }

  private static let configuration = PerceiverConfiguration.small {
    ($0.depth, $0.selfPerCrossAttn, $0.latentHeads) = (2, 2, 2)
  }

  private static func complete(_ run: PerceiverRun) throws -> PerceiverRun {
    var run = run
    while try run.next() != nil {}
    return run
  }

  @Test("Stages before the first that a change affects stay", arguments: Change.all)
  func changes(_ change: Change) throws {
    let input = Self.configuration.input()
    let former = try Self.complete(try Perceiver(Self.configuration, seed: 3).begin(input))
    var changed = Self.configuration
    change.make(&changed)
    let model = try Perceiver(changed, seed: 3)
    let begun = try model.begin(input, reusing: former)
    #expect(begun.stages.count == change.kept)
    let run = try Self.complete(begun)
    let fresh = try Self.complete(try model.begin(input))
    #expect(run.output?.values == fresh.output?.values)
    #expect(run.stages.map(\.place) == fresh.stages.map(\.place))
    for (mine, theirs) in zip(run.stages, fresh.stages) {
      #expect(mine.latents.values == theirs.latents.values)
    }
  }

  @Test("Another input, mask or seed shares nothing")
  func others() throws {
    let configuration = Self.configuration
    let input = configuration.input()
    let model = try Perceiver(configuration, seed: 3)
    let former = try Self.complete(try model.begin(input))
    var other = input
    other[0, 0, 0] += 1
    #expect(try model.begin(other, reusing: former).stages.isEmpty)
    let keeps = (0..<24).map { $0 != 5 }
    let mask = TokenMask(shape: [4, 6], keeps: keeps)
    let masked = try model.begin(input, mask: mask, reusing: former)
    #expect(masked.stages.isEmpty)
    #expect(try Self.complete(masked).output != former.output)
    let seeded = try Perceiver(configuration, seed: 4).begin(input, reusing: former)
    #expect(seeded.stages.isEmpty)
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
    #expect(try Self.complete(run).output?.values == former.output?.values)
  }
}
