// The configuration file: what it may say, and the sentence for what it may not.

import Explorer
import Screens
import Testing

@Suite struct PreferencesTests {
  private let valid = ##"""
    {"colours": {"frame": "#102030 on #405060 bold"}, "symbols": "ascii",
     "colour-map": "cividis", "keys": {"undo": ["z", "Ctrl-U"]}}
    """##

  @Test("colours, symbols, colour map and keys are read")
  func reading() throws {
    let preferences = try ExplorerPreferences(json: Array(valid.utf8))
    #expect(
      preferences.theme.frame
        == Style(
          foreground: Colour(hex: 0x10_2030), background: Colour(hex: 0x40_5060), attributes: .bold)
    )
    #expect(preferences.symbols == .ascii)
    #expect(Scenario(preferences: preferences).state.choices.view.colours == .cividis)
    #expect(preferences.keys.keys(of: CommandTable["undo"]) == [.character("z"), .control("u")])
  }

  @Test("keys of a command may be given under its former name, or under both")
  func formerNames() throws {
    let former = #"{"keys": {"keep-moment": "F6", "cycle-aggregate": "F7"}}"#
    let preferences = try ExplorerPreferences(json: Array(former.utf8))
    #expect(preferences.keys.keys(of: CommandTable["keep-snapshot"]) == [Key(.function(6))])
    #expect(preferences.keys.keys(of: CommandTable["cycle-reduction"]) == [Key(.function(7))])
    let both = #"{"keys": {"keep-moment": "F6", "keep-snapshot": ["F6", "F8"]}}"#
    let twice = try ExplorerPreferences(json: Array(both.utf8))
    #expect(
      twice.keys.keys(of: CommandTable["keep-snapshot"])
        == [Key(.function(6)), Key(.function(8))])
  }

  @Test(
    "what is wrong is named with its location",
    arguments: [
      ("[]", "the file: expected an object, found a list"),
      (#"{"key": 1}"#, "found key"), (#"{"symbols": "emoji"}"#, "symbols: expected one of"),
      (#"{"symbols": 3}"#, "symbols: expected text, found a number"),
      (#"{"keys": {"fly": "f"}}"#, "found fly"),
      (#"{"keys": {"undo": "Hyper-Q"}}"#, "keys.undo: expected a key"),
      (#"{"keys": {"undo": "z", "redo": "z"}}"#, "found z, which undo has"),
      (#"{"keys": {"quit": []}}"#, "expected a key for quit"),
      (#"{"colours": {"frame": "red"}}"#, "colours.frame: expected #rrggbb"),
      (#"{"colours": {"walls": "bold"}}"#, "found walls"),
      (#"{"colour-map": "jet"}"#, "found jet"), ("", "byte 0"),
    ])
  func wrong(json: String, words: String) {
    do throws(PreferencesError) {
      _ = try ExplorerPreferences(json: Array(json.utf8))
      Issue.record("accepted \(json)")
    } catch {
      #expect(error.description.contains(words), "\(error.description)")
    }
  }

  @Test("every beginning of a file is an error, never a crash")
  func prefixes() {
    let bytes = Array(valid.utf8)
    for length in 0..<bytes.count {
      #expect(throws: PreferencesError.self) {
        try ExplorerPreferences(json: Array(bytes[..<length]))
      }
    }
  }

  @Test("bytes changed at random are read or refused, never a crash")
  func flips() {
    var generator = SplitMix(state: 5)
    for _ in 0..<2000 {
      var bytes = Array(valid.utf8)
      bytes[Int(generator.next() % UInt64(bytes.count))] ^= 1 << UInt8(generator.next() % 8)
      _ = try? ExplorerPreferences(json: bytes)
    }
  }
}

@Suite struct ConfigurationTests {
  @Test(":config lists every key, colour and preference with its value")
  func listed() {
    var scenario = Scenario(width: 100, height: 200)
    scenario.command("config")
    for (name, value) in [
      ("hints", "off"), ("symbols", "automatic"), ("colour-map", "viridis"),
      ("colours.frame", "#606878"), ("keys.next-stage", "Right n"), ("keys.undo", "u"),
    ] {
      let line = name + String(repeating: " ", count: 29 - name.count) + value
      #expect(scenario.text.contains(line), "\(line)")
    }
    for command in CommandTable.all where !command.keys.isEmpty {
      #expect(scenario.text.contains("keys.\(command.id)"))
    }
  }

  @Test("an entry is changed at once, kept, and taken back")
  func changed() throws {
    var scenario = Scenario()
    scenario.command("config keys.undo z Ctrl-U")
    #expect(
      scenario.said
        == "keys.undo: kept in config.json; z no longer means switch-head; Ctrl-U no longer means "
        + "half-page-up")
    scenario.press("s", "z")
    #expect(scenario.said == "undone: scale log → linear")
    scenario.command("config colours.frame #102030 bold")
    #expect(scenario.state.preferences.theme.frame.foreground == Colour(hex: 0x10_2030))
    scenario.command("config colour-map cividis")
    #expect(scenario.state.choices.view.colours == .cividis)
    let kept = try #require(scenario.files["config.json"])
    let preferences = try ExplorerPreferences(json: kept)
    #expect(preferences.keys.keys(of: CommandTable["undo"]) == [.character("z"), .control("u")])
    #expect(preferences.theme.frame == scenario.state.preferences.theme.frame)
    scenario.command("config keys.undo default")
    scenario.press("s", "u")
    #expect(scenario.said == "undone: scale log → linear")
    scenario.command("config keys.undo")
    #expect(scenario.said == "keys.undo is u")
  }

  @Test("an object of the file whose last entry is taken back goes with it")
  func emptied() throws {
    var scenario = Scenario()
    scenario.command("config keys.undo z")
    scenario.command("config colours.frame #102030 bold")
    scenario.command("config hints on")
    scenario.command("config keys.undo default")
    scenario.command("config colours.frame default")
    let kept = try #require(scenario.files["config.json"])
    #expect(String(decoding: kept, as: UTF8.self) == #"{"hints":"on"}"#)
    scenario.command("config hints default")
    #expect(scenario.files["config.json"] == Array("{}".utf8))
  }

  @Test("where nothing is kept, as in a script of keys, what was changed is said")
  func unkept() {
    var scenario = Scenario(hints: .on)
    scenario.isHolding = true
    scenario.command("hints off")
    #expect(scenario.said == "hints is off")
    scenario.command("config theme light")
    #expect(scenario.said == "theme is light")
    scenario.command("config keys.undo z")
    #expect(scenario.said == "keys.undo is z; z no longer means switch-head")
  }

  @Test(
    "what cannot be is refused, and nothing changes",
    arguments: [
      ("config walls bold", "walls is no entry"),
      ("config next-head x", "next-head is no entry; did you mean keys.next-head?"),
      ("config frame", "frame is no entry; did you mean colours.frame?"),
      ("config keys.nxt-head x", "keys.nxt-head is no entry; did you mean keys.next-head?"),
      ("config vwxyz", "vwxyz is no entry; :config lists them"),
      ("config colours.frame red", "expected #rrggbb"),
      ("config keys.quit none", "expected a key"), ("config symbols emoji", "expected one of"),
    ])
  func wrong(line: String, words: String) {
    var scenario = Scenario()
    scenario.command(line)
    #expect(scenario.said.contains(words), "\(scenario.said)")
    #expect(scenario.files["config.json"] == nil)
  }

  @Test("a key that goes to another command is named with the command that loses it")
  func lostKey() {
    var scenario = Scenario()
    scenario.command("config keys.next-stage x")
    #expect(scenario.said.contains("x no longer means discard"), "\(scenario.said)")
    #expect(
      scenario.said.contains("while pixels are hidden, x still means invert-marks"),
      "\(scenario.said)")
    scenario.command("config keys.next-stage n")
    #expect(scenario.said == "keys.next-stage: kept in config.json")
  }
}
