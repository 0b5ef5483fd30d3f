// Whether a model of a configuration can exist, on this machine and on a given input.

import Foundation
import Tensors

extension PerceiverConfiguration {
  /// Checks that a model of this configuration can exist and fits the machine's memory.
  ///
  /// - Throws: `ConfigurationError` naming the hyperparameter, what was expected and found.
  public func validate() throws {
    for hyperparameter in HyperparameterCatalog.all {
      let value = hyperparameter.value(in: self)
      guard hyperparameter.domain.contains(value) else {
        throw ConfigurationError(
          "\(hyperparameter.name): expected \(hyperparameter.domain), found \(value)")
      }
    }
    if case .each(let layers) = invertedCrossAttn, layers.count != depth {
      throw ConfigurationError(
        "inverted_cross_attn: expected \(depth) entries, one for each layer, found \(layers.count)")
    }
    guard variant.releases.contains(release) else {
      throw ConfigurationError(
        "release: expected one that has a working \(variant.title), found \(release)")
    }
    if variant.hasDecoder, case .each = invertedCrossAttn {
      throw ConfigurationError(
        "inverted_cross_attn: expected yes or no for a \(variant.title), found a list")
    }
    if ReleaseRules(self).hasRotaryLatents, !latentDimHead.isMultiple(of: 2) {
      throw ConfigurationError(
        "latent_dim_head: expected an even number with self_attn_rel_pos, found \(latentDimHead)")
    }
    let stages = Double(depth) * Double(stagesPerLayer)
    guard stages <= Double(Self.mostStages) else {
      let product = variant == .perceiver ? "depth × (1 + self_per_cross_attn)" : "depth"
      throw ConfigurationError(
        "\(product): expected at most \(Self.mostStages) stages, found \(Int(stages))")
    }
    let bytes = 4 * parameterCount
    let memory = Double(ProcessInfo.processInfo.physicalMemory)
    guard bytes < memory else {
      throw ConfigurationError(
        "parameters would take \(Self.gigabytes(bytes)), this machine has \(Self.gigabytes(memory))"
      )
    }
  }

  private var stagesPerLayer: Int {
    switch variant {
    case .perceiver: 1 + selfPerCrossAttn
    case .gated, .mixedLatents: 2
    case .bottomUp: 4
    case .io, .languageModel:
      ReleaseRules(self).readsInputInEveryLayer ? 1 + selfPerCrossAttn : 1
    }
  }

  /// More stages than this cannot be shown or kept sensibly.
  private static let mostStages = 4096

  private static func gigabytes(_ bytes: Double) -> String {
    String(format: "%.1f GB", bytes / 1e9)
  }

  func check(input: Tensor) throws {
    if variant == .languageModel {
      try check(tokens: input)
    } else {
      try check(data: input)
    }
  }

  private func check(data: Tensor) throws {
    guard data.shape.count == inputAxes + 1 else {
      throw ConfigurationError(
        "input: expected \(inputAxes == 1 ? "1 axis" : "\(inputAxes) axes") (input_axis) and channels, found shape \(data.shape)"
      )
    }
    guard data.shape[inputAxes] == inputChannels else {
      throw ConfigurationError(
        "input: expected \(inputChannels) channels (input_channels), "
          + "found \(data.shape[inputAxes])")
    }
  }

  private func check(tokens: Tensor) throws {
    guard tokens.shape.count == 1 else {
      throw ConfigurationError("input: expected numbers of tokens, found shape \(tokens.shape)")
    }
    guard tokens.count <= maxSeqLen else {
      throw ConfigurationError(
        "input: expected at most \(maxSeqLen) tokens (max_seq_len), found \(tokens.count)")
    }
    let range = Float(0)...Float(numTokens - 1)
    let wrong = tokens.values.enumerated().first {
      !range.contains($0.element) || $0.element != $0.element.rounded()
    }
    if let wrong {
      throw ConfigurationError(
        "input: expected tokens from 0 to \(numTokens - 1) (num_tokens), found \(wrong.element) "
          + "at position \(wrong.offset)")
    }
  }
}
