// One stage of a model: what it does to which stream, in which order.

/// An attention or mixing, perhaps gated, then perhaps a feed-forward and an attention residual.
struct StagePlan: Sendable {
  /// How an operation's output takes its place in the stream that it changes.
  enum Joining: Sendable, Hashable {
    case added
    case gated(GateBlock)
    /// It takes the place of what asked.
    case replacing
  }

  let id: StageID
  /// What the stage begins with; its kind says which stream it changes.
  let operation: any StageOperation
  var joining = Joining.added
  var feedForward: FeedForwardBlock?
  /// Mixes the outputs of all layers so far, after this stage.
  var residual: AttentionResidualBlock?
  /// Whether the stage ends what an attention residual counts as a layer.
  var endsLayer = false

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    operation.parameters + (gate?.parameters ?? []) + (feedForward?.parameters ?? [])
      + (residual?.parameters ?? [])
  }

  private var gate: GateBlock? {
    if case .gated(let gate) = joining { gate } else { nil }
  }

  /// Whether a gate takes its output into the latents, and no sum.
  var isGated: Bool { gate != nil }

  /// Multiplications and additions on an input of a given size.
  func flops(_ size: RunSize) -> Double {
    operation.flops(size) + (gate?.flops(rows: size.latents) ?? 0)
      + (feedForward?.flops(rows: size[operation.changes]) ?? 0)
      + (residual?.flops(latents: size.latents) ?? 0)
  }

  /// Bytes that the computed stage keeps: its stream and what its maps are made from.
  func keptBytes(_ size: RunSize) -> Double { operation.keptBytes(size) }

  /// The shape of the value at a point, `[heads, rows, keys]` of scores and weights; nil where the
  /// stage has no such point.
  ///
  /// - Parameter size: Rows of the run's streams.
  func shape(of point: StagePoint, _ size: RunSize) -> [Int]? {
    let rows = Int(size[operation.changes])
    return switch point {
    case .latents: nil
    case .attentionOutput: [rows, operation.dim]
    case .feedForwardOutput: feedForward.map { [rows, $0.dim] }
    case .queries, .keys, .scores, .weights, .headOutputs: operation.shape(of: point, size)
    }
  }
}

extension StagePlan: Hashable {
  static func == (left: StagePlan, right: StagePlan) -> Bool {
    left.id == right.id && left.operation.isSame(as: right.operation)
      && left.joining == right.joining && left.feedForward == right.feedForward
      && left.residual == right.residual && left.endsLayer == right.endsLayer
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(operation.name)
  }
}

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
