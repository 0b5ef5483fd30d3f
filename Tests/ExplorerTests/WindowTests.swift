// Texts and films that are longer than a model reads: moving from one part to another.

import Explorer
import Foundation
import Inputs
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A longer input is looked at in windows")
struct WindowTests {
  private static func film(window: Int) throws -> Input {
    let frame = try #require(Scenario.picture(width: 4, height: 3).picture)
    return Input(
      name: "film", tensor: Tensor(shape: [2, 3, 4, 3], repeating: Float(window)),
      content: .frames([frame, frame]), source: .file("film"), window: InputWindow(window, of: 2))
  }

  @Test(":window N opens another window of what is open")
  func next() throws {
    let second = try Self.film(window: 1)
    var scenario = Scenario(
      input: try Self.film(window: 0), files: MemoryFiles(inputs: ["film": second]))
    scenario.press(":", "'window 2'", "Enter")
    #expect(scenario.state.choices.input == second)
    #expect(scenario.status.contains("part 2 of 2"), "\(scenario.status)")
    #expect(scenario.lines[0].contains("part 2 of 2"), "\(scenario.lines[0])")
  }

  @Test("a window that is not there, and an input without windows, are said")
  func reasons() throws {
    var film = Scenario(input: try Self.film(window: 0))
    film.press(":", "'window 3'", "Enter")
    #expect(film.status.contains("window: expected a window from 1 to 2, found 3"))
    var picture = Scenario()
    picture.press(":", "'window 2'", "Enter")
    #expect(picture.status.contains("the model reads all of this input"))
  }

  @Test("parts of what is gone are not to be had, and that is said")
  func gone() throws {
    let frame = try #require(Scenario.picture(width: 4, height: 3).picture)
    let input = Input(
      name: "film", tensor: Tensor(shape: [1, 3, 4, 3], repeating: 0), content: .frames([frame]),
      window: InputWindow(0, of: 2))
    var scenario = Scenario(input: input)
    scenario.press("w")
    #expect(scenario.said.contains("too long to be kept; a file can be read again"))
  }

  // MARK: - Inputs that are no single file

  /// A source that a fixture's model reads, from its first part on.
  private static func opened(_ source: InputSource, by model: String) throws -> Scenario {
    let weights = try LoadedWeights.fixture(model)
    let input = try InputReader().read(source, for: InputDemand(weights.model.configuration))
    return Scenario(width: 160, height: 40, input: input, weights: weights)
  }

