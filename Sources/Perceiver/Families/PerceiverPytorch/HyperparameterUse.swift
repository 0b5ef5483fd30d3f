// Which classes and releases have which hyperparameters.

extension PerceiverConfiguration {
  /// Whether a model of its class and release has a hyperparameter.
  func has(_ hyperparameter: Hyperparameter) -> Bool {
    switch hyperparameter.name {
    case "self_per_cross_attn":
      return variant == .perceiver && release >= Release(0, 2, 0)
        || variant.hasDecoder && release <= Release(0, 6, 2)
    case "num_freq_bands", "max_freq":
      return variant != .languageModel
    case "fourier_encode_data":
      return variant == .perceiver && release >= Release(0, 2, 0) || variant == .io
        || variant == .bottomUp && release >= Release(0, 8, 8)
    case "final_classifier_head":
      return variant == .perceiver && release >= Release(0, 7, 1)
    case "num_classes":
      return !variant.hasDecoder
    case "latent_heads", "latent_dim_head":
      return variant != .mixedLatents
    case "inverted_cross_attn":
      return variant == .perceiver && release >= Release(0, 9, 0)
        || variant.hasDecoder && release >= Release(0, 10, 0)
    case "attn_residual", "attn_residual_rank":
      return (variant == .perceiver || variant.hasDecoder) && release >= Release(0, 10, 0)
    case "attn_dropout", "ff_dropout":
      return !variant.hasDecoder
    case "queries_dim":
      return variant == .io
    case "logits_dim":
      return variant == .io
    case "decoder_ff":
      return variant.hasDecoder && release >= Release(0, 6, 2)
    case "seq_dropout_prob":
      return variant.hasDecoder && release >= Release(0, 8, 4)
    case "num_tokens", "max_seq_len", "dim":
      return variant == .languageModel
    case "input_channels", "input_axis":
      return variant != .languageModel
    case "freq_base":
      return !variant.hasDecoder && release <= Release(0, 7, 1)
    case "self_attn_rel_pos":
      return variant == .perceiver
        && (Release(0, 3, 0)...Release(0, 4, 0)).contains(release)
    default:
      return true
    }
  }
}

extension PerceiverConfiguration {
  /// The configuration with the default of every hyperparameter that its class and release do not have.
  var withoutUnused: PerceiverConfiguration {
    var result = self
    let standard = PerceiverConfiguration()
    for entry in HyperparameterCatalog.entries where !has(entry.hyperparameter) {
      entry.write(entry.read(standard), &result)
    }
    return result
  }
}
