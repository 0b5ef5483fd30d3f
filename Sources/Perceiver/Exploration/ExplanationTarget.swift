// What is explained: a class, a class against another, or a number of an output.

import Foundation
import Tensors

/// The number y that a question is asked about, made from a run's output.
///
/// Methods with gradients explain logits and not probabilities, which saturate.
public struct ExplanationTarget: Sendable, Hashable {
  /// One number of the output.
  public enum Choice: Sendable, Hashable {
    /// The largest: what a classifier answers.
    case answer
    /// The second largest.
    case second
    /// A class, or a number of the output counted row by row, from 0.
    case number(Int)
  }

  /// What speaks for y.
  public var choice: Choice
  /// What y is compared with: y is then the difference; nil for nothing.
  public var against: Choice?

  /// Makes a target.
  ///
  /// - Parameters:
  ///   - choice: What speaks for y.
  ///   - against: What is taken away from it; nil for nothing.
  public init(_ choice: Choice, against: Choice? = nil) {
    (self.choice, self.against) = (choice, against)
  }

  /// What a classifier answers.
  public static let answer = ExplanationTarget(.answer)

  /// Whether an output says which numbers are meant, and not the target by itself.
  var isAnswered: Bool {
    [choice, against].contains { $0 == .answer || $0 == .second }
  }
}

/// A target of one run's output: which numbers it is made from.
public struct ResolvedTarget: Sendable, Hashable {
  /// Where the number stands in the output, counted row by row.
  public let index: Int
  /// Where the number stands that is taken away; nil for none.
  public let against: Int?
  /// What people call it: `class 9 (Ankle boot)`, `output 12`.
  public let name: String
  /// What people call what it is compared with; nil for nothing.
  public let againstName: String?

  /// `class 9 (Ankle boot)`, or with `against class 5 (Sandal)`.
  public var title: String { againstName.map { "\(name) against \($0)" } ?? name }

  /// y of an output.
  public func value(_ output: Tensor) -> Double {
    output.withUnsafeElements { numbers in
      Double(numbers[index]) - (against.map { Double(numbers[$0]) } ?? 0)
    }
  }

  /// ∂y/∂output, in the output's shape.
  public func direction(_ output: Tensor) -> Tensor {
    var direction = Tensor(shape: output.shape)
    direction.withUnsafeMutableElements { numbers in
      numbers[index] = 1
      if let against { numbers[against] = -1 }
    }
    return direction
  }
}

/// Which half of a target is meant where something is wrong with it.
private enum TargetRole: String {
  case target, against

  /// An error that begins with the half that is wrong.
  func error(_ problem: String) -> ConfigurationError {
    ConfigurationError("\(rawValue): \(problem)")
  }
}

extension PerceiverRun {
  /// Which numbers of the run's output a target means.
  ///
  /// - Throws: `ConfigurationError` where the model has no such number or the output is not finite.
  public func resolve(_ target: ExplanationTarget) throws -> ResolvedTarget {
    guard let output, hasOutput else {
      throw ConfigurationError(
        "target: expected a model that scores classes or gives outputs, found one that ends with "
          + "its latents")
    }
    guard output.isFinite else {
      throw ConfigurationError("target: expected finite outputs, found NaN or infinity")
    }
    return try resolve(target, among: output.count) { try number($0, of: output, as: $1) }
  }

  /// The classes that a target names by number, of a run that has no output yet.
  ///
  /// - Precondition: The target is not answered by an output.
  /// - Throws: `ConfigurationError` where the model has no such class, or latents are not finite.
  func resolveClasses(_ target: ExplanationTarget) throws -> ResolvedTarget {
    guard let classes = model.plan.ending.classes else {
      throw ConfigurationError("target: expected a model that scores classes")
    }
    guard stages.last?.latents.isFinite ?? true else {
      throw ConfigurationError("target: expected finite latents, found NaN or infinity")
    }
    return try resolve(target, among: classes) { choice, _ in
      guard case .number(let number) = choice else {
        preconditionFailure("a target by number is expected")
      }
      return number
    }
  }

