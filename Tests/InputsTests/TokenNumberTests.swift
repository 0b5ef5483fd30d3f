// Language models whose tokens are not transformers' bytes: a text would become other tokens than those
// that they know, so they read numbers alone.

import Foundation
import Inputs
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A model with a vocabulary other than of bytes reads arrays of numbers, and no text")
struct TokenNumberTests {
  private static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "PerceiverTests/Fixtures")

  private static func prepare(_ model: URL, _ input: InputSource) throws -> PreparedInput {
    let source = try ModelSource(ModelRequest(weights: model.path))
    return try PreparedInput(InputRequest(input: input), for: source) { _ in }
  }

  /// Expects that a text is refused, from everywhere, and numbers of tokens are read.
  private static func expectNumbersAlone(_ model: URL) throws {
    let line =
      "expected an array of tokens' numbers (.npy) from 0 to 39, found text: how it becomes tokens is "
      + "known of bytes alone, a vocabulary of 262"
    try withTemporaryFolder { folder in
      let text = folder.appending(path: "text.txt")
      try Data("Ja".utf8).write(to: text)
      for (input, name) in [
        (InputSource.text("Ja"), "--text"), (.file(text.path), text.path), (.text(""), "--text"),
      ] {
        let error = #expect(throws: InputFailure.self) { try prepare(model, input) }
        #expect(error?.description == "\(name): \(line)")
        #expect(error?.kind == .badData)
      }
      let array = folder.appending(path: "ids.npy")
      try Data(NumPyFile.bytes(Tensor(shape: [4], values: [7, 39, 0, 8]))).write(to: array)
      let read = try prepare(model, .file(array.path))
      #expect(read.input.tensor.values == [7, 39, 0, 8])
      // 7 would be the byte 1 of transformers' tokens.
      #expect(read.input.text?.pieces.map(\.content) == [7, 39, 0, 8].map { .number($0) })
      let output = try ModelSource(ModelRequest(weights: model.path)).model(read.description)(
        read.input.tensor)
      #expect(output.count > 0)
      let sheet = try ModelSource(ModelRequest(weights: model.path)).sheet(read.description)
      let row = try #require(sheet.first { $0.name == "text" })
      #expect(row.value.hasPrefix("arrays (.npy) of tokens' numbers from 0 to 39, at most "))
      try Data(NumPyFile.bytes(Tensor(shape: [1], values: [40]))).write(to: array)
      let error = #expect(throws: InputFailure.self) { try prepare(model, .file(array.path)) }
      #expect(error?.description.contains("expected tokens from 0 to 39, found 40") == true)
    }
  }

  @Test("perceiver-io's", arguments: ["mlm", "text"])
  func perceiverIO(_ name: String) throws {
    try Self.expectNumbersAlone(Self.models.appending(path: "krasserm/" + name))
  }

  @Test("transformers'", arguments: ["masked_lm", "sequence_classification"])
  func transformers(_ name: String) throws {
    try withTemporaryFolder { folder in
      let source = Self.models.appending(path: "huggingface/" + name)
      let file = try TensorFile(path: source.appending(path: "model.safetensors").path)
      var tensors: [String: Tensor] = [:]
      for entry in file.entries where !entry.name.hasSuffix(".num_batches_tracked") {
        let tensor = try file.tensor(named: entry.name)
        let ofWords = tensor.shape.first == 262
        tensors[entry.name] =
          ofWords
          ? Tensor(
            shape: [40] + tensor.shape.dropFirst(),
            values: Array(tensor.values.prefix(tensor.count / 262 * 40))) : tensor
      }
      try SafetensorsWriter.write(tensors, to: folder.appending(path: "model.safetensors").path)
      let text = try String(contentsOf: source.appending(path: "config.json"), encoding: .utf8)
      try Data(text.replacing("\"vocab_size\": 262", with: "\"vocab_size\": 40").utf8).write(
        to: folder.appending(path: "config.json"))
      try Self.expectNumbersAlone(folder)
    }
  }

  @Test("Where the vocabulary is of bytes, both are read")
  func bytes() throws {
    let model = Self.models.appending(path: "huggingface/sequence_classification")
    #expect(try Self.prepare(model, .text("Ja")).input.tensor.values == [4, 80, 103, 5])
  }
}
