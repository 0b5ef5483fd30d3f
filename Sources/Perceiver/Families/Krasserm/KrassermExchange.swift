// What perceiver-io and transformers both have: the same layers under other names. Either's
// configuration is made of the other's where nothing is computed otherwise.

import Tensors

extension KrassermConfiguration.Kind {
  /// The class of transformers that computes the same.
  fileprivate var huggingFace: HuggingFaceConfiguration.Kind {
    switch self {
    case .image: .imageFourier
    case .maskedLanguage: .maskedLanguage
    case .textClassifier: .sequenceClassification
    case .opticalFlow: .opticalFlow
    }
  }
}

extension KrassermConfiguration {
  /// perceiver-io's configuration of a model of transformers.
  ///
  /// - Throws: `ConfigurationError` for a class that perceiver-io does not have.
  init(_ other: HuggingFaceConfiguration) throws {
    func refuse(_ found: String) -> ConfigurationError {
      ConfigurationError(
        "layout \(Self.folderLayout): expected a model that perceiver-io has, found \(found)")
    }
    guard let kind = Kind.allCases.first(where: { $0.huggingFace == other.kind }) else {
      throw refuse("a \(other.title)")
    }
    guard other.addsQueries else { throw refuse("a cross-attention that is not added to latents") }
    guard let last = other.stages.last else { throw refuse("no stage") }
    self.init()
    self.kind = kind
    (numLatents, latentDim) = (other.numLatents, other.latentDim)
    (numBlocks, layersPerBlock) = (other.numBlocks, other.layersPerBlock)
    cross = Sizes(other.stages[0])
    if layersPerBlock > 0 { selves = Sizes(other.stages[1]) }
    decoder = Sizes(last)
    addsQueries = last.joining == .added
    let positions = other.positions
    if let first = positions.first {
      imageShape = positions.map { Int($0.maxFrequency) } + [PatchedFrames.pixel]
      bands = first.bands
    }
    patchChannels = kind == .opticalFlow ? other.pixelChannels : 1
    if case .tokens(let words, let most) = other.input {
      (vocabulary, longest, textDim) = (words, most, other.modelDim)
    }
    if case .learnt(_, let rows, let channels, _) = other.queries {
      outputQueries = [rows, channels]
    }
    outputs =
      switch kind {
      case .image, .textClassifier: other.classes
      case .maskedLanguage: other.vocabulary
      case .opticalFlow: 2
      }
    (classNames, preprocessing) = (other.classNames, other.preprocessing)
    attentionTemperature = other.attentionTemperature
  }
}

extension KrassermConfiguration.Sizes {
  /// Those of a stage that begins with an attention.
  fileprivate init(_ stage: StagePlan) {
    guard let block = stage.operation.attentionBlock else { return }
    (heads, queryChannels, valueChannels) = (block.heads, block.inner, block.valueInner)
    widening = (stage.feedForward?.inner.outputs ?? block.dim) / block.dim
  }
}

extension HuggingFaceConfiguration {
  /// transformers' configuration of a model of perceiver-io.
  ///
  /// - Throws: `ConfigurationError` with what transformers' class cannot do.
  init(_ other: KrassermConfiguration) throws {
    let widths = [nil, other.cross.queryChannels].flatMap { query in
      [nil, other.cross.valueChannels].flatMap { value in
        [true, false].map { (query, value, $0) }
      }
    }
    // One pair of widths serves the first attention and those of the blocks.
    let candidates = widths.map { Self(other, queries: $0.0, values: $0.1, ofInput: $0.2) }
    let same = try candidates.first { try other.difference(from: KrassermConfiguration($0)) == nil }
    guard let same, other.layersPerBlock == 0 || other.selves.valueChannels == other.latentDim
    else {
      let closest = try candidates.compactMap {
        try other.difference(from: KrassermConfiguration($0))
      }.first
      throw ConfigurationError(
        "layout \(Self.folderLayout): expected a model that transformers has, found "
          + (closest ?? "self-attentions with \(other.selves.valueChannels) channels of values"))
    }
    self = same
  }

  private init(
    _ other: KrassermConfiguration, queries: Int?, values: Int?, ofInput: Bool
  ) {
    self.init()
    kind = other.kind.huggingFace
    (numLatents, latentDim) = (other.numLatents, other.latentDim)
    (numBlocks, layersPerBlock) = (other.numBlocks, other.layersPerBlock)
    (crossHeads, selfHeads) = (other.cross.heads, other.selves.heads)
    (crossWidening, selfWidening) = (other.cross.widening, other.selves.widening)
    (queryChannels, valueChannels, takesWidthOfInput) = (queries, values, ofInput)
    (vocabulary, longest, modelDim) = (other.vocabulary, other.longest, other.textDim)
    (pixelChannels, frameSize) = (other.patchChannels, Array(other.imageShape.prefix(2)))
    if other.ending.classes != nil { classes = other.outputs }
    (classNames, preprocessing) = (other.classNames, other.preprocessing)
    attentionTemperature = other.attentionTemperature
  }
}

extension KrassermConfiguration {
  /// What a configuration has that another has not, in words; nil if they compute the same.
  fileprivate func difference(from other: Self) -> String? {
    func text(_ sizes: Sizes) -> String {
      "\(sizes.heads) heads of \(sizes.queryChannels) and \(sizes.valueChannels) channels, "
        + "widening \(sizes.widening)"
    }
    let questions: [(name: String, answer: (Self) -> String)] = [
      ("num_cross_attention_layers", { "\($0.crossLayers)" }),
      (
        "first_self_attention_block_shared", { "\($0.numBlocks == 1 || $0.sharesFirstBlock)" }
      ),
      ("image_shape", { "\($0.imageShape)" }),
      ("num_frequency_bands", { "\($0.bands)" }),
      ("rescale_factor", { "\($0.rescaleFactor)" }),
      ("num_output_queries", { "\($0.outputQueries)" }),
      ("tied embedding", { "\($0.isTied)" }),
      ("cross_attention_residual", { "\($0.addsQueries)" }),
      ("decoder", { text($0.decoder) }),
      ("cross-attention", { text($0.cross) }),
      ("self-attention", { $0.layersPerBlock == 0 ? "none" : text($0.selves) }),
    ]
    for (name, answer) in questions where answer(self) != answer(other) {
      return "\(name) \(answer(self)), where it is \(answer(other))"
    }
    return nil
  }
}
