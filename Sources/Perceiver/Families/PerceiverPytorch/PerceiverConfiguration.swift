// The hyperparameters of a Perceiver as one value. What each is called, means and may be
// stands once, in HyperparameterCatalog; checking stands in ConfigurationChecks.

/// The hyperparameters of perceiver-pytorch's classes, by its argument names in Swift spelling.
///
/// Defaults are those of the package's README example. `PerceiverConfiguration()` is that model.
/// Which of them a class has is said by `Hyperparameter.applies(to:)`; the others have no effect.
public struct PerceiverConfiguration: Sendable, Hashable {
  /// The class of model.
  public var variant = Variant.perceiver
  /// The release of perceiver-pytorch whose numerics and rules of sharing it has.
  public var release = Release.latest
  /// Channels of a token before position encoding (`input_channels`): 3 for colour, 1 for grey.
  public var inputChannels = 3
  /// Axes of the input (`input_axis`): 1 for audio, 2 for images, 3 for video.
  public var inputAxes = 2
  /// Fourier frequency bands per axis (`num_freq_bands`).
  public var numFreqBands = 6
  /// The highest frequency of the encoding (`max_freq`); bands run from 1 to half of it.
  public var maxFreq = 10.0
  /// Layers: each one cross-attention followed by its latent self-attention blocks (`depth`).
  public var depth = 6
  /// Rows of the latent array (`num_latents`).
  public var numLatents = 256
  /// Channels of a latent (`latent_dim`).
  public var latentDim = 512
  /// Heads of every cross-attention (`cross_heads`).
  public var crossHeads = 1
  /// Heads of every latent self-attention (`latent_heads`).
  public var latentHeads = 8
  /// Channels per head of queries, keys and values in cross-attention (`cross_dim_head`).
  public var crossDimHead = 64
  /// Channels per head of queries, keys and values in latent self-attention (`latent_dim_head`).
  public var latentDimHead = 64
  /// Classes that the head scores (`num_classes`).
  public var numClasses = 1000
  /// Share of attention weights dropped in training (`attn_dropout`).
  public var attnDropout = 0.0
  /// Share of feed-forward outputs dropped in training (`ff_dropout`).
  public var ffDropout = 0.0
  /// Whether layers after the first share the second layer's weights (`weight_tie_layers`).
  public var weightTieLayers = false
  /// Latent self-attention blocks after each cross-attention (`self_per_cross_attn`).
  public var selfPerCrossAttn = 1
  /// Whether positions are appended to the data as Fourier features (`fourier_encode_data`).
  public var fourierEncodeData = true
  /// Whether a classifier follows the last layer (`final_classifier_head`).
  public var finalClassifierHead = true
  /// Which layers' cross-attention normalises over latents (`inverted_cross_attn`, from 0.9.0).
  public var invertedCrossAttn = LayerSwitch.none
  /// Whether each layer's input mixes all earlier outputs (`attn_residual`, from 0.10.0).
  public var attnResidual = false
  /// Rank of the mixing weights of the attention residual (`attn_residual_rank`).
  public var attnResidualRank = 64
  /// What attention scores are divided by, beyond the root of the channels; 1 as trained.
  public var attentionTemperature = 1.0
  /// Base of the logarithmic frequency bands (`freq_base`, up to 0.7.1).
  public var freqBase = 2.0
  /// Whether latent self-attention has a rotary embedding (`self_attn_rel_pos`, 0.3 and 0.4).
  public var selfAttnRelPos = true
  /// Channels of Perceiver IO's output queries (`queries_dim`).
  public var queriesDim = 32
  /// Channels of Perceiver IO's outputs (`logits_dim`); 0 for the decoder's own.
  public var logitsDim = 0
  /// Whether a feed-forward follows Perceiver IO's decoder (`decoder_ff`, from 0.6.2).
  public var decoderFF = false
  /// Share of the input left out in training (`seq_dropout_prob`, from 0.8.4).
  public var seqDropoutProb = 0.0
  /// Tokens in PerceiverLM's vocabulary (`num_tokens`).
  public var numTokens = 256
  /// The longest sequence of PerceiverLM (`max_seq_len`).
  public var maxSeqLen = 512
  /// Channels of PerceiverLM's embedded tokens (`dim`).
  public var dim = 64
  /// How the pictures that it has learnt became its numbers; nil where nobody said. Nothing is
  /// computed from it here: who prepares an input asks for it.
  public var preprocessing: Preprocessing?
  private var givenClassNames: [String] = []

