// Linear attention of tokens to tokens: sums over features instead of a matrix of tokens.

import Tensors

/// A norm, linear attention, and a layer behind it.
///
/// Queries are softmaxed over their features, keys over tokens; what a token takes from the sums
/// `Σ query · key` is chosen by its value. Each feature of the keys is therefore a distribution
/// over tokens: those are the maps, `[heads, features, tokens]`.
struct LinearAttentionBlock: StageOperation {
  /// The prefix of its parameters' names.
  let name: String
  let heads: Int
  /// The norm before it.
  let norm: NormBlock
  /// Queries, keys and values in one, without a bias.
  let joined: Projection
  /// The layer behind it.
  let output: Projection

  var kind: StageID.Kind { .linearAttention }
  var dim: Int { norm.dim }
  /// Features of all heads, and of one.
  private var inner: Int { output.inputs }
  private var dimHead: Int { inner / heads }

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    joined.parameters + output.parameters + norm.parameters
  }

  /// Multiplications and additions: projections, sums, what tokens take of them.
  func flops(_ size: RunSize) -> Double {
    2 * size.tokens * Double(inner) * (4 * Double(dim) + 2 * Double(dimHead))
  }

  func keptBytes(_ size: RunSize) -> Double { 4 * size.tokens * (2 * Double(dim) + 4) }

  func attentionCost(
    _ size: RunSize, tokens: TokenSize
  ) -> (operations: Double, bytes: Double) {
    (flops(size), 8 * size.tokens * Double(dim))
  }

  func attentionCount(_ size: RunSize) -> Double { Double(inner) * size.tokens }

  /// Its softmaxes run over features and over tokens: it has no scores or weights of tokens.
  func shape(of point: StagePoint, _ size: RunSize) -> [Int]? {
    [.queries, .keys, .headOutputs].contains(point) ? [Int(size.tokens), inner] : nil
  }

  /// The output before it is added to the data `[items × tokens, dim]`.
  func callAsFunction(
    _ data: Variable, _ streams: Pass.Streams<Variable>, in pass: Pass
  ) throws -> Variable {
    let tokens = streams.tokens.masking(pass.keyVisibility)
    if let keeper = pass.keeper {
      let (output, attention) = try streamed(data, tokens: tokens, in: pass)
      keeper.attention = attention
      // Points that it does not pass are computed below.
      if ![StagePoint.queries, .keys, .headOutputs].contains(where: pass.touches) { return output }
    }
    var projected = try pass.linear(norm(data, in: pass), joined)
    projected = pass.at(.queries, projected, columns: 0..<inner, heads: heads)
    projected = pass.at(.keys, projected, columns: inner..<2 * inner, heads: heads)
    let taken = try pass.tape.linearAttention(
      projected, batch: tokens.items, heads: heads,
      scale: 1 / Float(dimHead).squareRoot(), mask: tokens.mask)
    return try pass.linear(
      pass.at(.headOutputs, taken, heads: heads), output
    ).dropping(pass.attentionDropout())
  }

  /// The attention of one input whose projected tokens are never stored, and its maps.
  ///
  /// - Parameters:
  ///   - data: All tokens, `[tokens, dim]`.
  ///   - tokens: Those that may be attended to.
  private func streamed(
    _ data: Variable, tokens: Tokens, in pass: Pass
  ) throws -> (output: Variable, attention: StageAttention) {
    let (parameters, workers) = (pass.tape.constants, pass.tape.workers)
    let all = parameters.weight(of: joined)
    let (gain, bias) = norm.affine(parameters)
    func part(_ index: Int) -> Tensor {
      all.rows(index * inner..<(index + 1) * inner)
    }
    func folded(_ weight: Tensor, scale: Float) throws -> (weight: Tensor, bias: Tensor) {
      var columns = weight.scalingColumns(by: gain)
      var constants = try bias.reshaped([1, dim]).linear(weight: weight, workers: workers).row(0)
      columns.scale(by: scale)
      constants.scale(by: scale)
      return (columns, constants)
    }
    let query = try folded(part(0), scale: 1 / Float(dimHead).squareRoot())
    let key = try folded(part(1), scale: 1)
    let operands = LinearAttentionOperands(
      tokens: tokens.rows(norm.standardisation), queryWeight: query.weight,
      queryBias: query.bias, keyWeight: key.weight, keyBias: key.bias, heads: heads)
    var (contexts, statistics) = try operands.contexts(workers: workers)
    // A mask that keeps nothing leaves nothing to take.
    if tokens.visibility == .none { contexts.scale(by: 0) }
    // Values, sums and the last projection are linear in a token: one matrix for each head.
    let last = parameters.weight(of: output)
    var matrix = Tensor(shape: [dim, dim])
    for head in 0..<heads {
      let features = Range.head(head, width: dimHead)
      let outer = try last.columns(features).times(contexts.row(head), workers: workers)
      matrix.add(try outer.times(part(2).rows(features), workers: workers))
    }
    let rows = try norm(data, in: pass).linear(
      pass.tape.constant(matrix), bias: output.biasName.map { pass.parameter($0) })
    let attention = StageAttention(
      operands: operands.keys, statistics: statistics, mapShape: tokens.axes,
      visibility: tokens.visibility, linear: operands)
    return (rows, tokens.visibility == .none ? attention.withoutWeights() : attention)
  }
}
