// Gradients of inputs and of values inside models against those of PyTorch's autograd, in double.
// Tests/Parity/make_point_gradients.py and make_family_gradients.py say how the values were made.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Gradients of an input and at points of stages are PyTorch's, for every class and release")
struct PointGradientTests {
  /// A case's first item as a complete run.
  private static func run(_ test: BatchCase) throws -> PerceiverRun {
    let (model, inputs) = (try test.model(), try test.inputs())
    let items = inputs.batch.shape[0]
    let queries = inputs.queries.map {
      OutputQueries.given($0.rows(0..<$0.shape[0] / items))
    }
    var run = try model.begin(
      inputs.batch.row(0), mask: inputs.masks?.first, queries: queries ?? .none)
    while try run.next() != nil {}
    return run
  }

  /// The gradient of the loss: cos(0.7 i + 0.3) for the i-th output.
  private static func direction(_ output: Tensor) -> Tensor {
    Tensor(
      shape: output.shape, values: (0..<output.count).map { Float(cos(0.7 * Double($0) + 0.3)) })
  }

  private static func matrix(_ gradient: AttentionGradient, _ rows: Int) throws -> Tensor {
    Tensor.stacking(
      try (0..<gradient.heads).map { try gradient.matrix(head: $0, queries: 0..<rows) })
  }

  /// Expects the value to be there, and its gradient within 1e-4 of PyTorch's.
  private static func expect(_ ours: Tensor?, _ theirs: [Float]?, whole: Double, _ name: String) {
    guard let theirs, let ours else {
      Issue.record("\(name): no gradient")
      return
    }
    let folded = foldedWithSigns(ours.values)
    let error = norm(zip(folded, theirs).map { $0 - $1 })
    // Where terms cancel in a fold it is no measure, and a gradient that is nothing but what is left
    // of large terms is held against all gradients together.
    #expect(error < 1e-4 * norm(ours.values) + 1e-7 * whole, "\(name)")
    #expect(folded.count == theirs.count, "\(name)")
  }

  /// Points by the names of their gradients in a file.
  private static let names: [(StagePoint, String)] = [
    (.queries, "queries"), (.keys, "keys"), (.scores, "scores"), (.weights, "weights"),
    (.headOutputs, "heads"), (.attentionOutput, "attention_output"),
    (.feedForwardOutput, "feed_forward_output"),
  ]

  @Test("Input and every point of every stage", arguments: BatchCase.all)
  func gradients(_ test: BatchCase) throws {
    try Self.compare(Self.run(test), with: test.folder)
  }

  @Test(
    "Input, every parameter and every point, of transformers' and perceiver-io's classes",
    arguments: FamilyCase.all)
  func families(_ test: FamilyCase) throws {
    try Self.compare(test.run(test.model()), with: test.folder)
  }

  /// Compares every gradient in a folder's file with that of a run.
  private static func compare(_ run: PerceiverRun, with folder: URL) throws {
    let file = try TensorFile(path: folder.appending(path: "point_gradients.safetensors").path)
    func theirs(_ name: String) -> [Float]? { try? file.numbers(named: name).values }
    var targets: Set<GradientTarget> = [.input, .parameters]
    for id in run.stageIDs {
      targets.insert(.point(.latents, stage: id.index))
      for (point, name) in names where theirs("\(name).\(id.index)") != nil {
        targets.insert(.point(point, stage: id.index))
      }
    }
    let gradients = try run.gradients(of: targets, direction: direction)
    let output = try #require(run.output)
    #expect(relativeError(gradients.output, output) < 1e-5)
    let whole = norm(gradients.parameters.values.flatMap(\.values))
    var compared: Set<String> = ["loss"]
    func expect(_ ours: Tensor?, _ name: String) {
      Self.expect(ours, theirs(name), whole: whole, name)
      compared.insert(name)
    }
    if theirs("input") != nil { expect(gradients.input, "input") }
    for entry in file.entries where entry.name.hasPrefix("parameter.") {
      expect(gradients.parameters[String(entry.name.dropFirst(10))], entry.name)
    }
    for id in run.stageIDs {
      let stage = id.index
      for (point, name) in names where theirs("\(name).\(stage)") != nil {
        let ours: Tensor? =
          switch gradients.gradient(of: point, at: stage) {
          case .numbers(let tensor): tensor
          case .attention(let attention):
            try matrix(attention, try #require(run.stages[stage].attention).queries)
          case nil: nil
          }
        expect(ours, "\(name).\(stage)")
      }
      // Latents that go into the next stage, or into what follows the last.
      if theirs("latents.\(stage + 1)") != nil {
        expect(gradients.gradient(of: .latents, at: stage)?.numbers, "latents.\(stage + 1)")
      }
    }
    // Those before the first stage are a parameter.
    let left = Set(file.entries.map(\.name)).subtracting(compared).subtracting(["latents.0"])
    #expect(left == [], "not compared")
  }

  @Test("Many pixels pass gradients on by every point", arguments: SmallModel.separable)
  func slopes(_ test: SmallModel) throws {
    let model = try Perceiver(test.configuration, seed: 5)
    let input = test.configuration.input(test.axes)
    let run = try model.begin(input)
    let gradients = try run.gradients(
      of: [.input, .point(.latents, stage: 0)], direction: Self.direction)
    let gradient = try #require(gradients.input)
    #expect(gradient.shape == input.shape)
    // The slope along the gradient is its length.
    let length = norm(gradient.values)
    func loss(_ step: Float) throws -> Double {
      var moved = input
      moved.add(gradient, times: step / Float(length))
      let output = try model(moved)
      return zip(output.values, Self.direction(output).values).reduce(0) {
        $0 + Double($1.0) * Double($1.1)
      }
    }
    let size: Float = 0.02
    let slope =
      (8 * (try loss(size) - loss(-size)) - (try loss(2 * size) - loss(-2 * size)))
      / (12 * Double(size))
    #expect(abs(slope - length) < 0.02 * length, "\(slope) and \(length)")
  }

  @Test("A point that a stage has not is refused")
  func refused() throws {
    let model = try Perceiver(.small { $0.invertedCrossAttn = .all }, seed: 5)
    var run = try model.begin(PerceiverConfiguration.small().input())
    while try run.next() != nil {}
    for (point, stage) in [(StagePoint.latents, 6), (.scores, 0), (.queries, -1)] {
      #expect(throws: ConfigurationError.self) {
        try run.gradients(of: [.point(point, stage: stage)], direction: Self.direction)
      }
    }
  }
}

private func norm(_ values: [Float]) -> Double {
  values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
}