  /// Makes the configuration of perceiver-pytorch's README, changed where arguments say so.
  public init(
    inputChannels: Int = 3, inputAxes: Int = 2, numFreqBands: Int = 6, maxFreq: Double = 10,
    depth: Int = 6, numLatents: Int = 256, latentDim: Int = 512, crossHeads: Int = 1,
    latentHeads: Int = 8, crossDimHead: Int = 64, latentDimHead: Int = 64, numClasses: Int = 1000,
    attnDropout: Double = 0, ffDropout: Double = 0, weightTieLayers: Bool = false,
    selfPerCrossAttn: Int = 1, fourierEncodeData: Bool = true, finalClassifierHead: Bool = true,
    invertedCrossAttn: LayerSwitch = .none, attnResidual: Bool = false, attnResidualRank: Int = 64
  ) {
    self.inputChannels = inputChannels
    self.inputAxes = inputAxes
    self.numFreqBands = numFreqBands
    self.maxFreq = maxFreq
    self.depth = depth
    self.numLatents = numLatents
    self.latentDim = latentDim
    self.crossHeads = crossHeads
    self.latentHeads = latentHeads
    self.crossDimHead = crossDimHead
    self.latentDimHead = latentDimHead
    self.numClasses = numClasses
    self.attnDropout = attnDropout
    self.ffDropout = ffDropout
    self.weightTieLayers = weightTieLayers
    self.selfPerCrossAttn = selfPerCrossAttn
    self.fourierEncodeData = fourierEncodeData
    self.finalClassifierHead = finalClassifierHead
    self.invertedCrossAttn = invertedCrossAttn
    self.attnResidual = attnResidual
    self.attnResidualRank = attnResidualRank
  }

  /// What the classes are called, by number; nil where nobody said, or said it of another number of
  /// classes than `numClasses`. Nothing is computed from it, and numbers are no names.
  public var classNames: [String]? {
    get { !givenClassNames.isEmpty && givenClassNames.count == numClasses ? givenClassNames : nil }
    set {
      let names = newValue ?? []
      givenClassNames = names == names.indices.map(String.init) ? [] : names
    }
  }

  /// Fourier features of one position of the input: `inputAxes × (2 × numFreqBands + 1)`.
  public var positionFeatures: Int { inputAxes * (2 * numFreqBands + 1) }

  /// Fourier features that one token gets: those of its position, or none.
  public var positionChannels: Int { encodesPositions ? positionFeatures : 0 }

  /// Channels of a token as the cross-attention reads it: data, then positions.
  public var tokenChannels: Int {
    variant == .languageModel ? dim : inputChannels + positionChannels
  }

  private var encodesPositions: Bool {
    switch variant {
    case .gated, .mixedLatents: true
    case .io: fourierEncodeData
    // Before the switch came, positions were always encoded.
    case .perceiver: fourierEncodeData || release < Release(0, 2, 0)
    case .bottomUp: fourierEncodeData || release < Release(0, 8, 8)
    case .languageModel: false
    }
  }
}

/// A switch that is the same in every layer, or set layer by layer.
public enum LayerSwitch: Sendable, Hashable {
  /// Off in every layer.
  case none
  /// On in every layer.
  case all
  /// One entry a layer; there must be `depth` of them.
  case each([Bool])

  /// Whether the switch is on in a layer, counted from 0.
  public func isOn(inLayer layer: Int) -> Bool {
    switch self {
    case .none: false
    case .all: true
    case .each(let layers): layers.indices.contains(layer) && layers[layer]
    }
  }
}
