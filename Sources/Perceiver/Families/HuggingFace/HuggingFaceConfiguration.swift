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
    case maskedLanguage = "PerceiverForMaskedLM"
    case sequenceClassification = "PerceiverForSequenceClassification"
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
    case .maskedLanguage: "HuggingFace masked language model"
    case .sequenceClassification: "HuggingFace text classifier"
    }
  }

  /// What its own names begin with inside a file: every class but the bare one holds a Perceiver.
  var prefix: String { self == .bare ? "" : "perceiver." }

  /// A parameter that this class has, and none of those that are listed before it.
  fileprivate var mark: String? {
    switch self {
    case .bare: nil
    case .maskedLanguage: "embedding_decoder.bias"
    case .sequenceClassification: "perceiver.input_preprocessor.embeddings.weight"
    case .imageFourier: "perceiver.decoder.decoder.final_layer.weight"
    }
  }

  /// The class whose parameters these names are.
  static func of(_ names: Set<String>) -> Self? {
    let unknown = names.first { name in
      name.hasPrefix("perceiver.input_preprocessor.")
        && !name.hasPrefix("perceiver.input_preprocessor.embeddings.")
        && !name.hasPrefix("perceiver.input_preprocessor.position_embeddings.weight")
    }
    guard unknown == nil else { return nil }
    let byMark: [Self] = [.maskedLanguage, .sequenceClassification, .imageFourier]
    return byMark.first { $0.mark.map(names.contains) ?? false }
      ?? (names.contains("embeddings.latents") ? .bare : nil)
  }
}

// MARK: - As every family's

extension HuggingFaceConfiguration: FamilyConfiguration {
  var title: String { kind.title }
  var word: String { "huggingface" }

  var input: InputForm {
    switch kind {
    case .bare: .data(axes: 1, channels: modelDim)
    case .imageFourier: .data(axes: 2, channels: 3)
    case .maskedLanguage, .sequenceClassification:
      .tokens(vocabulary: vocabulary, longest: longest)
    }
  }

  var problem: ProblemType { problemType }
  var isDrawable: Bool { false }

  var textForm: TextForm? {
    guard case .tokens = input else { return nil }
    return TextForm(
      offset: 6, start: 4, end: 5, mask: 3,
      specials: ["[PAD]", "[BOS]", "[EOS]", "[MASK]", "[CLS]", "[SEP]"])
  }

  var photoProcessor: JSONValue? {
    guard kind == .imageFourier else { return nil }
    return photoProcessorJSON ?? .object([])
  }

  func validate() throws {
    guard (0.01...100).contains(attentionTemperature) else {
      throw ConfigurationError(
        "attention_temperature: expected a number from 0.01 to 100, found \(attentionTemperature)")
    }
  }

  func check(input tensor: Tensor) throws {
    switch input {
    case .data(let axes, let channels):
      guard tensor.shape.count == axes + 1 else {
        throw ConfigurationError(
          "input: expected \(axes == 1 ? "1 axis" : "\(axes) axes") and channels, found shape "
            + "\(tensor.shape)")
      }
      guard tensor.shape[axes] == channels else {
        throw ConfigurationError(
          "input: expected \(channels) channels, found \(tensor.shape[axes])")
      }
    case .tokens(let vocabulary, let longest):
      guard tensor.shape.count == 1 else {
        throw ConfigurationError(
          "input: expected numbers of tokens, found shape \(tensor.shape)")
      }
      guard tensor.count <= longest else {
        throw ConfigurationError(
          "input: expected at most \(longest) tokens (max_position_embeddings), found "
            + "\(tensor.count)")
      }
      let range = Float(0)...Float(vocabulary - 1)
      let wrong = tensor.values.enumerated().first {
        !range.contains($0.element) || $0.element != $0.element.rounded()
      }
      if let wrong {
        throw ConfigurationError(
          "input: expected tokens from 0 to \(vocabulary - 1) (vocab_size), found "
            + "\(wrong.element) at place \(wrong.offset)")
      }
    }
  }

  static let catalog: [Hyperparameter] = [
    integer("num_latents", \.numLatents, "rows of the latent array"),
    integer("d_latents", \.latentDim, "channels of a latent"),
    integer("num_blocks", \.numBlocks, "how often the block of self-attentions is applied"),
    integer("num_self_attends_per_block", \.layersPerBlock, "self-attentions of the block"),
    integer("num_self_attention_heads", \.selfHeads, "heads of every self-attention"),
    integer("num_cross_attention_heads", \.crossHeads, "heads of the encoder's cross-attention"),
    Hyperparameter(
      name: "attention_temperature",
      help: "what scores are divided by; 1 as trained, above it attention spreads",
      domain: .real(0.01...100, step: 0.1), effect: .recomputesStages,
      read: { (own: Self) in .real(own.attentionTemperature) },
      write: { value, own in if case .real(let number) = value { own.attentionTemperature = number }
      }
    ),
  ]

  private static func integer(
    _ name: String, _ path: any WritableKeyPath<Self, Int> & Sendable, _ help: String
  ) -> Hyperparameter {
    Hyperparameter(
      name: name, help: help, domain: .integer(1...1_000_000, step: .one), effect: .rebuildsModel,
      read: { (own: Self) in .integer(own[keyPath: path]) },
      write: { value, own in if case .integer(let number) = value { own[keyPath: path] = number } })
  }

  func has(_ hyperparameter: Hyperparameter) -> Bool {
    Self.catalog.contains { $0.name == hyperparameter.name }
  }
}
