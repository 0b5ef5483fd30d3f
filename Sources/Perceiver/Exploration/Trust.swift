// Can a map be believed? Hiding and showing by its order, pointing, the same on a model with random
// weights, and on a picture without content.

import Foundation
import Tensors

/// Insertion minus deletion by hiding: pixels are ordered by a map, and ever more of the first are
/// hidden (deletion), or are alone read (insertion). With hiding, deletion of the least important
/// first is insertion backwards, so the difference of the areas is the symmetric relevance gain
/// (Blücher et al. 2024): 0 for a random order in expectation, one number in −1…1.
///
/// Of a model without classes y, the target's number, stands in the probability's place. The gain is
/// then in its units, and gains for different targets are not to be compared.
public struct Faithfulness: Sendable, Hashable {
  /// The class's probability, or y, with no, more, all of the first hidden: points + 1 numbers.
  public let deletion: [Double]
  /// The class's probability where no, more, all of the first are read, and they alone.
  public let insertion: [Double]

  /// Under the curve of deletion, by trapezoids.
  public var deletionArea: Double { Self.area(deletion) }
  /// Under the curve of insertion.
  public var insertionArea: Double { Self.area(insertion) }
  /// Insertion less deletion.
  public var gain: Double { insertionArea - deletionArea }

  /// The class's probability where a share of the pixels is hidden, the first ones; between two
  /// points on the straight line between them.
  ///
  /// - Precondition: The share is in 0…1.
  public func probability(hiding share: Double) -> Double {
    precondition((0...1).contains(share), "a share of \(share)")
    let position = share * Double(deletion.count - 1)
    let point = min(deletion.count - 2, Int(position))
    let rest = position - Double(point)
    return deletion[point] * (1 - rest) + deletion[point + 1] * rest
  }

  /// The class's probability where the first eighth of the pixels is hidden.
  public var afterFirstEighth: Double { probability(hiding: 0.125) }

  /// Follows an order of pixels: 2 × points − 1 runs.
  ///
  /// - Parameters:
  ///   - order: Tokens, each once.
  ///   - points: Into how many steps the order is cut.
  /// - Throws: `ConfigurationError` where the model ends with its latents or the order is none,
  ///   `ComputationCancelled`.
  public init(
    of run: PerceiverRun, order: [Int], target: ExplanationTarget = .answer, points: Int = 16,
    cancellation: Cancellation? = nil
  ) throws {
    self = try Self.following(
      [order], of: run, target: target, points: points, cancellation: cancellation)[0]
  }

  /// Follows several orders of one run's pixels, each as `init` does; what they share is computed
  /// once.
  ///
  /// - Throws: As `init` does.
  public static func following(
    _ orders: [[Int]], of run: PerceiverRun, target: ExplanationTarget = .answer, points: Int = 16,
    cancellation: Cancellation? = nil
  ) throws -> [Faithfulness] {
    let whole = try run.completed(cancellation: cancellation)
    let target = try whole.resolve(target)
    guard let output = whole.output else { preconditionFailure("a complete run has an output") }
    let count = run.tokenCount
    guard points > 0, orders.allSatisfy({ $0.count == count && Set($0) == Set(0..<count) }) else {
      throw ConfigurationError("trust: expected an order of all \(count) tokens")
    }
    func measured(_ output: Tensor) -> Double { run.measured(output, of: target) }
    let ends = [
      measured(output),
      try measured(
        run.logits(
          hiding: [[Bool](repeating: true, count: count)], cancellation: cancellation)[0]),
    ]
    return try orders.map { order in
      // Of every point between the ends: the first ones hidden, and they alone read.
      var between: [Double] = []
      try run.forEachLogits(
        hiding: 2 * (points - 1),
        set: { index in
          var hidden = [Bool](repeating: index % 2 == 1, count: count)
          for token in order.prefix((index / 2 + 1) * count / points) { hidden[token].toggle() }
          return hidden
        }, cancellation: cancellation, body: { between.append(measured($1)) })
      let pairs = stride(from: 0, to: between.count, by: 2)
      return Faithfulness(
        deletion: [ends[0]] + pairs.map { between[$0] } + [ends[1]],
        insertion: [ends[1]] + pairs.map { between[$0 + 1] } + [ends[0]])
    }
  }

  private init(deletion: [Double], insertion: [Double]) {
    (self.deletion, self.insertion) = (deletion, insertion)
  }

