// The names and contents of a trace's files.

import Foundation
import Perceiver
import Tensors

/// What stands in the files of a trace.
enum TraceFile {
  /// The attention file of a stage: `attention/00-cross-1.npy`, `attention/01-latent-1.1.npy`.
  static func attentionName(_ id: StageID, stages: Int) -> String {
    "\(TraceFolder.attentionFolder)/\(id.fileStem(ofStages: stages)).npy"
  }

  /// Whether a file's name is one that `attentionName` gives.
  static func isAttentionName(_ name: String) -> Bool {
    name.hasSuffix(".npy") && StageID.isFileStem(name.dropLast(4))
  }

  /// Bytes of the attention matrices that a run will have.
  static func attentionBytes(of run: PerceiverRun) -> Double {
    run.stageIDs.indices.reduce(0.0) { $0 + 4 * run.attentionCount(at: $1) }
  }

  /// Makes a stage's matrix, `[heads, queries, keys]`, piece by piece: some queries at a time.
  static func pieces(
    _ attention: StageAttention, as value: AttentionValue, cancellation: Cancellation,
    append: ([UInt8]) throws -> Void
  ) throws {
    try append(NumPyFile.header(shape: [attention.heads, attention.queries, attention.keys]))
    // About 16 MB at a time keeps the product fast and the memory small.
    let atOnce = max(1, (4 << 20) / max(1, attention.keys))
    for head in 0..<attention.heads {
      for queries in Blocks(attention.queries, size: atOnce) where !queries.isEmpty {
        let maps = try attention.matrix(
          head: head, queries: queries, as: value, cancellation: cancellation)
        var bytes: [UInt8] = []
        NumPyFile.append(maps, to: &bytes)
        try append(bytes)
      }
    }
  }

  /// `stages.json`: one object a stage.
  static func stagesJSON(_ stages: [Stage]) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return Array(try encoder.encode(stages.map(StageRecord.init))) + [UInt8(ascii: "\n")]
  }
}

/// A stage in `stages.json`; index, layer and block count from 0.
private struct StageRecord: Encodable {
  let index: Int
  let name: String
  let kind: String
  let layer: Int
  let block: Int
  let heads: Int
  let queries: Int
  let keys: Int
  let seconds: Double

  init(_ stage: Stage) {
    index = stage.id.index
    name = stage.id.name
    kind = stage.id.kind.rawValue
    layer = stage.id.layer
    block = stage.id.block
    heads = stage.attention?.heads ?? 0
    queries = stage.attention?.queries ?? 0
    keys = stage.attention?.keys ?? 0
    seconds = stage.seconds
  }
}
