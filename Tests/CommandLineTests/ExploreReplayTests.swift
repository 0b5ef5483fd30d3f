// The explorer without a terminal: keys in, the last screen out; and the options of what is shown first.

import Foundation
import Testing

@Suite("explore, keys pressed without a terminal")
struct ExploreReplayTests {
  private func screen(_ options: [String]) throws -> [String] {
    let result = try Program.run(
      ["explore", Explore.cat] + Explore.small + options,
      environment: ["LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": "/nonexistent"])
    #expect(result.status == 0, "\(result.standardError)")
    return result.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test("keys are pressed one by one, and the last screen is printed at its size")
  func keys() throws {
    let rows = try screen(["--keys", "Right 3] ':scale log' Enter", "--screen", "120x40"])
    #expect(rows.count == 41)
    let title = try #require(rows.first { $0.contains("┌") })
    #expect(title.contains("latent 1.1"), "\(title)")
    #expect(rows[0].contains("cat.ppm 224×224×3"))
    #expect(rows[1].hasPrefix(" Each row is a latent that reads"))
  }

  @Test(
    "plain text, which has neither colours nor bold letters, shows the map in the photo's place")
  func mapInText() throws {
    /// The large pane's rows.
    func pane(_ keys: String) throws -> [Substring] {
      try screen(["--keys", keys, "--screen", "80x24"])[4..<12].map { $0.prefix(24) }
    }
    let first = try pane("")
    #expect(try pane("]") != first)
    let photo = try pane("o o o")
    #expect(photo != first)
    #expect(try pane("] o o o") == photo)
  }

  @Test(
    "without an input the keys are pressed on the tour, as the bare program begins",
    arguments: [["explore"], []])
  func tour(subcommand: [String]) throws {
    func rows(_ keys: String) throws -> [String] {
      let result = try Program.run(
        subcommand + ["--keys", keys, "--screen", "120x40"],
        environment: ["LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": "/nonexistent"])
      #expect(result.status == 0, "\(result.standardError)")
      return result.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(try rows("")[1].hasPrefix(" Tour, 1 of "))
    #expect(try rows("Right")[1].hasPrefix(" Tour, 2 of "))
  }

  @Test(
    "--screen-colours prints the same words in 24-bit colours, and without it there are none",
    arguments: ["--screen-colours", "--screen-colors"])
  func colours(option: String) throws {
    let keys = ["--keys", "]", "--screen", "120x40"]
    let plain = try screen(keys)
    let coloured = try screen(keys + [option])
    #expect(!plain.joined().contains("\u{1B}"))
    let picture = coloured.joined()
    #expect(picture.contains("\u{1B}[38;2;") || picture.contains(";48;2;"))
    #expect(picture.contains("▀") || picture.contains("▄"))
    let stripped = coloured.map { $0.replacing(#/\u{1B}\[[0-9;]*m/#, with: "") }
    #expect(stripped.count == plain.count)
    // Time differs from run to run, and pictures are of other glyphs.
    #expect(stripped[1] == plain[1])
    #expect(stripped.last { $0.contains("? help") } == plain.last { $0.contains("? help") })
    let refused = try Program.run([Explore.cat, option])
    #expect(refused.status == 64)
    #expect(refused.standardError.contains("--screen-colours: expected --keys"))
  }

  @Test("of y the first map is waited for, and what would refine it is on its way")
  func firstAnswer() throws {
    let rows = try screen(["--keys", "y", "--screen", "120x40"])
    let title = try #require(rows.first { $0.contains("┌") })
    #expect(title.contains("relevance ·") && title.contains("the whole picture"), "\(title)")
    #expect(!title.contains("half pictures"))
    #expect(!rows.joined().contains("asking why"))
    // The next method, and what follows it, is asked all the same.
    let next = try screen(["--keys", "y y", "--screen", "120x40"])
    #expect(next.contains { $0.contains("┌") && $0.contains("direct-pixels ·") })
  }

  @Test("a model or a view without an input is refused, with keys too")
  func viewOfNothing() throws {
    for options in [["--depth", "2"], ["--stage", "2"], ["--text", "a", "--weights", "none"]] {
      let result = try Program.run(["explore", "--keys", ""] + options)
      #expect(result.status != 0, "\(options)")
    }
  }

  @Test("options say what is shown first")
  func shown() throws {
    let rows = try screen([
      "--stage", "cross 2", "--latent", "17", "--scores", "--scale", "log", "--keys", "",
      "--screen", "120x40",
    ])
    let title = try #require(rows.first { $0.contains("┌") })
    #expect(title.contains("cross 2 · head 1 of 1 · latent 17 of 32 · scores · log"), "\(title)")
  }

  @Test("the line that :link writes opens the same screen")
  func link() throws {
    let first = try screen([
      "--keys", "Right h ] ':link' Enter", "--screen", "400x40",
    ])
    let said = try #require(first.first { $0.contains("perceiver-tui ") && $0.contains("--stage") })
    let words = said.trimmingCharacters(in: .whitespaces)
    let folder = try TemporaryFolder()
    let line = words.replacing("perceiver-tui ", with: "\"$P\" explore ", maxReplacements: 1)
    let second = try Program.shell(
      "export LC_ALL=C.UTF-8 XDG_CONFIG_HOME=/nonexistent; \(line) --keys '' --screen 400x40",
      in: folder.url)
    #expect(second.status == 0, "\(second.standardError)")
    let rows = second.text.split(separator: "\n").map(String.init)
    #expect(rows.first { $0.contains("┌") } == first.first { $0.contains("┌") })
  }

  @Test(
    "wrong keys, sizes and options are refused",
    arguments: [
      (
        ["--keys", "Right Entr"],
        "--keys: expected the name of a key such as Right or Ctrl-R, or text in single quotes, "
          + "found Entr"
      ),
      (["--keys", "'depth"], "--keys: expected a quote at the end, found 'depth"),
      (["--keys", "", "--screen", "12"], "--screen: expected columns and rows"),
      (["--screen", "80x24"], "--screen: expected --keys"),
      (["--why", "relevance", "--show", "heads", "--keys", ""], "--show: expected no --why"),
    ])
  func wrong(options: [String], words: String) throws {
    let result = try Program.run([Explore.cat] + options)
    #expect(result.status == 64)
    #expect(result.standardError.contains(words), "\(result.standardError)")
  }

  @Test("several inputs and folders are gone through in natural order")
  func sequence() throws {
    let folder = try TemporaryFolder()
    for name in ["img10.ppm", "img2.ppm", "img1.ppm"] {
      try FileManager.default.copyItem(atPath: Explore.cat, toPath: folder.path(name))
    }
    for inputs in [["."], ["img10.ppm", "img2.ppm", "img1.ppm"]] {
      for (keys, name) in [
        ("", "img1.ppm"), ("Ctrl-N", "img2.ppm"), ("Ctrl-N Ctrl-N", "img10.ppm"),
      ] {
        let result = try Program.run(
          ["explore"] + inputs + Explore.small + ["--keys", keys, "--screen", "160x40"],
          in: folder.url, environment: ["XDG_CONFIG_HOME": "/nonexistent"])
        #expect(result.status == 0, "\(result.standardError)")
        #expect(result.text.contains(name + " 224"), "\(keys): \(result.text.prefix(160))")
      }
    }
  }

  @Test("the man page names every subcommand and key, and is one that man reads")
  func manual() throws {
    let page = try Program.run(["manual"])
    #expect(page.status == 0)
    for words in [".TH PERCEIVER-TUI 1", ".SH EXPLORE", ".SH TRACE", ".SH KEYS OF EXPLORE"] {
      #expect(page.text.contains(words))
    }
    #expect(page.text.contains("next latent"))
  }
}
