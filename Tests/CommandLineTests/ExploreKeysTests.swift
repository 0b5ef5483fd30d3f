// Help, search, the command line, and every key that there is.

import Explorer
import Foundation
import Screens
import Testing

@Suite(.enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
struct ExploreKeysTests {
  @Test("? opens the help, which scrolls, and closes it again")
  func help() throws {
    let session = try Explore.open(width: 80, height: 24)
    let before = try session.parts()
    try session.press("?")
    let first = try session.waitFor("Esc closes")
    #expect(first.contains("┌ help") && first.contains("here: map"))
    try session.press("PageDown")
    try session.waitForAbsence(of: "here: map")
    try session.press("/")
    try session.type("next stage")
    try session.press("Enter")
    try session.waitFor("next stage; computes it if needed")
    try session.press("End")
    try session.waitFor("input_axis")
    try session.press("Home")
    try session.waitFor("here: map")
    try session.press("?")
    #expect(try session.waitForFooter("? help").looks == before.looks)
    try session.press("F1")
    try session.waitFor("Esc closes")
    try session.press("Escape")
    try session.waitForAbsence(of: "Esc closes")
    // q closes the help, not the program.
    try session.press("?")
    try session.waitFor("Esc closes")
    try session.press("q")
    try session.waitForAbsence(of: "Esc closes")
    #expect(session.exitStatus() == nil)
  }

  @Test("/ finds a hyperparameter or a command by a part of its name")
  func search() throws {
    let session = try Explore.open()
    try session.press("/")
    try session.type("tie")
    try session.waitForFooter("weight_tie_layers")
    try session.press("Enter")
    try session.waitUntil("the hyperparameter is chosen") { $0.contains("▸weight_tie_layers") }
    try session.press(">")
    try session.waitUntilParts("it is changed") { $0.hyperparameter("weight_tie_layers") == "yes*" }
    try session.press("/")
    try session.type("expo")
    try session.waitForFooter(":export")
    try session.press("Enter")
    try session.waitForFooter(":export ")
    try session.escape()
    try session.press("/")
    try session.type("zzz")
    try session.press("Enter")
    try session.waitForFooter("error: no command or hyperparameter matches zzz")
  }

  @Test("the command line completes with Tab, recalls with Up, and takes pasted text")
  func commandLine() throws {
    let session = try Explore.open()
    try session.press(":")
    try session.type("sca")
    try session.press("Tab")
    try session.waitForFooter(":scale ")
    try session.type("lo")
    try session.press("Tab")
    try session.waitForFooter(":scale log")
    try session.press("Enter")
    try session.waitUntilParts("log") { $0.legend.contains("log · probabilities") }
    try session.press(":", "Up")
    try session.waitForFooter(":scale log")
    try session.escape()
    try session.press(":")
    try session.paste("depth 3")
    try session.waitForFooter(":depth 3")
    try session.press("Enter")
    try session.waitUntilParts("three layers") { $0.title.contains("1 of 6") && $0.isSettled }
    // Outside a line, pasted text must not act as keys.
    try session.paste("q")
    try session.waitForFooter("pasted text goes into lines")
    #expect(session.exitStatus() == nil)
  }

  /// tmux's name of a key of the table; nil where one alone would leave the program or stop it.
  private static func name(_ key: Key) -> String? {
    let names: [Key.Base: String] = [
      .left: "Left", .right: "Right", .up: "Up", .down: "Down", .home: "Home", .end: "End",
      .tab: "Tab", .backTab: "BTab", .enter: "Enter", .escape: "Escape", .pageUp: "PageUp",
      .pageDown: "PageDown", .backspace: "BSpace", .delete: "DC", .insert: "IC",
    ]
    var name: String
    switch key.base {
    case .character(" "): name = "Space"
    case .character(let character): name = String(character)
    case .function(let number): name = "F\(number)"
    default: name = names[key.base] ?? ""
    }
    guard !name.isEmpty else { return nil }
    if key.modifiers.contains(.shift) { name = "S-" + name }
    if key.modifiers.contains(.control) { name = "C-" + name }
    return name
  }

  @Test("every key of the table, in a row and in any order, harms nothing")
  func everyKey() throws {
    let left: Set<Command.ID> = ["quit", "cancel", "suspend"]
    let keys = CommandTable.all.filter { !left.contains($0.id) }.flatMap(\.keys)
    let names = keys.compactMap(Self.name)
    #expect(names.count == keys.count && names.count > 40)
    let folder = try TemporaryFolder()
    let session = try Explore.open(in: folder)
    // In order, shuffled, and from within what each of them opens.
    for round in [names, names.shuffled(), names.shuffled()] {
      for name in round {
        try session.press(name)
        #expect(session.exitStatus() == nil, "\(name) of \(round)")
      }
    }
    try session.escape()
    // Something may go on for minutes, a training among others; the program answers all the same.
    try session.command("stop-training")
    try session.waitUntilParts("the program answers") { $0.title.contains("cat.ppm") }
    try session.command("quit")
    // What was trained is given up.
    try session.waitUntil("the program ends, or warns") {
      $0.contains("again quits") || session.exitStatus() != nil
    }
    if session.exitStatus() == nil { try session.press("q") }
    #expect(try session.waitForExit() == 0)
    #expect(try !session.isOnAlternateScreen())
  }

  @Test("bytes that are no keys harm nothing")
  func noise() throws {
    let session = try Explore.open()
    try session.type("\u{1B}[999~\u{1B}[<9999;9999;9999M\u{1B}[<0;0;0M\u{1B}OZ\u{1B}]0;title\u{7}")
    try session.type("é漢😀\u{1}\u{2}\u{6}")
    // Nothing was opened: what a terminal reports of itself is taken whole.
    try session.press("End")
    try session.waitForStage(4)
    try session.press("q")
    #expect(try session.waitForExit() == 0)
  }
}
