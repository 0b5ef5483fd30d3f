// The files that a path being typed may become, as a list above the line.

import Screens

enum FileListPane {
  /// The list; nil where no files are offered, or there is no room.
  static func list(
    _ command: CommandLine, above footer: Rect
  ) -> ListAboveLine? {
    guard command.offersFiles else { return nil }
    let longest = PathCompletion.labels(command.completions).map(\.displayWidth).max() ?? 0
    return ListAboveLine(
      count: command.completions.count, chosen: command.completionIndex,
      // The frame, the mark and a space behind.
      width: max(longest, leastWidth) + 5, above: footer)
  }

  /// Columns of names at least, so that the title is whole.
  private static let leastWidth = 24

  static func draw(
    _ state: ExplorerState, _ command: CommandLine, above footer: Rect, on screen: inout Screen
  ) {
    let labels = PathCompletion.labels(command.completions)
    let chosen = command.completionIndex.map { "\($0 + 1) of " } ?? ""
    list(command, above: footer)?.draw(
      title: "\(chosen)\(labels.count) files", state, on: &screen
    ) { labels[$0] }
  }

  /// What the keys do, beside the line; nil where the list has no room.
  static func hint(_ state: ExplorerState, _ command: CommandLine, above footer: Rect) -> String? {
    guard list(command, above: footer) != nil else { return nil }
    let names = state.terminal.keyNames
    let arrows = Key.up.name(names) + Key.down.name(names)
    let keys = state.terminal.symbols.isASCII ? "arrows choose" : "\(arrows) choose"
    guard let chosen = command.chosenCompletion else { return keys }
    return "\(keys), Enter " + (chosen.hasSuffix("/") ? "looks into it" : "takes it")
  }
}
