// The configuration inside the program: what every key, colour and preference is, and changing them.

import Perceiver
import Pictures
import Screens
import Tensors

extension CommandGroup {
  static let configuration = CommandGroup(
    "config", "keys, colours and preferences",
    [
      Command(
        "config", takes: "[NAME [VALUE … | default]]",
        "list keys, colours and preferences, or change one and keep it in the configuration file",
        choices: { _ in ExplorerPreferences.entryNames },
        Command.Action { state, arguments throws(CommandError) in
          guard let name = arguments.words.first else {
            state.mode = .page(PageReader(.configuration))
            return []
          }
          let value = String(arguments.rest.dropFirst(name.count)).trimmed
          return try state.configure(name, value)
        }),
      Command(
        "hints", takes: "on | off",
        "sentences under the title: what is shown, and what to press next",
        choices: { _ in ExplorerPreferences.Hints.allCases.map(\.rawValue) },
        Command.Action { state, arguments throws(CommandError) in
          let hints: ExplorerPreferences.Hints = try arguments.choice()
          return try state.keep(KeptPreference(["hints"], .string(hints.rawValue)))
        }),
    ])
}

extension ExplorerPreferences {
  /// The names of all entries: `hints`, `keys.next-stage`, `colours.frame`.
  static var entryNames: [String] {
    ["hints", "symbols", "theme", "colour-map"] + Theme.names.map { "colours." + $0.name }
      + CommandTable.all.filter { !$0.keys.isEmpty }.map { "keys.\($0.id)" }
  }

  /// The entry that a word may stand for that is none: it lacks what stands before the point, or is
  /// mistyped.
  fileprivate static func entryName(nearestTo word: String) -> String? {
    func last(_ name: String) -> String { String(name.split(separator: ".").last ?? "") }
    let names = entryNames
    return names.first { last($0) == word }
      ?? NearestWord.nearest(to: last(word), among: names.map(last)).flatMap { near in
        names.first { last($0) == near }
      }
  }

  /// The value of an entry, as `:config` takes it.
  func value(of name: String) -> String {
    switch name {
    case "hints": return hints.rawValue
    case "symbols": return symbols.rawValue
    case "theme": return themeChoice.rawValue
    case "colour-map": return (colourMap ?? .viridis).rawValue
    case _ where name.hasPrefix("keys."):
      guard let command = CommandTable.named(String(name.dropFirst(5))) else { return "" }
      return keys.names(of: command, .ascii)
    default:
      let entry = Theme.names.first { "colours." + $0.name == name }
      return entry.map { Self.words(for: theme[keyPath: $0.path]) } ?? ""
    }
  }

  /// What an entry is, in a sentence.
  fileprivate func words(for name: String) -> String { "\(name) is \(value(of: name))" }

  /// A style in the words of the configuration file.
  private static func words(for style: Style) -> String {
    func hex(_ colour: Colour) -> String {
      "#"
        + [colour.red, colour.green, colour.blue].map {
          let digits = String($0, radix: 16)
          return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
    var words: [String] = []
    if let colour = style.foreground { words.append(hex(colour)) }
    if let colour = style.background { words += ["on", hex(colour)] }
    for (attribute, word) in [
      (Style.bold, "bold"), (.dim, "dim"), (Style(attributes: .underline), "underline"),
      (.reverse, "reverse"),
    ] where style.attributes.isSuperset(of: attribute.attributes) {
      words.append(word)
    }
    return words.isEmpty ? "plain" : words.joined(separator: " ")
  }
}

extension ExplorerState {
  /// Says an entry's value, or changes it.
  fileprivate mutating func configure(
    _ name: String, _ value: String
  ) throws(CommandError) -> [ExplorerEffect] {
    guard ExplorerPreferences.entryNames.contains(name) else {
      let nearest = ExplorerPreferences.entryName(nearestTo: name)
      throw CommandError(
        "config: \(printable(name)) is no entry; "
          + (nearest.map { "did you mean \($0)?" } ?? ":config lists them"))
    }
    let path = name.split(separator: ".", maxSplits: 1).map(String.init)
    if value.isEmpty {
      message = .information(preferences.words(for: name))
      return []
    }
    guard value != "default" else { return try keep(KeptPreference(path, nil)) }
    let json: JSONValue =
      path[0] == "keys"
      ? .array(value.split(separator: " ").map { .string(String($0)) }) : .string(value)
    let before = preferences.keys
    let effects = try keep(KeptPreference(path, json))
    if path[0] == "keys", let command = CommandTable.named(path[1]) {
      keyRemark = remark(onKeysOf: command, before)
      message = keyRemark.map { .information("\(message?.text ?? ""); \($0)") } ?? message
    }
    return effects
  }

  /// Which commands lost a key to another, and which keep it where they alone hold; nil where none does.
  private func remark(onKeysOf command: Command, _ before: KeyBindings) -> String? {
    let parts = preferences.keys.keys(of: command).flatMap { key -> [String] in
      let name = key.name(terminal.keyNames)
      return CommandTable.all.compactMap { other in
        guard other.id != command.id, before.keys(of: other).contains(key) else { return nil }
        return preferences.keys.keys(of: other).contains(key)
          ? "\(other.context.title), \(name) still means \(other.id)"
          : "\(name) no longer means \(other.id)"
      }
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// Takes an entry over at once, and asks for it to be kept.
  fileprivate mutating func keep(
    _ preference: KeptPreference
  ) throws(CommandError) -> [ExplorerEffect] {
    let file = preference.applied(to: preferences.file)
    do throws(PreferencesError) {
      preferences = try ExplorerPreferences(json: Array(file.text.utf8))
    } catch {
      throw CommandError("config: \(error)")
    }
    preferences.adopt(terminal.background)
    if preference.path == ["colour-map"] {
      choices.view.colours = preferences.colourMap ?? .viridis
    }
    // Where nothing is kept, as in a script of keys, this is all that is said.
    message = .information(preferences.words(for: preference.path.joined(separator: ".")))
    return [.keep(preference)]
  }

  /// All entries with their values; a star marks those that are not the program's own.
  var configurationLines: [String] {
    var own = ExplorerPreferences()
    own.theme = preferences.ownTheme(on: terminal.background)
    return [
      ":config NAME VALUE changes an entry and keeps it, :config NAME default takes it back. * marks "
        + "what is not the program's own.", "",
    ]
      + ExplorerPreferences.entryNames.map { name in
        let value = preferences.value(of: name)
        let mark = value == own.value(of: name) ? " " : "*"
        return "\(mark) \(name.padded(toWidth: 28)) \(value)"
      }
  }
}
