// Flow between two pictures, films with sound, and photos of which a model reads a part.

import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors
import TestSupport
import Testing

@Suite("Flow, films with sound, and whole photos on the screen")
struct MediaScreenTests {
  private static func opened(
    _ name: String, _ tensor: Tensor, _ content: Input.Content,
    width: Int = 120, height: Int = 40, depth: ColourDepth = .indexed256
  ) throws -> Scenario {
    let input = Input(name: "film", tensor: tensor, content: content)
    return Scenario(
      width: width, height: height, depth: depth, input: input,
      weights: try LoadedWeights.fixture(name))
  }

  private static func frames(_ count: Int, width: Int, height: Int) -> (Tensor, [PixelImage]) {
    var generator = TorchGenerator(seed: 5)
    let tensor = generator.uniform(shape: [count, height, width, 3], low: 0, high: 1)
    let pictures = (0..<count).map {
      PixelImage(width: width, height: height, channels: 3, samples: tensor.row($0).values)
    }
    return (tensor, pictures)
  }

  private static func flow(width: Int = 120, height: Int = 40) throws -> Scenario {
    let (tensor, pictures) = frames(2, width: 10, height: 6)
    return try opened("optical_flow", tensor, .frames(pictures), width: width, height: height)
  }

  private static func film(
    width: Int = 120, height: Int = 40, depth: ColourDepth = .indexed256, isSilent: Bool = false
  ) throws -> Scenario {
    let (tensor, pictures) = frames(2, width: 12, height: 8)
    var generator = TorchGenerator(seed: 6)
    let sound = generator.uniform(shape: [128], low: -1, high: 1)
    return try opened(
      "multimodal", tensor, isSilent ? .frames(pictures) : .film(pictures, sound: sound),
      width: width, height: height, depth: depth)
  }

  // MARK: - Flow

  @Test("R shows the flow after the stage, with the longest motion and its mean beside the wheel")
  func flowField() throws {
    var scenario = try Self.flow()
    scenario.press("End", "R")
    #expect(scenario.text.contains("flow: direction"))
    let run = try #require(scenario.state.run)
    let output = try #require(run.output)
    let field = try #require(FlowField(Perceiver.pixels(ofFlow: output)))
    #expect(scenario.text.contains("to \(Figures.number(field.largest)) px"))
    // Directions are told by arrows too, and the wheel stands in the corner.
    let legend = try #require(scenario.lines.first { $0.contains("→   ") && $0.contains("←") })
    #expect(legend.contains("↓") && legend.contains("↑"))
    scenario.press("←")
    let given = try #require(try run.outputs(from: run.stages[2].latents))
    let early = try #require(FlowField(Perceiver.pixels(ofFlow: given)))
    #expect(scenario.text.contains("to \(Figures.number(early.largest)) px"))
    scenario.press("R")
    #expect(!scenario.text.contains("flow: direction"))
  }

