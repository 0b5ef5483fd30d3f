// The small model as a checkpoint's file, right and wrong, and what comes of opening it.

import Perceiver
import Tensors
import TestSupport

/// A file of the small model's tensors.
enum SmallCheckpoint {
  static let toQ = "layers.0.cross_attn.fn.to_q.weight"

  static func tensors(
    _ change: (inout PerceiverConfiguration) -> Void = { _ in }
  ) throws -> [StoredTensor] {
    try Perceiver(.small(change), seed: 4).storedTensors
  }

  static func open<Result>(
    _ tensors: [StoredTensor], metadata: [String: String] = [:],
    _ body: (Checkpoint) throws -> Result
  ) throws -> Result {
    try withTemporaryFile(safetensorsBytes(tensors, metadata: metadata)) {
      try body(Checkpoint(path: $0))
    }
  }

  /// What a person must say of the small model's heads.
  static func given(_ values: [String: HyperparameterValue] = [:]) -> GivenHyperparameters {
    var given = GivenHyperparameters()
    given.values = ["latent_heads": .integer(2), "max_freq": .real(4)]
    given.values.merge(values) { _, new in new }
    return given
  }

  static func model(
    _ tensors: [StoredTensor], metadata: [String: String] = [:],
    _ values: [String: HyperparameterValue] = [:]
  ) throws -> Perceiver {
    try open(tensors, metadata: metadata) { checkpoint in
      let description = try checkpoint.describe(given: given(values))
      return try checkpoint.model(description.configuration)
    }
  }

  /// The message with which opening, describing or making the model ends.
  static func refusal(
    _ tensors: [StoredTensor], metadata: [String: String] = [:],
    _ values: [String: HyperparameterValue] = [:]
  ) -> String? {
    do {
      _ = try model(tensors, metadata: metadata, values)
      return nil
    } catch {
      return "\(error)"
    }
  }

  static func renamed(
    _ tensors: [StoredTensor], _ rename: (String) -> String
  ) -> [StoredTensor] {
    tensors.map { tensor in
      var tensor = tensor
      tensor.name = rename(tensor.name)
      return tensor
    }
  }

  /// Names as releases before 0.11.0 gave them.
  static func old(_ name: String) -> String {
    let parts = name.split(separator: ".").map(String.init)
    guard parts.count > 2 else { return name }
    let rest = { (from: Int) in parts.dropFirst(from).joined(separator: ".") }
    switch (parts[0], parts[2]) {
    case ("layers", "cross_attn"): return "layers.\(parts[1]).0.\(rest(3))"
    case ("layers", "cross_ff"): return "layers.\(parts[1]).1.\(rest(3))"
    case ("layers", "self_attns"): return "layers.\(parts[1]).2.\(rest(3))"
    case ("attn_residuals", _): return "layers.\(parts[1]).3.\(rest(2))"
    default: return name
    }
  }
}
