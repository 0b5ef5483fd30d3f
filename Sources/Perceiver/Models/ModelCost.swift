// What a configuration costs, counted from its stages before anything is built.

/// Parameters, arithmetic and memory of a model on an input of a given size.
public struct ModelCost: Sendable, Hashable {
  /// Distinct parameters.
  public let parameters: Int
  /// Floating-point operations of one run, multiplications and additions counted separately.
  public let flops: Double
  /// Bytes of parameters, tokens and kept stages at the end of a run.
  public let bytes: Double
}

extension PerceiverConfiguration {
  /// What a run over an input with these axes costs (`[height, width]` for an image).
  ///
  /// - Throws: `ConfigurationError` if the configuration is impossible.
  public func cost(inputAxes shape: [Int]) throws -> ModelCost {
    fatalError()
  }

  /// Checks that a model of this configuration can exist.
  ///
  /// - Throws: `ConfigurationError` naming the hyperparameter, what was expected and found.
  public func validate() throws {}
}
