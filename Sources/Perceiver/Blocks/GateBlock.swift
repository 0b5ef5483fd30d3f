// A recurrent gate that takes an attention's output into the latents.

import Tensors

/// torch's `GRUCell(dim, dim)`: the attention's output is the input, the latents are the state.
struct GateBlock: Sendable, Hashable {
  /// The prefix of its parameters' names.
  let name: String
  let dim: Int

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    [("weight_ih", [3 * dim, dim]), ("weight_hh", [3 * dim, dim])].map(specification)
      + [("bias_ih", [3 * dim]), ("bias_hh", [3 * dim])].map(specification)
  }

  private func specification(_ name: String, _ shape: [Int]) -> ParameterSpecification {
    ParameterSpecification(
      name: "\(self.name).\(name)", shape: shape, initialisation: .uniform(inputs: dim))
  }

  /// Multiplications and additions.
  func flops(rows: Double) -> Double { 12 * rows * Double(dim) * Double(dim) }

  /// The latents after the gate: `[latents, dim]`.
  func callAsFunction(_ latents: Variable, input: Variable, in pass: Pass) throws -> Variable {
    try pass.tape.gatedRecurrence(
      state: latents,
      inputGates: input.linear(
        pass.parameter(name + ".weight_ih"), bias: pass.parameter(name + ".bias_ih")),
      stateGates: latents.linear(
        pass.parameter(name + ".weight_hh"), bias: pass.parameter(name + ".bias_hh")))
  }
}
