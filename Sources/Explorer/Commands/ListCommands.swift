// What all lists have in common: their ends, half pages, and Esc.

import Perceiver
import Screens

extension CommandGroup {
  static let lists = CommandGroup(
    "lists", "move in lists, and leave",
    endsOfLists + [
      Command(
        "half-page-down", keys: [.control("d")], "half a page down the list",
        counting: .takesNumber,
        .change { $0.moveInShownList(by: $0.halfPage * $0.countedSteps) }),
      Command(
        "half-page-up", keys: [.control("u")], "half a page up the list",
        counting: .takesNumber,
        .change { $0.moveInShownList(by: -$0.halfPage * $0.countedSteps) }),
      Command(
        "last-latent", keys: [.character("G")],
        "last latent; with a number before it, that latent; gg goes to the first",
        counting: .takesNumber, unless: \.reasonAgainstLatents,
        .change { $0.choose(latent: ($0.count ?? $0.latentCount) - 1) }),
      Command(
        "leave", keys: [.escape], "leave what is open: a list, a view, a pane",
        .start { $0.leave() }),
    ])

  /// The first and last line of each list. `gg` is `g` twice.
  private static let endsOfLists: [Command] = [
    ("hyperparameter", KeyContext.hyperparameters), ("head", .heads), ("row", .table),
    ("reader", .readers), ("channel", .channels),
  ].flatMap { name, context in
    [
      Command(
        Command.ID(stringLiteral: "first-\(name)"), keys: [.character("g")],
        "first \(name) of the list; gg does it too", in: context,
        .change { $0.moveInShownList(by: -longestList) }),
      Command(
        Command.ID(stringLiteral: "last-\(name)"), keys: [.character("G")],
        "last \(name) of the list; with a number before it, that one", in: context,
        counting: .takesNumber,
        .change { state in
          state.moveInShownList(by: state.count == nil ? longestList : -longestList)
          if let count = state.count { state.moveInShownList(by: count - 1) }
        }),
    ]
  }

  /// More lines than any list has.
  private static let longestList = 1 << 20
}

extension ExplorerState {
  /// Half of what is seen of a list at once.
  fileprivate var halfPage: Int { max(1, (layout?.map.height ?? 20) / 2) }

  /// Moves in the list that the large pane shows, or in that of the pane with the focus.
  mutating func moveInShownList(by steps: Int) {
    if focus == .map, isHeadTableShown {
      moveInHeadTable(by: steps)
    } else if focus == .map, isNumberTableShown {
      moveInNumberTable(by: steps)
    } else if focus == .map, areReadersShown {
      moveInReaders(by: steps)
    } else if focus == .map, areChannelsShown {
      moveInChannels(by: steps)
    } else {
      moveInList(by: steps)
    }
  }

  /// Whether the shown cross-attention's view is one that was opened, and not the one that the size of
  /// the screen brings.
  private var isViewChosen: Bool {
    [.sideBySide, .shares].contains(mapView) && choices.view.crossView == mapView
      && !isReconstructionShown
  }

  /// Leaves one thing: what stands in place of the map, then a pane, the grid or another view, the
  /// difference and the pinned view.
  mutating func leave() -> [ExplorerEffect] {
    if autoplay != nil || framePlay != nil {
      (autoplay, framePlay) = (nil, nil)
      message = .information("stopped")
    } else if choices.view.replacement != nil {
      choices.view.replacement = nil
      message = .information(mapView.name)
    } else if focus != .map {
      focus = .map
    } else if mapView == .grid || isViewChosen {
      show(.one)
    } else if isDifferenceShown {
      toggleDifference()
    } else if pinned != nil {
      return togglePin()
    } else {
      message = .information("nothing is open here; \(keyName(.quit)) quits")
    }
    return []
  }
}
