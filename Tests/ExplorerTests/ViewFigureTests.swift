// What is seen as a figure: maps of attention, means, matrices, differences, channels, heads, texts.

import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors
import Testing

@Suite("Figures of what is seen")
struct ViewFigureTests {
  private func svg(_ scenario: inout Scenario, _ options: String = "") throws -> String {
    scenario.command("view-figure f\(scenario.files.paths.count).svg\(options)")
    let path = "f\(scenario.files.paths.count - 1).svg"
    return String(decoding: try #require(scenario.files[path], "\(scenario.said)"), as: UTF8.self)
  }

  @Test("a map of attention has photo, map, its scale's numbers, stage, head, latent and model")
  func attention() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("latent 3")
    let svg = try svg(&scenario)
    // The photo, the map, the bar.
    #expect(svg.ranges(of: "<image ").count == 3)
    #expect(svg.contains("ramp.ppm: cross 1, head 1 of 1, latent 3 of 8, probabilities"))
    #expect(svg.contains("Attention weights, after the softmax."))
    #expect(svg.contains("untrained, seed 0"))
    let stage = try #require(scenario.state.stage)
    let map = try stage.attended().map(head: 0, query: 2, as: .probabilities)
    let values = map.values
    for number in [values.min(), values.max()] {
      #expect(svg.contains(">\(Figures.number(try #require(number)))</text>"))
    }
    let statistics = MapStatistics(map)
    #expect(svg.contains("Entropy \(Figures.number(try #require(statistics.entropy))) of"))
    #expect(svg.contains("half the weight lies in "))
    // The map is the one that is written as a picture.
    scenario.command("overlay alone")
    scenario.command("export map.png")
    let picture = try PixelImage(reading: try #require(scenario.files["map.png"]))
    let data = try picture.png()
    let lines = svg.split(separator: "\n").filter { $0.contains("<image ") }
    #expect(lines[1].contains(Data(data).base64EncodedString()))
  }

  @Test(
    "the caption says what the selection says: scores, means, the largest, a matrix, a row of it",
    arguments: [
      (["p"], "cross 1, head 1 of 1, latent 1 of 8, scores", 3),
      (["m"], "cross 1, head 1 of 1, mean of 8 latents, probabilities", 3),
      (["→"], "latent 1.1, head 1 of 4, latents by latents, probabilities", 2),
      (["→", "v"], "latent 1.1, head 1 of 4, latent 1 of 8, probabilities", 2),
      (["g"], "cross 1, head 1 of 1, latent 1 of 8, probabilities", 3),
    ])
  func caption(keys: [String], words: String, images: Int) throws {
    var scenario = Scenario(width: 120, height: 40)
    for key in keys { scenario.press(key) }
    let svg = try svg(&scenario, " width=900")
    #expect(svg.contains("ramp.ppm: \(words)"), "\(svg.prefix(2000))")
    #expect(svg.ranges(of: "<image ").count == images)
    #expect(svg.contains("width=\"900\""))
  }

  @Test("of several heads the mean is one map, and its caption says so")
  func meanOfHeads() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("→", "v")
    scenario.command("head mean")
    let svg = try svg(&scenario)
    #expect(svg.contains("latent 1.1, mean of 4 heads, latent 1 of 8"))
  }

  @Test("a film's figure has all its frames, on one scale")
  func film() throws {
    var scenario = WhyGroundTests.film()
    let svg = try svg(&scenario)
    // The photo, three frames, the bar.
    #expect(svg.ranges(of: "<image ").count == 5)
    #expect(svg.contains(">frame 3</text>"))
  }

