// `evaluate`: its figures, held against the confusion matrix they come from.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("evaluate")
struct EvaluateTests {
  private let folder: TrainingFolder

  init() throws {
    folder = try TrainingFolder()
    // Few steps, so that there is something to confuse.
    let result = try folder.train("-o", "m.safetensors", "--steps", "2", "--seed", "3")
    try #require(result.status == 0, "\(result.standardError)")
  }

  private struct Report: Decodable {
    struct Class: Decodable {
      let name: String
      let count: Int
      let precision: Double?
      let recall: Double?
    }
    let examples: Int
    let accuracy: Double
    let loss: Double
    let classes: [Class]
    let confusion: [[Int]]
  }

  private func report(_ options: String...) throws -> Report {
    let result = try Program.run(
      ["evaluate", ".", "--weights", "m.safetensors", "--json"] + options, in: folder.folder.url)
    #expect(result.status == 0, "\(result.standardError)")
    return try JSONDecoder().decode(Report.self, from: Data(result.standardOutput))
  }

  @Test("figures are those of the confusion matrix")
  func figures() throws {
    let report = try report()
    #expect(report.examples == 15)
    #expect(report.classes.map(\.name) == ["left", "second", "third"])
    #expect(report.classes.map(\.count) == [5, 5, 5])
    #expect(report.confusion.map { $0.reduce(0, +) } == [5, 5, 5])
    let right = (0..<3).map { report.confusion[$0][$0] }
    #expect(abs(report.accuracy - Double(right.reduce(0, +)) / 15) < 1e-12)
    for (index, row) in report.classes.enumerated() {
      #expect(row.recall == Double(right[index]) / 5)
      let taken = report.confusion.reduce(0) { $0 + $1[index] }
      #expect(row.precision == (taken > 0 ? Double(right[index]) / Double(taken) : nil))
    }
    #expect(report.loss > 0)
    #expect(try self.report("--limit", "6", "--batch-size", "4").examples == 6)
    // How many run at once changes nothing but rounding.
    #expect(abs(try self.report("--batch-size", "4").loss - report.loss) < 1e-5 * report.loss)
  }

