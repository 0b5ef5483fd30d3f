// `explain`: its files against the library's own values, its figures, its JSON, and what it refuses.

import Foundation
import Perceiver
import Pictures
import Tensors
import TestSupport
import Testing

@Suite("explain")
struct ExplainTests: ExplainsPhoto {
  let folder: TemporaryFolder
  let photo: String

  init() throws { (folder, photo) = try Self.writtenPhoto() }

  @Test("files are the library's maps, and JSON says what they mean")
  func writesMaps() throws {
    let result = try explain([
      photo, "--output", "out", "--seed", "42", "--method", "all", "--samples", "2", "--nodes", "2",
      "--against", "second", "--trust", "--pictures",
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let run = try run()
    var settings = ExplanationSettings()
    (settings.samples, settings.nodes, settings.seed) = (2, 2, 42)
    let target = ExplanationTarget(.answer, against: .second)
    let json = try record()
    let maps = try #require(json["maps"] as? [[String: Any]])
    let methods = ExplanationMethod.all.filter { $0.problem(run) == nil }
    #expect(methods.count == ExplanationMethod.all.count - 1, "all but what needs a decoder")
    #expect(maps.count == methods.count)
    for (method, entry) in zip(methods, maps) {
      let map = try method.question(target, settings).map(run)
      #expect(entry["name"] as? String == method.name)
      #expect(try TestInputs.readNPY(folder.path("out/\(method.name).npy")) == map.values)
      #expect(entry["sentence"] as? String == map.sentence)
      if PixelOrder.isGiven(by: map.values) {
        let gain = try Faithfulness(of: run, order: PixelOrder.of(map.values), target: target)
        #expect(abs(try #require(entry["gain"] as? Double) - gain.gain) < 1e-9, "\(method.name)")
      } else {
        #expect(entry["gain"] == nil, "\(method.name)")
      }
      #expect(folder.contents.contains("out/\(method.name).png"))
    }
    let resolved = try run.resolve(target)
    #expect(json["target"] as? Int == resolved.index)
    #expect(json["against"] as? Int == resolved.against)
    #expect((json["logits"] as? [Double])?.count == 7)
    let p = try #require(json["probabilities"] as? [Double])
    #expect(abs(p.reduce(0, +) - 1) < 1e-9)
    #expect(json["axes"] as? [Int] == [6, 9])
    let trust = try #require(json["trust"] as? [String: Any])
    #expect(trust["centre"] is Double)
    let orders = try #require(trust["orders"] as? [[String: Any]])
    #expect(orders.map { $0["name"] as? String } == ["random", "centre", "brightness"])
    let random = Faithfulness(
      meanOf: try Faithfulness.following(
        (42..<45).map { PixelOrder.random(54, seed: $0) }, of: run, target: target))
    #expect(abs(try #require(orders[0]["gain"] as? Double) - random.gain) < 1e-9)
    #expect(
      abs(try #require(orders[0]["p_after_8th"] as? Double) - random.afterFirstEighth) < 1e-9)
    #expect((orders[0]["insertion"] as? [Double])?.count == 17)
    #expect(
      result.text.contains(
        #/Without its first eighth p [-0-9.e]+, random [-0-9.e]+, centre [-0-9.e]+, brightness [-0-9.e]+\./#
      ))
    #expect((json["effects"] as? [Any])?.isEmpty == true)
  }

  @Test("--trust measures maps of an output by its number")
  func trustsOutputs() throws {
    let outputs = ["--variant", "io", "--logits-dim", "4", "--target", "3", "--trust"]
    let result = try explain([photo, "-o", "out", "--seed", "42"] + outputs)
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.text.contains("Without its first eighth y "), "\(result.text)")
    let json = try record()
    let map = try #require((json["maps"] as? [[String: Any]])?.first)
    let logits = try #require(json["logits"] as? [Double])
    let deletion = try #require(map["deletion"] as? [Double])
    #expect(deletion.count == 17 && abs(deletion[0] - logits[3]) < 1e-6)
    #expect(map["gain"] is Double)
  }

  @Test("--figure writes photo, map, scale and caption of each map, as wide as said")
  func writesFigures() throws {
    let result = try explain([
      photo, "-o", "out", "--seed", "42", "--method", "relevance,direct-pixels,rollout-half",
      "--figure", "--width", "600",
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let run = try run()
    let answer = try run.resolve(.answer)
    let orders = [
      PixelOrder.random(54, seed: 0), PixelOrder.of(try Relevance(of: .answer).map(run).values),
    ]
    let gains = try Faithfulness.following(orders, of: run).map(\.gain)
    func text(_ name: String) throws -> String {
      try String(contentsOfFile: folder.path("out/\(name)"), encoding: .utf8)
    }
    let svg = try text("relevance-figure.svg")
    for words in [
      "photo.ppm: relevance, \(answer.title)", "Method: relevance. Explained: \(answer.title).",
      "Gain (insertion less deletion, by hiding): \(Figures.number(gains[1], digits: 2))"
        + "; of a random order: \(Figures.number(gains[0], digits: 2)).",
      "width=\"600\"",
    ] {
      #expect(svg.contains(words), "\(words)")
    }
    #expect(try text("rollout-half-figure.svg").contains("Method: rollout-half."))
    let png = try PixelImage(
      reading: [UInt8](
        Data(contentsOf: URL(fileURLWithPath: folder.path("out/direct-pixels-figure.png")))))
    #expect(png.width == 600)
    // Without it there is none, and an earlier one goes with --force.
    #expect(try explain([photo, "-o", "out", "--force"]).status == 0)
    #expect(!folder.contents.contains { $0.contains("figure") })
  }

  @Test("--figure writes every table with bars, what changes do, and how alike stages are as a map")
  func tableFigures() throws {
    let result = try explain([
      photo, "-o", "out", "--seed", "42", "--method", "relevance", "--sweep",
      "heads,stages,latents",
      "--summaries", "--direct", "--by-stage", "--randomise", "--classes", "--zero-head", "1:1",
      "--hide", "0,0,3x3", "--figure", "--width", "500",
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let tables = try #require(try record()["tables"] as? [String: Any])
    #expect(tables.count == 13)
    for name in tables.keys.sorted() + ["effects"] {
      let svg = try String(
        contentsOfFile: folder.path("out/\(name)-figure.svg"), encoding: .utf8)
      #expect(svg.contains(">photo.ppm: \(name)</text>"), "\(name)")
      let png = try PixelImage(
        reading: [UInt8](
          Data(contentsOf: URL(fileURLWithPath: folder.path("out/\(name)-figure.png")))))
      #expect(png.width == 500)
    }
    let alike = try String(
      contentsOfFile: folder.path("out/summary-alignment-figure.svg"), encoding: .utf8)
    #expect(alike.ranges(of: "<image ").count == 2, "the map and its scale")
    let effects = try String(
      contentsOfFile: folder.path("out/effects-figure.svg"), encoding: .utf8)
    #expect(effects.contains(">hide 0,0,3x3</text>") && effects.contains(">delta_log_p</text>"))
    // Without it there is none, and earlier ones go with --force.
    #expect(try explain([photo, "-o", "out", "--force"]).status == 0)
    #expect(!folder.contents.contains { $0.contains("figure") })
  }

  @Test("--classes says what the likeliest classes are after each stage, before and after changes")
  func classes() throws {
    let result = try explain([
      photo, "-o", "out", "--seed", "42", "--classes", "--hide", "0,0,3x3", "--target", "6",
      "--figure",
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let rows = try #require((try record()["tables"] as? [String: [[String: Any]]])?["classes"])
    let run = try run()
    let hidden = (0..<54).map { $0 / 9 < 3 && $0 % 9 < 3 }
    let changed = try run.hiding(hidden).completed()
    var told: Set<Int> = []
    for (change, run) in [(nil, run), ("hide 0,0,3x3", changed)] as [(String?, PerceiverRun)] {
      for stage in run.stages {
        let own = rows.filter {
          $0["change"] as? String == change && $0["stage"] as? String == stage.id.name
        }
        let logits = try #require(run.logits(from: stage.latents)).values
        let sum = logits.reduce(0.0) { $0 + exp(Double($1)) }
        #expect(own.count >= 5)
        for row in own {
          let number = try #require(row["class"] as? Int)
          told.insert(number)
          #expect(abs(try #require(row["logit"] as? Double) - Double(logits[number])) < 1e-6)
          let p = try #require(row["p"] as? Double)
          #expect(abs(p - exp(Double(logits[number])) / sum) < 1e-6)
        }
      }
    }
    // The likeliest five of each answer are there, and the one that is asked about.
    for run in [run, changed] {
      let logits = try #require(run.output).values
      let best = logits.indices.sorted { logits[$0] > logits[$1] }.prefix(5)
      #expect(told.isSuperset(of: best))
    }
    #expect(told.contains(6))
    let svg = try String(contentsOfFile: folder.path("out/classes-figure.svg"), encoding: .utf8)
    #expect(svg.contains(">hide 0,0,3x3</text>") && svg.contains(">cross 2</text>"))
    let none = try explain([photo, "-o", "no", "--classes", "--no-final-classifier-head"])
    #expect(none.status == 64)
    #expect(
      none.errorLines.last
        == "perceiver-tui: --classes: expected a model that scores classes, found one that does not"
    )
  }

  @Test(
    "every method with its gain of a film with sound, of a text, and of a photo whose tokens are patches",
    arguments: [
      ("multimodal", ["film", "a.wav"], "all", 3),
      ("sequence_classification", ["text.txt"], "all", 0),
      ("image_conv", ["large.ppm"], "relevance,gradient-times-input", 0),
    ])
  func otherInputs(_ name: String, _ inputs: [String], _ methods: String, _ kinds: Int) throws {
    let model = Program.repository.appending(
      path: "Tests/PerceiverTests/Fixtures/huggingface/\(name)"
    ).path
    for number in 1...2 {
      _ = try folder.write("film/\(number).ppm", TestInputs.ppm(width: 12, height: 8))
    }
    _ = try folder.write(
      "a.wav",
      TestInputs.wav(
        rate: 48000, channels: 1, samples: (0..<128).map { Int16(truncatingIfNeeded: $0 * 977) }))
    _ = try folder.write("text.txt", Array("The cat sat.".utf8))
    _ = try folder.write("large.ppm", TestInputs.ppm(width: 24, height: 19))
    let result = try Program.run(
      [
        "explain", "--weights", model, "--output", "out", "--method", methods, "--samples", "2",
        "--nodes", "2", "--trust", "--pictures", "--figure", "--width", "400",
      ] + inputs, in: folder.url)
    #expect(result.status == 0, "\(result.standardError)")
    let json = try record()
    let found = json["kinds"] as? [[String: Any]] ?? []
    #expect(found.count == kinds)
    let maps = try #require(json["maps"] as? [[String: Any]])
    #expect(
      maps.contains {
        ["relevance", "presence"].contains($0["name"] as? String) && $0["gain"] is Double
      })
    for map in maps {
      let method = try #require(map["name"] as? String)
      #expect(folder.contents.contains("out/\(method).png"), "\(method)")
      #expect(folder.contents.contains("out/\(method)-figure.svg"), "\(method)")
    }
    if name == "multimodal" {
      let values = try TestInputs.readNPY(folder.path("out/relevance.npy"))
      let frames = try #require(found.first { $0["name"] as? String == "frames" })
      let axes = try #require(frames["axes"] as? [Int])
      let png = try PixelImage(
        reading: [UInt8](
          Data(contentsOf: URL(fileURLWithPath: folder.path("out/relevance.png")))))
      #expect(png.width == axes[0] * axes[2] && png.height == axes[1])
      #expect(values.count >= (frames["first"] as? Int ?? 0) + axes.reduce(1, *))
    }
  }

  @Test("--figure of an input of one axis, and of frames, has strips and a tile for each frame")
  func figuresOfOtherInputs() throws {
    let model = ["--depth", "1", "--num-latents", "4", "--latent-dim", "8", "--num-classes", "3"]
    for (name, shape) in [("sound", [40, 2]), ("film", [3, 6, 5, 3])] {
      let count = shape.reduce(1, *)
      let path = try folder.write(
        "\(name).npy",
        NumPyFile.bytes(Tensor(shape: shape, values: (0..<count).map { Float($0 % 7) / 7 })))
      let result = try Program.run(
        ["explain", path, "-o", name, "--method", "presence", "--figure"] + model, in: folder.url)
      #expect(result.status == 0, "\(result.standardError)")
    }
    let film = try String(
      contentsOfFile: folder.path("film/presence-figure.svg"), encoding: .utf8)
    for frame in 1...3 { #expect(film.contains(">frame \(frame)</text>")) }
    let sound = try String(
      contentsOfFile: folder.path("sound/presence-figure.svg"), encoding: .utf8)
    #expect(sound.ranges(of: "<image ").count == 2)
  }

  @Test("what --figure and --width cannot have is refused")
  func refusesFigures() throws {
    for (options, words) in [
      (["--width", "600"], "--width: expected --figure with it"),
      (["--figure", "--width", "10"], "--width: expected a whole number from 200 to 8192"),
    ] {
      let result = try explain([photo, "-o", "out"] + options)
      #expect(result.status == 64)
      #expect(result.standardError.contains(words), "\(result.standardError)")
    }
  }

  @Test("--measure log-p lets occlusion tell what the log-probability loses, and says so")
  func measures() throws {
    let result = try explain([
      photo, "-o", "out", "--seed", "42", "--method", "occlusion,occlusion-value", "--measure",
      "log-p",
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let run = try run()
    for (name, removal) in [
      ("occlusion", Occlusion.Removal.hiding), ("occlusion-value", .value(0)),
    ] {
      let map = try Occlusion(of: .answer, removal: removal, measure: .logProbability).map(run)
      #expect(try TestInputs.readNPY(folder.path("out/\(name).npy")) == map.values)
      #expect(map.sentence.contains("the log-probability of"))
      #expect(result.text.contains(map.sentence))
    }
    let refused = try explain([photo, "-o", "other", "--measure", "p"])
    #expect(refused.status == 64)
    let headless = try explain([
      photo, "-o", "other", "--method", "occlusion", "--measure", "log-p",
      "--no-final-classifier-head",
    ])
    #expect(headless.status == 64)
  }

  @Test("means have each gain less that of a random order of the same input, and its interval")
  func pairedDifferences() throws {
    for index in 1...3 {
      _ = try folder.write("set/\(index).ppm", TestInputs.ppm(width: 8 + index, height: 6))
    }
    let result = try explain(["set", "-o", "out", "--method", "presence", "--trust"])
    #expect(result.status == 0, "\(result.standardError)")
    func rows(_ name: String) throws -> [[String]] {
      try String(contentsOfFile: folder.path("out/\(name).csv"), encoding: .utf8)
        .split(separator: "\n").dropFirst().map {
          $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }
    // Method and gain stand in the ninth and tenth column of inputs.
    let inputs = try rows("inputs")
    func gains(_ method: String) -> [Double] {
      inputs.filter { $0[8] == method }.compactMap { Double($0[9]) }
    }
    let means = try rows("means").filter { $0[3] == "gain_minus_random" }
    #expect(means.map { $0[2] } == ["presence", "centre", "brightness"])
    for row in means {
      let differences = zip(gains(row[2]), gains("random")).map { $0 - $1 }
      #expect(differences.count == 3)
      let mean = differences.reduce(0, +) / 3
      let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2
      #expect(abs(try #require(Double(row[5])) - mean) < 1e-9)
      #expect(
        abs(try #require(Double(row[6])) - 1.96 * (variance / 3).squareRoot()) < 1e-9)
    }
    #expect(result.text.contains("over 3 inputs, less random's "), "\(result.text)")
  }

  @Test("of one value there is a mean and no interval")
  func oneValue() throws {
    for index in 1...2 {
      _ = try folder.write(
        "set/\(index)/photo.ppm", TestInputs.ppm(width: 8 + index, height: 6))
    }
    let result = try explain([
      "set", "-o", "out", "--method", "presence", "--labels", "folders", "--trust",
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let text = try String(contentsOfFile: folder.path("out/means.csv"), encoding: .utf8)
    let rows = text.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(!rows.isEmpty)
    // Class, its name, method, measure, inputs, mean, interval.
    for row in rows {
      #expect((row[4] == "1") == !row[0].isEmpty, "\(row)")
      #expect(row[5].isEmpty == false && row[6].isEmpty == (row[4] == "1"), "\(row)")
    }
    let means = try #require(try record("out/means.json")["means"] as? [[String: Any]])
    #expect(
      means.allSatisfy { ($0["interval"] is NSNull) == (($0["inputs"] as? Int) == 1) })
  }

  @Test(
    "what cannot be asked ends with one line that says why",
    arguments: [
      (["--method", "love"], 64, "found love"),
      (["--target", "7"], 64, "--target: expected a number from 0 to 6, found 7"),
      (["--target", "boot"], 64, "--target: expected the number of a class from 0"),
      (["--shard", "5/4"], 64, "--shard: expected i/n with i from 1 to n, found 5/4"),
      (["--hide", "4,0,3x3"], 64, "--hide: expected row,column,heightxwidth inside an input"),
      (["--hide", "nothing.npy"], 66, "nothing.npy"),
      (["--zero-head", "1:3"], 64, "--zero-head: expected a head from 1 to 2 of cross 1"),
      (["--skip", "9"], 64, "--skip: expected a stage from 1 (cross 1) to 4, found 9"),
      (["--remove-latent", "6"], 64, "--remove-latent: expected 1 to 5, found 6"),
      (
        ["--average-latent", "2@9"], 64, "--average-latent: expected a stage from 1 (cross 1) to 4"
      ),
      (["--flatten-head", "1"], 64, "--flatten-head: expected a head from 1 to 2 of cross 1"),
      (["--hide-at", "1,2,3x4"], 64, "--hide-at: expected pixels@stage"),
      (["--hide-at", "1,2,3x4@1:2"], 64, "--hide-at: expected a stage alone, found 1:2"),
      (["--zero-latent", "2@1:2"], 64, "--zero-latent: expected a stage alone, found 1:2"),
      (
        ["--after", "1:2", "--method", "rollout-half"], 64,
        "--after: expected a stage alone, found 1:2"
      ),
      (["--hide-at", "1,2,3x4@2"], 64, "--hide-at: expected a cross-attention"),
      (["--latent", "6", "--method", "rollout-half"], 64, "--latent: expected 1 to 5, found 6"),
      (["--latent", "1"], 64, "--latent: expected a rollout among the methods"),
      (["--by-stage", "--method", "presence"], 64, "--by-stage: expected relevance, a rollout"),
      (["--sweep", "all"], 64, "--sweep: expected names among stages, heads, latents, found all"),
      (["--patch", "photo.ppm"], 64, "--patch: expected input@stage, found photo.ppm"),
      (
        ["--patch", "photo.ppm@1:2,6"], 64,
        "--patch: expected latents from 1 to 5 behind the stage, found 2,6"
      ),
      (["--patch", "photo.ppm@1:"], 64, "--patch: expected latents from 1 to 5 behind the stage"),
      (["--patch", "photo.ppm@1:2,2"], 64, "--patch: expected each latent once, found 2,2"),
      (["--no-final-classifier-head"], 64, "relevance: the model ends with its latents"),
      (["--variant", "mixed-latents"], 64, "relevance: latents are mixed by a perceptron"),
    ] as [([String], Int32, String)])
  func refuses(_ arguments: [String], status: Int32, message: String) throws {
    let result = try explain([photo, "-o", "out"] + arguments)
    #expect(result.status == status, "\(result.standardError)")
    // Notes on the model may come before it.
    #expect(result.errorLines.last?.contains(message) == true, "\(result.standardError)")
    #expect(folder.contents == ["photo.ppm"])
  }
}
