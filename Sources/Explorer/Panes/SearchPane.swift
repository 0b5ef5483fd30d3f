// What `/` has found, as a list above the line in which one types.

import Screens

enum SearchPane {
  /// Columns of the list with its frame.
  private static let width = 84

  /// The list; nil where nothing is found, or there is no room.
  static func list(
    _ state: ExplorerState, _ search: SearchLine, above footer: Rect
  ) -> ListAboveLine? {
    ListAboveLine(
      count: search.found(in: state.catalog).count, chosen: search.chosen, width: width,
      above: footer)
  }

  static func draw(
    _ state: ExplorerState, _ search: SearchLine, above footer: Rect, on screen: inout Screen
  ) {
    let found = search.found(in: state.catalog)
    list(state, search, above: footer)?.draw(
      title: "\(found.count) found", state, on: &screen
    ) { index in
      found[index].label.padded(toWidth: 22) + " " + help(of: found[index], state)
    }
  }

  private static func help(of entry: SearchResults.Entry, _ state: ExplorerState) -> String {
    switch entry {
    case .hyperparameter(let name): state.catalog.named(name)?.help ?? ""
    case .command(let name): CommandTable.named(name)?.help ?? ""
    }
  }
}
