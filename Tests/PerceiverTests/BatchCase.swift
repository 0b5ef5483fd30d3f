// A checkpoint's folder as a batch: what training runs at once.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

/// A model and a whole batch of its inputs, with what PyTorch made of them.
struct BatchCase: Sendable, CustomTestStringConvertible {
  let folder: URL

  var testDescription: String { folder.lastPathComponent }

  static let all: [BatchCase] = {
    let root = fixtures.appending(path: "perceiver-pytorch")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.filter { $0.hasPrefix("v") }.sorted().map {
      BatchCase(folder: root.appending(path: $0))
    }
  }()

  func checkpoint() throws -> Checkpoint {
    let file = ["model.safetensors", "model_dedup.safetensors", "model.pt", "model_wrapped.pth"]
      .first { FileManager.default.fileExists(atPath: folder.appending(path: $0).path) }
    return try Checkpoint(path: folder.appending(path: file ?? "model").path)
  }

  func model() throws -> Perceiver {
    let config = try WholeFile.read(folder.appending(path: "config.json").path)
    let checkpoint = try checkpoint()
    return try checkpoint.model(
      checkpoint.describe(given: GivenHyperparameters(json: config)).configuration)
  }

  /// The batch, its masks, and for every item its queries.
  struct Inputs {
    let batch: Tensor
    let masks: [TokenMask]?
    let queries: Tensor?
    let output: Tensor
  }

  func inputs() throws -> Inputs {
    let file = try TensorFile(path: folder.appending(path: "expected.safetensors").path)
    let batch = try file.numbers(named: "input")
    let items = batch.shape[0]
    var masks: [TokenMask]?
    if file.entry(named: "mask") != nil {
      let mask = try file.numbers(named: "mask")
      masks = (0..<items).map { item in
        TokenMask(
          shape: Array(mask.shape.dropFirst()), keeps: mask.row(item).values.map { $0 != 0 })
      }
    }
    var queries: Tensor?
    if file.entry(named: "queries") != nil {
      let given = try file.numbers(named: "queries")
      let each =
        given.shape.count == 3 ? given : Tensor.stacking(Array(repeating: given, count: items))
      queries = each.reshaped([each.count / (given.shape.last ?? 1), given.shape.last ?? 1])
    }
    return Inputs(
      batch: batch, masks: masks, queries: queries, output: try file.numbers(named: "output"))
  }
}

/// A gradient in 32 numbers, each element in one of them with a sign: short, and blind to nothing.
func foldedWithSigns(_ values: [Float]) -> [Float] {
  guard values.count > 32 else { return values }
  var sums = [Double](repeating: 0, count: 32)
  for (index, value) in values.enumerated() {
    let bits = UInt32(truncatingIfNeeded: index) &* 2_654_435_761
    sums[index % 32] += bits & (1 << 15) == 0 ? Double(value) : -Double(value)
  }
  return sums.map { Float($0) }
}
