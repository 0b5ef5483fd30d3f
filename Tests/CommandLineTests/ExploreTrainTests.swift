// Training in the terminal: it is watched, paused, stepped, taken back, kept and saved.

import Foundation
import Testing

@Suite(.enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
struct ExploreTrainTests {
  /// A Perceiver IO that gives a small picture back, and whose steps take a millisecond or two.
  private static let io = [
    "--variant", "io", "--depth", "1", "--num-latents", "16", "--latent-dim", "32",
    "--cross-dim-head", "16", "--latent-heads", "2", "--latent-dim-head", "16",
    "--num-freq-bands", "8", "--max-freq", "24", "--logits-dim", "3", "--max-side", "24",
  ]

  /// A figure of the training's pane.
  private func figure(_ name: String, _ screen: ExploreScreen) -> Double? {
    let words = (screen.part("training") + screen.trainingPart).joined(separator: " ")
      .split(separator: " ").map(String.init)
    guard let place = words.firstIndex(of: name), place + 1 < words.count else { return nil }
    return Double(words[place + 1])
  }

  @Test("a picture is learnt: the loss falls, it pauses, steps, goes back, stops, and is saved")
  func picture() throws {
    let folder = try TemporaryFolder()
    let session = try Explore.open(Explore.cat, Self.io, in: folder)
    // More steps than any machine takes while this looks on.
    try session.command("train steps=1000000")
    let early = try session.waitUntilParts("a step is taken") {
      (self.figure("step", $0) ?? 0) >= 1 && self.figure("loss", $0) != nil
    }
    #expect(figure("of", early) == 1_000_000)
    // Half of what an untrained model comes to, whichever step was the first to be seen.
    let later = try session.waitUntilParts("the loss falls") {
      (self.figure("loss", $0) ?? 1) < 0.08
    }
    #expect(later.title.contains("in training, step "))
    #expect(later.mapTitle.contains("decoder · reconstruction"))
    // Keys are answered while it learns.
    try session.press("R")
    try session.waitUntilParts("the map is shown") { $0.mapTitle.contains("probabilities") }
    try session.press("s")
    try session.waitUntilParts("the scale changes") { $0.legend.contains("log") }

    try session.press("t")
    try session.waitUntilParts("it pauses") { screen in
      screen.rows.contains { $0.contains("┌ training paused") }
    }
    let paused = try #require(figure("step", try session.parts()))
    try session.press("N")
    let stepped = try session.waitUntilParts("one step is taken") {
      self.figure("step", $0) == paused + 1
    }
    #expect(stepped.title.contains("step \(Int(paused) + 1)"))
    try session.press("U")
    let back = try session.waitForMessage("back at step ")
    let snapshot = try #require(figure("step", back))
    #expect(
      snapshot <= paused && (snapshot == 16 || snapshot.truncatingRemainder(dividingBy: 32) == 0))

    try session.press("T")
    try session.waitForMessage("the model of step \(Int(snapshot)) is open")
    try session.waitUntilParts("the title says what the model is") {
      $0.title.contains("trained here, step \(Int(snapshot))") && $0.isSettled
    }
    try session.press("q")
    try session.waitForMessage("the trained model is not saved")
    try session.command("save cat.safetensors")
    try session.waitForMessage("wrote cat.safetensors")
    try session.press("q")
    #expect(try session.waitForExit() == 0)

    let info = try Program.run(["info", folder.path("cat.safetensors")])
    #expect(info.status == 0 && info.text.contains("io"))
  }

  @Test("labelled pictures are learnt by the model that is open; what cannot be read is said")
  func data() throws {
    let data = try TrainingFolder()
    let options = TrainingFolder.model
    let session = try Explore.open(Explore.cat, options, in: data.folder)
    try session.command("train nowhere")
    try session.waitForMessage("error: nowhere")
    try session.command("train .")
    let complete = try session.waitUntilParts("all steps are taken") { screen in
      screen.rows.contains { $0.contains("training complete") }
    }
    #expect(complete.title.contains("1: left") && complete.title.contains("6×6"))
    #expect(figure("accuracy", complete) != nil)
    try session.press(".")
    try session.waitUntilParts("the next example") { $0.title.contains("2: second") }
    try session.press("T")
    try session.waitUntilParts("the model stays") { $0.title.contains("trained here, step 10") }
    try session.press("q")
    try session.waitForMessage("the trained model is not saved")
    try session.press("q")
    #expect(try session.waitForExit() == 0)
  }

  @Test("weights that know their classes learn no others, and the message says what would")
  func otherClasses() throws {
    let data = try TrainingFolder()
    let samples = Program.repository.appending(path: "Samples").path
    let session = try Explore.open(
      samples + "/fashion-boot.png", ["--weights", samples + "/fashion.safetensors"],
      in: data.folder)
    try session.command("train .")
    try session.waitForMessage("found left; :seed 0 begins without them")
    try session.command("seed 0")
    try session.command("train . steps=2")
    try session.waitUntilParts("it learns the new ones") { $0.title.contains("left") }
  }

  @Test("in the smallest terminal a training is watched too, and Ctrl-C leaves it, asking once")
  func small() throws {
    let session = try Explore.open(Explore.cat, Self.io, width: 60, height: 18)
    try session.press("t")
    try session.waitUntilParts("steps are taken") { (self.figure("step", $0) ?? 0) > 3 }
    try session.resize(width: 20, height: 5)
    try session.resize(width: 80, height: 24)
    try session.waitUntilParts("the curve is there") { screen in
      screen.rows.contains { $0.contains("loss") }
    }
    try session.press("C-c")
    try session.waitForMessage("Ctrl-C again quits")
    try session.press("C-c")
    try session.waitForMessage("the trained model is not saved")
    try session.press("C-c")
    #expect(try session.waitForExit() == 0)
  }
}

extension ExploreScreen {
  /// The rows of the training's part, whose title has a mark that turns before it.
  fileprivate var trainingPart: [String] {
    for mark in ["◐", "◓", "◑", "◒"] {
      for title in ["training", "one step"] where !part("\(mark) \(title)").isEmpty {
        return part("\(mark) \(title)")
      }
    }
    return []
  }
}
