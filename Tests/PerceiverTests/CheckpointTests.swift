// Checkpoints made here: which model is found in them, and which hyperparameters they leave open.

import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Checkpoints are read for what they are")
struct CheckpointTests {
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
    for rename in [{ $0 }, SmallCheckpoint.old] {
      let tensors = SmallCheckpoint.renamed(model.storedTensors, rename)
      let read = try SmallCheckpoint.model(tensors, values)
      #expect(try read(input) == expected)
      #expect(read.parameterCount == model.parameterCount)
      guard case .checkpoint(_, let layout) = read.origin else {
        Issue.record("origin is \(read.origin)")
        continue
      }
      #expect(layout == (tensors[1].name == SmallCheckpoint.toQ ? "0.11.0" : "0.8.0 to 0.10.1"))
    }
  }

  @Test("A prefix of all names is taken off", arguments: ["module.", "model.perceiver."])
  func prefixes(_ prefix: String) throws {
    let tensors = try SmallCheckpoint.tensors()
    let prefixed = SmallCheckpoint.renamed(tensors) { prefix + $0 }
    let input = PerceiverConfiguration.small().input()
    #expect(try SmallCheckpoint.model(prefixed)(input) == SmallCheckpoint.model(tensors)(input))
    let stray = prefixed + [StoredTensor("other", Tensor(shape: [1]))]
    #expect(try SmallCheckpoint.model(stray)(input) == SmallCheckpoint.model(tensors)(input))
    try SmallCheckpoint.open(stray) { checkpoint in
      #expect(checkpoint.modulePrefix == prefix)
      #expect(checkpoint.leftOut.map(\.name) == ["other"])
      #expect(
        checkpoint.notes == [
          "the model is the tensors whose names begin with \(prefix); "
            + "left out: 1 tensor beside it, other"
        ])
    }
  }

  @Test("Values come from the file's shapes, with the reason; what shapes leave open is said")
  func description() throws {
    try SmallCheckpoint.open(SmallCheckpoint.tensors()) { checkpoint in
      #expect(checkpoint.layout == "0.11.0")
      #expect(checkpoint.entries.first == .some(checkpoint.entries[0]))
      #expect(checkpoint.entries[0].name == "latents" && checkpoint.entries[0].shape == [5, 8])
      let description = try checkpoint.describe(given: SmallCheckpoint.given())
      #expect(description.configuration.arguments == .small())
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
      #expect(
        nothing.configuration.arguments.latentHeads == 8
          && nothing.configuration.arguments.latentDimHead == 1)
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
    let tensors = try SmallCheckpoint.tensors {
      ($0.numFreqBands, $0.inputAxes, $0.inputChannels) = (bands, axes, channels)
    }
    let configuration = try SmallCheckpoint.model(tensors, given).arguments
    #expect(configuration.numFreqBands == expected)
    #expect(configuration.inputAxes == axes && configuration.inputChannels == channels)
  }

  @Test("A file without positions is known by its channels")
  func noPositions() throws {
    let tensors = try SmallCheckpoint.tensors { $0.fourierEncodeData = false }
    #expect(try SmallCheckpoint.model(tensors).arguments.fourierEncodeData == false)
    #expect(
      try SmallCheckpoint.model(tensors, ["fourier_encode_data": .toggle(false)]).configuration
        .inputChannels
        == 3)
    #expect(
      SmallCheckpoint.refusal(tensors, ["num_freq_bands": .integer(2)])
        == "tokens have 3 channels in the file, which is not input_channels 3 + input_axis 2 × "
        + "(2 × num_freq_bands + 1) for any num_freq_bands; 3 could be 1 + 2 × 1")
  }

  @Test(
    "Given values that the file contradicts are refused, with both",
    arguments: [
      (
        "num_latents", .integer(6),
        "num_latents: expected 5 (rows of the tensor latents), found 6 as given"
      ),
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
        "attn_residual: expected no (the file has no weights for it), found yes as given"
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
      #expect(
        try SmallCheckpoint.model(SmallCheckpoint.tensors(), [name: value]).configuration
          .inputChannels == 13)
    } else {
      #expect(try SmallCheckpoint.refusal(SmallCheckpoint.tensors(), [name: value]) == message)
    }
  }

  @Test(
    "Given values out of range are refused before they are reckoned with",
    arguments: ["input_channels", "input_axis", "latent_heads", "cross_dim_head", "depth"],
    [.min, 0, .max] as [Int])
  func outOfRange(_ name: String, _ value: Int) throws {
    let message = try SmallCheckpoint.refusal(SmallCheckpoint.tensors(), [name: .integer(value)])
    #expect(message?.hasPrefix("\(name): expected a whole number from 1 to ") == true)
    #expect(message?.hasSuffix(", found \(value)") == true)
  }

  @Test("Heads that eight do not divide must be given")
  func heads() throws {
    let tensors = try SmallCheckpoint.tensors { ($0.latentHeads, $0.latentDimHead) = (2, 3) }
    try SmallCheckpoint.open(tensors) { checkpoint in
      let error = #expect(throws: CheckpointError.self) {
        try checkpoint.describe(given: GivenHyperparameters())
      }
      #expect(
        error?.description
          == "latent_heads × latent_dim_head is 6: expected latent_heads to be given, found nothing"
      )
    }
    #expect(try SmallCheckpoint.model(tensors).arguments.latentDimHead == 3)
    #expect(
      try SmallCheckpoint.model(tensors, ["latent_heads": .integer(6)]).arguments.latentDimHead
        == 1)
  }
}
