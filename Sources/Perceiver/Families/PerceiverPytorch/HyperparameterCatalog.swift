// The table of perceiver-pytorch's hyperparameters: a new one is one entry here, with where it applies,
// and one stored property.

/// Every hyperparameter of perceiver-pytorch's classes, in the order in which they are shown.
public enum HyperparameterCatalog {
  /// The table.
  public static let all: [Hyperparameter] = entries.map(\.hyperparameter)

  /// The names by which the rest of the program asks for single hyperparameters.
  public enum Name {
    /// Channels of the input.
    public static let inputChannels = "input_channels"
    /// Axes of the input.
    public static let inputAxes = "input_axis"
    /// Classes that the head scores.
    public static let classes = "num_classes"
    /// Channels of what a decoder is asked.
    public static let queryChannels = "queries_dim"
    /// Channels of an embedded token.
    public static let tokenChannels = "dim"
    /// What the input decides.
    public static let ofInput: Set = [inputChannels, inputAxes]
  }

  /// A hyperparameter, where it applies, and where its value stands.
  struct Entry: Sendable {
    let hyperparameter: Hyperparameter
    private let uses: [HyperparameterUse]
    let read: @Sendable (PerceiverConfiguration) -> HyperparameterValue
    let write: @Sendable (HyperparameterValue, inout PerceiverConfiguration) -> Void

    init(
      name: String, help: String, domain: HyperparameterDomain, effect: HyperparameterEffect,
      uses: [HyperparameterUse], source: String? = nil,
      read: @escaping @Sendable (PerceiverConfiguration) -> HyperparameterValue,
      write: @escaping @Sendable (HyperparameterValue, inout PerceiverConfiguration) -> Void
    ) {
      (self.uses, self.read, self.write) = (uses, read, write)
      hyperparameter = Hyperparameter(
        name: name, help: help, domain: domain, effect: effect, source: source, read: read,
        write: write)
    }

    /// Whether a model has it; otherwise its value has no effect.
    func applies(to configuration: PerceiverConfiguration) -> Bool {
      uses.contains { $0.covers(configuration) }
    }
  }

  static let entries: [Entry] = [
    integer("depth", \.depth, 1...512, .one, "layers: a cross-attention and its latent blocks"),
    integer("num_latents", \.numLatents, 1...65536, .doubling, "rows of the latent array"),
    integer("latent_dim", \.latentDim, 1...16384, .doubling, "channels of a latent"),
    integer(
      "num_freq_bands", \.numFreqBands, 0...4096, .one, "Fourier frequency bands per axis",
      in: [.init(.but(.languageModel))]),
    real(
      "max_freq", \.maxFreq, 0.001...1_000_000, step: 1,
      "highest Fourier frequency; bands run from 1 to half of it", .recomputesStages,
      in: [.init(.but(.languageModel))]),
    integer(
      "self_per_cross_attn", \.selfPerCrossAttn, 0...512, .one,
      "latent self-attention blocks after each cross-attention",
      in: [.init([.perceiver], from: Release(0, 2, 0)), .init(.decoders, to: Release(0, 6, 2))]),
    toggle(
      "weight_tie_layers", \.weightTieLayers, "layers from the second on share their weights"),
    integer("cross_heads", \.crossHeads, 1...1024, .doubling, "heads of cross-attention"),
    integer(
      "latent_heads", \.latentHeads, 1...1024, .doubling, "heads of latent self-attention",
      in: [.init(.but(.mixedLatents))]),
    integer(
      "cross_dim_head", \.crossDimHead, 1...16384, .doubling, "channels per cross-attention head"),
    integer(
      "latent_dim_head", \.latentDimHead, 1...16384, .doubling,
      "channels per latent self-attention head", in: [.init(.but(.mixedLatents))]),
    integer(
      Name.classes, \.numClasses, 1...1_000_000, .doubling, "classes that the head scores",
      in: [.init(.classifiers)]),
    toggle(
      "fourier_encode_data", \.fourierEncodeData,
      "append positions to the data as Fourier features",
      in: [
        .init([.perceiver], from: Release(0, 2, 0)), .init([.io]),
        .init([.bottomUp], from: Release(0, 8, 8)),
      ]),
    toggle(
      "final_classifier_head", \.finalClassifierHead, "end in a classifier; without it, latents",
      in: [.init([.perceiver], from: Release(0, 7, 1))]),
    layers(
      "inverted_cross_attn", \.invertedCrossAttn,
      "weights normalised over latents, as in slot attention",
      in: [.init([.perceiver], from: Release(0, 9, 0)), .init(.decoders, from: Release(0, 10, 0))]),
    toggle(
      "attn_residual", \.attnResidual, "each layer mixes the outputs of all earlier ones",
      in: [.init([.perceiver] + .decoders, from: Release(0, 10, 0))]),
    integer(
      "attn_residual_rank", \.attnResidualRank, 1...16384, .doubling,
      "rank of the attention residual's weights",
      in: [.init([.perceiver] + .decoders, from: Release(0, 10, 0))]),
    real(
      "attn_dropout", \.attnDropout, 0...0.999, step: 0.05,
      "share of attention weights dropped in training", .trainingOnly, in: [.init(.classifiers)]),
    real(
      "ff_dropout", \.ffDropout, 0...0.999, step: 0.05,
      "share of feed-forward outputs dropped in training", .trainingOnly, in: [.init(.classifiers)]),
    real(
      "seq_dropout_prob", \.seqDropoutProb, 0...0.999, step: 0.05,
      "share of the input left out in training", .trainingOnly,
      in: [.init(.decoders, from: Release(0, 8, 4))]),
    real(
      "attention_temperature", \.attentionTemperature, 0.01...100, step: 0.1,
      "scores are divided by it; 1 as trained, more spreads attention", .recomputesStages),
    integer(
      Name.queryChannels, \.queriesDim, 1...16384, .one, "channels of an output query",
      in: [.init([.io])]),
    integer(
      "logits_dim", \.logitsDim, 0...1_000_000, .doubling, "channels of an output; 0 for none",
      in: [.init([.io])]),
    toggle(
      "decoder_ff", \.decoderFF, "a feed-forward follows the decoder",
      in: [.init(.decoders, from: Release(0, 6, 2))]),
    integer(
      "num_tokens", \.numTokens, 1...1_000_000, .doubling, "tokens in the vocabulary",
      in: [.init([.languageModel])]),
    integer(
      "max_seq_len", \.maxSeqLen, 1...1_000_000, .doubling, "longest sequence of tokens",
      in: [.init([.languageModel])]),
    integer(
      Name.tokenChannels, \.dim, 1...16384, .doubling, "channels of an embedded token",
      in: [.init([.languageModel])]),
    real(
      "freq_base", \.freqBase, 1.001...1000, step: 1,
      "base of logarithmic frequency bands, in releases up to 0.7.1", .recomputesStages,
      in: [.init(.classifiers, to: Release(0, 7, 1))]),
    toggle(
      "self_attn_rel_pos", \.selfAttnRelPos,
      "latents' positions are rotated into self-attention, in releases 0.3 and 0.4",
      in: [.init([.perceiver], from: Release(0, 3, 0), to: Release(0, 4, 0))]),
    choice(
      "variant", Variant.allCases.map(\.rawValue), "class of model", .rebuildsModel,
      read: { $0.variant.rawValue },
      write: { name, configuration in
        Variant(rawValue: name).map { configuration.variant = $0 }
      }),
    choice(
      "release", Release.all.map(\.description),
      "release of perceiver-pytorch whose numerics it has", .rebuildsModel,
      read: { $0.release.description },
      write: { name, configuration in Release(name).map { configuration.release = $0 } }),
    integer(
      Name.inputChannels, \.inputChannels, 1...4096, .one, "channels of the input",
      in: [.init(.but(.languageModel))], source: "from the input"),
    integer(
      Name.inputAxes, \.inputAxes, 1...3, .one, "axes of the input: 1 audio, 2 image, 3 video",
      in: [.init(.but(.languageModel))], source: "from the input"),
  ]

