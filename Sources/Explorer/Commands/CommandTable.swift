// The one table of commands: keys, the line after `:`, footer, help and README are made from it.

import Perceiver

/// All commands, and what a typed line could become.
package enum CommandTable {
  /// The groups in the order in which help lists them.
  package static let groups: [CommandGroup] = [
    .stages, .attention, .view, .why, .probe, .marks, .heads, .tables, .patch, .grid, .channels,
    .hyperparameters,
    .training, .files, .lists, .tour, .configuration, .program,
  ]

  /// All commands.
  package static let all: [Command] = groups.flatMap(\.commands)

  /// Those that are listed after `:`.
  package static let listed: [Command] = all.filter(\.isListed)

  private static let byName: [String: Command] = Dictionary(
    all.flatMap { command in
      (["\(command.id)"] + command.aliases).map { ($0, command) }
    }, uniquingKeysWith: { first, _ in first })

  /// The command of a name.
  ///
  /// - Precondition: the table has it.
  package static subscript(id: Command.ID) -> Command {
    guard let command = byName[id.description] else {
      preconditionFailure("\(id): no such command")
    }
    return command
  }

  /// The command of a whole name; nil if it is none.
  package static func named(_ name: String) -> Command? { byName[name] }

  /// The command of a name, or of a beginning that only one listed command has.
  package static func command(_ name: String) -> Command? {
    if let exact = named(name) { return exact }
    let matching = listed.filter { command in
      (["\(command.id)"] + command.aliases).contains { $0.hasPrefix(name) }
    }
    return matching.count == 1 ? matching[0] : nil
  }

  /// The lines that a line could become with its last word completed, in order.
  package static func completions(of line: String, in state: ExplorerState) -> [String] {
    var words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let last = words.popLast() ?? ""
    let choices: [String]
    if words.isEmpty {
      let names = listed.map { "\($0.id)" } + state.catalog.map(\.name)
      let matching = names.filter { $0.hasPrefix(last) }
      // Commands for keys are there for those who know what they are called.
      let found = matching.isEmpty ? all.map { "\($0.id)" }.filter { $0.hasPrefix(last) } : matching
      return found.map { $0 + " " }
    }
    if words[0] == "set" && words.count.isMultiple(of: 2) {
      // A value: what it is now is the best beginning.
      guard last.isEmpty, let hyperparameter = state.catalog.named(words[words.count - 1])
      else {
        return []
      }
      choices = ["\(hyperparameter.value(in: state.choices.draft))"]
    } else if let command = command(words[0]) {
      // Names of stages hold spaces: what was typed after the command is one beginning.
      let typed = (words.dropFirst() + [last]).joined(separator: " ")
      if command.id != "set" {
        return command.choices(state).filter { $0.hasPrefix(typed) }.map { words[0] + " " + $0 }
      }
      choices = command.choices(state)
    } else {
      guard last.isEmpty, words.count == 1, let hyperparameter = state.catalog.named(words[0])
      else { return [] }
      choices = ["\(hyperparameter.value(in: state.choices.draft))"]
    }
    let before = words.map { $0 + " " }.joined()
    return choices.filter { $0.hasPrefix(last) }.map { before + $0 }
  }
}
