// Tensors of checkpoints: what is missing, too many, of another kind, tied, or damaged.

import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Tensors of a checkpoint are all that the model has, and fit it")
struct CheckpointTensorTests {
  @Test("A tensor that is missing is named, with the shape it should have")
  func missing() throws {
    let tensors = try SmallCheckpoint.tensors()
    for missing in tensors {
      let message = try #require(
        SmallCheckpoint.refusal(tensors.filter { $0.name != missing.name }))
      // Marks and shapes from which hyperparameters are read are missed in other words.
      #expect(
        message.contains(missing.name) || missing.name == SmallCheckpoint.toQ
          || missing.name == "to_logits.2.weight", "\(missing.name): \(message)")
    }
    #expect(
      SmallCheckpoint.refusal(tensors.filter { $0.name != "to_logits.1.bias" })
        == "tensor to_logits.1.bias: expected shape [8], found no such tensor")
    #expect(
      SmallCheckpoint.refusal(tensors.filter { $0.name != "latents" })
        == "expected one tensor called latents, found none")
  }

  @Test("A tensor too many is named")
  func extra() throws {
    let tensors = try SmallCheckpoint.tensors()
    for name in [
      "layers.2.cross_attn.fn.to_q.bias", "pos_emb", "attn_residuals.1.x", "to_logits.9.weight",
      "attn_residuals.0.to_attn_logits.9223372036854775807.weight",
    ] {
      #expect(
        SmallCheckpoint.refusal(tensors + [StoredTensor(name, Tensor(shape: [1, 1]))])
          == "tensor \(name): expected none of that name with these hyperparameters")
    }
  }

  @Test(
    "Layers numbered with gaps, or as high as numbers go, are refused",
    arguments: [4, 1000, .max] as [Int])
  func layerNumbers(_ number: Int) throws {
    let extra = StoredTensor("layers.\(number).cross_attn.fn.to_q.weight", Tensor(shape: [6, 8]))
    #expect(
      try SmallCheckpoint.refusal(SmallCheckpoint.tensors() + [extra])
        == "expected 4 layers, numbered from 0, found layer \(number)")
  }

  @Test("Residuals numbered as high as numbers go are refused")
  func residualNumbers() throws {
    let tensors = try SmallCheckpoint.tensors { $0.attnResidual = true }
    // Without norms, as 0.10.0 has them: 0 and 1 where later releases have 1 and 2.
    let renumbered = tensors.compactMap { tensor -> StoredTensor? in
      var tensor = tensor
      guard tensor.name.contains("to_attn_logits") else { return tensor }
      guard !tensor.name.contains(".0.weight") else { return nil }
      tensor.name = tensor.name.replacing("logits.1.", with: "logits.0.")
        .replacing("logits.2.", with: "logits.1.")
      return tensor
    }
    let withoutNorm = SmallCheckpoint.renamed(renumbered, SmallCheckpoint.old)
    let input = PerceiverConfiguration.small().input()
    let model = try SmallCheckpoint.model(withoutNorm)
    #expect(model.arguments.attnResidual)
    #expect(model.arguments.release == Release("0.10.0"))
    #expect(
      SmallCheckpoint.refusal(renumbered)
        == "expected the parameters of one release of 0.11.0, found those of different ones")
    // Without its norm the residual weighs otherwise.
    #expect(try model(input) != SmallCheckpoint.model(tensors)(input))
    for number in [2, Int.max] {
      let name = "layers.0.3.to_attn_logits.\(number).weight"
      let message = SmallCheckpoint.refusal(
        withoutNorm + [StoredTensor(name, Tensor(shape: [8, 64]))])
      #expect(message?.hasPrefix("tensor attn_residuals.0.to_attn_logits.") == true)
      #expect(
        message?.hasSuffix("expected none of that name with these hyperparameters") == true)
    }
    let bias = StoredTensor("layers.0.3.to_attn_logits.0.bias", Tensor(shape: [64]))
    #expect(
      SmallCheckpoint.refusal(withoutNorm + [bias])
        == "tensor attn_residuals.0.to_attn_logits.0.bias: expected none of that name with these hyperparameters"
    )
  }

  @Test("A tensor of another shape is named, with both shapes")
  func wrongShape() throws {
    var tensors = try SmallCheckpoint.tensors()
    let index = try #require(tensors.firstIndex { $0.name == "layers.1.cross_ff.norm.weight" })
    tensors[index] = StoredTensor(tensors[index].name, Tensor(shape: [4, 2]))
    #expect(
      SmallCheckpoint.refusal(tensors)
        == "tensor layers.1.cross_ff.norm.weight: expected shape [8], found [4, 2]")
    tensors[0] = StoredTensor("latents", Tensor(shape: [1, 5, 8]))
    #expect(
      SmallCheckpoint.refusal(tensors) == "tensor latents: expected a matrix, found shape [1, 5, 8]"
    )
    tensors[0] = StoredTensor("latents", Tensor(shape: [0, 8]))
    #expect(
      SmallCheckpoint.refusal(tensors) == "tensor latents: expected a matrix, found shape [0, 8]")
  }

  @Test("A tensor of integers is named")
  func integers() throws {
    var tensors = try SmallCheckpoint.tensors()
    tensors[1].type = "I32"
    #expect(
      SmallCheckpoint.refusal(tensors)
        == "tensor \(SmallCheckpoint.toQ): expected F32, F64, F16 or BF16, found I32")
  }

  @Test("One name under two spellings is refused")
  func twice() throws {
    let tensors = try SmallCheckpoint.tensors()
    let twin = StoredTensor(
      name: "layers.0.0.fn.to_out.weight", shape: [8, 6],
      bytes: try #require(tensors.first { $0.name == "layers.0.cross_attn.fn.to_out.weight" }).bytes
    )
    #expect(
      SmallCheckpoint.refusal(tensors + [twin])
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
      SmallCheckpoint.refusal(tensors)
        == "expected a model of perceiver-pytorch 0.1.14 to 0.11.0, found \(found)")
  }

  @Test("Half and bfloat files give models within their precision")
  func halves() throws {
    let model = try Perceiver(.small(), seed: 4)
    let input = model.arguments.input()
    let expected = try model(input)
    let bfloats = model.storedTensors.map { tensor in
      var tensor = tensor
      tensor.type = "BF16"
      tensor.bytes = stride(from: 0, to: tensor.bytes.count, by: 4)
        .flatMap { Array(tensor.bytes[$0 + 2..<$0 + 4]) }
      return tensor
    }
    try SmallCheckpoint.open(bfloats) { checkpoint in
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
    #expect(try SmallCheckpoint.model(repeated)(input) == expected)
    #expect(try SmallCheckpoint.model(repeated).arguments == configuration)

    func isLater(_ name: String) -> Bool { name.contains("layers.2") || name.contains("layers.3") }
    let stored = repeated.filter { !isLater($0.name) }
    let aliases = Dictionary(
      uniqueKeysWithValues: repeated.map(\.name).filter(isLater).map { name in
        (name, name.replacing(/layers\.[23]/, with: "layers.1"))
      })
    let named = try SmallCheckpoint.model(stored, metadata: aliases)
    #expect(named.arguments == configuration)
    #expect(try named(input) == expected)

    // Without the names the file looks like two layers; whoever knows can say so.
    #expect(try SmallCheckpoint.model(stored).arguments.depth == 2)
    let told = try SmallCheckpoint.model(
      stored, ["weight_tie_layers": .toggle(true), "depth": .integer(4)])
    #expect(try told(input) == expected)
  }

  @Test("A tied file runs at another depth")
  func otherDepth() throws {
    let tied: (inout PerceiverConfiguration) -> Void = { $0.weightTieLayers = true }
    let file = try SmallCheckpoint.tensors(tied)
    for depth in [2, 3, 7] {
      let configuration = PerceiverConfiguration.small {
        tied(&$0)
        $0.depth = depth
      }
      let read = try SmallCheckpoint.model(file, ["depth": .integer(depth)])
      #expect(read.arguments == configuration)
      let input = configuration.input()
      #expect(try read(input) == Perceiver(configuration, seed: 4)(input))
    }
  }

  @Test("Layers that are said to be tied and differ are refused")
  func falselyTied() throws {
    let tensors = try SmallCheckpoint.tensors()
    try SmallCheckpoint.open(tensors) { checkpoint in
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
    var tensors = try SmallCheckpoint.tensors()
    tensors[1].bytes.replaceSubrange(0..<4, with: littleEndianBytes(Float.nan.bitPattern))
    let model = try SmallCheckpoint.model(tensors)
    #expect(try model(model.arguments.input()).values.allSatisfy { $0.isNaN })
  }

  @Test("A file cut anywhere, or that is no checkpoint at all, is refused")
  func damaged() throws {
    let bytes = safetensorsBytes(try SmallCheckpoint.tensors())
    for end in stride(from: 0, to: bytes.count, by: 997) {
      #expect(throws: TensorFileError.self) {
        try withTemporaryFile(Array(bytes[..<end])) { try Checkpoint(path: $0) }
      }
    }
    let missing = #expect(throws: FileAccessError.self) { try Checkpoint(path: "/no/such/file") }
    #expect(missing?.description == "no such file")
  }
}
