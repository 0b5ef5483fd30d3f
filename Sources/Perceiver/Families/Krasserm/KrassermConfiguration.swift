// The hyperparameters of perceiver-io's classes (github.com/krasserm/perceiver-io), 0.7 to 0.11, and
// their models as stages: transformers' layers under other names, with several cross-attentions.

import Tensors

/// A model of `perceiver-io`.
struct KrassermConfiguration: Sendable, Hashable {
  /// A class of the package.
  enum Kind: String, Sendable, Hashable, CaseIterable {
    case image = "perceiver-io-image-classifier"
    case maskedLanguage = "perceiver-io-masked-language-model"
    case textClassifier = "perceiver-io-text-classifier"
    case opticalFlow = "perceiver-io-optical-flow"
  }

  /// Sizes of one attention layer, as its weights have them.
  struct Sizes: Sendable, Hashable {
    var heads = 1
    var queryChannels = 1
    var valueChannels = 1
    var widening = 1
  }

  var kind = Kind.image
  var numLatents = 1
  var latentDim = 1
  var cross = Sizes()
  var selves = Sizes()
  var decoder = Sizes()
  /// How often latents read the input.
  var crossLayers = 1
  /// Whether all cross-attentions have the first one's weights.
  var sharesFirstCross = false
  var numBlocks = 1
  var layersPerBlock = 1
  /// Whether all blocks have the first one's weights.
  var sharesFirstBlock = true
  /// Whether the decoder's output is added to what asked.
  var addsQueries = true
  /// `[height, width, channels]`; of frames the channels of their pixels.
  var imageShape = [1, 1, 1]
  var bands = 1
  /// Channels that two frames' patches become.
  var patchChannels = 1
  /// What the components of a flow are divided by.
  var rescaleFactor = 100.0
  var vocabulary = 1
  var longest = 1
  /// Channels of an embedded token.
  var textDim = 1
  /// Rows and channels of what the decoder is asked.
  var outputQueries = [1, 1]
  var outputs = 1
  /// Whether the embedding is used again for the outputs.
  var isTied = true
  var classNames: [String]?
  var preprocessing: Preprocessing?
  /// The photo processor's JSON, of a folder that has one.
  var photoProcessorJSON: JSONValue?
  var attentionTemperature = 1.0
}

extension KrassermConfiguration: FamilyConfiguration {
  var title: String {
    switch kind {
    case .image: "perceiver-io image classifier"
    case .maskedLanguage: "perceiver-io masked language model"
    case .textClassifier: "perceiver-io text classifier"
    case .opticalFlow: "perceiver-io optical flow"
    }
  }

  /// Whether it reads numbers of tokens.
  private var readsText: Bool { kind == .maskedLanguage || kind == .textClassifier }

  var word: String { "perceiver-io" }
  var isDrawable: Bool { false }

  var input: InputForm {
    switch kind {
    case .image: .data(axes: 2, channels: imageShape[2])
    case .opticalFlow: .data(axes: 3, channels: PatchedFrames.pixel)
    case .maskedLanguage, .textClassifier: .tokens(vocabulary: vocabulary, longest: longest)
    }
  }

  var textForm: TextForm? {
    readsText ? .perceiverBytes(vocabulary: vocabulary) : nil
  }

  var media: MediaForm? {
    kind == .opticalFlow ? .framePair(height: imageShape[0], width: imageShape[1]) : nil
  }

  static let catalog: [Hyperparameter] = [
    fixed("num_latents", \.numLatents, "rows of the latent array"),
    fixed("num_latent_channels", \.latentDim, "channels of a latent"),
    fixed("num_cross_attention_layers", \.crossLayers, "how often latents read the input"),
    fixed("num_self_attention_blocks", \.numBlocks, "blocks of self-attentions"),
    fixed("num_self_attention_layers_per_block", \.layersPerBlock, "self-attentions of a block"),
    temperature(\.attentionTemperature),
  ]

  func validate() throws {
    guard (0.01...100).contains(attentionTemperature) else {
      throw ConfigurationError(
        "attention_temperature: expected a number from 0.01 to 100, found \(attentionTemperature)")
    }
  }

  func check(input tensor: Tensor) throws {
    if kind == .opticalFlow {
      return try PatchedFrames.check(tensor, size: Array(imageShape.prefix(2)), "image_shape")
    }
    try checkForm(of: tensor)
    guard kind != .image || tensor.shape == imageShape else {
      throw ConfigurationError(
        "input: expected shape \(imageShape) (image_shape), found \(tensor.shape)")
    }
  }
}

