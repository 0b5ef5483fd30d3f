// Gradients over an input against the definitions in double.

import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Gradients over an input are those of the definitions")
struct InputGradientTests {
  @Test("Gradient, of a class and against another", arguments: ExploreCase.all)
  func gradient(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    try opened.expect(InputGradient(of: opened.target).gradient(run), "gradient")
    try opened.expect(InputGradient(of: opened.contrast).gradient(run), "gradient.contrast")
    let map = try InputGradient(of: opened.target).map(run)
    #expect(map.values.shape == Array(opened.input.shape.dropLast()))
    let gradient = try opened.theirs("gradient")
    let largest = gradient.values.map(abs).max() ?? 0
    #expect(abs((map.values.values.max() ?? 0) - largest) < 1e-4 * largest)
  }

  @Test(
    "Gradient × input, and integrated gradients with what they lack", arguments: ExploreCase.all)
  func integrated(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    let asked = opened.asked["integrated_gradients"]
    let baseline = Float(asked?["baseline"]?.number ?? .nan)
    let times = opened.asked["gradient_times_input"]?["baseline"]?.number ?? .nan
    try opened.expect(
      GradientTimesInput(of: opened.target, baseline: Float(times)).map(run).values,
      "gradient_times_input")
    let map = try IntegratedGradients(
      of: opened.target, baseline: baseline, nodes: asked?["nodes"]?.integer ?? 0
    ).map(run)
    try opened.expect(map.values, "integrated_gradients")
    // What completeness lacks is next to nothing: its error is measured by what the map sums to.
    let lack = Double(try opened.theirs("integrated_gradients.lack").values[0])
    let found = try #require(map.remainders.first).value
    let sum = try opened.theirs("integrated_gradients").values.reduce(0.0) { $0 + Double($1) }
    let error = abs(found - lack) / abs(sum)
    let allowed = opened.allowed("integrated_gradients.lack")
    #expect(error <= allowed, "\(found) and \(lack): \(error), allowed \(allowed)")
  }

  @Test("SmoothGrad is the mean over noisy inputs", arguments: ExploreCase.all)
  func smooth(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let noise = try opened.theirs("noise")
    let mean = try SmoothGradient(of: opened.target).gradient(
      opened.run(), noise: (0..<noise.shape[0]).map { noise.row($0) })
    try opened.expect(mean, "smooth_gradient")
  }

  @Test("Gauss and Legendre's nodes integrate what they should", arguments: [1, 2, 7, 16])
  func completeness(_ nodes: Int) throws {
    // A model without non-linearities along the line does not exist: the sum nears the difference.
    let model = try Perceiver(.small(), seed: 8)
    let run = try model.begin(PerceiverConfiguration.small().input())
    let map = try IntegratedGradients(of: .answer, baseline: 0, nodes: nodes).map(run)
    let lack = abs(try #require(map.remainders.first).value)
    let change = abs(map.sum) + lack
    #expect(lack < (nodes < 3 ? 1 : 0.02) * change + 1e-5)
  }

  @Test("An output is meant by its number, or by its row and its place in it")
  func outputsByName() throws {
    let words = PerceiverConfiguration.small {
      ($0.variant, $0.numTokens, $0.maxSeqLen) = (.languageModel, 9, 4)
    }
    let run = try Perceiver(words, seed: 1).begin(Tensor(shape: [3], values: [1, 2, 3])).completed()
    let output = try #require(run.output)
    let rows = output.count / 9
    #expect(try run.targetChoice(named: "13") == .number(13))
    #expect(try run.targetChoice(named: "1:4") == .number(13))
    let row = Array(output.values[9..<18])
    let largest = try #require(row.indices.max { row[$0] < row[$1] })
    #expect(try run.targetChoice(named: "1:answer") == .number(9 + largest))
    #expect(try run.targetChoice(named: "1:second") != .number(9 + largest))
    for (text, problem) in [
      ("\(rows):0", "expected a row of outputs from 0 to \(rows - 1), found \(rows)"),
      ("\(9 * rows)", "expected a number from 0 to \(9 * rows - 1), found \(9 * rows)"),
    ] {
      #expect(throws: ConfigurationError(problem)) { try run.targetChoice(named: text) }
    }
    #expect(throws: ConfigurationError.self) { try run.targetChoice(named: "1:x") }
    #expect(throws: ConfigurationError.self) { try run.targetChoice(named: "magic") }
  }

  @Test("What cannot be explained says why")
  func refused() throws {
    let input = PerceiverConfiguration.small().input()
    let headless = try Perceiver(.small { $0.finalClassifierHead = false }, seed: 1).begin(input)
    #expect(
      throws: ConfigurationError(
        "target: expected a model that scores classes or gives outputs, found one that ends with "
          + "its latents")
    ) { try InputGradient(of: .answer).map(headless) }
    let run = try Perceiver(.small(), seed: 1).begin(input)
    #expect(throws: ConfigurationError("target: expected a number from 0 to 6, found 7")) {
      try InputGradient(of: .init(.number(7))).map(run)
    }
    #expect(
      throws: ConfigurationError("against: expected two different classes, found class 3 twice")
    ) { try InputGradient(of: .init(.number(3), against: .number(3))).map(run) }
    let words = PerceiverConfiguration.small {
      ($0.variant, $0.numTokens, $0.maxSeqLen) = (.languageModel, 9, 4)
    }
    let language = try Perceiver(words, seed: 1).begin(Tensor(shape: [3], values: [1, 2, 3]))
    #expect(throws: ConfigurationError.self) { try IntegratedGradients(of: .answer).map(language) }
    let map = try GradientTimesInput(of: .init(.number(4))).map(language)
    #expect(map.values.shape == [3])
  }
}
