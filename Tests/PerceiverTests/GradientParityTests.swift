// Gradients of whole models against those of PyTorch's autograd, in double.
// Fixtures/perceiver-pytorch/README.md says how the values were made.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A batch's outputs and gradients are PyTorch's, for every class and release")
struct GradientParityTests {
  @Test("A batch gives what its items give", arguments: BatchCase.all)
  func outputs(_ test: BatchCase) throws {
    let (model, inputs) = (try test.model(), try test.inputs())
    let output = try model.outputs(
      batch: inputs.batch, masks: inputs.masks, queries: inputs.queries)
    #expect(relativeError(output.values, inputs.output.values) < 1e-5)
  }

  @Test("Every parameter's gradient is within 1e-4", arguments: BatchCase.all)
  func gradients(_ test: BatchCase) throws {
    let (model, inputs) = (try test.model(), try test.inputs())
    let checkpoint = try test.checkpoint()
    let expected = try TensorFile(path: test.folder.appending(path: "gradients.safetensors").path)
    var loss = 0.0
    let (_, gradients) = try model.gradients(
      batch: inputs.batch, masks: inputs.masks, queries: inputs.queries
    ) { output in
      let direction = Self.direction(output.shape)
      loss = zip(output.values, direction.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      return direction
    }
    let theirs = try expected.tensor(named: "loss").values[0]
    #expect(abs(loss - Double(theirs)) < 1e-4 * max(1, abs(Double(theirs))))
    var compared: Set<String> = []
    // A parameter that only shifts what a softmax or a norm takes away again has no gradient but
    // rounding: it is held against the model's whole gradient.
    let whole = gradients.values.reduce(0.0) { $0 + Self.square($1.values) }.squareRoot()
    for entry in expected.entries where entry.name != "loss" {
      let name = try #require(
        checkpoint.parameterName(ofStored: entry.name, in: model), "\(entry.name)")
      let theirs = try expected.tensor(named: entry.name).values
      guard let gradient = gradients[name] else {
        #expect(theirs.allSatisfy { $0 == 0 }, "\(name) has no gradient")
        continue
      }
      compared.insert(name)
      let ours = foldedWithSigns(gradient.values)
      if Self.square(theirs).squareRoot() < 1e-12 * whole {
        #expect(Self.square(ours).squareRoot() < 1e-6 * whole, "\(name)")
      } else {
        // Folded with random signs, an error is on average as long as before, and so is held
        // against the whole gradient: where a fold's terms cancel, it is no measure.
        let error = Self.square(zip(ours, theirs).map { $0 - $1 }).squareRoot()
        #expect(error < 1e-4 * Self.square(gradient.values).squareRoot(), "\(name)")
      }
    }
    #expect(compared == Set(gradients.keys))
  }

  private static func square(_ values: [Float]) -> Double {
    values.reduce(0) { $0 + Double($1) * Double($1) }
  }

  /// The gradient of the loss: cos(0.7 i + 0.3) for the i-th output.
  private static func direction(_ shape: [Int]) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor(shape: shape, values: (0..<count).map { Float(cos(0.7 * Double($0) + 0.3)) })
  }
}