// MARK: - Stages

extension KrassermConfiguration {
  var latents: ModelPlan.LatentArray {
    .init(name: "0.latent_provider._query", count: numLatents, dim: latentDim)
  }

  /// Frequencies run to half the picture's own sides.
  var positions: [FourierEncoding] {
    guard !readsText else { return [] }
    return imageShape.dropLast().map { FourierEncoding(bands: bands, maxFrequency: Double($0)) }
  }

  /// Channels of a token's data, before its positions.
  private var dataChannels: Int {
    switch kind {
    case .image: imageShape[2]
    case .opticalFlow: patchChannels
    case .maskedLanguage, .textClassifier: textDim
    }
  }

  private var tokenChannels: Int { dataChannels + positions.reduce(0) { $0 + $1.features } }

  private static let words = "0.input_adapter.txt_embedding.weight"

  var inputSide: any InputSide {
    switch kind {
    case .image: EncodedTokens(channels: dataChannels, axes: 2, positions: positions)
    case .opticalFlow:
      PreparedTokens(
        preparation: PatchedFrames(
          layer: Projection(
            "0.input_adapter.linear", inputs: PatchedFrames.frames * PatchedFrames.patch,
            outputs: patchChannels)),
        positions: positions, columns: FourierEncoding.columns(positions, data: dataChannels))
    case .maskedLanguage, .textClassifier:
      EmbeddedTokens(
        words: Self.words, vocabulary: vocabulary,
        positions: "0.input_adapter.pos_embedding.weight",
        longest: longest, channels: textDim)
    }
  }

  var queries: QueryPlan {
    guard kind != .opticalFlow else { return .tokens }
    return .learnt(
      name: "1.output_query_provider._query", rows: outputQueries[0], channels: outputQueries[1],
      // A language model answers for the tokens of the text alone.
      kind == .maskedLanguage ? .oneEachToken : .all)
  }

  var ending: Ending {
    guard kind != .opticalFlow else {
      return .outputs(
        Projection("1.output_adapter.linear", inputs: tokenChannels, outputs: outputs),
        factor: Float(1 / rescaleFactor))
    }
    let layer =
      kind == .maskedLanguage && isTied
      ? Projection(
        weight: Self.words, bias: "1.output_adapter.bias", inputs: outputQueries[1],
        outputs: outputs)
      : Projection("1.output_adapter.linear", inputs: outputQueries[1], outputs: outputs)
    return kind == .maskedLanguage ? .outputs(layer) : .decodedClassifier(layer)
  }

  var stages: [StagePlan] {
    var list = StageList()
    for block in 0..<numBlocks {
      if block < crossLayers {
        let name = block == 0 || sharesFirstCross ? "0.cross_attn_1" : "0.cross_attn_n"
        let layer = layer(name, dim: latentDim, reading: tokenChannels, cross)
        var attention = layer.attention(attentionTemperature)
        attention.contextColumns =
          positions.isEmpty ? nil : FourierEncoding.columns(positions, data: dataChannels)
        list.add(
          AttentionStage.cross(attention), layer: block, feedForward: layer.feedForward)
      }
      let name = block == 0 || sharesFirstBlock ? "0.self_attn_1" : "0.self_attn_n"
      for index in 0..<layersPerBlock {
        let layer = layer("\(name).\(index)", dim: latentDim, reading: nil, selves)
        list.add(
          AttentionStage.latents(layer.attention(attentionTemperature)), layer: block,
          block: index, feedForward: layer.feedForward)
      }
    }
    let asking = kind == .opticalFlow ? tokenChannels : outputQueries[1]
    let layer = layer("1.cross_attn", dim: asking, reading: latentDim, decoder)
    list.add(
      AttentionStage.decoding(layer.attention(attentionTemperature)), layer: 0,
      addsQueries ? .added : .replacing, feedForward: layer.feedForward)
    return list.stages
  }

  private func layer(
    _ name: String, dim: Int, reading context: Int?, _ sizes: Sizes
  ) -> PerceiverLayer {
    PerceiverLayer(
      name, dim: dim, reading: context, heads: sizes.heads, queryChannels: sizes.queryChannels,
      valueChannels: sizes.valueChannels, widening: sizes.widening,
      naming: .perceiverIO(isCross: context != nil))
  }
}
