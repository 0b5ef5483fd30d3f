// An input's own channels as tokens, with Fourier features of their positions behind them or none.

import Tensors

/// Data as they are, `[…axes, channels]`, and positions: no token is made where attention can do
/// without.
struct EncodedTokens: InputSide {
  let channels: Int
  let axes: Int
  /// The encoding of each axis; none where positions are not encoded.
  let positions: [FourierEncoding]

  /// Data and a token's mean and scale in double, or planes of positions and their scale; see
  /// SeparablePositions and TokenRows.
  var keptChannels: Int { channels }

  func tokenSize(_ axes: [Int]) -> TokenSize {
    TokenSize(axes: axes, channels: channels, features: positions.first?.features ?? 0)
  }

  func encodedPositions(_ axes: [Int]) -> [EncodedAxis] { EncodedAxis.axes(axes, positions) }

  func tables(_ axes: [Int]) -> [Tensor] {
    zip(positions, axes).map { $0.table(length: $1) }
  }

  func read(_ input: PassInput, in pass: Pass) throws -> ReadInput<Variable> {
    let axes = Array(input.data.shape.dropFirst().dropLast())
    let tables = tables(axes)
    var tokens = Tokens(data: input.data, tables: tables, masks: input.masks)
    let queries = input.queries.map { pass.tape.constant($0) }
    if input.mark != nil {
      let data = pass.differentiated(pass.tape.constant(input.data.asRows), input)
      return ReadInput(tokens: tokens, channels: data, queries: queries)
    }
    // Structured dropout reads fewer tokens, instead of reading zeros (perceiver-pytorch 0.8.4).
    if let kept = pass.dropouts?.keptTokens(
      rate: pass.plan.dropout.tokens, items: input.items, of: tokens)
    {
      tokens = tokens.keeping(kept)
    }
    return ReadInput(tokens: tokens, queries: queries)
  }
}
