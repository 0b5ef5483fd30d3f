// Masks: which tokens a model may read, of an input or of the longer array that it is a part of.

import Perceiver
import Pictures
import Tensors

/// A mask as a file has it.
public struct InputMask: Sendable, Hashable {
  /// Which tokens may be read of those that the model makes of the input.
  public let mask: TokenMask
  /// Those of the longer array that the input is a part of; nil where the file has the input's alone.
  public let whole: TokenMask?

  /// A mask of an input.
  public init(_ mask: TokenMask) { (self.mask, whole) = (mask, nil) }

  /// The part of a mask that goes with a part of an array.
  ///
  /// - Precondition: The mask has one axis, and the part is in it.
  init(_ range: Range<Int>, of whole: TokenMask) {
    mask = TokenMask(shape: [range.count], keeps: Array(whole.keeps[range]))
    self.whole = whole
  }

  /// The mask for another input: of a mask for a longer array the part that goes with it. Nil where it
  /// does not fit.
  ///
  /// - Parameter tokens: The axes of the tokens that the model makes of the input.
  public func fitting(_ input: Input, tokens: [Int]) -> InputMask? {
    guard let whole else { return mask.shape == tokens ? self : nil }
    if let part = input.part, whole.shape == [part.count] {
      return InputMask(part.range, of: whole)
    }
    return whole.shape == tokens ? InputMask(whole) : nil
  }
}

extension InputReader {
  /// Reads a mask for an input: a picture or array of its axes, or of the tokens that the model makes
  /// of it, or of the longer array that it is a part of. What is not zero keeps a token.
  ///
  /// - Parameter tokens: The axes of the tokens that the model makes of the input.
  /// - Throws: `InputFailure` with the file.
  public func readMask(_ path: String, of input: Input, tokens: [Int]) throws -> InputMask {
    try InputFailure.about(path) {
      let values = try maskValues(path)
      if let part = input.part, values.shape == [part.count] {
        let whole = try mask(values, path, axes: values.shape, tokens: values.shape)
        return InputMask(part.range, of: whole)
      }
      let others = input.part.map { ", or of all its \($0.count) tokens" } ?? ""
      return InputMask(try mask(values, path, axes: input.axes, tokens: tokens, others))
    }
  }

  /// Reads a mask: a picture or array of these axes; what is not zero keeps a token.
  ///
  /// - Parameters:
  ///   - axes: Those of the input.
  ///   - tokens: Those of the tokens that the model makes of it, where they are others.
  /// - Throws: `InputFailure` with the file.
  public func readMask(
    _ path: String, axes: [Int], tokens: [Int]? = nil
  ) throws -> TokenMask {
    try InputFailure.about(path) {
      try mask(try maskValues(path), path, axes: axes, tokens: tokens ?? axes)
    }
  }

  /// The numbers of an array, or the samples of a picture in grey.
  private func maskValues(_ path: String) throws -> Tensor {
    let bytes = try unpacked(InputBytes.read(path))
    guard !NumPyFile.isNumPy(bytes) else { return try NumPyFile.tensor(bytes) }
    let picture = try PixelImage(reading: bytes).converted(toChannels: 1)
    return Tensor(shape: [picture.height, picture.width], values: picture.samples)
  }

  /// Lengths of axes as rows by columns: `28 × 28`.
  private static func size(_ axes: [Int]) -> String {
    axes.isEmpty ? "one number" : axes.map(String.init).joined(separator: " × ")
  }

  /// - Parameter others: Other sizes that would fit, in words.
  private func mask(
    _ values: Tensor, _ path: String, axes: [Int], tokens own: [Int], _ others: String = ""
  ) throws -> TokenMask {
    let name = InputBytes.name(path)
    guard values.shape == axes || values.shape == own else {
      let tokens = own == axes ? "" : ", or of its tokens \(Self.size(own))"
      throw InputFailure(
        .badData, name,
        "expected a mask of the input's size \(Self.size(axes))\(tokens)\(others), found "
          + Self.size(values.shape))
    }
    try Self.checkFinite(values, name: name)
    let keeps = Tensor(shape: values.shape, values: values.values.map { $0 != 0 ? 1 : 0 })
    guard values.shape != own else {
      return TokenMask(shape: own, keeps: keeps.values.map { $0 != 0 })
    }
    guard axes.count == 2, own.count == 2 else {
      throw InputFailure(
        .badData, name,
        "expected a mask of the \(Self.size(own)) tokens that the model makes of the input, found "
          + Self.size(values.shape))
    }
    // A token that stands for several pixels is read where most of them are.
    return TokenMask(
      shape: own,
      keeps: keeps.resampled(rows: own[0], columns: own[1]).values.map { $0 >= 0.5 })
  }
}
