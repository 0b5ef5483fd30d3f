// Whether weights that a run has read are numbers at all.

import Tensors

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
