// The hyperparameters of transformers' Perceiver classes, and their models as stages.

import Foundation
import Tensors

/// A model of `transformers`: `config.json` and what only weights say.
struct HuggingFaceConfiguration: Sendable, Hashable {
  /// A class of transformers.
  enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The encoder alone, over what it is given.
    case bare = "PerceiverModel"
    case imageFourier = "PerceiverForImageClassificationFourier"
    case imageLearned = "PerceiverForImageClassificationLearned"
    case imageConvolution = "PerceiverForImageClassificationConvProcessing"
    case maskedLanguage = "PerceiverForMaskedLM"
    case sequenceClassification = "PerceiverForSequenceClassification"
    case opticalFlow = "PerceiverForOpticalFlow"
    case multimodal = "PerceiverForMultimodalAutoencoding"
  }

  var kind = Kind.bare
  var numLatents = 256
  /// Channels of a latent.
  var latentDim = 1280
  /// Channels of a token of text, or of what the bare model reads.
  var modelDim = 768
  var numBlocks = 1
  var layersPerBlock = 26
  var selfHeads = 8
  var crossHeads = 8
  /// Channels of all heads' queries and keys; nil for what the class derives.
  var queryChannels: Int?
  /// Channels of all heads' values; nil for those of the queries.
  var valueChannels: Int?
  /// Whether cross-attention's queries have as many channels as what is read, and not as latents.
  var takesWidthOfInput = true
  var crossWidening = 1
  var selfWidening = 1
  /// Whether the encoder's cross-attention is added to the latents that ask.
  var addsQueries = true
  var vocabulary = 262
  var longest = 2048
  /// The most tokens that the folder's tokenizer makes of a text.
  var longestText: Int?
  /// Pixels that have a learnt position, and channels that pixels become.
  var positionCount = 1
  var pixelChannels = 64
  /// Height and width of the frames of a flow.
  var frameSize = [368, 496]
  /// Sizes of a film with sound.
  var film = FilmShape()
  /// Classes that the head scores.
  var classes = 2
  var problemType = ProblemType.classes
  var classNames: [String]?
  var preprocessing: Preprocessing?
  /// The photo processor's JSON, of a folder that has one.
  var photoProcessorJSON: JSONValue?
  /// What attention scores are divided by, beyond the root of the channels; 1 as trained.
  var attentionTemperature = 1.0
}

extension HuggingFaceConfiguration.Kind {
  /// What people call it.
  var title: String {
    switch self {
    case .bare: "HuggingFace Perceiver"
    case .imageFourier: "HuggingFace image classifier with Fourier positions"
    case .imageLearned: "HuggingFace image classifier with learnt positions"
    case .imageConvolution: "HuggingFace image classifier with a convolution"
    case .maskedLanguage: "HuggingFace masked language model"
    case .sequenceClassification: "HuggingFace text classifier"
    case .opticalFlow: "HuggingFace optical flow"
    case .multimodal: "HuggingFace multimodal autoencoder"
    }
  }

  /// What its own names begin with inside a file: every class but the bare one holds a Perceiver.
  var prefix: String { self == .bare ? "" : "perceiver." }

  /// The class whose parameters these names are.
  static func of(_ names: Set<String>) -> Self? {
    // Each has a parameter that none of those before it has.
    let marks: [(Self, String)] = [
      (.maskedLanguage, "embedding_decoder.bias"),
      (.sequenceClassification, "perceiver.input_preprocessor.embeddings.weight"),
      (.imageLearned, "perceiver.input_preprocessor.convnet_1x1.weight"),
      (.imageConvolution, "perceiver.input_preprocessor.convnet.conv.weight"),
      (.opticalFlow, "perceiver.input_preprocessor.conv_after_patches.weight"),
      (.multimodal, "perceiver.input_preprocessor.mask.label"),
      (.imageFourier, "perceiver.decoder.decoder.final_layer.weight"),
      (.bare, "embeddings.latents"),
    ]
    return marks.first { names.contains($0.1) }?.0
  }

  /// Whether it tells what is on a photo.
  var readsPhotos: Bool {
    self == .imageFourier || self == .imageLearned || self == .imageConvolution
  }
}

// MARK: - As every family's

extension HuggingFaceConfiguration: FamilyConfiguration {
  var title: String { kind.title }
  var word: String { "huggingface" }

  var input: InputForm {
    switch kind {
    case .bare: .data(axes: 1, channels: modelDim)
    case .imageFourier, .imageLearned, .imageConvolution: .data(axes: 2, channels: 3)
    case .opticalFlow: .data(axes: 3, channels: PatchedFrames.pixel)
    case .multimodal: .data(axes: 3, channels: FilmShape.colours)
    case .maskedLanguage, .sequenceClassification:
      .tokens(vocabulary: vocabulary, longest: longest)
    }
  }

  var problem: ProblemType { problemType }
  var isDrawable: Bool { false }

