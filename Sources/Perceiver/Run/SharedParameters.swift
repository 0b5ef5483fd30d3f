// Which stages of a run have the same parameters: layers that are tied, blocks that are repeated.

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
