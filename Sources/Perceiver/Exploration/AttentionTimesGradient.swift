// Attention times its gradient at one cross-attention: the parts that relevance and presence are made
// of, by head and by latent, and Grad-CAM with heads and latents for channels.

import Tensors

/// A ∘ ∂y/∂A of one cross-attention, summed in several ways. Rows of both are made in blocks; nothing
/// of size latents × tokens is kept.
public struct AttentionTimesGradient: Sendable {
  /// For each head Σ over latents of A ∘ ∂y/∂A: `[heads, …axes]`.
  public let signed: Tensor
  /// For each head Σ over latents of (A ∘ ∂y/∂A)⁺: `[heads, …axes]`.
  public let positive: Tensor
  /// For each head and latent Σ over tokens of A ∘ ∂y/∂A: `[heads, latents]`.
  public let byLatent: Tensor
  /// Grad-CAM: (mean over heads and latents of A times its row's mean gradient)⁺, `[…axes]`.
  public let gradCAM: Tensor

  /// - Parameter stage: A cross-attention's index in the run.
  /// - Throws: `ConfigurationError` for a stage that is none, or a target that the run has not;
  ///   `ComputationCancelled`.
  public init(
    _ run: PerceiverRun, of target: ExplanationTarget, atStage stage: Int,
    cancellation: Cancellation? = nil
  ) throws {
    let found = try Sensitivity(run, of: target, cancellation: cancellation)
    guard found.readings.contains(stage), let attention = found.run.stages[stage].attention else {
      throw ConfigurationError(
        "attention times gradient: expected a cross-attention, found stage \(stage)")
    }
    let (tokens, heads) = (found.run.tokenCount, attention.heads)
    let reads = (0..<tokens).map { found.run.reads($0) }
    let workers = Workers(cancellation: cancellation)
    var signed = Array(repeating: Tensor(shape: [tokens]), count: heads)
    var positive = signed
    var byLatent = Tensor(shape: [heads, attention.mapCount])
    var channels = [Double](repeating: 0, count: tokens)
    try found.forEachRows(ofStage: stage, cancellation: cancellation) { rows in
      let (head, count) = (rows.head, rows.queries.count)
      let none = [Float](repeating: 0, count: count)
      let ones = [Float](repeating: 1, count: count)
      try signed[head].addRows(
        .products, weights: rows.weights, products: rows.products, shifts: none, factors: ones,
        workers: workers)
      try positive[head].addRows(
        .positiveProducts, weights: rows.weights, products: rows.products, shifts: none,
        factors: ones, workers: workers)
      for (row, mean) in rows.means.enumerated() {
        byLatent[head, rows.queries.lowerBound + row] = mean
        channels.addWeights(
          rows.weights.row(row), times: rows.products.row(row).mean(where: reads))
      }
    }
    let axes = found.run.mapAxes
    let count = Double(heads * attention.mapCount)
    self.signed = Tensor.stacking(signed).reshaped([heads] + axes)
    self.positive = Tensor.stacking(positive).reshaped([heads] + axes)
    self.byLatent = byLatent
    gradCAM = Tensor(shape: axes, values: channels.map { Float(max(0, $0 / count)) })
  }
}

extension Tensor {
  /// The mean of those elements of `[count]` that are chosen, in double; 0 of none.
  fileprivate func mean(where isChosen: [Bool]) -> Double {
    withUnsafeElements { elements in
      var (sum, count) = (0.0, 0)
      for (element, isChosen) in zip(elements, isChosen) where isChosen {
        sum += Double(element)
        count += 1
      }
      return count > 0 ? sum / Double(count) : 0
    }
  }
}

extension [Double] {
  fileprivate mutating func addWeights(_ weights: Tensor, times factor: Double) {
    weights.withUnsafeElements { elements in
      for index in indices { self[index] += factor * Double(elements[index]) }
    }
  }
}
