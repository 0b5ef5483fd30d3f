// What a model wants of its inputs, and what it says of its pictures as pictures are scaled by it.

import Perceiver
import Pictures
import Tensors

extension PixelScaling {
  /// The scaling that a model was trained with.
  public init(_ preprocessing: Preprocessing) {
    self.init(
      mean: preprocessing.mean, deviation: preprocessing.deviation,
      isReversed: preprocessing.channelOrder == .bgr)
  }
}

extension Preprocessing {
  /// What was done to pictures of a shape, `[height, width, channels]`, that were scaled so.
  public init(_ scaling: PixelScaling, shape: [Int]) {
    self.init(mean: scaling.mean, deviation: scaling.deviation)
    guard shape.count == 3, shape.allSatisfy({ (1...Self.longestSide).contains($0) }) else {
      return
    }
    size = Size(height: shape[0], width: shape[1])
    channelOrder =
      switch shape[2] {
      case 1: .grey
      case 3: scaling.isReversed ? .bgr : .rgb
      default: nil
      }
  }
}

/// What a model that reads tokens wants of them.
public struct TextDemand: Sendable, Hashable {
  /// How text becomes tokens; nil where the model's tokens are not bytes, and numbers alone are read.
  public let form: TextForm?
  /// Tokens that the model knows.
  public let vocabulary: Int
  /// The most tokens that it reads.
  public let longest: Int

  /// What a model of these hyperparameters wants; nil if it reads no tokens.
  public init?(_ configuration: ModelConfiguration) {
    guard case .tokens(let vocabulary, let longest) = configuration.input else { return nil }
    form = configuration.textForm
    self.vocabulary = vocabulary
    self.longest = min(longest, form?.longest ?? longest)
  }
}

/// What a model wants of an input; nothing of it is known of an untrained model.
public struct InputDemand: Sendable, Hashable {
  /// How its pictures are prepared.
  public var preprocessing: Preprocessing?
  /// The photo processor's own JSON, where the model has one; it is used in place of `preprocessing`.
  public var photoProcessor: JSONValue?
  /// The file that it is from, for messages.
  var photoProcessorName = "preprocessor_config.json"
  /// How text becomes tokens, and how many there may be; nil where the model reads data.
  public var text: TextDemand?
  /// Pictures and sound that it reads together; nil of models that read one thing.
  public var media: MediaForm?
  /// Which window of a longer text or film is wanted, from 0; nil for that of the options.
  public var window: Int?
  /// Whether photos are prepared as the model was trained, whatever options say.
  public var isAsTrained = false
  /// How a person wants it read; nil for what the reader says.
  public var reading: ReadingOptions?
  /// Channels of a token; nil where the input decides.
  public var channels: Int?
  /// Axes of the input; nil where the input decides.
  public var axes: Int?

  /// What a model wants.
  public init(preprocessing: Preprocessing? = nil, channels: Int? = nil, axes: Int? = nil) {
    (self.preprocessing, self.channels, self.axes) = (preprocessing, channels, axes)
  }

  /// What a model of these hyperparameters wants.
  public init(_ configuration: ModelConfiguration) {
    self.init(
      preprocessing: configuration.preprocessing, channels: configuration.inputChannels,
      axes: configuration.inputAxes)
    photoProcessor = configuration.photoProcessor
    media = configuration.media
    text = TextDemand(configuration)
  }

  /// Refuses a sound where the model is known to read none, before all of it is decoded.
  ///
  /// - Throws: `InputFailure`.
  func checkReadsSound(_ name: String, _ kind: String) throws(InputFailure) {
    switch media {
    case .film?: return
    case .framePair?:
      throw InputFailure(.badData, name, "expected two pictures, found \(kind)")
    case nil: break
    }
    guard let axes, axes != 1 else { return }
    throw InputFailure(
      .badData, name,
      "expected \(axes) axes (input_axis) and channels, found \(kind), which has 1 axis")
  }
}
