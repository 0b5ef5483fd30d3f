// The options that say which model it is: weights or seed, and every hyperparameter.

import ArgumentParser
import Inputs
import Perceiver
import Tensors

/// Model options, the same in every subcommand.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Trained parameters: safetensors, a state dict of torch.save (.pt, .pth, .bin), a HuggingFace "
        + "folder, or OWNER/NAME of its local cache.",
      valueName: "file"))
  var weights: String?

  @Option(
    help: ArgumentHelp(
      "Which state dict of a torch.save file that holds several, such as model.ema; or as --prefix.",
      valueName: "key"))
  var stateDict: String?

  @Option(
    help: ArgumentHelp(
      "What the names of the model's tensors begin with, in a file of several modules, such as "
        + "teacher.",
      valueName: "name"))
  var prefix: String?

  @Option(
    help: ArgumentHelp(
      "Hyperparameters as JSON, by \(UntrainedModels.own.package)'s argument names; options override "
        + "them. "
        + "(default: NAME.json or config.json beside the weights)",
      valueName: "file.json"))
  var config: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Seed of untrained parameters, as torch.manual_seed takes it. (default: 0)",
      valueName: "n"))
  var seed: String?

  @Option(hyperparameter: "variant") var variant: String?
  @Option(hyperparameter: "release") var release: String?
  @Option(hyperparameter: "depth") var depth: String?
  @Option(hyperparameter: "num_latents") var numLatents: String?
  @Option(hyperparameter: "latent_dim") var latentDim: String?
  @Option(hyperparameter: "num_freq_bands") var numFreqBands: String?
  @Option(hyperparameter: "max_freq") var maxFreq: String?
  @Option(hyperparameter: "self_per_cross_attn") var selfPerCrossAttn: String?
  @Flag(hyperparameter: "weight_tie_layers") var weightTieLayers: Bool?
  @Option(hyperparameter: "cross_heads") var crossHeads: String?
  @Option(hyperparameter: "latent_heads") var latentHeads: String?
  @Option(hyperparameter: "cross_dim_head") var crossDimHead: String?
  @Option(hyperparameter: "latent_dim_head") var latentDimHead: String?
  @Option(hyperparameter: "num_classes") var numClasses: String?
  @Flag(hyperparameter: "fourier_encode_data") var fourierEncodeData: Bool?
  @Flag(hyperparameter: "final_classifier_head") var finalClassifierHead: Bool?
  @Flag(hyperparameter: "inverted_cross_attn") var invertedCrossAttn: Bool?
  @Flag(hyperparameter: "attn_residual") var attnResidual: Bool?
  @Option(hyperparameter: "attn_residual_rank") var attnResidualRank: String?
  @Option(hyperparameter: "attn_dropout") var attnDropout: String?
  @Option(hyperparameter: "ff_dropout") var ffDropout: String?
  @Option(hyperparameter: "attention_temperature") var attentionTemperature: String?
  @Option(hyperparameter: "queries_dim") var queriesDim: String?
  @Option(hyperparameter: "logits_dim") var logitsDim: String?
  @Flag(hyperparameter: "decoder_ff") var decoderFF: Bool?
  @Option(hyperparameter: "seq_dropout_prob") var seqDropoutProb: String?
  @Option(hyperparameter: "num_tokens") var numTokens: String?
  @Option(hyperparameter: "max_seq_len") var maxSeqLen: String?
  @Option(hyperparameter: "dim") var dim: String?
  @Option(hyperparameter: "freq_base") var freqBase: String?
  @Flag(hyperparameter: "self_attn_rel_pos") var selfAttnRelPos: Bool?
  @Option(hyperparameter: "input_channels") var inputChannels: String?
  @Option(hyperparameter: "input_axis") var inputAxis: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Accepted and ignored, as \(UntrainedModels.own.package) does.", valueName: "n"))
  var crossDim: String?

  /// Every hyperparameter's option; a test holds it against the catalog.
  private var texts: [(name: String, text: String?)] {
    [
      ("variant", variant), ("release", release), ("depth", depth), ("num_latents", numLatents),
      ("latent_dim", latentDim),
      ("num_freq_bands", numFreqBands), ("max_freq", maxFreq),
      ("self_per_cross_attn", selfPerCrossAttn), ("weight_tie_layers", text(weightTieLayers)),
      ("cross_heads", crossHeads), ("latent_heads", latentHeads),
      ("cross_dim_head", crossDimHead), ("latent_dim_head", latentDimHead),
      ("num_classes", numClasses), ("fourier_encode_data", text(fourierEncodeData)),
      ("final_classifier_head", text(finalClassifierHead)),
      ("inverted_cross_attn", text(invertedCrossAttn)), ("attn_residual", text(attnResidual)),
      ("attn_residual_rank", attnResidualRank), ("attn_dropout", attnDropout),
      ("ff_dropout", ffDropout), ("attention_temperature", attentionTemperature),
      ("queries_dim", queriesDim), ("logits_dim", logitsDim), ("decoder_ff", text(decoderFF)),
      ("seq_dropout_prob", seqDropoutProb), ("num_tokens", numTokens),
      ("max_seq_len", maxSeqLen), ("dim", dim), ("freq_base", freqBase),
      ("self_attn_rel_pos", text(selfAttnRelPos)), ("input_channels", inputChannels),
      ("input_axis", inputAxis),
    ]
  }

  private func text(_ flag: Bool?) -> String? {
    flag.map { HyperparameterValue.toggle($0).description }
  }

  func validate() throws {
    _ = try seedValue()
    _ = try optionValues()
  }

  /// The model that is asked for.
  func request() throws -> ModelRequest {
    for (option, value) in [("state-dict", stateDict), ("prefix", prefix)]
    where weights == nil && value != nil {
      throw CommandFailure.usage("--\(option): expected --weights with it, found none")
    }
    var request = ModelRequest(weights: weights)
    (request.stateDict, request.prefix, request.configuration) = (stateDict, prefix, config)
    request.given = try optionValues()
    request.seed = try seedValue()
    return request
  }

  /// The first option that is given, as the command line calls it; nil for none.
  func firstGiven() -> String? {
    let options = [
      ("--weights", weights), ("--state-dict", stateDict), ("--prefix", prefix),
      ("--config", config), ("--seed", seed), ("--cross-dim", crossDim),
    ]
    return options.first { $0.1 != nil }?.0
      ?? texts.first { $0.text != nil }.flatMap { HyperparameterCatalog[$0.name] }
      .map { "--\($0.optionName)" }
  }

  /// The seed; nil unless given.
  func seedValue() throws -> UInt64? {
    guard let seed else { return nil }
    guard let value = UInt64(seed) else {
      throw ValidationError(
        "--seed: expected a whole number from 0 to \(UInt64.max), found \(printable(seed))")
    }
    return value
  }

  /// The hyperparameters that options give, each checked by the catalog.
  func optionValues() throws -> GivenHyperparameters {
    var given = GivenHyperparameters()
    for (name, text) in texts {
      guard let text, let entry = HyperparameterCatalog[name] else { continue }
      do {
        given.values[name] = try entry.parse(text)
      } catch {
        throw ValidationError(
          "--\(entry.optionName): expected \(error.expected), found \(printable(error.found))")
      }
    }
    if let crossDim {
      guard Int(crossDim) != nil else {
        throw ValidationError("--cross-dim: expected a whole number, found \(printable(crossDim))")
      }
      given.notes.append(GivenHyperparameters.crossDimNote)
    }
    return given
  }
}