  /// The mean of several orders' curves, point by point: what a random order does in expectation.
  ///
  /// - Precondition: There is at least one, and all have as many points.
  public init(meanOf curves: [Faithfulness]) {
    precondition(!curves.isEmpty && Set(curves.map(\.deletion.count)).count == 1)
    func mean(_ values: KeyPath<Faithfulness, [Double]>) -> [Double] {
      curves[0][keyPath: values].indices.map { point in
        curves.reduce(0.0) { $0 + $1[keyPath: values][point] } / Double(curves.count)
      }
    }
    (deletion, insertion) = (mean(\.deletion), mean(\.insertion))
  }

  /// The class's probability, or y, before and after the first share of an order is hidden: one run.
  ///
  /// - Parameters:
  ///   - order: Tokens, the first ones first.
  ///   - share: How many of all tokens are hidden, from 0 to 1.
  /// - Throws: As `init` does.
  public static func hidingFirst(
    _ share: Double = 0.125, by order: [Int], of run: PerceiverRun,
    target: ExplanationTarget = .answer, cancellation: Cancellation? = nil
  ) throws -> (before: Double, after: Double) {
    let whole = try run.completed(cancellation: cancellation)
    let target = try whole.resolve(target)
    var hidden = [Bool](repeating: false, count: run.tokenCount)
    for token in order.prefix(Int((share * Double(order.count)).rounded(.down)))
    where hidden.indices.contains(token) {
      hidden[token] = true
    }
    let after = try run.hiding(hidden).completed(cancellation: cancellation)
    guard let before = whole.output, let output = after.output else {
      preconditionFailure("a complete run has an output")
    }
    return (run.measured(before, of: target), run.measured(output, of: target))
  }

  private static func area(_ values: [Double]) -> Double {
    guard values.count > 1 else { return 0 }
    let sum = zip(values, values.dropFirst()).reduce(0) { $0 + ($1.0 + $1.1) / 2 }
    return sum / Double(values.count - 1)
  }
}

/// Orders of pixels: a map's, and those that it is held against.
public enum PixelOrder {
  /// Whether a map orders pixels at all: not all of its values are equal. Where they are, `of` gives
  /// the order of numbers, and what is measured by it says nothing of the map.
  public static func isGiven(by map: Tensor) -> Bool {
    map.withUnsafeElements { values in
      guard let first = values.first(where: { !$0.isNaN }) else { return false }
      return values.contains { !$0.isNaN && $0 != first }
    }
  }

  /// From a map's largest value to its smallest; equal ones by their number, NaN last.
  public static func of(_ map: Tensor) -> [Int] {
    let values = map.values.map { $0.isNaN ? -Float.infinity : $0 }
    return values.indices.sorted { (-values[$0], $0) < (-values[$1], $1) }
  }

  /// A random one.
  public static func random(_ count: Int, seed: UInt64) -> [Int] {
    var generator = TorchGenerator(seed: seed)
    return of(generator.uniform(shape: [count], low: 0, high: 1))
  }

  /// From the middle outwards.
  public static func centre(_ axes: [Int]) -> [Int] {
    of(
      Tensor(
        shape: axes,
        values: (0..<axes.reduce(1, *)).map { token in
          var (rest, sum) = (token, Float(0))
          for axis in axes.indices.reversed() {
            let offset = (Float(rest % axes[axis]) + 0.5) / Float(axes[axis]) - 0.5
            sum += offset * offset
            rest /= axes[axis]
          }
          return -sum
        }))
  }

  /// From the brightest, the mean of channels, to the darkest; of data `[…axes, channels]`.
  public static func brightness(_ data: Tensor) -> [Int] {
    of(data.reducingChannels { $0.reduce(0, +) / Float(max(1, $0.count)) })
  }
}

/// How a map lies to an object whose pixels are known.
public struct Pointing: Sendable, Hashable {
  /// Whether the map's largest value lies on the object; nil where all are equal, so that it points
  /// nowhere.
  public let hits: Bool?
  /// The share of the map's positive values that lies on it; nil where there are none.
  public let share: Double?
  /// The object's share of the pixels.
  public let area: Double

  /// - Throws: `ConfigurationError` where the object is not of the map's size.
  public init(_ map: Tensor, object: [Bool]) throws {
    guard map.count == object.count, map.count > 0 else {
      throw ConfigurationError(
        "pointing: expected an object of \(map.count) pixels, found \(object.count)")
    }
    hits =
      PixelOrder.isGiven(by: map)
      ? map.withUnsafeElements { values -> Bool? in
        // The first of the largest, as an order of pixels begins; what is not a number is no end.
        let known = values.indices.filter { !values[$0].isNaN }
        guard var largest = known.first else { return nil }
        for index in known where values[index] > values[largest] { largest = index }
        return object[largest]
      } : nil
    share = Self.share(of: map, on: object)
    area = Double(object.count { $0 }) / Double(object.count)
  }

