// The glyphs panes draw with, as tables: one for UTF-8 and one for plain ASCII.

/// A set of glyphs, each one column wide.
public struct Symbols: Hashable, Sendable {
  /// The lines of boxes, and how they meet.
  public struct Frame: Hashable, Sendable {
    public let horizontal: Character
    public let vertical: Character
    public let topLeft: Character
    public let topRight: Character
    public let bottomLeft: Character
    public let bottomRight: Character
    /// A vertical line from which one leaves to the right: ├.
    public let teeRight: Character
    /// A vertical line from which one leaves to the left: ┤.
    public let teeLeft: Character
    /// A horizontal line from which one leaves downwards: ┬.
    public let teeDown: Character
    /// A horizontal line from which one leaves upwards: ┴.
    public let teeUp: Character
    /// Where two lines cross: ┼.
    public let crossing: Character
  }

  /// The lines of boxes.
  public let frame: Frame
  /// From empty to full in a few even shades, for legends.
  public let shades: [Character]
  /// From dark to bright by how much ink each has, 10 levels, for pictures without colours.
  public let luminance: [Character]
  /// Bars growing to the right: from empty to full by equal parts.
  public let bar: [Character]
  /// Columns growing upwards: from empty to full by equal parts.
  public let column: [Character]
  /// The upper half of a cell filled; nil where there is no such glyph.
  public let upperHalf: Character?
  /// What follows text that was cut.
  public let ellipsis: String
  /// Done, chosen: ●.
  public let filled: Character
  /// Not yet: ○.
  public let hollow: Character
  /// In between: ◐.
  public let half: Character
  /// The line one is on; a value that can grow: ▸.
  public let pointRight: Character
  /// A value that can shrink: ◂.
  public let pointLeft: Character
  public let arrowLeft: Character
  public let arrowRight: Character
  public let arrowUp: Character
  public let arrowDown: Character
  /// Between facts on a line: ·.
  public let separator: Character
  /// Between the sides of a size: ×.
  public let times: Character
  /// Where a pixel is looked at: ┼.
  public let crosshair: Character
  /// Where a pixel is hidden: ╱.
  public let hatch: Character
  /// Frames of a turning mark for what is being computed.
  public let spinner: [Character]

