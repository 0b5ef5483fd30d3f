// What a model is trained to do.

import Tensors

/// What a model learns from, and what its loss is.
public enum TrainingTask: Sendable {
  /// To tell classes apart: cross-entropy over the logits of a classifier.
  case classification(any LabelledExamples)
  /// Perceiver IO is to give a picture back from the queries of its positions: the mean squared
  /// error of its outputs. The picture is `[height, width, channels]` in 0…1 and needs no label.
  case reconstruction(of: Tensor)
}

extension TrainingTask {
  /// Examples, or positions of the picture.
  var count: Int {
    switch self {
    case .classification(let examples): examples.count
    case .reconstruction(let picture): picture.shape.dropLast().reduce(1, *)
    }
  }

  /// Number and shape of what is read, by which a training knows its data again.
  var summary: String {
    switch self {
    case .classification(let examples):
      "\(examples.count) examples of \(examples.shape) in \(examples.classNames.count) classes"
    case .reconstruction(let picture): "a picture of \(picture.shape)"
    }
  }

  /// A plan whose classes are called as the data call them, and whose pictures are prepared as the
  /// data are; numbers for names, and data that do not say, leave it what it has.
  func naming(_ plan: ModelPlan) -> ModelPlan {
    guard case .classification(let examples) = self else { return plan }
    var configuration = plan.configuration
    configuration.classNames = examples.classNames
    if configuration.classNames == nil { configuration.classNames = plan.configuration.classNames }
    configuration.preprocessing = examples.preprocessing ?? configuration.preprocessing
    return configuration == plan.configuration ? plan : ModelPlan(configuration)
  }

  /// Checks that a model can learn it.
  func check(_ plan: ModelPlan) throws {
    let configuration = plan.configuration
    guard count > 0 else { throw TrainingError.unusable("expected examples, found none") }
    switch self {
    case .classification(let examples):
      guard let classes = plan.ending.classes else {
        throw TrainingError.unusable(
          "expected a model that ends in a classifier, found "
            + "\(UntrainedModels.own.classifier.found(configuration.word)) without one")
      }
      guard classes == examples.classNames.count else {
        throw TrainingError.unusable(
          "num_classes: expected \(examples.classNames.count) as the data have, found \(classes)")
      }
      for index in 0..<examples.count {
        let label = examples.label(at: index)
        guard examples.classNames.indices.contains(label) else {
          throw TrainingError.unusable(
            "example \(index): expected a label below \(examples.classNames.count), found \(label)")
        }
      }
      try configuration.check(input: Tensor(shape: examples.shape), mask: nil)
    case .reconstruction(let picture):
      guard case .given(let channels, let positions) = plan.queries else {
        throw TrainingError.unusable(
          "expected \(UntrainedModels.own.reconstruction), whose outputs a picture is compared with, "
            + "found \(configuration.word)")
      }
      let axes = picture.shape.count - 1
      guard plan.queries.hasPositions(axes: axes) else {
        throw TrainingError.unusable(
          "queries_dim: expected \(axes * positions.features), the features of a position, found "
            + "\(channels)")
      }
      guard configuration.positionOutputs == picture.shape.last else {
        throw TrainingError.unusable(
          "logits_dim: expected \(picture.shape.last ?? 0), the picture's channels, found "
            + "\(configuration.positionOutputs ?? 0)")
      }
      try configuration.check(input: picture, mask: nil)
    }
  }
}

// What a classifier is trained on and measured by.

/// Labelled examples of one shape, read by number.
public protocol LabelledExamples: Sendable {
  /// How many there are.
  var count: Int { get }
  /// The shape of every example, channels last: `[height, width, channels]` for images.
  var shape: [Int] { get }
  /// What the classes are called; labels are indices of it.
  var classNames: [String] { get }
  /// How pictures became the examples' numbers; nil where nobody says.
  var preprocessing: Preprocessing? { get }
  /// The class of an example.
  func label(at index: Int) -> Int
  /// Fills the buffer with an example's numbers, row-major, in 0…1.
  ///
  /// - Precondition: The buffer has as many elements as `shape` has.
  func read(_ index: Int, into buffer: UnsafeMutableBufferPointer<Float>)
}

extension LabelledExamples {
  /// Nobody says how pictures became numbers.
  public var preprocessing: Preprocessing? { nil }
}
