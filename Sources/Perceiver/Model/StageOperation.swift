// What a stage can begin with. A new block answers these, and nothing else changes.

import Tensors

/// The attention or mixing that a stage begins with.
protocol StageOperation: Sendable, Hashable {
  /// What it is to those who look at stages.
  var kind: StageID.Kind { get }
  /// The prefix of its parameters' names.
  var name: String { get }
  /// Heads of its attention; 0 where it has none.
  var heads: Int { get }
  /// Channels of the rows that it changes.
  var dim: Int { get }
  /// Its parameters, each once.
  var parameters: [ParameterSpecification] { get }
  /// Its attention with heads over latents or tokens; nil where it has none.
  var attentionBlock: AttentionBlock? { get }
  /// The attention that reads the input's tokens; nil where none does.
  var tokenReader: AttentionBlock? { get }
  /// Whether its weights come of a softmax over keys.
  var hasSoftmaxOverKeys: Bool { get }

  /// Multiplications and additions on an input of a given size, as the papers count them.
  func flops(_ size: RunSize) -> Double
  /// Bytes that a run keeps of it: its stream and what its maps are made from.
  func keptBytes(_ size: RunSize) -> Double
  /// Operations of its attention as it is computed here, and bytes that this must read or write.
  func attentionCost(_ size: RunSize, tokens: TokenSize) -> (operations: Double, bytes: Double)
  /// Numbers in its attention: heads × queries × keys.
  func attentionCount(_ size: RunSize) -> Double
  /// The shape of the value at a point before its output, heads first where matrices are never
  /// stored; nil where it has no such point.
  func shape(of point: StagePoint, _ size: RunSize) -> [Int]?

  /// Its output before it joins the rows of the stream that it changes.
  func callAsFunction(
    _ rows: Variable, _ streams: Pass.Streams<Variable>, in pass: Pass
  ) throws -> Variable
}

extension StageOperation {
  var attentionBlock: AttentionBlock? { nil }
  var tokenReader: AttentionBlock? { nil }
  var hasSoftmaxOverKeys: Bool { true }

  /// The stream that it reads by its queries, and that its output changes.
  var changes: Stream { kind.changes }

  /// Whether another is of the same type and equal.
  func isSame(as other: any StageOperation) -> Bool { (other as? Self) == self }
}

/// What stages read and change.
enum Stream: Sendable, Hashable { case latents, tokens, outputs }

extension StageID.Kind {
  /// The stream that a stage of this kind changes.
  var changes: Stream {
    switch self {
    case .crossAttention, .latentSelfAttention, .latentMixing: .latents
    case .linearAttention, .reverseCrossAttention: .tokens
    case .decoderCrossAttention: .outputs
    }
  }
}

/// Rows of a run's streams; doubles, since an input may be one that does not exist.
struct RunSize: Sendable, Hashable {
  let latents: Double
  let tokens: Double
  let outputs: Double

  /// Rows of one stream.
  subscript(stream: Stream) -> Double {
    switch stream {
    case .latents: latents
    case .tokens: tokens
    case .outputs: outputs
    }
  }
}

extension [ParameterSpecification] {
  /// The elements of all of them, as a double, which none can overflow.
  var elementCount: Double {
    reduce(0) { $0 + $1.shape.reduce(1.0) { $0 * Double($1) } }
  }
}
