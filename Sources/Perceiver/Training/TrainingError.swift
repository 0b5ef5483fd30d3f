// What stops a training.

/// Why a training cannot begin, go on, or be resumed.
public enum TrainingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Model, data and recipe do not fit together.
  case unusable(String)
  /// A number is NaN or infinite: in a stage's output, the loss, or a parameter's gradient.
  case notFinite(step: Int, tensor: String)
  /// The loss has grown far beyond where it began; the tensor has the largest gradient.
  case exploded(step: Int, tensor: String, loss: Double)
  /// A file to resume from is not what it should be.
  case damaged(String)

  /// One line of what, where, expected and found.
  public var description: String {
    switch self {
    case .unusable(let reason): reason
    case .notFinite(let step, let tensor):
      "step \(step): \(tensor): expected finite numbers, found NaN or infinity"
    case .exploded(let step, let tensor, let loss):
      "step \(step): the loss has grown to \(loss); the largest gradient is that of \(tensor)"
    case .damaged(let reason): reason
    }
  }
}
