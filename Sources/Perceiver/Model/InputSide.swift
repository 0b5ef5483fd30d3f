// How an input becomes the tokens that stages read. A new way answers these, in a file of its own.

import Tensors

/// The way of an input to tokens: part of a model, with parameters of its own where it has some.
protocol InputSide: Sendable, Hashable {
  /// Its parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] { get }
  /// Floats that are kept of each token, whichever way it is read, from which memory is counted.
  var keptChannels: Int { get }

  /// Tokens of these axes, as far as costs go.
  func tokenSize(_ axes: [Int]) -> TokenSize
  /// The axes of the tokens of an input of these axes: fewer positions, where layers join some;
  /// zeros where it is too small for them.
  func tokenAxes(_ axes: [Int]) -> [Int]
  /// The axes of the tokens of an input of this shape: `[height, width]` for an image.
  func axes(of shape: [Int]) -> [Int]
  /// The Fourier features that stand behind data in the tokens of an input of these axes; none where
  /// positions are not encoded so.
  func encodedPositions(_ axes: [Int]) -> [EncodedAxis]
  /// Whether positions are known by parameters of their own.
  var learnsPositions: Bool { get }
  /// The shape of the gradient of an input of this shape: of data their own, of numbers of tokens
  /// that of the embedded tokens.
  func gradientShape(of shape: [Int]) -> [Int]
  /// Reads a batch; queries that were given stay as they are.
  ///
  /// - Throws: `ComputationCancelled`.
  func read(_ input: PassInput, in pass: Pass) throws -> ReadInput<Variable>
}

extension InputSide {
  var parameters: [ParameterSpecification] { [] }
  func tokenAxes(_ axes: [Int]) -> [Int] { axes }
  func axes(of shape: [Int]) -> [Int] { tokenAxes(Array(shape.dropLast())) }
  func encodedPositions(_ axes: [Int]) -> [EncodedAxis] { [] }
  var learnsPositions: Bool { false }
  func gradientShape(of shape: [Int]) -> [Int] { shape }

  /// Whether another is of the same type and equal.
  func isSame(as other: any InputSide) -> Bool { (other as? Self) == self }
}

/// An axis of tokens and how a coordinate on it becomes features.
struct EncodedAxis: Sendable, Hashable {
  /// Tokens along it.
  let length: Int
  /// The encoding of a coordinate.
  let encoding: FourierEncoding

  /// Axes with an encoding each.
  static func axes(_ lengths: [Int], _ encodings: [FourierEncoding]) -> [EncodedAxis] {
    zip(lengths, encodings).map { EncodedAxis(length: $0, encoding: $1) }
  }
}

extension Pass {
  /// Rows whose gradient is kept, where the input's is asked for.
  func differentiated(_ rows: Variable, _ input: PassInput) -> Variable {
    input.mark.map { tape.marking(rows, as: $0) } ?? rows
  }
}

extension Tensor {
  /// All axes but the last as one.
  var asRows: Tensor { reshaped([shape.dropLast().reduce(1, *), shape.last ?? 1]) }
}
