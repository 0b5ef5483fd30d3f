// `manual`: the man page, made from the help of every subcommand and the table of keys.

import ArgumentParser
import Explorer

/// Prints the man page.
struct Manual: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the man page.",
    discussion: """
      man perceiver-tui shows it after these two lines:

        mkdir -p ~/.local/share/man/man1
        perceiver-tui manual > ~/.local/share/man/man1/perceiver-tui.1
      """)

  func run() throws { try StandardOutput().write(text: Self.page) }

  /// The page, in the language of man pages.
  private static var page: String {
    let root = PerceiverTUI.configuration
    var lines = [
      ".TH PERCEIVER-TUI 1 \"\" \"perceiver-tui \(PerceiverTUI.version)\" \"User Commands\"",
      ".SH NAME", "perceiver\\-tui \\- \(escaped(root.abstract))",
      ".SH SYNOPSIS", ".B perceiver\\-tui", "[COMMAND] [INPUT ...] [OPTIONS]",
      ".SH DESCRIPTION",
    ]
    lines += verbatim(root.discussion)
    for command in root.subcommands {
      let name = command.configuration.commandName ?? "\(command)".lowercased()
      lines.append(".SH \(escaped(name.uppercased()))")
      lines += verbatim(PerceiverTUI.helpMessage(for: command, columns: 78))
    }
    lines.append(".SH KEYS OF EXPLORE")
    for group in CommandTable.groups {
      lines.append(".SS \(escaped(group.title))")
      for command in group.commands where !command.keys.isEmpty {
        let keys = command.keys.map { $0.name(.ascii) }.joined(separator: ", ")
        lines += [".TP", ".B \(escaped(keys))", escaped(command.help)]
      }
    }
    lines += [
      ".SH FILES", ".TP", ".I $XDG_CONFIG_HOME/perceiver\\-tui/config.json",
      "Keys, colours and preferences; :config in the program lists and changes them.",
      ".TP", ".I $XDG_STATE_HOME/perceiver\\-tui/recent.json",
      "The inputs and weights that were opened last; :recent in the program offers them.",
      ".SH EXIT STATUS",
    ]
    for (status, meaning) in ExitStatus.meanings {
      lines += [".TP", ".B \(status.code)", escaped(meaning)]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func verbatim(_ text: String) -> [String] {
    [".nf"]
      + text.split(separator: "\n", omittingEmptySubsequences: false).map { escaped(String($0)) }
      + [".fi"]
  }

  /// Text in which nothing is a request: backslashes, and dots and quotes at the start of a line.
  private static func escaped(_ text: String) -> String {
    let escaped = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
  }
}
