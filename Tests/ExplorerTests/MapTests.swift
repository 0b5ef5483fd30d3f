// What maps say: scale, mass, constants, NaN; the cursor's readings; other inputs than pictures.

import Explorer
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors
import Testing

@Suite struct MapTests {
  @Test("a photo too large to average for every screen looks as it would")
  func preview() {
    func scenario(width: Int, height: Int) -> Scenario {
      Scenario(
        depth: .direct, input: Scenario.picture(width: width, height: height), isStarted: .notYet)
    }
    let large = scenario(width: 1800, height: 1200)
    let small = scenario(width: 768, height: 512)
    let pairs = zip(large.screen.cells, small.screen.cells)
    let differences = pairs.map { first, second in
      guard let one = first.style.background, let other = second.style.background else { return 0 }
      return abs(Int(one.red) - Int(other.red)) + abs(Int(one.green) - Int(other.green))
    }
    #expect(differences.max() ?? 0 <= 8)
    #expect(Set(large.screen.cells.compactMap(\.style.background)).count > 100)
  }

  @Test("a measured map knows the ranks of its numbers")
  func measuring() {
    let map = MeasuredMap(Tensor(shape: [2, 3], values: [0.1, 0.4, 0.1, 0.2, 0.1, 0.1]))
    #expect(map.rank(of: 0.4) == 1 && map.rank(of: 0.2) == 2 && map.rank(of: 0.1) == 3)
    #expect(map.values.count == 6)
  }

  @Test("one token is a constant map, said in words")
  func constant() {
    let scenario = Scenario(input: Scenario.picture(width: 1, height: 1))
    #expect(scenario.text.contains("constant: every value is 1"))
    #expect(scenario.text.contains("constant 1"))
  }

  @Test("the legend has the ends of what is drawn and the word for the transfer")
  func legend() {
    for (transfer, depth) in [("linear", ColourDepth.indexed256), ("log", .monochrome)] {
      var scenario = Scenario(depth: depth)
      scenario.command("scale \(transfer)")
      let lines = scenario.lines
      let title = lines.firstIndex { $0.contains(" legend ") } ?? 0
      let ramp = lines[title + 1]
      #expect(ramp.contains("0.0"), "\(ramp)")
      #expect(lines[title + 2].contains("\(transfer) · probabilities"))
    }
  }

