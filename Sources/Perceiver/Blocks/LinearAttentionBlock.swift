// Linear attention of tokens to tokens, as the bottom-up variant has it.

import Tensors

/// perceiver-pytorch's `PreNorm(dim, LinearAttention(dim))`: always 4 heads of 64 features.
///
/// Queries are softmaxed over their features, keys over tokens; what a token takes from the sums
/// `Σ query · key` is chosen by its value. Each feature of the keys is therefore a distribution
/// over tokens: those are the maps, `[heads, features, tokens]`.
struct LinearAttentionBlock: StageOperation {
  /// The prefix of its parameters' names.
  let name: String
  let dim: Int
  let normKind: NormBlock.Kind
  private static let heads = 4
  private static let dimHead = 64
  private static let inner = heads * dimHead

  var kind: StageID.Kind { .linearAttention }
  var heads: Int { Self.heads }

  /// The norm before it.
  var norm: NormBlock { NormBlock(name: name + ".norm", dim: dim, kind: normKind) }

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    ParameterSpecification.linear(
      name + ".fn.to_qkv", inputs: dim, outputs: 3 * Self.inner, .without)
      + ParameterSpecification.linear(name + ".fn.to_out.0", inputs: Self.inner, outputs: dim)
      + norm.parameters
  }

  /// Multiplications and additions: projections, sums, what tokens take of them.
  func flops(_ size: RunSize) -> Double {
    2 * size.tokens * Double(Self.inner) * (4 * Double(dim) + 2 * Double(Self.dimHead))
  }

  func keptBytes(_ size: RunSize) -> Double { 4 * size.tokens * (2 * Double(dim) + 4) }

  func attentionCost(
    _ size: RunSize, tokens: TokenSize
  ) -> (operations: Double, bytes: Double) {
    (flops(size), 8 * size.tokens * Double(dim))
  }

  func attentionCount(_ size: RunSize) -> Double { Double(Self.inner) * size.tokens }

  /// Its softmaxes run over features and over tokens: it has no scores or weights of tokens.
  func shape(of point: StagePoint, _ size: RunSize) -> [Int]? {
    [.queries, .keys, .headOutputs].contains(point) ? [Int(size.tokens), Self.inner] : nil
  }

  /// The output before it is added to the data `[items × tokens, dim]`.
  func callAsFunction(
    _ data: Variable, _ streams: Pass.Streams<Variable>, in pass: Pass
  ) throws -> Variable {
    let tokens = streams.tokens.masking(pass.keyVisibility)
    if let keeper = pass.keeper {
      let (output, attention) = try streamed(data, tokens: tokens, in: pass)
      keeper.attention = attention
      // What has no place of its own there is computed below.
      if ![StagePoint.queries, .keys, .headOutputs].contains(where: pass.touches) { return output }
    }
    let inner = Self.inner
    var projected = try pass.linear(norm(data, in: pass), name + ".fn.to_qkv", .without)
    projected = pass.at(.queries, projected, columns: 0..<inner, heads: Self.heads)
    projected = pass.at(.keys, projected, columns: inner..<2 * inner, heads: Self.heads)
    let taken = try pass.tape.linearAttention(
      projected, batch: tokens.items, heads: Self.heads,
      scale: 1 / Float(Self.dimHead).squareRoot(), mask: tokens.mask)
    return try pass.linear(
      pass.at(.headOutputs, taken, heads: Self.heads), name + ".fn.to_out.0"
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
    let toQKV = parameters[name + ".fn.to_qkv.weight"]
    let (gain, bias) = norm.affine(parameters)
    func part(_ index: Int) -> Tensor {
      toQKV.rows(index * Self.inner..<(index + 1) * Self.inner)
    }
    func folded(_ weight: Tensor, scale: Float) throws -> (weight: Tensor, bias: Tensor) {
      var columns = weight.scalingColumns(by: gain)
      var constants = try bias.reshaped([1, dim]).linear(weight: weight, workers: workers).row(0)
      columns.scale(by: scale)
      constants.scale(by: scale)
      return (columns, constants)
    }
    let query = try folded(part(0), scale: 1 / Float(Self.dimHead).squareRoot())
    let key = try folded(part(1), scale: 1)
    let operands = LinearAttentionOperands(
      tokens: tokens.rows(norm.standardisation), queryWeight: query.weight,
      queryBias: query.bias, keyWeight: key.weight, keyBias: key.bias, heads: Self.heads)
    var (contexts, statistics) = try operands.contexts(workers: workers)
    // A mask that keeps nothing leaves nothing to take.
    if tokens.visibility == .none { contexts.scale(by: 0) }
    // Values, sums and the last projection are linear in a token: one matrix for each head.
    let toOut = parameters[name + ".fn.to_out.0.weight"]
    var matrix = Tensor(shape: [dim, dim])
    for head in 0..<Self.heads {
      let features = head * Self.dimHead..<(head + 1) * Self.dimHead
      let outer = try toOut.columns(features).times(contexts.row(head), workers: workers)
      matrix.add(try outer.times(part(2).rows(features), workers: workers))
    }
    let output = try norm(data, in: pass).linear(
      pass.tape.constant(matrix), bias: pass.parameter(name + ".fn.to_out.0.bias"))
    let attention = StageAttention(
      operands: operands.keys, statistics: statistics, mapShape: tokens.axes,
      visibility: tokens.visibility, linear: operands)
    return (output, tokens.visibility == .none ? attention.withoutWeights() : attention)
  }
}
