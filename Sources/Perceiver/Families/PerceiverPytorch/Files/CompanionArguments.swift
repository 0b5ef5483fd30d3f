// The arguments that come with a checkpoint: inside the file, and as a file beside it.

import Foundation
import Tensors

/// perceiver-pytorch's arguments beside weights or in them.
enum CompanionArguments {
  /// The hyperparameters that come with a checkpoint: those of the file beside it, `model.json` for
  /// `model.safetensors` or `config.json` in its folder; of weights that hold arguments of their own,
  /// the file beside them only if it names these weights, and else their own. Notes say which were
  /// used, and what was passed over.
  ///
  /// Nil if there are none. A file that holds no argument of perceiver-pytorch belongs to something
  /// else, and a note says so; a pipe or device is not opened.
  ///
  /// - Throws: `FileAccessError` where a file is there and cannot be read, `ConfigurationError` with
  ///   its name where it is no JSON or gives an argument a value that it cannot have.
  static func of(_ checkpoint: Checkpoint) throws -> GivenHyperparameters? {
    let own = try own(checkpoint)
    var passedOver: [String] = []
    for (name, path) in Self.companions(of: checkpoint.path) {
      guard let given = try Self.companion(path, name, &passedOver) else { continue }
      guard let own else {
        var result = given
        if given.generation != nil {
          result.notes.append("\(name) beside it was written with other weights than these")
        }
        result.notes += passedOver
        return result
      }
      // A training's file knows its model better than what happens to lie beside it.
      if given.generation == own.generation, !Trainer.isSaved(in: checkpoint.metadata) {
        var result = given
        result.notes += passedOver
        return result
      }
      guard !given.isPart(of: own) else { continue }
      passedOver.append(
        "\(name) beside it is passed over: it is not of these weights, which hold their own "
          + "arguments; --config \(name) reads it all the same")
    }
    guard own != nil || !passedOver.isEmpty else { return nil }
    var result = own ?? GivenHyperparameters()
    if own != nil {
      result.notes.insert(GivenHyperparameters.sourceNote("the weights' own metadata"), at: 0)
    }
    result.notes += passedOver
    return result
  }

  /// What the weights say themselves.
  private static func own(_ checkpoint: Checkpoint) throws -> GivenHyperparameters? {
    guard let text = checkpoint.metadata[ModelExport.argumentsKey] else {
      return try Trainer.given(checkpoint.metadata, path: checkpoint.path)
    }
    do {
      var given = try GivenHyperparameters(json: Array(text.utf8), unknown: .noted)
      given.origin = "the weights' own metadata"
      return given
    } catch {
      throw ConfigurationError("arguments in its metadata: \(error)")
    }
  }

  private static func companions(of path: String) -> [(name: String, path: String)] {
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let (folder, file) = (path[..<slash], path[slash...])
    let bare = file.lastIndex(of: ".").map { $0 == slash ? file : file[..<$0] } ?? file
    return ["\(bare).json", "config.json"].map { ($0, String(folder) + $0) }
  }

  /// What a file beside a checkpoint gives; nil if there is none, or it belongs to something else.
  private static func companion(
    _ path: String, _ name: String, _ passedOver: inout [String]
  ) throws -> GivenHyperparameters? {
    let bytes: [UInt8]
    do {
      bytes = try WholeFile.readRegular(path, limit: 1 << 20)
    } catch {
      if error.reason == .missing { return nil }
      guard error.reason == .notAFile else { throw error }
      passedOver.append("\(name) beside it is passed over: it is no regular file")
      return nil
    }
    var given: GivenHyperparameters
    do {
      given = try GivenHyperparameters(json: bytes, unknown: .noted)
    } catch {
      throw ConfigurationError("\(name) beside it: \(error)")
    }
    guard !given.values.isEmpty else {
      passedOver.append(
        "\(name) beside it is passed over: it has no argument of perceiver-pytorch")
      return nil
    }
    given.notes.insert(GivenHyperparameters.sourceNote("\(name) beside it"), at: 0)
    given.origin = name
    return given
  }

}

extension GivenHyperparameters {
  /// Whether another set says all that this one does.
  fileprivate func isPart(of other: GivenHyperparameters) -> Bool {
    values.allSatisfy { other.values[$0.key] == $0.value }
      && (classNames == nil || classNames == other.classNames)
      && (preprocessing == nil || preprocessing == other.preprocessing)
  }
}