  @Test("the cursor reads pixel, colour, weight, rank and readers")
  func probing() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("i", "Shift-←")
    #expect(scenario.text.contains("pixel (5, 4)"))
    #expect(scenario.text.contains("rgb 106 128 128"))
    let stage = try #require(scenario.state.stage)
    let received = try stage.attended().received(byKey: 4 * 12 + 5, as: .probabilities).row(0)
      .values
    let order = received.indices.sorted { received[$0] > received[$1] }
    let readers = order.prefix(6).map { "\($0 + 1)" }.joined(separator: " ")
    #expect(scenario.text.contains("top readers: latents \(readers)"))
    scenario.press("Enter")
    #expect(scenario.state.choices.selection.latent == order[0])
    scenario.press("Esc")
    #expect(!scenario.state.isProbing)
  }

  @Test("the cursor stays on the picture")
  func probeEnds() {
    var scenario = Scenario()
    scenario.press("i")
    for _ in 0..<40 { scenario.press("→", "↓") }
    #expect(scenario.state.probedKey == 12 * 8 - 1)
    for _ in 0..<40 { scenario.press("←", "↑") }
    #expect(scenario.state.probedKey == 0)
  }

  @Test("zooming in on the cursor keeps it in view")
  func zooming() {
    var scenario = Scenario(input: Scenario.picture(width: 64, height: 64))
    scenario.press("i", "+", "+", "+")
    for _ in 0..<30 { scenario.press("→") }
    let marks = scenario.screen.cells.count { $0.character == "┼" }
    #expect(marks == 1)
    #expect(scenario.lines[1].contains("8×") || scenario.state.choices.view.zoom == 8)
  }

  @Test("a click points at a pixel, and the wheel zooms")
  func mouse() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.send(.input(.mouse(MouseEvent(.press(.left), at: Point(x: 38, y: 15)))))
    #expect(scenario.state.isProbing)
    scenario.send(.input(.mouse(MouseEvent(.scrollUp, at: Point(x: 38, y: 15)))))
    #expect(scenario.state.choices.view.zoom == 2)
    let line = scenario.lines[38]
    let latent = line.distance(
      from: line.startIndex, to: line.range(of: "latent 1.1")?.lowerBound ?? line.startIndex)
    scenario.send(.input(.mouse(MouseEvent(.press(.left), at: Point(x: latent, y: 38)))))
    #expect(scenario.state.stage?.id.name == "latent 1.1")
  }

  @Test("self-attention shows latents by latents and says so")
  func matrix() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("→")
    #expect(scenario.lines[1].contains("latents × latents"))
    #expect(scenario.text.contains("each row: what one latent reads of all latents"))
    scenario.press("m")
    #expect(scenario.status.contains("the matrix shows every latent"))
    #expect(scenario.state.choices.selection.latents == .one)
    scenario.press("v")
    #expect(scenario.text.contains("weights over latents 1 to 8"))
    scenario.press("o")
    #expect(scenario.status.contains("latents have no position"))
  }

  @Test("sound is shown as a curve")
  func sound() {
    let values = (0..<60).map { Float($0 % 11) / 11 }
    let input = Input(array: Tensor(shape: [30, 2], values: values), name: "sound.npy")
    var scenario = Scenario(input: input)
    #expect(scenario.text.contains("over positions 1 to 30"))
    #expect(scenario.screen.plainText.contains("█"))
    scenario.press("i")
    #expect(scenario.text.contains("position 15"))
    scenario.press("o")
    #expect(scenario.status.contains("no picture"))
  }

  @Test("a video is shown frame by frame")
  func video() {
    let values = (0..<(3 * 4 * 5)).map { Float($0 % 13) }
    let input = Input(array: Tensor(shape: [3, 4, 5, 1], values: values), name: "film.npy")
    var scenario = Scenario(width: 170, height: 40, input: input)
    #expect(scenario.lines[1].contains("frame 1 of 3"))
    let first = scenario.screen
    scenario.press(".", ".", ".")
    #expect(scenario.lines[1].contains("frame 3 of 3"))
    #expect(scenario.screen != first)
    scenario.command("frame 2")
    #expect(scenario.lines[1].contains("frame 2 of 3"))
  }

  @Test(
    "numbers are written with few digits",
    arguments: [
      (0.0, "0"), (0.03125, "0.0312"), (0.00018, "1.8e-4"), (12.0, "12"), (-3.25, "-3.25"),
      (50176.0, "50176"), (1e9, "1e9"), (.nan, "NaN"), (-.infinity, "-inf"), (0.999, "0.999"),
    ])
  func figures(value: Double, text: String) {
    #expect(Figures.number(value) == text)
  }

  @Test(
    "counts and bytes have units",
    arguments: [(45_169_640.0, "45.2M"), (950, "950"), (1200, "1.2k")])
  func counts(value: Double, text: String) {
    #expect(Figures.count(value) == text)
  }

  @Test("without colours the key of the colour map says why it does nothing; undo has no step")
  func noColours() {
    var scenario = Scenario(depth: .monochrome)
    scenario.press("c")
    #expect(scenario.said.hasPrefix("the terminal shows no colours; "))
    #expect(scenario.state.choices.view.colours == .viridis && !scenario.state.history.canUndo)
    // Pictures that are exported have colours all the same.
    scenario.command("colour inferno")
    #expect(scenario.said.hasPrefix("the terminal shows no colours; "))
    #expect(scenario.state.choices.view.colours == .inferno)
  }

  @Test("without colours the photo stays in sight, and the map marks its characters")
  func marks() throws {
    var scenario = Scenario(depth: .monochrome, symbols: .ascii)
    scenario.command("scale percentile")
    let marked = scenario.screen
    scenario.command("overlay off")
    let photo = scenario.screen
    let area = try #require(ScreenLayout(width: 80, height: 24)).map
    var attributes: Set<Style.Attributes> = []
    // The last line of the pane may hold a remark.
    for y in area.y..<area.endY - 1 {
      for x in area.x..<area.endX {
        #expect(marked[x, y].character == photo[x, y].character)
        attributes.insert(marked[x, y].style.attributes)
      }
    }
    #expect(attributes.isSuperset(of: [[], .underline, .bold, .reverse]))
  }
}
