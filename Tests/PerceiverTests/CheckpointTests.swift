// Checkpoints made here, right and wrong: what is found in them and what is said of them.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Checkpoints are read for what they are")
struct CheckpointTests {
  private static let toQ = "layers.0.cross_attn.fn.to_q.weight"

  private static func tensors(
    _ change: (inout PerceiverConfiguration) -> Void = { _ in }
  ) throws -> [StoredTensor] {
    try Perceiver(.small(change), seed: 4).storedTensors
  }

  private static func open<Result>(
    _ tensors: [StoredTensor], metadata: [String: String] = [:],
    _ body: (Checkpoint) throws -> Result
  ) throws -> Result {
    try withTemporaryFile(safetensorsBytes(tensors, metadata: metadata)) {
      try body(Checkpoint(path: $0))
    }
  }

  /// What a person must say of the small model's heads.
  private static func given(_ values: [String: HyperparameterValue] = [:]) -> GivenHyperparameters {
    var given = GivenHyperparameters()
    given.values = ["latent_heads": .integer(2), "max_freq": .real(4)]
    given.values.merge(values) { _, new in new }
    return given
  }

  private static func model(
    _ tensors: [StoredTensor], metadata: [String: String] = [:],
    _ values: [String: HyperparameterValue] = [:]
  ) throws -> Perceiver {
    try open(tensors, metadata: metadata) { checkpoint in
      let description = try checkpoint.describe(given: given(values))
      return try checkpoint.model(description.configuration)
    }
  }

  /// The message with which opening, describing or making the model ends.
  private static func refusal(
    _ tensors: [StoredTensor], metadata: [String: String] = [:],
    _ values: [String: HyperparameterValue] = [:]
  ) -> String? {
    do {
      _ = try model(tensors, metadata: metadata, values)
      return nil
    } catch {
      return "\(error)"
    }
  }

  private static func renamed(
    _ tensors: [StoredTensor], _ rename: (String) -> String
  ) -> [StoredTensor] {
    tensors.map { tensor in
      var tensor = tensor
      tensor.name = rename(tensor.name)
      return tensor
    }
  }

  /// Names as releases before 0.11.0 gave them.
  private static func old(_ name: String) -> String {
    let parts = name.split(separator: ".").map(String.init)
    guard parts.count > 2 else { return name }
    let rest = { (from: Int) in parts.dropFirst(from).joined(separator: ".") }
    switch (parts[0], parts[2]) {
    case ("layers", "cross_attn"): return "layers.\(parts[1]).0.\(rest(3))"
    case ("layers", "cross_ff"): return "layers.\(parts[1]).1.\(rest(3))"
    case ("layers", "self_attns"): return "layers.\(parts[1]).2.\(rest(3))"
    case ("attn_residuals", _): return "layers.\(parts[1]).3.\(rest(2))"
    default: return name
    }
  }

  @Test("The model of a file is the model that wrote it", arguments: SmallModel.all)
  func roundTrip(_ test: SmallModel) throws {
    let model = try Perceiver(test.configuration, seed: 4)
    let input = test.configuration.input(test.axes)
    let expected = try model(input)
    var values: [String: HyperparameterValue] = [:]
    for name in [
      "input_channels", "input_axis", "cross_heads", "inverted_cross_attn", "weight_tie_layers",
      "fourier_encode_data",
    ] {
      values[name] = HyperparameterCatalog[name]?.value(in: test.configuration)
    }
    for rename in [{ $0 }, Self.old] {
      let tensors = Self.renamed(model.storedTensors, rename)
      let read = try Self.model(tensors, values)
      #expect(try read(input) == expected)
      #expect(read.parameterCount == model.parameterCount)
      guard case .checkpoint(_, let layout) = read.origin else {
        Issue.record("origin is \(read.origin)")
        continue
      }
      #expect(layout == (tensors[1].name == Self.toQ ? "0.11.0" : "0.8.0 to 0.10.1"))
    }
  }

