// What a model is to learn, as the command line names it.

import Datasets
import Inputs
import Perceiver
import Pictures
import Tensors

/// A task with what belongs to it: what it is measured by, and what model it takes.
struct Lesson {
  /// What is learnt.
  let task: TrainingTask
  /// What it is measured by after each epoch.
  let validation: ScaledExamples?
  /// Examples, or positions of the picture.
  let count: Int
  /// The data in words.
  let summary: String
  private let channels: Int
  private let preprocessing: Preprocessing?
  /// Hyperparameters that follow from the data, unless given.
  private let implied: [String: HyperparameterValue]

  /// Examples of a step where nobody says otherwise.
  var customaryBatch: Int {
    if case .reconstruction = task { 1024 } else { 64 }
  }

  /// Reads labelled pictures.
  ///
  /// - Parameter known: What the classes are called that the model has learnt already; nil for none.
  /// - Throws: `CommandFailure` with the file.
  init(
    data: String, validation: String?, validationLabels: String?, _ options: DataOptions,
    _ source: ModelSource, classes known: [String]?
  ) throws {
    let request = try options.request(
      .training, channels: source.givenChannels, customary: source.given.preprocessing?.size)
    let pictures = try options.matched(
      LabelledPictures.reading(data, request), to: known, count: source.givenClasses, of: data)
    let scaling = PixelScaling(
      try options.values.choice().preprocessing(over: source.given.preprocessing))
    for note in try options.values.choice().overrides(of: source.given.preprocessing) {
      Messages.note(note)
    }
    self.validation = try validation.map { path in
      var request = request
      request.part = .test
      request.labels = validationLabels
      request.limit = nil
      request.size = .init(height: pictures.shape[0], width: pictures.shape[1])
      request.channels = pictures.shape[2]
      let other = try LabelledPictures.reading(path, request)
      return try ScaledExamples(
        CommandFailure.about(path) {
          try other.matching(classes: pictures.classNames, of: path)
        }, scaling)
    }
    let examples = try ScaledExamples(pictures, scaling)
    task = .classification(examples)
    preprocessing = examples.preprocessing
    count = pictures.count
    channels = pictures.shape[2]
    summary =
      "\(count) pictures of \(pictures.shape.map(String.init).joined(separator: " × ")) in "
      + "\(pictures.classNames.count) classes"
    implied = [HyperparameterCatalog.Name.classes: .integer(pictures.classNames.count)]
  }

  /// Reads a picture to reconstruct; one larger than 224 pixels is scaled down.
  ///
  /// - Throws: `CommandFailure` with the file.
  init(picture path: String, _ options: DataOptions, _ source: ModelSource) throws {
    let own = source.given.preprocessing?.size
    let size = try options.size() ?? own.map { .init(height: $0.height, width: $0.width) }
    let picture = try CommandFailure.about(path) {
      let wanted = size.map { PictureRequest.Size.covering(width: $0.width, height: $0.height) }
      let request = PictureRequest(size: wanted ?? .longestSide(224))
      let picture = try OpenedPicture(reading: ByteStream(path: path), request).image
      let sized =
        size.map { picture.covering(width: $0.width, height: $0.height) }
        ?? picture.fitted(maxSide: 224)
      guard let channels = source.givenChannels, channels == 1 || channels == 3 else {
        return sized
      }
      return sized.converted(toChannels: channels)
    }
    let scaling = PixelScaling(
      try options.values.choice().preprocessing(over: source.given.preprocessing))
    for note in try options.values.choice().overrides(of: source.given.preprocessing) {
      Messages.note(note)
    }
    do {
      let tensor = try picture.tensor(scaling)
      task = .reconstruction(of: tensor)
      preprocessing = Preprocessing(scaling, shape: tensor.shape)
    } catch {
      throw CommandFailure.usage("--\(error)")
    }
    validation = nil
    count = picture.width * picture.height
    channels = picture.channels
    summary = "a picture of \(picture.height) × \(picture.width) × \(picture.channels)"
    implied = GivenHyperparameters.learningPicture(channels: picture.channels)
  }

  /// What the model is: what is given, and what follows from the data.
  ///
  /// - Throws: `CommandFailure`.
  func describe(_ source: ModelSource) throws -> ModelDescription {
    var source = source
    // Weights know their own.
    if source.checkpoint == nil { source.given.values.merge(implied) { given, _ in given } }
    source.given.preprocessing = preprocessing
    let description = try source.describe(inputChannels: channels, inputAxes: 2)
    if case .reconstruction = task { try Self.checkDecoder(description.configuration) }
    return description
  }

  /// Refuses models that cannot be asked for the positions of a picture.
  private static func checkDecoder(_ configuration: ModelConfiguration) throws {
    guard let channels = configuration.queryChannels else {
      throw CommandFailure.usage(
        "--reconstruct: expected \(UntrainedModels.own.reconstruction.option), found "
          + configuration.word)
    }
    guard configuration.positionOutputs != nil else {
      throw CommandFailure.usage(
        "--queries-dim: expected \(configuration.positionFeatures ?? 0), the features of a position, found "
          + "\(channels)")
    }
  }
}
