// Snapshots of a training: values to go back to, as many as fit into a budget of memory.

import Perceiver

/// A training at one step, as it was.
public struct TrainingSnapshot: Sendable {
  /// The training; going back is taking it up again.
  public let trainer: Trainer
  /// The losses up to there.
  public let history: LossHistory
  /// Its last step; nil before the first.
  public let latest: TrainingStep?
  /// Whether a person asked for it: those are kept longer.
  public let isWanted: Bool

  /// Steps taken.
  public var step: Int { trainer.step }
}

/// The snapshots of a training, in order of their steps.
///
/// Steps are the same whenever they are taken anew, so snapshots after the present one stay valid.
public struct TrainingSnapshots: Sendable {
  /// The snapshots, the earliest first.
  public private(set) var all: [TrainingSnapshot] = []
  private let most: Int

  /// No snapshots; of a model with so many parameters as many are kept as half a gigabyte holds, two
  /// at least.
  init(parameters: Int) {
    // A snapshot has each parameter and two means of its gradients.
    let bytes = max(1, parameters) * 12
    most = max(2, min(200, Self.memory / bytes))
  }

  private static let memory = 512 << 20

  /// Keeps a snapshot; one of the same step stays, and is wanted if either is.
  mutating func keep(_ snapshot: TrainingSnapshot) {
    if let index = all.firstIndex(where: { $0.step == snapshot.step }) {
      if snapshot.isWanted { all[index] = snapshot }
      return
    }
    let index = all.firstIndex { $0.step > snapshot.step } ?? all.count
    all.insert(snapshot, at: index)
    if all.count > most { forgetOne(but: snapshot.step) }
  }

  /// The snapshot of a step; nil if none was kept.
  func snapshot(at step: Int) -> TrainingSnapshot? { all.first { $0.step == step } }

  /// The latest snapshot before a step; nil if there is none.
  func last(before step: Int) -> TrainingSnapshot? { all.last { $0.step < step } }

  /// The step at which the next snapshot is kept by itself: steps that are twice the one before, from
  /// 16 on, and every thousandth or so later.
  static func nextAutomatic(after step: Int) -> Int {
    guard step >= 16 else { return 16 }
    guard step < 1024 else { return (step / 1024 + 1) * 1024 }
    var next = 16
    while next <= step { next *= 2 }
    return next
  }

  /// Drops the snapshot whose neighbours are nearest to each other, unwanted ones first; the
  /// first and the one just kept stay.
  private mutating func forgetOne(but step: Int) {
    func gap(_ index: Int) -> Int {
      let after = all.indices.contains(index + 1) ? all[index + 1].step : all[index].step
      return after - all[index - 1].step
    }
    let candidates = all.indices.dropFirst().filter { all[$0].step != step }
    let unwanted = candidates.filter { !all[$0].isWanted }
    let pool = unwanted.isEmpty ? candidates : unwanted
    guard let index = pool.min(by: { gap($0) < gap($1) }) else { return }
    all.remove(at: index)
  }
}
