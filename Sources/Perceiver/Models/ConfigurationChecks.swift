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
    let stages = Double(depth) * Double(1 + selfPerCrossAttn)
    guard stages <= Double(Self.mostStages) else {
      throw ConfigurationError(
        "depth × (1 + self_per_cross_attn): expected at most \(Self.mostStages) stages, "
          + "found \(Int(stages))")
    }
    let bytes = 4 * parameterCount
    let memory = Double(ProcessInfo.processInfo.physicalMemory)
    guard bytes < memory else {
      throw ConfigurationError(
        "parameters would take \(Self.gigabytes(bytes)), this machine has \(Self.gigabytes(memory))"
      )
    }
  }

  /// More stages than this cannot be shown or kept sensibly.
  private static let mostStages = 4096

  private static func gigabytes(_ bytes: Double) -> String {
    String(format: "%.1f GB", bytes / 1e9)
  }

  /// Checks that an input and a mask have the shapes that the model reads.
  func check(input: Tensor, mask: TokenMask?) throws {
    guard input.shape.count == inputAxes + 1 else {
      throw ConfigurationError(
        "input: expected \(inputAxes) axes (input_axis) and channels, found shape \(input.shape)")
    }
    guard input.shape[inputAxes] == inputChannels else {
      throw ConfigurationError(
        "input: expected \(inputChannels) channels (input_channels), "
          + "found \(input.shape[inputAxes])")
    }
    let axes = Array(input.shape.dropLast())
    guard !axes.contains(0) else {
      throw ConfigurationError("input: expected at least one token, found shape \(input.shape)")
    }
    guard axes.reduce(1, *) <= Int(Int32.max) else {
      throw ConfigurationError(
        "input: expected at most \(Int32.max) tokens, found shape \(input.shape)")
    }
    if let mask, mask.shape != axes {
      throw ConfigurationError("mask: expected shape \(axes), found \(mask.shape)")
    }
  }
}