  @Test("Maps lie over either frame; side by side over both")
  func bothFrames() throws {
    var scenario = try Self.flow(width: 200, height: 60)
    scenario.command("view one")
    #expect(scenario.text.contains("frame 1 of 2"))
    scenario.press(".")
    #expect(scenario.text.contains("frame 2 of 2"))
    scenario.command("view side")
    let both = scenario.screen
    scenario.press(",")
    let again = scenario.screen
    // Both frames are there whichever is the chosen one: only the title says another.
    for y in 2..<40 {
      for x in 1..<100 { #expect(both[x, y] == again[x, y], "\(x), \(y)") }
    }
  }

  @Test("R twice shows the flow of frames larger than the model reads, blended of all tiles")
  func wholeFlow() throws {
    let file = try TensorFile(
      path: LoadedWeights.fixtureFolder("optical_flow_tiles") + "/tiles.safetensors")
    let (whole, expected) = (try file.tensor(named: "frames"), try file.tensor(named: "flow"))
    let tiles = try #require(FlowTiles(frame: [11, 23], tile: [6, 10]))
    let (_, pictures) = Self.frames(2, width: 10, height: 6)
    let input = Input(
      name: "pair", tensor: tiles.cut(whole, tile: 0), content: .frames(pictures),
      window: InputWindow(0, of: 12), whole: whole)
    var scenario = Scenario(
      width: 120, height: 40, input: input, weights: try LoadedWeights.fixture("optical_flow"))
    scenario.press("R")
    #expect(scenario.status.contains("R again: of the whole frames"))
    #expect(!scenario.lines[1].contains("whole frames"))
    scenario.press("R")
    #expect(scenario.lines[1].contains("flow of the whole frames"))
    #expect(!scenario.lines[1].contains("tiles"))
    let field = try #require(FlowField(expected))
    #expect(scenario.text.contains("to \(Figures.number(field.largest)) px"))
    // Whatever the stage, it is the answer's.
    scenario.press("→")
    scenario.command("export flow.npy")
    let written = try NumPyFile.tensor(try #require(scenario.files["flow.npy"]))
    #expect(relativeError(written, expected) < 1e-5)
    scenario.press("R")
    #expect(!scenario.lines[1].contains("flow"))
    var small = try Self.flow()
    small.press("R", "R")
    #expect(!small.lines[1].contains("flow"))
  }

  @Test("A flow of which tiles are missing is known where the others are")
  func partOfWholeFlow() throws {
    let tiles = try #require(FlowTiles(frame: [6, 14], tile: [6, 10]))
    var blend = FlowBlend(tiles)
    #expect(blend.flow.values.allSatisfy { $0.isNaN })
    blend.add(Tensor(shape: [6, 10, 2], values: [Float](repeating: 3, count: 120)))
    let flow = blend.flow
    for x in 0..<14 { #expect(x < 10 ? flow[2, x, 1] == 3 : flow[2, x, 1].isNaN) }
    #expect(FlowField(flow)?.largest == hypotf(3, 3))
  }

  @Test("Figure 3 is of the chosen frame: of a film its own maps, of a pair the one for both")
  func figures() throws {
    for (name, scenario) in [("film", try Self.film()), ("pair", try Self.flow())] {
      var scenario = scenario
      scenario.press(".", "F")
      scenario.command("figure3 figure.svg")
      let svg = String(decoding: try #require(scenario.files["figure.svg"]), as: UTF8.self)
      #expect(svg.contains("What latents look at in film, frame 2 of 2"))
      let run = try #require(scenario.state.run)
      let choices = scenario.state.choices
      let ground = try #require(
        CrossAttentionFigure.Ground(choices.input, frame: 1, of: choices.settings.configuration))
      let attention = try #require(run.stages[0].attention)
      let figure = try CrossAttentionFigure.make(
        of: run, stages: [0], heads: .one(0), name: name, over: ground,
        appearance: MapAppearance(transfer: .linear, colours: .viridis),
        cancellation: Cancellation())
      #expect(figure.panels[0].tiles.count == attention.mapCount)
      #expect(figure.photo == choices.input.frames[1])
      let map = try attention.map(head: .one(0), query: .one(1), as: .scores)
      // Of the film's tokens the sound's come first, then frame by frame.
      let kind = run.model.configuration.modalities(inputAxes: [2, 8, 12])
        .first { $0.name == "frames" }
      let pixels =
        kind.map { kind in
          Array(map.values[kind.tokens].suffix(kind.tokens.count / 2))
        } ?? map.values
      #expect(figure.panels[0].tiles[1].map.values == pixels, "\(name)")
    }
    var sound = try Self.film()
    sound.command("modality sound")
    sound.press("F")
    #expect(sound.status.contains(":modality frames shows their maps"), "\(sound.status)")
  }

  // MARK: - Films

  @Test("The share of each kind of token is said, for the chosen latent and on average")
  func shares() throws {
    var scenario = try Self.film()
    let run = try #require(scenario.state.run)
    let attention = try #require(run.stages[0].attention)
    let kinds = run.model.configuration.modalities(inputAxes: [2, 8, 12])
    let shares = try attention.shares(of: kinds, head: .one(0))
    #expect(scenario.text.contains("sound \(Figures.number(100 * shares[0, 0])) %"))
    #expect(scenario.text.contains("frames \(Figures.number(100 * shares[0, 1])) %"))
    scenario.press("]")
    #expect(scenario.text.contains("sound \(Figures.number(100 * shares[1, 0])) %"))
    scenario.press("m")
    let mean =
      (0..<shares.shape[0]).reduce(0.0) { $0 + Double(shares[$1, 0]) }
      / Double(shares.shape[0])
    #expect(scenario.text.contains("sound \(Figures.number(100 * mean)) %"))
    scenario.command("view shares")
    #expect(scenario.text.contains("attention of latents 1 to 6, a column each"))
    #expect(scenario.text.contains("kinds of tokens"))
  }

  @Test(
    "Stages that read latents say why they have no shares, and which stage has",
    arguments: [("→", "latent 1.1"), ("End", "decoder")])
  func unshared(key: String, stage: String) throws {
    let reason = "\(stage) reads latents, which mix all kinds; cross 1 has shares by kind"
    for (width, height) in [(80, 24), (120, 40)] {
      var scenario = try Self.film(width: width, height: height)
      #expect(!scenario.text.contains("mix all kinds"))
      scenario.command("view shares")
      scenario.press(key)
      // The readout wraps it: its first words stand whole in the narrowest.
      #expect(scenario.text.contains("\(stage) reads latents"), "\(scenario.text)")
      scenario.command("view shares")
      #expect(scenario.said.contains("view shares: \(reason)"), "\(scenario.said)")
    }
    var picture = Scenario(width: 120, height: 40)
    picture.press("→")
    picture.command("view shares")
    #expect(picture.said.contains("view shares: latent 1.1 has matrix, one"), "\(picture.said)")
    #expect(!picture.text.contains("mix all kinds"))
  }

  @Test("V goes from frames to the label, the sound and back; each map is that part of the whole")
  func kinds() throws {
    var scenario = try Self.film()
    let run = try #require(scenario.state.run)
    let whole = try #require(run.stages[0].attention).map(
      head: 0, query: 0, as: .probabilities
    ).values
    let kinds = run.model.configuration.modalities(inputAxes: [2, 8, 12])
    for name in ["frames", "label", "sound", "frames"] {
      let kind = try #require(kinds.first { $0.name == name })
      let most = try #require(whole[kind.tokens].max())
      let largest = Figures.number(most)
      #expect(scenario.text.contains("over \(name)"), "\(scenario.text)")
      #expect(
        scenario.text.contains("max \(largest)") || scenario.text.contains("value is \(largest)"),
        "\(scenario.text)")
      if name == "sound" { #expect(scenario.text.contains("the sound, coloured by attention")) }
      scenario.press("V")
    }
    scenario.command("modality smell")
    #expect(
      scenario.status.contains("modality: expected one of sound, frames, label, found smell"))
    var picture = Scenario()
    picture.press("V")
    #expect(picture.status.contains("all tokens of this input are of one kind"))
  }

  @Test("The sound is drawn in the colours of its tokens' attention, and the strip below it too")
  func soundColours() throws {
    for (width, height) in [(80, 24), (120, 40)] {
      var scenario = try Self.film(width: width, height: height, depth: .direct)
      scenario.command("modality sound")
      let run = try #require(scenario.state.run)
      let kinds = run.model.configuration.modalities(inputAxes: [2, 8, 12])
      let kind = try #require(kinds.first { $0.name == "sound" })
      let whole = try #require(run.stages[0].attention).map(
        head: 0, query: 0, as: .probabilities)
      let weights = Array(whole.values[kind.tokens])
      let (least, largest) = try (#require(weights.min()), #require(weights.max()))
      let screen = scenario.screen
      let lines = scenario.lines
      let caption = try #require(
        lines.firstIndex { $0.contains("the sound, coloured by attention") }, "\(scenario.text)")
      // The pane ends where a line of its frame does.
      let end = try #require(
        lines.indices.first { $0 > caption && ["└", "├"].contains(lines[$0].first) })
      let room = try #require(lines[caption].dropFirst().firstIndex(of: "│"))
      let columns = lines[caption].distance(from: lines[caption].startIndex, to: room) - 1
      for (token, weight) in weights.enumerated() {
        // The middle of the token's part of the line.
        let x = 1 + (2 * token + 1) * columns / (2 * weights.count)
        let expected = Colour(
          ColourMap.viridis.colour((weight - least) / (largest - least)))
        let drawn = (caption + 2..<end - 2).map { screen[x, $0] }.filter { $0.character != " " }
        #expect(!drawn.isEmpty, "token \(token)")
        for cell in drawn { #expect(cell.style.foreground == expected, "token \(token)") }
        for y in end - 2..<end { #expect(screen[x, y].style.background == expected, "\(token)") }
      }
      #expect(
        Set(weights.map { ColourMap.viridis.colour(($0 - least) / (largest - least)).red })
          .count > 3)
      #expect(!scenario.text.contains("of 8 pixels"), "\(scenario.text)")
    }
  }

