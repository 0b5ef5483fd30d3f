// Model folders with damaged or absurd files: one line of what is wrong, or the same model.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A damaged model folder gives one line or the same model")
struct DamagedFolderTests {
  private static let source = fixtures.appending(path: "huggingface/sequence_classification")
  /// A folder of each package that has folders.
  static let sources = ["huggingface/sequence_classification", "krasserm/mlm"]
  /// Folders of classes with fields of their own.
  static let others = [
    "huggingface/optical_flow", "huggingface/multimodal", "huggingface/image_conv", "krasserm/flow",
    "krasserm/image_unshared",
  ]

  private static func opened(_ path: String) throws -> (model: Perceiver, notes: [String]) {
    let checkpoint = try Checkpoint(path: path)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    let description = try checkpoint.describe(given: given)
    return (try checkpoint.model(description.configuration), description.notes)
  }

  /// A folder with a fixture's files, of which one can be written anew.
  private static func withCopy(
    of source: URL = source, _ body: (URL) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      for name in ["config.json", "model.safetensors"] {
        try FileManager.default.copyItem(
          at: source.appending(path: name), to: folder.appending(path: name))
      }
      try body(folder)
    }
  }

  /// What is wrong with a folder: nothing where it opens as the whole model, if that is given, and
  /// nothing where it is refused in one line.
  private static func problem(_ folder: URL, _ whole: Perceiver?, _ names: [String]) -> String? {
    do {
      let (model, _) = try opened(folder.path)
      guard let whole else { return nil }
      if model.configuration != whole.configuration { return "another model" }
      let wrong = names.first { model.parameter(named: $0) != whole.parameter(named: $0) }
      return wrong.map { "another \($0)" }
    } catch {
      return Damage.isOneLine(error) ? nil : "no line: \(error)"
    }
  }

  @Test(
    "Weights cut short are refused, and no flipped bit of their header makes another model",
    arguments: sources)
  func weights(_ name: String) throws {
    let source = fixtures.appending(path: name)
    let whole = try Self.opened(source.path).model
    let names = try Checkpoint(path: source.path).entries.map(\.name)
    try Self.withCopy(of: source) { folder in
      let file = folder.appending(path: "model.safetensors")
      let bytes = [UInt8](try Data(contentsOf: file))
      let header = 8 + Int(bytes[0]) + Int(bytes[1]) << 8 + Int(bytes[2]) << 16
      for end in Array(Damage.beginnings(of: header, step: 7)) + [header, bytes.count - 1] {
        try Data(bytes[..<end]).write(to: file)
        let error = #expect(throws: (any Error).self, "\(end) bytes") {
          try Self.opened(folder.path)
        }
        #expect(error.map(Damage.isOneLine) == true, "\(end) bytes")
      }
      for (position, bit, flipped) in Damage.flips(of: bytes, first: header) {
        try Data(flipped).write(to: file)
        let found = Self.problem(folder, whole, names)
        #expect(found == nil, "byte \(position), bit \(bit): \(found ?? "")")
      }
    }
  }

  @Test(
    "Any beginning and any flipped bit of config.json gives a model or one line",
    arguments: sources + others)
  func configuration(_ name: String) throws {
    try Self.withCopy(of: fixtures.appending(path: name)) { folder in
      let file = folder.appending(path: "config.json")
      let bytes = [UInt8](try Data(contentsOf: file))
      for end in Damage.beginnings(of: bytes.count - 1, step: 11) {
        try Data(bytes[..<end]).write(to: file)
        let error = #expect(throws: (any Error).self, "\(end) bytes") {
          try Self.opened(folder.path)
        }
        #expect(error.map(Damage.isOneLine) == true, "\(end) bytes")
      }
      for (position, bit, flipped) in Damage.flips(of: bytes, first: bytes.count) {
        try Data(flipped).write(to: file)
        let found = Self.problem(folder, nil, [])
        #expect(found == nil, "byte \(position), bit \(bit): \(found ?? "")")
      }
    }
  }

  @Test(
    "Absurd values of config.json are refused by name, and nothing of their size is allocated",
    arguments: [
      ("num_latents", "1000000000000000000", "num_latents: expected 6 (rows of the latents)"),
      ("num_latents", "-6", "num_latents: expected a whole number"),
      ("num_latents", "6.5", "num_latents: expected a whole number, found 6.5"),
      ("num_latents", "\"6\"", "num_latents: expected a whole number, found \"6\""),
      ("d_latents", "1e300", "d_latents: expected a whole number"),
      ("num_blocks", "9223372036854775807", "num_blocks: expected a whole number from 1 to 4096"),
      ("num_blocks", "0", "num_blocks: expected a whole number from 1 to 4096"),
      ("num_blocks", "4096", "num_blocks: expected at most 4096 stages"),
      ("num_self_attends_per_block", "3", "num_self_attends_per_block: expected 2"),
      ("num_self_attention_heads", "0", "num_self_attention_heads: expected a whole number from 1"),
      ("num_self_attention_heads", "5", "num_self_attention_heads: expected a number that divides"),
      ("num_cross_attention_heads", "[2]", "num_cross_attention_heads: expected a whole number"),
      ("qk_channels", "65537", "qk_channels: expected a whole number from 1 to 65536"),
      ("qk_channels", "32", "expected the tensors of PerceiverForSequenceClassification"),
      ("v_channels", "-1", "v_channels: expected a whole number from 1 to 65536"),
      ("vocab_size", "4611686018427387904", "vocab_size: expected 262 (rows of the embedding)"),
      ("max_position_embeddings", "1", "max_position_embeddings: expected 24"),
      ("cross_attention_shape_for_attention", "\"x\"", "expected kv or q, found x"),
      ("hidden_act", "\"relu\"", "hidden_act: expected gelu, found relu"),
      ("model_type", "\"bert\"", "model_type: expected perceiver, found bert"),
      ("model_type", "null", "expected an object with model_type, found null"),
      ("architectures", "[\"PerceiverModel\"]", "architectures: expected PerceiverForSequence"),
    ])
  func absurd(_ name: String, _ value: String, _ message: String) throws {
    try Self.withCopy { folder in
      try Self.set(name, value, in: folder)
      let error = #expect(throws: (any Error).self) { try Self.opened(folder.path) }
      let text = error.map { "\($0)" } ?? ""
      #expect(text.contains(message) && !text.contains("\n"), "\(text)")
    }
  }

  /// A fixture, what its config.json says, behind which objects, and the line that comes of it.
  struct Absurdity: Sendable, CustomTestStringConvertible {
    let fixture: String
    let fields: [String: String]
    let message: String
    var testDescription: String { "\(fixture): \(fields)" }

    init(_ fixture: String, _ fields: [String: String], _ message: String) {
      (self.fixture, self.fields, self.message) = (fixture, fields, message)
    }

    private static func flow(_ value: String, _ message: String) -> Self {
      Self("huggingface/optical_flow", ["train_size": value], "config.json: train_size: " + message)
    }
    private static func film(_ name: String, _ value: String, _ message: String) -> Self {
      Self("huggingface/multimodal", [name: value], "config.json: " + message)
    }
    private static func shape(_ fixture: String, _ value: String, _ message: String) -> Self {
      Self(
        "krasserm/" + fixture, ["model_config/encoder/image_shape": value],
        "config.json: model_config: encoder: image_shape: " + message)
    }

    private static let largest = "9223372036854775807"

    static let all: [Absurdity] = [
      flow("[4096, 65536]", "expected height and width of at most 16777216 pixels, found [4096, "),
      flow("[65537, 1]", "expected whole numbers from 1 to 65536, found 65537"),
      flow("[\(largest), 2]", "expected whole numbers from 1 to 65536, found \(largest)"),
      flow("[0, 10]", "expected whole numbers from 1 to 65536, found 0"),
      flow("[6]", "expected height and width"), flow("6", "expected a list of whole numbers"),
      film("num_frames", largest, "num_frames: expected a whole number from 1 to 4096"),
      film("num_frames", "0", "num_frames: expected a whole number from 1 to 4096, found 0"),
      film("num_frames", "[2]", "num_frames: expected a whole number"),
      film("output_shape", "[1, 2, 8]", "output_shape: expected 1, frames, height and width"),
      film("output_shape", "[1, 2, 9, 12]", "output_shape: expected 1, frames, height and width"),
      film("output_shape", "[1, 2, 65536, 65536]", "output_shape: expected 1, frames, height"),
      film("output_shape", "[1, 2, 8, \(largest)]", "output_shape: expected whole numbers from 1"),
      film("output_shape", "[1, 1, 16384, 8192]", "num_frames: expected at most 16777216 pixels"),
      film("image_size", "65536", "num_frames: expected at most 16777216 pixels in all frames"),
      film("image_size", "[65536, 65536]", "num_frames: expected at most 16777216 pixels in all"),
      film("image_size", "[4]", "image_size: expected one side, or height and width, found [4]"),
      film("image_size", "[4, 0]", "image_size: expected whole numbers from 1 to 65536, found 0"),
      film("image_size", "\"4\"", "image_size: expected a whole number from 1 to 65536"),
      film("samples_per_patch", "17", "samples_per_patch: expected 16 (rows of the sound's layer)"),
      film("samples_per_patch", largest, "samples_per_patch: expected a whole number from 1"),
      film("audio_samples_per_frame", "9", "audio_samples_per_frame: expected samples that divide"),
      film("audio_samples_per_frame", "65537", "audio_samples_per_frame: expected a whole number"),
      Self(
        "huggingface/multimodal", ["audio_samples_per_frame": "65536", "num_frames": "4096"],
        "config.json: audio_samples_per_frame: expected at most 1048576 samples beside all frames"),
      shape("image_unshared", "[65536, 65536, 1]", "expected at most 16777216 pixels, found 65536"),
      shape("image_unshared", "[\(largest), 1, 1]", "expected whole numbers from 1 to 65536"),
      shape(
        "image_unshared", "[9, 8, 1]",
        "expected that of the saved positions [63, 22] (pixels, features), found [9, 8, 1], which has "
          + "[72, 22]"),
      shape(
        "image_unshared", "[9, 7, 5]",
        "expected that of the saved positions [63, 22] (pixels, features), found [9, 7, 5], which has "
          + "[63, 18]"),
      shape("image_unshared", "[9, 7]", "expected height, width and channels, found [9, 7]"),
      shape("image_unshared", "[9, 7, 65536]", "expected the channels of tokens of 23, found"),
      shape("flow", "[65536, 65536]", "expected at most 16777216 pixels, found 65536 × 65536"),
      shape("flow", "[6, 10]", "expected that of the saved positions [54, 18] (pixels, features)"),
      shape("flow", "[6, 9, 3]", "expected height and width, found [6, 9, 3]"),
      Self(
        "krasserm/flow", ["model_config/decoder/rescale_factor": "0"],
        "config.json: model_config: decoder: rescale_factor: expected a number above 0"),
    ]
  }

  @Test("So are those of fields that one class has", arguments: Absurdity.all)
  func absurdOfClass(_ test: Absurdity) throws {
    try Self.withCopy(of: fixtures.appending(path: test.fixture)) { folder in
      for (name, value) in test.fields { try Self.set(name, value, in: folder) }
      let error = #expect(throws: (any Error).self) { try Self.opened(folder.path) }
      let text = error.map { "\($0)" } ?? ""
      #expect(text.contains(test.message) && !text.contains("\n"), "\(text)")
    }
  }

  @Test("A folder of perceiver-io without saved positions is the same model")
  func withoutPositions() throws {
    let source = fixtures.appending(path: "krasserm/image_unshared")
    try Self.withCopy(of: source) { folder in
      let path = folder.appending(path: "model.safetensors").path
      let file = try TensorFile(path: path)
      let kept = file.entries.map(\.name).filter { !$0.hasSuffix("position_encoding") }
      #expect(kept.count == file.entries.count - 1)
      try SafetensorsWriter.write(
        Dictionary(uniqueKeysWithValues: try kept.map { ($0, try file.tensor(named: $0)) }),
        to: path, existing: .replace)
      let whole = try Self.opened(source.path).model
      #expect(try Self.opened(folder.path).model.configuration == whole.configuration)
    }
  }

  @Test("Without heads the package's own default is taken, and refused where it does not divide")
  func heads() throws {
    try Self.withCopy { folder in
      for name in ["num_self_attention_heads", "num_cross_attention_heads"] {
        try Self.set(name, nil, in: folder)
      }
      let (model, _) = try Self.opened(folder.path)
      let heads = try #require(
        model.configuration.hyperparameters.first { $0.name == "num_self_attention_heads" })
      #expect(heads.value(in: model.configuration) == .integer(8))
    }
  }

  @Test(
    "Labels stand in label2id alone too, and may be numbers",
    arguments: [
      ("label2id", #"{"no": 0, "maybe": 1, "yes": 2}"#, ["no", "maybe", "yes"]),
      ("id2label", #"{"0": 7, "1": 8, "2": "nine"}"#, ["7", "8", "nine"]),
    ])
  func otherLabels(_ field: String, _ labels: String, _ expected: [String]) throws {
    try Self.withCopy { folder in
      for name in ["id2label", "label2id"] { try Self.set(name, nil, in: folder) }
      try Self.set(field, labels, in: folder)
      let (model, notes) = try Self.opened(folder.path)
      #expect(model.configuration.classNames == expected)
      #expect(notes.isEmpty, "\(notes)")
    }
  }

  @Test(
    "perceiver-io's labels are held against its classes too",
    arguments: [
      ("id2label", #"{"0": "no", "1": "yes"}"#, ["no", "yes"], nil),
      (
        "id2label", #"{"1": "yes"}"#, ["LABEL_0", "yes"],
        "id2label has 1 names for 2 classes: LABEL_N stands for those that have none"
      ),
      (
        "label2id", #"{"no": 0, "yes": 1, "never": 2}"#, ["no", "yes"],
        "label2id has 3 names for 2 classes: LABEL_N stands for those that have none"
      ),
    ] as [(String, String, [String], String?)])
  func perceiverIOLabels(
    _ field: String, _ labels: String, _ expected: [String], _ note: String?
  ) throws {
    try Self.withCopy(of: fixtures.appending(path: "krasserm/text")) { folder in
      try Self.set(field, labels, in: folder)
      let (model, notes) = try Self.opened(folder.path)
      #expect(model.configuration.classNames == expected)
      #expect(notes == (note.map { [$0] } ?? []))
    }
  }

  /// A folder's tensors changed, by their stored names.
  private static func change(
    _ folder: URL, _ change: (inout [String: Tensor]) throws -> Void
  ) throws {
    let path = folder.appending(path: "model.safetensors").path
    let file = try TensorFile(path: path)
    var tensors = Dictionary(
      uniqueKeysWithValues: try file.entries.map { ($0.name, try file.tensor(named: $0.name)) })
    try change(&tensors)
    try SafetensorsWriter.write(tensors, to: path, existing: .replace)
  }

  @Test("Tensors that are missing or have another shape are listed, eight at most")
  func listed() throws {
    for (fixture, title, prefix, bias, norm) in [
      (
        "huggingface/sequence_classification", "PerceiverForSequenceClassification", "",
        "perceiver.decoder.decoder.final_layer.bias", "layernorm"
      ),
      (
        "krasserm/text", "perceiver-io text classifier", "backend_model.",
        "1.output_adapter.linear.bias", "norm."
      ),
    ] {
      func message(_ change: (inout [String: Tensor]) -> Void) throws -> String {
        var text = ""
        try Self.withCopy(of: fixtures.appending(path: fixture)) { folder in
          try Self.change(folder, change)
          text =
            #expect(throws: CheckpointError.self) { try Self.opened(folder.path) }.map {
              "\($0)"
            } ?? ""
        }
        return text
      }
      let classes = fixture.hasPrefix("krasserm") ? 2 : 3
      let start = "expected the tensors of \(title): "
      #expect(
        try message { $0[prefix + bias] = nil } == start + "\(bias) [\(classes)], found none")
      #expect(
        try message { $0[prefix + bias] = Tensor(shape: [9, 1]) }
          == start + "\(bias) [\(classes)], found [9, 1]")
      var count = 0
      let long = try message { tensors in
        let all = tensors.keys.filter { $0.contains(norm) }
        count = all.count
        for name in all { tensors[name] = nil }
      }
      #expect(count > 8 && long.hasPrefix(start), "\(long)")
      #expect(long.hasSuffix("found none and \(count - 8) more"), "\(long)")
      #expect(long.split(separator: ";").count == 8, "\(long)")
    }
  }

  @Test("Tensors that a class does not have are passed over, and that is said")
  func passedOver() throws {
    for (fixture, prefix) in [
      ("huggingface/sequence_classification", "perceiver."), ("krasserm/text", "backend_model."),
    ] {
      try Self.withCopy(of: fixtures.appending(path: fixture)) { folder in
        let whole = try Self.opened(folder.path)
        #expect(whole.notes.isEmpty)
        let shown = prefix == "perceiver." ? prefix : ""
        try Self.change(folder) { $0[prefix + "extra.a"] = Tensor(shape: [2]) }
        let one = try Self.opened(folder.path)
        #expect(one.model.configuration == whole.model.configuration)
        #expect(
          one.notes == [
            "passed over: 1 tensor that the class does not have, \(shown)extra.a"
          ])
        try Self.change(folder) {
          for name in ["b", "c"] { $0[prefix + "extra." + name] = Tensor(shape: [2]) }
        }
        #expect(
          try Self.opened(folder.path).notes == [
            "passed over: 3 tensors that the class does not have, \(shown)extra.a and others"
          ])
      }
    }
  }

  @Test(
    "A model of another type is refused with what can be opened, a Perceiver AR with what runs it",
    arguments: [
      (
        "perceiver-ar-causal-language-model",
        "a Perceiver AR, which has other layers; perceiver-io itself runs it, and its image, text and "
          + "flow models can be opened"
      ),
      (
        "perceiver-ar-symbolic-audio-model",
        "a Perceiver AR, which has other layers; perceiver-io itself runs it, and its image, text and "
          + "flow models can be opened"
      ),
      (
        "perceiver-io-video",
        "only transformers' Perceivers and the image, text and flow models of perceiver-io can be opened"
      ),
      (
        "swin",
        "only transformers' Perceivers and the image, text and flow models of perceiver-io can be opened"
      ),
    ])
  func otherTypes(_ type: String, _ message: String) throws {
    try Self.withCopy { folder in
      try Self.set("model_type", "\"\(type)\"", in: folder)
      #expect(
        throws: CheckpointError(
          "config.json: model_type: expected perceiver, found \(type): \(message)")
      ) { try Self.opened(folder.path) }
    }
  }

  @Test(
    "Labels of another number than the classes stand where they fit, and that is said",
    arguments: [
      (#"{"0": "no"}"#, ["no", "LABEL_1", "LABEL_2"]),
      (#"{"0": "a", "1": "b", "2": "c", "3": "d"}"#, ["a", "b", "c"]),
      (#"{"2": "last", "x": "none", "-1": "less"}"#, ["LABEL_0", "LABEL_1", "last"]),
    ])
  func labels(_ labels: String, _ expected: [String]) throws {
    try Self.withCopy { folder in
      try Self.set("id2label", labels, in: folder)
      let (model, notes) = try Self.opened(folder.path)
      #expect(model.configuration.classNames == expected)
      #expect(notes.contains { $0.hasPrefix("id2label has ") }, "\(notes)")
    }
  }

  /// Writes a member of config.json, or takes it out; one of an inner object behind its name and `/`.
  private static func set(_ path: String, _ value: String?, in folder: URL) throws {
    let file = folder.appending(path: "config.json")
    let whole = try JSONValue(parsing: Data(contentsOf: file))
    let names = path.split(separator: "/").map(String.init)
    try Data(text(whole, names[...], value).utf8).write(to: file)
  }

  /// The text of an object with another value for a member.
  private static func text(
    _ json: JSONValue, _ path: ArraySlice<String>, _ value: String?
  ) -> String {
    guard let name = path.first, case .object(let members) = json else { return json.text }
    var lines = members.filter { $0.name != name }.map {
      JSONValue.string($0.name).text + ": " + $0.value.text
    }
    let own =
      path.count > 1 ? text(json[name] ?? .object([]), path.dropFirst(), value) : value
    if let own { lines.append("\"\(name)\": \(own)") }
    return "{" + lines.joined(separator: ",\n") + "}"
  }
}
