// A file of trained parameters: which layout it has and which model it makes.

import Tensors

/// An opened checkpoint whose layout is known and whose tensors are named as release 0.11.0 does.
public struct Checkpoint: Sendable {
  /// The file.
  public let path: String
  /// The releases of perceiver-pytorch whose names the file has, such as `0.11.0`.
  public let layout: String
  /// The file's tensors: name as stored, shape, element type as stored.
  public let entries: [CheckpointEntry]

  /// Opens a safetensors file in a layout of releases 0.8.0 to 0.11.0.
  ///
  /// - Throws: `CheckpointError` for a damaged file or unknown layout, `FileError` if unreadable.
  public init(path: String) throws {
    fatalError()
  }

  /// Finds the model's hyperparameters: derived from shapes, else as given, else the defaults.
  ///
  /// - Throws: `CheckpointError` where a given value contradicts the file's shapes.
  public func describe(given: GivenHyperparameters) throws -> ModelDescription {
    fatalError()
  }

  /// Makes the model; every tensor must be there with the right shape, and none too many.
  ///
  /// - Throws: `CheckpointError` naming the tensor, what was expected and found.
  public func model(_ configuration: PerceiverConfiguration) throws -> Perceiver {
    fatalError()
  }
}

/// One tensor of a checkpoint as stored.
public struct CheckpointEntry: Sendable, Hashable {
  /// The name in the file.
  public let name: String
  /// Axis lengths.
  public let shape: [Int]
  /// The stored element type: `F32`, `F16`, …
  public let elementType: String
}
