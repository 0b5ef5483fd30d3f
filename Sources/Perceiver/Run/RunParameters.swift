// A run's parameters: which stages share them, and whether those that were read are finite.

import Tensors

extension PerceiverRun {
  /// The other stages that have the parameters of a stage, by index in order; none where it has its
  /// own, or has no parameters.
  ///
  /// - Precondition: the run has the stage.
  public func stagesSharingParameters(withStage index: Int) -> [Int] {
    let names = plans.map { stage in stage.parameters.map(\.name) }
    guard !names[index].isEmpty else { return [] }
    return names.indices.filter { $0 != index && names[$0] == names[index] }
  }
}

// Whether weights that a run has read are numbers at all.

extension PerceiverRun {
  /// A sentence about weights that are NaN or infinite, of those that the computed stages and the ends
  /// of the model have read; nil if all are numbers.
  ///
  /// - Throws: `ComputationCancelled`.
  public func nonFiniteNote(cancellation: Cancellation? = nil) throws -> String? {
    let read = Set(plans.prefix(stages.count).flatMap { $0.parameters.map(\.name) })
      .union(model.plan.namesOutsideStages)
    var wrong: [(name: String, count: Int)] = []
    for (name, tensor) in model.parameters.named where read.contains(name) {
      try cancellation?.check()
      let count = tensor.nonFiniteCount
      if count > 0 { wrong.append((name, count)) }
    }
    return Checkpoint.note(nonFinite: wrong)
  }
}
