// The dialog offers what it can write: every subject of every view, in every format that it has there.

import Explorer
import Inputs
import Perceiver
import Pictures
import Tensors
import Testing

@Suite("What the export dialog offers")
struct ExportOfferTests {
  /// A kind of view.
  struct View: Sendable, CustomTestStringConvertible {
    let name: String
    let scenario: @Sendable () throws -> Scenario
    /// What is offered of the view itself.
    let own: Set<ExportSubject>
    var testDescription: String { name }

    init(
      _ name: String, _ own: Set<ExportSubject>,
      _ scenario: @escaping @Sendable () throws -> Scenario
    ) {
      (self.name, self.own, self.scenario) = (name, own, scenario)
    }

    /// The usual picture, and keys.
    init(_ name: String, keys: [String], _ own: Set<ExportSubject>) {
      self.init(name, own) {
        var scenario = Scenario(width: 120, height: 40)
        for key in keys { scenario.press(key) }
        return scenario
      }
    }

    /// All that is of the view, and not of the run, the model or the screen.
    static let ofViews: Set<ExportSubject> = [
      .map, .overlay, .viewFigure, .table, .reconstruction,
    ]

    static let all = [
      View("a map over the photo", keys: [], [.map, .overlay, .viewFigure]),
      View("scores", keys: ["p"], [.map, .overlay, .viewFigure]),
      View("a mean", keys: ["m"], [.map, .overlay, .viewFigure]),
      View("a grid of latents", keys: ["g"], [.map, .overlay, .viewFigure]),
      View("a matrix", keys: ["→"], [.map, .viewFigure]),
      View("a row of latents", keys: ["→", "v"], [.map, .viewFigure]),
      View("Figure 3", keys: ["F"], [.map, .overlay, .viewFigure]),
      View("a map that explains", keys: ["y"], [.map, .overlay, .viewFigure]),
      View("a signed map that explains", keys: ["y", "y"], [.map, .overlay, .viewFigure]),
      View("a difference", keys: ["P", "]", "D"], [.map, .overlay, .viewFigure]),
      View("a difference of matrices", keys: ["→", "P", "h", "D"], [.map, .viewFigure]),
      View("no difference", keys: ["P", "n", "D"], []),
      View("two views", keys: ["P", "]"], [.map, .overlay, .viewFigure]),
      View("the table of heads", keys: ["L"], [.table, .viewFigure]),
      View("the maps of heads", keys: ["L", "v"], [.table, .viewFigure]),
      View("the list of readers", keys: ["End", "Home", "i", "I"], [.table, .viewFigure]),
      View("the channels", keys: ["B"], [.map, .overlay, .viewFigure]),
      View("a channel", keys: ["B", "Enter"], [.map, .overlay, .viewFigure]),
      View("the patch strip", [.table, .viewFigure]) {
        var scenario = Scenario(
          width: 120, height: 40,
          files: MemoryFiles(inputs: ["other.ppm": try PatchTests().other()]))
        scenario.command("patch other.ppm")
        return scenario
      },
      View("a text", [.map, .viewFigure]) {
        try WhyGroundTests.text("sequence_classification")
      },
      View("why of a text", [.map, .viewFigure]) {
        var scenario = try WhyGroundTests.text("sequence_classification")
        scenario.press("y")
        return scenario
      },
      View("a sound", [.map, .viewFigure]) { WhyGroundTests.sound() },
      View("a film", [.map, .overlay, .viewFigure]) { WhyGroundTests.film() },
      View("shares by kind", [.table, .viewFigure]) {
        var scenario = try WhyGroundTests.both()
        scenario.command("view shares")
        return scenario
      },
      View("a decoder's picture", [.map, .overlay, .viewFigure, .reconstruction]) {
        var scenario = Scenario(width: 120, height: 40, configuration: Scenario.io)
        scenario.press("R")
        return scenario
      },
    ]
  }

  private func dialog(_ scenario: Scenario) throws -> ExportDialog {
    guard case .export(let dialog) = scenario.state.mode else {
      throw NoDialog(description: scenario.text)
    }
    return dialog
  }

  private struct NoDialog: Error { let description: String }

  /// Whether a file is what its format says.
  private func check(_ bytes: [UInt8], as format: ExportFormat, _ path: String) throws {
    /// Asked of text alone: as a string, bytes of a picture take longer than all else here.
    func text() -> String { String(decoding: bytes, as: UTF8.self) }
    switch format.ending {
    case "png", "ppm": #expect(try PixelImage(reading: bytes).width > 0, "\(path)")
    case "npy": #expect(try NumPyFile.tensor(bytes).count > 0, "\(path)")
    case "csv": #expect(bytes.count > 1 && bytes.last == UInt8(ascii: "\n"), "\(path)")
    case "svg":
      #expect(text().hasPrefix("<svg ") && text().hasSuffix("</svg>\n"), "\(path)")
    case "ansi": #expect(text().contains("\u{1b}["), "\(path)")
    default: #expect(!bytes.isEmpty, "\(path)")
    }
  }

  @Test("each line of the dialog is written in each format it offers", arguments: View.all)
  func written(_ view: View) throws {
    var scenario = try view.scenario()
    #expect(!scenario.state.isBusy)
    scenario.press("e")
    let first = try dialog(scenario)
    #expect(Set(first.subjects).intersection(View.ofViews) == view.own, "\(first.subjects)")
    #expect(first.subjects.contains(first.subject))
    scenario.press("Esc")
    let start = try #require(first.subjects.firstIndex(of: first.subject))
    for (index, subject) in first.subjects.enumerated() {
      for step in subject.formats.indices {
        scenario.press("e")
        let steps = (index - start + first.subjects.count) % first.subjects.count
        for _ in 0..<steps { scenario.press("→") }
        scenario.press("Tab")
        for _ in 0..<step { scenario.press("→") }
        let chosen = try dialog(scenario)
        #expect(chosen.subject == subject && chosen.format == subject.formats[step])
        let path = chosen.path.text
        let before = Set(scenario.files.paths)
        scenario.press("Enter")
        #expect(scenario.said.hasPrefix("wrote "), "\(subject), \(path): \(scenario.said)")
        let new = Set(scenario.files.paths).subtracting(before)
        #expect(!new.isEmpty, "\(subject), \(path)")
        for path in new { try check(try #require(scenario.files[path]), as: chosen.format, path) }
      }
    }
  }

  @Test(
    "a name's ending is written, or a sentence says why not: never both and never neither",
    arguments: View.all)
  func byName(_ view: View) throws {
    var scenario = try view.scenario()
    for format in ExportFormat.all {
      let path = "named.\(format.ending)"
      scenario.command("export \(path)")
      let isWritten = scenario.files[path] != nil
      #expect(isWritten == (scenario.state.message?.kind != .error), "\(path): \(scenario.said)")
      #expect(scenario.said.contains(path), "\(path): \(scenario.said)")
      if let bytes = scenario.files[path] { try check(bytes, as: format, path) }
    }
    // The command that writes figures does so wherever the dialog offers one.
    scenario.command("view-figure own.png")
    #expect((scenario.files["own.png"] != nil) == view.own.contains(.viewFigure))
  }
}
