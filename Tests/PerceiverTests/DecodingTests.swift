// What a decoder makes of the latents after any stage.

import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A decoder can be asked after any stage")
struct DecodingTests {
  private static let configuration = PerceiverConfiguration.small {
    $0.variant = .io
    $0.queriesDim = $0.positionFeatures
    $0.logitsDim = 3
    $0.decoderFF = true
  }

  @Test("After the last stage it gives the run's output, bit for bit")
  func last() throws {
    let model = try Perceiver(Self.configuration, seed: 3)
    var run = try model.begin(Self.configuration.input(), queries: .positions)
    while try run.next() != nil {}
    let latents = try #require(run.stages.last?.latents)
    let outputs = try #require(try run.outputs(from: latents))
    #expect(outputs.hasSameBits(as: try #require(run.output)))
    #expect(outputs.shape == [4, 6, 3])
    let first = try #require(try run.outputs(from: run.stages[0].latents))
    #expect(first != outputs)
  }

  @Test("Without a decoder, or queries, there is nothing")
  func none() throws {
    let classifier = try Perceiver(.small(), seed: 3)
    var run = try classifier.begin(PerceiverConfiguration.small().input())
    #expect(try run.outputs(from: run.initialLatents) == nil)
    let model = try Perceiver(Self.configuration, seed: 3)
    run = try model.begin(Self.configuration.input())
    #expect(try run.outputs(from: run.initialLatents) == nil)
  }
}
