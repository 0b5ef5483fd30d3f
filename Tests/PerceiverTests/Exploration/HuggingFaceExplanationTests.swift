// Explanations of transformers' models, through decoder, repeated blocks and encoder, against autograd's
// of the same folders. Tests/Parity/make_huggingface_explanations.py says how the values were made.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Explanations of transformers' models are those of autograd")
struct HuggingFaceExplanationTests {
  static let names = [
    "image_fourier", "image_learned", "image_conv", "image_conv_even", "sequence_classification",
    "masked_lm", "optical_flow",
  ]

  /// A folder's model on the first item of its input, with what was expected of it.
  private struct Case {
    let run: PerceiverRun
    let target: ExplanationTarget
    let contrast: ExplanationTarget
    private let expected: TensorFile

    init(_ name: String) throws {
      run = try ThroughDecoderTests.Case(name).run
      let file = try TensorFile(
        path: fixtures.appending(path: "huggingface/\(name)/explain.safetensors").path)
      func number(_ name: String) throws -> ExplanationTarget.Choice {
        .number(Int(try file.numbers(named: name).values[0]))
      }
      target = try ExplanationTarget(number("target"))
      contrast = try ExplanationTarget(number("target"), against: number("against"))
      expected = file
    }

    func has(_ name: String) -> Bool { expected.entry(named: name) != nil }
    func numbers(_ name: String) throws -> [Float] { try expected.numbers(named: name).values }

    /// Expects values within ten times the error of single precision.
    func expect(
      _ ours: [Float], _ name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let theirs = try numbers(name)
      guard theirs.contains(where: { $0 != 0 }) else {
        // Flow: every product at the decoder is below zero, and relevance keeps none of them.
        #expect(ours.allSatisfy { $0 == 0 }, "\(name)", sourceLocation: sourceLocation)
        return
      }
      let allowed = 10 * max(1e-7, Double(try numbers(name + ".error")[0]))
      let error = relativeError(ours, theirs)
      #expect(
        error <= allowed, "\(name): \(error), allowed \(allowed)", sourceLocation: sourceLocation)
    }
  }

  @Test("relevance, presence and toggles", arguments: names)
  func walks(_ name: String) throws {
    let test = try Case(name)
    try test.expect(Relevance(of: test.target).map(test.run).values.values, "relevance")
    try test.expect(Relevance(of: test.contrast).map(test.run).values.values, "relevance.contrast")
    try test.expect(Presence(of: test.target).map(test.run).values.values, "presence")
    try test.expect(Toggles(of: test.target).map(test.run).values.values, "toggles")
  }

  @Test("rollout, and what is left of the initial latents", arguments: names)
  func rollout(_ name: String) throws {
    let test = try Case(name)
    for method in [Rollout.Method.half, .residual] {
      let map = try Rollout(method).map(test.run)
      try test.expect(map.values.values, "rollout.\(method.rawValue)")
      let left = try #require(map.remainders.first).value
      let theirs = Double(try test.numbers("rollout.\(method.rawValue).left")[0])
      #expect(abs(left - theirs) < 1e-6)
    }
  }

  @Test("outputs with tokens hidden", arguments: names)
  func hidden(_ name: String) throws {
    let test = try Case(name)
    let hidden = try test.numbers("hidden").map { $0 != 0 }
    let output = try #require(test.run.hiding(hidden).completed().output)
    try test.expect(output.values, "hidden.output")
  }

  @Test("slopes times the picture, and along a line", arguments: names.prefix(4))
  func slopes(_ name: String) throws {
    let test = try Case(name)
    let plain = try GradientTimesInput(of: test.target, baseline: 0).map(test.run)
    try test.expect(plain.values.values, "gradient_times_input")
    let along = try IntegratedGradients(of: test.target, baseline: 0, nodes: 16).map(test.run)
    try test.expect(along.values.values, "integrated_gradients")
  }
}
