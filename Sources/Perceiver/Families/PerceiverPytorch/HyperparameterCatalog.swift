// The table of perceiver-pytorch's hyperparameters: a new one is one entry here and one stored
// property.

/// Every hyperparameter of perceiver-pytorch's classes, in the order in which they are shown.
public enum HyperparameterCatalog {
  /// The table.
  public static let all: [Hyperparameter] = entries.map(\.hyperparameter)

  /// A hyperparameter, and where its value stands.
  struct Entry: Sendable {
    let hyperparameter: Hyperparameter
    let read: @Sendable (PerceiverConfiguration) -> HyperparameterValue
    let write: @Sendable (HyperparameterValue, inout PerceiverConfiguration) -> Void

    init(
      name: String, help: String, domain: HyperparameterDomain, effect: HyperparameterEffect,
      read: @escaping @Sendable (PerceiverConfiguration) -> HyperparameterValue,
      write: @escaping @Sendable (HyperparameterValue, inout PerceiverConfiguration) -> Void
    ) {
      (self.read, self.write) = (read, write)
      hyperparameter = Hyperparameter(
        name: name, help: help, domain: domain, effect: effect, read: read, write: write)
    }
  }

  static let entries: [Entry] = [
    integer("depth", \.depth, 1...512, .one, "layers: a cross-attention and its latent blocks"),
    integer("num_latents", \.numLatents, 1...65536, .doubling, "rows of the latent array"),
    integer("latent_dim", \.latentDim, 1...16384, .doubling, "channels of a latent"),
    integer(
      "num_freq_bands", \.numFreqBands, 0...4096, .one, "Fourier frequency bands per axis"),
    real(
      "max_freq", \.maxFreq, 0.001...1_000_000, step: 1,
      "highest Fourier frequency; bands run from 1 to half of it", .recomputesStages),
    integer(
      "self_per_cross_attn", \.selfPerCrossAttn, 0...512, .one,
      "latent self-attention blocks after each cross-attention"),
    toggle(
      "weight_tie_layers", \.weightTieLayers, "layers from the second on share their weights"),
    integer("cross_heads", \.crossHeads, 1...1024, .doubling, "heads of cross-attention"),
    integer(
      "latent_heads", \.latentHeads, 1...1024, .doubling, "heads of latent self-attention"),
    integer(
      "cross_dim_head", \.crossDimHead, 1...16384, .doubling, "channels per cross-attention head"),
    integer(
      "latent_dim_head", \.latentDimHead, 1...16384, .doubling,
      "channels per latent self-attention head"),
    integer("num_classes", \.numClasses, 1...1_000_000, .doubling, "classes that the head scores"),
    toggle(
      "fourier_encode_data", \.fourierEncodeData, "append positions to the data as Fourier features"
    ),
    toggle(
      "final_classifier_head", \.finalClassifierHead, "end in a classifier; without it, latents"),
    layers(
      "inverted_cross_attn", \.invertedCrossAttn,
      "cross-attention normalised over latents, as in slot attention"),
    toggle("attn_residual", \.attnResidual, "each layer mixes the outputs of all earlier ones"),
    integer(
      "attn_residual_rank", \.attnResidualRank, 1...16384, .doubling,
      "rank of the attention residual's weights"),
    real(
      "attn_dropout", \.attnDropout, 0...0.999, step: 0.05,
      "share of attention weights dropped in training", .trainingOnly),
    real(
      "ff_dropout", \.ffDropout, 0...0.999, step: 0.05,
      "share of feed-forward outputs dropped in training", .trainingOnly),
    real(
      "seq_dropout_prob", \.seqDropoutProb, 0...0.999, step: 0.05,
      "share of the input left out in training", .trainingOnly),
    real(
      "attention_temperature", \.attentionTemperature, 0.01...100, step: 0.1,
      "what scores are divided by; 1 as trained, above it attention spreads", .recomputesStages),
    integer("queries_dim", \.queriesDim, 1...16384, .one, "channels of an output query"),
    integer(
      "logits_dim", \.logitsDim, 0...1_000_000, .doubling, "channels of an output; 0 for none"),
    toggle("decoder_ff", \.decoderFF, "a feed-forward follows the decoder"),
    integer("num_tokens", \.numTokens, 1...1_000_000, .doubling, "tokens in the vocabulary"),
    integer("max_seq_len", \.maxSeqLen, 1...1_000_000, .doubling, "longest sequence of tokens"),
    integer("dim", \.dim, 1...16384, .doubling, "channels of an embedded token"),
    real(
      "freq_base", \.freqBase, 1.001...1000, step: 1,
      "base of logarithmic frequency bands, in releases up to 0.7.1", .recomputesStages),
    toggle(
      "self_attn_rel_pos", \.selfAttnRelPos,
      "latents' positions are rotated into self-attention, in releases 0.3 and 0.4"),
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
    integer("input_channels", \.inputChannels, 1...4096, .one, "channels of the input"),
    integer(
      "input_axis", \.inputAxes, 1...3, .one, "axes of the input: 1 audio, 2 image, 3 video"),
  ]

  /// The hyperparameter of a name, in snake or kebab case.
  public static subscript(name: String) -> Hyperparameter? { all.named(name) }

  /// Whether a model of the configuration's class and release has the hyperparameter of a name.
  static func applies(_ name: String, to configuration: PerceiverConfiguration) -> Bool {
    self[name].map { configuration.has($0) } ?? false
  }

  private static func integer(
    _ name: String, _ path: any WritableKeyPath<PerceiverConfiguration, Int> & Sendable,
    _ range: ClosedRange<Int>, _ step: HyperparameterStep, _ help: String
  ) -> Entry {
    Entry(
      name: name, help: help, domain: .integer(range, step: step), effect: .rebuildsModel,
      read: { .integer($0[keyPath: path]) },
      write: { if case .integer(let value) = $0 { $1[keyPath: path] = value } })
  }

  private static func real(
    _ name: String, _ path: any WritableKeyPath<PerceiverConfiguration, Double> & Sendable,
    _ range: ClosedRange<Double>, step: Double, _ help: String, _ effect: HyperparameterEffect
  ) -> Entry {
    Entry(
      name: name, help: help, domain: .real(range, step: step), effect: effect,
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
      read: { .choice(read($0)) },
      write: { if case .choice(let value) = $0 { write(value, &$1) } })
  }

  private static func toggle(
    _ name: String, _ path: any WritableKeyPath<PerceiverConfiguration, Bool> & Sendable,
    _ help: String
  ) -> Entry {
    Entry(
      name: name, help: help, domain: .toggle, effect: .rebuildsModel,
      read: { .toggle($0[keyPath: path]) },
      write: { if case .toggle(let value) = $0 { $1[keyPath: path] = value } })
  }

  private static func layers(
    _ name: String, _ path: any WritableKeyPath<PerceiverConfiguration, LayerSwitch> & Sendable,
    _ help: String
  ) -> Entry {
    Entry(
      name: name, help: help, domain: .layers, effect: .recomputesStages,
      read: { .layers($0[keyPath: path]) },
      write: { if case .layers(let value) = $0 { $1[keyPath: path] = value } })
  }
}
