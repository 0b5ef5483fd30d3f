// A photo in a folder, a small model, and `explain` run on them.

import Foundation
import Perceiver
import TestSupport
import Testing

/// A suite whose tests run `explain` in a folder with a photo.
protocol ExplainsPhoto {
  var folder: TemporaryFolder { get }
  /// The photo's path.
  var photo: String { get }
}

extension ExplainsPhoto {
  static func writtenPhoto() throws -> (folder: TemporaryFolder, photo: String) {
    let folder = try TemporaryFolder()
    return (folder, try folder.write("photo.ppm", TestInputs.ppm(width: 9, height: 6)))
  }

  /// What `TestInputs.smallModel` asks for.
  static var configuration: PerceiverConfiguration {
    PerceiverConfiguration(
      numFreqBands: 3, maxFreq: 8, depth: 2, numLatents: 5, latentDim: 12, crossHeads: 2,
      latentHeads: 3, crossDimHead: 6, latentDimHead: 5, numClasses: 7)
  }

  func explain(_ arguments: [String]) throws -> ProgramResult {
    try Program.run(["explain"] + arguments + TestInputs.smallModel, in: folder.url)
  }

  func record(_ path: String = "out/explain.json") throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.path(path)))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// The run that the program makes of the photo.
  func run() throws -> PerceiverRun {
    try Perceiver(Self.configuration, seed: 42).begin(TestInputs.tensor(width: 9, height: 6))
      .completed()
  }
}
