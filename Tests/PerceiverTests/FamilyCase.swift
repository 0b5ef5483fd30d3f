// A folder of transformers' or perceiver-io's fixtures as a run on the first item of its input.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

struct FamilyCase: Sendable, CustomTestStringConvertible {
  let folder: URL

  var testDescription: String {
    folder.deletingLastPathComponent().lastPathComponent + " " + folder.lastPathComponent
  }

  /// Those with gradients.
  static let all: [FamilyCase] = ["huggingface", "krasserm"].flatMap { family in
    let root = fixtures.appending(path: family)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.sorted().map { FamilyCase(folder: root.appending(path: $0)) }.filter {
      FileManager.default.fileExists(
        atPath: $0.folder.appending(path: "point_gradients.safetensors").path)
    }
  }

  /// Those whose stages differ from each other's.
  static let few = all.filter {
    ["bare", "masked_lm", "optical_flow", "image_unshared", "mlm"]
      .contains($0.folder.lastPathComponent)
  }

  func model() throws -> Perceiver {
    let checkpoint = try Checkpoint(path: folder.path)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    return try checkpoint.model(try checkpoint.describe(given: given).configuration)
  }

  /// A complete run of the folder's model.
  func run(_ model: Perceiver, _ interventions: [Intervention] = []) throws -> PerceiverRun {
    let file = try TensorFile(path: folder.appending(path: "expected.safetensors").path)
    func item(_ name: String) throws -> Tensor? {
      file.entry(named: name) == nil ? nil : try file.numbers(named: name).row(0)
    }
    let names = ["input", "input.input_ids", "input.pixel_values", "input.image", "input.inputs"]
    let name = try #require(names.first { file.entry(named: $0) != nil })
    var input = try #require(try item(name))
    // Only perceiver-io's pictures and rows of channels have their channels last.
    if name != "input.pixel_values", input.shape.count > 2 { input = Self.channelsLast(input) }
    let keeps = try item("attention_mask")?.values.map { $0 != 0 }
    let hides = try item("input.pad_mask")?.values.map { $0 == 0 }
    let sound = try item("input.audio").map { $0.reshaped([$0.count]) }
    var run = try model.begin(
      input, sound: sound,
      mask: (keeps ?? hides).map { TokenMask(shape: [$0.count], keeps: $0) },
      interventions: interventions)
    while try run.next() != nil {}
    return run
  }

  /// `[…, channels, height, width]` as `[…, height, width, channels]`.
  private static func channelsLast(_ picture: Tensor) -> Tensor {
    let axes = Array(picture.shape.dropLast(3) + picture.shape.suffix(2))
    let channels = picture.shape[picture.shape.count - 3]
    let (plane, values) = (axes.suffix(2).reduce(1, *), picture.values)
    return Tensor(
      shape: axes + [channels],
      values: values.indices.map {
        let (pixel, channel) = $0.quotientAndRemainder(dividingBy: channels)
        let (frame, at) = pixel.quotientAndRemainder(dividingBy: plane)
        return values[(frame * channels + channel) * plane + at]
      })
  }
}