  @Test(
    "The best labels stand beside a film in their order: five where there is room, else as many as fit",
    arguments: [(80, 24, 2), (120, 40, 5)])
  func labels(width: Int, height: Int, count: Int) throws {
    var scenario = try Self.film(width: width, height: height)
    scenario.press("End")
    let scores = try #require(scenario.state.shownScores)
    let named = scores.top.map { ("LABEL_\($0.index)", Figures.number($0.answer)) }
    #expect(named.count >= 5)
    let rows = scenario.lines.compactMap { $0.firstMatch(of: #/LABEL_\d +[0-9.e-]+/#)?.output }
    #expect(rows.count >= count, "\(scenario.text)")
    for (row, (name, number)) in zip(rows, named) {
      #expect(
        row.split(separator: " ") == [Substring(name), Substring(number)], "\(scenario.text)")
    }
    // All five stand in the list in which one is chosen, at any size.
    scenario.press("Y")
    for (name, _) in named.prefix(5) { #expect(scenario.text.contains(name), "\(scenario.text)") }
  }

  @Test("A large frame comes in from above with its percentage, and is what the library makes")
  func progress() throws {
    let model = try withTemporaryFolder { folder in
      let source = URL(fileURLWithPath: LoadedWeights.fixtureFolder("multimodal"))
      let config = try JSONValue(
        parsing: Array(Data(contentsOf: source.appending(path: "config.json"))))
      guard case .object(let members) = config else { throw CocoaError(.fileReadCorruptFile) }
      // Frames of 64 × 96 pixels, which are asked for in four parts of whole rows.
      let larger = members.map {
        $0.name == "output_shape"
          ? JSONValue.Member(
            name: $0.name,
            value: .array([.integer(1), .integer(2), .integer(64), .integer(96)])) : $0
      }
      try Data(JSONValue.object(larger).text.utf8).write(to: folder.appending(path: "config.json"))
      try FileManager.default.copyItem(
        at: source.appending(path: "model.safetensors"),
        to: folder.appending(path: "model.safetensors"))
      let checkpoint = try Checkpoint(path: folder.path)
      let given = try #require(try GivenHyperparameters.of(checkpoint))
      let model = try checkpoint.model(try checkpoint.describe(given: given).configuration)
      // All weights are read before the folder is gone.
      var run = try model.begin(Tensor(shape: [2, 64, 96, 3], repeating: 0.5))
      while try run.next() != nil {}
      _ = try run.reconstruction(of: FilmPoints(pixels: [0]))
      return model
    }
    let (tensor, pictures) = Self.frames(2, width: 96, height: 64)
    var scenario = Scenario(
      width: 120, height: 40,
      input: Input(name: "film", tensor: tensor, content: .frames(pictures)),
      weights: LoadedWeights(model: model, name: "large"))
    scenario.isHolding = true
    scenario.press("R")
    var seen: [String] = []
    for _ in 0..<40 where !scenario.held.isEmpty {
      if let match = scenario.lines[1].firstMatch(of: #/, (\d+) %/#) {
        let percent = String(match.output.1)
        if seen.last != percent { seen.append(percent) }
        #expect(
          percent == "0" || scenario.text.contains("\(percent) % of the frame is made"),
          "\(scenario.text)")
      }
      scenario.releaseFirst()
    }
    #expect(seen == ["0", "25", "50", "75"])
    #expect(!scenario.text.contains("of the frame is made") && !scenario.lines[1].contains(" %"))
    let run = try #require(scenario.state.run)
    for frame in 0..<2 {
      let made = try run.reconstruction(
        of: FilmPoints(pixels: Array(frame * 6144..<(frame + 1) * 6144)),
        from: run.stages[0].latents
      ).pixels.values.map { min(1, max(0, $0)) }
      let shown = try #require(scenario.state.shownGivenPicture)
      #expect(shown.width == 96 && shown.height == 64)
      let error = relativeError(shown.samples, made)
      #expect(error < 1e-6, "frame \(frame): \(error)")
      scenario.isHolding = false
      scenario.press(".")
    }
  }

  @Test("The cursor on a frame asks the tokens of frames, which lie behind those of sound")
  func cursor() throws {
    var scenario = try Self.film()
    scenario.press("i")
    let run = try #require(scenario.state.run)
    let kind = run.model.configuration.modalities(inputAxes: [2, 8, 12])[1]
    // The middle of the first frame of patches.
    let key = kind.tokens.lowerBound + kind.axes[1] / 2 * kind.axes[2] + kind.axes[2] / 2
    let weights = try #require(run.stages[0].attention).received(byKey: key, as: .probabilities)
      .row(0).values
    let most = try #require(weights.indices.max { weights[$0] < weights[$1] })
    #expect(scenario.text.contains("top readers: latents \(most + 1)"), "\(scenario.text)")
  }

  @Test("R makes the chosen frame as the model gives it, from any stage; . makes another")
  func reconstruction() throws {
    var scenario = try Self.film()
    scenario.isHolding = true
    scenario.press("R")
    #expect(scenario.text.contains("asking the decoder"))
    scenario.release()
    #expect(scenario.text.contains("frame 1 of 2"))
    let first = scenario.screen
    scenario.press(".")
    #expect(scenario.text.contains("frame 2 of 2"))
    // The frame is written as it was made.
    scenario.press("e", "Enter")
    let path = try #require(scenario.files.paths.first, "\(scenario.said)")
    #expect(path.hasSuffix("-reconstruction-frame-2.png"))
    let written = try PixelImage(reading: try #require(scenario.files[path]))
    #expect(written.bytes == scenario.state.shownGivenPicture?.bytes)
    #expect(zip(scenario.screen.cells, first.cells).count { $0 != $1 } > 20)
  }

  @Test("; plays the frames round the end, and undo passes over them")
  func playing() throws {
    var scenario = try Self.film()
    scenario.press(";")
    scenario.letTimersGoOff()
    #expect(scenario.state.choices.view.frame == 1)
    scenario.letTimersGoOff()
    #expect(scenario.state.choices.view.frame == 0)
    scenario.press(";")
    scenario.letTimersGoOff()
    #expect(scenario.state.choices.view.frame == 0)
    scenario.press("u")
    #expect(scenario.status.contains("nothing to undo"))
    var picture = Scenario()
    picture.press(";")
    #expect(picture.status.contains("this input has no frames"))
  }

  @Test("Every size and depth draws films, with sound or silent, and through the decoder")
  func sizes() throws {
    for depth in [ColourDepth.monochrome, .direct] {
      for (width, height) in [(60, 18), (80, 24), (200, 60)] {
        for isSilent in [false, true] {
          var scenario = try Self.film(
            width: width, height: height, depth: depth, isSilent: isSilent)
          scenario.press("V", "V", "i", "→", "Esc", "V", "v", "v", "v", "d", "V", "d", "R", "End")
          #expect(scenario.text.contains("perceiver"))
        }
      }
    }
  }

  // MARK: - Photos

  @Test("P shows the photo as it was opened, with the part framed that the model reads")
  func wholePhoto() throws {
    let weights = try LoadedWeights.fixture("image_fourier")
    let samples = (0..<40 * 20 * 3).map { Float($0 % 7) / 7 }
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "wide.ppm").path
    try Data(
      Array("P6\n40 20\n255\n".utf8) + samples.map { UInt8($0 * 255) }
    ).write(to: URL(fileURLWithPath: path))
    let demand = InputDemand(weights.model.configuration)
    let reader = InputReader(ReadingOptions())
    let input = try reader.prepared(reader.open(path, for: demand), for: demand) { _, _ in true }
    let whole = try #require(input.surroundings)
    // The middle 224 of 256 parts of the shorter side.
    #expect(whole.size == (40, 20))
    #expect(whole.region.width == 17 && whole.region.height == 17)
    #expect(whole.region.x == 11 && whole.region.y == 1)
    var scenario = Scenario(width: 120, height: 40, input: input, weights: weights)
    scenario.press("O")
    #expect(scenario.text.contains("whole photo 40×20"))
    #expect(scenario.text.contains("framed: middle 17 × 17 of 40 × 20 made 224 × 224"))
    #expect(scenario.text.contains("bicubic") || scenario.text.contains("the middle 224 of"))
    // Below the panes' own frames.
    let corners = scenario.lines.dropFirst(2).filter { $0.contains("┌──") || $0.contains("└──") }
    #expect(corners.first.map { $0.contains("──┐") } == true, "\(scenario.text)")
    scenario.press("O")
    #expect(!scenario.text.contains("whole photo"))
    // It takes the place of a grid too, which then has no maps to be clicked.
    scenario.press("g")
    #expect(scenario.state.mapView == .grid)
    scenario.press("O")
    #expect(scenario.state.mapView == .one)
    scenario.press("O")
    #expect(scenario.state.mapView == .grid)
    var picture = Scenario()
    picture.press("O")
    #expect(picture.status.contains("the model reads the whole photo"))
  }

  @Test(
    "The title keeps what is not as the model has it, at 80 columns too", arguments: [80, 120])
  func choices(width: Int) throws {
    let weights = try LoadedWeights.fixture("image_fourier")
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "cat.ppm").path
    try Data(Array("P6\n8 8\n255\n".utf8) + [UInt8](repeating: 9, count: 192)).write(
      to: URL(fileURLWithPath: path))
    let demand = InputDemand(weights.model.configuration)
    var options = ReadingOptions()
    options.scaling.mean = [0.5]
    let reader = InputReader(options)
    let input = try reader.prepared(reader.open(path, for: demand), for: demand)
    let scenario = Scenario(width: width, height: 24, input: input, weights: weights)
    #expect(scenario.lines[0].contains("--mean 0.5"), "\(scenario.lines[0])")
  }

