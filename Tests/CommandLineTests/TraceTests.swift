// `trace`: its files against the library's own values, and what it leaves when it fails.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("trace")
struct TraceTests {
  private let folder: TemporaryFolder
  private let photo: String

  init() throws {
    folder = try TemporaryFolder()
    photo = try folder.write("photo.ppm", TestInputs.ppm(width: 9, height: 6))
  }

  private static let configuration = PerceiverConfiguration(
    numFreqBands: 3, maxFreq: 8, depth: 2, numLatents: 5, latentDim: 12, crossHeads: 2,
    latentHeads: 3, crossDimHead: 6, latentDimHead: 5, numClasses: 7)

  private func trace(_ arguments: [String], input: [UInt8]? = nil) throws -> ProgramResult {
    try Program.run(["trace"] + arguments + TestInputs.smallModel, input: input, in: folder.url)
  }

  private func finishedRun(
    _ configuration: PerceiverConfiguration, seed: UInt64, on input: Tensor, mask: TokenMask? = nil
  ) throws -> PerceiverRun {
    var run = try Perceiver(configuration, seed: seed).begin(input, mask: mask)
    while try run.next() != nil {}
    return run
  }

  @Test("files are the library's values", arguments: AttentionValue.allCases)
  func writesTheRun(value: AttentionValue) throws {
    let arguments = [photo, "--output", "out", "--seed", "42"]
    let result = try trace(arguments + (value == .scores ? ["--scores"] : []))
    #expect(result.status == 0, "\(result.standardError)")
    let run = try finishedRun(
      Self.configuration, seed: 42, on: TestInputs.tensor(width: 9, height: 6))
    #expect(try TestInputs.readNPY(folder.path("out/logits.npy")) == run.output)
    #expect(try TestInputs.readNPY(folder.path("out/latents.npy")) == run.stages.last?.latents)
    let names = ["00-cross-1", "01-latent-1.1", "02-cross-2", "03-latent-2.1"]
    for (stage, name) in zip(run.stages, names) {
      let matrix = try TestInputs.readNPY(folder.path("out/attention/\(name).npy"))
      #expect(matrix == (try stage.attended().matrix(as: value)), "\(name)")
    }
    #expect(
      folder.contents
        == names.map { "out/attention/\($0).npy" }
        + ["out/latents.npy", "out/logits.npy", "out/stages.json", "out/trace.json", "photo.ppm"])
  }

  @Test("stages.json lists the stages by the contract's keys")
  func writesStages() throws {
    #expect(try trace([photo, "-o", "out"]).status == 0)
    let json = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.path("out/stages.json"))))
    let stages = try #require(json as? [[String: Any]])
    #expect(stages.count == 4)
    #expect(
      Set(stages[2].keys) == [
        "index", "name", "kind", "layer", "block", "heads", "queries", "keys", "seconds",
      ])
    #expect(
      stages.map { $0["name"] as? String } == ["cross 1", "latent 1.1", "cross 2", "latent 2.1"])
    #expect(stages.map { $0["index"] as? Int } == [0, 1, 2, 3])
    #expect(stages.map { $0["layer"] as? Int } == [0, 0, 1, 1])
    #expect(stages.map { $0["heads"] as? Int } == [2, 3, 2, 3])
    #expect(stages.map { $0["keys"] as? Int } == [54, 5, 54, 5])
    #expect(stages.allSatisfy { $0["queries"] as? Int == 5 })
    #expect(stages.allSatisfy { ($0["seconds"] as? Double ?? -1) > 0 })
  }

  @Test("trace.json says what the trace is of")
  func writesRecord() throws {
    #expect(try trace([photo, "-o", "out", "--seed", "7"]).status == 0)
    let json = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.path("out/trace.json"))))
    let record = try #require(json as? [String: Any])
    #expect(record["program"] as? String == "perceiver-tui 0.1.0")
    #expect(record["attention"] as? String == "probabilities")
    #expect(record["class_names"] is NSNull)
    let input = try #require(record["input"] as? [String: Any])
    #expect(input["axes"] as? [Int] == [6, 9])
    #expect(input["channels"] as? Int == 3)
    let preprocessing = try #require(input["preprocessing"] as? [String: Any])
    #expect(preprocessing["mean"] as? [Double] == [0.5])
    #expect(preprocessing["std"] as? [Double] == [0.5])
    let model = try #require(record["model"] as? [String: Any])
    #expect(model["class"] as? String == "Perceiver")
    #expect(model["seed"] as? String == "7")
    #expect(model["weights"] is NSNull)
    let hyperparameters = try #require(model["hyperparameters"] as? [String: String])
    #expect(hyperparameters["num_latents"] == "5")
  }

  @Test("a line of text tells of each stage")
  func tellsOfStages() throws {
    let lines = try trace([photo, "-o", "out"]).text.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(
      lines[1].hasPrefix(
        "stage 2 of 4: latent 1.1, latent self-attention, 3 heads, 5 latents over 5 latents, "))
  }

  @Test("--no-attention leaves the matrices out, no head the logits")
  func leavesOut() throws {
    let result = try trace([photo, "-o", "out", "--no-attention", "--no-final-classifier-head"])
    #expect(result.status == 0, "\(result.standardError)")
    #expect(
      folder.contents == ["out/latents.npy", "out/stages.json", "out/trace.json", "photo.ppm"])
  }

  @Test("standard input gives the same as the file")
  func readsStandardInput() throws {
    #expect(try trace([photo, "-o", "a"]).status == 0)
    let bytes = TestInputs.ppm(width: 9, height: 6)
    #expect(try trace(["-", "-o", "b"], input: bytes).status == 0)
    #expect(
      try TestInputs.readNPY(folder.path("a/latents.npy"))
        == TestInputs.readNPY(folder.path("b/latents.npy")))
  }

  @Test("an array is used as it is, its rank one above the axes", arguments: 1...3)
  func readsArrays(axes: Int) throws {
    let shape = [[11], [4, 5], [2, 3, 4]][axes - 1] + [2]
    let values = (0..<shape.reduce(1, *)).map { Float($0) * 0.37 - 3 }
    let path = try folder.write("array", TestInputs.npy(shape: shape, values: values))
    let result = try trace([path, "-o", "out"])
    #expect(result.status == 0, "\(result.standardError)")
    var configuration = Self.configuration
    configuration.inputAxes = axes
    configuration.inputChannels = 2
    let run = try finishedRun(configuration, seed: 0, on: Tensor(shape: shape, values: values))
    #expect(try TestInputs.readNPY(folder.path("out/logits.npy")) == run.output)
  }

  @Test("bytes of an array are numbers from 0 to 255 with --raw")
  func readsByteArrays() throws {
    let bytes = (0..<24).map { UInt8($0 * 10) }
    let path = try folder.write(
      "a.npy", TestInputs.npy(shape: [2, 4, 3], type: "|u1", elements: bytes))
    #expect(try trace([path, "-o", "out", "--raw"]).status == 0)
    let input = Tensor(shape: [2, 4, 3], values: bytes.map { Float($0) })
    let run = try finishedRun(Self.configuration, seed: 0, on: input)
    #expect(try TestInputs.readNPY(folder.path("out/logits.npy")) == run.output)
  }

  @Test("--mean and --std scale a photo channel by channel")
  func scalesPhotos() throws {
    let (mean, deviation): ([Float], [Float]) = ([0.25, 0.5, 0.75], [0.2, 0.3, 0.4])
    let result = try trace(
      [photo, "-o", "out", "--mean", "0.25,0.5,0.75", "--std", "0.2,0.3,0.4"])
    #expect(result.status == 0, "\(result.standardError)")
    let values = TestInputs.pixels(width: 9, height: 6).enumerated().map { index, value in
      (Float(value) / 255 - mean[index % 3]) / deviation[index % 3]
    }
    let run = try finishedRun(
      Self.configuration, seed: 0, on: Tensor(shape: [6, 9, 3], values: values))
    let logits = try TestInputs.readNPY(folder.path("out/logits.npy"))
    let expected = try #require(run.output)
    for (ours, theirs) in zip(logits.values, expected.values) {
      #expect(abs(ours - theirs) < 1e-5)
    }
  }

  @Test("a mask keeps what is not zero", arguments: ["mask.pgm", "mask.npy"])
  func masks(name: String) throws {
    let keeps = (0..<54).map { $0 % 3 != 0 }
    let bytes: [UInt8] = keeps.map { $0 ? 200 : 0 }
    let mask = try folder.write(
      name,
      name.hasSuffix("pgm")
        ? TestInputs.pgm(width: 9, height: 6, values: bytes)
        : TestInputs.npy(shape: [6, 9], type: "|u1", elements: bytes))
    #expect(try trace([photo, "-o", "out", "--mask", mask]).status == 0)
    let run = try finishedRun(
      Self.configuration, seed: 0, on: TestInputs.tensor(width: 9, height: 6),
      mask: TokenMask(shape: [6, 9], keeps: keeps))
    #expect(try TestInputs.readNPY(folder.path("out/logits.npy")) == run.output)
  }

  @Test("a large photo is scaled down and that is said; none keeps its size")
  func scalesDown() throws {
    let result = try trace([photo, "-o", "small", "--max-side", "3"])
    #expect(result.status == 0)
    #expect(
      result.standardError.contains(
        "photo.ppm: scaled down from 9 × 6 to 3 × 2; --max-side none keeps its size"))
    let matrix = try TestInputs.readNPY(folder.path("small/attention/00-cross-1.npy"))
    #expect(matrix.shape == [2, 5, 6])
    let large = try folder.write("large.ppm", TestInputs.ppm(width: 230, height: 2))
    #expect(try trace([large, "-o", "whole", "--max-side", "none"]).status == 0)
    let whole = try TestInputs.readNPY(folder.path("whole/attention/00-cross-1.npy"))
    #expect(whole.shape == [2, 5, 460])
  }

  @Test("files of an earlier trace stay unless --force")
  func keepsEarlierTraces() throws {
    #expect(try trace([photo, "-o", "out"]).status == 0)
    let before = try Data(contentsOf: URL(fileURLWithPath: folder.path("out/logits.npy")))
    let refused = try trace([photo, "-o", "out", "--seed", "1"])
    #expect(refused.status == 73)
    #expect(
      refused.errorLines == ["perceiver-tui: out/logits.npy: is there already; --force replaces it"]
    )
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("out/logits.npy"))) == before)
    // A trace of fewer stages leaves none of the earlier one's.
    try folder.write("out/notes.txt", [])
    #expect(
      try trace([photo, "-o", "out", "--seed", "1", "--force", "--self-per-cross-attn", "0"])
        .status == 0)
    #expect(
      folder.contents == [
        "out/attention/00-cross-1.npy", "out/attention/01-cross-2.npy", "out/latents.npy",
        "out/logits.npy", "out/notes.txt", "out/stages.json", "out/trace.json", "photo.ppm",
      ])
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("out/logits.npy"))) != before)
  }

  @Test("what fails leaves nothing behind", arguments: ["disk", "folder", "input"])
  func failsWhole(what: String) throws {
    let result: ProgramResult
    switch what {
    case "disk":
      // No file may grow beyond 8 blocks of 1024 bytes: as on a full disk.
      let large = try folder.write("large.ppm", TestInputs.ppm(width: 80, height: 60))
      result = try Program.shell(
        "ulimit -f 8; exec \"$P\" trace \(large) -o deep/out --depth 1 --num-latents 8",
        in: folder.url)
      #expect(result.status == 73)
    case "folder":
      try folder.write("deep", [1])
      result = try trace([photo, "-o", "deep/out"])
      #expect(result.status == 73)
    default:
      let cut = try folder.write("cut.ppm", TestInputs.ppm(width: 9, height: 6).dropLast())
      result = try trace([cut, "-o", "deep/out"])
      #expect(result.status == 65)
    }
    #expect(result.errorLines.last?.hasPrefix("perceiver-tui: ") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.path("deep/out")))
    #expect(what == "folder" || !FileManager.default.fileExists(atPath: folder.path("deep")))
  }

  @Test(
    "an interrupted trace leaves nothing and exits with 128 and the signal",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func interrupts(signal: Int32) throws {
    let large = try folder.write("large.ppm", TestInputs.ppm(width: 600, height: 600))
    let result = try Program.shell(
      """
      "$P" trace \(large) -o out --max-side none --num-latents 128 >lines 2>errors & id=$!
      for i in $(seq 3000); do [ -s lines ] && break; sleep 0.01; done
      kill -\(signal) $id; wait $id; status=$?; cat errors >&2; exit $status
      """, in: folder.url)
    #expect(result.status == 128 + signal)
    #expect(result.errorLines.last == "perceiver-tui: interrupted")
    #expect(folder.contents == ["errors", "large.ppm", "lines", "photo.ppm"])
    #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
  }

  @Test("a decoder's outputs of an earlier trace are kept, or replaced with the rest")
  func outputs() throws {
    let arguments = [photo, "--output", "out"]
    #expect(try trace(arguments + ["--variant", "io", "--queries-dim", "14"]).status == 0)
    #expect(FileManager.default.fileExists(atPath: folder.path("out/outputs.npy")))
    #expect(try trace(arguments).status == 73)
    #expect(try trace(arguments + ["--force"]).status == 0)
    #expect(!FileManager.default.fileExists(atPath: folder.path("out/outputs.npy")))
  }

  @Test("a trace that cannot be put in place leaves the earlier one whole")
  func restores() throws {
    let arguments = [photo, "--output", "out"]
    #expect(try trace(arguments).status == 0)
    let logits = folder.path("out/logits.npy")
    try FileManager.default.removeItem(atPath: logits)
    try FileManager.default.createDirectory(atPath: logits, withIntermediateDirectories: false)
    let attention = folder.url.appending(path: "out/attention/00-cross-1.npy")
    let before = try Data(contentsOf: attention)
    let result = try trace(arguments + ["--force", "--seed", "7"])
    #expect(result.status == 73)
    #expect(!result.standardError.contains("attention files"))
    #expect(try Data(contentsOf: attention) == before)
  }
}
