// A batch forward and backward: loss and gradients.

import Tensors

/// One batch through a model with given parameters.
struct GradientPass: Sendable {
  let plan: ModelPlan
  let parameters: Parameters
  let batch: Batch
  /// Label smoothing.
  let smoothing: Double

  /// What comes of it.
  struct Result {
    let loss: Double
    /// How many were classified rightly; nil where there are no classes.
    let correct: Int?
    /// Of every parameter that the loss depends on, by name.
    var gradients: [String: Tensor]
  }

  /// Loss and gradients.
  ///
  /// - Throws: `ComputationCancelled`.
  func result(dropouts: DropoutStream, workers: Workers) throws -> Result {
    try forward(dropouts: dropouts, workers: workers).result()
  }

  /// Forward alone: what comes after it holds the parameters as long as it needs them, and
  /// this pass can be let go.
  ///
  /// - Throws: `ComputationCancelled`.
  func forward(dropouts: DropoutStream, workers: Workers) throws -> Forward {
    let tape = Tape(parameters, recording: .parameters, workers: workers)
    let output = try Pass(plan: plan, tape: tape, dropouts: dropouts)(batch.input)
    return Forward(
      tape: tape, output: output, loss: loss(of: output.value), correct: correct(output.value))
  }

  /// A batch that has been through the model, and can go backward once.
  struct Forward {
    private let tape: Tape
    private let output: Variable
    let loss: Loss
    /// How many were classified rightly; nil where there are no classes.
    let correct: Int?

    fileprivate init(tape: Tape, output: Variable, loss: Loss, correct: Int?) {
      (self.tape, self.output, self.loss, self.correct) = (tape, output, loss, correct)
    }

    fileprivate func result() throws -> Result {
      Result(
        loss: loss.value, correct: correct,
        gradients: try tape.gradients(of: output, from: loss.gradient))
    }

    /// Hands over each parameter's gradient as soon as it is whole; nothing here holds the parameter
    /// then.
    func backward(_ body: (_ name: String, _ gradient: Tensor) throws -> Void) throws {
      try tape.backward(from: output, loss.gradient, body)
    }
  }

  /// The first stage whose output is not finite.
  func firstNotFinite() throws -> String? {
    var found: String?
    let tape = Tape(parameters, recording: .nothing, workers: Workers())
    for (name, tensor) in parameters.named where !tensor.isFinite { return name }
    _ = try Pass(plan: plan, tape: tape)(batch.input) { name, tensor in
      if found == nil, !tensor.isFinite { found = "output of \(name)" }
    }
    return found
  }

  private func loss(of output: Tensor) -> Loss {
    switch batch.target {
    case .labels(let labels): output.crossEntropy(labels: labels, smoothing: smoothing)
    case .values(let values): output.meanSquaredError(values)
    }
  }

  private func correct(_ output: Tensor) -> Int? {
    guard case .labels(let labels) = batch.target else { return nil }
    return zip(output.largestOfRows, labels).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
  }
}

extension Perceiver {
  /// Outputs of a batch, and the gradients of a loss whose gradient at the outputs is given; without
  /// dropout.
  ///
  /// - Parameters:
  ///   - batch: `[items, …axes, channels]`, for a language model `[items, tokens]`.
  ///   - masks: For each item which tokens may be read; nil for all.
  ///   - queries: What a decoder is asked: of each item its own, `[items × queries, queries_dim]`.
  ///   - direction: Makes the loss's gradient from the outputs, in their shape.
  /// - Returns: Outputs as rows, `[items × …, channels]`; gradients by parameters' names, those that
  ///   the output does not depend on left out.
  /// - Throws: `ComputationCancelled`.
  package func gradients(
    batch: Tensor, masks: [TokenMask]? = nil, queries: Tensor? = nil,
    cancellation: Cancellation? = nil, direction: (Tensor) -> Tensor
  ) throws -> (output: Tensor, gradients: [String: Tensor]) {
    try parameters.load()
    let tape = Tape(
      parameters, recording: .parameters, workers: Workers(cancellation: cancellation))
    let pass = Pass(plan: plan, tape: tape)
    let output = try pass(
      PassInput(data: batch, masks: masks, queries: queries))
    let gradients = try tape.gradients(of: output, from: direction(output.value))
    return (output.value, gradients)
  }

  /// Outputs of a batch, as rows `[items × …, channels]`; all stages for all items at once.
  ///
  /// Parameters are as for `gradients`.
  package func outputs(
    batch: Tensor, masks: [TokenMask]? = nil, queries: Tensor? = nil,
    cancellation: Cancellation? = nil
  ) throws -> Tensor {
    try parameters.load()
    let tape = Tape(
      parameters, recording: .nothing, workers: Workers(cancellation: cancellation))
    return try Pass(plan: plan, tape: tape)(
      PassInput(data: batch, masks: masks, queries: queries)
    ).value
  }
}
