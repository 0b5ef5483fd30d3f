// Which pixels belong to an object, by a file: do maps point at it?

import Explorer
import Inputs
import Perceiver
import Tensors

/// Masks of objects: one file for all inputs, or a folder with one for each.
struct ObjectMasks {
  /// A file, or a folder.
  let path: String

  /// The mask of an input: the file, or the one in the folder that has the input's name.
  ///
  /// - Throws: `CommandFailure` where there is none.
  func file(for item: InputList.Item) throws -> String {
    guard FileNames.isFolder(path) else {
      if PixelRegion.numbers(meant: path) != nil {
        throw CommandFailure(
          .usage, "--object-mask",
          "expected a picture or array that marks the object, or a folder of them, found \(path), "
            + "which is no file")
      }
      return path
    }
    let stem = InputList.stem(item.name, keepingFolders: true)
    let files = InputFileNames.picturesAndArrays.sorted().map { "\(path)/\(stem).\($0)" }
    let found = files.filter(FileNames.exists)
    guard let file = found.first else {
      throw CommandFailure(
        .noInput, path, "expected a mask for \(item.name), such as \(stem).png, found none")
    }
    guard found.count == 1 else {
      throw CommandFailure(
        .usage, path,
        "expected one mask for \(item.name), found \(found.joined(separator: " and "))")
    }
    return file
  }
}

/// One input's object, and how maps lie to it.
struct MaskedObject {
  /// By how many numbers a map has: of pixels, and of tokens where those are others.
  private var ofCount: [Int: [Bool]] = [:]
  /// Its share of the pixels.
  let area: Double

  /// - Throws: `CommandFailure`, `InputFailure` for a mask that does not fit or marks nothing.
  init(_ path: String, axes: [Int], of run: PerceiverRun, reader: InputReader) throws {
    let tokens = try reader.readMask(path, axes: axes, tokens: run.mapAxes).keeps
    guard tokens.contains(true) else {
      throw CommandFailure(.badData, path, "expected pixels that belong to the object, found none")
    }
    ofCount[tokens.count] = tokens
    area = Double(tokens.count { $0 }) / Double(tokens.count)
    // Maps of the input's own numbers are as fine as its pixels.
    if axes != run.mapAxes, let pixels = try? reader.readMask(path, axes: axes).keeps {
      ofCount[pixels.count] = pixels
    }
  }

  /// Whether it holds a pixel by its number among so many; nil where they are not of its size.
  func contains(_ pixel: Int, of count: Int) -> Bool? { ofCount[count]?[pixel] }

  /// Whether a map points at it, and its share there; nil for a map of another size.
  func pointing(_ map: Tensor) -> Pointing? {
    ofCount[map.count].flatMap { try? Pointing(map, object: $0) }
  }
}
