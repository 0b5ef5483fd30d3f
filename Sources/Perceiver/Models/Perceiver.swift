// The model as a value: configuration, named parameters, and where they came from.

import Tensors

/// A Perceiver (arXiv 2103.03206) with the numerics of perceiver-pytorch 0.11.0.
public struct Perceiver: Sendable {
  /// The hyperparameters.
  public let configuration: PerceiverConfiguration
  /// Where the parameters came from.
  public let origin: ParameterOrigin

  /// Makes the untrained model that `torch.manual_seed(seed); Perceiver(...)` makes.
  public init(
    _ configuration: PerceiverConfiguration = .init(), seed: UInt64,
    cancellation: Cancellation? = nil
  ) throws {
    self.configuration = configuration
    self.origin = .untrained(seed: seed)
  }

  /// The number of distinct parameters; tied ones count once.
  public var parameterCount: Int { 0 }

  /// Runs all stages: logits `[classes]`, or latents `[latents, dim]` where there is no head.
  ///
  /// - Parameters:
  ///   - input: `[…axes, channels]`: `[height, width, channels]` for an image.
  ///   - mask: Which tokens may be read; all if nil.
  public func callAsFunction(
    _ input: Tensor, mask: TokenMask? = nil, cancellation: Cancellation? = nil
  ) throws -> Tensor {
    fatalError()
  }

  /// Prepares a run over an input, at its first stage; nothing is computed but the tokens.
  public func begin(
    _ input: Tensor, mask: TokenMask? = nil, cancellation: Cancellation? = nil
  ) throws -> PerceiverRun {
    fatalError()
  }
}

/// Where a model's parameters came from.
public enum ParameterOrigin: Sendable, Hashable {
  /// Drawn as torch draws them after `torch.manual_seed(seed)`.
  case untrained(seed: UInt64)
  /// Read from a checkpoint; `layout` names the releases whose layout it has.
  case checkpoint(path: String, layout: String)
}

/// Which tokens of an input may be attended to.
public struct TokenMask: Sendable, Hashable {
  /// The input's axes without channels.
  public let shape: [Int]
  /// One entry a token, row-major; true keeps it.
  public let keeps: [Bool]

  /// Makes a mask.
  ///
  /// - Precondition: `keeps.count` is the product of `shape`.
  public init(shape: [Int], keeps: [Bool]) {
    precondition(shape.reduce(1, *) == keeps.count)
    self.shape = shape
    self.keeps = keeps
  }
}
