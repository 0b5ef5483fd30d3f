// The help: the keys of where one is first, then all keys and commands.

import Perceiver
import Screens

/// The lines of the help, made from the tables of keys, commands and hyperparameters.
package struct HelpText: Sendable {
  /// The lines.
  package let lines: [[StyledText]]

  package init(_ state: ExplorerState) {
    let theme = state.preferences.theme
    let style = state.terminal.keyNames
    var lines: [[StyledText]] = []
    func heading(_ text: String) {
      if !lines.isEmpty { lines.append([]) }
      lines.append([StyledText(text, .bold)])
    }
    func entry(_ left: String, _ right: String, note: String? = nil) {
      lines.append([
        StyledText("  " + left.padded(toWidth: 20) + " ", theme.key), StyledText(right),
        StyledText(note.map { "  (not now: \($0))" } ?? "", theme.faint),
      ])
    }
    func keyed(_ commands: [Command]) {
      for command in commands where !state.preferences.keys.keys(of: command).isEmpty {
        entry(
          state.preferences.keys.names(of: command, style), command.help,
          note: command.reason(state))
      }
    }
    let here = state.keyContexts.first { $0 != .everywhere }
    if let here {
      heading(here.title)
      keyed(CommandTable.all.filter { $0.context == here })
    }
    for group in CommandTable.groups {
      heading("\(group.name): \(group.title)")
      keyed(group.commands.filter { $0.context == .everywhere || here != $0.context })
    }
    heading("the mouse")
    entry("drag", "hides a rectangle of pixels, or shows it again")
    entry("click", "points at a pixel, a latent, a stage, a hyperparameter")
    entry("wheel", "zooms the picture, moves in lists")
    heading("commands, after :")
    for command in CommandTable.listed { entry(command.usage, command.help) }
    entry("HYPERPARAMETER VALUE", "change one and build the model at once: depth 8")
    heading("hyperparameters")
    for hyperparameter in state.catalog {
      entry(hyperparameter.name, "\(hyperparameter.help); \(hyperparameter.domain)")
    }
    self.lines = lines
  }
}
