// Screens compared with text stored beside the test that draws them, in its folder Golden.
// To store what is drawn now, run the tests with PERCEIVER_TUI_RECORD=1 and review the change.

import Foundation
import Screens
import Testing

/// What of a screen is stored.
public enum GoldenContent: Sendable {
  /// The characters, which a person can review at a glance.
  case characters
  /// The characters, then a letter for each cell's style, then what the letters mean.
  case charactersAndStyles
}

/// Expects a screen to look like the stored text `Golden/<name>.txt` beside the calling test.
public func expectScreen(
  _ screen: Screen, equals name: String, comparing content: GoldenContent = .characters,
  filePath: String = #filePath, sourceLocation: SourceLocation = #_sourceLocation
) {
  let text =
    switch content {
    case .characters: screen.plainText
    case .charactersAndStyles: screen.plainText + "\n" + styleText(of: screen)
    }
  expectText(text, equals: name, filePath: filePath, sourceLocation: sourceLocation)
}

/// Expects text to equal the stored `Golden/<name>.txt` beside the calling test.
public func expectText(
  _ text: String, equals name: String, filePath: String = #filePath,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let file = URL(fileURLWithPath: filePath).deletingLastPathComponent()
    .appendingPathComponent("Golden").appendingPathComponent(name + ".txt")
  if ProcessInfo.processInfo.environment["PERCEIVER_TUI_RECORD"] == "1" {
    do {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      // A run that records has compared nothing, and so must not pass.
      Issue.record("recorded Golden/\(name).txt", sourceLocation: sourceLocation)
    } catch {
      Issue.record("cannot record Golden/\(name).txt: \(error)", sourceLocation: sourceLocation)
    }
    return
  }
  guard let data = try? Data(contentsOf: file) else {
    Issue.record(
      "Golden/\(name).txt is not stored (PERCEIVER_TUI_RECORD=1 stores it); drawn:\n\(text)",
      sourceLocation: sourceLocation)
    return
  }
  let stored = String(decoding: data, as: UTF8.self)
  if stored != text {
    Issue.record(
      "differs from Golden/\(name).txt:\n\(difference(from: stored, to: text))",
      sourceLocation: sourceLocation)
  }
}

/// The lines that differ, numbered: `-` as stored, `+` as drawn.
private func difference(from stored: String, to drawn: String) -> String {
  let old = stored.split(separator: "\n", omittingEmptySubsequences: false)
  let new = drawn.split(separator: "\n", omittingEmptySubsequences: false)
  var lines: [String] = []
  for index in 0..<max(old.count, new.count) {
    let before = index < old.count ? old[index] : nil
    let after = index < new.count ? new[index] : nil
    if before == after { continue }
    if let before { lines.append("\(index + 1) - \(before)") }
    if let after { lines.append("\(index + 1) + \(after)") }
  }
  return lines.joined(separator: "\n")
}

private func styleText(of screen: Screen) -> String {
  let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
  var known: [Style] = []
  var rows = ""
  for y in 0..<screen.height {
    for x in 0..<screen.width {
      let style = screen[x, y].style
      if style == .plain {
        rows.append(".")
        continue
      }
      let index =
        known.firstIndex(of: style)
        ?? {
          known.append(style)
          return known.count - 1
        }()
      rows.append(index < letters.count ? letters[index] : "*")
    }
    rows.append("\n")
  }
  let legend = known.prefix(letters.count).enumerated().map { index, style in
    "\(letters[index]) \(describe(style))\n"
  }
  return rows + "\n" + legend.joined()
}

private func describe(_ style: Style) -> String {
  func hex(_ colour: Colour) -> String {
    let digits = String(colour.hex, radix: 16)
    return String(repeating: "0", count: 6 - digits.count) + digits
  }
  var words: [String] = []
  if let foreground = style.foreground { words.append(hex(foreground)) }
  if let background = style.background { words.append("on " + hex(background)) }
  let names: [(Style.Attributes, String)] = [
    (.bold, "bold"), (.dim, "dim"), (.underline, "underline"), (.reverse, "reverse"),
  ]
  words += names.filter { style.attributes.contains($0.0) }.map(\.1)
  return words.joined(separator: " ")
}
