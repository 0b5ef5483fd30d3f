// `train planted` and `explain --planted`: the drawn data set by its name, the table of methods, its
// parts, and what is refused.

import Foundation
import Pictures
import Tensors
import TestSupport
import Testing

@Suite("planted causes")
struct PlantedTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let sample =
    Program.repository.appendingPathComponent("Samples/planted.safetensors").path
  /// A model that is small, and fast to train a few steps.
  private static let model = [
    "--depth", "1", "--num-latents", "4", "--latent-dim", "8", "--cross-heads", "1",
    "--latent-heads", "1", "--cross-dim-head", "8", "--latent-dim-head", "8",
    "--num-freq-bands", "2", "--max-freq", "8",
  ]

  private func run(_ arguments: [String]) throws -> ProgramResult {
    try Program.run(arguments, in: folder.url)
  }

  /// Trains for so many steps on 64 pictures.
  private func train(_ options: String...) throws -> ProgramResult {
    try run(
      ["train", "planted", "--limit", "64", "--steps", "2", "--batch-size", "16"] + Self.model
        + options)
  }

  private func explain(_ options: String..., weights: String = sample) throws -> ProgramResult {
    try run(["explain", "--planted", "--weights", weights] + options)
  }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: folder.url.appending(path: name))
  }

  @Test("train and evaluate take the drawn pictures by their name, and know their classes")
  func trains() throws {
    let result = try train("-o", "m.safetensors")
    #expect(result.status == 0, "\(result.standardError)")
    #expect(
      result.errorLines.last?.hasPrefix(
        "perceiver-tui: 64 pictures of 24 × 24 × 3 in 4 classes, ") == true)
    let measured = try run(
      ["evaluate", "planted", "--weights", "m.safetensors", "--limit", "12", "--json"])
    #expect(measured.status == 0, "\(measured.standardError)")
    #expect(measured.text.contains("\"examples\":12") || measured.text.contains("\"examples\": 12"))
    #expect(measured.text.contains("\"bars\""))
  }

  @Test("where a file has the name too, the drawn pictures are taken, which is said")
  func ambiguousName() throws {
    try folder.write("planted", Array("no data set".utf8))
    let drawn = try train("-o", "m.safetensors")
    #expect(drawn.status == 0, "\(drawn.standardError)")
    #expect(
      drawn.errorLines.first
        == "perceiver-tui: planted: pictures that are drawn; ./planted is the file of that name")
    let file = try run(["train", "./planted", "-o", "n.safetensors"] + Self.model)
    #expect(file.status == 65)
    #expect(file.errorLines.last?.hasPrefix("perceiver-tui: ./planted: expected pictures") == true)
  }

  private struct Table: Decodable {
    struct Mean: Decodable {
      let mean: Double
      let interval: Double
    }
    struct Method: Decodable {
      let name: String
      let share: Mean?
      let points: Mean
      let gain: Mean
      let after24th: Mean
      let after8th: Mean

      enum CodingKeys: String, CodingKey {
        case name, share, points, gain
        case after24th = "p_after_24th"
        case after8th = "p_after_8th"
      }
    }
    let right: Int
    let methods: [Method]
  }

  private static let methods = "relevance,integrated-gradients,attention-last"
  private static let names = [
    "relevance", "integrated-gradients", "integrated-gradients-black", "attention-last", "oracle",
    "random", "centre", "brightness",
  ]

  @Test("the table has means and intervals of the rows, a column for each measure")
  func table() throws {
    let result = try explain(
      "--count", "4", "--nodes", "2", "--method", Self.methods, "--seed", "3", "-o", "out")
    #expect(result.status == 0, "\(result.standardError)")
    #expect(folder.contents == ["out/planted.csv", "out/planted.json"])
    let table = try JSONDecoder().decode(Table.self, from: bytes("out/planted.json"))
    #expect(table.methods.map(\.name) == Self.names)
    let rows = String(decoding: try bytes("out/planted.csv"), as: UTF8.self).split(separator: "\n")
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    #expect(
      rows.first == [
        "picture", "class", "answer", "p", "method", "share", "points", "gain", "p_after_24th",
        "p_after_8th",
      ])
    #expect(rows.count == 1 + 4 * Self.names.count)
    #expect(rows.dropFirst().map { $0[4] } == (0..<4).flatMap { _ in Self.names })
    for (index, method) in table.methods.enumerated() {
      let own = rows.dropFirst().filter { $0[4] == Self.names[index] && $0[1] == $0[2] }
      #expect(own.count == table.right)
      func numbers(_ column: Int) -> [Double] { own.compactMap { Double($0[column]) } }
      for (column, found) in [
        (5, method.share), (6, method.points), (7, method.gain), (8, method.after24th),
        (9, method.after8th),
      ] {
        guard let found else {
          #expect(numbers(column).isEmpty && ["centre", "brightness"].contains(method.name))
          continue
        }
        let all = numbers(column)
        let mean = all.reduce(0, +) / Double(all.count)
        let deviation = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(all.count - 1)
        #expect(abs(found.mean - mean) < 1e-12)
        #expect(abs(found.interval - 1.96 * (deviation / Double(all.count)).squareRoot()) < 1e-12)
      }
    }
    // The object itself is all of its own map, and holds its first pixel.
    let oracle = table.methods[4]
    #expect(oracle.share?.mean == 1 && oracle.points.mean == 1)
    let lines = result.text.split(separator: "\n")
    #expect(
      lines[0].hasPrefix(
        "\(Self.sample): \(table.right) of 4 planted pictures answered rightly, p "))
    #expect(lines[2].hasPrefix("method                      on the object  "))
    #expect(lines.count == 3 + Self.names.count)
  }

  @Test("--pictures writes the pictures, and the object of each beside it")
  func pictures() throws {
    try #require(train("-o", "m.safetensors").status == 0)
    let result = try explain(
      "--count", "4", "--method", "presence", "--pictures", "-o", "out", weights: "m.safetensors")
    #expect(result.status == 0, "\(result.standardError)")
    let names = ["0-plus", "1-ring", "2-cross", "3-bars"]
    #expect(
      folder.contents.filter { $0.hasPrefix("out/pictures/") }
        == names.flatMap { ["out/pictures/\($0)-object.png", "out/pictures/\($0).png"] })
    for name in names {
      // A red sign is all that the object shows.
      let (picture, object) = (try decoded(name), try decoded(name + "-object"))
      #expect(picture.channels == 3 && object.channels == 1)
      #expect(object.samples.count { $0 == 1 } == 25)
      for pixel in 0..<576 where picture.samples[3 * pixel] - picture.samples[3 * pixel + 1] > 0.5 {
        #expect(object.samples[pixel] == 1)
      }
    }
  }

  private func decoded(_ name: String) throws -> PixelImage {
    try OpenedPicture(
      reading: ByteStream(path: folder.path("out/pictures/\(name).png")), PictureRequest()
    ).image
  }

  @Test("all methods that have an answer are measured unless some are named, others say why not")
  func allMethods() throws {
    try #require(train("-o", "m.safetensors", "--variant", "mixed-latents").status == 0)
    let result = try explain(
      "--count", "1", "--samples", "1", "--nodes", "1", "-o", "out", weights: "m.safetensors")
    #expect(result.status == 0, "\(result.standardError)")
    let lines = result.text.split(separator: "\n")
    for name in ["presence", "rise", "occlusion", "attention-all", "oracle"] {
      #expect(lines.contains { $0.hasPrefix(name + " ") }, "\(name)")
    }
    #expect(
      lines.contains(
        "relevance is not defined: latents are mixed by a perceptron, which has no "
          + "attention to follow"))
    #expect(lines.last?.hasPrefix("rollout-alti is not defined: ") == true)
    let named = try explain(
      "--count", "1", "--method", "relevance", "-o", "other", weights: "m.safetensors")
    #expect(named.status == 64)
    #expect(
      named.errorLines.last?.hasPrefix("perceiver-tui: --method: relevance: latents are mixed")
        == true)
  }

  @Test("the last of several shards joins them: the same bytes as one run")
  func shards() throws {
    try #require(train("-o", "m.safetensors").status == 0)
    let common = ["--count", "6", "--method", "relevance-sampled", "--samples", "2", "--seed", "1"]
    func explain(_ options: String...) throws -> ProgramResult {
      try run(["explain", "--planted", "--weights", "m.safetensors"] + common + options)
    }
    #expect(try explain("-o", "whole").status == 0)
    for shard in [3, 1, 4] {
      let result = try explain("-o", "parts", "--shard", "\(shard)/4")
      #expect(result.status == 0, "\(result.standardError)")
      #expect(result.text.contains("parts are not there yet"), "\(result.text)")
    }
    #expect(!folder.contents.contains("parts/planted.json"))
    #expect(try explain("-o", "parts", "--shard", "2/4").status == 0)
    for name in ["planted.json", "planted.csv"] {
      #expect(try bytes("parts/\(name)") == bytes("whole/\(name)"), "\(name)")
    }
    let again = try explain("-o", "parts", "--shard", "2/4")
    #expect(again.status == 73)
    #expect(
      again.errorLines.last
        == "perceiver-tui: parts/planted-2-of-4.json: is there already; --force replaces it")
    // A part of another measurement is refused before anything is computed or written.
    try FileManager.default.removeItem(atPath: folder.path("parts/planted-2-of-4.json"))
    try FileManager.default.removeItem(atPath: folder.path("parts/planted.json"))
    let before = folder.contents
    for options in [["--samples", "3"], ["--samples", "3", "--force"]] {
      let other = try run(
        ["explain", "--planted", "--weights", "m.safetensors"] + common
          + ["-o", "parts", "--shard", "2/4"] + options)
      #expect(other.status == 65)
      #expect(
        other.errorLines.last?.contains("expected a part of the same measurement, found another")
          == true)
      #expect(folder.contents == before)
    }
    // The parts of a measurement that --force replaces are in nobody's way.
    for shard in [1, 3, 4] {
      let replaced = try explain(
        "-o", "parts", "--shard", "\(shard)/4", "--force", "--samples", "3")
      #expect(replaced.status == 0, "\(replaced.standardError)")
    }
    #expect(try explain("-o", "parts", "--shard", "2/4", "--samples", "3").status == 0)
    #expect(try bytes("parts/planted.json") != bytes("whole/planted.json"))
  }

  @Test("a seed says everything: the same one gives the same bytes, another one other pictures")
  func seeds() throws {
    let names = ["m.safetensors", "n.safetensors"]
    for name in names { try #require(train("-o", name, "--seed", "4").status == 0) }
    #expect(try bytes(names[0]) == bytes(names[1]))
    func measure(_ output: String, seed: Int) throws {
      let result = try run(
        [
          "explain", "--planted", "--weights", "m.safetensors", "--count", "3", "--samples", "2",
          "--method", "relevance-sampled,toggles-sampled,smooth-gradient,rise", "--seed", "\(seed)",
          "-o", output,
        ])
      #expect(result.status == 0, "\(result.standardError)")
    }
    try measure("first", seed: 7)
    try measure("second", seed: 7)
    try measure("other", seed: 8)
    for name in ["planted.json", "planted.csv"] {
      #expect(try bytes("first/\(name)") == bytes("second/\(name)"), "\(name)")
      #expect(try bytes("first/\(name)") != bytes("other/\(name)"), "\(name)")
    }
    // The pictures themselves, and not what is random in methods alone.
    func drawn(_ output: String) throws -> [Substring] {
      String(decoding: try bytes(output + "/planted.csv"), as: UTF8.self).split(separator: "\n")
        .filter { $0.contains(",centre,") }
    }
    #expect(try drawn("first") != drawn("other"))
  }

  @Test("parts of other weights under one name are not joined, and say so")
  func otherWeights() throws {
    func shard(_ number: Int) throws -> ProgramResult {
      try explain(
        "--count", "2", "--method", "presence", "-o", "parts", "--shard", "\(number)/2",
        weights: "m.safetensors")
    }
    try #require(train("-o", "m.safetensors").status == 0)
    #expect(try shard(1).status == 0)
    try #require(train("-o", "m.safetensors", "--force", "--seed", "9").status == 0)
    let before = folder.contents
    let other = try shard(2)
    #expect(folder.contents == before)
    #expect(other.status == 65)
    #expect(
      other.errorLines.last?.contains("found another model, other weights") == true,
      "\(other.standardError)")
    #expect(!folder.contents.contains("parts/planted.json"))
  }

  @Test("the table of another measurement stays where shards are joined, unless --force says so")
  func otherTable() throws {
    try #require(train("-o", "m.safetensors").status == 0)
    func measure(_ count: Int, _ options: String...) throws -> ProgramResult {
      try run(
        ["explain", "--planted", "--weights", "m.safetensors", "--count", "\(count)", "--method"]
          + ["presence", "-o", "out"] + options)
    }
    #expect(try measure(3).status == 0)
    let table = try bytes("out/planted.json")
    let refused = try measure(2, "--shard", "1/1")
    #expect(refused.status == 73)
    #expect(
      refused.errorLines.last
        == "perceiver-tui: out/planted.json: is there already, of another measurement; --force "
        + "replaces it")
    #expect(try bytes("out/planted.json") == table)
    #expect(!folder.contents.contains("out/planted-1-of-1.json"))
    #expect(try measure(2, "--shard", "1/1", "--force").status == 0)
    #expect(try bytes("out/planted.json") != table)
    // Its own table is no other's.
    #expect(try measure(2, "--shard", "1/2").status == 0)
    #expect(try measure(2, "--shard", "2/2").status == 0)
  }

  @Test("Ctrl-C is heard while pictures are drawn")
  func interruptedDrawing() throws {
    let result = try Program.shell(
      """
      "$P" explain --planted --count 1000000 --weights \(Self.sample) -o out 2>errors & id=$!
      sleep 4; kill -INT $id; wait $id; status=$?; cat errors >&2; exit $status
      """, in: folder.url)
    #expect(result.status == 130)
    #expect(result.errorLines.last == "perceiver-tui: interrupted")
    #expect(folder.contents == ["errors"])
  }

  @Test(
    "what cannot be measured ends with one line that says why",
    arguments: [
      (["photo.ppm", "--planted", "--weights", "m"], 64, "--planted: expected no INPUT with it"),
      (
        ["--planted", "--text", "a", "--weights", "m"], 64, "--planted: expected no --text with it"
      ),
      (["--planted", "--trust", "--weights", "m"], 64, "--planted: expected no --trust with it"),
      (
        ["--planted", "--measure", "log-p", "--weights", "m"], 64,
        "--planted: expected no --measure with it"
      ),
      (["--planted", "--target", "1", "--weights", "m"], 64, "expected no --target with it"),
      (["--planted", "--skip", "1", "--weights", "m"], 64, "expected no --hide and its like"),
      (["--planted"], 64, "--weights: expected a trained model, found none"),
      (["--planted", "--weights", "m"], 66, "m: no such file"),
      (["--planted", "--weights", "m", "--count", "0"], 64, "--count: expected a number from 1"),
      (["photo.ppm", "--count", "3"], 64, "--count: expected --planted with it, found an input"),
      ([], 64, "Missing expected argument '<input>'"),
      (["--planted", "--weights", "m", "--method", "love"], 64, "found love"),
      (["--planted", "--weights", "m", "--shard", "3/2"], 64, "--shard: expected i/n"),
    ] as [([String], Int32, String)])
  func refuses(_ arguments: [String], status: Int32, message: String) throws {
    let result = try run(["explain", "-o", "out"] + arguments)
    #expect(result.status == status, "\(result.standardError)")
    #expect(result.errorLines.contains { $0.contains(message) }, "\(result.standardError)")
    #expect(folder.contents.isEmpty)
  }

  @Test("a model of other channels or classes is refused, with what it is")
  func otherModels() throws {
    let fashion = Program.repository.appendingPathComponent("Samples/fashion.safetensors").path
    let result = try explain("-o", "out", weights: fashion)
    #expect(result.status == 64)
    #expect(
      result.errorLines.last
        == "perceiver-tui: \(fashion): expected a model that reads pictures in colour and tells the 4 "
        + "planted classes apart, found 1 channels, 2 axes and 10 classes")
    #expect(folder.contents.isEmpty)
  }
}
