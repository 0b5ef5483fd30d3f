// What a configuration file may change: keys, colours, symbols, and how maps look at first.

import Pictures
import Screens
import Tensors

/// Keys, colours and glyphs as a person wants them.
public struct ExplorerPreferences: Sendable {
  /// Which glyphs are used.
  public enum SymbolChoice: String, Sendable, Hashable, CaseIterable {
    /// What the terminal's character set allows.
    case automatic
    /// ASCII alone.
    case ascii
    /// Boxes, blocks and arrows.
    case unicode
  }

  /// Whether sentences under the title say what is shown and what to press next.
  public enum Hints: String, Sendable, Hashable, CaseIterable {
    /// They do, where there is room.
    case on
    /// They do not.
    case off
  }

  /// Which colours the program comes with.
  public enum ThemeChoice: String, Sendable, Hashable, CaseIterable {
    /// Those for the background that the terminal has.
    case auto
    /// Those for dark terminals.
    case dark
    /// Those for light ones.
    case light
  }

  /// Which key asks for what.
  public var keys = KeyBindings.standard
  /// The colours of what is not a picture, on the terminal's background.
  public internal(set) var theme = Theme()
  /// Which of the program's own colours they go out from.
  public private(set) var themeChoice = ThemeChoice.auto
  /// The colours that are the person's own.
  private var ownStyles: [String: Style] = [:]
  /// Which glyphs are used.
  public var symbols = SymbolChoice.automatic
  /// The colour map at the start; nil is the program's own.
  public var colourMap: ColourMap?

  /// Whether hints are shown.
  public var hints = Hints.on

  /// What the configuration file says.
  private(set) var file = JSONValue.object([])

  /// The program's own.
  public init() {}

  /// Takes the colours for a terminal's background, where they hang on it.
  public mutating func adopt(_ background: TerminalBackground) {
    theme = ownTheme(on: background)
    for entry in Theme.names {
      if let style = ownStyles[entry.name] { theme[keyPath: entry.path] = style }
    }
  }

  /// The program's own colours on a terminal's background.
  func ownTheme(on background: TerminalBackground) -> Theme {
    switch themeChoice {
    case .auto: Theme(on: background)
    case .dark: Theme(on: .dark)
    case .light: Theme(on: .light)
    }
  }

  /// Reads a configuration file: an object with `keys`, `theme`, `colours`, `symbols`, `colour-map`
  /// and `hints`.
  ///
  ///     {"keys": {"next-stage": ["Right", "n"]}, "theme": "light",
  ///      "colours": {"frame": "#606878 bold"}, "symbols": "ascii", "colour-map": "cividis",
  ///      "hints": "off"}
  ///
  /// - Throws: `PreferencesError` naming the location, what was expected and what was found.
  public init(json bytes: [UInt8]) throws(PreferencesError) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: bytes)
    } catch {
      throw PreferencesError(
        location: "byte \(error.offset)", expected: error.expected, found: error.found)
    }
    file = value
    for member in try Self.members(of: value, at: "the file") {
      switch member.name {
      case "keys": keys = try Self.keys(member.value)
      case "theme": themeChoice = try Self.choice(member.value, at: member.name)
      case "colours": ownStyles = try Self.styles(member.value)
      case "symbols": symbols = try Self.choice(member.value, at: member.name)
      case "colour-map": colourMap = try Self.choice(member.value, at: member.name) as ColourMap
      case "hints": hints = try Self.choice(member.value, at: member.name)
      default:
        throw PreferencesError(
          location: "the file", expected: "keys, theme, colours, symbols, colour-map or hints",
          found: member.name)
      }
    }
    adopt(.dark)
  }
}

/// A configuration file that cannot be used.
public struct PreferencesError: Error, Hashable, CustomStringConvertible {
  /// Where in the file.
  public let location: String
  /// What was expected there.
  public let expected: String
  /// What was found.
  public let found: String

  /// One line: where, expected, found.
  public var description: String { "\(location): expected \(expected), found \(printable(found))" }
}

// MARK: - Reading

