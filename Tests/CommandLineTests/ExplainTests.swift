// `explain`: its files against the library's own values, its JSON, its effects, shards, and what it
// refuses.

import Foundation
import Perceiver
import Pictures
import Tensors
import TestSupport
import Testing

@Suite("explain")
struct ExplainTests {
  private let folder: TemporaryFolder
  private let photo: String

  init() throws {
    folder = try TemporaryFolder()
    photo = try folder.write("photo.ppm", TestInputs.ppm(width: 9, height: 6))
  }

  private static let configuration = PerceiverConfiguration(
    numFreqBands: 3, maxFreq: 8, depth: 2, numLatents: 5, latentDim: 12, crossHeads: 2,
    latentHeads: 3, crossDimHead: 6, latentDimHead: 5, numClasses: 7)

  private func explain(_ arguments: [String]) throws -> ProgramResult {
    try Program.run(["explain"] + arguments + TestInputs.smallModel, in: folder.url)
  }

  private func record(_ path: String = "out/explain.json") throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.path(path)))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func run() throws -> PerceiverRun {
    try Perceiver(Self.configuration, seed: 42).begin(TestInputs.tensor(width: 9, height: 6))
      .completed()
  }

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
        #/Without its first eighth p [-0-9.e]+, random [-0-9.e]+, centre [-0-9.e]+\./#))
    #expect((json["effects"] as? [Any])?.isEmpty == true)
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

  @Test("effects of changes are the library's")
  func writesEffects() throws {
    let other = try folder.write(
      "other.ppm", Array("P6\n9 6\n255\n".utf8) + TestInputs.pixels(width: 9, height: 6).reversed())
    let result = try explain([
      photo, "-o", "out", "--seed", "42", "--hide", "1,2,3x4", "--zero-head", "cross-2:2",
      "--remove-latent", "3", "--skip", "2:feed-forward", "--skip", "latent-2.1", "--patch",
      "\(other)@1", "--average-head", "1:2", "--flatten-head", "cross-2:1", "--zero-latent", "2",
      "--average-latent", "4@latent-1.1", "--remove-latent", "1@3", "--hide-at",
      "1,2,3x4@cross-1,3",
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let run = try run()
    let what = try WhatIf(run, of: .answer)
    let pixels = Tensor(
      shape: [6, 9, 3],
      values: TestInputs.pixels(width: 9, height: 6).reversed().map { Float($0) / 255 * 2 - 1 })
    let source = try Perceiver(Self.configuration, seed: 42).begin(pixels).completed()
    let hidden = (0..<54).map { (1..<4).contains($0 / 9) && (2..<6).contains($0 % 9) }
    let answers = try [
      what.hiding(hidden),
      what.answer(
        [0, 2].map { .maskKeys(keeping: hidden.map { !$0 }, at: $0) }),
      what.answer([.edit(.headOutputs, .zero, head: 1, at: 2)]),
      what.answer([.edit(.headOutputs, .mean, head: 1, at: 0)]),
      // Reading all alike is the mean of all values.
      what.answer([
        .edit(
          .weights, .replace(Replacement(Tensor(shape: [2, 5, 54], repeating: 1 / 54))), head: 0,
          at: 2)
      ]),
      what.answer([.removeLatents([2], after: Intervention.beforeStages)]),
      what.answer([.removeLatents([0], after: 2)]),
      what.answer([.edit(.latents, .zero, row: 1, at: Intervention.beforeStages)]),
      what.answer([.edit(.latents, .mean, row: 3, at: 1)]),
      what.answer([.skip(.feedForward, at: 1)]),
      what.answer([.skip(.attention, at: 3), .skip(.feedForward, at: 3)]),
      what.answer([.replace(.latents, by: source, at: 0)]),
    ]
    let effects = try #require(try record()["effects"] as? [[String: Any]])
    #expect(
      effects.compactMap { $0["what"] as? String } == [
        "hide 1,2,3x4", "hide 1,2,3x4 at cross 1, cross 2", "zero head 2 of cross 2",
        "average head 2 of cross 1", "flatten head 1 of cross 2", "remove latent 3",
        "remove latent 1 after cross 2", "zero latent 2", "average latent 4 after latent 1.1",
        "skip feed-forward of latent 1.1", "skip latent 2.1", "patch \(other)@1",
      ])
    for (effect, answer) in zip(effects, answers) {
      let numbers = try #require(effect["effect"] as? [Double])
      for (ours, theirs) in zip(numbers, answer.effect.numbers) {
        #expect(abs(ours - theirs) < 1e-5)
      }
    }
  }

  @Test("--sweep writes the library's effects, as text, CSV and JSON")
  func sweeps() throws {
    let result = try explain([
      photo, "-o", "out", "--seed", "42", "--sweep", "heads,stages,latents",
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let tables = try #require(try record()["tables"] as? [String: [[String: Any]]])
    let what = try WhatIf(run(), of: .answer)
    for (parts, name) in [
      (Sweep.Parts.stages, "sweep-stages"), (.heads, "sweep-heads"), (.latents, "sweep-latents"),
    ] {
      let rows = try Sweep(over: parts).rows(what)
      let theirs = try #require(tables[name])
      #expect(theirs.count == rows.count)
      for (row, object) in zip(rows, theirs) {
        #expect(object["stage"] as? String == row.stage?.name)
        #expect(object["left_out"] as? String == row.update)
        #expect(object["head"] as? Int == row.head.map { $0 + 1 })
        #expect(object["latent"] as? Int == row.latent.map { $0 + 1 })
        let numbers = ["delta_logit", "delta_log_p", "delta_p", "kl"].map { object[$0] as? Double }
        for (ours, own) in zip(numbers, row.effect.numbers) {
          #expect(abs(try #require(ours) - own) < 1e-9)
        }
      }
      let csv = try String(contentsOfFile: folder.path("out/\(name).csv"), encoding: .utf8)
      #expect(csv.split(separator: "\n").count == rows.count + 1)
      #expect(result.text.contains("photo.ppm: \(name): "))
    }
  }

  @Test("--summaries, --randomise and --by-stage write the library's numbers")
  func otherTables() throws {
    let result = try explain([
      photo, "-o", "out", "--seed", "42", "--method", "relevance,rollout-residual", "--summaries",
      "--randomise", "--by-stage", "--trust", "--latent", "2", "--after", "3",
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let json = try record()
    let tables = try #require(json["tables"] as? [String: [[String: Any]]])
    let run = try run()
    let summary = try RunSummary(run, of: .answer)
    let stages = try #require(tables["summary-stages"])
    #expect(stages.map { $0["stage"] as? String } == ["start"] + run.stageIDs.map(\.name))
    for (row, stage) in zip(stages, summary.stages) {
      let rank = try #require(row["effective_rank"] as? Double)
      #expect(abs(rank - stage.effectiveRank) < 1e-9)
    }
    #expect(tables["summary-heads"]?.count == summary.heads.count)
    let alike = try #require(tables["summary-alignment"])
    #expect(alike.count == stages.count)
    #expect(abs(try #require(alike[1]["cross 1"] as? Double) - 1) < 1e-9)
    // The untrained model of the seed would be drawn: the next seed is taken.
    let maps = try RandomisedMaps(of: run.model, seed: 43).rows(run, of: .answer) {
      Relevance(of: $0)
    }
    let drawn = try #require(tables["randomised"]).filter {
      $0["method"] as? String == "relevance"
    }
    #expect(drawn.map { $0["drawn"] as? String } == maps.map(\.name))
    for (row, own) in zip(drawn, maps) where own.spearman.isFinite {
      #expect(abs(try #require(row["spearman"] as? Double) - own.spearman) < 1e-9)
      #expect(abs(try #require(row["cosine"] as? Double) - own.cosine) < 1e-9)
    }
    // A latent's rollout after cross 2: what both readings bring, and what was there before.
    let rollout = Rollout(.residual, latent: 1, after: 2)
    #expect(
      try TestInputs.readNPY(folder.path("out/rollout-residual.npy")) == rollout.map(run).values)
    #expect(
      try TestInputs.readNPY(folder.path("out/rollout-residual-by-stage.npy"))
        == rollout.parts(run))
    let shares = try #require(tables["by-stage"]).filter {
      $0["method"] as? String == "rollout-residual"
    }
    #expect(
      shares.map { $0["stage"] as? String } == ["cross 1", "cross 2", "initial latents"])
    #expect(abs(shares.compactMap { $0["share"] as? Double }.reduce(0, +) - 1) < 1e-9)
    let grey = try run.onGrey().completed()
    let target = ExplanationTarget(.number(try run.resolve(.answer).index))
    let distance = try Relevance(of: target).map(run).values.mapDistance(
      Relevance(of: target).map(grey).values)
    let relevance = try #require((json["maps"] as? [[String: Any]])?.first)
    #expect(abs(try #require(relevance["content_share"] as? Double) - distance) < 1e-9)
    #expect(relevance["p_after_8th"] is Double)
  }

  @Test("the README and help have the list of tables as the program makes it")
  func documentsTables() throws {
    let readme = try String(
      contentsOf: Program.repository.appending(path: "Sources/perceiver-tui/README.md"),
      encoding: .utf8)
    let help = try Program.run(["explain", "--help"], environment: ["COLUMNS": "600"]).text
    let rows = readme.split(separator: "\n").filter {
      $0.wholeMatch(of: #/\| `[a-z-]+` \| `--[^|]+` \| `[^|]+ \| .+ \|/#) != nil
    }.map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    #expect(!rows.isEmpty)
    let listed = help.split(separator: "\n").compactMap { line in
      line.firstMatch(of: #/^ *([a-z-]+) \((--.+?)\): (.+); columns: (.+)$/#).map { found in
        let columns = found.4.components(separatedBy: ", ").map { "`\($0)`" }
        return [
          "`\(found.1)`", "`\(found.2)`", columns.joined(separator: ", "), String(found.3),
        ]
      }
    }
    #expect(rows == listed)
  }

  @Test("four shards of a folder together are the same bytes as one run")
  func shards() throws {
    for index in 1...6 {
      _ = try folder.write(
        "set/\(index % 2 == 0 ? "even" : "odd")/\(index).ppm",
        TestInputs.ppm(width: 5 + index, height: 6))
    }
    #expect(try explain(["set", "-o", "whole", "--method", "presence"]).status == 0)
    for shard in 1...4 {
      let result = try explain([
        "set", "-o", "parts", "--method", "presence", "--shard", "\(shard)/4",
      ])
      #expect(result.status == 0, "\(result.standardError)")
    }
    let whole = folder.contents.filter { $0.hasPrefix("whole/") }
    #expect(whole.count == 12)
    for name in whole {
      let other = "parts" + name.dropFirst("whole".count)
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
          == Data(contentsOf: URL(fileURLWithPath: folder.path(other))), "\(name)")
    }
  }

  @Test(
    "four shards of a folder with labels, masks and trust have the tables of one run, byte by byte")
  func labelledShards() throws {
    var mask = [UInt8](repeating: 0, count: 54)
    for pixel in 0..<20 { mask[pixel] = 255 }
    for index in 1...6 {
      let name = "\(index % 2)/\(index).ppm"
      let pixels = TestInputs.pixels(width: 9, height: 6).map { $0 &+ UInt8(index * 31) }
      _ = try folder.write("set/" + name, Array("P6\n9 6\n255\n".utf8) + pixels)
      _ = try folder.write(
        "masks/\(index % 2)/\(index).pgm", TestInputs.pgm(width: 9, height: 6, values: mask))
    }
    let asked = [
      "set", "--method", "presence,relevance", "--labels", "folders", "--object-mask", "masks",
      "--trust", "--seed", "42",
    ]
    let one = try explain(asked + ["-o", "whole"])
    #expect(one.status == 0, "\(one.standardError)")
    for shard in [3, 1, 4, 2] {
      let result = try explain(asked + ["-o", "parts", "--shard", "\(shard)/4"])
      #expect(result.status == 0, "\(result.standardError)")
      #expect(result.text.contains("parts are not there yet") == (shard != 2))
    }
    let whole = folder.contents.filter { $0.hasPrefix("whole/") }
    #expect(whole.count == 6 * 3 + 3)
    for name in whole {
      let other = "parts" + name.dropFirst("whole".count)
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
          == Data(contentsOf: URL(fileURLWithPath: folder.path(other))), "\(name)")
    }
    #expect(try explain(asked + ["-o", "whole"]).status == 73)
    // The means are those of the rows.
    func rows(_ name: String) throws -> [[String: String]] {
      let text = try String(contentsOfFile: folder.path(name), encoding: .utf8)
      let lines = text.split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
      return lines.dropFirst().map {
        Dictionary(uniqueKeysWithValues: zip(lines[0], $0))
      }
    }
    let (inputs, means) = (try rows("whole/inputs.csv"), try rows("whole/means.csv"))
    #expect(inputs.count == 6 * 5)
    #expect(inputs.allSatisfy { ($0["right"] == "1") == ($0["label"] == $0["answer"]) })
    for label in ["", "0", "1"] {
      let own = inputs.filter { label.isEmpty || $0["label"] == label }
      let values = own.filter { $0["method"] == "relevance" }.compactMap {
        $0["share"].flatMap(Double.init)
      }
      #expect(values.count == (label.isEmpty ? 6 : 3))
      let mean = try #require(
        means.first {
          $0["class"] == label && $0["method"] == "relevance" && $0["measure"] == "share"
        })
      let expected = values.reduce(0, +) / Double(values.count)
      #expect(abs(try #require(mean["mean"].flatMap(Double.init)) - expected) < 1e-12)
      #expect(mean["inputs"] == "\(values.count)")
      #expect(means.contains { $0["class"] == label && $0["measure"] == "right" })
      // The pointing game is in the tables as share is.
      let hits = own.filter { $0["method"] == "relevance" }.compactMap { $0["points"] }
      #expect(hits.count == values.count && hits.allSatisfy { ["0", "1"].contains($0) })
      let pointed = try #require(
        means.first {
          $0["class"] == label && $0["method"] == "relevance" && $0["measure"] == "points"
        })
      let part = Double(hits.count { $0 == "1" }) / Double(hits.count)
      #expect(abs(try #require(pointed["mean"].flatMap(Double.init)) - part) < 1e-12)
    }
    // The orders that maps are held against have what an order has: no values, so no share, and of
    // random ones no first pixel that would say anything.
    for row in inputs where ["random", "centre", "brightness"].contains(row["method"]) {
      #expect(row["gain"]?.isEmpty == false && row["p_after_8th"]?.isEmpty == false)
      #expect(row["share"] == "" && (row["points"] == "") == (row["method"] == "random"))
    }
    let first = try record("whole/0/2/explain.json")
    #expect((first["label"] as? [String: Any])?["class"] as? Int == 0)
    let area = try #require((first["object"] as? [String: Any])?["area"] as? Double)
    #expect(abs(area - 20.0 / 54) < 1e-12)
    let map = try #require((first["maps"] as? [[String: Any]])?.first)
    let values = try TestInputs.readNPY(folder.path("whole/0/2/relevance.npy"))
    let pointing = try Pointing(values, object: mask.map { $0 > 0 })
    #expect(map["points"] as? Bool == pointing.hits)
    #expect(abs(try #require(map["share"] as? Double) - #require(pointing.share)) < 1e-12)
  }

  @Test("labels come from a file, and what is wrong with them shows before anything is computed")
  func labels() throws {
    for index in 1...2 {
      _ = try folder.write("set/\(index).ppm", TestInputs.ppm(width: 5 + index, height: 6))
    }
    _ = try folder.write("good.tsv", Array("file\tlabel\r\n1.ppm\t3\r\n2.ppm\t6\r\n".utf8))
    let good = try explain(["set", "-o", "out", "--labels", "good.tsv"])
    #expect(good.status == 0, "\(good.standardError)")
    #expect((try record("out/2/explain.json")["label"] as? [String: Any])?["class"] as? Int == 6)
    for (text, words) in [
      ("1.ppm,3\n", "expected a line for 2.ppm, found none"),
      ("1.ppm,3\n\n1.ppm,4\n", "line 3: expected one class for 1.ppm, found 4, and 3 in line 1"),
      ("1.ppm\n", "line 1: expected a file, a comma or tab, and a class, found 1.ppm"),
      (
        "1.ppm,3\n2.ppm,\n",
        "line 2: expected a class for 2.ppm behind the comma or tab, found none"
      ),
      (",3\n", "line 1: expected a file before the comma or tab, found none"),
      (
        "1.ppm,3\n2.ppm,9\n",
        "line 2: expected the number of a class from 0 to 6, since the model's classes have no names, "
          + "found 9"
      ),
      (
        "file,label\n\n",
        "expected a line for each input, a file, a comma or tab, and a class, found none"
      ),
    ] {
      _ = try folder.write("bad.csv", Array(text.utf8))
      let result = try explain(["set", "-o", "bad", "--labels", "bad.csv", "--force"])
      #expect(result.status == 65, "\(result.standardError)")
      #expect(
        result.errorLines.last?.hasPrefix("perceiver-tui: bad.csv: " + words) == true,
        "\(result.standardError)")
      #expect(!folder.contents.contains { $0.hasPrefix("bad/") })
    }
    let flat = try explain(["photo.ppm", "-o", "flat", "--labels", "folders"])
    #expect(flat.status == 64)
    #expect(flat.standardError.contains("expected inputs in folders that are called as"))
    // A file by itself is of its folder too.
    let named = try explain(["set/1.ppm", "-o", "flat", "--labels", "folders"])
    #expect(named.status == 65)
    #expect(
      named.errorLines.last
        == "perceiver-tui: set/1.ppm: expected it in a folder that is called by the number of a class "
        + "from 0 to 6, since the model's classes have no names, found set")
    let mask = try explain(["set", "-o", "flat", "--object-mask", "set/1.ppm"])
    #expect(mask.status == 65, "\(mask.standardError)")
  }

  @Test("a quoted name in labels may have commas")
  func quotedLabels() throws {
    for name in ["a,b", "c"] {
      _ = try folder.write("set/\(name).ppm", TestInputs.ppm(width: 6, height: 6))
    }
    _ = try folder.write("quoted.csv", Array("\"a,b.ppm\",3\nc.ppm,\"6\"\n".utf8))
    let result = try explain(["set", "-o", "out", "--labels", "quoted.csv"])
    #expect(result.status == 0, "\(result.standardError)")
    #expect((try record("out/a,b/explain.json")["label"] as? [String: Any])?["class"] as? Int == 3)
  }

  @Test("parts of other inputs, or of inputs that are read otherwise, are not joined")
  func otherParts() throws {
    for name in ["a/1", "a/2", "b/1", "b/2"] {
      _ = try folder.write(name + ".ppm", TestInputs.ppm(width: 6, height: 6))
    }
    let asked = ["-o", "out", "--method", "presence", "--trust", "--seed", "42", "--shard"]
    #expect(try explain(["a"] + asked + ["1/2"]).status == 0)
    let before = folder.contents
    for (other, force) in [
      (["b"], ["--force"]), (["a", "--max-side", "4"], ["--force"]), (["a", "--samples", "3"], []),
      (["a", "--target", "2"], []), (["a", "--against", "second"], []),
    ] {
      let result = try explain(other + asked + ["2/2"] + force)
      #expect(result.status == 65, "\(result.standardError)")
      #expect(result.standardError.contains("expected a part of the same question"))
      // Refused before anything is written.
      #expect(folder.contents == before)
    }
    #expect(try explain(["a"] + asked + ["2/2", "--force"]).status == 0)
  }

  @Test("a shard of other weights under one name is refused before it is computed")
  func otherWeights() throws {
    for name in ["a/1", "a/2"] {
      _ = try folder.write(name + ".ppm", TestInputs.ppm(width: 6, height: 6))
    }
    func writeWeights(seed: UInt64) throws {
      let export = try Perceiver(Self.configuration, seed: seed).exported(as: .latest)
      try SafetensorsWriter.write(
        export.tensors, to: folder.path("m.safetensors"), existing: .replace)
      _ = try folder.write("m.json", export.configuration)
    }
    func shard(_ number: Int) throws -> ProgramResult {
      try Program.run(
        [
          "explain", "a", "-o", "out", "--method", "presence", "--trust", "--weights",
          "m.safetensors", "--shard", "\(number)/2",
        ], in: folder.url)
    }
    try writeWeights(seed: 1)
    #expect(try shard(1).status == 0)
    try writeWeights(seed: 2)
    let before = folder.contents
    let other = try shard(2)
    #expect(other.status == 65)
    #expect(other.standardError.contains("found another model, other weights"))
    #expect(folder.contents == before)
    try writeWeights(seed: 1)
    #expect(try shard(2).status == 0)
  }

  @Test("--force replaces the parts of an earlier question one after another, and then its tables")
  func replacedParts() throws {
    for name in ["a/1", "a/2"] {
      _ = try folder.write(name + ".ppm", TestInputs.ppm(width: 6, height: 6))
    }
    func shard(_ number: Int, _ method: String, _ options: String...) throws -> ProgramResult {
      try explain(
        ["a", "-o", "out", "--method", method, "--trust", "--shard", "\(number)/2"] + options)
    }
    for number in 1...2 { #expect(try shard(number, "presence").status == 0) }
    let first = try shard(1, "relevance", "--force")
    #expect(first.status == 0, "\(first.standardError)")
    #expect(
      first.text.contains("1 of 2 parts are of the earlier question, which --force replaces"))
    #expect(try shard(2, "relevance", "--force").status == 0)
    let table = try String(contentsOfFile: folder.path("out/inputs.csv"), encoding: .utf8)
    #expect(table.contains("relevance") && !table.contains("presence"))
  }

  @Test("shards of a folder with one picture have parts, and the tables of one run")
  func oneInFolder() throws {
    _ = try folder.write("set/1.ppm", TestInputs.ppm(width: 9, height: 6))
    let asked = [
      "set", "--method", "presence", "--trust", "--seed", "42", "--figure", "--width", "300",
    ]
    #expect(try explain(asked + ["-o", "whole"]).status == 0)
    let tables = ["inputs.csv", "means-figure.png", "means-figure.svg", "means.csv", "means.json"]
    let own = ["explain.json", "presence-figure.png", "presence-figure.svg", "presence.npy"]
    #expect(
      folder.contents.filter { $0.hasPrefix("whole/") }
        == (own.map { "1/" + $0 } + tables).map { "whole/" + $0 })
    for count in [1, 4] {
      for index in 1...count {
        let result = try explain(asked + ["-o", "of\(count)", "--shard", "\(index)/\(count)"])
        #expect(result.status == 0, "\(result.standardError)")
        #expect(folder.contents.contains("of\(count)/explain-\(index)-of-\(count).json"))
      }
      for name in tables + ["1/explain.json", "1/presence.npy"] {
        #expect(
          try Data(contentsOf: URL(fileURLWithPath: folder.path("whole/\(name)")))
            == Data(contentsOf: URL(fileURLWithPath: folder.path("of\(count)/\(name)"))), "\(name)")
      }
    }
  }

  @Test("what many inputs have in common is said once, with how many they are")
  func notes() throws {
    for (name, width) in [("1", 300), ("2", 300), ("3", 6), ("4", 280)] {
      _ = try folder.write("set/\(name).ppm", TestInputs.ppm(width: width, height: 6))
    }
    let result = try explain(["set", "-o", "out", "--method", "attention-last", "--raw"])
    #expect(result.status == 0, "\(result.standardError)")
    func lines(_ text: String) -> [String] { result.errorLines.filter { $0.contains(text) } }
    #expect(lines("--raw has no effect").count == 1)
    let scaled = lines("scaled down from")
    #expect(scaled.count == 2, "\(result.standardError)")
    #expect(scaled.first?.hasPrefix("perceiver-tui: 2 inputs: scaled down from 300 × 6") == true)
    #expect(scaled.last?.hasPrefix("perceiver-tui: set/4.ppm: scaled down from 280 × 6") == true)
    // One input says it as it comes.
    let one = try explain(["set/1.ppm", "-o", "one", "--method", "attention-last"])
    #expect(one.errorLines.contains { $0.hasPrefix("perceiver-tui: set/1.ppm: scaled down") })
  }

  @Test("an earlier explanation stays unless --force says so, and goes whole")
  func replaces() throws {
    #expect(try explain([photo, "-o", "out", "--method", "presence,relevance"]).status == 0)
    let again = try explain([photo, "-o", "out"])
    #expect(again.status == 73)
    #expect(
      again.errorLines == [
        "perceiver-tui: out/explain.json: is there already; --force replaces it"
      ])
    #expect(try explain([photo, "-o", "out", "--force"]).status == 0)
    #expect(
      folder.contents.filter { $0.hasPrefix("out/") } == ["out/explain.json", "out/relevance.npy"])
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