  /// The hyperparameter of a name, in snake or kebab case.
  public static subscript(name: String) -> Hyperparameter? { all.named(name) }

  /// Whether a model of the configuration's class and release has the hyperparameter of a name.
  static func applies(_ name: String, to configuration: PerceiverConfiguration) -> Bool {
    self[name].map { configuration.has($0) } ?? false
  }

  private static func integer(
    _ name: String, _ path: any WritableKeyPath<PerceiverConfiguration, Int> & Sendable,
    _ range: ClosedRange<Int>, _ step: HyperparameterStep, _ help: String,
    in uses: [HyperparameterUse] = HyperparameterUse.always, source: String? = nil
  ) -> Entry {
    Entry(
      name: name, help: help, domain: .integer(range, step: step), effect: .rebuildsModel,
      uses: uses, source: source,
      read: { .integer($0[keyPath: path]) },
      write: { if case .integer(let value) = $0 { $1[keyPath: path] = value } })
  }

  private static func real(
    _ name: String, _ path: any WritableKeyPath<PerceiverConfiguration, Double> & Sendable,
    _ range: ClosedRange<Double>, step: Double, _ help: String, _ effect: HyperparameterEffect,
    in uses: [HyperparameterUse] = HyperparameterUse.always
  ) -> Entry {
    Entry(
      name: name, help: help, domain: .real(range, step: step), effect: effect, uses: uses,
      read: { .real($0[keyPath: path]) },
      write: { if case .real(let value) = $0 { $1[keyPath: path] = value } })
  }

  private static func choice(
    _ name: String, _ choices: [String], _ help: String, _ effect: HyperparameterEffect,
    read: @escaping @Sendable (PerceiverConfiguration) -> String,
    write: @escaping @Sendable (String, inout PerceiverConfiguration) -> Void
  ) -> Entry {
    Entry(
      name: name, help: help, domain: .choice(choices), effect: effect,
      uses: HyperparameterUse.always,
      read: { .choice(read($0)) },
      write: { if case .choice(let value) = $0 { write(value, &$1) } })
  }

  private static func toggle(
    _ name: String, _ path: any WritableKeyPath<PerceiverConfiguration, Bool> & Sendable,
    _ help: String, in uses: [HyperparameterUse] = HyperparameterUse.always
  ) -> Entry {
    Entry(
      name: name, help: help, domain: .toggle, effect: .rebuildsModel, uses: uses,
      read: { .toggle($0[keyPath: path]) },
      write: { if case .toggle(let value) = $0 { $1[keyPath: path] = value } })
  }

  private static func layers(
    _ name: String, _ path: any WritableKeyPath<PerceiverConfiguration, LayerSwitch> & Sendable,
    _ help: String, in uses: [HyperparameterUse] = HyperparameterUse.always
  ) -> Entry {
    Entry(
      name: name, help: help, domain: .layers, effect: .recomputesStages, uses: uses,
      read: { .layers($0[keyPath: path]) },
      write: { if case .layers(let value) = $0 { $1[keyPath: path] = value } })
  }
}
