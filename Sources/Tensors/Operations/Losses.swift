// What training makes small, with its gradient.
//
// Error: losses, and the gradient of the cross-entropy, are computed in double, and that gradient is
// rounded once, to u = 2⁻²⁴ of itself. A squared error is of differences rounded once; its gradient is
// rounded twice more.

import Foundation

/// A loss and what it passes back.
package struct Loss: Sendable {
  /// The mean over the batch.
  package let value: Double
  /// Of the outputs, in their shape.
  package let gradient: Tensor

  package init(value: Double, gradient: Tensor) {
    (self.value, self.gradient) = (value, gradient)
  }
}

extension Tensor {
  /// The cross-entropy of logits `[items, classes]` against labels, mean over items, as torch's
  /// `F.cross_entropy`.
  ///
  /// - Parameter smoothing: The share of every label spread evenly over all classes, in 0..<1.
  /// - Precondition: There is a label for each item, each one of the classes.
  package func crossEntropy(labels: [Int], smoothing: Double) -> Loss {
    let (items, classes) = (shape[0], shape[1])
    precondition(labels.count == items && labels.allSatisfy { (0..<classes).contains($0) })
    let logits = HeldInput(self)
    var total = 0.0
    let gradient = Tensor(shape: shape, in: pages) { out in
      for (item, label) in labels.enumerated() {
        let row = UnsafeBufferPointer(start: logits.base + item * classes, count: classes)
        let rowMaximum = Double(row.max() ?? 0)
        let sum = row.reduce(0.0) { $0 + exp(Double($1) - rowMaximum) }
        let logSum = rowMaximum + log(sum)
        let even = smoothing / Double(classes)
        for (index, logit) in row.enumerated() {
          let wanted = even + (index == label ? 1 - smoothing : 0)
          total += wanted * (logSum - Double(logit))
          out[item * classes + index] = Float(
            (exp(Double(logit) - logSum) - wanted) / Double(items))
        }
      }
    }
    return Loss(value: total / Double(items), gradient: gradient)
  }

  /// The mean squared error against targets of the same shape.
  package func meanSquaredError(_ targets: Tensor) -> Loss {
    precondition(shape == targets.shape)
    let count = max(1, count)
    var difference = self
    difference.add(targets, times: -1)
    let total = difference.withUnsafeElements { elements in
      elements.reduce(0.0) { $0 + Double($1) * Double($1) }
    }
    difference.scale(by: 2 / Float(count))
    return Loss(value: total / Double(count), gradient: difference)
  }
}
