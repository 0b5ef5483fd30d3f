// Runs effects on background threads; their answers are posted as actions.

import Dispatch
import Foundation
import Perceiver
import Synchronization
import Tensors

/// Runs effects away from the thread that reads keys.
///
/// Models, stages and exports go one after another; questions about maps go beside them, so that
/// the picture follows the keys while a stage is being computed, and so do steps of a training.
public final class EffectRunner: Sendable {
  private let performer: EffectPerformer
  private let post: @Sendable (ExplorerAction) -> Void
  private let computing = DispatchQueue(label: "perceiver-tui.computing", qos: .userInitiated)
  private let answering = DispatchQueue(label: "perceiver-tui.answering", qos: .userInteractive)
  private let explaining = DispatchQueue(label: "perceiver-tui.explaining", qos: .userInitiated)
  private let changing = DispatchQueue(label: "perceiver-tui.changing", qos: .userInitiated)
  private let training = DispatchQueue(label: "perceiver-tui.training", qos: .utility)
  private let reading = DispatchQueue(label: "perceiver-tui.reading", qos: .userInitiated)
  private let work = WorkList()
  private let writing = DispatchGroup()

  /// Runs effects with `performer`; `post` is called from other threads.
  public init(performer: EffectPerformer, post: @escaping @Sendable (ExplorerAction) -> Void) {
    self.performer = performer
    self.post = post
  }

  /// Starts an effect and returns at once; those that are the program's own do nothing.
  public func run(_ effect: ExplorerEffect) {
    switch effect {
    case .build, .computeStage: start(effect, on: computing, as: .run)
    case .answer(let request, _, _, let generation):
      start(
        effect, on: request.takesRuns ? explaining : answering, as: .answer(request),
        observer: observer(of: request, generation: generation))
    case .change, .computeChangedStage: start(effect, on: changing, as: .changed)
    case .beginTraining, .train: start(effect, on: training, as: .training)
    case .observe: start(effect, on: computing, as: .training)
    case .export: start(effect, on: computing, as: .other, in: writing)
    case .writeObject: start(effect, on: reading, as: .other, in: writing)
    case .list, .keep, .remember: start(effect, on: answering, as: .other)
    case .openInput, .fitInput, .openPatchSource, .openData, .loadWeights, .loadMask,
      .loadObject, .openSample, .openSession:
      start(effect, on: reading, as: .other)
    case .cancel(let what): work.cancel(what)
    case .startTimer(let timer, let seconds):
      DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [post] in post(.timer(timer))
      }
    case .copy, .quit, .suspend, .redraw: break
    }
  }

  /// Cancels everything and waits, no longer than `limit`, until no file is being written: an
  /// export that is cancelled takes away what it has begun.
  public func stop(within limit: DispatchTimeInterval) {
    work.cancel(.computations)
    _ = writing.wait(timeout: .now() + limit)
  }

  private func start(
    _ effect: ExplorerEffect, on queue: DispatchQueue, as kind: WorkList.Kind,
    in group: DispatchGroup? = nil, observer: (@Sendable (Int, Int) -> Void)? = nil
  ) {
    let (id, cancellation) = work.add(kind, observer: observer)
    queue.async(group: group) { [performer, post, work] in
      // The thread that answers keys goes first.
      ThreadPriority.computing.adopt()
      let action = performer.perform(effect, cancellation: cancellation)
      work.remove(id)
      if let action { post(action) }
    }
  }

  /// Posts how far a question is, no oftener than people can read.
  private func observer(of request: MapRequest, generation: Int) -> @Sendable (Int, Int) -> Void {
    let told = Told()
    return { [post] done, total in
      if told.isDue() {
        post(.progressed(request, done: done, total: total, generation: generation))
      }
    }
  }

  /// When something was told last.
  private final class Told: Sendable {
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    func isDue() -> Bool {
      last.withLock { last in
        let now = ContinuousClock.now
        guard last.map({ now - $0 > .milliseconds(200) }) ?? true else { return false }
        last = now
        return true
      }
    }
  }
}

/// What is under way and how to stop it.
private final class WorkList: @unchecked Sendable {
  // Unchecked: every access is under the lock.
  enum Kind: Equatable {
    case run
    case changed
    case answer(MapRequest)
    case training
    case other
  }

  private let lock = NSLock()
  private var entries: [Int: (kind: Kind, cancellation: Cancellation)] = [:]
  private var nextID = 0

  func add(
    _ kind: Kind, observer: (@Sendable (Int, Int) -> Void)? = nil
  ) -> (Int, Cancellation) {
    lock.withLock {
      nextID += 1
      let cancellation = Cancellation(observer: observer)
      entries[nextID] = (kind, cancellation)
      return (nextID, cancellation)
    }
  }

  func remove(_ id: Int) {
    lock.withLock { entries[id] = nil }
  }

  func cancel(_ what: ExplorerEffect.Cancelled) {
    lock.withLock {
      for entry in entries.values where Self.matches(entry.kind, what) {
        entry.cancellation.cancel()
      }
    }
  }

  private static func matches(_ kind: Kind, _ what: ExplorerEffect.Cancelled) -> Bool {
    switch what {
    case .computations: true
    case .run: kind != .other && kind != .training
    case .changed: kind == .changed
    case .training: kind == .training
    case .answer(let request): kind == .answer(request)
    }
  }
}
