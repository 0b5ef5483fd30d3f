// `explore --session`: what :session save wrote, opened from the command line.

import Foundation
import Testing

@Suite("explore --session")
struct ExploreSessionTests {
  private let environment = ["LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": "/nonexistent"]

  private func explore(_ options: [String], in folder: TemporaryFolder) throws -> ProgramResult {
    try Program.run(["explore"] + options, in: folder.url, environment: environment)
  }

  @Test("the session opens the same screen, and options of the view change it")
  func sameScreen() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: Explore.cat, toPath: folder.path("cat.ppm"))
    let size = ["--screen", "120x40"]
    let first = try explore(
      ["cat.ppm"] + Explore.small + size
        + ["--keys", "Right h 3] ':scale log' Enter ':session save view.json' Enter F9"],
      in: folder)
    #expect(first.status == 0, "\(first.standardError)")
    let again = try explore(["--session", "view.json", "--keys", "F9"] + size, in: folder)
    #expect(again.status == 0, "\(again.standardError)")
    // Stages differ in the time that they took, which the first line says.
    let rows = [first, again].map { $0.text.split(separator: "\n").dropFirst() }
    #expect(rows[0] == rows[1])
    let other = try explore(
      ["--session", "view.json", "--latent", "9", "--keys", ""] + size, in: folder)
    #expect(other.text.contains("[9]"))
  }

  @Test("files that are no session, are not there, or name what is not there are one line")
  func wrong() throws {
    let folder = try TemporaryFolder()
    for (name, text) in [
      ("text.json", "no"), ("other.json", "{}"),
      ("names.json", #"{"perceiver-tui-session": 1, "input": {"file": "gone.png"}}"#),
    ] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path(name)))
    }
    for (options, status, words) in [
      (["--session", "none.json"], 66, "none.json: "), (["--session", "text.json"], 65, "byte 0"),
      (["--session", "other.json"], 65, "expected a session"),
      (["--session", "names.json"], 66, "names.json: it names what is not there: gone.png"),
      (["--session", "names.json", "cat.ppm"], 64, "--session: expected no INPUT with it"),
      (["--session", "names.json", "--depth", "2"], 64, "--session: expected no --depth with it"),
    ] as [([String], Int32, String)] {
      let result = try explore(options + ["--keys", ""], in: folder)
      #expect(result.status == status, "\(options): \(result.standardError)")
      #expect(result.standardError.contains(words), "\(options): \(result.standardError)")
    }
  }
}
