// One table of keys: footer, help and Markdown agree with it, and every key in it does something.

import Explorer
import Screens
import Testing

@Suite struct KeyTableTests {
  private let all = KeyBindings.standard.all

  @Test("every intent has one entry with keys, and words for help")
  func complete() {
    for intent in Intent.allCases {
      let entries = all.filter { $0.intent == intent }
      #expect(entries.count == 1, "\(intent)")
      #expect(entries.allSatisfy { !$0.keys.isEmpty && !$0.help.isEmpty })
    }
  }

  @Test("no key means two things in one context")
  func unique() {
    for context in KeyContext.allCases {
      let keys = all.filter { $0.context == context }.flatMap(\.keys)
      #expect(Set(keys).count == keys.count, "\(context)")
    }
  }

  @Test("help and Markdown list every entry's keys and words")
  func listed() {
    let help = HelpText(Scenario().state).lines.map { $0.map(\.text).joined() }
    for entry in all {
      let keys = entry.keys.map { $0.name(.unicode) }
      let line = help.first { $0.contains(entry.help) }
      #expect(line != nil, "\(entry.intent) is not in the help")
      #expect(keys.allSatisfy { line?.contains($0) == true })
      #expect(KeyBindings.standard.markdown.contains("| \(entry.help) |"))
    }
  }

  @Test("help for where one is begins with the keys of that place")
  func helpHere() {
    var scenario = Scenario(width: 100, height: 30)
    scenario.press("i", "?")
    #expect(scenario.lines[2].contains("while the cursor is out"))
    scenario.press("Esc", "Esc", "Tab", "?")
    #expect(scenario.lines[2].contains("in the hyperparameters"))
  }

  @Test("the footer lists only keys that do something now, as the table has them")
  func footer() {
    var scenario = Scenario(width: 300, height: 30)
    func intents() -> Set<Intent> { Set(FooterKeys.entries(scenario.state).map(\.intent)) }
    #expect(!intents().contains(.nextHead))
    #expect(!intents().contains(.applyDraft))
    scenario.press("→", ">")
    #expect(intents().isSuperset(of: [.nextHead, .applyDraft, .help, .quit, .editValue]))
    for entry in FooterKeys.entries(scenario.state) {
      let binding = KeyBindings.standard.binding(of: entry.intent)
      #expect(binding?.disabled(scenario.state) == nil)
      #expect(binding?.footer == entry.words)
    }
  }

  @Test("a disabled key says why instead of doing nothing")
  func reasons() {
    var scenario = Scenario()
    scenario.press("h")
    #expect(scenario.status.contains("cross 1 has one head"))
    scenario.press("a")
    #expect(scenario.status.contains("no changes to apply"))
    scenario.press("Z")
    #expect(scenario.status.contains("Z does nothing here"))
  }

  @Test("every key of the table can be pressed in every place without harm", arguments: [0, 1])
  func everyKey(stage: Int) {
    for opening in [[], ["i"], ["Tab"], ["g"], ["?"], ["e"], [":"], ["/"], ["J"], ["v"]] {
      for entry in all where ![.quit, .cancel].contains(entry.intent) {
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
