// Tables of numbers about the whole run: showing one, moving in it, sorting it.

import Perceiver
import Screens

extension CommandGroup {
  static let tables = CommandGroup(
    "tables", "tables of numbers about the whole run",
    [
      Command(
        .numberTable, keys: [.character("E")], takes: "[NAME]",
        "what the answer loses without each part, what each adds, summaries; again: the next table",
        counting: .takesNumber, choices: { $0.numberTables.map(\.rawValue) },
        unless: \.reasonAgainstNumberTables,
        .set { state, arguments throws(CommandError) in try state.showNumberTable(arguments) }),
      Command(
        "row-down", keys: [.down, .character("j")], "next line of the table", in: .table,
        counting: .repeats, .change { $0.moveInNumberTable(by: 1) }),
      Command(
        "row-up", keys: [.up, .character("k")], "previous line", in: .table, counting: .repeats,
        .change { $0.moveInNumberTable(by: -1) }),
      Command(
        "row-page-down", keys: [.pageDown], "ten lines down", in: .table, counting: .repeats,
        .change { $0.moveInNumberTable(by: 10) }),
      Command(
        "row-page-up", keys: [.pageUp], "ten lines up", in: .table, counting: .repeats,
        .change { $0.moveInNumberTable(by: -10) }),
      Command(
        "column-right", keys: [.right], "columns further to the right, where not all fit",
        in: .table, counting: .repeats, unless: \.reasonAgainstColumns,
        .change { $0.scrollColumns(by: 1) }),
      Command(
        "column-left", keys: [.left], "columns further to the left", in: .table,
        counting: .repeats, unless: \.reasonAgainstColumns, .change { $0.scrollColumns(by: -1) }),
      Command(
        "sort-table", keys: [.character("s")], "sort by the next column, then in the table's order",
        footer: "sort", in: .table, .change { $0.sortNumberTable() }),
      Command(
        "show-row", keys: [.enter], "go to the map of this line's stage, head or latent",
        footer: "map", in: .table, unless: \.reasonAgainstShowingRow, .change { $0.showChosenRow() }
      ),
      Command(
        "leave-table", keys: [.escape], "back to the map", footer: "leave", in: .table,
        .change { $0.leaveNumberTable() }),
    ])
}

extension ExplorerState {
  /// Shows a table by its name, or the next one, as many on as were counted; after the last attention
  /// again.
  fileprivate mutating func showNumberTable(_ arguments: CommandArguments) throws(CommandError) {
    let tables = numberTables
    guard arguments.rest.isEmpty else {
      let name = try arguments.name(among: NumberTable.allCases.map(\.rawValue))
      guard let table = NumberTable(rawValue: name) else { return }
      if let reason = reasonAgainst(table) { throw CommandError("table \(name): \(reason)") }
      return show(table)
    }
    guard !tables.isEmpty else { return }
    // Attention is one of the round, before the first.
    let present = shownNumberTable.flatMap(tables.firstIndex).map { $0 + 1 } ?? 0
    let next = (present + countedSteps) % (tables.count + 1)
    if next == 0 { leaveNumberTable() } else { show(tables[next - 1]) }
  }

  private mutating func show(_ table: NumberTable) {
    if numberTable.table != table { numberTable = NumberTableView(table: table) }
    leaveCursorForTables()
    choices.view.replacement = .table(table)
    focus = .map
    message = .information(
      "\(table.title); \(keyName(.numberTable)) shows the next table, \(keyName("sort-table")) sorts"
    )
  }

  fileprivate mutating func leaveNumberTable() {
    choices.view.replacement = nil
    message = .information(mapView.name)
  }

  fileprivate mutating func sortNumberTable() {
    guard let table = shownNumberTable else { return }
    let columns = numberColumns
    let next = (numberSorting ?? -1) + 1
    if numberTable.table != table { numberTable = NumberTableView(table: table) }
    numberTable.sorting = columns.indices.contains(next) ? next : nil
    // What is largest is looked at first.
    numberTable.chosen = numberRows.first?.name
    message = .information(
      numberTable.sorting.map { columns[$0].meaning } ?? "in the table's order")
  }

  fileprivate var reasonAgainstShowingRow: String? {
    guard let row = chosenNumberRow else { return "the table has no lines yet" }
    return row.stage == nil && row.latent == nil
      ? "\(row.name) is of no stage and of no latent" : nil
  }

  fileprivate mutating func showChosenRow() {
    guard let row = chosenNumberRow else { return }
    choices.view.replacement = nil
    if let latent = row.latent {
      (choices.selection.latent, choices.selection.latents) = (latent, .one)
    }
    guard let stage = row.stage, stageIDs.indices.contains(stage) else { return }
    if let head = row.head { choices.selection.setHead(head, for: stageIDs[stage].kind) }
    go(to: stage)
  }
}
