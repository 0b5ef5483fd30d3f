// An object that is kept of hidden pixels, and how maps lie to it.

import Explorer
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors
import TestSupport
import Testing

@Suite struct ObjectTests {
  private func kept() -> Scenario {
    var scenario = Scenario(width: 140, height: 60)
    scenario.command("hide 2,3,4x5")
    scenario.command("object keep")
    return scenario
  }

  @Test(
    "hidden pixels are kept as an object, shown again, and the readout holds the map against it")
  func keeping() throws {
    var scenario = kept()
    #expect(scenario.state.choices.changes.isEmpty)
    let object = try #require(scenario.state.choices.object)
    #expect(object.count == 20)
    #expect(scenario.said.contains("an object of 20 of 96 pixels"))
    // Its edge stands on the picture, and nothing is hatched.
    #expect(scenario.screen.plainText.contains("┼"))
    #expect(!scenario.screen.plainText.contains("╱"))
    scenario.press("y")
    let shown = try #require(scenario.state.shownWhy)
    let expected = try Pointing(shown.map.values, object: object.hidden)
    let share = try #require(expected.share)
    #expect(scenario.text.contains("object \(Figures.number(100 * share, digits: 3)) % of the map"))
    #expect(
      scenario.text.contains("in \(Figures.number(100 * expected.area, digits: 3)) % of the pixels")
    )
    let hits = try #require(expected.hits as Bool?)
    #expect(
      scenario.text.contains("pointing \(hits ? "on" : "beside") the object"),
      "\(scenario.text)")
  }

  @Test("attention is held against it too, and stages of latents are not")
  func attention() throws {
    var scenario = kept()
    let run = try #require(scenario.state.run)
    let map = try #require(run.stages[0].attention).map(
      head: .one(0), query: .one(0), as: .probabilities)
    let object = try #require(scenario.state.choices.object)
    let share = try #require(Pointing.share(of: map, on: object.hidden))
    #expect(scenario.text.contains("object \(Figures.number(100 * share, digits: 3)) %"))
    scenario.press("→")
    #expect(!scenario.text.contains("% of the map"))
  }

  @Test("the table of heads has each head's share on the object, as of hidden pixels")
  func heads() throws {
    var scenario = kept()
    scenario.press("L")
    let run = try #require(scenario.state.run)
    let object = try #require(scenario.state.choices.object)
    let map = try #require(run.stages[2].attention).map(
      head: .one(0), query: .mean, as: .probabilities)
    let share = try #require(Pointing.share(of: map, on: object.hidden))
    let line = try #require(scenario.lines.first { $0.contains("cross 2") })
    #expect(line.contains(Figures.number(share, digits: 2)), "\(line)")
    #expect(scenario.text.contains("marks"))
  }

  @Test("it is hidden in turn, put away, and brought back by undo")
  func hiding() {
    var scenario = kept()
    scenario.command("object hide")
    #expect(scenario.state.choices.changes.hidden == scenario.state.choices.object)
    scenario.command("object clear")
    #expect(scenario.state.choices.object == nil)
    scenario.press("u")
    #expect(scenario.state.choices.object?.count == 20)
  }

  @Test("it is written as an array of ones and zeros, and never over another file")
  func saving() throws {
    var scenario = kept()
    scenario.command("object save thing.npy")
    #expect(scenario.said == "wrote thing.npy")
    let bytes = try #require(scenario.files["thing.npy"])
    let array = try NumPyFile.tensor(bytes)
    #expect(array.shape == [8, 12])
    #expect(array.values.map { $0 == 1 } == scenario.state.choices.object?.hidden)
    scenario.command("object save thing.npy")
    #expect(scenario.said.contains("is there already"))
    scenario.command("object save thing.jpg")
    #expect(
      scenario.said
        == "object save: expected a name that ends in .png, .ppm, .pgm, .npy, found thing.jpg")
  }

  @Test(
    "it is written as a picture too, as the name ends, and read again as it was",
    arguments: ["thing.png", "thing.PGM", "thing.ppm", "thing.npy"])
  func pictures(name: String) throws {
    var scenario = kept()
    let object = try #require(scenario.state.choices.object)
    scenario.command("object save \(name)")
    #expect(scenario.said == "wrote \(name)")
    try withTemporaryFile(try #require(scenario.files[name]), named: name) { path in
      scenario.command("object clear")
      scenario.command("object open \(path)")
      #expect(scenario.state.choices.object == object, "\(scenario.said)")
    }
  }

  @Test("marks of one axis have no rows for a picture")
  func line() {
    let tensor = Tensor(shape: [40, 1], values: (0..<40).map { Float($0) / 40 })
    var scenario = Scenario(
      width: 140, height: 60,
      input: Input(name: "tone.wav", tensor: tensor, content: .sound(rate: 8000)))
    scenario.command("hide 3-7")
    scenario.command("object keep")
    scenario.command("object save a.png")
    #expect(scenario.said == "object save: expected a name that ends in .npy, found a.png")
    scenario.command("object save a.npy")
    #expect(scenario.said == "wrote a.npy")
  }

  @Test("Tab behind open lists names alone, without the word before them")
  func completion() {
    let files = MemoryFiles(contents: ["half.png": [0], "other.png": [0]])
    var scenario = Scenario(width: 120, height: 40, files: files)
    scenario.press(":", "'object open '", "Tab")
    #expect(scenario.text.contains("│  half.png "), "\(scenario.text)")
    #expect(!scenario.text.contains("open half.png"))
    scenario.press("↓")
    #expect(scenario.status.contains(":object open half.png"), "\(scenario.status)")
  }

  @Test("a file gives one: what is not zero is the object")
  func opening() {
    var scenario = Scenario(width: 140, height: 60)
    scenario.command("object open half.png")
    #expect(scenario.state.choices.object?.count == 48)
    #expect(scenario.state.choices.settings.mask == nil)
    #expect(!scenario.state.isReading)
    scenario.command("object open other.png")
    #expect(scenario.said == "other.png: no such file")
    #expect(scenario.state.choices.object?.count == 48)
  }

  @Test("it goes with its picture, and what is wrong is told in a sentence")
  func wrong() {
    let files = MemoryFiles(inputs: [
      "small.ppm": Scenario.picture(width: 6, height: 5, name: "small.ppm")
    ])
    var scenario = Scenario(width: 140, height: 60, files: files)
    for (line, words) in [
      ("object keep", "nothing is hidden that could be kept"), ("object hide", "there is none"),
      ("object clear", "there is none"), ("object save a.npy", "there is none"),
      ("object", "expected keep, hide, clear, save FILE or open FILE, found nothing"),
      ("object open", "expected a file name, found nothing"),
    ] {
      scenario.command(line)
      #expect(scenario.said.contains(words), "\(line): \(scenario.said)")
    }
    scenario.command("hide 0,0,2x2")
    scenario.command("object keep")
    scenario.command("open small.ppm")
    #expect(scenario.state.choices.object == nil)
  }
}
