// Models written for perceiver-pytorch: names, arguments and values, for every reference case.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Models are written as their releases write them")
struct ExportTests {
  typealias Case = ReleaseParityTests.Case

  private static let whole = Case.all.filter { $0.file == "model.safetensors" }

  @Test("In its own layout a model has the file's names and bits", arguments: Case.all)
  func ownLayout(_ test: Case) throws {
    let model = try ReferenceCase(folder: test.folder.path, checkpoint: test.file).model
    let export = try model.exported(as: .own)
    let file = try TensorFile(path: test.folder.appending(path: "model.safetensors").path)
    #expect(Set(export.tensors.keys) == Set(file.entries.map(\.name)))
    for (name, tensor) in export.tensors {
      #expect(try tensor == file.tensor(named: name), "\(name)")
    }
  }

  @Test("What is written is read as the same model", arguments: whole, ExportLayout.allCases)
  func roundTrip(_ test: Case, _ layout: ExportLayout) throws {
    let model = try ReferenceCase(folder: test.folder.path, checkpoint: test.file).model
    guard let export = try? model.exported(as: layout) else {
      // What a release cannot run is refused; a model's own release can run it.
      #expect(layout != .own)
      return
    }
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "model.safetensors").path
      try SafetensorsWriter.write(export.tensors, to: path)
      let checkpoint = try Checkpoint(path: path)
      let given = try GivenHyperparameters(json: export.configuration)
      let read = try checkpoint.model(try checkpoint.describe(given: given).configuration)
      #expect(read.arguments.release == export.release)
      let expected = try TensorFile(
        path: test.folder.appending(path: "expected.safetensors").path)
      let input = try expected.numbers(named: "input").row(0)
      let ours = try model(input)
      #expect(try read(input) == ours)
    }
  }

  @Test(
    "0.10.0's attention residual has no norm, in the file's names and in the model that is read",
    arguments: [
      (Variant.perceiver, "layers.0.3."), (.io, "layers.0.2."),
      (.languageModel, "perceiver_io.layers.0.2."),
    ])
  func residualWithoutNorm(_ variant: Variant, _ owner: String) throws {
    for release in ["0.10.0", "0.10.1"] {
      let configuration = PerceiverConfiguration.small {
        ($0.variant, $0.attnResidual, $0.attnResidualRank) = (variant, true, 3)
        $0.release = Release(release) ?? .latest
        ($0.numTokens, $0.maxSeqLen, $0.dim) = (9, 24, 6)
      }
      let model = try Perceiver(configuration, seed: 5)
      let export = try model.exported(as: .own)
      let shapes = (0...2).map { number in
        export.tensors["\(owner)to_attn_logits.\(number).weight"]?.shape
      }
      #expect(shapes == (release == "0.10.0" ? [[3, 8], [8, 3], nil] : [[8], [3, 8], [8, 3]]))
      try withTemporaryFolder { folder in
        let path = folder.appending(path: "model.safetensors").path
        // Behind a beginning, where the names are not the layout's own.
        try SafetensorsWriter.write(
          Dictionary(uniqueKeysWithValues: export.tensors.map { ("module." + $0, $1) }), to: path)
        let checkpoint = try Checkpoint(path: path)
        var given = try GivenHyperparameters(json: export.configuration)
        // The names and shapes alone say which of the two releases it was.
        given.values["release"] = nil
        let read = try checkpoint.model(try checkpoint.describe(given: given).configuration)
        #expect(read.arguments.release == configuration.release)
        for name in model.arguments.residualNames {
          #expect(read.parameter(named: name) == model.parameter(named: name), "\(name)")
        }
      }
    }
  }

  @Test("What the classes are called is written beside the arguments, which stay the class's own")
  func classNames() throws {
    var configuration = PerceiverConfiguration(
      depth: 1, numLatents: 2, latentDim: 4, latentHeads: 1, crossDimHead: 4, latentDimHead: 4,
      numClasses: 3)
    let names = ["cat", "a \"dog\"", "é\n"]
    let unnamed = try Perceiver(configuration, seed: 0).exported(as: .own).configuration
    #expect(!String(decoding: unnamed, as: UTF8.self).contains("class_names"))
    configuration.classNames = names
    let named = try Perceiver(configuration, seed: 0).exported(as: .own).configuration
    let given = try GivenHyperparameters(json: named)
    #expect(given.classNames == names)
    #expect(given.values == (try GivenHyperparameters(json: unnamed)).values)
  }

  @Test("Tied tensors that are written once are read as the same model", arguments: whole)
  func tiedOnce(_ test: Case) throws {
    let model = try ReferenceCase(folder: test.folder.path, checkpoint: test.file).model
    let (once, repeated) = (
      try model.exported(as: .own, tied: .once), try model.exported(as: .own)
    )
    // Every name is in the file or stands for one of it, and together they are the state dict.
    #expect(Set(once.tensors.keys).isDisjoint(with: once.aliases.keys))
    #expect(Set(once.tensors.keys).union(once.aliases.keys) == Set(repeated.tensors.keys))
    for (alias, name) in once.aliases { #expect(repeated.tensors[alias] == once.tensors[name]) }
    #expect(once.aliases.isEmpty || model.arguments.weightTieLayers)
    let count = once.tensors.values.reduce(0) { $0 + $1.count }
    #expect(count == model.parameterCount)
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "model.safetensors").path
      try SafetensorsWriter.write(once.tensors, aliases: once.aliases, to: path)
      let given = try GivenHyperparameters(json: once.configuration)
      let checkpoint = try Checkpoint(path: path)
      let read = try checkpoint.model(try checkpoint.describe(given: given).configuration)
      let expected = try TensorFile(
        path: test.folder.appending(path: "expected.safetensors").path)
      let input = try expected.numbers(named: "input").row(0)
      #expect(try read(input) == model(input))
    }
  }

  @Test("A configuration has exactly the arguments of its release's class", arguments: whole)
  func arguments(_ test: Case) throws {
    let bytes = try Data(contentsOf: test.folder.appending(path: "config.json"))
    let theirs = try JSONValue(parsing: [UInt8](bytes))
    let model = try ReferenceCase(folder: test.folder.path, checkpoint: test.file).model
    let ours = try JSONValue(parsing: try model.exported(as: .own).configuration)
    for key in ["version", "module", "cls"] { #expect(ours[key] == theirs[key]) }
    let written = Self.names(ours["args"])
    // Ignored: cross_dim, and in the mixed-latents class what self-attention would have.
    let ignored: Set = ["cross_dim", "latent_heads", "latent_dim_head"]
    let known = Self.names(theirs["args"]).union(Self.names(theirs["defaults"]))
      .subtracting(model.arguments.variant == .mixedLatents ? ignored : ["cross_dim"])
    // A language model hands most arguments on, and its constructor does not name them.
    if model.arguments.variant == .languageModel {
      #expect(written.isSuperset(of: known))
    } else {
      #expect(written == known)
    }
  }

  private static func names(_ object: JSONValue?) -> Set<String> {
    guard case .object(let members)? = object else { return [] }
    return Set(members.map(\.name))
  }

  @Test(
    "What a release computes otherwise is refused, with what it is",
    arguments: [
      ("v0.1.15_rms_base3", ExportLayout.latest, "the RMSNorm of 0.1.15"),
      ("v0.3.0_rotary", .latest, "the rotary latents of 0.3.0"),
      ("v0.7.3_log", .latest, "the frequency bands of 0.7.3"),
      ("v0.5.0_io", .latest, "a cross-attention in every layer, as 0.5.0 has"),
      ("v0.10.0_attn_residual", .latest, "the attention residual of 0.10.0"),
      ("v0.11.0_attn_residual", .eighth, "the attention residual of 0.11.0"),
      ("v0.11.0_inverted", .eighth, "inverted cross-attention, which began with 0.9.0"),
      (
        "v0.8.7_experimental", .latest,
        "a bottom-up Perceiver with encoded positions and an odd number of channels; layout 0.8 "
          + "has it as 0.8.7"
      ),
    ])
  func refuses(_ name: String, _ layout: ExportLayout, _ what: String) throws {
    let test = try #require(Self.whole.first { $0.folder.lastPathComponent == name })
    let model = try ReferenceCase(folder: test.folder.path, checkpoint: test.file).model
    let error = #expect(throws: ConfigurationError.self) { try model.exported(as: layout) }
    #expect(error?.description.hasSuffix("expected a model that it can run, found \(what)") == true)
  }

  @Test("A bottom-up Perceiver that its own release cannot run is written for the last that can")
  func lastThatRuns() throws {
    func release(_ channels: Int) throws -> Release {
      let configuration = PerceiverConfiguration.small {
        ($0.variant, $0.inputChannels) = (.bottomUp, channels)
      }
      return try Perceiver(configuration, seed: 0).exported(as: .own).release
    }
    #expect(try release(1).description == "0.8.7")
    #expect(try release(2) == .latest)
    // Options that it does not have are no reason to refuse it.
    let odd = PerceiverConfiguration.small {
      ($0.variant, $0.inputChannels) = (.bottomUp, 1)
      ($0.attnResidual, $0.invertedCrossAttn) = (true, .all)
    }
    #expect(try Perceiver(odd, seed: 0).exported(as: .own).release.description == "0.8.7")
  }

  @Test("An attention temperature goes into the weights")
  func temperature() throws {
    let configuration = PerceiverConfiguration.small { $0.attentionTemperature = 2 }
    let model = try Perceiver(configuration, seed: 3)
    let export = try model.exported(as: .latest)
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "model.safetensors").path
      try SafetensorsWriter.write(export.tensors, to: path)
      let given = try GivenHyperparameters(json: export.configuration)
      let checkpoint = try Checkpoint(path: path)
      let read = try checkpoint.model(try checkpoint.describe(given: given).configuration)
      #expect(read.arguments.attentionTemperature == 1)
      let input = configuration.input()
      #expect(relativeError(try read(input), try model(input)) < 1e-6)
      var plain = configuration
      plain.attentionTemperature = 1
      let other = try Perceiver(plain, seed: 3)
      #expect(relativeError(try other(input), try model(input)) > 1e-4)
    }
  }
}

extension PerceiverConfiguration {
  /// Names of release 0.11.0 of the attention residuals' layers.
  fileprivate var residualNames: [String] {
    let prefix = variant == .languageModel ? "perceiver_io." : ""
    return (0..<depth).flatMap { layer in
      [1, 2].map { "\(prefix)attn_residuals.\(layer).to_attn_logits.\($0).weight" }
    }
  }
}
