// What a class loses where a part of the picture is taken away: occlusion by windows, and random
// masking (RISE). Nothing is linearised; each window or subset is a run.

import Foundation
import Tensors

/// The mean loss of what is explained over the windows that cover a pixel (Zeiler & Fergus 2014).
///
/// Windows begin at 0, stride, 2 stride … along each axis until all is covered; the last may be cut
/// off by the border.
public struct Occlusion: ClaimingQuestion {
  /// What a window does to its pixels.
  public enum Removal: Sendable, Hashable {
    /// No stage reads them: there is no colour to choose.
    case hiding
    /// Every channel gets this value.
    case value(Float)

    /// How a sentence about a window begins.
    fileprivate var words: String {
      switch self {
      case .hiding: "Without"
      case .value(let value): "With \(value.words) in place of"
      }
    }

    /// What is done to a window.
    fileprivate var verb: String {
      switch self {
      case .hiding: "Hiding"
      case .value: "Painting"
      }
    }
  }

  /// What is lost.
  public enum Measure: Sendable, Hashable {
    /// y, the target's logit or difference.
    case target
    /// The log-probability of the target's class, or how far it is above the other's.
    case logProbability

    /// What it is called of a target: `the log-probability of class 9 (Ankle boot)`.
    fileprivate func words(_ subject: MapSubject) -> String {
      switch self {
      case .target: subject.title
      case .logProbability:
        "the log-probability of \(subject.name)"
          + (subject.against.map { " less that of \($0)" } ?? "")
      }
    }
  }

  /// What is explained.
  public let target: ExplanationTarget
  /// A window's length along each axis; if nil, the input's over `windowsAlongAxis`.
  public let window: [Int]?
  /// How many windows lie side by side along an axis, where their length is not given.
  public let windowsAlongAxis: Int
  /// How far windows are apart along each axis; half a window if nil.
  public let stride: [Int]?
  /// What a window does to its pixels.
  public let removal: Removal
  /// What is lost.
  public let measure: Measure

  public init(
    of target: ExplanationTarget, window: [Int]? = nil, windowsAlongAxis: Int = 6,
    stride: [Int]? = nil, removal: Removal = .hiding, measure: Measure = .target
  ) {
    self.windowsAlongAxis = max(1, windowsAlongAxis)
    (self.target, self.window, self.stride) = (target, window, stride)
    (self.removal, self.measure) = (removal, measure)
  }

  /// `[…axes]`.
  public func map(_ run: PerceiverRun, cancellation: Cancellation?) throws -> ExplanationMap {
    let run = try run.completed(cancellation: cancellation)
    let losses = try losses(run, cancellation: cancellation)
    let windows = try windows(run.mapAxes)
    var sums = [Double](repeating: 0, count: run.tokenCount)
    var cover = sums
    for (loss, window) in zip(losses, windows) {
      for token in window {
        sums[token] += loss
        cover[token] += 1
      }
    }
    let subject = try run.resolve(target).subject(run.tokenWords)
    return ExplanationMap(
      Tensor(
        shape: run.mapAxes, values: zip(sums, cover).map { $1 > 0 ? Float($0 / $1) : 0 }),
      sign: .signed,
      sentence: claim(subject).whole + ".")
  }

  package func claim(_ subject: MapSubject) -> MapClaim {
    let (lost, words) = (measure.words(subject), subject.tokens)
    return MapClaim(
      whole: "\(removal.words) a window of \(words.whole) around a warm \(words.one) \(lost) "
        + "falls, around a cold one it rises",
      brief: "\(removal.verb) a window around a warm \(words.one) lowers \(lost)")
  }

  /// What each window's absence takes, corner by corner with the last axis fastest.
  ///
  /// - Throws: As `map` does.
  public func losses(_ run: PerceiverRun, cancellation: Cancellation? = nil) throws -> [Double] {
    let run = try run.completed(cancellation: cancellation)
    let target = try run.resolve(target)
    let windows = try windows(run.mapAxes)
    guard let output = run.output else { preconditionFailure("a complete run has an output") }
    let before = try value(output, run, target)
    var losses: [Double] = []
    if removal == .hiding, run.scoresClasses {
      try run.forEachLogits(
        hiding: windows.count, set: { Self.mask(windows[$0], of: run) }, cancellation: cancellation,
        body: { losses.append(try before - value($1, run, target)) })
      return losses
    }
    for (index, window) in windows.enumerated() {
      cancellation?.report(index, of: windows.count)
      let without = try removing(window, from: run).completed(cancellation: cancellation)
      guard let output = without.output else {
        preconditionFailure("a complete run has an output")
      }
      losses.append(try before - value(output, run, target))
    }
    return losses
  }

  private func value(
    _ output: Tensor, _ run: PerceiverRun, _ target: ResolvedTarget
  ) throws -> Double {
    guard measure == .logProbability else { return target.value(output) }
    guard run.scoresClasses else {
      throw ConfigurationError("occlusion: expected a model that scores classes")
    }
    let logs = run.logProbabilities(output)
    return logs[target.index] - (target.against.map { logs[$0] } ?? 0)
  }

