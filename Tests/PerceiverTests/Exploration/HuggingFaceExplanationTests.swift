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

  /// The same and a film with sound, whose label is explained.
  static let all = names + ["multimodal"]

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

  @Test("relevance, presence and toggles", arguments: all)
  func walks(_ name: String) throws {
    let test = try Case(name)
    try test.expect(Relevance(of: test.target).map(test.run).values.values, "relevance")
    try test.expect(Relevance(of: test.contrast).map(test.run).values.values, "relevance.contrast")
    try test.expect(
      Relevance(of: test.target, rule: .paper).map(test.run).values.values, "relevance.paper")
    try test.expect(Presence(of: test.target).map(test.run).values.values, "presence")
    try test.expect(Toggles(of: test.target).map(test.run).values.values, "toggles")
  }

  @Test("rollout by every method, and what is left of the initial latents", arguments: all)
  func rollout(_ name: String) throws {
    let test = try Case(name)
    for method in Rollout.Method.allCases {
      let map = try Rollout(method).map(test.run)
      try test.expect(map.values.values, "rollout.\(method.rawValue)")
      let left = try #require(map.remainders.first).value
      let theirs = Double(try test.numbers("rollout.\(method.rawValue).left")[0])
      let error = Double(try test.numbers("rollout.\(method.rawValue).left.error")[0])
      #expect(abs(left - theirs) <= max(1e-6, 10 * error * theirs))
      #expect(abs(map.sum + left - 1) < 1e-5)
    }
  }

  @Test("outputs with tokens hidden", arguments: all)
  func hidden(_ name: String) throws {
    let test = try Case(name)
    let hidden = try test.numbers("hidden").map { $0 != 0 }
    let output = try #require(test.run.hiding(hidden).completed().output)
    try test.expect(output.values, "hidden.output")
  }

  @Test(
    "outputs without a head, what a stage's attention adds, or a latent from the start",
    arguments: all)
  func changed(_ name: String) throws {
    let test = try Case(name)
    func number(_ name: String) throws -> Int { Int(try test.numbers(name)[0]) }
    let (stage, head, latent) = try (number("stage"), number("head"), number("latent"))
    for (change, name) in [
      (Intervention.edit(.headOutputs, .zero, head: head, at: stage), "head"),
      (.skip(.attention, at: stage), "skip"),
      (.removeLatents([latent], after: Intervention.beforeStages), "latent"),
    ] {
      let run = try test.run.changed(by: [change]).completed()
      try test.expect(#require(run.output).values, name + ".output")
    }
  }

  @Test(
    "slopes times the picture, and along a line", arguments: names.prefix(4) + ["multimodal"])
  func slopes(_ name: String) throws {
    let test = try Case(name)
    let plain = try GradientTimesInput(of: test.target, baseline: 0).map(test.run)
    try test.expect(plain.values.values, "gradient_times_input")
    let along = try IntegratedGradients(of: test.target, baseline: 0, nodes: 16).map(test.run)
    try test.expect(along.values.values, "integrated_gradients")
  }
}
