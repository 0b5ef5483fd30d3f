// One table of commands: keys, footer, help and Markdown agree with it, and every key does something.

import Explorer
import Foundation
import Screens
import Testing

@Suite struct KeyTableTests {
  private let all = CommandTable.all
  private let keyed = CommandTable.all.filter { !$0.keys.isEmpty }

  @Test("every command has a name of its own, words for help, and a key or a number after :")
  func complete() {
    #expect(Set(all.map(\.id)).count == all.count)
    for command in all {
      #expect(!command.help.isEmpty, "\(command.id)")
      #expect(!command.keys.isEmpty || command.isListed, "\(command.id)")
      #expect(CommandTable.named("\(command.id)")?.id == command.id)
    }
  }

  @Test("no key means two things in one context")
  func unique() {
    for context in KeyContext.allCases {
      let keys = all.filter { $0.context == context }.flatMap(\.keys)
      #expect(Set(keys).count == keys.count, "\(context)")
    }
  }

  @Test("help lists every command, Markdown every one with keys, in the same words")
  func listed() {
    let help = HelpText(Scenario().state).lines.map { $0.map(\.text).joined() }
    for command in keyed {
      let keys = command.keys.map { $0.name(.unicode) }
      let line = help.first { $0.contains(command.help) }
      #expect(line != nil, "\(command.id) is not in the help")
      #expect(keys.allSatisfy { line?.contains($0) == true })
      #expect(KeyBindings.standard.markdown.contains("| \(command.help) |"))
    }
    for command in CommandTable.listed {
      #expect(help.contains { $0.hasPrefix("  \(command.id)") && $0.contains(command.help) })
    }
  }

