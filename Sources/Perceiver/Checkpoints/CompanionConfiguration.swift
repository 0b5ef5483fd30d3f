// The configuration that lies beside a checkpoint.

import Foundation
import Tensors

extension GivenHyperparameters {
  /// The hyperparameters of the file beside a checkpoint: `model.json` for `model.safetensors`, or
  /// `config.json` in its folder. A note says which was used.
  ///
  /// Nil if there is neither, or what is there holds no arguments of perceiver-pytorch and so
  /// belongs to something else.
  ///
  /// - Throws: `FileAccessError` where one is there and cannot be read.
  public static func beside(checkpoint path: String) throws -> GivenHyperparameters? {
    let url = URL(fileURLWithPath: path)
    let candidates = [
      url.deletingPathExtension().appendingPathExtension("json"),
      url.deletingLastPathComponent().appending(path: "config.json"),
    ]
    for candidate in candidates where FileManager.default.fileExists(atPath: candidate.path) {
      let bytes = try WholeFile.read(candidate.path, limit: 1 << 20)
      guard var given = try? GivenHyperparameters(json: bytes), !given.values.isEmpty else {
        continue
      }
      given.notes.append("hyperparameters are read from \(candidate.lastPathComponent) beside it")
      return given
    }
    return nil
  }
}
