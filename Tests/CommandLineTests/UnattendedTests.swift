// What daemons, schedulers and hang-ups do to a program: closed streams, signals, pipes that lie about.

import Foundation
import Tensors
import Testing

@Suite("unattended")
struct UnattendedTests {
  @Test(
    "what is said to a closed stream goes nowhere, least of all into a file",
    arguments: [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
  func closedStreams(_ closing: String) throws {
    let data = try TrainingFolder()
    let model = TrainingFolder.model.joined(separator: " ")
    let result = try Program.shell(
      "\"$P\" train . -o m.safetensors --steps 3 --batch-size 16 --metrics m.csv \(model) \(closing)",
      in: data.folder.url)
    #expect(result.status == 0, "\(result.standardError)")
    let kinds = try data.lines("m.csv").map { $0.split(separator: ",").first.map(String.init) }
    #expect(kinds == ["kind", "training", "training", "training"])
    #expect(
      try TensorFile(path: data.folder.path("m.training.safetensors")).metadata["step"] == "3")
  }

  @Test(
    "a signal while convert writes leaves nothing, and an older model as it was",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func convert(signal: Int32) throws {
    let folder = try TemporaryFolder()
    let older = try Program.run(
      ["convert", "-o", "m.safetensors"] + TestInputs.smallModel, in: folder.url)
    try #require(older.status == 0)
    let before = try Data(contentsOf: folder.url.appending(path: "m.safetensors"))
    let result = try Program.shell(
      """
      "$P" convert -o m.safetensors --force --depth 4 --latent-dim 1024 2>errors & id=$!
      until [ $(ls -A | grep -c partial) -gt 0 ]; do kill -0 $id || break; sleep 0.001; done
      kill -\(signal) $id; wait $id; status=$?; cat errors >&2; exit $status
      """, in: folder.url)
    #expect(result.status == 128 + signal)
    #expect(result.errorLines.last == "perceiver-tui: interrupted")
    #expect(folder.contents == ["errors", "m.json", "m.safetensors"])
    #expect(try Data(contentsOf: folder.url.appending(path: "m.safetensors")) == before)
  }

  @Test("a pipe as classes.txt beside the data is not waited for")
  func pipeOfClasses() throws {
    let data = try TrainingFolder()
    try FileManager.default.removeItem(atPath: data.folder.path("classes.txt"))
    try #require(mkfifo(data.folder.path("classes.txt"), 0o600) == 0)
    let model = TrainingFolder.model.joined(separator: " ")
    let result = try Program.shell(
      "timeout 30 \"$P\" train . -o m.safetensors --steps 1 --batch-size 16 \(model)",
      in: data.folder.url)
    #expect(result.status == 0, "\(result.standardError)")
  }

  @Test(
    "a pipe as the program's own config.json is not waited for",
    .enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
  func pipeOfPreferences() throws {
    let folder = try TemporaryFolder()
    let place = folder.url.appending(path: "perceiver-tui")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
    try #require(mkfifo(place.appending(path: "config.json").path, 0o600) == 0)
    let session = try Explore.open(environment: ["XDG_CONFIG_HOME": folder.url.path])
    try session.press("q")
    #expect(try session.waitForExit() == 0)
  }

  @Test(
    "a hang-up while it trains keeps the model, which opens, and the training, which goes on",
    .enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
  func hangUp() throws {
    let data = try TrainingFolder()
    let boot = Program.repository.appending(path: "Samples/fashion-boot.png").path
    let session = try Explore.open(boot, TrainingFolder.model, in: data.folder)
    try session.command("train . steps=1000000")
    try session.waitUntilParts("steps are taken") { $0.title.contains(#/in training, step [1-9]/#) }
    try session.signal(SIGHUP)
    #expect(try session.waitForExit() == 129)
    let ending = ".training.safetensors"
    let training = try #require(
      data.folder.contents.first { $0.hasPrefix("trained-") && $0.hasSuffix(ending) })
    let model = training.dropLast(ending.count) + ".safetensors"
    let kept = try TensorFile(path: data.folder.path(training)).metadata["step"]
    let step = try #require(kept.flatMap { Int($0) })
    #expect(
      training == "trained-\(training.dropFirst(8).prefix { $0 != "-" })-step-\(step)\(ending)")
    let opened = try Program.run(["info", String(model)], in: data.folder.url)
    #expect(opened.status == 0, "\(opened.standardError)")
    #expect(opened.text.contains("left, second, third"))
    let resumed = try Program.run(
      ["train", ".", "--out", String(model), "--resume", "--steps", "\(step + 2)"],
      in: data.folder.url)
    #expect(resumed.status == 0, "\(resumed.standardError)")
    let after = try TensorFile(path: data.folder.path(training)).metadata["step"]
    #expect(after == "\(step + 2)")
  }
}
