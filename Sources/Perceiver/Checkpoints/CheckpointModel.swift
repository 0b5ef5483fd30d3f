// The model of a checkpoint: every parameter of the plan found, none left over.

import Tensors

extension Checkpoint {
  /// Makes the model; every tensor must be there with the right shape, and none too many.
  ///
  /// - Throws: `CheckpointError` naming the tensor, what was expected and found.
  public func model(_ configuration: ModelConfiguration) throws -> Perceiver {
    try configuration.validate()
    let plan = ModelPlan(configuration)
    var tensors: [String: Tensor] = [:]
    for parameter in plan.parameters {
      guard let shape = shape(of: parameter.name), let tensor = try tensor(parameter.name) else {
        throw CheckpointError(
          "tensor \(parameter.name): expected shape \(parameter.shape), found no such tensor")
      }
      guard shape == parameter.shape else {
        throw CheckpointError(
          "tensor \(parameter.name): expected shape \(parameter.shape), found \(printable(shape))")
      }
      tensors[parameter.name] = tensor
    }
    try checkLeftovers(tensors, plan)
    return Perceiver(
      plan: plan, parameters: Parameters(tensors),
      origin: .checkpoint(path: path, layout: layout))
  }

  // Files of tied models repeat the shared layer's tensors under each later layer's names: those
  // are not left over, if they are equal.
  private func checkLeftovers(_ used: [String: Tensor], _ plan: ModelPlan) throws {
    guard names.count > used.count else { return }
    for name in names.sorted() where used[name] == nil {
      let surplus = surplus(name, in: plan)
      if surplus == .passedOver { continue }
      guard case .repeats(let tied) = surplus, used[tied] != nil else {
        throw CheckpointError(
          "tensor \(printable(name)): expected none of that name with these hyperparameters")
      }
      guard try areEqual(name, tied) else {
        throw CheckpointError(
          "tensor \(printable(name)): expected the values of \(tied), as weight_tie_layers says, found others"
        )
      }
    }
  }
}