  @Test(
    "The title says what was done to a photo; what options choose stays at 80 columns",
    arguments: [
      (
        [], 160,
        "wide.ppm 224×224×3 · middle 17 × 17 of 40 × 20 made 224 × 224 · HuggingFace image "
          + "classifier · image_fourier"
      ),
      (["crop"], 80, "--crop none"),
      (["crop"], 120, "--crop none · not as in training"),
      (["crop"], 160, "--crop none · not as in training (224 × 224)"),
      (["side"], 80, "--max-side 16"),
      (["side"], 120, "wide.ppm · --max-side 16 · not as in training"),
      (["side"], 160, "made 16 × 8 from 40 × 20, --max-side 16"),
      (["crop", "side"], 80, "--crop none --max-side 1"),
      (["crop", "side"], 160, "wide.ppm 16×8×3 · --crop none --max-side 16"),
    ] as [([String], Int, String)])
  func photoTitle(chosen: [String], width: Int, words: String) throws {
    let weights = try LoadedWeights.fixture("image_fourier")
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "wide.ppm").path
      try Data(Array("P6\n40 20\n255\n".utf8) + (0..<2400).map { UInt8($0 % 251) }).write(
        to: URL(fileURLWithPath: path))
      var options = ReadingOptions()
      if chosen.contains("crop") { options.cutsMiddle = false }
      if chosen.contains("side") { options.longestSide = .pixels(16) }
      let demand = InputDemand(weights.model.configuration)
      let reader = InputReader(options)
      let input = try reader.prepared(reader.open(path, for: demand), for: demand)
      let scenario = Scenario(width: width, height: 24, input: input, weights: weights)
      #expect(scenario.lines[0].contains(words), "\(scenario.lines[0])")
    }
  }

  @Test("A mask of pixels hides tokens most of whose pixels it hides, where tokens are larger")
  func masks() throws {
    let reader = InputReader(ReadingOptions())
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // The left 9 of 24 columns are kept: of 6 tokens of 4 columns the first two, and a quarter of one.
    let pixels = (0..<16 * 24).map { UInt8($0 % 24 < 9 ? 255 : 0) }
    let path = folder.appending(path: "mask.pgm").path
    try Data(Array("P5\n24 16\n255\n".utf8) + pixels).write(to: URL(fileURLWithPath: path))
    let mask = try reader.readMask(path, axes: [16, 24], tokens: [4, 6])
    #expect(mask.shape == [4, 6])
    #expect(mask.keeps == (0..<24).map { $0 % 6 < 2 })
    #expect(throws: InputFailure.self) {
      try reader.readMask(path, axes: [8, 8], tokens: [2, 2])
    }
    #expect(try reader.readMask(path, axes: [16, 24]).keeps.count { $0 } == 16 * 9)
  }
}