  /// Goes to the next part and back again.
  ///
  /// - Parameters:
  ///   - parts: How many there are.
  ///   - expected: The numbers of the second.
  private static func expectNext(
    in scenario: inout Scenario, of parts: Int, _ expected: [Float]
  ) throws {
    let first = scenario.state.choices.input
    #expect(scenario.status.contains("Ww part"), "\(scenario.status)")
    scenario.press("w")
    #expect(scenario.said.contains("part 2 of \(parts)"), "\(scenario.said)")
    let second = scenario.state.choices.input
    #expect(relativeError(second.tensor.values, expected) < 1e-5)
    // The run is one of the second part: its numbers are those of the model without the program.
    let run = try #require(scenario.state.run)
    var alone = try run.model.begin(
      second.tensor, sound: second.sound, mask: nil,
      queries: run.model.configuration.ownQueries)
    _ = try alone.next()
    let latents = try [run, alone].map { try #require($0.stages.first?.latents) }
    #expect(relativeError(latents[0], latents[1]) < 1e-6)
    scenario.command("window \(parts)")
    #expect(scenario.said.contains("part \(parts) of \(parts)"), "\(scenario.said)")
    scenario.command("window 1")
    #expect(scenario.state.choices.input.tensor == first.tensor)
    #expect(scenario.state.choices.input.sound == first.sound)
  }

  private static let long = String((0..<70).map { Array("abcdefghijklmnop0123456789")[$0 % 26] })

  /// The tokens of the second part of the long text: bytes moved by the specials, `[CLS]` and `[SEP]`.
  private static let second = [4] + Array(long.utf8)[30..<60].map { Float($0) + 6 } + [5]

  @Test("w goes on in a long text of the command line")
  func text() throws {
    var scenario = try Self.opened(.text(Self.long), by: "masked_lm")
    try Self.expectNext(in: &scenario, of: 3, Self.second)
    scenario.press("w")
    let link = ViewLink(scenario.state)
    #expect(link.opening.starts(with: ["--text", Self.long, "--window", "2"]))
    #expect(link.gap?.contains("input") != true)
  }

  @Test("w goes on in what a pipe gave; neither a link nor a session names it as a file")
  func pipe() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "pipe").path
      var scenario = try SmallFiles.pipe(Array(Self.long.utf8), at: path) {
        try Self.opened(.file(path), by: "masked_lm")
      }
      try Self.expectNext(in: &scenario, of: 3, Self.second)
      let link = ViewLink(scenario.state)
      #expect(link.opening.first == path)
      #expect(link.gap?.contains("\(path) must be given again") == true)
      scenario.command("session save s.json")
      #expect(
        scenario.said.contains("session: \(path) is in no file that can be read again"),
        "\(scenario.said)")
    }
  }

  @Test("w goes on in frames with their sound, given as a folder or as a list", arguments: [1, 5])
  func filmWithSound(names: Int) throws {
    try withTemporaryFolder { folder in
      let film = folder.appending(path: "film")
      try FileManager.default.createDirectory(at: film, withIntermediateDirectories: true)
      let frames = (0..<5).map { SmallFiles.colours(width: 12, height: 8, frame: $0) }
      var paths: [String] = []
      for (number, colours) in frames.enumerated() {
        let path = film.appending(path: "\(number).ppm")
        try Data(SmallFiles.ppm(width: 12, height: 8, colours)).write(to: path)
        paths.append(path.path)
      }
      let samples = (0..<320).map { Int16(truncatingIfNeeded: $0 * 977 - 20000) }
      let sound = folder.appending(path: "a.wav")
      try Data(SmallFiles.wav(rate: 48_000, samples)).write(to: sound)
      let source = InputSource.files((names == 1 ? [film.path] : paths) + [sound.path])
      var scenario = try Self.opened(source, by: "multimodal")
      try Self.expectNext(in: &scenario, of: 3, frames[2..<4].joined().map { Float($0) / 255 })
      scenario.press("w")
      let second = scenario.state.choices.input
      #expect(second.sound?.values == samples[128..<256].map { Float($0) / 32768 })
      #expect(second.source == source)
    }
  }

  @Test("w goes on in the tiles of two pictures that are larger than a model of flow reads")
  func tiles() throws {
    try withTemporaryFolder { folder in
      let frames = (0..<2).map { SmallFiles.colours(width: 14, height: 8, frame: $0) }
      let paths = try frames.enumerated().map { number, colours in
        let path = folder.appending(path: "\(number).ppm")
        try Data(SmallFiles.ppm(width: 14, height: 8, colours)).write(to: path)
        return path.path
      }
      var scenario = try Self.opened(.files(paths), by: "optical_flow")
      // The second tile of 10 × 6 begins 4 columns on.
      let tile = frames.flatMap {
        SmallFiles.scaled($0, width: 14, columns: 4..<14, rows: 0..<6)
      }
      try Self.expectNext(in: &scenario, of: 4, tile)
      #expect(ViewLink(scenario.state).opening.starts(with: paths))
    }
  }

  @Test("Ctrl-P goes back to a pipe that was given with other inputs")
  func sequence() throws {
    try withTemporaryFolder { folder in
      let (pipe, file) = (folder.appending(path: "pipe").path, folder.appending(path: "b.txt").path)
      try Data("another text".utf8).write(to: URL(fileURLWithPath: file))
      let weights = try LoadedWeights.fixture("masked_lm")
      let demand = InputDemand(weights.model.configuration)
      let input = try SmallFiles.pipe(Array("one text".utf8), at: pipe) {
        try InputReader().read(.file(pipe), for: demand)
      }
      var scenario = Scenario(input: input, weights: weights, inputs: InputSequence([pipe, file]))
      scenario.press("Ctrl-N")
      #expect(scenario.state.choices.input.path == file)
      scenario.press("Ctrl-P")
      #expect(scenario.state.choices.input.tensor == input.tensor, "\(scenario.said)")
    }
  }
}
