// What interventions leave of a run for those who follow what is read through it: which latents there
// are, and how much of what a head averages goes on.

extension PerceiverRun {
  /// The latents that a stage finds, by their numbers in the model: all but those that were removed
  /// before it.
  ///
  /// - Parameter stage: The stage's index; the number of stages for what the last one leaves.
  public func latentNumbers(before stage: Int) -> [Int] {
    var removed: Set<Int> = []
    // A run removes latents at one stage at most, so these are the model's numbers.
    for intervention in interventions where intervention.stage < stage {
      if case .removeLatents(let latents) = intervention.change { removed.formUnion(latents) }
    }
    return (0..<initialLatents.shape[0]).filter { !removed.contains($0) }
  }

  /// Whether nothing comes of what a stage's heads average, as where all tokens are hidden from it.
  public func readsNothing(at stage: Int) -> Bool {
    interventions.at(stage).contains {
      $0.change == .edit(.headOutputs, .zero, head: nil, row: nil)
    }
  }

  /// How many latents the first stage finds.
  var firstLatentCount: Int { latentNumbers(before: 0).count }

  /// Why latents cannot be followed through all stages; nil if every stage has the same ones.
  var keptLatentsProblem: String? {
    latentNumbers(before: 0).count == latentNumbers(before: stageIDs.count).count
      ? nil : "latents are taken away between stages, so they cannot be followed through all"
  }

  /// Why the weights of attention do not say what is read; nil if they do.
  var weightsProblem: String? {
    interventions.contains { $0.change.point?.isPastWeights == true }
      ? "heads or stages are switched off or changed, which weights of attention do not show" : nil
  }

  /// Why the sum over latents of what a head averages does not go on as the head made it, or times one
  /// number; nil if it does.
  var sumsProblem: String? {
    let hasOther = interventions.contains { intervention in
      guard intervention.stage != Intervention.beforeStages,
        case .edit(let point, _, _, let row) = intervention.change
      else { return false }
      return point == .latents || point.isPastWeights && row != nil
    }
    return hasOther ? "single latents are changed between stages" : keptLatentsProblem
  }

  /// How much of the sum over latents of what a head averages goes on.
  ///
  /// - Precondition: There is no `sumsProblem`.
  func shareOfSum(ofHead head: Int, at stage: Int) -> Float {
    interventions.at(stage).reduce(1) { share, intervention in
      guard case .edit(let point, let edit, let edited, _) = intervention.change,
        point.isPastWeights, edited == nil || edited == head
      else { return share }
      switch edit {
      case .zero, .replace: return 0
      // The mean over latents, for each of them, has the sum that was there.
      case .mean: return share
      case .scale(let factor): return share * factor
      }
    }
  }
}

extension Intervention.Change {
  /// The point that is edited; nil for other changes.
  fileprivate var point: StagePoint? {
    if case .edit(let point, _, _, _) = self { point } else { nil }
  }
}

extension StagePoint {
  /// Whether a value there is made with the weights of attention, and is added to latents.
  fileprivate var isPastWeights: Bool {
    switch self {
    case .weights, .headOutputs, .attentionOutput: true
    case .queries, .keys, .scores, .feedForwardOutput, .latents: false
    }
  }
}
