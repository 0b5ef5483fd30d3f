// Inputs that are opened again from where they came: texts, several files, pipes.

import Foundation
import Inputs
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("An input is opened again from where it came, for another part or another model")
struct ReopeningTests {
  private static func fixture(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "PerceiverTests/Fixtures/huggingface/\(name)").path
  }

  /// What the model of a fixture wants of an input, or of a part of it.
  private static func demand(_ name: String, window: Int? = nil) throws -> InputDemand {
    let source = try ModelSource(ModelRequest(weights: fixture(name)))
    var demand = InputDemand(try source.describeAlone(inputAxes: nil).configuration)
    demand.window = window
    return demand
  }

  /// Another part of an input, read from what the input says it came from.
  private static func part(_ window: Int, of input: Input, for model: String) throws -> Input {
    let read = try InputReader().read(
      try #require(input.source), for: try demand(model, window: window))
    #expect(read.window?.index == window && read.window?.count == input.window?.count)
    return read
  }

  // MARK: - Texts

  /// 70 letters and digits, of which the masked language model reads 30 at a time.
  private static let long = String((0..<70).map { Array("abcdefghijklmnop0123456789")[$0 % 26] })

  /// The tokens of a part: each byte, moved by the specials, between `[CLS]` and `[SEP]`.
  private static func tokens(_ range: Range<Int>) -> [Float] {
    [4] + Array(long.utf8)[range].map { Float($0) + 6 } + [5]
  }

  @Test("A long text of the command line is read again in its next part")
  func text() throws {
    let first = try InputReader().read(.text(Self.long), for: Self.demand("masked_lm"))
    #expect(first.tensor.values == Self.tokens(0..<30))
    #expect(first.source == .text(Self.long) && first.path == nil)
    let second = try Self.part(1, of: first, for: "masked_lm")
    #expect(second.tensor.values == Self.tokens(30..<60))
    #expect(try Self.part(2, of: second, for: "masked_lm").tensor.values == Self.tokens(40..<70))
  }

  @Test("A long text of a pipe is read again from memory, however often")
  func pipedText() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "pipe").path
      let first = try SmallFiles.pipe(Array(Self.long.utf8), at: path) {
        try InputReader().read(.file(path), for: Self.demand("masked_lm"))
      }
      #expect(first.tensor.values == Self.tokens(0..<30) && first.path == nil)
      let second = try Self.part(1, of: first, for: "masked_lm")
      #expect(second.tensor.values == Self.tokens(30..<60))
      let again = try Self.part(0, of: second, for: "masked_lm")
      #expect(again.tensor.values == first.tensor.values)
    }
  }

  @Test("Tokens of an array in a pipe are read again in their next part")
  func pipedTokens() throws {
    let header =
      "{'descr': '|u1', 'fortran_order': False, 'shape': (70,), }".padding(
        toLength: 117, withPad: " ", startingAt: 0) + "\n"
    let bytes =
      [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8)
      + (0..<70).map { UInt8($0 + 6) }
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "pipe").path
      let first = try SmallFiles.pipe(bytes, at: path) {
        try InputReader().read(.file(path), for: Self.demand("masked_lm"))
      }
      #expect(first.tensor.values == (6..<38).map { Float($0) })
      let second = try Self.part(1, of: first, for: "masked_lm")
      #expect(second.tensor.values == (38..<70).map { Float($0) })
    }
  }

  @Test("A text that is open is read again for a model that reads fewer tokens, and only then")
  func retokenized() throws {
    let shorter = try ModelSource(ModelRequest(weights: Self.fixture("sequence_classification")))
    let long = try InputReader().read(.text(Self.long), for: Self.demand("masked_lm", window: 1))
    let read = try InputReader().rematched(long, to: shorter).0
    #expect(read.tensor.values == Self.tokens(22..<44))
    let short = try InputReader().read(.text("A cat."), for: Self.demand("masked_lm"))
    #expect(try InputReader().rematched(short, to: shorter).0 == short)
  }

  // MARK: - Films

  /// Five frames as files, of 12 × 8 pixels as the multimodal fixture reads them.
  private static func frames(in folder: URL) throws -> [String] {
    try (0..<5).map { frame in
      let path = folder.appending(path: "frame\(frame).ppm")
      try Data(
        SmallFiles.ppm(
          width: 12, height: 8, SmallFiles.colours(width: 12, height: 8, frame: frame))
      ).write(to: path)
      return path.path
    }
  }

  /// Five frames' sound: 64 samples for each.
  private static let samples = (0..<320).map { Int16(truncatingIfNeeded: $0 * 977 - 20000) }

  private static func expectPart(_ frames: Range<Int>, in film: Input) {
    let values = frames.flatMap { frame in
      SmallFiles.colours(width: 12, height: 8, frame: frame).map { Float($0) / 255 }
    }
    #expect(film.tensor.shape == [2, 8, 12, 3])
    #expect(relativeError(film.tensor.values, values) < 1e-5)
    let sound = samples[frames.lowerBound * 64..<frames.upperBound * 64]
    #expect(film.sound?.values == sound.map { Float($0) / 32768 })
  }

  @Test(
    "Frames and their sound move on together",
    arguments: ["a folder and a file", "a list and a file", "a folder and a pipe"])
  func film(_ form: String) throws {
    try withTemporaryFolder { scratch in
      let folder = scratch.appending(path: "film")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let frames = try Self.frames(in: folder)
      let wav = SmallFiles.wav(rate: 48_000, Self.samples)
      let sound = scratch.appending(path: "sound.wav").path
      let paths = (form.hasPrefix("a list") ? frames : [folder.path]) + [sound]
      let demand = try Self.demand("multimodal")
      func opened() throws -> Input { try InputReader().read(.files(paths), for: demand) }
      let first: Input
      if form.hasSuffix("pipe") {
        first = try SmallFiles.pipe(wav, at: sound, opened)
      } else {
        try Data(wav).write(to: URL(fileURLWithPath: sound))
        first = try opened()
        #expect(first.source == .files(paths))
      }
      #expect(first.path == nil)
      Self.expectPart(0..<2, in: first)
      let second = try Self.part(1, of: first, for: "multimodal")
      Self.expectPart(2..<4, in: second)
      #expect(second.name == first.name)
      Self.expectPart(3..<5, in: try Self.part(2, of: second, for: "multimodal"))
    }
  }

  @Test("Frames that are open without a model are read again for one that reads films")
  func rematchedFilm() throws {
    try withTemporaryFolder { scratch in
      let frames = try Self.frames(in: scratch)
      let plain = try InputReader().read(.files(frames), for: InputDemand(channels: 3, axes: 3))
      #expect(plain.tensor.shape == [5, 8, 12, 3])
      let source = try ModelSource(ModelRequest(weights: Self.fixture("multimodal")))
      let film = try InputReader().rematched(plain, to: source).0
      let whole = try InputReader().read(.files(frames), for: Self.demand("multimodal"))
      #expect(film.tensor == whole.tensor && film.tensor.shape == [2, 8, 12, 3])
    }
  }

  // MARK: - Flow

  @Test("Two pictures larger than a model of flow reads are read again in their next tile")
  func flow() throws {
    try withTemporaryFolder { folder in
      let colours = [0, 1].map { SmallFiles.colours(width: 14, height: 8, frame: $0) }
      let paths = try colours.enumerated().map { number, colours in
        let path = folder.appending(path: "\(number).ppm")
        try Data(SmallFiles.ppm(width: 14, height: 8, colours)).write(to: path)
        return path.path
      }
      let first = try InputReader().read(.files(paths), for: Self.demand("optical_flow"))
      #expect(first.source == .files(paths) && first.window?.count == 4)
      // Tiles of 10 × 6: the second begins 4 columns on, the last 2 rows below it.
      for (window, top) in [(1, 0), (3, 2)] {
        let tile = try Self.part(window, of: first, for: "optical_flow")
        let values = colours.flatMap {
          SmallFiles.scaled($0, width: 14, columns: 4..<14, rows: top..<top + 6)
        }
        #expect(tile.tensor.shape == [2, 6, 10, 3])
        #expect(relativeError(tile.tensor.values, values) < 1e-6)
      }
    }
  }

  // MARK: - Photos

  @Test("A photo of a pipe is prepared anew from its bytes, as one of a file is")
  func photo() throws {
    var options = ReadingOptions()
    options.longestSide = .pixels(4)
    let reader = InputReader(options)
    let demand = InputDemand(
      preprocessing: Preprocessing(
        mean: [0.25], deviation: [0.5], size: .init(height: 8, width: 8), channelOrder: .grey),
      channels: 1, axes: 2)
    let bytes = SmallFiles.ppm(width: 40, height: 20, SmallFiles.colours(width: 40, height: 20))
    try withTemporaryFolder { folder in
      let (pipe, file) = (folder.appending(path: "pipe").path, folder.appending(path: "file"))
      try Data(bytes).write(to: file)
      let piped = try SmallFiles.pipe(bytes, at: pipe) { try reader.read(.file(pipe), for: demand) }
      #expect(piped.tensor.shape == [2, 4, 1])
      let straight = try reader.likeTraining(
        reader.read(.file(file.path), for: demand), of: demand)
      let fitted = try reader.likeTraining(piped, of: demand)
      #expect(fitted.tensor == straight.tensor && fitted.tensor.shape == [8, 8, 1])
    }
  }
}
