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
  /// What people call it: `class 9 (Ankle boot)`, `output 12`, `output 4567 (o at token 17)`.
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
  /// What is wrong with a model of whose answer nothing can be asked.
  static let lacksOutput =
    "expected a model that scores classes or gives outputs, found one that ends with its latents"

  /// Which numbers of the run's output a target means.
  ///
  /// - Throws: `ConfigurationError` where the model has no such number or the output is not finite.
  public func resolve(_ target: ExplanationTarget) throws -> ResolvedTarget {
    guard let output, hasOutput else {
      throw ConfigurationError("target: \(Self.lacksOutput)")
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
    return Self.fromLargest(output.values)
  }

  /// Places of numbers from the largest to the smallest; equal ones in order.
  private static func fromLargest(_ values: [Float]) -> [Int] {
    values.indices.sorted { (-values[$0], $0) < (-values[$1], $1) }
  }

  private func name(_ index: Int) -> String {
    guard scoresClasses else {
      return "output \(index)" + (predicted(index).map { " (\($0))" } ?? "")
    }
    let names = model.configuration.classNames
    return "class \(index)" + (names.map { " (\($0[index]))" } ?? "")
  }

  /// A number of the output in few words: `o at token 17` where tokens are predicted, else
  /// `output 12`.
  package func outputWords(_ index: Int) -> String { predicted(index) ?? "output \(index)" }

  /// The token that a number of the output scores, and where; nil where none is predicted.
  private func predicted(_ index: Int) -> String? {
    guard predictsTokens, let width = outputWidth, let form = model.configuration.textForm else {
      return nil
    }
    return "\(form.shown(index % width)) at token \(index / width)"
  }

  /// How many numbers each thing that a decoder is asked gets, or a classifier's classes; nil where
  /// the model ends with its latents.
  package var outputWidth: Int? {
    guard hasOutput else { return nil }
    if case .outputs(let layer, _) = model.plan.ending {
      return layer?.outputs ?? plans.last?.operation.dim
    }
    return model.plan.ending.classes
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
  /// What people mean by a target that they write: the number or the name of a class, `answer` or
  /// `second`, and of other models a number of the output, counted row by row from 0, or `ROW:NUMBER`
  /// for one of a row; where tokens are predicted the row is the token's place, and `17:o` is how much
  /// speaks for o there. `ROW:answer` and `ROW:second` are the row's two largest.
  ///
  /// - Throws: `ConfigurationError` that says what was expected and what was found.
  package func targetChoice(named text: String) throws -> ExplanationTarget.Choice {
    func found(_ problem: String) -> ConfigurationError {
      ConfigurationError("expected \(problem), found \(text.isEmpty ? "nothing" : text)")
    }
    let names = model.configuration.classNames ?? []
    let count = model.plan.ending.classes ?? (hasOutput ? output?.count : nil)
    if let number = Int(text) {
      // What is too large for a model that has no numbers is told by what it lacks.
      guard let count else {
        guard number >= 0 else { throw found("a number from 0") }
        return .number(number)
      }
      guard (0..<count).contains(number) else { throw found("a number from 0 to \(count - 1)") }
      return .number(number)
    }
    if let exact = names.firstIndex(of: text) { return .number(exact) }
    let alike = names.indices.filter { names[$0].lowercased() == text.lowercased() }
    if alike.count == 1 { return .number(alike[0]) }
    if text == "answer" { return .answer }
    if text == "second" { return .second }
    guard scoresClasses else {
      if let number = try numberInRow(text) { return .number(number) }
      throw found(
        "the number of an output from 0"
          + (predictsTokens ? ", or a token's place and a byte, such as 3:a or 3:answer" : ""))
    }
    guard let first = names.first else {
      throw found(
        "the number of a class from 0 to \((count ?? 1) - 1), since the model's classes have no names"
      )
    }
    throw found("a class from 0 to \(names.count - 1) or its name, such as \(first)")
  }

  /// The number of the output that `ROW:NUMBER` means; nil for other words.
  private func numberInRow(_ text: String) throws -> Int? {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let row = Int(parts[0]), (0..<1 << 40).contains(row),
      let width = outputWidth, width > 0
    else { return nil }
    if let output, !(0..<output.count / width).contains(row) {
      throw ConfigurationError(
        "expected a row of outputs from 0 to \(output.count / width - 1), found \(row)")
    }
    let word = String(parts[1])
    let place: Int?
    switch word {
    case "answer", "second":
      guard let numbers = outputRow(row) else {
        throw ConfigurationError(
          "expected the number of an output, since none is computed yet, found \(text)")
      }
      place = Self.fromLargest(numbers.values).dropFirst(word == "answer" ? 0 : 1).first
    case _ where Int(word) != nil: place = Int(word)
    default:
      let form = predictsTokens ? model.configuration.textForm : nil
      place = form.flatMap { form in (0..<width).first { form.shown($0) == word } }
    }
    guard let place, (0..<width).contains(place) else {
      throw ConfigurationError(
        "expected \(row): and then a number from 0 to \(width - 1), "
          + "\(predictsTokens ? "a byte such as a, " : "")answer or second, found \(text)")
    }
    return row * width + place
  }

  /// One row of a complete run's outputs; nil where there is none such.
  package func outputRow(_ row: Int) -> Tensor? {
    guard let width = outputWidth, width > 0, let output,
      (0..<output.count / width).contains(row)
    else { return nil }
    return output.reshaped([output.count / width, width]).row(row)
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
