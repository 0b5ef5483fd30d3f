// The configuration that lies beside a checkpoint.

import Foundation
import Tensors

extension GivenHyperparameters {
  /// The hyperparameters of the file beside a checkpoint: `model.json` for `model.safetensors`, or
  /// `config.json` in its folder. Notes say which was used, and what in it was passed over.
  ///
  /// Nil if there is neither. A file that holds no argument of perceiver-pytorch belongs to
  /// something else, and a note says so.
  ///
  /// - Throws: `FileAccessError` where one is there and cannot be read, `ConfigurationError` with
  ///   its name where it is no JSON or gives an argument a value that it cannot have.
  public static func beside(checkpoint path: String) throws -> GivenHyperparameters? {
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let (folder, file) = (path[..<slash], path[slash...])
    let bare = file.lastIndex(of: ".").map { $0 == slash ? file : file[..<$0] } ?? file
    let candidates = ["\(bare).json", "config.json"].map { ($0, String(folder) + $0) }
    var strange: [String] = []
    for (name, candidate) in candidates where FileNames.exists(candidate) {
      let bytes = try WholeFile.read(candidate, limit: 1 << 20)
      var given: GivenHyperparameters
      do {
        given = try GivenHyperparameters(json: bytes, unknown: .noted)
      } catch {
        throw ConfigurationError("\(name) beside it: \(error)")
      }
      guard !given.values.isEmpty else {
        strange.append("\(name) beside it is passed over: it has no argument of perceiver-pytorch")
        continue
      }
      given.notes.insert("hyperparameters are read from \(name) beside it", at: 0)
      given.notes += strange
      given.origin = name
      return given
    }
    guard !strange.isEmpty else { return nil }
    var given = GivenHyperparameters()
    given.notes = strange
    return given
  }
}
