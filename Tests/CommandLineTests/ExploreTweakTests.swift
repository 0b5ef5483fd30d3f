// Changing the model: costs before applying, applying, undo and redo, seeds, impossible values.

import Foundation
import Testing

@Suite(.enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
struct ExploreTweakTests {
  @Test("a change shows its cost, is applied when asked, undone and done again")
  func changeUndoRedo() throws {
    let session = try Explore.open()
    let before = try session.parts()
    #expect(before.title.contains("553k parameters"))
    try session.press(">")
    let changed = try session.waitUntilParts("the change and its costs are shown") {
      $0.hyperparameter("depth") == "3*" && !$0.part("changes: a applies").isEmpty
    }
    let costs = changed.part("changes")
    #expect(costs.contains { $0.contains("parameters 553k → 797k") })
    #expect(costs.contains { $0.contains("arithmetic 1.6 GFLOP → 2.4 GFLOP") })
    #expect(costs.contains { $0.hasPrefix("memory") && $0.contains("→") })
    // Nothing is built before it is asked for.
    #expect(changed.title.contains("1 of 4") && changed.title.contains("553k"))
    try session.press("a")
    let applied = try session.waitUntilParts("a model of three layers is shown") {
      $0.title.contains("1 of 6") && $0.isSettled
    }
    #expect(applied.title.contains("797k parameters"))
    #expect(applied.hyperparameter("depth") == "3")
    #expect(!applied.part("hyperparameters").isEmpty)
    #expect(applied.timeline.contains("latent 3.1"))

    try session.press("u")
    let undone = try session.waitUntilParts("two layers again") {
      $0.title.contains("1 of 4") && $0.isSettled
    }
    #expect(undone.hyperparameter("depth") == "3*")
    try session.press("u")
    let clean = try session.waitUntilParts("no changes again") {
      $0.hyperparameter("depth") == "2"
    }
    #expect(clean.part("classes") == before.part("classes") && clean.legend == before.legend)
    try session.press("u")
    try session.waitForFooter("nothing to undo")
    try session.press("C-r")
    try session.waitUntilParts("the change is back") { $0.hyperparameter("depth") == "3*" }
    try session.press("C-r")
    let redone = try session.waitUntilParts("three layers again") {
      $0.title.contains("1 of 6") && $0.isSettled
    }
    #expect(redone.part("classes") == applied.part("classes"))
    try session.press("C-r")
    try session.waitForFooter("nothing to redo")
  }

  @Test("a hyperparameter is found in the list, typed over, and dropped")
  func list() throws {
    let session = try Explore.open()
    try session.press("Tab", "Tab")
    try session.waitUntil("the list has the focus") { $0.contains("▸ hyperparameters") }
    try session.press("j", "Enter")
    try session.waitForFooter("num_latents = 32")
    try session.press("BSpace", "BSpace")
    try session.type("0")
    try session.press("Enter")
    // The line stays, with what is wrong.
    try session.waitForFooter(
      "error: num_latents: expected a whole number from 1 to 65536, found 0")
    try session.press("BSpace")
    try session.waitForFooter("num_latents = ")
    try session.type("20")
    try session.press("Enter")
    try session.waitUntilParts("the value is taken") { $0.hyperparameter("num_latents") == "20*" }
    try session.press("x")
    try session.waitUntilParts("the change is dropped") {
      $0.hyperparameter("num_latents") == "32" && $0.footer.contains("changes dropped")
    }
    try session.press("a")
    try session.waitForFooter("no changes to apply")
    try session.press("k", "<")
    try session.waitUntilParts("depth is one less") { $0.hyperparameter("depth") == "1*" }
  }

  @Test("a typed hyperparameter is applied at once, at the stage where one is")
  func typed() throws {
    let session = try Explore.open()
    try session.press("End")
    try session.waitForStage(4)
    try session.command("depth 3")
    let deeper = try session.waitUntilParts("three layers") {
      $0.title.contains("4 of 6") && $0.isSettled
    }
    #expect(deeper.mapTitle.contains("latent 2.1") && deeper.hyperparameter("depth") == "3")
    try session.command("set num_latents 16 latent_dim 32")
    try session.waitUntilParts("both are changed") {
      $0.hyperparameter("num_latents") == "16*" && $0.hyperparameter("latent_dim") == "32*"
    }
    try session.command("apply")
    let applied = try session.waitUntilParts("both are applied") {
      $0.hyperparameter("num_latents") == "16" && $0.title.contains("4 of 6") && $0.isSettled
    }
    #expect(applied.rows.contains { $0.contains("1 to ") && $0.contains("[Tab]") })
  }

  @Test("r takes the next seed: another model, and the one that trace makes of that seed")
  func seeds() throws {
    let folder = try TemporaryFolder()
    let session = try Explore.open()
    let before = try session.parts()
    try session.press("r")
    let other = try session.waitUntilParts("seed 1") {
      $0.title.contains("untrained, seed 1") && $0.isSettled
    }
    #expect(other.part("classes") != before.part("classes"))
    let map = folder.path("map.npy")
    try session.command("export \(map)")
    try session.waitForFooter("wrote ")
    let trace = try Program.run(
      ["trace", Explore.cat, "--output", folder.path("out"), "--seed", "1"] + Explore.small)
    #expect(trace.status == 0)
    let attention = try TestInputs.readNPY(folder.path("out/attention/00-cross-1.npy"))
    #expect(try TestInputs.readNPY(map).values == Array(attention.values.prefix(224 * 224)))
    try session.press("u")
    let back = try session.waitUntilParts("seed 0 again") {
      $0.title.contains("seed 0") && $0.isSettled
    }
    #expect(back.part("classes") == before.part("classes"))
    try session.command("seed 42")
    try session.waitUntilParts("seed 42") { $0.title.contains("seed 42") && $0.isSettled }
  }

  @Test("impossible values are said in one line, and the last good state stays")
  func impossible() throws {
    let session = try Explore.open()
    let before = try session.parts()
    let wrong = [
      ("num_latents 0", "num_latents: expected a whole number from 1 to 65536, found 0"),
      ("max_freq nan", "max_freq: expected a number from 0.001 to 1000000.0, found nan"),
      ("latent_heads x", "latent_heads: expected a whole number from 1 to 1024, found x"),
      ("depth 999999999999999999999", "depth: expected"),
      ("weight_tie_layers maybe", "weight_tie_layers: expected"),
      ("set depth", "set: expected names and values, found depth without a value"),
      ("input_channels 4", "input_channels is what the input has"),
      ("seed -1", "seed: expected a whole number from 0"),
      ("deep 3", "deep is no command and no hyperparameter"),
      ("stage 5", "stage: expected 1 to 4 or a name such as latent 2.1, found 5"),
    ]
    for (command, message) in wrong {
      try session.command(command)
      let after = try session.waitForMessage("error: \(message)")
      #expect(after.looks.dropLast() == before.looks.dropLast(), "\(command)")
      // The message stays until the next key.
      try session.press("C-l")
      try session.waitForFooter("? help")
    }
  }

  @Test("a model too large for memory is refused, and the one before stays")
  func tooLarge() throws {
    let session = try Explore.open()
    let before = try session.parts()
    try session.command("set depth 512 latent_dim 16384 num_latents 65536")
    try session.waitUntilParts("the draft is there") { $0.hyperparameter("depth") == "512*" }
    try session.press("a")
    let after = try session.waitForFooter("error: ")
    #expect(after.title.contains("1 of 4"))
    try session.press("x")
    let back = try session.waitUntilParts("the change is dropped") {
      $0.hyperparameter("depth") == "2"
    }
    #expect(back.part("classes") == before.part("classes") && back.legend == before.legend)
  }
}