  var textForm: TextForm? {
    guard case .tokens = input else { return nil }
    var form = TextForm.perceiverBytes(vocabulary: vocabulary)
    form?.longest = longestText
    return form
  }

  var media: MediaForm? {
    switch kind {
    case .opticalFlow: .framePair(height: frameSize[0], width: frameSize[1])
    case .multimodal:
      .film(
        FilmForm(
          frames: film.frames, height: film.output[1], width: film.output[2],
          samplesPerFrame: film.samplesPerFrame, rate: Self.soundRate))
    default: nil
    }
  }

  var photoProcessor: JSONValue? {
    guard kind.readsPhotos else { return nil }
    return photoProcessorJSON ?? .object([])
  }

  func validate() throws {
    guard (0.01...100).contains(attentionTemperature) else {
      throw ConfigurationError(
        "attention_temperature: expected a number from 0.01 to 100, found \(attentionTemperature)")
    }
    try checkHeads()
  }

  /// Checks that heads divide the channels of what they share.
  func checkHeads() throws(ConfigurationError) {
    let queries = queryChannels ?? latentDim
    let readQueries = queryChannels ?? (takesWidthOfInput ? tokenChannels : latentDim)
    for (name, heads, channels) in [
      ("num_self_attention_heads", selfHeads, queries),
      ("num_self_attention_heads", selfHeads, valueChannels ?? queries),
      ("num_cross_attention_heads", crossHeads, readQueries),
      ("num_cross_attention_heads", crossHeads, valueChannels ?? readQueries),
    ] where heads < 1 || channels % heads != 0 {
      throw ConfigurationError(
        "\(name): expected a number that divides \(channels) channels, found \(heads)")
    }
  }

  func check(input tensor: Tensor) throws {
    if kind == .opticalFlow {
      return try PatchedFrames.check(tensor, size: frameSize, "train_size")
    }
    try checkForm(of: tensor)
    if kind == .multimodal {
      let axes = Array(tensor.shape.dropLast())
      guard film.tokens(axes) != nil else {
        throw ConfigurationError(
          "input: expected frames whose height and width divide by \(FilmShape.side), found \(axes)"
        )
      }
    }
    let axes = Array(tensor.shape.dropLast())
    if kind == .imageLearned, axes.reduce(1, *) != positionCount {
      throw ConfigurationError(
        "input: expected \(positionCount) pixels, each of which has a learnt position, found \(axes)"
      )
    }
    if kind == .imageConvolution, inputSide.tokenAxes(axes).contains(0) {
      throw ConfigurationError(
        "input: expected a picture of at least 5 × 5 pixels for its convolution, found \(axes)")
    }
  }

  /// Samples in a second where a film has 25 frames, as DeepMind's notebook reads it.
  private static let soundRate = 48000

  func check(sound: Tensor?, beside input: Tensor) throws {
    guard let sound else { return }
    let expected = kind == .multimodal ? film.samples(frames: input.shape[0]) : 0
    guard sound.shape == [expected], expected > 0 else {
      throw ConfigurationError(
        "sound: expected \(expected == 0 ? "none" : "\(expected) samples"), found \(sound.count)")
    }
  }

  func modalities(of axes: [Int]) -> [Modality] {
    guard kind == .multimodal, let counts = film.tokens(axes) else { return [] }
    let frames = counts[0]..<counts[0] + counts[1]
    return [
      Modality(name: "sound", tokens: 0..<counts[0], axes: [counts[0]]),
      Modality(
        name: "frames", tokens: frames,
        axes: [axes[0], axes[1] / FilmShape.side, axes[2] / FilmShape.side]),
      Modality(name: "label", tokens: frames.upperBound..<frames.upperBound + 1, axes: [1]),
    ]
  }

  static let catalog: [Hyperparameter] = [
    fixed("num_latents", \.numLatents, "rows of the latent array"),
    fixed("d_latents", \.latentDim, "channels of a latent"),
    fixed("num_blocks", \.numBlocks, "how often the block of self-attentions is applied"),
    fixed("num_self_attends_per_block", \.layersPerBlock, "self-attentions of the block"),
    fixed("num_self_attention_heads", \.selfHeads, "heads of every self-attention"),
    fixed("num_cross_attention_heads", \.crossHeads, "heads of the encoder's cross-attention"),
    temperature(\.attentionTemperature),
  ]
}

extension TextForm {
  /// transformers' `PerceiverTokenizer`; nil for a model with a vocabulary of another size, whose
  /// tokens are not these bytes.
  static func perceiverBytes(vocabulary: Int) -> TextForm? {
    let specials = ["[PAD]", "[BOS]", "[EOS]", "[MASK]", "[CLS]", "[SEP]"]
    guard vocabulary == specials.count + 256 else { return nil }
    return TextForm(offset: specials.count, start: 4, end: 5, mask: 3, specials: specials)
  }
}
