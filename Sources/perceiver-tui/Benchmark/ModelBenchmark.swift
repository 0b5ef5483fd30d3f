// A run of somebody's own model on their own input, measured as the works are.

import Inputs
import Perceiver
import Tensors

/// A model of files, and what it reads.
struct ModelBenchmark {
  /// The folder or file of the model.
  let weights: String
  /// The files of one input.
  let inputs: [String]

  /// Its name among the works.
  static let name = "model"

  /// Runs it once unmeasured, so that its weights are in memory, and then so many times.
  func measure(repetitions: Int) throws -> BenchmarkResult {
    let source = try ModelSource(ModelRequest(weights: weights))
    let input: InputSource = inputs.count == 1 ? .file(inputs[0]) : .files(inputs)
    let prepared = try PreparedInput(
      InputRequest(input: input), for: source, say: { _ in })
    let start = try prepared.begin(source, cancellation: Cancellation())
    _ = try start.completed()
    let timing = try Stopwatch.repeated(repetitions) {
      _ = try prepared.begin(start.model).completed()
    }
    let costs = try start.model.configuration.stageCosts(inputAxes: prepared.input.axes)
    return BenchmarkResult(
      Self.name, timing, operations: costs.reduce(0) { $0 + $1.operations },
      bytes: costs.reduce(0) { $0 + $1.bytes })
  }
}
