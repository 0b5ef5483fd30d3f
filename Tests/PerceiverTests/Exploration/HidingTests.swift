// Hiding pixels many sets at once, against hiding them one set after another.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Hiding pixels")
struct HidingTests {
  private static let classifiers = SmallModel.all.filter { model in
    model.configuration.finalClassifierHead && model.configuration.variant != .io
      && model.configuration.variant != .languageModel
  }

  /// Every second token, all, none, and all but one.
  private func sets(_ count: Int) -> [[Bool]] {
    [
      (0..<count).map { $0 % 2 == 0 }, [Bool](repeating: true, count: count),
      [Bool](repeating: false, count: count), (0..<count).map { $0 != 3 },
    ]
  }

  @Test("many sets at once give what a run of its own gives for each", arguments: classifiers)
  func together(_ model: SmallModel) throws {
    let run = try Perceiver(model.configuration, seed: 3).begin(
      model.configuration.input(model.axes))
    let sets = sets(run.tokenCount)
    let together = try run.logits(hiding: sets)
    for (set, logits) in zip(sets, together) {
      let alone = try #require(run.hiding(set).completed().output)
      #expect(relativeError(logits, alone) < 1e-5, "\(set.count { $0 }) hidden")
    }
  }

  @Test("what the run itself hides, and its interventions, stay")
  func changedRuns() throws {
    let configuration = PerceiverConfiguration.small()
    let model = try Perceiver(configuration, seed: 3)
    let mask = TokenMask(shape: [4, 6], keeps: (0..<24).map { $0 < 15 })
    let intervention = [Intervention.skip(.attention, at: 1)]
    for run in [
      try model.begin(configuration.input(), mask: mask),
      try model.begin(configuration.input(), interventions: intervention),
    ] {
      let hidden = (0..<24).map { $0 % 5 == 0 }
      let logits = try run.logits(hiding: [hidden])[0]
      #expect(try relativeError(logits, #require(run.hiding(hidden).completed().output)) < 1e-5)
      let plain = try model.begin(configuration.input()).logits(hiding: [hidden])[0]
      #expect(relativeError(logits, plain) > 1e-3)
    }
  }

  @Test("a set of another size, and a model without classes, are refused")
  func refuses() throws {
    let run = try Perceiver(.small(), seed: 3).begin(PerceiverConfiguration.small().input())
    #expect(throws: ConfigurationError.self) { try run.logits(hiding: [[true]]) }
    let headless = PerceiverConfiguration.small { $0.finalClassifierHead = false }
    let other = try Perceiver(headless, seed: 3).begin(headless.input())
    #expect(throws: ConfigurationError.self) { try other.logits(hiding: sets(24)) }
  }

  @Test("orders that are followed together have the curves that each has alone")
  func orders() throws {
    let run = try Perceiver(.small(), seed: 3).begin(PerceiverConfiguration.small().input())
    let orders = [Array(0..<24), (0..<24).reversed(), PixelOrder.random(24, seed: 1)]
    let together = try Faithfulness.following(orders, of: run, points: 8)
    for (order, curve) in zip(orders, together) {
      let alone = try Faithfulness(of: run, order: order, points: 8)
      #expect(relativeError(curve.deletion.map(Float.init), alone.deletion.map(Float.init)) < 1e-5)
      #expect(
        relativeError(curve.insertion.map(Float.init), alone.insertion.map(Float.init)) < 1e-5)
    }
    // Deleting in one order is inserting in the reverse.
    #expect(
      relativeError(
        together[0].deletion.map(Float.init), together[1].insertion.reversed().map(Float.init))
        < 1e-5)
    let curve = together[0]
    #expect(curve.probability(hiding: 0) == curve.deletion[0])
    #expect(curve.probability(hiding: 1) == curve.deletion[8])
    #expect(curve.probability(hiding: 1.0 / 8) == curve.deletion[1])
    #expect(
      abs(curve.probability(hiding: 3.0 / 16) - (curve.deletion[1] + curve.deletion[2]) / 2)
        < 1e-12)
  }

  @Test("mean attention is the mean of the matrices' rows")
  func meanAttention() throws {
    let configuration = PerceiverConfiguration.small { $0.crossHeads = 2 }
    let run = try Perceiver(configuration, seed: 3).begin(configuration.input()).completed()
    let means = try run.stages.filter { $0.id.kind == .crossAttention }.map { stage in
      let matrix = try #require(stage.attention).matrix(as: .probabilities)
      return (0..<24).map { key in
        (0..<10).reduce(Float(0)) { $0 + matrix.values[$1 * 24 + key] } / 10
      }
    }
    #expect(means.count == 3)
    let last = try MeanAttention(of: .last).map(run).values
    #expect(last.shape == [4, 6])
    #expect(relativeError(last.values, means[2]) < 1e-5)
    let all = (0..<24).map { key in means.reduce(Float(0)) { $0 + $1[key] } / 3 }
    #expect(relativeError(try MeanAttention(of: .all).map(run).values.values, all) < 1e-5)
  }
}