extension ExplorerPreferences {
  private static func members(
    of value: JSONValue, at location: String
  ) throws(PreferencesError) -> [JSONValue.Member] {
    guard case .object(let members) = value else {
      throw PreferencesError(location: location, expected: "an object", found: value.kind)
    }
    return members
  }

  private static func text(_ value: JSONValue, at location: String) throws(PreferencesError)
    -> String
  {
    guard case .string(let text) = value else {
      throw PreferencesError(location: location, expected: "text", found: value.kind)
    }
    return text
  }

  private static func choice<Choice: CaseIterable & RawRepresentable>(
    _ value: JSONValue, at location: String
  ) throws(PreferencesError) -> Choice where Choice.RawValue == String {
    let text = try text(value, at: location)
    guard let choice = Choice(rawValue: text) else {
      let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw PreferencesError(location: location, expected: "one of \(all)", found: text)
    }
    return choice
  }

  private static func keys(_ value: JSONValue) throws(PreferencesError) -> KeyBindings {
    var bindings = KeyBindings.standard
    var given: [KeyContext: [Key: Command.ID]] = [:]
    for member in try members(of: value, at: "keys") {
      let location = "keys.\(member.name)"
      guard let command = CommandTable.named(member.name) else {
        throw PreferencesError(
          location: "keys", expected: "an action such as next-stage", found: member.name)
      }
      let keys = try keyList(member.value, at: location)
      for key in keys {
        // A command may be there by a former name too.
        let former = given[command.context, default: [:]].updateValue(command.id, forKey: key)
        if let other = former, other != command.id {
          throw PreferencesError(
            location: location, expected: "a key of its own", found: "\(key), which \(other) has")
        }
      }
      bindings = bindings.rebinding(command, to: keys)
    }
    // Without these the program could not be left, or not be learnt.
    for id in [Command.ID.quit, .help] where bindings.keys(of: CommandTable[id]).isEmpty {
      throw PreferencesError(location: "keys", expected: "a key for \(id)", found: "none")
    }
    return bindings
  }

  private static func keyList(
    _ value: JSONValue, at location: String
  ) throws(PreferencesError) -> [Key] {
    guard case .array(let names) = value else { return [try key(value, at: location)] }
    var keys: [Key] = []
    for name in names { keys.append(try key(name, at: location)) }
    return keys
  }

  private static func key(_ value: JSONValue, at location: String) throws(PreferencesError) -> Key {
    let name = try text(value, at: location)
    guard let key = Key(name) else {
      throw PreferencesError(
        location: location, expected: "a key such as Ctrl-R or Right", found: name)
    }
    return key
  }

  /// Styles by what they are for.
  private static func styles(_ value: JSONValue) throws(PreferencesError) -> [String: Style] {
    var styles: [String: Style] = [:]
    for member in try members(of: value, at: "colours") {
      guard Theme.names.contains(where: { $0.name == member.name }) else {
        throw PreferencesError(
          location: "colours",
          expected: "one of \(Theme.names.map(\.name).joined(separator: ", "))",
          found: member.name)
      }
      let location = "colours.\(member.name)"
      styles[member.name] = try style(text(member.value, at: location), at: location)
    }
    return styles
  }

  /// A style from words: `#rrggbb` for text, `on #rrggbb` behind it, `bold`, `dim`, `underline`,
  /// `reverse`, `plain`.
  private static func style(_ text: String, at location: String) throws(PreferencesError) -> Style {
    var style = Style.plain
    var isBackground = false
    for word in text.split(separator: " ") {
      switch word {
      case "plain": style = .plain
      case "bold": style.attributes.insert(.bold)
      case "dim": style.attributes.insert(.dim)
      case "underline": style.attributes.insert(.underline)
      case "reverse": style.attributes.insert(.reverse)
      case "on": isBackground = true
      default:
        guard word.count == 7, word.first == "#", let hex = UInt32(word.dropFirst(), radix: 16)
        else {
          throw PreferencesError(
            location: location,
            expected: "#rrggbb, on #rrggbb, bold, dim, underline, reverse or plain",
            found: String(word))
        }
        if isBackground {
          style.background = Colour(hex: hex)
        } else {
          style.foreground = Colour(hex: hex)
        }
        isBackground = false
      }
    }
    return style
  }
}
