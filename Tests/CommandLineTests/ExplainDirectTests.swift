// `explain`: what each part of a model adds to a logit, what single latents do, and another input
// read by one stage, against the library's own values.

import Foundation
import Perceiver
import Tensors
import Testing

@Suite("explain --direct, latents, and other inputs")
struct ExplainDirectTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    _ = try folder.write("photo.ppm", TestInputs.ppm(width: 9, height: 6))
  }

  private static let configuration = PerceiverConfiguration(
    numFreqBands: 3, maxFreq: 8, depth: 2, numLatents: 5, latentDim: 12, crossHeads: 2,
    latentHeads: 3, crossDimHead: 6, latentDimHead: 5, numClasses: 7)

  private func explain(_ arguments: [String]) throws -> ProgramResult {
    try Program.run(
      ["explain", "photo.ppm", "-o", "out", "--seed", "42"] + arguments + TestInputs.smallModel,
      in: folder.url)
  }

  private func record() throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.path("out/explain.json")))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func tables() throws -> [String: [[String: Any]]] {
    try #require(try record()["tables"] as? [String: [[String: Any]]])
  }

  private func run(
    _ pixels: Tensor = TestInputs.tensor(width: 9, height: 6)
  ) throws -> PerceiverRun {
    try Perceiver(Self.configuration, seed: 42).begin(pixels).completed()
  }

  @Test("--direct says what each part adds, to a class or to its lead over another, and no less")
  func direct() throws {
    for (options, target) in [
      ([], ExplanationTarget.answer),
      (["--against", "second"], ExplanationTarget(.answer, against: .second)),
    ] {
      let result = try explain(["--direct", "--force"] + options)
      #expect(result.status == 0, "\(result.standardError)")
      let run = try run()
      let direct = try DirectLogits(run, of: target)
      let rows = try #require(try tables()["direct"])
      #expect(rows.map { $0["part"] as? String } == direct.parts.map(\.source.rawValue))
      #expect(rows.map { $0["stage"] as? String } == direct.parts.map(\.stage?.name))
      #expect(rows.map { $0["head"] as? Int } == direct.parts.map { $0.head.map { $0 + 1 } })
      let adds = rows.compactMap { $0["adds"] as? Double }
      #expect(adds.count == rows.count)
      for (ours, part) in zip(adds, direct.parts) { #expect(abs(ours - part.value) < 1e-9) }
      // The rows are the logit, which the record says too.
      let value = try run.resolve(target).value(#require(run.output))
      #expect(abs(adds.reduce(0, +) - value) < 1e-5)
      let said = try #require(try record()["direct"] as? [String: Double])
      #expect(abs(try #require(said["sum"]) - adds.reduce(0, +)) < 1e-9)
      #expect(abs(try #require(said["value"]) - value) < 1e-12)
      #expect(abs(try #require(said["difference"]) - (direct.sum - direct.value)) < 1e-12)
      #expect(
        result.text.contains(
          "photo.ppm: direct: its rows sum to \(try run.resolve(target).title) exactly, but for "
            + "rounding: "))
      let latents = try #require(try tables()["direct-latents"])
      let alone = try run.logitsOfEachLatent()
      #expect(latents.count == 5)
      for (index, row) in latents.enumerated() {
        #expect(row["latent"] as? Int == index + 1)
        let numbers = [row["adds"] as? Double, row["alone"] as? Double]
        let theirs = try [
          Double(direct.latents.values[index]), run.resolve(target).value(alone.row(index)),
        ]
        for (ours, own) in zip(numbers, theirs) { #expect(abs(try #require(ours) - own) < 1e-9) }
      }
    }
    let csv = try String(contentsOfFile: folder.path("out/direct.csv"), encoding: .utf8)
    #expect(csv.hasPrefix("part,stage,head,adds\nconstant,,,"))
  }

  @Test("--sweep latents also says what is lost where a latent is left out at the end alone")
  func latentsAtEnd() throws {
    let result = try explain(["--sweep", "latents"])
    #expect(result.status == 0, "\(result.standardError)")
    let effects = try WhatIf(run(), of: .answer).latentsAtEnd()
    let rows = try #require(try tables()["sweep-latents-end"])
    #expect(rows.map { $0["latent"] as? Int } == [1, 2, 3, 4, 5])
    for (row, effect) in zip(rows, effects) {
      let numbers = ["delta_logit", "delta_log_p", "delta_p", "kl"].map { row[$0] as? Double }
      for (ours, own) in zip(numbers, effect.numbers) {
        #expect(abs(try #require(ours) - own) < 1e-9)
      }
    }
    // From the start it is not there for other latents either.
    let first = try #require(try tables()["sweep-latents"]?.first?["delta_logit"] as? Double)
    #expect(abs(first - effects[0].logit) > 1e-6)
  }

  @Test("--summaries says of each latent how much it follows the content")
  func summaryOfLatents() throws {
    let result = try explain(["--summaries"])
    #expect(result.status == 0, "\(result.standardError)")
    let summary = try RunSummary(run(), of: .answer)
    let rows = try #require(try tables()["summary-latents"])
    #expect(rows.map { $0["stage"] as? String } == summary.latents.map(\.stage.name))
    #expect(rows.map { $0["latent"] as? Int } == summary.latents.map { $0.latent + 1 })
    for (row, latent) in zip(rows, summary.latents) {
      let numbers = ["entropy", "effective_keys", "spread", "content_share", "importance"].map {
        row[$0] as? Double
      }
      let theirs = [
        latent.entropy, latent.effectiveKeys, latent.spread, latent.contentShare,
        latent.importance,
      ]
      for (ours, own) in zip(numbers, theirs) {
        #expect(abs(try #require(ours) - #require(own)) < 1e-9)
      }
    }
    let stages = try #require(try tables()["summary-stages"])
    for (row, stage) in zip(stages, summary.stages) {
      #expect((row["content_share"] as? Double == nil) == (stage.contentShare == nil))
    }
  }

  @Test("--patch-input lets stages read another input, --patch puts in its latents; both repeat")
  func patches() throws {
    let bytes = TestInputs.pixels(width: 9, height: 6).reversed()
    _ = try folder.write("other.ppm", Array("P6\n9 6\n255\n".utf8) + bytes)
    let result = try explain([
      "--patch-input", "other.ppm@cross-2", "--patch-input", "other.ppm@1,3", "--patch",
      "other.ppm@2", "--patch", "other.ppm@4", "--patch", "other.ppm@2:2,5", "--against",
      "second",
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let run = try run()
    let source = try self.run(
      Tensor(shape: [6, 9, 3], values: bytes.map { Float($0) / 255 * 2 - 1 }))
    let what = try WhatIf(run, of: .answer)
    let answers = try [
      what.answer([.replace(.latents, by: source, at: 1)]),
      what.answer([.replace(.latents, by: source, at: 3)]),
      what.answer([1, 4].map { try .replace(.latents, by: source, row: $0, at: 1) }),
      what.answer([.readTokens(of: source, at: 2)]),
      what.answer([0, 2].map { .readTokens(of: source, at: $0) }),
    ]
    let effects = try #require(try record()["effects"] as? [[String: Any]])
    #expect(
      effects.map { $0["what"] as? String } == [
        "patch other.ppm@2", "patch other.ppm@4", "patch other.ppm@2:2,5",
        "read other.ppm at cross 2", "read other.ppm at cross 1, cross 2",
      ])
    for (effect, answer) in zip(effects, answers) {
      for (ours, own) in zip(try #require(effect["effect"] as? [Double]), answer.effect.numbers) {
        #expect(abs(ours - own) < 1e-5)
      }
    }
    // The last latents, and all readings, are the other input's answer.
    let target = try run.resolve(.init(.answer, against: .second))
    let patching = try Patching(
      from: source, into: run,
      by: .init(.number(target.index), against: .number(#require(target.against))))
    for (effect, answer) in zip(effects, answers) {
      let recovery = try #require(effect["recovery"] as? [String: Any])
      #expect(recovery["of"] as? String == target.title)
      let (from, to) = try (
        target.value(#require(run.output)), target.value(#require(source.output))
      )
      let theirs = (target.value(answer.logits) - from) / (to - from)
      #expect(abs(try #require(recovery["value"] as? Double) - theirs) < 1e-3)
    }
    #expect(try abs(patching.recovery(patching.latents(after: 3)) - 1) < 1e-3)
    #expect(result.text.contains("recovery of \(target.title) "))
    for effect in [effects[1], effects[4]] {
      let logits = try #require(effect["logits"] as? [Double])
      for (ours, theirs) in zip(logits, try #require(source.output).values) {
        #expect(abs(ours - Double(theirs)) < 1e-5)
      }
    }
  }

  @Test("attention times its gradient is written by its names, and by stage")
  func attentionTimesGradient() throws {
    let names = ["attention-gradient-signed", "attention-gradient-positive", "grad-cam"]
    let result = try explain(["--method", names.joined(separator: ","), "--by-stage"])
    #expect(result.status == 0, "\(result.standardError)")
    let run = try run()
    for (name, sum) in zip(names, [AttentionTimesGradient.Sum.signed, .positive, .gradCAM]) {
      let question = AttentionTimesGradient(of: .answer, as: sum)
      #expect(try TestInputs.readNPY(folder.path("out/\(name).npy")) == question.map(run).values)
      #expect(
        try TestInputs.readNPY(folder.path("out/\(name)-by-stage.npy")) == question.parts(run))
    }
  }
}
