// Another input's latents and tokens put into a run, in every class that reads its input by
// cross-attention.

import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("What another input brings, put into a run of every class")
struct PatchTests {
  /// A run, and one of another input of the same size.
  private struct Pair {
    let base: PerceiverRun
    let source: PerceiverRun

    init(_ base: PerceiverRun, other: Tensor) throws {
      self.base = base
      source = try base.beginning(on: other).completed()
    }

    /// The last stage after which latents are another's.
    var last: Int { base.stageIDs.last { $0.kind != .decoderCrossAttention }?.index ?? 0 }
    var readings: [StageID] { base.stageIDs.filter { $0.kind == .crossAttention } }

    /// What the model gives at the end to latents, asked what the base is asked.
    func end(_ latents: Tensor) throws -> Tensor {
      if let logits = base.logits(from: latents) { return logits }
      let outputs = try base.outputs(from: latents)
      return try #require(outputs)
    }

    /// Latents put in after the last stage are what the end reads; those from before the first
    /// stage are the same in both.
    func checkLatents() throws {
      let theirs = source.stages[last].latents
      #expect(relativeError(theirs, base.stages[last].latents) > 1e-4)
      let patched = try base.changed(by: [.replace(.latents, by: source, at: last)]).completed()
      #expect(patched.stages[last].latents == theirs)
      #expect(try relativeError(#require(patched.output), end(theirs)) < 1e-6)
      let none = try base.changed(by: [
        .edit(
          .latents, .replace(Replacement(source.initialLatents)), at: Intervention.beforeStages)
      ]).completed()
      #expect(try relativeError(#require(none.output), #require(base.output)) < 1e-6)
    }

    /// Tokens that every cross-attention reads are the other's run up to the end; those of one alone
    /// change no stage before it.
    func checkTokens() throws {
      let all = try base.changed(by: readings.map { .readTokens(of: source, at: $0.index) })
        .completed()
      #expect(relativeError(all.stages[last].latents, source.stages[last].latents) < 1e-5)
      for id in readings {
        let one = try base.changed(by: [.readTokens(of: source, at: id.index)]).completed()
        for (before, own) in zip(one.stages, base.stages).prefix(id.index) {
          #expect(before.latents == own.latents)
        }
        #expect(relativeError(one.stages[id.index].latents, base.stages[id.index].latents) > 1e-6)
      }
    }
  }

  @Test("Latents and tokens, in every class of perceiver-pytorch", arguments: Variant.allCases)
  func variants(_ variant: Variant) throws {
    let base = try PerceiverRun.small(variant)
    var generator = TorchGenerator(seed: 5)
    let other =
      variant == .languageModel
      ? Tensor(shape: [24], values: (0..<24).map { Float($0 * 7 % 9) })
      : generator.uniform(shape: [4, 6, 3], low: -1, high: 1)
    let pair = try Pair(base, other: other)
    try pair.checkLatents()
    guard variant == .bottomUp else { return try pair.checkTokens() }
    // There the tokens are no input any more once a stage has changed them.
    #expect(
      throws: ConfigurationError(
        "intervention at cross 1: expected a cross-attention to tokens that no stage changes, found "
          + "none")
    ) { try base.changed(by: [.readTokens(of: pair.source, at: 0)]) }
  }

  @Test(
    "Latents and tokens, in transformers' models",
    arguments: HuggingFaceExplanationTests.names)
  func huggingFace(_ name: String) throws {
    let test = try ThroughDecoderTests.Case(name)
    let values = test.input.values
    let pair = try Pair(
      test.run, other: Tensor(shape: test.input.shape, values: values.reversed()))
    try pair.checkLatents()
    try pair.checkTokens()
  }

  @Test("Tokens of another size, and a stage that reads none, are refused")
  func refused() throws {
    let configuration = PerceiverConfiguration.small()
    let model = try Perceiver(configuration, seed: 3)
    let base = try model.begin(configuration.input()).completed()
    let smaller = try model.begin(configuration.input([3, 3]))
    #expect(
      throws: ConfigurationError(
        "intervention at cross 2: expected an input of axes [4, 6] with 13 numbers a token, found "
          + "axes [3, 3] with 13")
    ) { try base.changed(by: [.readTokens(of: smaller, at: 2)]) }
    #expect(throws: ConfigurationError.self) {
      try base.changed(by: [.readTokens(of: base, at: 1)])
    }
  }
}
