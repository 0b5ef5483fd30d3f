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
