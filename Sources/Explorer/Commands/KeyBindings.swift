// Which key asks for which command: the table's keys, with those of the configuration file.

import Screens

/// The keys of all commands.
public struct KeyBindings: Sendable {
  /// Keys that a configuration file gives or takes away, by command.
  private var changed: [Command.ID: [Key]] = [:]

  /// The keys that the program comes with.
  public static let standard = KeyBindings()

  private init() {}

  /// A command's keys, the usual one first.
  package func keys(of command: Command) -> [Key] { changed[command.id] ?? command.keys }

  /// The names of a command's keys, separated by spaces.
  func names(of command: Command, _ style: Key.NameStyle) -> String {
    keys(of: command).map { $0.name(style) }.joined(separator: " ")
  }

  /// The command of a key, in the narrowest of the contexts that hold; nil if it has none.
  package func command(for key: Key, in contexts: [KeyContext]) -> Command? {
    for context in contexts {
      if let found = CommandTable.all.first(where: {
        $0.context == context && keys(of: $0).contains(key)
      }) {
        return found
      }
    }
    return nil
  }

  /// The first of a command's keys that no narrower context takes, of those that hold; nil where there
  /// is none.
  package func reachableKey(of command: Command, in contexts: [KeyContext]) -> Key? {
    guard contexts.contains(command.context) else { return nil }
    return keys(of: command).first {
      self.command(for: $0, in: contexts)?.id == command.id
    }
  }

  /// The table with other keys for a command; where another command of the same context had one of
  /// them, it loses it.
  func rebinding(_ command: Command, to keys: [Key]) -> KeyBindings {
    var result = self
    for other in CommandTable.all where other.context == command.context {
      let remaining = self.keys(of: other).filter { !keys.contains($0) }
      if remaining != self.keys(of: other) { result.changed[other.id] = remaining }
    }
    result.changed[command.id] = keys
    return result
  }

  /// The keys as a list in Markdown, a table of its own for each group of commands, and for each line,
  /// dialog and page.
  public var markdown: String {
    let groups = CommandTable.groups.filter { group in
      group.commands.contains { !keys(of: $0).isEmpty }
    }.map { group in
      Self.table(
        group.title,
        group.commands.filter { !keys(of: $0).isEmpty }.map { (keys(of: $0), $0.help) })
    }
    let modes = ModeKeyList.all.map { list in
      Self.table(list.title, list.rows.map { ($0.keys, $0.help) })
    }
    return (groups + modes).joined(separator: "\n")
  }

  private static func table(_ title: String, _ rows: [(keys: [Key], help: String)]) -> String {
    let lines = rows.map { row in
      "| \(row.keys.map { "`\($0.name(.unicode))`" }.joined(separator: " ")) | \(row.help) |\n"
    }
    return "| \(title) | |\n| --- | --- |\n" + lines.joined()
  }
}