  /// - Parameter count: How many numbers there are.
  private func resolve(
    _ target: ExplanationTarget, among count: Int,
    _ found: (ExplanationTarget.Choice, TargetRole) throws -> Int
  ) throws -> ResolvedTarget {
    func number(_ choice: ExplanationTarget.Choice, _ role: TargetRole) throws -> Int {
      let number = try found(choice, role)
      guard (0..<count).contains(number) else {
        throw role.error("expected a number from 0 to \(count - 1), found \(number)")
      }
      return number
    }
    let index = try number(target.choice, .target)
    let against = try target.against.map { try number($0, .against) }
    guard index != against else {
      throw TargetRole.against.error(
        "expected two different classes, found \(name(index)) twice")
    }
    return ResolvedTarget(
      index: index, against: against, name: name(index), againstName: against.map { name($0) })
  }

  private func number(
    _ choice: ExplanationTarget.Choice, of output: Tensor, as role: TargetRole
  ) throws -> Int {
    switch choice {
    case .answer: return try ranked(output, role)[0]
    case .second:
      let ranked = try ranked(output, role)
      guard ranked.count > 1 else {
        throw role.error("expected a second class, found one class")
      }
      return ranked[1]
    case .number(let number): return number
    }
  }

  /// The numbers of one row of outputs from the largest to the smallest; equal ones in order.
  private func ranked(_ output: Tensor, _ role: TargetRole) throws -> [Int] {
    guard output.shape.last == output.count, output.count > 0 else {
      throw role.error(
        "expected the number of an output, since the model gives \(output.shape) of them")
    }
    let values = output.values
    return values.indices.sorted { (-values[$0], $0) < (-values[$1], $1) }
  }

  private func name(_ index: Int) -> String {
    guard scoresClasses else { return "output \(index)" }
    let names = model.configuration.classNames
    return "class \(index)" + (names.map { " (\($0[index]))" } ?? "")
  }

  /// Whether the model's output is more than its latents.
  package var hasOutput: Bool {
    model.plan.ending.classes != nil || (model.plan.ending.isDecoded && streamsOutputs)
  }

  /// Whether the output is one logit for each class, and not numbers that are read as they are.
  package var scoresClasses: Bool {
    model.plan.ending.classes != nil && model.configuration.problem != .values
  }
}

extension PerceiverRun {
  /// The run with all its stages computed.
  ///
  /// - Throws: `ComputationCancelled`, or `FileAccessError` where weights cannot be read.
  public func completed(cancellation: Cancellation? = nil) throws -> PerceiverRun {
    var run = self
    while try run.next(cancellation: cancellation) != nil {}
    return run
  }

  /// The run with a stage and all before it computed; further stages stay as they are.
  ///
  /// - Throws: `ComputationCancelled`, or `FileAccessError` where weights cannot be read.
  public func completed(
    through stage: Int, cancellation: Cancellation? = nil
  ) throws -> PerceiverRun {
    var run = self
    while run.stages.count <= stage, try run.next(cancellation: cancellation) != nil {}
    return run
  }

  /// The number of the last cross-attention to the input; -1 where there is none.
  var lastCrossAttention: Int { stageIDs.last { $0.kind == .crossAttention }?.index ?? -1 }

  /// Log-probabilities of the model's classes from logits, in double.
  func logProbabilities(_ logits: Tensor) -> [Double] {
    Self.logProbabilities(logits, model.configuration.problem)
  }

  /// Log-probabilities of classes from logits, in double: a softmax, or where any of the labels may be
  /// right a sigmoid each.
  package static func logProbabilities(
    _ logits: Tensor, _ problem: ProblemType = .classes
  ) -> [Double] {
    let values = logits.values.map { Double($0) }
    // −log(1 + e^−x), which e^−x would overflow for far negative x.
    if problem == .labels { return values.map { min($0, 0) - log1p(exp(-abs($0))) } }
    let largest = values.max() ?? 0
    let logSum = largest + log(values.reduce(0) { $0 + exp($1 - largest) })
    return values.map { $0 - logSum }
  }
}
