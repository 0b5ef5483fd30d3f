// Effects on other threads: answers are posted, and work that is cancelled says so.

import Dispatch
import Explorer
import Perceiver
import Synchronization
import Tensors
import Testing

@Suite struct EffectRunnerTests {
  /// Actions as they are posted, which a test can wait for.
  private final class Inbox: Sendable {
    private let actions = Mutex<[ExplorerAction]>([])
    private let arrived = DispatchSemaphore(value: 0)

    func post(_ action: ExplorerAction) {
      actions.withLock { $0.append(action) }
      arrived.signal()
    }

    func next() -> ExplorerAction? {
      guard arrived.wait(timeout: .now() + 60) == .success else { return nil }
      return actions.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
  }

  private func settings(_ configuration: PerceiverConfiguration) -> ModelSettings {
    ModelSettings(configuration: ModelConfiguration(configuration), source: .seed(0))
  }

  @Test("a model is built and its first stage computed, each posted with its generation")
  func posting() {
    let inbox = Inbox()
    let runner = EffectRunner(
      performer: EffectPerformer(files: MemoryFiles().files), post: inbox.post)
    runner.run(
      .build(settings(Scenario.small), base: nil, Scenario.picture(), generation: 4))
    guard case .built(.success(let built), generation: 4)? = inbox.next() else {
      Issue.record("no model")
      return
    }
    runner.run(.computeStage(built.run, generation: 4))
    guard case .stageComputed(.success(let computed), generation: 4)? = inbox.next() else {
      Issue.record("no stage")
      return
    }
    #expect(computed.run.stages.count == 1)
    #expect(computed.scores?.count == 10)
  }

  @Test("cancelled work is posted as cancelled, also what had not begun")
  func cancelling() {
    let inbox = Inbox()
    let runner = EffectRunner(
      performer: EffectPerformer(files: MemoryFiles().files), post: inbox.post)
    // Large enough to be under way when it is cancelled.
    var large = PerceiverConfiguration(depth: 24)
    large.numClasses = 10
    for generation in 1...2 {
      runner.run(.build(settings(large), base: nil, Scenario.picture(), generation: generation))
    }
    runner.run(.cancel(.run))
    for generation in 1...2 {
      guard case .built(.cancelled, let answered)? = inbox.next() else {
        Issue.record("not cancelled")
        return
      }
      #expect(answered == generation)
    }
  }

  @Test("a timer goes off")
  func timers() {
    let inbox = Inbox()
    let runner = EffectRunner(
      performer: EffectPerformer(files: MemoryFiles().files), post: inbox.post)
    runner.run(.startTimer(.autoplay(3), seconds: 0.01))
    guard case .timer(.autoplay(3))? = inbox.next() else {
      Issue.record("no timer")
      return
    }
  }
}
