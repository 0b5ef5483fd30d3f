// Files from outside: another photo, broken ones, checkpoints, standard input.

import Foundation
import Testing

@Suite(.enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
struct ExploreFilesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("another photo is opened in place, and undo brings the first back")
  func openAnother() throws {
    let other = try folder.write("other.ppm", TestInputs.ppm(width: 20, height: 10))
    let session = try Explore.open()
    let before = try session.parts()
    try session.command("open \(other)")
    let opened = try session.waitUntilParts("the other photo is shown") {
      $0.title.contains("other.ppm 20×10×3") && $0.isSettled
    }
    #expect(opened.mapTitle.contains("cross 1"))
    let grey = try folder.write(
      "grey.pgm", TestInputs.pgm(width: 8, height: 8, values: Array(0..<64)))
    try session.command("open \(grey)")
    try session.waitUntilParts("the grey picture is shown") {
      $0.title.contains("grey.pgm 8×8×1") && $0.isSettled
    }
    try session.press("u", "u")
    let back = try session.waitUntilParts("the cat is back") {
      $0.title.contains("cat.ppm") && $0.isSettled
    }
    #expect(back.part("classes") == before.part("classes"))
  }

  @Test("a file that cannot be opened is said in one line, and the picture stays")
  func openBroken() throws {
    let whole = TestInputs.ppm(width: 20, height: 10)
    let session = try Explore.open()
    let before = try session.parts()
    let files = [
      (folder.path("missing.ppm"), "no such file"),
      (try folder.write("short.ppm", whole.dropLast(100)), "short.ppm: "),
      (try folder.write("text.ppm", Array("hello\n".utf8)), "expected a photo"),
      (try folder.write("huge.ppm", Array("P6\n60000 60000\n255\n".utf8)), "huge.ppm: "),
      (try emptyFolder(), "found none"),
    ]
    for (path, message) in files {
      try session.command("open \(path)")
      let after = try session.waitForMessage(message)
      #expect(after.message.contains("error: "))
      #expect(after.looks.dropLast(3) == before.looks.dropLast(3), "\(path)")
      try session.press("C-l")
      try session.waitForFooter("? help")
    }
  }

  /// The path of a folder with nothing in it.
  private func emptyFolder() throws -> String {
    let path = folder.path("empty")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  @Test("weights from a checkpoint say so in the title; changing what they fix is refused")
  func weights() throws {
    let photo = try folder.write("six.ppm", TestInputs.ppm(width: 6, height: 4))
    // Head dimensions and frequencies do not follow from the shapes of parameters alone.
    let session = try Explore.open(photo, ["--weights", Explore.checkpoint, "--latent-heads", "2"])
    let screen = try session.parts()
    #expect(screen.title.contains("weights model.safetensors"))
    #expect(!screen.title.contains("untrained") && screen.title.contains("1 of 6"))
    #expect(screen.hyperparameter("num_latents") == "5")
    try session.command("num_latents 7")
    let refused = try session.waitForMessage("is set by the loaded weights: ")
    #expect(refused.title.contains("weights model.safetensors"))
    try session.press("r")
    try session.waitUntilParts("untrained") {
      $0.title.contains("untrained, seed 0") && $0.isSettled
    }
    try session.press("u")
    try session.waitUntilParts("weights again") {
      $0.title.contains("weights model.safetensors") && $0.isSettled
    }
  }

  @Test("a wrong checkpoint is refused before the screen is opened, with status 65")
  func wrongWeights() throws {
    let wrong = try folder.write("wrong.safetensors", Array("not weights at all".utf8))
    let session = try Explore.start(Explore.cat, ["--weights", wrong])
    #expect(try session.waitForExit() == 65)
    #expect(try !session.isOnAlternateScreen())
    let lines = try session.screen().split(separator: "\n")
    #expect(lines.first?.hasPrefix("perceiver-tui: \(wrong): ") == true)
    #expect(lines.count { !$0.allSatisfy(\.isWhitespace) } <= 2)
  }

  @Test("a photo that is missing or broken is refused before the screen is opened")
  func wrongInput() throws {
    let broken = try folder.write("broken.ppm", Array("P6\n5 5\n255\nabc".utf8))
    for (path, status) in [(folder.path("missing.ppm"), 66), (broken, 65)] {
      let session = try Explore.start(path)
      #expect(try session.waitForExit() == status)
      #expect(try !session.isOnAlternateScreen())
      #expect(try session.screen().hasPrefix("perceiver-tui: \(path): "))
    }
  }

  @Test("a photo from standard input is explored with keys from the terminal")
  func standardInput() throws {
    let session = try TmuxSession(
      [
        "sh", "-c", "cat \"$1\" | \"$0\" - --depth 2 --num-latents 32 --latent-dim 64",
        try Program.path, Explore.cat,
      ], environment: Explore.environment)
    let screen = try session.waitForStage(1)
    #expect(screen.title.contains("224×224×3"))
    try session.press("Right")
    try session.waitForStage(2)
    try session.command("depth 3")
    try session.waitUntilParts("a deeper model") { $0.title.contains("2 of 6") && $0.isSettled }
    try session.command("open -")
    try session.waitForFooter("standard input can only be opened at the start")
    try session.press("q")
    #expect(try session.waitForExit() == 0)
  }

  @Test("without a terminal to draw on it exits with 64 and names trace and render")
  func noTerminal() throws {
    let result = try Program.run([Explore.cat] + Explore.small)
    #expect(result.status == 64 && result.standardOutput.isEmpty)
    #expect(result.errorLines.count == 1)
    #expect(result.standardError.contains("not a terminal"))
    #expect(result.standardError.contains("perceiver-tui trace"))
    #expect(result.standardError.contains("perceiver-tui render"))
  }
}
