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
    rows = map.readingShares(of: parts, in: run).map { part in
      [.text(method), .text(part.name), .init(part.share)]
    }
  }

  /// The file of a method's parts.
  static func file(_ method: String) -> String { method + "-by-stage.npy" }
}
