// Data that go through layers before they are tokens: a convolution, a projection, learnt positions.

import Tensors

/// What makes tokens' channels of an input's data.
protocol TokenPreparation: Sendable, Hashable {
  /// Its parameters.
  var parameters: [ParameterSpecification] { get }
  /// Channels that it makes.
  var channels: Int { get }
  /// The axes of the tokens of an input of these axes; zeros where it has none.
  func tokenAxes(_ axes: [Int]) -> [Int]
  /// Whether positions are known by parameters of its own.
  var learnsPositions: Bool { get }
  /// Rows `[items × tokens, channels]` of data `[items, …axes, channels]`.
  func callAsFunction(_ data: Variable, in pass: Pass) throws -> Variable
}

extension TokenPreparation {
  func tokenAxes(_ axes: [Int]) -> [Int] { axes }
  var learnsPositions: Bool { false }
}

/// Prepared data, with Fourier features of their positions behind them or none.
struct PreparedTokens<Preparation: TokenPreparation>: InputSide {
  let preparation: Preparation
  /// The encoding of each axis; none where positions are not encoded so.
  let positions: [FourierEncoding]
  /// Where each column of a token as it is made here stands in the parameters' order; nil where the
  /// orders are one.
  var columns: [Int]?

  var parameters: [ParameterSpecification] { preparation.parameters }
  var keptChannels: Int { preparation.channels }

  var learnsPositions: Bool { preparation.learnsPositions }

  func tokenAxes(_ axes: [Int]) -> [Int] { preparation.tokenAxes(axes) }

  func encodedPositions(_ axes: [Int]) -> [EncodedAxis] {
    EncodedAxis.axes(tokenAxes(axes), positions)
  }

  func tokenSize(_ axes: [Int]) -> TokenSize {
    TokenSize(
      axes: axes, channels: preparation.channels, features: positions.first?.features ?? 0)
  }

  func read(_ input: PassInput, in pass: Pass) throws -> ReadInput<Variable> {
    let data = pass.differentiated(pass.tape.constant(input.data.asRows), input)
      .reshaped(input.data.shape)
    let rows = try preparation(data, in: pass)
    let axes = tokenAxes(Array(input.data.shape.dropFirst().dropLast()))
    let tables = zip(positions, axes).map { $0.table(length: $1) }
    let tokens = Tokens(
      data: rows.value.reshaped([input.items] + axes + [preparation.channels]), tables: tables,
      masks: input.masks)
    let queries = asked(rows, tables, items: input.items, in: pass)
    // Gradients go on through tokens to what made them.
    guard pass.tape.isRecording else { return ReadInput(tokens: tokens, queries: queries) }
    return ReadInput(tokens: tokens, channels: rows, queries: queries)
  }

  /// Whole tokens in the parameters' order, where a decoder is asked them.
  private func asked(
    _ rows: Variable, _ tables: [Tensor], items: Int, in pass: Pass
  ) -> Variable? {
    guard pass.plan.queries == .tokens else { return nil }
    guard !tables.isEmpty else { return rows }
    let positions = pass.tape.constant(Tensor.positions(tables).asRows).repeated(items: items)
    let whole = rows.beside(positions)
    guard let columns else { return whole }
    var back = columns
    for (position, column) in columns.enumerated() { back[column] = position }
    return whole.gatheringColumns(back)
  }
}
