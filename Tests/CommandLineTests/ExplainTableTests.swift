// `explain`: effects, sweeps, summaries and the other tables, against the library's own values.

import Foundation
import Perceiver
import Pictures
import Tensors
import TestSupport
import Testing

@Suite("tables of explain")
struct ExplainTableTests: ExplainsPhoto {
  let folder: TemporaryFolder
  let photo: String

  init() throws { (folder, photo) = try Self.writtenPhoto() }

  @Test("of a model without classes changes and sweeps tell what becomes of the output's number")
  func effectsOfOutputs() throws {
    let outputs = ["--variant", "io", "--logits-dim", "4", "--seed", "42"]
    let asked = [photo, "-o", "out", "--hide", "1,2,3x4", "--sweep", "stages"] + outputs
    let refused = try explain(asked)
    #expect(refused.status == 64)
    #expect(
      refused.errorLines.last?.contains("--target: expected the number of an output") == true,
      "\(refused.standardError)")
    let result = try explain(asked + ["--target", "3"])
    #expect(result.status == 0, "\(result.standardError)")
    let record = try record()
    let logits = try #require(record["logits"] as? [Double])
    let effect = try #require((record["effects"] as? [[String: Any]])?.first)
    #expect(effect["effect"] == nil)
    let change = try #require(effect["output"] as? [String: Double])
    let (before, after) = (try #require(change["before"]), try #require(change["after"]))
    #expect(abs(before - logits[3]) < 1e-6)
    #expect(abs(after - (try #require(effect["logits"] as? [Double])[3])) < 1e-6)
    #expect(abs(try #require(change["difference"]) - (after - before)) < 1e-9)
    #expect(after != before)
    let csv = try String(contentsOfFile: folder.path("out/sweep-stages.csv"), encoding: .utf8)
    #expect(csv.hasPrefix("stage,left_out,before,after,difference\n"), "\(csv)")
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
}
