// Does a map depend on what was learnt? The model's weights become random ones from the classifier
// down, and its map should become another (Adebayo et al. 2018, cascading).

import Tensors

/// Models between the one that was given and an untrained one.
public struct WeightRandomisation: Sendable {
  /// One of them.
  public struct Step: Sendable {
    /// What has become random last: `nothing`, `classifier`, a stage's name, `latents`.
    public let name: String
    /// The model.
    public let model: Perceiver
  }

  /// From `nothing` on; a block that tied layers share becomes random once, at its last stage.
  public let steps: [Step]

  /// Takes weights as `torch.manual_seed(seed)` draws them; of a model that is itself drawn so, those of
  /// the next seed. Of families whose packages' draws are not
  /// known here, each parameter's numbers are normal ones, of the mean and deviation of its own.
  ///
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  public init(of model: Perceiver, seed: UInt64, cancellation: Cancellation? = nil) throws {
    try model.parameters.load()
    let seed = model.origin == .untrained(seed: seed) ? seed &+ 1 : seed
    let origin = ParameterOrigin.untrained(seed: seed)
    let fresh =
      model.configuration.isDrawable
      ? try Perceiver(model.configuration, seed: seed, cancellation: cancellation) : nil
    var generator = TorchGenerator(seed: seed)
    var parameters = Dictionary(
      uniqueKeysWithValues: model.parameters.named.map { ($0.name, $0.tensor) })
    var steps = [Step(name: "nothing", model: model)]
    var seen: Set<String> = []
    func step(_ name: String, _ names: some Collection<String>) throws {
      // Tied blocks, and ends that a model has not, change nothing.
      let new = names.filter { seen.insert($0).inserted }
      guard !new.isEmpty else { return }
      try cancellation?.check()
      for name in new {
        parameters[name] =
          fresh?.parameters.tensor(named: name) ?? parameters[name]?.drawnAlike(by: &generator)
      }
      steps.append(
        Step(
          name: name,
          model: Perceiver(
            plan: model.plan, parameters: Parameters(parameters), origin: origin,
            observer: model.observer)))
    }
    let outside = model.plan.namesOutsideStages
    let ends = Set(model.plan.ending.parameters.map(\.name))
    try step("classifier", ends.sorted())
    for stage in model.plan.stages.reversed() {
      try step(stage.id.name, stage.parameters.map(\.name))
    }
    try step("latents", outside.subtracting(ends).sorted())
    self.steps = steps
  }
}

extension Tensor {
  /// Normal numbers of this tensor's mean and standard deviation; the same where all are equal. What has
  /// no negative numbers, as variances have none, stays so.
  fileprivate func drawnAlike(by generator: inout TorchGenerator) -> Tensor {
    guard count > 0 else { return self }
    let (mean, square) = withUnsafeElements { numbers in
      let mean = numbers.reduce(0.0) { $0 + Double($1) } / Double(numbers.count)
      let square = numbers.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      return (mean, square / Double(numbers.count))
    }
    var drawn = generator.normal(shape: shape)
    drawn.scale(by: Float(square.squareRoot()))
    drawn.add(Tensor(shape: shape, repeating: Float(mean)))
    let hasNegative = withUnsafeElements { $0.contains { $0 < 0 } }
    return hasNegative ? drawn : Tensor(shape: shape, values: drawn.values.map(abs))
  }
}

/// How alike two maps are.
public enum MapLikeness {
  /// The rank correlation; equal values have their mean rank. NaN where a map is constant.
  public static func spearman(_ a: Tensor, _ b: Tensor) -> Double {
    guard a.count == b.count else { return .nan }
    return pearson(ranks(a.values), ranks(b.values))
  }

  /// Pearson's correlation of the numbers. NaN where a map is constant.
  public static func pearson(_ a: Tensor, _ b: Tensor) -> Double {
    guard a.count == b.count else { return .nan }
    return pearson(a.values.map(Double.init), b.values.map(Double.init))
  }

  /// The cosine between two maps as vectors: their signs and sizes count, where ranks forget them.
  /// NaN where a map is zero.
  public static func cosine(_ a: Tensor, _ b: Tensor) -> Double {
    guard a.count == b.count else { return .nan }
    var (aa, bb, ab) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a.values, b.values) {
      aa += Double(x) * Double(x)
      bb += Double(y) * Double(y)
      ab += Double(x) * Double(y)
    }
    return ab / (aa.squareRoot() * bb.squareRoot())
  }

  /// The share of a map's largest tenth that is among the other's.
  public static func topTenthOverlap(_ a: Tensor, _ b: Tensor) -> Double {
    let count = max(1, a.count / 10)
    let (mine, theirs) = (
      Set(PixelOrder.of(a).prefix(count)), Set(PixelOrder.of(b).prefix(count))
    )
    return Double(mine.intersection(theirs).count) / Double(count)
  }

  /// The structural similarity of maps `[…axes]` scaled to 0…1: the mean over all positions of a
  /// window that lie inside; nil where an axis is shorter.
  ///
  /// Means are alike, variances with N − 1, constants 0.01² and 0.03².
  public static func structural(_ a: Tensor, _ b: Tensor, window: Int = 7) -> Double? {
    guard a.shape == b.shape, !a.shape.isEmpty, a.shape.allSatisfy({ $0 >= window }) else {
      return nil
    }
    let (u, v) = (scaled(a), scaled(b))
    let axes = a.shape
    let positions = grid(axes.map { $0 - window + 1 }, of: axes)
    let offsets = grid(axes.map { _ in window }, of: axes)
    let count = Double(offsets.count)
    let (c1, c2) = (0.01 * 0.01, 0.03 * 0.03)
    let sum = positions.reduce(0.0) { sum, position in
      var (mu, mv) = (0.0, 0.0)
      for offset in offsets {
        mu += u[position + offset]
        mv += v[position + offset]
      }
      (mu, mv) = (mu / count, mv / count)
      var (uu, vv, uv) = (0.0, 0.0, 0.0)
      for offset in offsets {
        let (x, y) = (u[position + offset] - mu, v[position + offset] - mv)
        uu += x * x
        vv += y * y
        uv += x * y
      }
      let n = max(1, count - 1)
      return sum
        + (2 * mu * mv + c1) * (2 * uv / n + c2)
        / ((mu * mu + mv * mv + c1) * (uu / n + vv / n + c2))
    }
    return sum / Double(positions.count)
  }

  /// Row-major numbers in a grid of `axes` of all positions within `lengths` of its corner.
  private static func grid(_ lengths: [Int], of axes: [Int]) -> [Int] {
    zip(lengths, axes).reduce([0]) { positions, axis in
      positions.flatMap { position in (0..<axis.0).map { position * axis.1 + $0 } }
    }
  }

  /// The correlation of two lists.
  static func pearson(_ a: [Double], _ b: [Double]) -> Double {
    let count = Double(max(1, a.count))
    let (ma, mb) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
    var (aa, bb, ab) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      aa += (x - ma) * (x - ma)
      bb += (y - mb) * (y - mb)
      ab += (x - ma) * (y - mb)
    }
    return ab / (aa * bb).squareRoot()
  }

  private static func ranks(_ values: [Float]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      // NaN equals nothing, itself included.
      end = max(end, start + 1)
      for position in start..<end { ranks[order[position]] = Double(start + end - 1) / 2 }
      start = end
    }
    return ranks
  }

  /// From 0 at the smallest to 1 at the largest; zeros where all are equal.
  private static func scaled(_ map: Tensor) -> [Double] {
    let values = map.values.map { Double($0) }
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    return values.map { high > low ? ($0 - low) / (high - low) : 0 }
  }
}