  @Test("keys of lines, dialogs and pages are in the help and in Markdown, in the same words")
  func listedModes() {
    let help = HelpText(Scenario().state).lines.map { $0.map(\.text).joined() }
    let markdown = KeyBindings.standard.markdown
    for list in ModeKeyList.all {
      #expect(help.contains(list.title))
      #expect(markdown.contains("| \(list.title) | |\n"))
      for row in list.rows {
        let names = row.keys.map { $0.name(.unicode) }
        #expect(
          help.contains {
            $0.hasPrefix("  " + names.joined(separator: " ")) && $0.hasSuffix(" " + row.help)
          }, "\(list.title): \(row.help)")
        let cell = names.map { "`\($0)`" }.joined(separator: " ")
        #expect(markdown.contains("| \(cell) | \(row.help) |\n"))
      }
    }
  }

  @Test("no key means two things in one line, dialog or page")
  func uniqueInModes() {
    for list in ModeKeyList.all {
      let keys = list.rows.flatMap(\.keys)
      #expect(Set(keys).count == keys.count, "\(list.title)")
    }
  }

  @Test(
    "every key that help lists of a line, dialog or page does something there",
    arguments: [
      ("in the line after :", [":", "'undo'"], "↑"), ("in the line after /", ["/", "'dim'"], "↓"),
      ("in the choice of classes", ["Y"], "↓"), ("in the export dialog", ["e"], "↓"),
      ("on a page", ["?", "/", "'map'", "Enter"], "PageDown"),
      ("while a page is searched", ["?", "/"], "m"),
      ("in the number of a latent", ["J"], "2"),
    ])
  func effective(title: String, opening: [String], middle: String) throws {
    let list = try #require(ModeKeyList.all.first { $0.title == title })
    for key in list.rows.flatMap(\.keys) {
      var scenario = Scenario()
      // Something was run before, and each list stands in its middle.
      scenario.command("scale log")
      scenario.command("scale linear")
      for name in opening { scenario.press(name) }
      scenario.press(middle)
      let before = scenario.state.mode
      scenario.send(.input(.key(key)))
      #expect(scenario.state.mode != before, "\(title): \(key)")
    }
  }

  @Test("a command for keys runs by its whole name too, where its keys would do something")
  func typedNames() {
    var scenario = Scenario()
    scenario.command("next-stage")
    #expect(scenario.state.position == 1)
    scenario.command("next-head")
    #expect(scenario.state.choices.selection.latentHead == 1)
    scenario.command("undo")
    #expect(scenario.state.choices.selection.latentHead == 0)
    scenario.command("redo")
    #expect(scenario.state.choices.selection.latentHead == 1)
    scenario.command("probe-left")
    #expect(scenario.status.contains("does something only while the cursor is out"))
    scenario.command("next-stage 3")
    #expect(scenario.status.contains("next-stage: expected nothing more, found 3"))
    #expect(scenario.state.position == 1)
  }

  @Test("help for where one is has the keys of that mode before all others")
  func helpHere() throws {
    var scenario = Scenario(width: 100, height: 30)
    func expect(_ heading: String) throws {
      let lines = HelpText(scenario.state).lines.map { $0.map(\.text).joined() }
      let here = try #require(lines.firstIndex(of: heading))
      let all = try #require(lines.firstIndex { $0.hasPrefix("move in time") })
      #expect(here < all)
    }
    scenario.press("i")
    try expect("while the cursor is out")
    scenario.press("Esc", "Tab", "Tab")
    try expect("in the hyperparameters")
  }

  @Test("the footer lists only keys that do something now, as the table has them")
  func footer() {
    var scenario = Scenario(width: 300, height: 30)
    func listed() -> Set<Command.ID> { Set(FooterKeys.entries(scenario.state).map(\.command)) }
    #expect(!listed().contains("next-head"))
    #expect(!listed().contains("apply"))
    scenario.press("→", ">")
    #expect(listed().isSuperset(of: ["next-head", "apply", "help", "quit", "edit-value"]))
    for entry in FooterKeys.entries(scenario.state) {
      let command = CommandTable[entry.command]
      #expect(command.reason(scenario.state) == nil)
      #expect(command.footer?.words == entry.words)
    }
  }

  @Test(
    "at 80 columns the footer shows what a beginner needs",
    arguments: [
      ("at the start", []), ("at the last stage", ["End"]), ("with scores", ["p", "]"]),
    ])
  func beginners(place: String, keys: [String]) {
    var scenario = Scenario(width: 80, height: 24)
    for key in keys { scenario.press(key) }
    for entry in ["? help", "q quit", "i inspect", "y why", "t train", "e export", ": command"] {
      #expect(scenario.status.contains(entry), "\(place): \(scenario.status)")
    }
  }

  @Test("what holds only where one is goes before what beginners need")
  func hereFirst() {
    var scenario = Scenario(width: 80, height: 24)
    scenario.press("i")
    #expect(scenario.status.contains("Esc leave"), "\(scenario.status)")
    scenario.press("Esc", "Tab")
    #expect(scenario.status.contains("Enter type"), "\(scenario.status)")
  }

  @Test(
    "under a page or a dialog the last line has its keys, and none of the screen's",
    arguments: [
      (["?"], " Esc closes  ↑↓ scroll  PageDown a page  / searches"),
      (["?", "/"], " Enter finds  Esc leaves the search"),
      ([":", "'config'", "Enter"], " Esc closes  ↑↓ scroll  PageDown a page  / searches"),
      (["e"], " Enter writes  Tab next  ←→ choose  Esc leaves"),
      (["Y"], " type to find  ↑↓ choose  Tab other list  Enter explains  Esc leaves"),
      (["e", "Enter", "e", "Enter"], " y replaces the file  n another name  Esc leaves"),
    ])
  func dialogKeys(opening: [String], line: String) throws {
    var scenario = Scenario(width: 80, height: 24)
    for key in opening { scenario.press(key) }
    #expect(scenario.status == line)
    // What stands there is clicked too.
    let words = line.components(separatedBy: "  ").last ?? ""
    let column = line.distance(
      from: line.startIndex, to: try #require(line.range(of: words)).lowerBound)
    scenario.send(.input(.mouse(MouseEvent(.press(.left), at: Point(x: column + 1, y: 23)))))
    if words.hasPrefix("Esc") { #expect(scenario.status != line) }
  }

  @Test("a disabled key says why instead of doing nothing")
  func reasons() {
    var scenario = Scenario()
    scenario.press("h")
    #expect(scenario.status.contains("cross 1 has one head"))
    scenario.press("a")
    #expect(scenario.status.contains("no changes to apply"))
    scenario.press("Q")
    #expect(scenario.status.contains("Q does nothing here"))
    // A key of another place alone has the reason of its command there.
    for key in ["T", "N", "M", "U"] {
      scenario.press(key)
      #expect(scenario.said == "there is no training; t begins one", "\(key)")
    }
  }

  @Test("every key of the table can be pressed in every place without harm", arguments: [0, 1])
  func everyKey(stage: Int) {
    for opening in [[], ["i"], ["Tab"], ["g"], ["?"], ["e"], [":"], ["/"], ["J"], ["v"]] {
      for entry in keyed where !["quit", "cancel"].contains(entry.id) {
        for key in entry.keys {
          var scenario = Scenario()
          if stage == 1 { scenario.press("→") }
          for name in opening { scenario.press(name) }
          scenario.send(.input(.key(key)))
          #expect(scenario.screen.width == 80)
          #expect(scenario.own.allSatisfy { $0 != "quit" } || opening == ["e"])
        }
      }
    }
  }

  @Test("other keys from a configuration work, and are listed")
  func rebinding() throws {
    let json = #"{"keys": {"next-stage": ["F5", "N"], "quit": "Ctrl-Q"}}"#
    let preferences = try ExplorerPreferences(json: Array(json.utf8))
    var scenario = Scenario(width: 160, preferences: preferences)
    scenario.press("F5")
    #expect(scenario.state.position == 1)
    scenario.press("→", "q")
    #expect(scenario.state.position == 1 && scenario.own.isEmpty)
    #expect(scenario.status.contains("does nothing here"))
    scenario.press("Ctrl-Q")
    #expect(scenario.own == ["quit"])
    #expect(HelpText(scenario.state).lines.contains { $0.map(\.text).joined().contains("F5 N") })
  }
}
