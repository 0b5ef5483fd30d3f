// Keys and their names, which key tables, the configuration file and scripts share.

/// A key, alone or with others held.
public struct Key: Hashable, Sendable {
  /// What was pressed.
  public enum Base: Hashable, Sendable {
    case character(Character)
    case left, right, up, down
    case home, end, pageUp, pageDown
    case insert, delete, backspace
    case tab, backTab, enter, escape
    /// F1, F2, …
    case function(Int)
  }

  /// Keys that were held.
  public struct Modifiers: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let shift = Modifiers(rawValue: 1)
    public static let alt = Modifiers(rawValue: 2)
    public static let control = Modifiers(rawValue: 4)
  }

  /// What was pressed.
  public let base: Base
  /// What was held.
  public let modifiers: Modifiers

  /// A key in the one form in which terminals report it: Shift with a letter is the capital,
  /// Shift-Tab is ``Base/backTab``, and Ctrl with `i`, `m`, `j`, `h` and `[` are Tab, Enter,
  /// Enter, Backspace and Escape.
  public init(_ base: Base, _ modifiers: Modifiers = []) {
    var base = base
    var modifiers = modifiers
    if case .character(let character) = base {
      if modifiers.contains(.control) {
        // Terminals cannot tell Ctrl-A from Ctrl-a.
        let lower = character.lowercased().first ?? character
        base = .character(lower)
        if let named = Self.controlNames[lower] {
          base = named
          modifiers.remove(.control)
        } else {
          modifiers.remove(.shift)
        }
      } else if modifiers.contains(.shift) {
        let upper = character.uppercased()
        if upper.count == 1, let upper = upper.first { base = .character(upper) }
        modifiers.remove(.shift)
      }
    } else if base == .tab && modifiers.contains(.shift) {
      base = .backTab
    }
    if base == .backTab { modifiers.remove(.shift) }
    self.base = base
    self.modifiers = modifiers
  }

  private static let controlNames: [Character: Base] = [
    "i": .tab, "m": .enter, "j": .enter, "h": .backspace, "[": .escape,
  ]

  /// A key that types `character`.
  public static func character(_ character: Character) -> Key { Key(.character(character)) }
  /// A letter with Ctrl.
  public static func control(_ character: Character) -> Key {
    Key(.character(character), .control)
  }
  public static let left = Key(.left)
  public static let right = Key(.right)
  public static let up = Key(.up)
  public static let down = Key(.down)
  public static let home = Key(.home)
  public static let end = Key(.end)
  public static let pageUp = Key(.pageUp)
  public static let pageDown = Key(.pageDown)
  public static let insert = Key(.insert)
  public static let delete = Key(.delete)
  public static let backspace = Key(.backspace)
  public static let tab = Key(.tab)
  public static let backTab = Key(.backTab)
  public static let enter = Key(.enter)
  public static let escape = Key(.escape)
  public static let space = Key(.character(" "))

  /// The character the key types, if it types one.
  public var typed: Character? {
    guard case .character(let character) = base, modifiers.isEmpty else { return nil }
    return character
  }
}

// MARK: - Names

extension Key {
  /// How names are printed.
  public enum NameStyle: Hashable, Sendable {
    /// With arrows as glyphs: `→`, `Ctrl-←`.
    case unicode
    /// In ASCII: `Right`, `Ctrl-Left`.
    case ascii
  }

  private struct Entry {
    let base: Base
    let name: String
    let ascii: String
    let others: [String]

    init(_ base: Base, _ name: String, ascii: String? = nil, others: [String] = []) {
      self.base = base
      self.name = name
      self.ascii = ascii ?? name
      self.others = others
    }
  }

  private static let entries: [Entry] = [
    Entry(.left, "←", ascii: "Left"), Entry(.right, "→", ascii: "Right"),
    Entry(.up, "↑", ascii: "Up"), Entry(.down, "↓", ascii: "Down"),
    Entry(.home, "Home"), Entry(.end, "End"),
    Entry(.pageUp, "PageUp", others: ["pgup"]), Entry(.pageDown, "PageDown", others: ["pgdn"]),
    Entry(.insert, "Insert", others: ["ins"]), Entry(.delete, "Delete", others: ["del"]),
    Entry(.backspace, "Backspace", others: ["bs"]),
    Entry(.tab, "Tab"), Entry(.backTab, "Shift-Tab", others: ["backtab"]),
    Entry(.enter, "Enter", others: ["return", "cr"]), Entry(.escape, "Esc", others: ["escape"]),
    Entry(.character(" "), "Space"),
  ]

  private static let modifierNames: [(modifier: Modifiers, name: String, others: [String])] = [
    (.control, "Ctrl", ["control", "c", "^"]), (.alt, "Alt", ["meta", "m"]),
    (.shift, "Shift", ["s"]),
  ]

  private static let basesByName: [String: Base] = {
    var table: [String: Base] = [:]
    for entry in entries {
      for name in [entry.name, entry.ascii] + entry.others { table[name.lowercased()] = entry.base }
    }
    return table
  }()

  /// The key's name as it is printed, such as `→`, `Ctrl-R` or `Shift-Tab`.
  public func name(_ style: NameStyle = .unicode) -> String {
    let bare: String
    if let entry = Self.entries.first(where: { $0.base == base }) {
      bare = style == .unicode ? entry.name : entry.ascii
    } else if case .function(let number) = base {
      bare = "F\(number)"
    } else if case .character(let character) = base {
      bare = modifiers.contains(.control) ? character.uppercased() : String(character)
    } else {
      bare = ""
    }
    let held = Self.modifierNames.filter { modifiers.contains($0.modifier) }.map { $0.name + "-" }
    return held.joined() + bare
  }

  /// The key of a name, as ``name(_:)`` prints it or in other common spellings: any case,
  /// `ctrl-r`, `C-r`, `shift-tab`, `pgup`, `Return`; nil when there is none of that name.
  public init?(_ name: String) {
    if name.count == 1, let character = name.first {
      if let base = Self.basesByName[name] {
        self.init(base)
      } else if Glyph(character) != nil, !character.isNewline, character.asciiValue ?? 32 >= 32 {
        self.init(.character(character))
      } else {
        return nil
      }
      return
    }
    if let base = Self.basesByName[name.lowercased()] {
      self.init(base)
      return
    }
    if name.first == "F" || name.first == "f", let number = Int(name.dropFirst()),
      (1...63).contains(number)
    {
      self.init(.function(number))
      return
    }
    guard let dash = name.firstIndex(where: { $0 == "-" || $0 == "+" }), dash > name.startIndex
    else { return nil }
    let held = name[..<dash].lowercased()
    guard
      let modifier = Self.modifierNames.first(where: {
        $0.name.lowercased() == held || $0.others.contains(held)
      })?.modifier, let rest = Key(String(name[name.index(after: dash)...]))
    else { return nil }
    self.init(rest.base, rest.modifiers.union(modifier))
  }
}

extension Key: CustomStringConvertible {
  /// The key's name with glyphs.
  public var description: String { name(.unicode) }
}
