// `train`: what it learns, writes and says, how it stops and goes on.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("train")
struct TrainTests {
  private let folder: TrainingFolder

  init() throws { folder = try TrainingFolder() }

  /// A picture of 8 × 6 pixels: red to the right, green downwards.
  private static let slope: [UInt8] = (0..<48).flatMap { (place: Int) -> [UInt8] in
    [UInt8(place % 8 * 30), UInt8(place / 8 * 40), 120]
  }

  @Test("a model learns classes, is written with its arguments, and opens anywhere")
  func learns() throws {
    let result = try folder.train(
      "--out", "m.safetensors", "--epochs", "60", "--learning-rate", "0.01", "--validation", ".")
    #expect(result.status == 0, "\(result.standardError)")
    let lines = result.text.split(separator: "\n")
    #expect(lines.count == 62)
    #expect(lines[0].contains(#/^epoch 1 of 60: step 3, loss [0-9.]+, accuracy [0-9.]+ %, /#))
    #expect(lines[59].hasPrefix("epoch 60 of 60: step 180, "))
    #expect(lines[59].contains("accuracy 100.00 %, "))
    #expect(lines[59].hasSuffix("accuracy 100.00 %"), "validation: \(lines[59])")
    #expect(lines[60].hasPrefix("m.safetensors: "))
    #expect(lines[61] == "m.json: its arguments")
    #expect(
      result.errorLines.last?.hasPrefix(
        "perceiver-tui: 48 pictures of 6 × 6 × 1 in 3 classes, ") == true)
    #expect(result.errorLines.last?.hasSuffix(" parameters, 180 steps, 3 an epoch") == true)
    let made = ["m.json", "m.safetensors", "m.training.safetensors"]
    #expect(made.allSatisfy(folder.folder.contents.contains))
    // The photo is read as the pictures were: its logits are those of its class.
    let values = (0..<36).map { UInt8($0 % 6 == 1 ? 220 : 20) }
    try folder.folder.write("photo.pgm", TestInputs.pgm(width: 6, height: 6, values: values))
    let traced = try Program.run(
      ["trace", "photo.pgm", "-o", "out", "--weights", "m.safetensors", "--no-attention"],
      in: folder.folder.url)
    #expect(traced.status == 0, "\(traced.standardError)")
    let logits = try TestInputs.readNPY(folder.folder.path("out/logits.npy"))
    #expect(logits.shape == [3])
    #expect(logits.values.max() == logits[1])
  }

  @Test("a training that is resumed comes to the same bytes as one that was not stopped")
  func resumes() throws {
    let same = ["--schedule", "constant", "--warmup-steps", "2", "--crop-padding", "1", "--flip"]
    let dropout = TrainingFolder.model + same + ["--attn-dropout", "0.1", "--validation", "."]
    let whole = try folder.train(
      "-o", "whole.safetensors", "--steps", "7", "--metrics", "whole.csv", "--metrics-jsonl",
      "whole.jsonl", model: dropout)
    #expect(whole.status == 0, "\(whole.standardError)")
    let parts = [
      "-o", "parts.safetensors", "--metrics", "parts.csv", "--metrics-jsonl", "parts.jsonl",
    ]
    let first = try Program.run(
      ["train", ".", "--batch-size", "16", "--steps", "4"] + parts + dropout,
      in: folder.folder.url)
    #expect(first.status == 0, "\(first.standardError)")
    let second = try Program.run(
      ["train", ".", "--resume", "--steps", "7", "--validation", "."] + parts,
      in: folder.folder.url)
    #expect(second.status == 0, "\(second.standardError)")
    #expect(second.errorLines.last?.hasSuffix("; going on after step 4") == true)
    #expect(try folder.data("whole.safetensors") == folder.data("parts.safetensors"))
    #expect(
      try folder.data("whole.training.safetensors") == folder.data("parts.training.safetensors"))
    let (expected, found) = (try folder.rows("whole.csv"), try folder.rows("parts.csv"))
    // The first part ended with a validation of its own, after its last step.
    let extra = found.filter { $0[0] == "validation" && $0[2] == "4" }
    #expect(extra.count == 1)
    #expect(found.filter { !extra.contains($0) } == expected)
    #expect(
      expected.first?.joined(separator: ",")
        == "kind,epoch,step,loss,accuracy,learning_rate,gradient_norm")
    #expect(expected.map { $0[2] } == ["step", "1", "2", "3", "3", "4", "5", "6", "6", "7", "7"])
    #expect(try folder.lines("parts.jsonl").count == 11)
    let row = try JSONValue(parsing: Array(folder.lines("parts.jsonl")[0].utf8))
    #expect(row["step"] == .integer(1))
    #expect(row["kind"] == .string("training"))
  }

  @Test("weights that know their classes keep them for a folder of another order, and when resumed")
  func classNames() throws {
    try folder.folder.write("names", Array("zebra\nant\nmule\n".utf8))
    let learnt = try folder.train(
      "-o", "m.safetensors", "--epochs", "60", "--learning-rate", "0.01", "--class-names", "names")
    #expect(learnt.status == 0, "\(learnt.standardError)")
    let pixels = Array(try folder.data("t10k-images-idx3-ubyte").dropFirst(16))
    let labels = Array(try folder.data("t10k-labels-idx1-ubyte").dropFirst(8))
    for (index, label) in labels.enumerated() {
      let values = Array(pixels[index * 36..<(index + 1) * 36])
      try folder.folder.write(
        "animals/\(["zebra", "ant", "mule"][Int(label)])/\(index).pgm",
        TestInputs.pgm(width: 6, height: 6, values: values))
    }
    func accuracy(_ model: String) throws -> String? {
      let result = try folder.evaluate("animals", "--weights", model)
      return result.text.split(separator: "\n").first { $0.hasPrefix("accuracy") }.map(String.init)
    }
    let names = #""class_names": ["zebra", "ant", "mule"]"#
    let whole = try accuracy("m.safetensors")
    #expect(whole == "accuracy  100.00 %")
    func tune(_ options: String...) throws {
      let result = try Program.run(
        ["train", "animals", "-o", "n.safetensors"] + options, in: folder.folder.url)
      #expect(result.status == 0, "\(result.standardError)")
      #expect(try accuracy("n.safetensors") == whole)
      #expect(try folder.lines("n.json").joined().contains(names))
    }
    try tune("--weights", "m.safetensors", "--steps", "2", "--learning-rate", "1e-4")
    try tune("--resume", "--steps", "4")
    // Hyperparameters alone have learnt no classes.
    let untrained = try Program.run(
      ["train", "animals", "--config", "m.json", "-o", "u.safetensors", "--steps", "1"],
      in: folder.folder.url)
    #expect(untrained.status == 0, "\(untrained.standardError)")
    #expect(try folder.lines("u.json").joined().contains(#"["ant", "mule", "zebra"]"#))
    // Names that are given with the data are the model's from then on.
    try folder.folder.write("others", Array("left\nsecond\nthird\n".utf8))
    let renamed = try Program.run(
      [
        "train", ".", "--class-names", "others", "--weights", "m.safetensors", "-o",
        "r.safetensors", "--steps", "1",
      ], in: folder.folder.url)
    #expect(renamed.status == 0, "\(renamed.standardError)")
    #expect(try folder.lines("r.json").joined().contains(#"["left", "second", "third"]"#))
  }

  @Test("rows after the checkpoint's step, and a row that was cut off, are not kept")
  func cutsMetrics() throws {
    #expect(
      try folder.train(
        "-o", "m.safetensors", "--steps", "2", "--metrics", "m.csv", "--metrics-jsonl", "m.jsonl"
      ).status == 0)
    let kept = (try folder.data("m.csv"), try folder.data("m.jsonl"))
    let late = try #require(folder.lines("m.csv").last).replacing(
      "training,1,2", with: "training,1,3")
    let lateJSON = try #require(folder.lines("m.jsonl").last).replacing(
      "\"step\":2", with: "\"step\":3")
    try folder.folder.write("m.csv", Array(kept.0) + Array((late + "\ntraining,2").utf8))
    try folder.folder.write("m.jsonl", Array(kept.1) + Array((lateJSON + "\n{\"ki").utf8))
    let result = try Program.run(
      [
        "train", ".", "-o", "m.safetensors", "--resume", "--steps", "4", "--metrics", "m.csv",
        "--metrics-jsonl", "m.jsonl",
      ],
      in: folder.folder.url)
    #expect(result.status == 0, "\(result.standardError)")
    #expect(try folder.rows("m.csv").map { $0[2] } == ["step", "1", "2", "3", "4"])
    #expect(try folder.data("m.csv").starts(with: kept.0))
    #expect(try folder.lines("m.jsonl").count == 4)
    try folder.folder.write("m.csv", Array("a,b\n1,2\n".utf8))
    let refused = try Program.run(
      ["train", ".", "-o", "m.safetensors", "--resume", "--steps", "5", "--metrics", "m.csv"],
      in: folder.folder.url)
    #expect(refused.status == 65)
    #expect(refused.standardError.contains("m.csv: line 1: expected kind,epoch,step,loss,"))
    #expect(try folder.lines("m.csv") == ["a,b", "1,2"])
  }

  @Test("a signal keeps the training, and it goes on", arguments: [SIGINT, SIGTERM])
  func interrupts(signal: Int32) throws {
    let options = (TrainingFolder.model + ["--batch-size", "16"]).joined(separator: " ")
    let result = try Program.shell(
      """
      "$P" train . -o m.safetensors --steps 1000000 --metrics m.csv \(options) 2>errors >lines & id=$!
      for i in $(seq 3000); do [ $(cat m.csv 2>/dev/null | wc -l) -gt 5 ] && break; sleep 0.01; done
      kill -\(signal) $id; wait $id; status=$?; cat errors >&2; exit $status
      """, in: folder.folder.url)
    #expect(result.status == 128 + signal)
    let message = try #require(result.errorLines.last)
    let match = try #require(
      message.wholeMatch(
        of:
          #/perceiver-tui: interrupted after step ([0-9]+); --resume goes on, and --weights (.+) opens it as it is/#
      ))
    let step = try #require(Int(match.1))
    #expect(!FileManager.default.fileExists(atPath: folder.folder.path("m.safetensors")))
    let opened = try Program.run(["info", String(match.2)], in: folder.folder.url)
    #expect(opened.status == 0, "\(opened.standardError)")
    let resumed = try Program.run(
      [
        "train", ".", "-o", "m.safetensors", "--resume", "--steps", "\(step + 2)", "--metrics",
        "m.csv",
      ],
      in: folder.folder.url)
    #expect(resumed.status == 0, "\(resumed.standardError)")
    #expect(try folder.rows("m.csv").dropFirst().map { $0[2] } == (1...step + 2).map(String.init))
  }

  @Test(
    "a file that comes after a training has looked is not replaced",
    arguments: ["m.training.safetensors", "m.safetensors", "m.json"])
  func comesMeanwhile(_ name: String) throws {
    // The names of classes are read after the looking: a pipe of them holds the program there.
    try #require(mkfifo(folder.folder.path("pipe"), 0o600) == 0)
    let options = (TrainingFolder.model + ["--batch-size", "16"]).joined(separator: " ")
    let result = try Program.shell(
      """
      "$P" train . -o m.safetensors --steps 2 --class-names pipe \(options) >lines & id=$!
      exec 3>pipe; echo mine >\(name); printf 'left\\nsecond\\nthird\\n' >&3; exec 3>&-
      wait $id; exit $?
      """, in: folder.folder.url)
    #expect(result.status == 73)
    #expect(result.errorLines.last?.hasPrefix("perceiver-tui: \(name): ") == true)
    #expect(result.errorLines.last?.hasSuffix("--force replaces it") == true)
    #expect(try folder.lines(name) == ["mine"])
    // What was learnt stays, but for a checkpoint that could not be begun.
    let names = folder.folder.contents.filter { $0.hasPrefix("m.") || $0.contains("partial") }
    #expect(names == Set([name, "m.training.safetensors"]).sorted())
  }

  @Test("a signal while the model is written leaves the training and no half file")
  func interruptsWriting() throws {
    let model = "--depth 1 --num-latents 512 --latent-dim 1024 --num-freq-bands 2 --num-classes 3"
    let result = try Program.shell(
      """
      "$P" train . -o m.safetensors --steps 1 --batch-size 1 --limit 3 \(model) >lines 2>errors & id=$!
      until grep -q 'epoch 1' lines; do sleep 0.01; done
      until [ $(ls -A | grep -c partial) -gt 0 ]; do kill -0 $id || break; sleep 0.001; done
      kill -TERM $id; wait $id; status=$?; cat errors >&2; exit $status
      """, in: folder.folder.url)
    #expect(result.status == 128 + SIGTERM)
    #expect(
      result.errorLines.last
        == "perceiver-tui: interrupted after step 1; --resume goes on, and "
        + "--weights m.training.safetensors opens it as it is"
    )
    let names = folder.folder.contents.filter { $0.hasPrefix("m.") || $0.contains("partial") }
    #expect(names == ["m.training.safetensors"])
  }

  @Test("a kill between two saves loses no more than the steps since", arguments: [4, 11, 23])
  func killed(rows: Int) throws {
    let options =
      (TrainingFolder.model + ["--batch-size", "16", "--schedule", "constant"])
      .joined(separator: " ")
    let result = try Program.shell(
      """
      "$P" train . -o m.safetensors --steps 1000000 --save-every 3 --metrics m.csv \(options) >lines & id=$!
      for i in $(seq 3000); do
        [ $(cat m.csv 2>/dev/null | wc -l) -gt \(rows) ] && break; sleep 0.01
      done
      kill -KILL $id; wait $id; exit $?
      """, in: folder.folder.url)
    #expect(result.status == 128 + SIGKILL)
    let taken = try #require(
      folder.rows("m.csv").last { $0.count > 3 }.flatMap { Int($0[2]) })
    let file = try TensorFile(path: folder.folder.path("m.training.safetensors"))
    let kept = try #require(file.metadata["step"].flatMap { Int($0) })
    #expect(kept.isMultiple(of: 3) && kept >= taken - 3 && taken >= rows)
    let steps = String(kept + 4)
    let resumed = try Program.run(
      ["train", ".", "-o", "m.safetensors", "--resume", "--steps", steps, "--metrics", "m.csv"],
      in: folder.folder.url)
    #expect(resumed.status == 0, "\(resumed.standardError)")
    #expect(try folder.rows("m.csv").dropFirst().map { $0[2] } == (1...kept + 4).map(String.init))
    let whole = try folder.train(
      "-o", "whole.safetensors", "--steps", steps, "--schedule", "constant")
    #expect(whole.status == 0)
    #expect(try folder.data("m.safetensors") == folder.data("whole.safetensors"))
  }

  @Test("numbers that are none end the training with 70, and the last checkpoint stays")
  func notFinite() throws {
    let result = try folder.train(
      "-o", "m.safetensors", "--learning-rate", "1e20", "--clip-norm", "none", "--steps", "30",
      "--save-every", "1")
    #expect(result.status == 70)
    let message = try #require(result.errorLines.last)
    let match = try #require(
      message.firstMatch(of: #/step ([0-9]+): .*; m.training.safetensors keeps step ([0-9]+)$/#),
      "\(message)")
    #expect(Int(match.1) == Int(match.2).map { $0 + 1 })
    #expect(!FileManager.default.fileExists(atPath: folder.folder.path("m.safetensors")))
    let file = try TensorFile(path: folder.folder.path("m.training.safetensors"))
    #expect(file.metadata["step"] == String(match.2))
  }

  @Test("Perceiver IO learns to give a picture back")
  func reconstructs() throws {
    let photo = try folder.folder.write(
      "photo.ppm", Array("P6 8 6 255\n".utf8) + Self.slope)
    let result = try Program.run(
      [
        "train", "--reconstruct", photo, "-o", "io.safetensors", "--epochs", "60",
        "--learning-rate", "0.01", "--batch-size", "48",
      ] + TrainingFolder.model.dropLast(2),
      in: folder.folder.url)
    #expect(result.status == 0, "\(result.standardError)")
    let losses = result.text.matches(of: #/step [0-9]+, loss ([0-9.e-]+),/#).compactMap {
      Double($0.1)
    }
    #expect(losses.count == 60)
    #expect(losses[59] < losses[0] / 100, "\(losses[0]) to \(losses[59])")
    let traced = try Program.run(
      ["trace", photo, "-o", "out", "--weights", "io.safetensors", "--no-attention"],
      in: folder.folder.url)
    #expect(traced.status == 0, "\(traced.standardError)")
    let outputs = try TestInputs.readNPY(folder.folder.path("out/outputs.npy"))
    #expect(outputs.shape == [6, 8, 3])
    // In the range of the input, as explore reads it, and as near as the loss says.
    let pixels = Self.slope.map { Float($0) / 255 * 2 - 1 }
    let error = zip(outputs.values, pixels).reduce(0) { $0 + Double(pow($1.0 - $1.1, 2)) } / 144
    #expect(abs(error - losses[59]) < losses[59] / 2, "\(error), \(losses[59])")
  }

  @Test("files of an earlier training are kept, resumed, or replaced as asked")
  func keeps() throws {
    #expect(
      try folder.train("-o", "m.safetensors", "--steps", "1", "--metrics", "m.csv").status == 0)
    let before = try folder.data("m.safetensors")
    for (options, message) in [
      (["-o", "m.safetensors"], "m.safetensors: it exists already; --force replaces it"),
      (
        ["-o", "n.safetensors", "--metrics", "m.csv"], "m.csv: it exists already; --resume appends"
      ),
    ] {
      let result = try Program.run(
        ["train", "."] + options + TrainingFolder.model, in: folder.folder.url)
      #expect(result.status == 73)
      #expect(result.errorLines.last?.contains(message) == true, "\(result.standardError)")
    }
    try FileManager.default.removeItem(atPath: folder.folder.path("m.safetensors"))
    try FileManager.default.removeItem(atPath: folder.folder.path("m.json"))
    let checkpoint = try folder.train("-o", "m.safetensors", "--steps", "1")
    #expect(checkpoint.status == 73)
    #expect(
      checkpoint.standardError.contains(
        "m.training.safetensors: it exists already; --resume goes on with it, --force replaces it"))
    #expect(try folder.train("-o", "m.safetensors", "--resume").status == 0)
    #expect(try folder.data("m.safetensors") == before)
    #expect(try folder.train("-o", "m.safetensors", "--steps", "2", "--force").status == 0)
    #expect(try folder.data("m.safetensors") != before)
  }

  @Test("in a terminal a line with a bar fits its width, and is gone at the end")
  func progress() throws {
    guard TmuxSession.isAvailable else { return }
    for width in [40, 90] {
      let session = try TmuxSession(
        [
          "sh", "-c", "cd \"$0\" && exec \"$@\"", folder.folder.url.path, try Program.path, "train",
          ".", "-o", "m\(width).safetensors", "--steps", "1000000", "--save-every", "1000000",
        ] + TrainingFolder.model, width: width, height: 12)
      let shown = try session.waitUntil("a line of progress") { screen in
        // Whole, not as far as the terminal has read it: where it is cut off, to the last column.
        guard let line = screen.split(separator: "\n").last else { return false }
        return line.contains("/1000000 loss") && (line.hasSuffix("left") || line.count == width - 1)
      }
      let line = try #require(shown.split(separator: "\n").last)
      #expect(line.hasPrefix("[") == (width == 90))
      #expect(line.hasSuffix("left") == (width == 90), "\(line)")
      try session.signal(SIGINT)
      #expect(try session.waitForExit() == 130)
      let rest = try session.screen()
      #expect(!rest.contains("/1000000 loss"), "\(rest)")
      #expect(rest.replacing("\n", with: "").contains("interrupted after step"), "\(rest)")
    }
  }
}
