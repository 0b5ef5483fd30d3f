// `convert` and `verify`: what is written, refused and compared.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("convert and verify")
struct ConvertTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func fixture(_ name: String) -> String {
    Program.repository
      .appendingPathComponent("Tests/PerceiverTests/Fixtures/perceiver-pytorch/\(name)").path
  }

  private func convert(_ arguments: String...) throws -> ProgramResult {
    try Program.run(["convert"] + arguments, in: folder.url)
  }

  @Test("a checkpoint becomes safetensors and arguments, which are read again by themselves")
  func converts() throws {
    let result = try convert(fixture("v0.11.0_tied/model_dedup.safetensors"), "-o", "m.safetensors")
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.text.contains("m.safetensors: 83 tensors, "))
    #expect(result.text.contains("m.json: its arguments"))
    #expect(folder.contents == ["m.json", "m.safetensors"])
    let again = try Program.run(["info", "m.safetensors"], in: folder.url)
    #expect(again.status == 0, "\(again.standardError)")
    #expect(again.text.contains(#/latent_heads +2 +given/#))
    #expect(again.text.contains(#/weight_tie_layers +yes +derived/#))
    #expect(again.text.contains("note: hyperparameters are read from m.json beside it"))
  }

  @Test("tensors that layers share are written once if asked for, and make the same model")
  func sharedOnce() throws {
    let source = fixture("v0.11.0_tied/model.safetensors")
    let repeated = try convert(source, "-o", "every.safetensors")
    let shared = try convert(source, "-o", "once.safetensors", "--shared-once")
    #expect(repeated.status == 0 && shared.status == 0)
    // The larger file says what the option would make of it, in the words of the smaller one.
    let size = try #require(shared.text.firstMatch(of: #/tensors, (.+?), for/#)).1
    #expect(repeated.text.contains("--shared-once would make it \(size)\n"))
    #expect(!shared.text.contains("would make it"))
    func opened(_ name: String) throws -> (size: Int, parameters: [String: Tensor]) {
      let checkpoint = try Checkpoint(path: folder.path(name))
      let given = try GivenHyperparameters.of(checkpoint) ?? .init()
      let model = try checkpoint.model(try checkpoint.describe(given: given).configuration)
      let size = try Data(contentsOf: folder.url.appending(path: name)).count
      return (size, try model.exported(as: .latest).tensors)
    }
    let (every, once) = (try opened("every.safetensors"), try opened("once.safetensors"))
    #expect(once.parameters == every.parameters && !every.parameters.isEmpty)
    #expect(once.size * 5 < every.size * 4)
    let refused = try convert(
      Program.repository.appending(path: "Tests/PerceiverTests/Fixtures/huggingface/bare").path,
      "-o", "f", "--shared-once")
    #expect(refused.status == 64)
    #expect(refused.standardError.contains("--shared-once: expected a layout of perceiver-pytorch"))
  }

  @Test("a state dict of torch.save is read with its wrapper")
  func torch() throws {
    let result = try convert(fixture("v0.11.0_io_tied/model_wrapped.pth"), "-o", "m.safetensors")
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.standardError.contains("the weights are those under state_dict"))
    let mine = try TensorFile(path: folder.path("m.safetensors"))
    let theirs = try TensorFile(path: fixture("v0.11.0_io_tied/model.safetensors"))
    #expect(Set(mine.entries.map(\.name)) == Set(theirs.entries.map(\.name)))
  }

  @Test("files that are there are kept unless they are to be replaced")
  func keeps() throws {
    let source = fixture("v0.11.0/model.safetensors")
    #expect(try convert(source, "-o", "m.safetensors").status == 0)
    let before = try Data(contentsOf: folder.url.appending(path: "m.safetensors"))
    let refused = try convert(source, "-o", "m.safetensors", "--layout", "0.8")
    #expect(refused.status == 73)
    #expect(refused.standardError.contains("m.safetensors: it exists already; --force replaces it"))
    #expect(try Data(contentsOf: folder.url.appending(path: "m.safetensors")) == before)
    #expect(try convert(source, "-o", "m.safetensors", "--layout", "0.8", "--force").status == 0)
    let names = try TensorFile(path: folder.path("m.safetensors")).entries.map(\.name)
    #expect(names.contains("layers.0.0.fn.to_q.weight"))
  }

  @Test(
    "what cannot be done is said in a line, and nothing is written",
    arguments: [
      (
        ["v0.7.3_log/model.safetensors", "-o", "m.safetensors"], 65,
        "layout 0.11.0: expected a model that it can run, found the frequency bands of 0.7.3"
      ),
      (
        ["v0.11.0/config.json", "-o", "m.safetensors"], 65,
        "expected a safetensors or torch.save file, found"
      ),
      (["v0.11.0/none.pt", "-o", "m.safetensors"], 66, "none.pt: "),
      (
        ["v0.11.0/model.safetensors", "-o", "m.safetensors", "--layout", "0.9"], 64,
        "--layout: expected 0.11.0, 0.8, own, huggingface, perceiver-io, found 0.9"
      ),
      (["v0.11.0/model.safetensors", "-o", "no/m.safetensors"], 73, "no/m"),
    ] as [([String], Int32, String)])
  func refuses(_ arguments: [String], _ status: Int32, _ message: String) throws {
    let result = try Program.run(
      ["convert", fixture(arguments[0])] + arguments.dropFirst(), in: folder.url)
    #expect(result.status == status)
    #expect(result.errorLines.last?.contains(message) == true, "\(result.standardError)")
    #expect(folder.contents.isEmpty)
  }

  @Test("a model folder becomes a folder, with what lay beside its weights")
  func folders() throws {
    let source = Program.repository.appending(
      path: "Tests/TensorsTests/Fixtures/huggingface-folders/safetensors")
    let result = try convert(source.path, "-o", "copy")
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.text.contains("copy/model.safetensors: "))
    #expect(result.text.contains("for PerceiverForSequenceClassification of transformers"))
    #expect(
      folder.contents == [
        "copy/config.json", "copy/model.safetensors", "copy/tokenizer_config.json",
      ])
    #expect(
      try Data(contentsOf: folder.url.appending(path: "copy/tokenizer_config.json"))
        == Data(contentsOf: source.appending(path: "tokenizer_config.json")))
    let refused = try convert(source.path, "-o", "copy")
    #expect(refused.status == 73)
    #expect(refused.standardError.contains("copy: it exists already; --force replaces its files"))
    #expect(try convert("copy", "-o", "copy", "--force").status == 0)
    let there = try convert("copy", "-o", "there", "--layout", "perceiver-io")
    #expect(there.status == 0, "\(there.standardError)")
    let texts = try ["copy", "there", source.path].map { model in
      _ = try Program.run(
        ["trace", "--text", "Ja", "--weights", model, "-o", "out", "--force"], in: folder.url)
      return try TestInputs.readNPY(folder.path("out/logits.npy")).values
    }
    #expect(texts[0] == texts[2])
    #expect(relativeError(texts[1], texts[2]) < 1e-6)
    let file = try convert(source.path, "-o", "m.safetensors", "--layout", "0.11.0")
    #expect(file.status == 65)
    #expect(
      file.errorLines.last?.contains("expected a model of perceiver-pytorch, found a") == true)
    let plain = try convert(
      fixture("v0.11.0/model.safetensors"), "-o", "f", "--layout", "huggingface")
    #expect(plain.status == 65)
    #expect(
      plain.errorLines.last?.contains("expected a model of transformers or perceiver-io, found a")
        == true)
    #expect(!folder.contents.contains { $0.hasPrefix("f/") || $0.hasPrefix("m.") })
  }

  @Test("verify prints a line for each case, and 65 for a difference")
  func verifies() throws {
    let result = try Program.run(["verify", fixture("v0.11.0"), fixture("v0.8.7_experimental")])
    #expect(result.status == 0, "\(result.standardError)")
    let lines = result.text.split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines[0].hasPrefix("case "))
    #expect(lines[1].contains(#/v0.11.0/model.pt +[0-9.]+e-07/#))
    #expect(lines[4].hasPrefix("largest of 3: "))
    let strict = try Program.run(["verify", fixture("v0.11.0"), "--tolerance", "1e-12"])
    #expect(strict.status == 65)
    #expect(strict.errorLines.last?.contains("expected relative errors of at most 1e-12") == true)
    let none = try Program.run(["verify", folder.url.path])
    #expect(none.status == 65)
  }

  @Test(
    "verify has a figure in the columns of what each package's files hold, under whichever name",
    arguments: [
      ("perceiver-pytorch/v0.11.0_attn_residual", [true, true, true, true, false]),
      ("perceiver-pytorch/v0.8.7_experimental", [true, false, true, false, true]),
      ("huggingface/image_conv", [true, true, true, false, false]),
      ("huggingface/multimodal", [true, true, true, false, false]),
      ("krasserm/image_unshared", [true, false, true, false, false]),
    ])
  func verifyColumns(_ name: String, _ isThere: [Bool]) throws {
    let result = try Program.run(["verify", fixture("../" + name), "--tolerance", "2e-5"])
    #expect(result.status == 0, "\(result.standardError)")
    let lines = result.text.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(
      lines[0] == ["case", "output", "embeddings", "attention", "residual", "linear"])
    #expect(lines[1].dropFirst().map { $0 != "-" } == isThere)
    #expect(lines[1].dropFirst().allSatisfy { $0 == "-" || Double($0).map { $0 < 2e-5 } == true })
  }

  @Test(
    "what cannot be replaced by a file is refused, and nothing is left",
    arguments: ["folder", "link", "pipe"])
  func refusesOthers(_ kind: String) throws {
    let path = folder.path("m.safetensors")
    switch kind {
    case "folder":
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    case "link":
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "nowhere")
    default: #expect(mkfifo(path, 0o600) == 0)
    }
    let source = fixture("v0.11.0/model.safetensors")
    let result = try convert(source, "-o", "m.safetensors", "--force")
    #expect(result.status == 73)
    #expect(result.standardError.contains("m.safetensors: expected a file or nothing, found "))
    #expect(!FileManager.default.fileExists(atPath: folder.path("m.json")))
  }

  /// A case whose expected values are changed.
  private func changedCase(_ change: (inout [String: Tensor]) throws -> Void) throws -> String {
    let source = URL(fileURLWithPath: fixture("v0.11.0_mask"))
    let copy = folder.url.appending(path: "case")
    try FileManager.default.copyItem(at: source, to: copy)
    let expected = copy.appending(path: "expected.safetensors").path
    let file = try TensorFile(path: expected)
    var tensors: [String: Tensor] = [:]
    for entry in file.entries { tensors[entry.name] = try file.numbers(named: entry.name) }
    try change(&tensors)
    try SafetensorsWriter.write(tensors, to: expected, existing: .replace)
    return copy.path
  }

  @Test(
    "verify fails where a number is NaN or a value has no batch",
    arguments: ["output", "attention.0", "mask", "input"])
  func damagedCases(_ name: String) throws {
    let scalar = try changedCase { $0[name] = Tensor(shape: [], values: [1]) }
    let refused = try Program.run(["verify", scalar])
    #expect(refused.status == 65)
    #expect(refused.errorLines.last?.contains("\(name): expected ") == true)
    #expect(refused.errorLines.count == 1)
  }

  @Test("verify takes NaN for the largest difference, and no tolerance for one")
  func notANumber() throws {
    let path = try changedCase { tensors in
      let output = try #require(tensors["output"])
      tensors["output"] = Tensor(shape: output.shape, repeating: .nan)
    }
    let result = try Program.run(["verify", path])
    #expect(result.status == 65)
    #expect(result.text.contains(": nan"))
    #expect(try Program.run(["verify", path, "--tolerance", "nan"]).status == 64)
  }

  @Test(
    "a configuration beside the weights is read, passed over with a note, or refused by name",
    arguments: [
      (#"{"max_freq": 80, "lr": 0.001}"#, 0, "lr passed over: no arguments of perceiver-pytorch"),
      (#"{"lr": 0.001}"#, 0, "is passed over: it has no argument of perceiver-pytorch"),
      (#"{"max_freq": "80"}"#, 65, "m.json beside it: max_freq: expected a number"),
      (#"{"max_freq": 80"#, 65, "m.json beside it: byte "),
    ])
  func companions(_ json: String, _ status: Int32, _ message: String) throws {
    let source = fixture("v0.11.0/model.safetensors")
    try FileManager.default.copyItem(atPath: source, toPath: folder.path("m.safetensors"))
    _ = try folder.write("m.json", Array(json.utf8))
    let result = try Program.run(
      ["info", "m.safetensors", "--latent-heads", "2"], in: folder.url)
    #expect(result.status == status)
    #expect((result.text + result.standardError).contains(message), "\(result.standardError)")
  }

  @Test(
    "a tied model of any release opens with its own configuration",
    arguments: [
      ("io", "0.7.2"), ("io", "0.7.5"), ("io", "0.8.8"), ("lm", "0.7.5"), ("gated", "0.2.1"),
      ("gated", "0.5.0"), ("gated", "0.8.8"), ("perceiver", "0.5.0"), ("mixed-latents", "0.10.1"),
    ])
  func tiedReleases(_ variant: String, _ release: String) throws {
    let made = try Program.run(
      [
        "convert", "--variant", variant, "--release", release, "--weight-tie-layers", "--layout",
        "own", "-o", "m.safetensors",
      ] + TestInputs.smallModel + ["--depth", "3"], in: folder.url)
    try #require(made.status == 0, "\(made.standardError)")
    let result = try Program.run(["info", "m.safetensors"], in: folder.url)
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.text.contains(#/release +/#) && result.text.contains(" \(release) "))
    #expect(result.text.contains(#/weight_tie_layers +yes/#))
  }
}
