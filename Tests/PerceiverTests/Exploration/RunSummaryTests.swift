// A run in a few numbers, against the definitions in double.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A summary has the definitions' numbers for each stage and head")
struct RunSummaryTests {
  private static func tensor(_ values: [Double]) -> Tensor {
    Tensor(shape: [values.count], values: values.map { Float($0) })
  }

  @Test("Stages, heads and how alike stages are", arguments: ExploreCase.all)
  func summary(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    let summary = try RunSummary(run, of: opened.target)
    #expect(summary.stages.map { $0.stage?.index } == [nil] + run.stages.indices.map { $0 })
    try opened.expect(Self.tensor(summary.stages.map(\.effectiveRank)), "effective_rank")
    try opened.expect(Self.tensor(summary.stages.map(\.meanCosine)), "mean_cosine")
    try opened.expect(Self.tensor(summary.alignment.flatMap { $0 }), "alignment")
    #expect(summary.stages.dropFirst().allSatisfy { ($0.attentionUpdate ?? 0) > 0 })
    for stage in run.stages {
      let heads = summary.heads.filter { $0.stage == stage.id }
      #expect(heads.map(\.head) == Array(0..<stage.id.heads))
      let entropy = try opened.theirs("entropy.\(stage.id.index)")
      let gradient = try opened.theirs("head_gradient.\(stage.id.index)").values
      for head in heads {
        let row = entropy.row(head.head).values.map { Double($0) }
        let count = Double(row.count)
        #expect(abs(try #require(head.entropy) - row.reduce(0, +) / count) < 1e-4)
        let keys = row.reduce(0) { $0 + exp($1) } / count
        #expect(abs(try #require(head.effectiveKeys) - keys) < 1e-3 * keys)
        let size = abs(Double(gradient[head.head]))
        let largest = gradient.reduce(0) { max($0, Double(abs($1))) }
        #expect(abs(try #require(head.importance) - size) < 1e-3 * largest)
        #expect((head.spread == nil) == (stage.id.kind != .crossAttention))
      }
    }
    let reading = opened.integer("stage")
    let width = try opened.theirs("spread.width")
    for head in summary.heads where head.stage.index == reading {
      let row = width.row(head.head).values.map { Double($0) }
      let mean = row.reduce(0, +) / Double(row.count)
      #expect(abs(try #require(head.spread) - mean) < 1e-3 * max(1, mean))
    }
    let readings = run.stageIDs.filter { $0.kind == .crossAttention }
    let content = try opened.theirs("content_share")
    for (index, id) in readings.enumerated() {
      for head in summary.heads where head.stage == id {
        let row = content.row(index).row(head.head).values.map { Double($0) }
        let mean = row.reduce(0, +) / Double(row.count)
        #expect(abs(try #require(head.contentShare) - mean) < 1e-4)
      }
    }
  }

  @Test("Latents of every reading, and how much of a stage is content", arguments: ExploreCase.all)
  func latents(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    let summary = try RunSummary(run, of: opened.target)
    let readings = run.stageIDs.filter { $0.kind == .crossAttention }
    let content = try opened.theirs("content_share")
    let latents = run.initialLatents.shape[0]
    #expect(
      summary.latents.map(\.stage) == readings.flatMap { Array(repeating: $0, count: latents) })
    /// The mean over heads of `[heads, latents]`, of one latent.
    func mean(_ numbers: Tensor, _ latent: Int, _ number: (Double) -> Double = { $0 }) -> Double {
      (0..<numbers.shape[0]).reduce(0) { $0 + number(Double(numbers[$1, latent])) }
        / Double(numbers.shape[0])
    }
    for (index, id) in readings.enumerated() {
      let own = summary.latents.filter { $0.stage == id }
      #expect(own.map(\.latent) == Array(0..<latents))
      let entropy = try opened.theirs("entropy.\(id.index)")
      for latent in own {
        let share = mean(content.row(index), latent.latent)
        #expect(abs(try #require(latent.contentShare) - share) < 1e-4)
        #expect(abs(latent.entropy - mean(entropy, latent.latent)) < 1e-4)
        let keys = mean(entropy, latent.latent) { exp($0) }
        #expect(abs(latent.effectiveKeys - keys) < 1e-3 * keys)
      }
      let all = content.row(index).values.map { Double($0) }
      let share = try #require(summary.stages[id.index + 1].contentShare)
      #expect(abs(share - all.reduce(0, +) / Double(all.count)) < 1e-4)
    }
    let reading = opened.integer("stage")
    let (width, hangs) = try (
      opened.theirs("spread.width"), opened.theirs("attention_gradient.by_latent")
    )
    let largest = hangs.values.reduce(0) { max($0, Double(abs($1))) }
    for latent in summary.latents where latent.stage.index == reading {
      let spread = mean(width, latent.latent)
      #expect(abs(latent.spread - spread) < 1e-3 * max(1, spread))
      let size = abs(mean(hangs, latent.latent)) * Double(hangs.shape[0])
      #expect(abs(try #require(latent.importance) - size) < 1e-3 * largest)
    }
    // Where latents are read there is no place to follow.
    for stage in summary.stages where stage.stage?.kind != .crossAttention {
      #expect(stage.contentShare == nil)
    }
  }

  @Test("A part that is asked for alone is the same as in the whole", arguments: Variant.allCases)
  func parts(_ variant: Variant) throws {
    let run = try PerceiverRun.small(variant)
    let target = run.model.configuration.classCount == nil ? nil : ExplanationTarget.answer
    let whole = try RunSummary(run, of: target)
    #expect(!whole.stages.isEmpty && !whole.latents.isEmpty && !whole.alignment.isEmpty)
    func words(_ summary: RunSummary, _ part: RunSummary.Part) -> String {
      // Numbers that are no numbers equal nothing, and their words do.
      switch part {
      case .stages: "\(summary.stages)"
      case .heads: "\(summary.heads)"
      case .latents: "\(summary.latents)"
      case .alignment: "\(summary.alignment)"
      }
    }
    for part in RunSummary.Part.allCases {
      let alone = try RunSummary(run, of: target, only: [part])
      #expect(words(alone, part) == words(whole, part))
      for other in RunSummary.Part.allCases where other != part {
        #expect(words(alone, other) == "[]", "\(other) beside \(part)")
      }
    }
  }

  @Test(
    "Every class of model has one, without importance where nothing is answered",
    arguments: Variant.allCases)
  func variants(_ variant: Variant) throws {
    let run = try PerceiverRun.small(variant)
    let summary = try RunSummary(run, of: nil)
    #expect(summary.stages.count == run.stages.count + 1)
    #expect(summary.alignment.allSatisfy { $0.count == summary.stages.count })
    #expect(summary.heads.allSatisfy { $0.importance == nil })
    let readings = run.stageIDs.filter { $0.kind == .crossAttention }
    #expect(summary.latents.count == readings.count * run.initialLatents.shape[0])
    // A text has no grey picture.
    #expect(
      summary.latents.allSatisfy {
        ($0.contentShare == nil) == (variant == .languageModel) && $0.importance == nil
      })
    #expect(summary.heads.count == run.stageIDs.reduce(0) { $0 + $1.heads })
  }
}