  @Test("a difference has two colours around zero, both views' words and their correlation")
  func difference() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("P", "]", "D")
    let svg = try svg(&scenario)
    #expect(svg.ranges(of: "<image ").count == 3)
    #expect(svg.contains("ramp.ppm: present less pinned"))
    let stage = try #require(scenario.state.stage).attended()
    let (pinned, present) = (
      stage.map(head: 0, query: 0, as: .probabilities),
      stage.map(head: 0, query: 1, as: .probabilities)
    )
    let expected = zip(present.values, pinned.values).map { $0 - $1 }
    let reach = try #require(expected.map(abs).max())
    for words in [
      ">0</text>", ">\(Figures.number(reach))</text>", ">\(Figures.number(-reach))</text>",
      "Present: ramp.ppm, cross 1, head 1 of 1, latent 2 of 8, probabilities",
      "Pinned: ramp.ppm, cross 1, head 1 of 1, latent 1 of 8, probabilities",
      "Correlation of the two maps: "
        + Figures.number(Float(MapLikeness.pearson(present, pinned))),
    ] {
      #expect(svg.contains(words), "\(words)")
    }
    scenario.command("export d.npy")
    let written = try NumPyFile.tensor(try #require(scenario.files["d.npy"]))
    #expect(written.shape == [8, 12] && written.values == expected)
    scenario.command("export d.csv")
    let table = String(decoding: try #require(scenario.files["d.csv"]), as: UTF8.self)
    #expect(table == written.commaSeparatedValues())
    // The picture has the colours of a scale around zero.
    scenario.command("overlay alone")
    scenario.press("e", "←", "Enter")
    let path = "ramp-cross-1-head-1-latent-2-minus-pinned.png"
    let picture = try PixelImage(reading: try #require(scenario.files[path], "\(scenario.said)"))
    let shading = MapShading(
      .aroundZero, of: expected, MapAppearance(transfer: .linear, colours: .viridis))
    for index in [0, 40, 95] {
      let colour = try #require(shading.colour(of: expected[index]))
      #expect(picture[x: index % 12, y: index / 12].bytes == colour.bytes)
    }
  }

  @Test("a difference of two matrices has no photo, and one of maps that explain says the methods")
  func otherDifferences() throws {
    var matrices = Scenario(width: 120, height: 40)
    matrices.press("→", "P", "h", "D")
    let first = try svg(&matrices)
    #expect(first.ranges(of: "<image ").count == 2)
    var why = Scenario(width: 120, height: 40)
    why.command("why rollout-half")
    why.press("P")
    why.command("why rollout-residual")
    why.press("D")
    let second = try svg(&why)
    #expect(second.contains("Present: ramp.ppm, rollout-residual"))
    #expect(second.contains("Pinned: ramp.ppm, rollout-half"))
  }

  @Test("the channels of positions are one figure, and each is an array, a picture and a figure")
  func channels() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("B")
    let channels = try #require(
      scenario.state.choices.settings.configuration.positionChannels(inputAxes: [8, 12]))
    let all = try svg(&scenario)
    #expect(all.ranges(of: "<image ").count == channels.channels.count + 1)
    #expect(all.contains("\(channels.channels.count) channels of positions"))
    #expect(all.contains(">-1</text>") && all.contains(">1</text>"))
    scenario.press("→", "Enter")
    let one = try svg(&scenario)
    #expect(one.ranges(of: "<image ").count == 3)
    #expect(one.contains("ramp.ppm: channel 2 of \(channels.channels.count), "))
    scenario.command("export channel.npy")
    let written = try NumPyFile.tensor(try #require(scenario.files["channel.npy"]))
    #expect(written.shape == [8, 12])
    // The first axis is the picture's rows: the wave goes down, and is the same in all columns.
    let line = channels.line(1).values
    #expect(channels.channels[1].axis == 0)
    #expect(written.values == line.flatMap { Array(repeating: $0, count: 12) })
    scenario.press("e", "Esc")
    scenario.command("overlay alone")
    scenario.press("e", "←")
    #expect(scenario.text.contains("this channel"))
    scenario.press("Enter")
    #expect(scenario.files.paths.contains { $0.hasPrefix("ramp-channel-2-") }, "\(scenario.said)")
  }

  @Test("the maps of all heads are a row for each stage, each head under its number")
  func heads() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("L", "v")
    let svg = try svg(&scenario)
    #expect(svg.contains("ramp.ppm: all heads, probabilities"))
    // One head of each of three cross-attentions, four of each of three self-attentions, the bar.
    #expect(svg.ranges(of: "<image ").count == 3 + 12 + 1)
    #expect(svg.ranges(of: ">head 4</text>").count == 3)
    #expect(svg.contains(">cross 2</text>") && svg.contains(">latent 3.1</text>"))
    scenario.press("e", "Enter")
    #expect(scenario.files["ramp-heads-figure.png"] != nil, "\(scenario.said)")
  }

  @Test("over a text each character stands on its colour, by attention and by what explains")
  func text() throws {
    var scenario = try WhyGroundTests.text("sequence_classification")
    let pieces = try #require(scenario.state.choices.input.text).pieces
    for line in ["latent 1", "why relevance"] {
      scenario.command(line)
      let svg = try svg(&scenario)
      // The paper and a rectangle for each piece; the bar is the one picture.
      #expect(svg.ranges(of: "<rect ").count == 1 + pieces.count, "\(line)")
      #expect(svg.ranges(of: "<image ").count == 1)
      #expect(svg.contains(">T</text>") && svg.contains(">.</text>"))
    }
    scenario.press("e", "Esc")
    scenario.command("why-figure why.png")
    #expect(try PixelImage(reading: try #require(scenario.files["why.png"])).width == 1200)
  }

  @Test("over a sound the figure is a strip with its scale")
  func sound() throws {
    var scenario = WhyGroundTests.sound()
    let svg = try svg(&scenario)
    #expect(svg.ranges(of: "<image ").count == 2)
    #expect(svg.contains("tone.wav: cross 1, head 1 of 1"))
  }

  @Test("what a decoder gives back stands beside what was read, with its error and no scale")
  func reconstruction() throws {
    var scenario = Scenario(width: 120, height: 40, configuration: Scenario.io)
    scenario.press("R")
    let svg = try svg(&scenario)
    #expect(svg.ranges(of: "<image ").count == 2)
    #expect(svg.contains("ramp.ppm: reconstruction after cross 1"))
    #expect(svg.contains("Mean squared error: ") && !svg.contains("scale: "))
    scenario.command("export given.svg")
    #expect(scenario.files["given.svg"].map { String(decoding: $0, as: UTF8.self) } == svg)
  }

  @Test("what has no figure says so, and nothing is written")
  func none() {
    var scenario = Scenario(isStarted: .notYet)
    scenario.isHolding = true
    scenario.command("view-figure f.png")
    #expect(scenario.state.message != nil)
    #expect(scenario.files.paths.isEmpty)
    var small = Scenario(width: 120, height: 40)
    small.command("view-figure f.npy")
    #expect(small.said.contains("expected a name that ends in .png, .ppm, .svg"))
    small.command("view-figure f.png width=9")
    #expect(small.said.contains("expected a width from 200 to 8192 pixels, found 9"))
    small.command("view-figure f.gif")
    #expect(small.said.contains("f.gif: expected a name that ends in"))
    #expect(small.files.paths.isEmpty)
  }
}
