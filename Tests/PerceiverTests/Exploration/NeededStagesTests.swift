// Which stages a question computes: those that its map depends on, and no others.

import Perceiver
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite("A question that needs the first stages only computes no others")
struct NeededStagesTests {
  /// The stages that runs of a model compute, in order.
  private final class Log: Sendable {
    private let stages = Mutex<[Int]>([])

    func take() -> [Int] {
      stages.withLock { all in
        defer { all = [] }
        return all
      }
    }

    func watch(_ model: Perceiver) -> Perceiver {
      var model = model
      model.observer = { id in self.stages.withLock { $0.append(id.index) } }
      return model
    }
  }

  /// A run that is begun, and what is computed of it from then on.
  private static func begun(
    _ change: (inout PerceiverConfiguration) -> Void = { _ in }
  ) throws -> (run: PerceiverRun, log: Log) {
    let (configuration, log) = (PerceiverConfiguration.small(change), Log())
    let model = log.watch(try Perceiver(configuration, seed: 4))
    let run = try model.begin(configuration.input(), queries: configuration.ownQueries)
    #expect(log.take().isEmpty)
    return (run, log)
  }

  /// A Perceiver IO, which reads its input in the first of its stages alone.
  private static func io() throws -> (run: PerceiverRun, log: Log) {
    try begun {
      $0.variant = .io
      $0.queriesDim = $0.positionFeatures
    }
  }

  @Test("Mean attention computes the cross-attentions and what lies between")
  func meanAttention() throws {
    // Cross and latent in turn, three times.
    let (run, log) = try Self.begun()
    #expect(
      run.stageIDs.map(\.kind.word) == ["cross", "latent", "cross", "latent", "cross", "latent"])
    for stages in [MeanAttention.Stages.last, .all] {
      _ = try MeanAttention(of: stages).map(run)
      #expect(log.take() == [0, 1, 2, 3, 4])
    }
    let (ioRun, ioLog) = try Self.io()
    #expect(ioRun.stageIDs.count == 5)
    for stages in [MeanAttention.Stages.last, .all] {
      _ = try MeanAttention(of: stages).map(ioRun)
      #expect(ioLog.take() == [0])
    }
  }

  @Test("What a run has already is not computed again")
  func computedBefore() throws {
    let (run, log) = try Self.begun()
    let begun = try run.completed(through: 2)
    #expect(log.take() == [0, 1, 2])
    _ = try MeanAttention(of: .last).map(begun)
    #expect(log.take() == [3, 4])
    let whole = try begun.completed()
    #expect(log.take() == [3, 4, 5])
    for method in ExplanationMethod.all
    where ["attention-all", "rollout-half"].contains(method.name) {
      _ = try method.question(.answer).map(whole)
      #expect(log.take().isEmpty, "\(method.name)")
    }
  }

  @Test("A rollout after a stage computes none behind it", arguments: Rollout.Method.allCases)
  func rollout(_ method: Rollout.Method) throws {
    let (run, log) = try Self.begun()
    for stage in [0, 1, 4] {
      _ = try Rollout(method, latent: 2, after: stage).map(run)
      #expect(log.take() == Array(0...stage))
      _ = try Rollout(method, after: stage).parts(run)
      #expect(log.take() == Array(0...stage))
    }
    _ = try Rollout(method).map(run)
    #expect(log.take() == Array(0...5))
  }

  @Test(
    "Every method begins with the stages that it says it depends on, and ends there",
    // A model without a decoder has no answer to the one that is left out.
    arguments: ExplanationMethod.all.map(\.name).filter { $0 != "through-decoder" })
  func lastStage(_ name: String) throws {
    let method = try #require(ExplanationMethod.named(name))
    for (run, log) in [try Self.begun()] + (method.asksForTarget ? [] : [try Self.io()]) {
      try #require(method.problem(run) == nil)
      var settings = ExplanationSettings()
      (settings.samples, settings.windows, settings.nodes) = (2, 2, 2)
      for stage in [nil, 1] {
        settings.stage = stage
        let question = method.question(.init(.number(0)), settings)
        _ = try question.map(run)
        // Runs on changed inputs follow; none of them goes further.
        let last = question.lastStage(of: run)
        let computed = log.take()
        #expect(Array(computed.prefix(last + 1)) == Array(0...last))
        #expect(computed.max() == last)
      }
    }
  }

  @Test("A class by its number is explained after a stage without those behind it")
  func directPixels() throws {
    let (run, log) = try Self.begun()
    let target = ExplanationTarget(.number(3), against: .number(0))
    let map = try DirectPixels(of: target, after: 2).map(run)
    #expect(log.take() == [0, 1, 2])
    let whole = try run.completed()
    let ofWhole = try DirectPixels(of: target, after: 2).map(whole)
    #expect(map.values == ofWhole.values && map.remainders == ofWhole.remainders)
    #expect(map.sentence == ofWhole.sentence)
    _ = log.take()
    // The answer is known at the end alone.
    _ = try DirectPixels(of: .answer, after: 2).map(run)
    #expect(log.take() == [0, 1, 2, 3, 4, 5])
    for (wrong, message) in [
      (ExplanationTarget(.number(7)), "target: expected a number from 0 to 6, found 7"),
      (
        ExplanationTarget(.number(2), against: .number(2)),
        "against: expected two different classes, found class 2 twice"
      ),
    ] {
      for run in [run, whole] {
        #expect(throws: ConfigurationError(message)) {
          try DirectPixels(of: wrong, after: 2).map(run)
        }
      }
    }
  }

  @Test("Another input's latents after a stage are known without the stages behind it")
  func patchedLatents() throws {
    let (run, log) = try Self.begun()
    let base = try run.completed()
    let shape = PerceiverConfiguration.small().input().shape
    let other = try run.beginning(
      on: Tensor(shape: shape, values: (0..<shape.reduce(1, *)).map { Float($0 % 11) / 11 }))
    _ = log.take()
    let source = try other.completed(through: 1)
    #expect(log.take() == [0, 1])
    func output(_ source: PerceiverRun) throws -> Tensor? {
      try base.changed(by: [.replace(.latents, by: source, at: 1)]).completed().output
    }
    let ours = try output(source)
    #expect(try ours == output(other.completed()))
    #expect(ours != base.output)
  }

  @Test("Maps of randomised models are computed as far as the map is")
  func randomised() throws {
    let (run, log) = try Self.io()
    let maps = try RandomisedMaps(of: run.model, seed: 3)
    let rows = try maps.rows(run, of: .answer) { _ in MeanAttention(of: .last) }
    #expect(rows.count > 3 && rows[0].spearman > 0.999)
    #expect(log.take() == Array(repeating: 0, count: rows.count))
  }

  @Test("Attention on what pictures show is known from the last cross-attention of each")
  func objectAttention() throws {
    let log = Log()
    let model = log.watch(try Perceiver(.small(), seed: 2))
    _ = try ObjectAttention(of: model, on: ObjectAttentionTests.Squares(), limit: 2)
    #expect(log.take() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4])
  }

  @Test("How much attention follows the picture is known from a grey run's readings alone")
  func summary() throws {
    let (run, log) = try Self.io()
    let whole = try run.completed()
    #expect(log.take() == [0, 1, 2, 3, 4])
    let summary = try RunSummary(whole, of: nil)
    #expect(log.take() == [0])
    #expect(summary.heads.first?.contentShare != nil)
  }
}
