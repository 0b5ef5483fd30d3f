// Names in files, and of files, that would command a terminal: they are shown spelled out.

import Foundation
import Tensors
import Testing

@Suite("hostile names")
struct HostileNamesTests {
  /// Colour, a window title, CSI as one scalar, a change of direction, a space without width.
  static let name = "a\u{1B}[31m\u{1B}]0;x\u{7}\u{9B}2J\u{202E}b\u{200B}c"
  static let spelled = "a\\u001b[31m\\u001b]0;x\\u0007\\u009b2J\\u202eb\\u200bc"

  private static let model = [
    "--depth", "1", "--num-latents", "4", "--latent-dim", "16", "--num-freq-bands", "2",
  ]

  /// Expects that a name is seen, and that nothing but newlines acts on a terminal.
  private func expectSpelled(
    _ text: String, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(text.contains(Self.spelled), "\(what): \(text)", sourceLocation: sourceLocation)
    let acting = text.unicodeScalars.filter {
      ($0.properties.generalCategory == .control && $0 != "\n")
        || $0.properties.isDefaultIgnorableCodePoint
    }
    #expect(acting.isEmpty, "\(what): \(text)", sourceLocation: sourceLocation)
  }

  @Test("of files: info, render, convert, trace, verify, and errors of each")
  func files() throws {
    let folder = try TemporaryFolder()
    let picture = Self.name + ".pgm"
    try folder.write(picture, TestInputs.pgm(width: 2, height: 2, values: [1, 2, 3, 4]))
    let weights = Self.name + ".safetensors"
    let converted = try Program.run(["convert", "-o", weights] + Self.model, in: folder.url)
    #expect(converted.status == 0)
    expectSpelled(converted.text, "convert")
    expectSpelled(try Program.run(["info", weights], in: folder.url).text, "info")
    for format in ["plain", "ansi"] {
      let arguments = ["render", picture, "--format", format, "--width", "2"] + Self.model
      let lines = try Program.run(arguments, in: folder.url).text.split(separator: "\n")
      expectSpelled(String(lines[0]), format)
    }
    let written = try Program.run(
      ["render", picture, "-o", "map.txt", "--format", "plain"] + Self.model, in: folder.url)
    #expect(written.status == 0)
    expectSpelled(
      String(decoding: try Data(contentsOf: folder.url.appending(path: "map.txt")), as: UTF8.self),
      "a file of text")
    let trace = try Program.run(
      ["trace", picture, "-o", Self.name] + Self.model, in: folder.url)
    #expect(trace.status == 0)
    expectSpelled(trace.standardError, "trace")
    try folder.write("\(Self.name)2.npy", [0x93])
    for arguments in [
      ["render", Self.name + ".none"], ["render", Self.name + "2.npy"], ["verify", Self.name],
      ["evaluate", Self.name + ".none", "--weights", weights], ["info", Self.name + ".none"],
      ["render", picture, "--stage", Self.name], ["render", picture, "--format", Self.name],
      ["--" + Self.name], ["train", Self.name + ".none", "-o", "x"],
    ] {
      let result = try Program.run(arguments, in: folder.url)
      #expect(result.status != 0)
      #expect(result.errorLines.count == 1)
      if result.standardError.contains("31m") { expectSpelled(result.standardError, arguments[0]) }
      #expect(!result.standardError.contains("\u{1B}"), "\(arguments)")
    }
  }

  @Test("of arguments and classes: info, and evaluate as text and as JSON")
  func classes() throws {
    let folder = try TemporaryFolder()
    for (index, name) in [Self.name, "b"].enumerated() {
      for picture in 0..<4 {
        let values = (0..<16).map { UInt8(16 * index + $0 + picture) }
        try folder.write(
          "data/\(name)/\(picture).pgm", TestInputs.pgm(width: 4, height: 4, values: values))
      }
    }
    let training = try Program.run(
      ["train", "data", "-o", "c.safetensors", "--steps", "2", "--batch-size", "4"] + Self.model,
      in: folder.url)
    try #require(training.status == 0, "\(training.standardError)")
    expectSpelled(try Program.run(["info", "c.safetensors"], in: folder.url).text, "info")
    let evaluation = ["evaluate", "data", "--weights", "c.safetensors"]
    expectSpelled(try Program.run(evaluation, in: folder.url).text, "evaluate")
    let json = try Program.run(evaluation + ["--json"], in: folder.url)
    expectSpelled(json.text, "evaluate --json")
    // What is spelled out means the same to a program that reads JSON.
    guard case .array(let classes)? = try JSONValue(parsing: json.standardOutput)["classes"] else {
      Issue.record("no classes in \(json.text)")
      return
    }
    #expect(classes.contains { $0["name"] == .string(Self.name) })

    // A configuration beside weights that hold no arguments of their own.
    let weights = "Tests/PerceiverTests/Fixtures/perceiver-pytorch/v0.11.0/model.safetensors"
    try FileManager.default.copyItem(
      at: Program.repository.appending(path: weights),
      to: folder.url.appending(path: "m.safetensors"))
    let members = [(Self.name, 1), ("max_freq", 10), ("latent_heads", 2)].map {
      JSONValue.Member(name: $0.0, value: .integer($0.1))
    }
    try folder.write("config.json", Array(JSONValue.object(members).text.utf8))
    let info = try Program.run(["info", "m.safetensors"], in: folder.url)
    // A note quotes it as messages do, whose escapes of controls are Swift's.
    #expect(info.text.contains("passed over"), "\(info.standardError)")
    let acting = info.text.unicodeScalars.filter {
      ($0.properties.generalCategory == .control && $0 != "\n")
        || $0.properties.isDefaultIgnorableCodePoint
    }
    #expect(acting.isEmpty, "\(info.text)")
  }
}
