// How well a classifier does on examples it has not learnt.

import Tensors

/// What a classifier made of labelled examples.
public struct Evaluation: Sendable, Hashable {
  /// What the classes are called.
  public let classNames: [String]
  /// How many examples of a class were taken for which: `[true class][chosen class]`.
  public private(set) var confusion: [[Int]]
  /// The mean cross-entropy, in nats.
  public let loss: Double

  /// Runs all examples.
  ///
  /// - Parameters:
  ///   - model: A model that ends in a classifier.
  ///   - examples: What it is measured by.
  ///   - batchSize: How many examples run at once.
  ///   - progress: Told how many are done.
  /// - Throws: `TrainingError.unusable` or `ConfigurationError` where model and examples do not fit,
  ///   `ComputationCancelled`.
  public init(
    of model: Perceiver, on examples: any LabelledExamples, batchSize: Int = 64,
    cancellation: Cancellation? = nil, progress: (Int) -> Void = { _ in }
  ) throws {
    try TrainingTask.classification(examples).check(model.plan)
    classNames = examples.classNames
    confusion = Array(
      repeating: Array(repeating: 0, count: classNames.count), count: classNames.count)
    var total = 0.0
    for range in Blocks(examples.count, size: batchSize) where !range.isEmpty {
      let pictures = range.map { index in
        Tensor(shape: examples.shape) { examples.read(index, into: $0) }
      }
      let labels = range.map { examples.label(at: $0) }
      let logits = try model.outputs(
        batch: Tensor.stacking(pictures), cancellation: cancellation)
      total += logits.crossEntropy(labels: labels, smoothing: 0).value * Double(range.count)
      for (label, chosen) in zip(labels, logits.largestOfRows) { confusion[label][chosen] += 1 }
      progress(range.upperBound)
    }
    loss = total / Double(max(1, examples.count))
  }

  /// Examples.
  public var count: Int { confusion.joined().reduce(0, +) }

  /// Examples classified rightly.
  public var correct: Int { confusion.indices.reduce(0) { $0 + confusion[$1][$1] } }

  /// The share of examples classified rightly.
  public var accuracy: Double { Double(correct) / Double(max(1, count)) }

  /// Examples of a class.
  public func count(of label: Int) -> Int { confusion[label].reduce(0, +) }

  /// The share of a class's examples that were taken for it; nil where it has none.
  public func recall(of label: Int) -> Double? {
    let count = count(of: label)
    return count > 0 ? Double(confusion[label][label]) / Double(count) : nil
  }

  /// The share of the examples taken for a class that are of it; nil where none was.
  public func precision(of label: Int) -> Double? {
    let count = confusion.reduce(0) { $0 + $1[label] }
    return count > 0 ? Double(confusion[label][label]) / Double(count) : nil
  }
}