  @Test("A prefix of all names is taken off", arguments: ["module.", "model.perceiver."])
  func prefixes(_ prefix: String) throws {
    let tensors = try Self.tensors()
    let prefixed = Self.renamed(tensors) { prefix + $0 }
    let input = PerceiverConfiguration.small().input()
    #expect(try Self.model(prefixed)(input) == Self.model(tensors)(input))
    let stray = prefixed + [StoredTensor("other", Tensor(shape: [1]))]
    #expect(
      Self.refusal(stray) == "tensor other: expected names that begin with \(prefix)")
  }

  @Test("Values come from the file's shapes, with the reason; what shapes leave open is said")
  func description() throws {
    try Self.open(Self.tensors()) { checkpoint in
      #expect(checkpoint.layout == "0.11.0")
      #expect(checkpoint.entries.first == .some(checkpoint.entries[0]))
      #expect(checkpoint.entries[0].name == "latents" && checkpoint.entries[0].shape == [5, 8])
      let description = try checkpoint.describe(given: Self.given())
      #expect(description.configuration == .small())
      let facts = Dictionary(uniqueKeysWithValues: description.facts.map { ($0.name, $0) })
      for name in [
        "depth", "num_latents", "latent_dim", "num_freq_bands", "self_per_cross_attn",
        "num_classes", "latent_dim_head", "final_classifier_head",
      ] {
        #expect(facts[name]?.source == .derived, "\(name)")
        #expect(facts[name]?.reason.isEmpty == false)
      }
      #expect(facts["latent_heads"]?.source == .given)
      #expect(facts["max_freq"]?.source == .given)
      #expect(
        facts["num_freq_bands"]?.reason == "tokens have 13 channels in the file = 3 + 2 × 5")
      #expect(
        description.notes == [
          "cross_heads 1 is assumed: the file only knows that cross_heads × cross_dim_head is 6",
          "input_channels 3 is assumed: tokens have 13 channels in the file",
          "input_axis 2 is assumed: tokens have 13 channels in the file",
          "inverted_cross_attn no is assumed: the file does not say it",
        ])
      let nothing = try checkpoint.describe(given: GivenHyperparameters())
      #expect(nothing.configuration.latentHeads == 8 && nothing.configuration.latentDimHead == 1)
      #expect(nothing.notes.contains("max_freq 10.0 is assumed: the file does not say it"))
    }
  }

  @Test(
    "Bands and channels are told apart by what tokens add up to",
    arguments: [
      (2, 2, 3, [:], 2), (0, 2, 3, [:], 0), (6, 2, 3, [:], 6),
      (4, 1, 1, ["input_channels": .integer(1), "input_axis": .integer(1)], 4),
      (3, 3, 3, ["input_axis": .integer(3)], 3),
    ] as [(Int, Int, Int, [String: HyperparameterValue], Int)])
  func bands(
    _ bands: Int, _ axes: Int, _ channels: Int, _ given: [String: HyperparameterValue],
    _ expected: Int
  ) throws {
    let tensors = try Self.tensors {
      ($0.numFreqBands, $0.inputAxes, $0.inputChannels) = (bands, axes, channels)
    }
    let configuration = try Self.model(tensors, given).configuration
    #expect(configuration.numFreqBands == expected)
    #expect(configuration.inputAxes == axes && configuration.inputChannels == channels)
  }

  @Test("A file without positions is known by its channels")
  func noPositions() throws {
    let tensors = try Self.tensors { $0.fourierEncodeData = false }
    #expect(try Self.model(tensors).configuration.fourierEncodeData == false)
    #expect(
      try Self.model(tensors, ["fourier_encode_data": .toggle(false)]).configuration.inputChannels
        == 3)
    #expect(
      Self.refusal(tensors, ["num_freq_bands": .integer(2)])
        == "tokens have 3 channels in the file, which is not input_channels 3 + input_axis 2 × "
        + "(2 × num_freq_bands + 1) for any num_freq_bands; 3 could be 1 + 2 × 1")
  }

  @Test(
    "Given values that the file contradicts are refused, with both",
    arguments: [
      ("num_latents", .integer(6), "num_latents: expected 5 (rows of latents), found 6 as given"),
      (
        "latent_dim", .integer(16), "latent_dim: expected 8 (columns of latents), found 16 as given"
      ),
      ("depth", .integer(2), "depth: expected 3 (layers in the file), found 2 as given"),
      (
        "self_per_cross_attn", .integer(2),
        "self_per_cross_attn: expected 1 (blocks of layer 0), found 2 as given"
      ),
      (
        "weight_tie_layers", .toggle(true),
        "weight_tie_layers: expected no (layers differ), found yes as given"
      ),
      (
        "num_classes", .integer(8), "num_classes: expected 7 (rows of to_logits), found 8 as given"
      ),
      (
        "final_classifier_head", .toggle(false),
        "final_classifier_head: expected yes (to_logits is there), found no as given"
      ),
      (
        "attn_residual", .toggle(true),
        "attn_residual: expected no (no weights of it), found yes as given"
      ),
      (
        "num_freq_bands", .integer(3),
        "num_freq_bands: expected 2 (tokens have 13 channels in the file = 3 + 2 × 5), "
          + "found 3 as given"
      ),
      (
        "input_channels", .integer(4),
        "tokens have 13 channels in the file, which is not input_channels 4 + input_axis 2 × "
          + "(2 × num_freq_bands + 1) for any num_freq_bands; 13 could be 3 + 2 × 5, 4 + 1 × 9, "
          + "4 + 3 × 3"
      ),
      (
        "fourier_encode_data", .toggle(false),
        "num_freq_bands"
      ),
      (
        "cross_heads", .integer(4),
        "cross_heads × cross_dim_head is 6 in the file, which 4 heads do not divide"
      ),
      (
        "cross_dim_head", .integer(4),
        "cross_heads × cross_dim_head is 6 in the file, which 4 channels do not divide"
      ),
      (
        "latent_dim_head", .integer(8),
        "latent_heads × latent_dim_head is 8 in the file, found 2 × 8 as given"
      ),
    ] as [(String, HyperparameterValue, String)])
  func contradictions(_ name: String, _ value: HyperparameterValue, _ message: String) throws {
    // Without positions, 13 channels are 13 channels of data, which nothing contradicts.
    if name == "fourier_encode_data" {
      #expect(try Self.model(Self.tensors(), [name: value]).configuration.inputChannels == 13)
    } else {
      #expect(try Self.refusal(Self.tensors(), [name: value]) == message)
    }
  }

  @Test(
    "Given values out of range are refused before they are reckoned with",
    arguments: ["input_channels", "input_axis", "latent_heads", "cross_dim_head", "depth"],
    [.min, 0, .max] as [Int])
  func outOfRange(_ name: String, _ value: Int) throws {
    let message = try Self.refusal(Self.tensors(), [name: .integer(value)])
    #expect(message?.hasPrefix("\(name): expected a whole number from 1 to ") == true)
    #expect(message?.hasSuffix(", found \(value)") == true)
  }

  @Test("Heads that eight do not divide must be given")
  func heads() throws {
    let tensors = try Self.tensors { ($0.latentHeads, $0.latentDimHead) = (2, 3) }
    try Self.open(tensors) { checkpoint in
      let error = #expect(throws: CheckpointError.self) {
        try checkpoint.describe(given: GivenHyperparameters())
      }
      #expect(
        error?.description
          == "latent_heads × latent_dim_head is 6: expected latent_heads to be given, found nothing"
      )
    }
    #expect(try Self.model(tensors).configuration.latentDimHead == 3)
    #expect(
      try Self.model(tensors, ["latent_heads": .integer(6)]).configuration.latentDimHead == 1)
  }

  @Test("A tensor that is missing is named, with the shape it should have")
  func missing() throws {
    let tensors = try Self.tensors()
    for missing in tensors {
      let message = try #require(Self.refusal(tensors.filter { $0.name != missing.name }))
      // Marks and shapes from which hyperparameters are read are missed in other words.
      #expect(
        message.contains(missing.name) || missing.name == Self.toQ
          || missing.name == "to_logits.2.weight", "\(missing.name): \(message)")
    }
    #expect(
      Self.refusal(tensors.filter { $0.name != "to_logits.1.bias" })
        == "tensor to_logits.1.bias: expected shape [8], found no such tensor")
    #expect(
      Self.refusal(tensors.filter { $0.name != "latents" })
        == "expected one tensor called latents, found none")
  }

  @Test("A tensor too many is named")
  func extra() throws {
    let tensors = try Self.tensors()
    for name in [
      "layers.2.cross_attn.fn.to_q.bias", "pos_emb", "attn_residuals.1.x", "to_logits.9.weight",
      "attn_residuals.0.to_attn_logits.9223372036854775807.weight",
    ] {
      #expect(
        Self.refusal(tensors + [StoredTensor(name, Tensor(shape: [1, 1]))])
          == "tensor \(name): expected none of that name with these hyperparameters")
    }
  }

  @Test(
    "Layers numbered with gaps, or as high as numbers go, are refused",
    arguments: [4, 1000, .max] as [Int])
  func layerNumbers(_ number: Int) throws {
    let extra = StoredTensor("layers.\(number).cross_attn.fn.to_q.weight", Tensor(shape: [6, 8]))
    #expect(
      try Self.refusal(Self.tensors() + [extra])
        == "expected 4 layers, numbered from 0, found layer \(number)")
  }

  @Test("Residuals numbered as high as numbers go are refused")
  func residualNumbers() throws {
    let tensors = try Self.tensors { $0.attnResidual = true }
    // Without norms, as 0.10.0 has them: 0 and 1 where later releases have 1 and 2.
    let renumbered = tensors.compactMap { tensor -> StoredTensor? in
      var tensor = tensor
      guard tensor.name.contains("to_attn_logits") else { return tensor }
      guard !tensor.name.contains(".0.weight") else { return nil }
      tensor.name = tensor.name.replacing("logits.1.", with: "logits.0.")
        .replacing("logits.2.", with: "logits.1.")
      return tensor
    }
    let withoutNorm = Self.renamed(renumbered, Self.old)
    let input = PerceiverConfiguration.small().input()
    let model = try Self.model(withoutNorm)
    #expect(model.configuration.attnResidual)
    #expect(model.configuration.release == Release("0.10.0"))
    #expect(
      Self.refusal(renumbered)
        == "expected the parameters of one release of 0.11.0, found those of different ones")
    // Without its norm the residual weighs otherwise.
    #expect(try model(input) != Self.model(tensors)(input))
    for number in [2, Int.max] {
      let name = "layers.0.3.to_attn_logits.\(number).weight"
      let message = Self.refusal(withoutNorm + [StoredTensor(name, Tensor(shape: [8, 64]))])
      #expect(message?.hasPrefix("tensor attn_residuals.0.to_attn_logits.") == true)
      #expect(
        message?.hasSuffix("expected none of that name with these hyperparameters") == true)
    }
    let bias = StoredTensor("layers.0.3.to_attn_logits.0.bias", Tensor(shape: [64]))
    #expect(
      Self.refusal(withoutNorm + [bias])
        == "tensor attn_residuals.0.to_attn_logits.0.bias: expected none of that name with these hyperparameters"
    )
  }

  @Test("A tensor of another shape is named, with both shapes")
  func wrongShape() throws {
    var tensors = try Self.tensors()
    let index = try #require(tensors.firstIndex { $0.name == "layers.1.cross_ff.norm.weight" })
    tensors[index] = StoredTensor(tensors[index].name, Tensor(shape: [4, 2]))
    #expect(
      Self.refusal(tensors)
        == "tensor layers.1.cross_ff.norm.weight: expected shape [8], found [4, 2]")
    tensors[0] = StoredTensor("latents", Tensor(shape: [1, 5, 8]))
    #expect(Self.refusal(tensors) == "tensor latents: expected a matrix, found shape [1, 5, 8]")
    tensors[0] = StoredTensor("latents", Tensor(shape: [0, 8]))
    #expect(Self.refusal(tensors) == "tensor latents: expected a matrix, found shape [0, 8]")
  }

  @Test("A tensor of integers is named")
  func integers() throws {
    var tensors = try Self.tensors()
    tensors[1].type = "I32"
    #expect(
      Self.refusal(tensors)
        == "tensor \(Self.toQ): expected F32, F64, F16 or BF16, found I32")
  }

  @Test("One name under two spellings is refused")
  func twice() throws {
    let tensors = try Self.tensors()
    let twin = StoredTensor(
      name: "layers.0.0.fn.to_out.weight", shape: [8, 6],
      bytes: try #require(tensors.first { $0.name == "layers.0.cross_attn.fn.to_out.weight" }).bytes
    )
    #expect(
      Self.refusal(tensors + [twin])
        == "tensor \(twin.name): expected none of that name with these hyperparameters")
  }

  @Test(
    "A file of another model says which it is",
    arguments: [
      (["perceiver.embeddings.latents"], "a HuggingFace Perceiver"),
      (
        ["latents", "decoder_cross_attn.fn.to_q.weight"], "a Perceiver IO of no known release"
      ),
      (
        ["latents", "pos_emb", "layers.0.0.fn.to_out.0.weight", "layers.0.2.norm.g"],
        "a Perceiver of a release before 0.1.12"
      ),
      (
        ["latents", "data_proj.weight", "layers.0.0.fn.to_out.0.weight"],
        "a bottom-up Perceiver of a release before 0.1.10"
      ),
      (["latents", "x"], "other tensors (no layers.0.cross_attn.fn.to_q.weight)"),
    ])
  func otherModels(_ names: [String], _ found: String) {
    let tensors = names.map { StoredTensor($0, Tensor(shape: [2, 2])) }
    #expect(
      Self.refusal(tensors)
        == "expected a model of perceiver-pytorch 0.1.14 to 0.11.0, found \(found)")
  }

  @Test("Half and bfloat files give models within their precision")
  func halves() throws {
    let model = try Perceiver(.small(), seed: 4)
    let input = model.configuration.input()
    let expected = try model(input)
    let bfloats = model.storedTensors.map { tensor in
      var tensor = tensor
      tensor.type = "BF16"
      tensor.bytes = stride(from: 0, to: tensor.bytes.count, by: 4)
        .flatMap { Array(tensor.bytes[$0 + 2..<$0 + 4]) }
      return tensor
    }
    try Self.open(bfloats) { checkpoint in
      #expect(checkpoint.entries.allSatisfy { $0.type.name == "BF16" })
      let read = try checkpoint.model(.small())
      // Cut to eight bits of significand, every weight is off by up to 1 in 128.
      let error = relativeError(try read(input), expected)
      #expect(error > 0 && error < 0.05)
    }
  }

  @Test("Tied layers: repeated, dropped with their names kept, or dropped altogether")
  func tied() throws {
    let configuration = PerceiverConfiguration.small { ($0.weightTieLayers, $0.depth) = (true, 4) }
    let model = try Perceiver(configuration, seed: 4)
    let input = configuration.input()
    let expected = try model(input)
    let repeated = model.storedTensors
    #expect(try Self.model(repeated)(input) == expected)
    #expect(try Self.model(repeated).configuration == configuration)

    func isLater(_ name: String) -> Bool { name.contains("layers.2") || name.contains("layers.3") }
    let stored = repeated.filter { !isLater($0.name) }
    let aliases = Dictionary(
      uniqueKeysWithValues: repeated.map(\.name).filter(isLater).map { name in
        (name, name.replacing(/layers\.[23]/, with: "layers.1"))
      })
    let named = try Self.model(stored, metadata: aliases)
    #expect(named.configuration == configuration)
    #expect(try named(input) == expected)

    // Without the names the file looks like two layers; whoever knows can say so.
    #expect(try Self.model(stored).configuration.depth == 2)
    let told = try Self.model(
      stored, ["weight_tie_layers": .toggle(true), "depth": .integer(4)])
    #expect(try told(input) == expected)
  }

  @Test("A tied file runs at another depth")
  func otherDepth() throws {
    let tied: (inout PerceiverConfiguration) -> Void = { $0.weightTieLayers = true }
    let file = try Self.tensors(tied)
    for depth in [2, 3, 7] {
      let configuration = PerceiverConfiguration.small {
        tied(&$0)
        $0.depth = depth
      }
      let read = try Self.model(file, ["depth": .integer(depth)])
      #expect(read.configuration == configuration)
      let input = configuration.input()
      #expect(try read(input) == Perceiver(configuration, seed: 4)(input))
    }
  }

  @Test("Layers that are said to be tied and differ are refused")
  func falselyTied() throws {
    let tensors = try Self.tensors()
    try Self.open(tensors) { checkpoint in
      let error = #expect(throws: CheckpointError.self) {
        try checkpoint.model(.small { $0.weightTieLayers = true })
      }
      #expect(
        error?.description
          == "tensor layers.2.cross_attn.fn.to_kv.weight: expected the values of "
          + "layers.1.cross_attn.fn.to_kv.weight, as weight_tie_layers says, found others")
    }
  }

  @Test("NaN in a weight is no error: the model runs and shows it")
  func notANumber() throws {
    var tensors = try Self.tensors()
    tensors[1].bytes.replaceSubrange(0..<4, with: littleEndianBytes(Float.nan.bitPattern))
    let model = try Self.model(tensors)
    #expect(try model(model.configuration.input()).values.allSatisfy { $0.isNaN })
  }

  @Test("A file cut anywhere, or that is no checkpoint at all, is refused")
  func damaged() throws {
    let bytes = safetensorsBytes(try Self.tensors())
    for end in stride(from: 0, to: bytes.count, by: 997) {
      #expect(throws: TensorFileError.self) {
        try withTemporaryFile(Array(bytes[..<end])) { try Checkpoint(path: $0) }
      }
    }
    let missing = #expect(throws: FileAccessError.self) { try Checkpoint(path: "/no/such/file") }
    #expect(missing?.description == "no such file")
  }
}
