// Models small enough to be run many times, and their tensors under the names that files have.

import Perceiver
import Tensors
import TestSupport

extension PerceiverConfiguration {
  /// A model of a few thousand parameters: 3 layers, 5 latents of 8 channels.
  static func small(_ change: (inout PerceiverConfiguration) -> Void = { _ in }) -> Self {
    var configuration = PerceiverConfiguration(
      numFreqBands: 2, maxFreq: 4, depth: 3, numLatents: 5, latentDim: 8, crossHeads: 1,
      latentHeads: 2, crossDimHead: 6, latentDimHead: 4, numClasses: 7)
    change(&configuration)
    return configuration
  }

  /// An input of the model, the same for the same axes.
  func input(_ axes: [Int] = [4, 6]) -> Tensor {
    var generator = TorchGenerator(seed: 77)
    return generator.uniform(shape: axes + [inputChannels], low: -1, high: 1)
  }

  /// Names of release 0.11.0 of all parameters, tied ones under each of their names.
  var parameterNames: [String] {
    func linear(_ name: String) -> [String] { [name + ".weight", name + ".bias"] }
    func attention(_ name: String, context: [String]) -> [String] {
      [name + ".fn.to_q.weight", name + ".fn.to_kv.weight"] + linear(name + ".fn.to_out")
        + linear(name + ".norm") + context
    }
    func feedForward(_ name: String) -> [String] {
      linear(name + ".fn.net.0") + linear(name + ".fn.net.2") + linear(name + ".norm")
    }
    var names = ["latents"]
    for layer in 0..<depth {
      let prefix = "layers.\(layer)"
      names += attention(
        prefix + ".cross_attn", context: linear(prefix + ".cross_attn.norm_context"))
      names += feedForward(prefix + ".cross_ff")
      for block in 0..<selfPerCrossAttn {
        names += attention("\(prefix).self_attns.\(block).0", context: [])
        names += feedForward("\(prefix).self_attns.\(block).1")
      }
      if attnResidual {
        names += (0..<3).map { "attn_residuals.\(layer).to_attn_logits.\($0).weight" }
      }
    }
    return names + (finalClassifierHead ? linear("to_logits.1") + linear("to_logits.2") : [])
  }
}

extension ModelConfiguration {
  /// The arguments of a model of perceiver-pytorch.
  var arguments: PerceiverConfiguration {
    guard let own = perceiverPytorch else { preconditionFailure("a model of \(title)") }
    return own
  }
}

extension Perceiver {
  /// The arguments of a model of perceiver-pytorch.
  var arguments: PerceiverConfiguration { configuration.arguments }

  /// The tensors of a file of this model as `save_file(model.state_dict())` writes them.
  var storedTensors: [StoredTensor] {
    arguments.parameterNames.compactMap { name in
      parameter(named: name).map { StoredTensor(name, $0) }
    }
  }
}

/// Configurations that differ in every way in which stages do.
struct SmallModel: Sendable, CustomStringConvertible {
  let description: String
  let configuration: PerceiverConfiguration
  var axes = [4, 6]

  private init(
    _ description: String, axes: [Int] = [4, 6],
    _ change: (inout PerceiverConfiguration) -> Void = { _ in }
  ) {
    self.description = description
    self.axes = axes
    configuration = .small(change)
  }

  static let all =
    [
      SmallModel("plain"),
      SmallModel("no latent blocks") { $0.selfPerCrossAttn = 0 },
      SmallModel("two latent blocks, tied") {
        ($0.selfPerCrossAttn, $0.weightTieLayers) = (2, true)
      },
      SmallModel("two cross heads") { $0.crossHeads = 2 },
      SmallModel("many latents") { $0.numLatents = 70 },
      SmallModel("one latent, one layer") { ($0.numLatents, $0.depth) = (1, 1) },
      SmallModel("no head") { $0.finalClassifierHead = false },
      SmallModel("no positions") { $0.fourierEncodeData = false },
      SmallModel("no bands") { $0.numFreqBands = 0 },
      SmallModel("inverted in one layer") { $0.invertedCrossAttn = .each([false, true, false]) },
      SmallModel("inverted, many latents") { ($0.invertedCrossAttn, $0.numLatents) = (.all, 70) },
      SmallModel("attention residual") { ($0.attnResidual, $0.attnResidualRank) = (true, 3) },
      SmallModel("attention residual, tied, two blocks") {
        ($0.attnResidual, $0.attnResidualRank) = (true, 3)
        ($0.selfPerCrossAttn, $0.weightTieLayers) = (2, true)
      },
      SmallModel("sound", axes: [300]) { ($0.inputAxes, $0.inputChannels) = (1, 1) },
      SmallModel("film", axes: [2, 3, 4]) { $0.inputAxes = 3 },
      SmallModel("one pixel", axes: [1, 1]),
    ] + separable

  /// Those with enough pixels and bands that cross-attention is separable.
  static let separable = [
    SmallModel("large", axes: [36, 40]) {
      ($0.numLatents, $0.numFreqBands, $0.crossDimHead) = (40, 12, 32)
    },
    SmallModel("large, two cross heads", axes: [36, 40]) {
      ($0.numLatents, $0.numFreqBands, $0.crossDimHead) = (40, 12, 32)
      $0.crossHeads = 2
    },
    SmallModel("large, inverted", axes: [36, 40]) {
      ($0.numLatents, $0.numFreqBands, $0.crossDimHead) = (40, 12, 32)
      $0.invertedCrossAttn = .all
    },
    SmallModel("large film", axes: [5, 16, 18]) {
      ($0.numLatents, $0.numFreqBands, $0.crossDimHead) = (40, 12, 32)
      $0.inputAxes = 3
    },
    // One axis gains only where few latents would each pay for making whole tokens.
    SmallModel("long sound", axes: [20_000]) {
      ($0.inputAxes, $0.inputChannels, $0.depth) = (1, 1, 2)
      ($0.numLatents, $0.numFreqBands) = (3, 64)
    },
    SmallModel("large, one pixel high", axes: [1, 4000]) {
      ($0.numLatents, $0.numFreqBands, $0.crossDimHead) = (40, 12, 32)
      $0.depth = 1
    },
  ]
}

extension PerceiverRun {
  /// A small model of a class, run to its end.
  static func small(_ variant: Variant) throws -> PerceiverRun {
    let configuration = PerceiverConfiguration.small {
      $0.variant = variant
      if variant == .io { $0.queriesDim = $0.positionFeatures }
      if variant == .languageModel { ($0.numTokens, $0.maxSeqLen) = (9, 24) }
    }
    let input =
      variant == .languageModel
      ? Tensor(shape: [24], values: (0..<24).map { Float($0 * 5 % 9) }) : configuration.input()
    return try Perceiver(configuration, seed: 4).begin(
      input, queries: configuration.ownQueries
    ).completed()
  }
}
