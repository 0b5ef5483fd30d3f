// `explain` of a folder: shards, labels, and the tables of all inputs.

import Foundation
import Perceiver
import Pictures
import Tensors
import TestSupport
import Testing

@Suite("explain of a folder")
struct ExplainFolderTests: ExplainsPhoto {
  let folder: TemporaryFolder
  let photo: String

  init() throws { (folder, photo) = try Self.writtenPhoto() }

  @Test("four shards of a folder together are the same bytes as one run")
  func shards() throws {
    for index in 1...6 {
      _ = try folder.write(
        "set/\(index % 2 == 0 ? "even" : "odd")/\(index).ppm",
        TestInputs.ppm(width: 5 + index, height: 6))
    }
    #expect(try explain(["set", "-o", "whole", "--method", "presence"]).status == 0)
    for shard in 1...4 {
      let result = try explain([
        "set", "-o", "parts", "--method", "presence", "--shard", "\(shard)/4",
      ])
      #expect(result.status == 0, "\(result.standardError)")
    }
    let whole = folder.contents.filter { $0.hasPrefix("whole/") }
    #expect(whole.count == 12)
    for name in whole {
      let other = "parts" + name.dropFirst("whole".count)
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
          == Data(contentsOf: URL(fileURLWithPath: folder.path(other))), "\(name)")
    }
  }

  @Test(
    "four shards of a folder with labels, masks and trust have the tables of one run, byte by byte")
  func labelledShards() throws {
    var mask = [UInt8](repeating: 0, count: 54)
    for pixel in 0..<20 { mask[pixel] = 255 }
    for index in 1...6 {
      let name = "\(index % 2)/\(index).ppm"
      let pixels = TestInputs.pixels(width: 9, height: 6).map { $0 &+ UInt8(index * 31) }
      _ = try folder.write("set/" + name, Array("P6\n9 6\n255\n".utf8) + pixels)
      _ = try folder.write(
        "masks/\(index % 2)/\(index).pgm", TestInputs.pgm(width: 9, height: 6, values: mask))
    }
    let asked = [
      "set", "--method", "presence,relevance", "--labels", "folders", "--object-mask", "masks",
      "--trust", "--seed", "42",
    ]
    let one = try explain(asked + ["-o", "whole"])
    #expect(one.status == 0, "\(one.standardError)")
    for shard in [3, 1, 4, 2] {
      let result = try explain(asked + ["-o", "parts", "--shard", "\(shard)/4"])
      #expect(result.status == 0, "\(result.standardError)")
      #expect(result.text.contains("parts are not there yet") == (shard != 2))
    }
    let whole = folder.contents.filter { $0.hasPrefix("whole/") }
    #expect(whole.count == 6 * 3 + 3)
    for name in whole {
      let other = "parts" + name.dropFirst("whole".count)
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
          == Data(contentsOf: URL(fileURLWithPath: folder.path(other))), "\(name)")
    }
    #expect(try explain(asked + ["-o", "whole"]).status == 73)
    // The means are those of the rows.
    func rows(_ name: String) throws -> [[String: String]] {
      let text = try String(contentsOfFile: folder.path(name), encoding: .utf8)
      let lines = text.split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
      return lines.dropFirst().map {
        Dictionary(uniqueKeysWithValues: zip(lines[0], $0))
      }
    }
    let (inputs, means) = (try rows("whole/inputs.csv"), try rows("whole/means.csv"))
    #expect(inputs.count == 6 * 5)
    #expect(inputs.allSatisfy { ($0["right"] == "1") == ($0["label"] == $0["answer"]) })
    for label in ["", "0", "1"] {
      let own = inputs.filter { label.isEmpty || $0["label"] == label }
      let values = own.filter { $0["method"] == "relevance" }.compactMap {
        $0["share"].flatMap(Double.init)
      }
      #expect(values.count == (label.isEmpty ? 6 : 3))
      let mean = try #require(
        means.first {
          $0["class"] == label && $0["method"] == "relevance" && $0["measure"] == "share"
        })
      let expected = values.reduce(0, +) / Double(values.count)
      #expect(abs(try #require(mean["mean"].flatMap(Double.init)) - expected) < 1e-12)
      #expect(mean["inputs"] == "\(values.count)")
      #expect(means.contains { $0["class"] == label && $0["measure"] == "right" })
      // The pointing game is in the tables as share is.
      let hits = own.filter { $0["method"] == "relevance" }.compactMap { $0["points"] }
      #expect(hits.count == values.count && hits.allSatisfy { ["0", "1"].contains($0) })
      let pointed = try #require(
        means.first {
          $0["class"] == label && $0["method"] == "relevance" && $0["measure"] == "points"
        })
      let part = Double(hits.count { $0 == "1" }) / Double(hits.count)
      #expect(abs(try #require(pointed["mean"].flatMap(Double.init)) - part) < 1e-12)
    }
    // The orders that maps are held against have what an order has: no values, so no share, and of
    // random ones no first pixel that would say anything.
    for row in inputs where ["random", "centre", "brightness"].contains(row["method"]) {
      #expect(row["gain"]?.isEmpty == false && row["p_after_8th"]?.isEmpty == false)
      #expect(row["share"] == "" && (row["points"] == "") == (row["method"] == "random"))
    }
    let first = try record("whole/0/2/explain.json")
    #expect((first["label"] as? [String: Any])?["class"] as? Int == 0)
    let area = try #require((first["object"] as? [String: Any])?["area"] as? Double)
    #expect(abs(area - 20.0 / 54) < 1e-12)
    let map = try #require((first["maps"] as? [[String: Any]])?.first)
    let values = try TestInputs.readNPY(folder.path("whole/0/2/relevance.npy"))
    let pointing = try Pointing(values, object: mask.map { $0 > 0 })
    #expect(map["points"] as? Bool == pointing.hits)
    #expect(abs(try #require(map["share"] as? Double) - #require(pointing.share)) < 1e-12)
  }

  @Test("labels come from a file, and what is wrong with them shows before anything is computed")
  func labels() throws {
    for index in 1...2 {
      _ = try folder.write("set/\(index).ppm", TestInputs.ppm(width: 5 + index, height: 6))
    }
    _ = try folder.write("good.tsv", Array("file\tlabel\r\n1.ppm\t3\r\n2.ppm\t6\r\n".utf8))
    let good = try explain(["set", "-o", "out", "--labels", "good.tsv"])
    #expect(good.status == 0, "\(good.standardError)")
    #expect((try record("out/2/explain.json")["label"] as? [String: Any])?["class"] as? Int == 6)
    for (text, words) in [
      ("1.ppm,3\n", "expected a line for 2.ppm, found none"),
      ("1.ppm,3\n\n1.ppm,4\n", "line 3: expected one class for 1.ppm, found 4, and 3 in line 1"),
      ("1.ppm\n", "line 1: expected a file, a comma or tab, and a class, found 1.ppm"),
      (
        "1.ppm,3\n2.ppm,\n",
        "line 2: expected a class for 2.ppm behind the comma or tab, found none"
      ),
      (",3\n", "line 1: expected a file before the comma or tab, found none"),
      (
        "1.ppm,3\n2.ppm,9\n",
        "line 2: expected the number of a class from 0 to 6, since the model's classes have no names, "
          + "found 9"
      ),
      (
        "file,label\n\n",
        "expected a line for each input, a file, a comma or tab, and a class, found none"
      ),
    ] {
      _ = try folder.write("bad.csv", Array(text.utf8))
      let result = try explain(["set", "-o", "bad", "--labels", "bad.csv", "--force"])
      #expect(result.status == 65, "\(result.standardError)")
      #expect(
        result.errorLines.last?.hasPrefix("perceiver-tui: bad.csv: " + words) == true,
        "\(result.standardError)")
      #expect(!folder.contents.contains { $0.hasPrefix("bad/") })
    }
    let flat = try explain(["photo.ppm", "-o", "flat", "--labels", "folders"])
    #expect(flat.status == 64)
    #expect(flat.standardError.contains("expected inputs in folders that are called as"))
    // A file by itself is of its folder too.
    let named = try explain(["set/1.ppm", "-o", "flat", "--labels", "folders"])
    #expect(named.status == 65)
    #expect(
      named.errorLines.last
        == "perceiver-tui: set/1.ppm: expected it in a folder that is called by the number of a class "
        + "from 0 to 6, since the model's classes have no names, found set")
    let mask = try explain(["set", "-o", "flat", "--object-mask", "set/1.ppm"])
    #expect(mask.status == 65, "\(mask.standardError)")
  }

  @Test("a quoted name in labels may have commas")
  func quotedLabels() throws {
    for name in ["a,b", "c"] {
      _ = try folder.write("set/\(name).ppm", TestInputs.ppm(width: 6, height: 6))
    }
    _ = try folder.write("quoted.csv", Array("\"a,b.ppm\",3\nc.ppm,\"6\"\n".utf8))
    let result = try explain(["set", "-o", "out", "--labels", "quoted.csv"])
    #expect(result.status == 0, "\(result.standardError)")
    #expect((try record("out/a,b/explain.json")["label"] as? [String: Any])?["class"] as? Int == 3)
  }

  @Test("parts of other inputs, or of inputs that are read otherwise, are not joined")
  func otherParts() throws {
    for name in ["a/1", "a/2", "b/1", "b/2"] {
      _ = try folder.write(name + ".ppm", TestInputs.ppm(width: 6, height: 6))
    }
    let asked = ["-o", "out", "--method", "presence", "--trust", "--seed", "42", "--shard"]
    #expect(try explain(["a"] + asked + ["1/2"]).status == 0)
    let before = folder.contents
    for (other, force) in [
      (["b"], ["--force"]), (["a", "--max-side", "4"], ["--force"]), (["a", "--samples", "3"], []),
      (["a", "--target", "2"], []), (["a", "--against", "second"], []),
    ] {
      let result = try explain(other + asked + ["2/2"] + force)
      #expect(result.status == 65, "\(result.standardError)")
      #expect(result.standardError.contains("expected a part of the same question"))
      // Refused before anything is written.
      #expect(folder.contents == before)
    }
    #expect(try explain(["a"] + asked + ["2/2", "--force"]).status == 0)
  }

  @Test("a shard of other weights under one name is refused before it is computed")
  func otherWeights() throws {
    for name in ["a/1", "a/2"] {
      _ = try folder.write(name + ".ppm", TestInputs.ppm(width: 6, height: 6))
    }
    func writeWeights(seed: UInt64) throws {
      let export = try Perceiver(Self.configuration, seed: seed).exported(as: .latest)
      try SafetensorsWriter.write(
        export.tensors, to: folder.path("m.safetensors"), existing: .replace)
      _ = try folder.write("m.json", export.configuration)
    }
    func shard(_ number: Int) throws -> ProgramResult {
      try Program.run(
        [
          "explain", "a", "-o", "out", "--method", "presence", "--trust", "--weights",
          "m.safetensors", "--shard", "\(number)/2",
        ], in: folder.url)
    }
    try writeWeights(seed: 1)
    #expect(try shard(1).status == 0)
    try writeWeights(seed: 2)
    let before = folder.contents
    let other = try shard(2)
    #expect(other.status == 65)
    #expect(other.standardError.contains("found another model, other weights"))
    #expect(folder.contents == before)
    try writeWeights(seed: 1)
    #expect(try shard(2).status == 0)
  }

  @Test("--force replaces the parts of an earlier question one after another, and then its tables")
  func replacedParts() throws {
    for name in ["a/1", "a/2"] {
      _ = try folder.write(name + ".ppm", TestInputs.ppm(width: 6, height: 6))
    }
    func shard(_ number: Int, _ method: String, _ options: String...) throws -> ProgramResult {
      try explain(
        ["a", "-o", "out", "--method", method, "--trust", "--shard", "\(number)/2"] + options)
    }
    for number in 1...2 { #expect(try shard(number, "presence").status == 0) }
    let first = try shard(1, "relevance", "--force")
    #expect(first.status == 0, "\(first.standardError)")
    #expect(
      first.text.contains("1 of 2 parts are of the earlier question, which --force replaces"))
    #expect(try shard(2, "relevance", "--force").status == 0)
    let table = try String(contentsOfFile: folder.path("out/inputs.csv"), encoding: .utf8)
    #expect(table.contains("relevance") && !table.contains("presence"))
  }

  @Test("shards of a folder with one picture have parts, and the tables of one run")
  func oneInFolder() throws {
    _ = try folder.write("set/1.ppm", TestInputs.ppm(width: 9, height: 6))
    let asked = [
      "set", "--method", "presence", "--trust", "--seed", "42", "--figure", "--width", "300",
    ]
    #expect(try explain(asked + ["-o", "whole"]).status == 0)
    let tables = ["inputs.csv", "means-figure.png", "means-figure.svg", "means.csv", "means.json"]
    let own = ["explain.json", "presence-figure.png", "presence-figure.svg", "presence.npy"]
    #expect(
      folder.contents.filter { $0.hasPrefix("whole/") }
        == (own.map { "1/" + $0 } + tables).map { "whole/" + $0 })
    for count in [1, 4] {
      for index in 1...count {
        let result = try explain(asked + ["-o", "of\(count)", "--shard", "\(index)/\(count)"])
        #expect(result.status == 0, "\(result.standardError)")
        #expect(folder.contents.contains("of\(count)/explain-\(index)-of-\(count).json"))
      }
      for name in tables + ["1/explain.json", "1/presence.npy"] {
        #expect(
          try Data(contentsOf: URL(fileURLWithPath: folder.path("whole/\(name)")))
            == Data(contentsOf: URL(fileURLWithPath: folder.path("of\(count)/\(name)"))), "\(name)")
      }
    }
  }

  @Test("what many inputs have in common is said once, with how many they are")
  func notes() throws {
    for (name, width) in [("1", 300), ("2", 300), ("3", 6), ("4", 280)] {
      _ = try folder.write("set/\(name).ppm", TestInputs.ppm(width: width, height: 6))
    }
    let result = try explain(["set", "-o", "out", "--method", "attention-last", "--raw"])
    #expect(result.status == 0, "\(result.standardError)")
    func lines(_ text: String) -> [String] { result.errorLines.filter { $0.contains(text) } }
    #expect(lines("--raw has no effect").count == 1)
    let scaled = lines("scaled down from")
    #expect(scaled.count == 2, "\(result.standardError)")
    #expect(scaled.first?.hasPrefix("perceiver-tui: 2 inputs: scaled down from 300 × 6") == true)
    #expect(scaled.last?.hasPrefix("perceiver-tui: set/4.ppm: scaled down from 280 × 6") == true)
    // One input says it as it comes.
    let one = try explain(["set/1.ppm", "-o", "one", "--method", "attention-last"])
    #expect(one.errorLines.contains { $0.hasPrefix("perceiver-tui: set/1.ppm: scaled down") })
  }

  @Test("an earlier explanation stays unless --force says so, and goes whole")
  func replaces() throws {
    #expect(try explain([photo, "-o", "out", "--method", "presence,relevance"]).status == 0)
    let again = try explain([photo, "-o", "out"])
    #expect(again.status == 73)
    #expect(
      again.errorLines == [
        "perceiver-tui: out/explain.json: is there already; --force replaces it"
      ])
    #expect(try explain([photo, "-o", "out", "--force"]).status == 0)
    #expect(
      folder.contents.filter { $0.hasPrefix("out/") } == ["out/explain.json", "out/relevance.npy"])
  }
}
