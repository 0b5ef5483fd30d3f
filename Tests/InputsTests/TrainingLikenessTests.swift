// Photos prepared like a model's training data, against what options say.

import Foundation
import Inputs
import Perceiver
import Testing

@Suite struct TrainingLikenessTests {
  /// A picture file of 40 × 20 pixels, red on the left and blue on the right.
  private func withPicture(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "likeness-\(UUID().uuidString).ppm").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var bytes = Array("P6\n40 20\n255\n".utf8)
    for _ in 0..<20 {
      for x in 0..<40 { bytes += x < 20 ? [255, 0, 0] : [0, 0, 255] }
    }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    try body(path)
  }

  private static let grey = Preprocessing(
    mean: [0.25], deviation: [0.5], size: .init(height: 8, width: 8), channelOrder: .grey)

  /// Options that each keep a photo from being like the training data.
  private static let options: [ReadingOptions] = {
    var side = ReadingOptions()
    side.longestSide = .pixels(16)
    var whole = ReadingOptions()
    whole.longestSide = .unlimited
    var mean = ReadingOptions()
    mean.scaling = ScalingChoice(mean: [0], deviation: [1])
    return [side, whole, mean]
  }()

  @Test("what options make otherwise is made as it was in training", arguments: 0..<3)
  func options(index: Int) throws {
    let reader = InputReader(Self.options[index])
    let demand = InputDemand(preprocessing: Self.grey, channels: 1, axes: 2)
    try withPicture { path in
      let opened = try reader.prepared(reader.open(path, for: demand), for: demand)
      #expect(!opened.isLikeTraining(of: demand))
      let fitted = try reader.likeTraining(opened, of: demand)
      #expect(fitted.isLikeTraining(of: demand))
      #expect(fitted.tensor.shape == [8, 8, 1])
      #expect(fitted.notes.map(\.brief) == ["fitted: 8 × 8 grey"])
      let usual = InputReader()
      let straight = try usual.prepared(usual.open(path, for: demand), for: demand)
      #expect(fitted.tensor.values == straight.tensor.values)
      #expect(straight.isLikeTraining(of: demand))
    }
  }

  @Test(
    "the words for training data",
    arguments: [
      (Self.grey, "8 × 8 grey"), (Preprocessing(channelOrder: .bgr), "BGR"),
      (Preprocessing(mean: [0.25], deviation: [0.5]), "mean 0.25, std 0.5"),
    ])
  func words(preprocessing: Preprocessing, words: String) {
    #expect(InputDemand(preprocessing: preprocessing).trainingPictures == words)
    #expect(InputDemand().trainingPictures == nil)
  }

  @Test("an array's numbers are not prepared, and the message says so")
  func array() throws {
    let input = Input(
      name: "x.npy", tensor: .init(shape: [4, 4, 3], values: Array(repeating: 0.5, count: 48)),
      content: .array(shown: []))
    let demand = InputDemand(preprocessing: Self.grey)
    #expect(input.isLikeTraining(of: demand))
    #expect(throws: InputFailure.self) {
      try InputReader().likeTraining(input, of: demand)
    }
  }
}
