// A model's stages as a family lists them.

/// Counts stages as they are listed.
struct StageList {
  private(set) var stages: [StagePlan] = []

  /// Adds a stage at the end.
  mutating func add(
    _ operation: some StageOperation, layer: Int, block: Int = 0,
    _ joining: StagePlan.Joining = .added, feedForward: FeedForwardBlock?,
    residual: AttentionResidualBlock? = nil, endsLayer: Bool = false
  ) {
    let id = StageID(
      index: stages.count, kind: operation.kind, layer: layer, block: block,
      heads: operation.heads)
    stages.append(
      StagePlan(
        id: id, operation: operation, joining: joining, feedForward: feedForward,
        residual: residual, endsLayer: endsLayer))
  }
}
