// `render`: text that says what it shows, and pictures with the right pixels.

import Foundation
import Perceiver
import Pictures
import Tensors
import TestSupport
import Testing

@Suite("render")
struct RenderTests {
  private let folder: TemporaryFolder
  private let photo: String

  init() throws {
    folder = try TemporaryFolder()
    photo = try folder.write("photo.ppm", TestInputs.ppm(width: 12, height: 8))
  }

  private func render(
    _ arguments: String..., environment: [String: String] = [:]
  ) throws -> ProgramResult {
    try Program.run(
      ["render", "photo.ppm"] + arguments + TestInputs.smallModel, in: folder.url,
      environment: environment)
  }

  private func stage(_ index: Int) throws -> Stage {
    let configuration = PerceiverConfiguration(
      numFreqBands: 3, maxFreq: 8, depth: 2, numLatents: 5, latentDim: 12, crossHeads: 2,
      latentHeads: 3, crossDimHead: 6, latentDimHead: 5, numClasses: 7)
    var run = try Perceiver(configuration, seed: 0)
      .begin(TestInputs.tensor(width: 12, height: 8))
    while run.stages.count <= index { _ = try run.next() }
    return run.stages[index]
  }

  private func isASCII(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(\.isASCII) }

  @Test("text names stage, head, latent, value and scale, and where the largest number is")
  func describesInWords() throws {
    let result = try render(
      "--stage", "cross 2", "--head", "2", "--latent", "4", "--scale", "log", "--width", "24")
    #expect(result.status == 0, "\(result.standardError)")
    let lines = result.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "photo.ppm: cross 2, head 2 of 2, latent 4 of 5, probabilities")
    let map = try stage(2).attended().map(head: 1, query: 3, as: .probabilities)
    let statistics = MapStatistics(map)
    let peak = try #require(statistics.peak)
    #expect(lines[1].contains(" at pixel (\(peak % 12), \(peak / 12)), mean 0.0104, entropy "))
    #expect(
      lines[1].hasPrefix(
        "least \(String(format: "%.3g", Double(try #require(statistics.least)))), "))
    #expect(lines[2].hasPrefix("scale log: ' ' is "))
    #expect(lines.count == 3 + 8 + 1)
    #expect(lines.dropFirst(3).allSatisfy { $0.count <= 24 })
    #expect(isASCII(result.text))
  }

  @Test("the darkest and the fullest character stand where the numbers are least and largest")
  func drawsNumbers() throws {
    // Twice as wide as high: with 12 columns, 4 rows of cells, each of two rows of the map.
    let lines = try render("--latent", "1", "--head", "1", "--width", "12").text
      .split(separator: "\n", omittingEmptySubsequences: false)[3...].prefix(4)
    let map = try stage(0).attended().map(head: 0, query: 0, as: .probabilities).values
    let means: [Float] = (0..<48).map { cell in
      let upper = cell / 12 * 24 + cell % 12
      return (map[upper] + map[upper + 12]) / 2
    }
    let largest = try #require(means.indices.max { means[$0] < means[$1] })
    let least = try #require(means.indices.min { means[$0] < means[$1] })
    let grid = lines.map { Array($0.padding(toLength: 12, withPad: " ", startingAt: 0)) }
    #expect(grid.count == 4)
    #expect(grid[largest / 12][largest % 12] == "@")
    #expect(grid[least / 12][least % 12] == " ")
  }

  @Test("a picture's pixels are the map's colours")
  func writesPictures() throws {
    for name in ["map.png", "map.ppm"] {
      let result = try render(
        "--stage", "3", "--latent", "2", "--head", "1", "--overlay", "alone", "-o", name)
      #expect(result.status == 0, "\(result.standardError)")
    }
    let map = try stage(2).attended().map(head: 0, query: 1, as: .probabilities)
    let expected = Heatmap(map, transfer: .linear, colours: .viridis).picture.bytes
    for name in ["map.png", "map.ppm"] {
      let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder.path(name))))
      let picture = try PixelImage(reading: bytes)
      #expect(picture.width == 12 && picture.height == 8)
      #expect(picture.bytes == expected, "\(name)")
    }
  }

  @Test(
    "a width at which a high map would grow beyond bounds is refused in one line",
    arguments: ["png", "ppm", "plain", "ansi"])
  func refusesHugeDrawings(_ format: String) throws {
    try folder.write("high.ppm", TestInputs.ppm(width: 1, height: 20_000))
    let result = try Program.run(
      [
        "render", "high.ppm", "--max-side", "none", "--latent", "1", "--head", "1", "--width",
        "16384", "--format", format,
      ] + TestInputs.smallModel, in: folder.url)
    #expect(result.status == 64)
    #expect(result.standardOutput.isEmpty)
    #expect(
      result.errorLines.last?.contains(
        #/--width: expected at most [0-9]+ for a map of 1 × 20000, found 16384$/#) == true,
      "\(result.standardError)")
  }

  @Test("thousands of latents are drawn averaged, as the words say, and in bounded memory")
  func averagesLatents() throws {
    let result = try Program.run(
      [
        "render", "photo.ppm", "--stage", "2", "--format", "ppm", "--depth", "1", "--num-latents",
        "4097", "--latent-dim", "4", "--cross-heads", "1", "--cross-dim-head", "2",
        "--latent-heads", "1", "--latent-dim-head", "2", "--num-freq-bands", "2", "--num-classes",
        "2",
      ], in: folder.url)
    try #require(result.status == 0, "\(result.standardError)")
    let picture = try PixelImage(reading: result.standardOutput)
    // 4097 latents by threes.
    #expect(picture.width == 1366 && picture.height == 1366)
  }

  @Test("the photo shows through the map, greyed so that hues are the map's")
  func overlays() throws {
    let map = try stage(0).attended().map(head: .mean, query: .mean, as: .probabilities)
    let colours = Heatmap(map, transfer: .linear, colours: .viridis).picture.samples
    let transfer = FittedTransfer(.linear, to: map)
    let shades = map.values.map { transfer.shade(of: $0) ?? .nan }
    let photo = TestInputs.pixels(width: 12, height: 8).map { Float($0) / 255 }
    for overlay in ["off", "half", "full"] {
      let result = try render("--overlay", overlay, "--format", "ppm")
      let bytes = try PixelImage(reading: result.standardOutput).bytes
      for (index, byte) in bytes.enumerated() {
        let pixel = index / 3
        let below = photo[index]
        let grey = RGB(
          red: photo[3 * pixel], green: photo[3 * pixel + 1], blue: photo[3 * pixel + 2]
        ).luminance
        let share = 0.5 + 0.45 * shades[pixel]
        let expected =
          switch overlay {
          case "off": below
          case "half": (0.25 * below + 0.75 * grey + colours[index]) / 2
          default: grey * (1 - share) + colours[index] * share
          }
        #expect(abs(Float(byte) / 255 - expected) < 0.003, "\(overlay), sample \(index)")
      }
    }
  }

  @Test("a latent stage gives the matrix of latents, or one latent's row")
  func latentStages() throws {
    let matrix = try render("--stage", "latent-1.1", "--format", "ppm", "--head", "3")
    let picture = try PixelImage(reading: matrix.standardOutput)
    #expect(picture.width == 5 && picture.height == 5)
    let numbers = try stage(1).attended().maps(head: .one(2), queries: 0..<5, as: .probabilities)
    #expect(
      picture.bytes == Heatmap(numbers, transfer: .linear, colours: .viridis).picture.bytes)
    let row = try render("--stage", "2", "--latent", "5", "--width", "10")
    #expect(row.text.contains("latent 1.1, mean of 3 heads, latent 5 of 5, probabilities\n"))
    #expect(row.text.split(separator: "\n").count <= 4)
  }

  @Test("scores are drawn before the softmax")
  func scores() throws {
    let text = try render("--scores", "--latent", "1", "--head", "1", "--format", "plain").text
    #expect(text.contains("latent 1 of 5, scores\n"))
    let map = try stage(0).attended().map(head: 0, query: 0, as: .scores)
    let least = String(format: "%.3g", Double(try #require(MapStatistics(map).least)))
    #expect(text.contains("least \(least), "))
  }

  @Test("colours follow the environment, and a pipe gets plain text")
  func colours() throws {
    let piped = try render().text
    #expect(!piped.contains("\u{1B}"))
    let direct = try render("--format", "ansi", environment: ["COLORTERM": "truecolor"]).text
    #expect(direct.contains("\u{1B}[38;2;") && !direct.contains("38;5;"))
    let indexed = try render("--format", "ansi", environment: ["COLORTERM": ""]).text
    #expect(indexed.contains("38;5;") && !indexed.contains("38;2;"))
    let utf8 = try render("--format", "ansi", environment: ["LC_ALL": "C.UTF-8"]).text
    #expect(utf8.contains("▀"))
    let ascii = try render("--format", "ansi", environment: ["LC_ALL": "C"]).text
    #expect(isASCII(ascii))
  }

  @Test("a map that says nothing says so")
  func constantMaps() throws {
    let array = try folder.write(
      "even.npy", TestInputs.npy(shape: [3, 3, 1], values: .init(repeating: 1, count: 9)))
    let result = try Program.run(
      ["render", array, "--no-fourier-encode-data"] + TestInputs.smallModel)
    #expect(result.status == 0)
    #expect(result.text.contains("constant: every value is 0.11"))
  }

  @Test("no stage behind the one that is drawn is computed, and its weights are not read")
  func computesNeededStages() throws {
    var configuration = PerceiverConfiguration(
      numFreqBands: 3, maxFreq: 8, depth: 2, numLatents: 5, latentDim: 12, crossHeads: 2,
      latentHeads: 3, crossDimHead: 6, latentDimHead: 5, numClasses: 7)
    configuration.inputChannels = 3
    let export = try Perceiver(configuration, seed: 0).exported(as: .own)
    // Behind the attention of the third stage of four; a run that has come there says so on standard
    // error.
    let name = "layers.1.cross_ff.fn.net.2.weight"
    let weights = try #require(export.tensors[name])
    var tensors = export.tensors
    tensors[name] = Tensor(shape: weights.shape, repeating: .nan)
    try SafetensorsWriter.write(
      tensors, metadata: export.metadata, to: folder.path("model.safetensors"))
    func isSpoilt(_ arguments: String...) throws -> Bool {
      let result = try Program.run(
        ["render", "photo.ppm", "--weights", "model.safetensors", "--force"] + arguments,
        in: folder.url)
      #expect(result.status == 0, "\(arguments): \(result.standardError)")
      return result.standardError.contains("weights are NaN or infinite")
    }
    for stage in ["1", "2", "latent-1.1"] { #expect(try !isSpoilt("--stage", stage), "\(stage)") }
    #expect(try isSpoilt("--stage", "3"))
    #expect(try !isSpoilt("--stage", "1", "--figure3", "-o", "f.svg"))
    #expect(try isSpoilt("--stage", "3", "--figure3", "-o", "f.svg"))
  }

  @Test("a text has bytes, a sound samples, an array of one axis positions")
  func namesPlaces() throws {
    let text = Program.repository.appending(
      path: "Tests/PerceiverTests/Fixtures/huggingface/sequence_classification"
    ).path
    func lines(_ arguments: [String]) throws -> [String] {
      let result = try Program.run(["render"] + arguments, in: folder.url)
      #expect(result.status == 0, "\(result.standardError)")
      return result.text.split(separator: "\n").map(String.init)
    }
    let read = try lines(["--text", "The cat sat.", "--weights", text])
    #expect(read.contains { $0.contains(" at byte ") }, "\(read)")
    _ = try lines(["--text", "The cat", "--weights", text, "--figure", "-o", "t.svg"])
    let svg = try String(contentsOfFile: folder.path("t.svg"), encoding: .utf8)
    #expect(svg.contains(">text: cross 1, ") && svg.contains(" at byte "))
    let line = [
      "--depth", "1", "--num-latents", "4", "--latent-dim", "8", "--cross-heads", "1",
    ]
    _ = try folder.write(
      "a.wav", TestInputs.wav(channels: 1, samples: (0..<64).map { Int16($0 * 300) }))
    #expect(try lines(["a.wav"] + line).contains { $0.contains(" at sample ") })
    _ = try folder.write(
      "a.npy", TestInputs.npy(shape: [20, 2], values: (0..<40).map { Float($0 % 7) - 3 }))
    #expect(try lines(["a.npy"] + line).contains { $0.contains(" at position ") })
  }

  @Test("a logarithmic scale that does not reach the least weights says so, in text and figures")
  func cutScale() throws {
    let samples = Program.repository.appending(path: "Samples").path
    let common = [
      "\(samples)/fashion-bag.png", "--weights", "\(samples)/fashion.safetensors", "--head", "1",
      "--scale", "log",
    ]
    for (latent, isCut) in [("1", true), ("5", false)] {
      let text = try Program.run(["render", "--latent", latent] + common, in: folder.url).text
      #expect(text.contains("; smaller numbers, down to ") == isCut)
      let figure = try Program.run(
        ["render", "--latent", latent, "--figure", "-o", "\(latent).svg"] + common, in: folder.url)
      #expect(figure.status == 0, "\(figure.standardError)")
      let svg = try String(contentsOfFile: folder.path("\(latent).svg"), encoding: .utf8)
      #expect(svg.contains("Scale: smaller numbers, down to 3.41e-11, count as 4.99e-7.") == isCut)
    }
  }

  @Test("a file is replaced only by --force")
  func replaces() throws {
    #expect(try render("-o", "map.png").status == 0)
    let before = try Data(contentsOf: URL(fileURLWithPath: folder.path("map.png")))
    let refused = try render("-o", "map.png", "--scores")
    #expect(refused.status == 73)
    #expect(refused.standardError.contains("map.png: "))
    #expect(refused.standardError.contains("--force replaces it"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("map.png"))) == before)
    #expect(try render("-o", "map.png", "--scores", "--force").status == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("map.png"))) != before)
    #expect(folder.contents == ["map.png", "photo.ppm"])
  }

  @Test("--figure3 writes the photo beside many latents' scores, as PNG, PPM and SVG")
  func figure() throws {
    for name in ["figure.png", "figure.ppm", "figure.svg"] {
      let result = try Program.run(
        ["render", photo, "--figure3", "-o", name, "--width", "400"] + TestInputs.smallModel,
        in: folder.url)
      #expect(result.status == 0, "\(result.standardError)")
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("figure.png")))
    #expect(try PixelImage(reading: [UInt8](bytes)).width == 400)
    let svg = try String(contentsOfFile: folder.path("figure.svg"), encoding: .utf8)
    // Five latents at each of two cross-attentions, the photo twice, the scale.
    #expect(svg.ranges(of: "<image ").count == 2 * (5 + 1) + 1)
    #expect(svg.contains("cross 2: scores before the softmax, mean of 2 heads"))
    for (arguments, words) in [
      (["--figure3"], "--figure3: expected --output with a name that ends in .png, .ppm or .svg"),
      (["--figure3", "-o", "f.npy"], "found f.npy"),
      (["--figure3", "-o", "f.png", "--scores"], "expected no --latent, --scores"),
      (["--figure3", "-o", "f.png", "--stage", "2"], "expected cross-attentions over a picture"),
      (["--figure3", "-o", "f.png", "--width", "20"], "from 200 to"),
      (["--figure3", "-o", "f.png", "--frame", "2"], "from 1 to 1, found 2"),
      (["--frame", "1"], "--frame: expected --figure3"),
    ] {
      let refused = try Program.run(
        ["render", photo] + arguments + TestInputs.smallModel, in: folder.url)
      #expect(refused.status == 64)
      #expect(refused.errorLines.count == 1 && refused.standardError.contains(words))
    }
  }

  @Test("--figure writes the photo beside the map, with numbers, caption and model")
  func mapFigure() throws {
    for name in ["figure.png", "figure.ppm", "figure.svg"] {
      let result = try render(
        "--figure", "--stage", "cross 2", "--head", "2", "--latent", "4", "-o", name)
      #expect(result.status == 0, "\(result.standardError)")
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("figure.png")))
    #expect(try PixelImage(reading: [UInt8](bytes)).width == MapFigure.usualWidth)
    let svg = try String(contentsOfFile: folder.path("figure.svg"), encoding: .utf8)
    // The photo, the map, the bar.
    #expect(svg.ranges(of: "<image ").count == 3)
    let map = try stage(2).attended().map(head: 1, query: 3, as: .probabilities)
    let statistics = MapStatistics(map)
    for words in [
      "photo.ppm: cross 2, head 2 of 2, latent 4 of 5, probabilities",
      "Attention weights, after the softmax.", "untrained, seed 0", ", entropy ",
      ">\(Figures.number(try #require(statistics.largest)))</text>",
    ] {
      #expect(svg.contains(words), "\(words)")
    }
    let matrix = try render("--figure", "--stage", "2", "--width", "300", "-o", "matrix.svg")
    #expect(matrix.status == 0, "\(matrix.standardError)")
    let rows = try String(contentsOfFile: folder.path("matrix.svg"), encoding: .utf8)
    #expect(rows.ranges(of: "<image ").count == 2 && rows.contains("width=\"300\""))
    for (arguments, words) in [
      (["--figure"], "--figure: expected --output with a name that ends in .png, .ppm or .svg"),
      (["--figure", "-o", "f.npy"], "found f.npy"),
      (["--figure", "--figure3", "-o", "f.png"], "--figure: expected no --figure3 or --format"),
      (["--figure", "-o", "f.png", "--width", "20"], "from 200 to 8192 with --figure, found 20"),
    ] {
      let refused = try Program.run(
        ["render", photo] + arguments + TestInputs.smallModel, in: folder.url)
      #expect(refused.status == 64)
      #expect(refused.errorLines.count == 1 && refused.standardError.contains(words))
    }
  }

  @Test(
    "--figure3 of a model folder has a row for each cross-attention, with the photo beside it",
    arguments: [
      ("huggingface/image_conv", [], ["cross 1: scores before the softmax, mean of 2 heads"], 5),
      (
        "huggingface/image_learned", ["--crop", "none", "--max-side", "none"],
        ["cross 1: scores before the softmax, mean of 4 heads"], 5
      ),
      (
        "krasserm/image_unshared", [],
        [
          "cross 1: scores before the softmax, head 1 of 1",
          "cross 2: scores before the softmax, head 1 of 1",
        ], 6
      ),
    ] as [(String, [String], [String], Int)])
  func folderFigures(
    _ name: String, _ options: [String], _ captions: [String], _ latents: Int
  ) throws {
    let weights = Program.repository.appending(path: "Tests/PerceiverTests/Fixtures/\(name)").path
    try folder.write("square.ppm", TestInputs.ppm(width: 16, height: 16))
    let result = try Program.run(
      ["render", "square.ppm", "--figure3", "-o", "f.svg", "--width", "800", "--weights", weights]
        + options, in: folder.url)
    #expect(result.status == 0, "\(result.standardError)")
    let svg = try String(contentsOfFile: folder.path("f.svg"), encoding: .utf8)
    for caption in captions { #expect(svg.contains(caption + ", \(latents) of \(latents)")) }
    #expect(svg.ranges(of: "<image ").count == captions.count * (latents + 1) + 1)
    #expect(svg.contains("What latents look at in square.ppm"))
  }
}
