// Queries and keys of latents that read latents, made again when a map asks for them: 48 layers of
// 512 × 1024 latents would else keep 400 MB beside the latents themselves.

import Synchronization
import Tensors

/// What an attention read, made from the rows that it changed.
final class RemadeOperands: Sendable {
  let heads: Int
  let queryCount: Int
  private let block: AttentionBlock
  /// `[latents, dim]` before the stage.
  private let latents: Tensor
  private let plan: ModelPlan
  private let parameters: Parameters
  private let recent: RecentOperands

  /// Less than this is kept as it is: making it again would save nothing.
  static let leastBytes = 1 << 21

  init(
    _ block: AttentionBlock, of latents: Tensor, plan: ModelPlan, parameters: Parameters,
    recent: RecentOperands
  ) {
    (self.block, self.latents, self.plan) = (block, latents, plan)
    (self.parameters, self.recent) = (parameters, recent)
    (heads, queryCount) = (block.heads, latents.shape[0])
  }

  /// Whether so many rows' operands are made again, and not kept.
  static func areWorthIt(_ block: AttentionBlock, rows: Double) -> Bool {
    4 * rows * Double(2 * block.inner + block.valueInner) > Double(leastBytes)
  }

  /// The operands, bit for bit as the stage had them.
  var operands: AttentionOperands {
    recent.operands(of: self) {
      let pass = Pass(
        plan: plan, tape: Tape(parameters, recording: .nothing, workers: Workers()))
      // Without a cancellation nothing throws; see Workers.forEach.
      guard let read = try? block.readingItself(pass.tape.constant(latents), items: 1, in: pass)
      else { preconditionFailure("cancelled without a cancellation") }
      var queries = read.queries.value.splitIntoHeads(heads)
      queries.scale(by: Float(block.scale))
      return AttentionOperands(queries: queries, rows: .stored(read.keyValues.value))
    }
  }
}

/// The few operands that a run's maps asked for last.
final class RecentOperands: Sendable {
  private static let most = 2
  private let made = Mutex<[(source: ObjectIdentifier, operands: AttentionOperands)]>([])

  fileprivate func operands(
    of source: RemadeOperands, _ make: () -> AttentionOperands
  ) -> AttentionOperands {
    let identity = ObjectIdentifier(source)
    if let known = made.withLock({ all in all.first { $0.source == identity }?.operands }) {
      return known
    }
    let operands = make()
    made.withLock { all in
      all.removeAll { $0.source == identity }
      all.append((identity, operands))
      if all.count > Self.most { all.removeFirst() }
    }
    return operands
  }
}
