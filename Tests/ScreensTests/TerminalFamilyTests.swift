// Terminals by their names in terminfo.

import Screens
import Testing

@Suite struct TerminalFamilyTests {
  @Test(
    "a name tells how 24-bit colours are taken, and whether an entry is carried",
    arguments: [
      ("xterm", .asXterm, false), ("xterm-256color", .asXterm, false),
      ("xterm-kitty", .asXterm, true), ("xterm-ghostty", .asXterm, true),
      ("foot", .asXterm, true), ("foot-extra", .asXterm, true), ("wezterm", .asXterm, true),
      ("gnome-256color", .asXterm, false), ("st-256color", .asXterm, false),
      ("ms-terminal", .asXterm, false), ("tmux-256color", .asTmux, true),
      ("screen", .asTmux, false), ("screen.xterm-256color", .asTmux, false),
      ("rxvt-unicode-256color", .unknown, false),
      ("stv52", nil, nil), ("footless", nil, nil), ("linux", nil, nil), ("vt100", nil, nil),
      ("", nil, nil),
    ] as [(String, TerminalFamily.DirectColours?, Bool?)])
  func families(type: String, colours: TerminalFamily.DirectColours?, isCarried: Bool?) {
    let family = TerminalFamily(ofType: type)
    #expect(family?.directColours == colours)
    #expect(family?.isCarried == isCarried)
  }
}
