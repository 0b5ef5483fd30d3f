// `evaluate`: how well a classifier does on labelled pictures.

import ArgumentParser
import Datasets
import Perceiver
import Tensors

/// Runs a trained model on labelled pictures and prints what it makes of them.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a trained classifier on labelled pictures.",
    discussion: """
      DATA is what train takes; of a folder with both, the test part. Printed are the accuracy, \
      the mean cross-entropy in nats, precision, recall and count of each class, and the confusion \
      matrix.
      """)

  @Argument(help: ArgumentHelp("Labelled pictures: a file or a folder.", valueName: "data"))
  var data: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Pictures that run at once.", valueName: "n"))
  var batchSize = 64

  @Flag(help: "Print JSON: shares from 0 to 1, confusion as a list for each true class.")
  var json = false

  @OptionGroup(title: "Data") var prepared: DataOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  func validate() throws {
    if model.weights == nil {
      throw ValidationError("--weights: expected a trained model, found none")
    }
    guard (1...65536).contains(batchSize) else {
      throw ValidationError("--batch-size: expected a number from 1 to 65536, found \(batchSize)")
    }
  }

  func run() throws {
    let source = try ModelSource(model)
    let pictures = try LabelledPictures.reading(
      data, try prepared.request(.test, channels: source.givenChannels))
    let description = try source.describe(inputChannels: pictures.shape[2], inputAxes: 2)
    for note in description.notes { Messages.note(note) }
    try source.noteNonFiniteWeights()
    let examples = try ScaledExamples(
      named(pictures, classes: description.configuration.numClasses), prepared.values.scaling())
    let result = try Interruption.cancelling { cancellation in
      let progress = ProgressLine()
      defer { progress.clear() }
      return try Evaluation(
        of: try source.model(description, cancellation: cancellation), on: examples,
        batchSize: batchSize, cancellation: cancellation
      ) { count in
        progress.draw(done: Double(count) / Double(examples.count)) {
          "\(count)/\(examples.count) pictures"
        }
      }
    }
    let report = EvaluationReport(result)
    try StandardOutput().write(json ? report.json : report.text)
  }

  /// The pictures with as many classes as the model has, where they are numbers.
  private func named(_ pictures: LabelledPictures, classes: Int) throws -> LabelledPictures {
    guard pictures.hasNumberedClasses else { return pictures }
    return try CommandFailure.about(data) {
      try pictures.matching(classes: (0..<classes).map(String.init), of: data)
    }
  }
}
