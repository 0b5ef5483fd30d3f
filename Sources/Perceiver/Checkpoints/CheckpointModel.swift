// The model of a checkpoint: every parameter of the plan found, none left over.

import Tensors

extension Checkpoint {
  /// Makes the model; every tensor must be there with the right shape, and none too many.
  ///
  /// - Throws: `CheckpointError` naming the tensor, what was expected and found.
  public func model(_ configuration: PerceiverConfiguration) throws -> Perceiver {
    try configuration.validate()
    let plan = ModelPlan(configuration, residualNorm: residualNorm)
    var tensors: [String: Tensor] = [:]
    for parameter in plan.parameters {
      guard let shape = shape(of: parameter.name), let tensor = try tensor(parameter.name) else {
        throw CheckpointError(
          "tensor \(parameter.name): expected shape \(parameter.shape), found no such tensor")
      }
      guard shape == parameter.shape else {
        throw CheckpointError(
          "tensor \(parameter.name): expected shape \(parameter.shape), found \(shape)")
      }
      tensors[parameter.name] = tensor
    }
    try checkLeftovers(tensors, configuration)
    return Perceiver(
      plan: plan, parameters: Parameters(tensors),
      origin: .checkpoint(path: path, layout: layout))
  }

  /// Whether outputs are normalised before an attention residual weighs them.
  var residualNorm: AttentionResidualBlock.Norm {
    let hasResidual = shape(of: "attn_residuals.0.to_attn_logits.2.weight") != nil
    let hasNorm = shape(of: "attn_residuals.0.to_attn_logits.0.weight") != nil
    return hasResidual && !hasNorm ? .none : .rootMeanSquare
  }

  // Files of tied models repeat the second layer's tensors under each later layer's names: those
  // are not left over, if they are equal.
  private func checkLeftovers(
    _ used: [String: Tensor], _ configuration: PerceiverConfiguration
  ) throws {
    for name in names.sorted() where used[name] == nil {
      guard configuration.weightTieLayers, let tied = Self.tiedName(of: name), used[tied] != nil
      else {
        throw CheckpointError(
          "tensor \(name): expected none of that name with these hyperparameters")
      }
      guard try areEqual(name, tied) else {
        throw CheckpointError(
          "tensor \(name): expected the values of \(tied), as weight_tie_layers says, found others")
      }
    }
  }

  /// The name in the second layer of a later layer's parameter; nil for the first two layers'.
  static func tiedName(of name: String) -> String? {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count > 2, parts[0] == "layers" || parts[0] == "attn_residuals",
      let layer = Int(parts[1]), layer > 1
    else { return nil }
    parts[1] = "1"
    return parts.joined(separator: ".")
  }
}
