// Data and positions through a linear layer, as tokens that stages change.

import Tensors

/// A layer over whole tokens, before the first stage.
struct ProjectedTokens: InputSide {
  let encoded: EncodedTokens
  let layer: Projection

  var parameters: [ParameterSpecification] { layer.parameters }
  var keptChannels: Int { encoded.channels }

  func encodedPositions(_ axes: [Int]) -> [EncodedAxis] { encoded.encodedPositions(axes) }

  func tokenSize(_ axes: [Int]) -> TokenSize {
    TokenSize(axes: axes, channels: encoded.channels, features: 0)
  }

  func read(_ input: PassInput, in pass: Pass) throws -> ReadInput<Variable> {
    let axes = Array(input.data.shape.dropFirst().dropLast())
    let rows = pass.differentiated(pass.tape.constant(input.data.asRows), input)
    let projected = try rows.linearOfTokens(
      tables: encoded.tables(axes), axes: axes, weight: pass.parameter(layer.weightName),
      bias: layer.biasName.map { pass.parameter($0) })
    return ReadInput(
      tokens: Tokens(
        data: projected.value.reshaped([input.items] + axes + [projected.value.shape[1]]),
        tables: [], masks: input.masks),
      data: projected, queries: nil)
  }
}
