// An attention as the beginning of a stage: who asks, and what is read.

import Tensors

/// An attention between two of a run's streams.
struct AttentionStage: StageOperation {
  let kind: StageID.Kind
  let block: AttentionBlock

  /// Latents read tokens.
  static func cross(_ block: AttentionBlock) -> AttentionStage {
    .init(kind: .crossAttention, block: block)
  }

  /// Latents read latents.
  static func latents(_ block: AttentionBlock) -> AttentionStage {
    .init(kind: .latentSelfAttention, block: block)
  }

  /// Tokens read latents.
  static func reverse(_ block: AttentionBlock) -> AttentionStage {
    .init(kind: .reverseCrossAttention, block: block)
  }

  /// Output queries read latents.
  static func decoding(_ block: AttentionBlock) -> AttentionStage {
    .init(kind: .decoderCrossAttention, block: block)
  }

  var name: String { block.name }
  var heads: Int { block.heads }
  var dim: Int { block.dim }
  var parameters: [ParameterSpecification] { block.parameters }
  var attentionBlock: AttentionBlock? { block }
  var tokenReader: AttentionBlock? { kind == .crossAttention ? block : nil }
  var hasSoftmaxOverKeys: Bool { block.normalisation == .overKeys }

  /// Rows that are read.
  private func keys(_ size: RunSize) -> Double {
    kind == .crossAttention ? size.tokens : size.latents
  }

  func flops(_ size: RunSize) -> Double {
    block.flops(queries: size[changes], keys: keys(size))
  }

  func keptBytes(_ size: RunSize) -> Double {
    let (rows, heads) = (size[changes], Double(block.heads))
    switch kind {
    case .crossAttention:
      let channels = Double(block.contextDim)
      let maps =
        hasSoftmaxOverKeys
        ? heads * rows * (channels + 3) : heads * (rows * (channels + 2) + size.tokens)
      return 4 * (rows * Double(block.dim) + maps)
    case .latentSelfAttention:
      let operands =
        RemadeOperands.areWorthIt(block, rows: rows) ? 0 : 2 * block.inner + block.valueInner
      return 4 * rows * (Double(block.dim) + Double(operands) + 2 * heads)
    default: return 4 * rows * (2 * Double(block.dim) + 4 + heads)
    }
  }

  func attentionCost(
    _ size: RunSize, tokens: TokenSize
  ) -> (operations: Double, bytes: Double) {
    let rows = size[changes]
    let parameters = 4 * parameters.elementCount
    guard kind == .crossAttention else {
      let operations =
        changes == .outputs
        ? block.operations(
          block.method(rows: rows, latents: size.latents), rows: rows, latents: size.latents)
        : flops(size)
      return (operations, 8 * rows * Double(block.dim) + parameters)
    }
    let queries = Int(rows)
    let method = block.method(queries: queries, tokens: tokens)
    let scores =
      block.operations(method, queries: queries, tokens: tokens) ?? flops(size)
    // Data and scale, or whole tokens.
    let read = Double(method == .separable ? tokens.channels + 1 : block.contextDim)
    return (
      scores + block.queryOperations(queries: rows, isFolded: method != .projected),
      8 * rows * Double(block.dim) + parameters + 4 * size.tokens * read
    )
  }

  func attentionCount(_ size: RunSize) -> Double { Double(heads) * size[changes] * keys(size) }

  func shape(of point: StagePoint, _ size: RunSize) -> [Int]? {
    let (rows, keys) = (Int(size[changes]), Int(keys(size)))
    return switch point {
    case .queries: [rows, block.inner]
    case .keys: [keys, block.inner]
    case .scores, .weights: [heads, rows, keys]
    case .headOutputs: [rows, block.valueInner]
    case .attentionOutput, .feedForwardOutput, .latents: nil
    }
  }

  func callAsFunction(
    _ rows: Variable, _ streams: Pass.Streams<Variable>, in pass: Pass
  ) throws -> Variable {
    let items = streams.tokens.items
    let reading: AttentionBlock.Reading =
      switch kind {
      case .crossAttention: .tokens(streams)
      case .latentSelfAttention: .itself(items: items)
      default: .latents(streams.latents, items: items)
      }
    return try block(rows, reading: reading, in: pass)
  }
}

extension AttentionBlock {
  /// The projections of queries and outputs; folded, those of keys and values too.
  fileprivate func queryOperations(queries: Double, isFolded: Bool) -> Double {
    2 * queries * Double(inner + valueInner)
      * (Double(dim) + (isFolded ? Double(contextDim) : 0))
  }
}
