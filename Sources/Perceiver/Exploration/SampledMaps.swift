// Means over random half pictures: each reads every square of the picture with probability one half.
// Slopes that the whole picture saturates come back. Anytime: the running mean is drawn while more
// come.

import Tensors

/// Random subsets of an input's tokens: squares of a seventh of every axis, each read with
/// probability one half.
public struct HalfPictures {
  /// The input's axes.
  public let axes: [Int]
  private var generator: TorchGenerator

  /// - Parameter seed: That of the subsets.
  public init(axes: [Int], seed: UInt64) {
    self.axes = axes
    generator = TorchGenerator(seed: seed)
  }

  /// The next subset; never an empty one.
  public mutating func next() -> TokenMask {
    let cells = axes.map { min(7, max(1, $0)) }
    while true {
      let kept = generator.uniform(shape: [cells.reduce(1, *)], low: 0, high: 1).values.map {
        $0 < 0.5
      }
      guard kept.contains(true) else { continue }
      let keeps = (0..<axes.reduce(1, *)).map { token in
        var (rest, cell, stride) = (token, 0, 1)
        for axis in axes.indices.reversed() {
          cell += rest % axes[axis] * cells[axis] / axes[axis] * stride
          stride *= cells[axis]
          rest /= axes[axis]
        }
        return kept[cell]
      }
      return TokenMask(shape: axes, keeps: keeps)
    }
  }
}

/// The mean of a method's map over random half pictures, as far as it has come.
public struct SampledMap: Sendable {
  /// Which method.
  public enum Method: Sendable, Hashable {
    /// Relevance by the flow rule: of each token over the subsets that keep it.
    case relevance
    /// Toggles: of all tokens over all subsets.
    case toggles
  }

  /// Which method.
  public let method: Method
  /// What is explained: resolved on the whole picture, so that all subsets explain one class.
  public let target: ResolvedTarget
  /// How many subsets it is a mean of.
  public private(set) var count = 0
  private let run: PerceiverRun
  private let full: [Int: StageAttention]
  private var sum: [Double]
  private var squares: [Double]
  private var cover: [Int]

  /// - Parameter run: A run on the whole picture.
  /// - Throws: `ConfigurationError` where the method has no answer, `ComputationCancelled`.
  public init(
    _ method: Method, of target: ExplanationTarget, _ run: PerceiverRun,
    cancellation: Cancellation? = nil
  ) throws {
    switch method {
    case .relevance: try run.checkWalk("relevance")
    case .toggles: try run.checkToggles()
    }
    self.method = method
    self.run = try run.completed(cancellation: cancellation)
    self.target = try self.run.resolve(target)
    full = self.run.crossAttentions
    sum = Array(repeating: 0, count: run.tokenCount)
    squares = sum
    cover = Array(repeating: 0, count: run.tokenCount)
  }

  /// Adds the map of one subset: a run and a pass forward and backward.
  ///
  /// - Parameter mask: Which tokens are read, of those that the run reads.
  /// - Throws: `ComputationCancelled`.
  public mutating func add(_ mask: TokenMask, cancellation: Cancellation? = nil) throws {
    let half = try run.hiding(mask.keeps.map { !$0 }).completed(cancellation: cancellation)
    let found = try Sensitivity(half, of: target, cancellation: cancellation)
    let map =
      switch method {
      case .relevance: try found.relevance(.flow, cancellation: cancellation).sum
      case .toggles: try found.toggles(over: full, cancellation: cancellation)
      }
    for (token, value) in map.values.enumerated() {
      sum[token] += Double(value)
      squares[token] += Double(value) * Double(value)
      cover[token] += mask.keeps[token] || method == .toggles ? 1 : 0
    }
    count += 1
  }

  /// The mean so far: `[…axes]`; 0 of a token that no subset has kept.
  public var map: ExplanationMap {
    let values = sum.indices.map { Float(sum[$0] / Double(max(1, cover[$0]))) }
    let words = run.tokenWords
    return ExplanationMap(
      Tensor(shape: run.mapAxes, values: values), sign: method == .relevance ? .positive : .signed,
      remainders: [.init(name: "its standard error over \(words.halves)", value: standardError)],
      sentence: (method == .relevance
        ? target.subject(words).rest.whole + "." : Toggles.sentence(target.subject(words)))
        + " On average over \(count) random \(words.halves).")
  }

  /// The root of the tokens' mean squared standard error over subsets; infinite of fewer than two.
  private var standardError: Double {
    guard count > 1 else { return .infinity }
    let total = sum.indices.reduce(0.0) { total, token in
      let n = Double(cover[token])
      guard n > 1 else { return total }
      let mean = sum[token] / n
      return total + max(0, squares[token] / n - mean * mean) / (n - 1)
    }
    return (total / Double(max(1, sum.count))).squareRoot()
  }
}

/// A method's mean over a given number of half pictures, as a question.
public struct Sampled: ClaimingQuestion {
  /// Which method.
  public let method: SampledMap.Method
  /// What is explained.
  public let target: ExplanationTarget
  /// How many half pictures.
  public let samples: Int
  /// The seed of the half pictures.
  public let seed: UInt64

  public init(
    _ method: SampledMap.Method, of target: ExplanationTarget, samples: Int = 16, seed: UInt64 = 0
  ) {
    (self.method, self.target, self.samples, self.seed) = (method, target, samples, seed)
  }

  /// `[…axes]`.
  public func map(_ run: PerceiverRun, cancellation: Cancellation?) throws -> ExplanationMap {
    var mean = try SampledMap(method, of: target, run, cancellation: cancellation)
    var halves = HalfPictures(axes: run.mapAxes, seed: seed)
    for sample in 0..<max(1, samples) {
      cancellation?.report(sample, of: max(1, samples))
      try mean.add(halves.next(), cancellation: cancellation)
    }
    return mean.map
  }

  package func claim(_ subject: MapSubject) -> MapClaim {
    switch method {
    case .relevance: subject.rest
    case .toggles: subject.speech
    }
  }
}
