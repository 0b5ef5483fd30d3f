// A folder with a small data set, and the commands that train on it, for the tests of `train` and
// `evaluate`.

import Foundation
import TestSupport

/// Striped pictures of three classes in MNIST's files, and what is made of them.
struct TrainingFolder {
  let folder: TemporaryFolder

  /// A model that learns them in a second.
  static let model = [
    "--depth", "1", "--num-latents", "6", "--latent-dim", "16", "--cross-heads", "1",
    "--latent-heads", "2", "--cross-dim-head", "8", "--latent-dim-head", "8",
    "--num-freq-bands", "3", "--num-classes", "3",
  ]

  init() throws {
    folder = try TemporaryFolder()
    let training = stripedPictures(count: 48, side: 6, classes: 3)
    let test = stripedPictures(count: 15, side: 6, classes: 3)
    try folder.write("train-images-idx3-ubyte", training.images)
    try folder.write("train-labels-idx1-ubyte", training.labels)
    try folder.write("t10k-images-idx3-ubyte", test.images)
    try folder.write("t10k-labels-idx1-ubyte", test.labels)
    try folder.write("classes.txt", Array("left\nsecond\nthird\n".utf8))
  }

  /// Runs `train` on the folder, with a batch of 16, of which an epoch has 3.
  func train(_ options: String..., model: [String] = Self.model) throws -> ProgramResult {
    try Program.run(
      ["train", ".", "--batch-size", "16"] + options + model, in: folder.url)
  }

  func evaluate(_ arguments: String...) throws -> ProgramResult {
    try Program.run(["evaluate"] + arguments, in: folder.url)
  }

  func data(_ name: String) throws -> Data {
    try Data(contentsOf: folder.url.appending(path: name))
  }

  func lines(_ name: String) throws -> [String] {
    String(decoding: try data(name), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// The rows of a CSV file of metrics but for the last column, which is of time.
  func rows(_ name: String) throws -> [[String]] {
    try lines(name).map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
  }
}