  /// The share of a map's positive values that lies on an object; nil where there are none.
  ///
  /// - Precondition: The object is of the map's size.
  public static func share(of map: Tensor, on object: [Bool]) -> Double? {
    precondition(map.count == object.count)
    var (on, all) = (0.0, 0.0)
    map.withUnsafeElements { values in
      for (value, isOn) in zip(values, object) where value > 0 {
        all += Double(value)
        if isOn { on += Double(value) }
      }
    }
    return all > 0 ? on / all : nil
  }

  /// Pixels brighter than a tenth of the way from the darkest to the brightest: what a picture on a
  /// dark ground shows. Brightness is the mean of channels, of data `[…axes, channels]`.
  public static func bright(_ data: Tensor) -> [Bool] {
    let brightness = data.reducingChannels { $0.reduce(0, +) / Float(max(1, $0.count)) }.values
    let (low, high) = (brightness.min() ?? 0, brightness.max() ?? 0)
    return brightness.map { $0 > low + (high - low) / 10 }
  }
}

extension PerceiverRun {
  /// What orders of pixels are measured by: the probability of a target's class, or where no classes
  /// are scored the target's number y.
  fileprivate func measured(_ output: Tensor, of target: ResolvedTarget) -> Double {
    scoresClasses ? exp(logProbabilities(output)[target.index]) : target.value(output)
  }

  /// The same run on a picture of positions without content: each channel its mean.
  ///
  /// - Throws: `ConfigurationError` where the input is numbers of tokens.
  public func onGrey() throws -> PerceiverRun {
    let input = try numericInput("content or position")
    let channels = input.shape[input.shape.count - 1]
    let positions = Double(max(1, input.count / max(1, channels)))
    var means = [Double](repeating: 0, count: channels)
    input.withUnsafeElements { elements in
      for index in elements.indices {
        means[index % channels] += Double(elements[index]) / positions
      }
    }
    return try reading(
      Tensor(
        shape: input.shape, values: (0..<input.count).map { Float(means[$0 % channels]) }))
  }

  /// How much of a cross-attention is where it is because of the picture, `[heads, latents]`: half the
  /// summed difference of a latent's weights from those on grey; 0 none of it, 1 all.
  ///
  /// - Parameter grey: The run on a grey picture.
  /// - Throws: `ConfigurationError` for a stage that is not a computed cross-attention,
  ///   `ComputationCancelled`.
  public func contentShare(
    ofStage stage: Int, grey: PerceiverRun, cancellation: Cancellation? = nil
  ) throws -> Tensor {
    guard stages.indices.contains(stage), grey.stages.indices.contains(stage),
      stageIDs[stage].kind == .crossAttention, let mine = stages[stage].attention,
      let theirs = grey.stages[stage].attention, mine.mapSize == theirs.mapSize
    else {
      throw ConfigurationError("content share: expected a computed cross-attention")
    }
    return try mine.contentShare(beside: theirs, cancellation: cancellation)
  }
}

extension PerceiverRun {
  /// How much of a map is content: half the summed difference from the same map of a grey picture, both
  /// scaled to sum one and what is negative as zero. 0 is all position, 1 all content; NaN where one
  /// of both is zero.
  ///
  /// - Parameters:
  ///   - question: What the map answers, of a class by its number: a grey picture's answer is another.
  ///   - map: Its map of this run.
  ///   - grey: This run on grey, as `onGrey` makes it; it is computed no further than the map needs.
  /// - Throws: `ConfigurationError` where grey has no such map, `ComputationCancelled`.
  public func contentShare(
    of question: some MapQuestion, map: ExplanationMap, grey: PerceiverRun,
    cancellation: Cancellation? = nil
  ) throws -> Double {
    let grey = try grey.completed(
      through: question.lastStage(of: self), cancellation: cancellation)
    return map.values.mapDistance(try question.map(grey, cancellation: cancellation).values)
  }
}

extension Tensor {
  /// Half the summed difference of two maps scaled to sum one, what is negative as zero: 0 alike, 1
  /// apart; NaN where one is zero.
  public func mapDistance(_ other: Tensor) -> Double {
    let (a, b) = (values.map { max(0, Double($0)) }, other.values.map { max(0, Double($0)) })
    let (first, second) = (a.reduce(0, +), b.reduce(0, +))
    guard first > 0, second > 0, a.count == b.count else { return .nan }
    return zip(a, b).reduce(0) { $0 + abs($1.0 / first - $1.1 / second) } / 2
  }
}