  @Test("--attention says how much falls on what pictures show, beside how much of them that is")
  func attention() throws {
    struct Measured: Decodable {
      struct Attention: Decodable {
        let pictures: Int
        let share: Double
        let heads: [Double]
        let area: Double
      }
      let attention: Attention
    }
    let options = ["evaluate", ".", "--weights", "m.safetensors", "--attention", "7"]
    let json = try Program.run(options + ["--json"], in: folder.folder.url)
    #expect(json.status == 0, "\(json.standardError)")
    let found = try JSONDecoder().decode(Measured.self, from: Data(json.standardOutput)).attention
    #expect(found.pictures == 7)
    #expect(found.heads.count == 1 && abs(found.heads[0] - found.share) < 1e-6)
    #expect((0...1).contains(found.share) && (0...1).contains(found.area) && found.area > 0)
    let text = try Program.run(options, in: folder.folder.url)
    #expect(
      String(decoding: text.standardOutput, as: UTF8.self)
        .contains("of them (the last cross-attention, 7 pictures)"))
    let none = try Program.run(
      ["evaluate", ".", "--weights", "m.safetensors", "--attention", "0"], in: folder.folder.url)
    #expect(none.status == 64)
  }

  @Test("loss and choices are those of one run for each picture")
  func parity() throws {
    let report = try report("--limit", "3")
    let pictures = Array(try folder.data("t10k-images-idx3-ubyte").dropFirst(16))
    var loss = 0.0
    for index in 0..<3 {
      let photo = try folder.folder.write(
        "\(index).pgm",
        TestInputs.pgm(width: 6, height: 6, values: Array(pictures[index * 36..<(index + 1) * 36])))
      let traced = try Program.run(
        ["trace", photo, "-o", "out\(index)", "--weights", "m.safetensors", "--no-attention"],
        in: folder.folder.url)
      #expect(traced.status == 0, "\(traced.standardError)")
      let logits = try TestInputs.readNPY(folder.folder.path("out\(index)/logits.npy"))
        .values.map(Double.init)
      loss += log(logits.reduce(0) { $0 + exp($1) }) - logits[index]
      let chosen = try #require(logits.indices.max { logits[$0] < logits[$1] })
      #expect(report.confusion[index][chosen] == 1)
    }
    #expect(abs(report.loss - loss / 3) < 1e-5 * report.loss)
  }

  @Test("text has the same figures in columns")
  func text() throws {
    let report = try report()
    let result = try folder.evaluate(".", "--weights", "m.safetensors")
    #expect(result.status == 0)
    let lines = result.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "examples  15")
    #expect(lines[1].hasPrefix("accuracy  ") && lines[1].hasSuffix(" %"))
    #expect(lines[2].hasPrefix("loss      "))
    #expect(lines[4] == "class   count  precision  recall")
    #expect(lines[6].hasPrefix("second      5  "))
    #expect(lines[9].hasPrefix("confusion: a row for each class"))
    let row = lines[12].split(separator: " ")
    #expect(row.prefix(2) == ["1", "second"])
    #expect(row.dropFirst(2).compactMap { Int($0) } == report.confusion[1])
    #expect(Set(lines[10...13].map { $0.count }).count == 1, "\(result.text)")
  }

  @Test("a model knows what its classes are called, whatever the data call them or leave out")
  func classNames() throws {
    let info = try Program.run(["info", "m.safetensors"], in: folder.folder.url)
    #expect(
      info.text.contains("classes         left, second, third (from m.json)\n"), "\(info.text)")
    let named = String(decoding: try folder.data("m.json"), as: UTF8.self)
    try folder.folder.write(
      "m.json", Array(named.replacing("\"second\"", with: #""se\u001b[31m""#).utf8))
    let quoted = try Program.run(["info", "m.safetensors"], in: folder.folder.url)
    #expect(quoted.text.contains(#"left, se\u001b[31m, third"#), "\(quoted.text)")
    try folder.folder.write("m.json", Array(named.utf8))
    // Numbered labels, with no file of names beside them.
    for part in ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"] {
      try folder.folder.write("numbered/\(part)", Array(try folder.data(part)))
    }
    let numbered = try folder.evaluate("numbered", "--weights", "m.safetensors", "--json")
    let whole = try folder.evaluate(".", "--weights", "m.safetensors", "--json")
    #expect(numbered.status == 0 && numbered.text == whole.text, "\(numbered.standardError)")
    // A folder without the first class: the others keep their numbers.
    let picture = TestInputs.pgm(width: 6, height: 6, values: (0..<36).map { UInt8($0) })
    for name in ["third", "second"] { try folder.folder.write("some/\(name)/0.pgm", picture) }
    let some = try folder.evaluate("some", "--weights", "m.safetensors", "--json")
    let report = try JSONDecoder().decode(Report.self, from: Data(some.standardOutput))
    #expect(report.classes.map(\.name) == ["left", "second", "third"])
    #expect(report.confusion.map { $0.reduce(0, +) } == [0, 1, 1])
    try folder.folder.write("other/fourth/0.pgm", picture)
    let other = try folder.evaluate("other", "--weights", "m.safetensors")
    #expect(other.status == 65)
    #expect(
      other.errorLines.last
        == "perceiver-tui: other: expected classes among the 3 that are known, found fourth")
  }

  @Test("the training part and other labels may be asked for by their files")
  func files() throws {
    let result = try folder.evaluate(
      "train-images-idx3-ubyte", "--weights", "m.safetensors", "--json")
    #expect(result.text.contains("\"examples\":48,"))
    let other = try folder.evaluate(
      "t10k-images-idx3-ubyte", "--labels", "train-labels-idx1-ubyte", "--weights", "m.safetensors")
    #expect(other.status == 65)
    #expect(
      other.errorLines.last
        == "perceiver-tui: train-labels-idx1-ubyte: byte 4: expected 15 labels, "
        + "one for each picture of t10k-images-idx3-ubyte, found 48")
  }

  @Test("labels beyond the model's classes are refused")
  func tooManyClasses() throws {
    try FileManager.default.removeItem(atPath: folder.folder.path("classes.txt"))
    let pictures = stripedPictures(count: 8, side: 6, classes: 4)
    try folder.folder.write("t10k-images-idx3-ubyte", pictures.images)
    try folder.folder.write("t10k-labels-idx1-ubyte", pictures.labels)
    let result = try folder.evaluate(".", "--weights", "m.safetensors")
    #expect(result.status == 65)
    #expect(
      result.errorLines.last
        == "perceiver-tui: .: expected classes among the 3 that are known, found 3")
  }
}