  /// Glyphs for terminals that understand UTF-8.
  public static let unicode = Symbols(
    frame: Frame(
      horizontal: "─", vertical: "│", topLeft: "┌", topRight: "┐", bottomLeft: "└",
      bottomRight: "┘", teeRight: "├", teeLeft: "┤", teeDown: "┬", teeUp: "┴", crossing: "┼"),
    shades: [" ", "░", "▒", "▓", "█"],
    luminance: [" ", "·", ":", "-", "=", "+", "░", "▒", "▓", "█"],
    bar: [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
    column: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    upperHalf: "▀", ellipsis: "…", filled: "●", hollow: "○", half: "◐", pointRight: "▸",
    pointLeft: "◂", arrowLeft: "←", arrowRight: "→", arrowUp: "↑", arrowDown: "↓",
    separator: "·", times: "×", crosshair: "┼", hatch: "╱", spinner: ["◐", "◓", "◑", "◒"])

  /// Glyphs of ASCII alone.
  public static let ascii = Symbols(
    frame: Frame(
      horizontal: "-", vertical: "|", topLeft: "+", topRight: "+", bottomLeft: "+",
      bottomRight: "+", teeRight: "+", teeLeft: "+", teeDown: "+", teeUp: "+", crossing: "+"),
    shades: [" ", ".", "+", "%", "#"],
    luminance: [" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"],
    bar: [" ", "-", "="],
    column: [" ", ".", ":", "|"],
    upperHalf: nil, ellipsis: "...", filled: "*", hollow: "o", half: "%", pointRight: ">",
    pointLeft: "<", arrowLeft: "<", arrowRight: ">", arrowUp: "^", arrowDown: "v",
    separator: "-", times: "x", crosshair: "+", hatch: "/", spinner: ["|", "/", "-", "\\"])

  /// The glyph of `luminance` for a brightness from 0 (dark) to 1; each stands for an equal part.
  public func luminance(of brightness: Float) -> Character {
    let level = brightness > 0 ? Int(min(1, brightness) * Float(luminance.count)) : 0
    return luminance[min(level, luminance.count - 1)]
  }

  /// Whether every glyph is ASCII.
  public var isASCII: Bool { upperHalf == nil }
}

// MARK: - Plain ASCII

extension Symbols {
  // What is not a letter with a mark, and reads well as another single character.
  private static let standIns: [Character: Character] = {
    var table: [Character: Character] = [
      "–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": "\"", "”": "\"", "…": "~", "≤": "<",
      "≥": ">", "≈": "~", "↔": "-", "⇒": ">", "µ": "u", "°": "o", "²": "2", "³": "3", "√": "v",
      "■": "#", "□": "o", "▶": ">", "◀": "<", "▲": "^", "▼": "v", "✓": "*", "✗": "x", "•": "*",
      "║": "|", "═": "=", "│": "|", "━": "-", "┃": "|", "▐": "#", "▄": "#", "▀": "#", "▌": "#",
      "╭": "+", "╮": "+", "╰": "+", "╯": "+", "╌": "-", "╎": "|", "┄": "-", "┆": "|", "\u{A0}": " ",
      "ß": "s", "æ": "a", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "ð": "d", "þ": "t",
    ]
    let from = unicode
    let to = ascii
    let pairs: [(Character, Character)] = [
      (from.frame.horizontal, to.frame.horizontal), (from.frame.vertical, to.frame.vertical),
      (from.frame.topLeft, to.frame.topLeft), (from.frame.topRight, to.frame.topRight),
      (from.frame.bottomLeft, to.frame.bottomLeft), (from.frame.bottomRight, to.frame.bottomRight),
      (from.frame.teeRight, to.frame.teeRight), (from.frame.teeLeft, to.frame.teeLeft),
      (from.frame.teeDown, to.frame.teeDown), (from.frame.teeUp, to.frame.teeUp),
      (from.frame.crossing, to.frame.crossing), (from.filled, to.filled), (from.hollow, to.hollow),
      (from.half, to.half), (from.pointRight, to.pointRight), (from.pointLeft, to.pointLeft),
      (from.arrowLeft, to.arrowLeft), (from.arrowRight, to.arrowRight), (from.arrowUp, to.arrowUp),
      (from.arrowDown, to.arrowDown), (from.separator, to.separator), (from.times, to.times),
      (from.hatch, to.hatch),
    ]
    for (character, standIn) in pairs { table[character] = standIn }
    for (ramp, asciiRamp) in [
      (from.shades, to.shades), (from.bar, to.bar), (from.column, to.column),
      (from.spinner, to.spinner), (from.luminance, to.luminance),
    ] {
      for (index, character) in ramp.enumerated() where table[character] == nil {
        table[character] = asciiRamp[index * (asciiRamp.count - 1) / (ramp.count - 1)]
      }
    }
    return table
  }()

  // Characters are equal when canonically equivalent: "e" + U+0301 finds "é" too.
  private static let markedLetters: [Character: Character] = {
    let marks: [Unicode.Scalar] = [
      "\u{300}", "\u{301}", "\u{302}", "\u{303}", "\u{304}", "\u{306}", "\u{307}", "\u{308}",
      "\u{30A}", "\u{30B}", "\u{30C}", "\u{323}", "\u{326}", "\u{327}", "\u{328}",
    ]
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    var table: [Character: Character] = [:]
    for letter in letters {
      for mark in marks { table[Character("\(letter)\(mark)")] = letter }
    }
    return table
  }()

  /// One ASCII character that stands for `character`: itself, the nearest glyph, the letter
  /// without its marks, or `?`.
  public static func asciiStandIn(for character: Character) -> Character {
    if let value = character.asciiValue, value >= 0x20, value < 0x7F { return character }
    if let standIn = standIns[character] { return standIn }
    return markedLetters[character] ?? "?"
  }

  /// `text` in the glyphs of this set: unchanged for UTF-8, in ASCII stand-ins otherwise, with
  /// the ellipsis written out.
  public func spell(_ text: String) -> String {
    guard isASCII else { return text }
    var spelled = ""
    for character in text {
      if character == "…" {
        spelled += ellipsis
      } else {
        spelled.append(Self.asciiStandIn(for: character))
      }
    }
    return spelled
  }
}

extension Screen {
  /// This screen with an ASCII character in place of every other one.
  public func spelledInASCII() -> Screen {
    var screen = self
    screen.replaceCharacters(Symbols.asciiStandIn)
    return screen
  }
}
