// What stages and their files are called.

import Testing

@testable import Perceiver

@Suite("Names of stages")
struct StageNameTests {
  @Test(
    "Files of stages sort as the stages do, in runs of any length",
    arguments: [
      (0, 6, "00-cross-1"), (7, 12, "07-cross-1"), (7, 100, "07-cross-1"), (7, 101, "007-cross-1"),
      (100, 101, "100-cross-1"), (7, 1001, "0007-cross-1"),
    ])
  func fileStems(_ index: Int, _ stages: Int, _ stem: String) {
    let id = StageID(index: index, kind: .crossAttention, layer: 0, block: 0, heads: 1)
    #expect(id.fileStem(ofStages: stages) == stem)
    #expect(StageID.isFileStem(stem))
  }

  @Test(
    "Other names are none of a stage's file",
    arguments: [
      "", "-", "0-cross-1", "00-crossing-1", "00-cross-x", "ab-cross-1", "00-cross-1-2", "00",
    ])
  func strangers(_ text: String) { #expect(!StageID.isFileStem(text)) }

  private static let stages = [
    StageID(index: 0, kind: .crossAttention, layer: 0, block: 0, heads: 1),
    StageID(index: 1, kind: .latentSelfAttention, layer: 0, block: 0, heads: 8),
    StageID(index: 2, kind: .latentSelfAttention, layer: 0, block: 1, heads: 8),
    StageID(index: 3, kind: .decoderCrossAttention, layer: 1, block: 0, heads: 1),
  ]

  @Test(
    "A stage is found by its name, written with spaces or hyphens, in letters of either size",
    arguments: [
      ("cross 1", 0), ("cross-1", 0), ("Cross 1", 0), ("latent-1.2", 2), (" LATENT  1.1 ", 1),
      ("decoder", 3), ("cross 2", nil), ("latent 1", nil), ("cross", nil), ("", nil), ("2", nil),
    ] as [(String, Int?)])
  func names(_ name: String, _ index: Int?) {
    #expect(Self.stages.stage(named: name)?.index == index)
  }

  @Test(
    "A stage is found by its number, from 1, as well as by its name",
    arguments: [
      ("1", 0), ("4", 3), ("latent 1.2", 2), ("0", nil), ("5", nil), ("-1", nil), ("1.0", nil),
      ("-9223372036854775808", nil),
    ] as [(String, Int?)])
  func numbersAndNames(_ text: String, _ index: Int?) {
    #expect(Self.stages.stage(text)?.index == index)
  }

  @Test("A name tells the kind of stage, whether or not a model has it")
  func kindsOfNames() {
    #expect(StageID.Kind(ofStageNamed: "cross-99") == .crossAttention)
    #expect(StageID.Kind(ofStageNamed: "Decoder") == .decoderCrossAttention)
    #expect(StageID.Kind(ofStageNamed: "first") == nil)
    #expect(StageID.Kind(ofStageNamed: "") == nil)
  }

  @Test("Every kind of stage has a file name of its own")
  func kinds() {
    let stems = StageID.Kind.allCases.map {
      StageID(index: 3, kind: $0, layer: 1, block: 2, heads: 1).fileStem(ofStages: 9)
    }
    #expect(
      stems == [
        "03-cross-2", "03-latent-2.3", "03-mixing-2", "03-linear-2", "03-reverse-2", "03-decoder",
      ])
    #expect(stems.allSatisfy { StageID.isFileStem($0) })
  }
}
