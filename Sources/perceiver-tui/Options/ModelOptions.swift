// The options that say which model it is: weights or seed, and the hyperparameters.

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

  @OptionGroup var hyperparameters: HyperparameterOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Accepted and ignored, as \(UntrainedModels.own.package) does.", valueName: "n"))
  var crossDim: String?

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
    return options.first { $0.1 != nil }?.0 ?? hyperparameters.firstGiven
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

  /// The hyperparameters that options give, each checked by the table.
  func optionValues() throws -> GivenHyperparameters {
    var given = GivenHyperparameters()
    given.values = try hyperparameters.values()
    if let crossDim {
      guard Int(crossDim) != nil else {
        throw ValidationError("--cross-dim: expected a whole number, found \(printable(crossDim))")
      }
      given.notes.append(GivenHyperparameters.crossDimNote)
    }
    return given
  }
}
