// `evaluate`: how well a classifier does on labelled pictures.

import ArgumentParser
import Datasets
import Explorer
import Inputs
import Perceiver
import Pictures
import Tensors

/// Runs a trained model on labelled pictures and prints what it makes of them.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a trained classifier on labelled pictures.",
    discussion: """
      DATA is what train takes; of a folder with both, the test part. Printed are the accuracy, \
      the mean cross-entropy in nats, precision, recall and count of each class, and the confusion \
      matrix.

      With --attention also how much of the last cross-attention falls on what pictures show: \
      pixels more than a tenth of the way from the darkest of their picture to the brightest.
      """)

  @Argument(help: ArgumentHelp("Labelled pictures: a file or a folder.", valueName: "data"))
  var data: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Pictures that run at once.", valueName: "n"))
  var batchSize = 64

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Measure where the last cross-attention looks, on the first N pictures.",
      valueName: "n"))
  var attention: Int?

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
    if let attention, attention < 1 {
      throw ValidationError("--attention: expected 1 picture or more, found \(attention)")
    }
  }

  /// Refuses arrays that the model's photo processor did not make.
  private func check(
    _ pictures: LabelledPictures, preparedBy processor: PhotoProcessor
  ) throws {
    let channels = processor.channels
    guard let size = processor.size, pictures.shape != [size.height, size.width, channels] else {
      return
    }
    let found = pictures.shape.map(String.init).joined(separator: " × ")
    throw CommandFailure(
      .badData, data,
      "expected folders of photos, or pictures of \(size) × \(channels) as the model's photo processor makes "
        + "them, found \(found)")
  }

  func run() throws {
    let source = try ModelSource(model.request())
    let choice = try prepared.values.choice()
    let processor = try source.photoProcessor(choice)
    var request = try prepared.request(
      .test, channels: source.givenChannels, customary: source.given.preprocessing?.size)
    request.processor = processor
    let pictures = try LabelledPictures.reading(data, request)
    try processor.map { try check(pictures, preparedBy: $0) }
    let description = try source.describe(inputChannels: pictures.shape[2], inputAxes: 2)
    for note in description.notes { Messages.note(note) }
    try source.noteNonFiniteWeights()
    let examples = try ScaledExamples(
      prepared.matched(
        pictures, to: description.configuration.classNames,
        count: description.configuration.classCount, of: data),
      processor.map { PixelScaling($0) }
        ?? PixelScaling(choice.preprocessing(over: source.given.preprocessing)))
    for note in choice.overrides(of: source.given.preprocessing) {
      Messages.note(note)
    }
    let report = try Interruption.cancelling { cancellation in
      let model = try source.model(description, cancellation: cancellation)
      let progress = ProgressLine()
      defer { progress.clear() }
      func show(_ count: Int, of all: Int) {
        progress.draw(done: Double(count) / Double(all)) { "\(count)/\(all) pictures" }
      }
      return EvaluationReport(
        try Evaluation(
          of: model, on: examples, batchSize: batchSize, cancellation: cancellation
        ) { show($0, of: examples.count) },
        attention: try attention.map { limit in
          try ObjectAttention(
            of: model, on: examples, limit: limit, cancellation: cancellation
          ) { show($0, of: min(limit, examples.count)) }
        })
    }
    if json {
      try StandardOutput().write(text: report.json)
    } else {
      try StandardOutput().write(lines: report.lines)
    }
  }
}
