// How a map changes as weights become random, against the definitions in double.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Maps of models whose blocks become random are compared with the trained model's")
struct RandomisedMapTests {
  @Test(
    "Rank correlation and cosine of presence, from the classifier down", arguments: ExploreCase.all)
  func cascade(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let maps = try RandomisedMaps(
      of: opened.model, seed: UInt64(opened.integer("randomise_seed")))
    let rows = try maps.rows(opened.run(), of: opened.target) { Presence(of: $0) }
    #expect(rows.map(\.name) == opened.asked["randomised"]?.elements.compactMap(\.string))
    #expect(rows.map(\.blocks) == Array(rows.indices))
    try opened.expectRanks(
      rows.map(\.spearman), "randomised.spearman", ofRowsOf: "randomised.presence")
    let theirs = try opened.theirs("randomised.presence")
    for (index, row) in rows.enumerated() {
      let (a, b) = (theirs.row(index).values, theirs.row(0).values)
      func product(_ p: [Float], _ q: [Float]) -> Double {
        zip(p, q).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
      let cosine = product(a, b) / (product(a, a) * product(b, b)).squareRoot()
      #expect(abs(row.cosine - cosine) < 1e-3, "\(row.name): \(row.cosine), expected \(cosine)")
    }
    #expect(rows[0].topTenthOverlap == 1)
  }

  @Test("A map that no class is asked of stays as it is while only the classifier is random")
  func classBlind() throws {
    let configuration = PerceiverConfiguration.small()
    let model = try Perceiver(configuration, seed: 5)
    let rows = try RandomisedMaps(of: model, seed: 6).rows(
      model.begin(configuration.input()), of: .answer
    ) { _ in Rollout(.half) }
    #expect(rows[1].name == "classifier")
    #expect(abs(rows[1].spearman - 1) < 1e-12)
    #expect(abs(rows[1].cosine - 1) < 1e-12)
    #expect(rows.last?.cosine ?? 1 < 1)
  }

  @Test("Families that are not drawn get numbers of their parameters' own mean and deviation")
  func alike() throws {
    let run = try ThroughDecoderTests.Case("image_fourier").run.completed()
    let maps = try RandomisedMaps(of: run.model, seed: 1)
    let rows = try maps.rows(run, of: .answer) { Relevance(of: $0) }
    #expect(rows[0].name == "nothing" && abs(rows[0].spearman - 1) < 1e-12)
    #expect(Set(rows.map(\.name)).isSuperset(of: ["cross 1", "latents"]))
    #expect(rows.contains { !($0.cosine > 0.9999) })
    // The same seed is the same numbers, another one is others.
    let again = try RandomisedMaps(of: run.model, seed: 1).rows(run, of: .answer) {
      Relevance(of: $0)
    }
    #expect(rows.map { "\($0.cosine)" } == again.map { "\($0.cosine)" })
    let other = try RandomisedMaps(of: run.model, seed: 2).rows(run, of: .answer) {
      Relevance(of: $0)
    }
    #expect(rows.map { "\($0.cosine)" } != other.map { "\($0.cosine)" })
  }
}
