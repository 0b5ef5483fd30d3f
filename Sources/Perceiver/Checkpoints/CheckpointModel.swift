// The model of a checkpoint: every parameter of the plan found, none left over.

import Tensors

extension Checkpoint {
  /// Makes the model; every tensor must be there with the right shape, and none too many.
  ///
  /// - Throws: `CheckpointError` naming the tensor, what was expected and found.
  public func model(_ configuration: ModelConfiguration) throws -> Perceiver {
    let (plan, parameters) = try checked(configuration)
    var tensors: [String: Tensor] = [:]
    for parameter in parameters {
      if let tensor = try tensor(parameter.name) { tensors[parameter.name] = tensor }
    }
    return Perceiver(
      plan: plan, parameters: Parameters(tensors),
      origin: .checkpoint(path: path, layout: layout))
  }

  /// Checks that every tensor of the model is there with the right shape, and none too many, from the
  /// file's header but for tensors that must be equal.
  ///
  /// - Throws: `CheckpointError` naming the tensor, what was expected and found.
  private func checked(
    _ configuration: ModelConfiguration
  ) throws -> (plan: ModelPlan, parameters: [ParameterSpecification]) {
    try configuration.validate()
    let plan = ModelPlan(configuration)
    let parameters = plan.parameters
    for parameter in parameters {
      guard let shape = shape(of: parameter.name) else {
        throw CheckpointError(
          "tensor \(parameter.name): expected shape \(parameter.shape), found no such tensor")
      }
      guard shape == parameter.shape else {
        throw CheckpointError(
          "tensor \(parameter.name): expected shape \(parameter.shape), found \(printable(shape))")
      }
      // What holds no floats says so when it is read.
      if case .other? = elementType(of: parameter.name) { _ = try tensor(parameter.name) }
    }
    try checkLeftovers(parameters, plan)
    return (plan, parameters)
  }

  /// Checks that a model of this configuration is in the file, and reads no weights for it.
  ///
  /// - Throws: `CheckpointError`, `ConfigurationError`.
  public func checkModel(_ configuration: ModelConfiguration) throws {
    _ = try checked(configuration)
  }

  // Files of tied models repeat the shared layer's tensors under each later layer's names: those
  // are not left over, if they are equal.
  private func checkLeftovers(_ used: [ParameterSpecification], _ plan: ModelPlan) throws {
    guard names.count > used.count else { return }
    let used = Set(used.map(\.name))
    for name in names.sorted() where !used.contains(name) {
      let surplus = surplus(name, in: plan)
      if surplus == .passedOver { continue }
      guard case .repeats(let tied) = surplus, used.contains(tied) else {
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
