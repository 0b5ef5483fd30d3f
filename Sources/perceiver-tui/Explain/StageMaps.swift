// A map taken apart by the readings that it comes from.

import Perceiver
import Pictures
import Tensors

/// What each cross-attention brings to a map.
struct StageMaps {
  /// The method.
  let method: String
  /// `[cross-attentions, …axes]`.
  let parts: Tensor
  /// Its rows in the table: the stages' shares, and where the method has them the initial latents'.
  let rows: [[ReportTable.Cell]]

  /// - Parameter parts: By cross-attention, in order.
  init(_ parts: [Tensor], named method: String, of map: ExplanationMap, _ run: PerceiverRun) {
    (self.method, self.parts) = (method, Tensor.stacking(parts))
    // What is left belongs to the whole that shares are shares of.
    let left = map.remainders.first?.value
    let stages = run.stageIDs.filter { $0.kind == .crossAttention }.prefix(parts.count)
    let sums = parts.map { $0.values.reduce(0.0) { $0 + Double($1) } }
    let whole = sums.reduce(0, +) + (left ?? 0)
    func row(_ name: String, _ sum: Double) -> [ReportTable.Cell] {
      [.text(method), .text(name), .init(whole == 0 ? nil : sum / whole)]
    }
    rows =
      zip(stages, sums).map { row($0.name, $1) } + (left.map { [row("initial latents", $0)] } ?? [])
  }

  /// The file of a method's parts.
  static func file(_ method: String) -> String { method + "-by-stage.npy" }
}
