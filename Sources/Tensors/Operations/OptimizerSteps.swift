// One step of an optimiser for one parameter.
//
// Error, to first order in u = 2⁻²⁴, with g the gradient times its factor, 2 u off: the mean is wrong by
// u of itself + (1 − β₁) u (3 |g − mean| + 2 |g|), the mean square by 8 u of itself. A parameter by u of
// itself + 3 u |x| + 13 u of what AdamW takes away (rate × decay below 1/3), LAMB's direction by
// u of itself + 2 u |decay × x| + 11 u of the rest, both for the mean as it is.

import CKernels

/// The constants of one step of Adam's moments.
package struct MomentStep: Sendable {
  /// How much of the mean and of the mean square is kept.
  package var beta1: Double
  package var beta2: Double
  /// What is added to the root of the mean square.
  package var epsilon: Double
  /// The number of the step, from 1: moments that began at zero are corrected by it.
  package var step: Int
  /// What gradients count times: below 1 where their norm is clipped.
  package var factor: Double
  /// The learning rate.
  package var rate: Double

  package init(
    beta1: Double, beta2: Double, epsilon: Double, step: Int, factor: Double, rate: Double
  ) {
    (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
    (self.step, self.factor, self.rate) = (step, factor, rate)
  }

  fileprivate func constants(decay: Double) -> pk_optimiser_step {
    func power(_ base: Double) -> Double {
      var (result, square, rest) = (1.0, base, step)
      while rest > 0 {
        if rest & 1 == 1 { result *= square }
        square *= square
        rest >>= 1
      }
      return result
    }
    return pk_optimiser_step(
      beta2: Float(beta2), fresh1: Float(1 - beta1), fresh2: Float(1 - beta2),
      epsilon: Float(epsilon),
      mean_correction: Float(1 - power(beta1)),
      square_correction: Float((1 - power(beta2)).squareRoot()),
      factor: Float(factor), rate: Float(rate), decay: Float(decay))
  }
}

extension Tensor {
  /// One step of AdamW (Loshchilov and Hutter 2019; torch.optim.AdamW).
  ///
  /// - Parameters:
  ///   - gradient: In the parameter's shape, as are `mean` and `square`, its moments.
  ///   - decay: The weight decay.
  /// - Throws: `ComputationCancelled`.
  package mutating func stepAdamW(
    gradient: Tensor, mean: inout Tensor, square: inout Tensor, _ step: MomentStep,
    decay: Double, workers: Workers
  ) throws {
    let constants = step.constants(decay: decay)
    try Tensor.forEachStretch(
      reading: HeldInput(gradient), &self, &mean, &square, workers: workers
    ) { run in
      withUnsafePointer(to: constants) { pk_adamw(&run, $0) }
    }
  }

  /// One step of LAMB (You et al. 2020), as DeepMind trains Perceivers with it: Adam's direction,
  /// scaled so that its length is the parameter's own times the rate.
  ///
  /// - Throws: `ComputationCancelled`.
  package mutating func stepLAMB(
    gradient: Tensor, mean: inout Tensor, square: inout Tensor, _ step: MomentStep,
    decay: Double, workers: Workers
  ) throws {
    let constants = step.constants(decay: decay)
    var direction = gradient
    // Held no longer than needed: what is shared is copied before it is changed.
    try Tensor.forEachStretch(
      reading: HeldInput(self), &direction, &mean, &square, workers: workers
    ) { run in
      withUnsafePointer(to: constants) { pk_lamb_direction(&run, $0) }
    }
    let (own, length) = (norm, direction.norm)
    let ratio = own > 0 && length > 0 ? own / length : 1
    add(direction, times: Float(-step.rate * ratio))
  }

  /// The root of the sum of squares of all elements.
  package var norm: Double {
    withUnsafeElements { pk_dot($0.baseAddress, $0.baseAddress, $0.count) }.squareRoot()
  }

  /// The sum of squares of all elements, on several threads.
  ///
  /// - Throws: `ComputationCancelled`.
  package func sumOfSquares(workers: Workers) throws -> Double {
    let stretches = Blocks(count, size: 1 << 16)
    let values = HeldInput(self)
    let parts = try RowParts(rows: stretches.count, sums: 1, workers: workers) { part, sum in
      for index in part {
        let own = values.base + stretches[index].lowerBound
        sum[0] += pk_dot(own, own, stretches[index].count)
      }
    }
    return parts.total[0]
  }

  /// Whether no element is NaN or infinite.
  package var isFinite: Bool { withUnsafeElements { $0.allSatisfy(\.isFinite) } }

  /// The column of the largest element of every row of `[rows, columns]`, the first of equals.
  package var largestOfRows: [Int] {
    let columns = shape[1]
    return withUnsafeElements { elements in
      (0..<shape[0]).map { row in
        let own = elements[row * columns..<(row + 1) * columns]
        return (own.indices.max { own[$0] < own[$1] } ?? own.startIndex) - own.startIndex
      }
    }
  }

  private static func forEachStretch(
    reading read: HeldInput, _ changed: inout Tensor, _ mean: inout Tensor,
    _ square: inout Tensor, workers: Workers,
    _ body: @Sendable (_ run: inout pk_optimiser_run) -> Void
  ) throws {
    precondition(changed.count == mean.count && changed.count == square.count)
    try changed.withUnsafeMutableElements(copiedIn: workers.pages) { changed in
      try mean.withUnsafeMutableElements { mean in
        try square.withUnsafeMutableElements { square in
          let count = changed.count
          guard let changed = SharedElements(changed), let mean = SharedElements(mean),
            let square = SharedElements(square)
          else { return }
          try workers.forEach(Blocks(count, size: 1 << 15)) { part in
            let start = part.lowerBound
            var run = pk_optimiser_run(
              read: read.base + start, changed: changed.base + start, mean: mean.base + start,
              square: square.base + start, count: part.count)
            body(&run)
          }
        }
      }
    }
  }
}
