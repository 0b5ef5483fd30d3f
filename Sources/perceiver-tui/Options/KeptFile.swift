// A file in which the program keeps something from one start to the next.

import Tensors

/// `perceiver-tui/NAME` in the folder that a person has for such files.
struct KeptFile {
  /// Its path.
  let path: String
  private let folder: String

  /// A file of a name; nil where an environment has no folder for it.
  init?(_ name: String, for purpose: HomeFolder.Purpose, environment: [String: String]) {
    guard let home = HomeFolder.folder(for: purpose, environment: environment) else { return nil }
    folder = home + "/perceiver-tui"
    path = folder + "/" + name
  }

  /// Its bytes.
  ///
  /// - Throws: `FileAccessError`.
  func read() throws -> [UInt8] { try WholeFile.readRegular(path, limit: 1 << 20) }

  /// Writes it anew, and makes its folder where there is none.
  ///
  /// - Throws: `FileWriteError`.
  func write(_ text: String) throws {
    try FileNames.makeFolders(folder)
    try WholeFile.write(Array(text.utf8), to: path, existing: .replace)
  }
}