  private static func mask(_ window: [Int], of run: PerceiverRun) -> [Bool] {
    var hidden = [Bool](repeating: false, count: run.tokenCount)
    for token in window { hidden[token] = true }
    return hidden
  }

  private func removing(_ window: [Int], from run: PerceiverRun) throws -> PerceiverRun {
    switch removal {
    case .hiding:
      return try run.hiding(Self.mask(window, of: run))
    case .value(let value):
      var input = try run.numericInput("occlusion by a value")
      guard Array(input.shape.dropLast()) == run.mapAxes else {
        throw ConfigurationError(
          "occlusion by a value: expected tokens that are pixels, found \(run.mapAxes) tokens of an "
            + "input \(input.shape)")
      }
      let channels = input.shape[input.shape.count - 1]
      input.withUnsafeMutableElements { elements in
        for token in window {
          for channel in 0..<channels { elements[token * channels + channel] = value }
        }
      }
      return try run.reading(input)
    }
  }

  /// The tokens of each window.
  private func windows(_ axes: [Int]) throws -> [[Int]] {
    let sizes = window ?? axes.map { max(1, ($0 + windowsAlongAxis - 1) / windowsAlongAxis) }
    let steps = stride ?? sizes.map { max(1, ($0 + 1) / 2) }
    guard sizes.count == axes.count, steps.count == axes.count, sizes.allSatisfy({ $0 > 0 }),
      steps.allSatisfy({ $0 > 0 })
    else {
      throw ConfigurationError(
        "occlusion: expected a window and a stride for \(axes.count) axes, found \(sizes) and "
          + "\(steps)")
    }
    var windows: [[Int]] = [[]]
    for axis in axes.indices {
      let count = max(0, (axes[axis] - sizes[axis] + steps[axis] - 1) / steps[axis]) + 1
      let ranges = (0..<count).map { index in
        index * steps[axis]..<min(axes[axis], index * steps[axis] + sizes[axis])
      }
      // Windows so far are corners' tokens along former axes; each grows along this one.
      let former = axis == 0 ? [[0]] : windows
      windows = former.flatMap { tokens in
        ranges.map { range in tokens.flatMap { token in range.map { token * axes[axis] + $0 } } }
      }
    }
    return windows
  }
}

/// The mean probability of a class over random subsets that keep a pixel, less the mean over all
/// subsets, by hiding (RISE, Petsiuk, Das & Saenko 2018); 0 where no subset keeps it. Of a class
/// against another it is the difference of their probabilities. Slow to converge.
public struct RandomMasking: ClaimingQuestion {
  /// What is explained: its class's probability, less that of the class that it is held against.
  public let target: ExplanationTarget
  /// How many random half pictures.
  public let samples: Int
  /// Their seed.
  public let seed: UInt64

  public init(of target: ExplanationTarget, samples: Int = 256, seed: UInt64 = 0) {
    (self.target, self.samples, self.seed) = (target, samples, seed)
  }

  /// `[…axes]`.
  public func map(_ run: PerceiverRun, cancellation: Cancellation?) throws -> ExplanationMap {
    var halves = HalfPictures(axes: run.mapAxes, seed: seed)
    return try map(run, max(1, samples), cancellation) { _ in halves.next() }
  }

  /// The same over given subsets.
  ///
  /// - Throws: As `map` does.
  public func map(
    _ run: PerceiverRun, masks: [TokenMask], cancellation: Cancellation? = nil
  ) throws -> ExplanationMap {
    try map(run, masks.count, cancellation) { masks[$0] }
  }

  /// The same over subsets that are made one after another.
  private func map(
    _ run: PerceiverRun, _ count: Int, _ cancellation: Cancellation?, _ mask: (Int) -> TokenMask
  ) throws -> ExplanationMap {
    let run = try run.completed(cancellation: cancellation)
    let target = try run.resolve(target)
    guard run.scoresClasses else {
      throw ConfigurationError("random masking: expected a model that scores classes")
    }
    var (sums, cover) = (
      [Double](repeating: 0, count: run.tokenCount), [Double](repeating: 0, count: run.tokenCount)
    )
    var total = 0.0
    try run.forEachLogits(
      hiding: count, set: { mask($0).keeps.map { !$0 } }, cancellation: cancellation,
      body: { hidden, logits in
        let logs = run.logProbabilities(logits)
        let p = exp(logs[target.index]) - (target.against.map { exp(logs[$0]) } ?? 0)
        total += p
        for (token, isHidden) in hidden.enumerated() where !isHidden {
          sums[token] += p
          cover[token] += 1
        }
      })
    let mean = total / Double(max(1, count))
    return ExplanationMap(
      Tensor(
        shape: run.mapAxes,
        values: zip(sums, cover).map { $1 > 0 ? Float($0 / $1 - mean) : 0 }),
      sign: .signed,
      sentence: claim(target.subject(run.tokenWords)).whole + ", than on average over random "
        + "\(run.tokenWords.halves).")
  }

  package func claim(_ subject: MapSubject) -> MapClaim {
    let name = subject.name.firstUppercased
    let far = subject.against.map { "\(name) is further above \($0) in probability" }
    return MapClaim(
      (far ?? "\(name) is likelier") + " where a warm \(subject.tokens.one) is kept",
      and: ", and less so where a cold one is")
  }
}
