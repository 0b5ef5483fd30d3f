// The table of numbers that is shown: what is asked for it, in which order its lines stand, and which
// is chosen.

import Perceiver
import Tensors

/// How a table of numbers is shown.
struct NumberTableView: Sendable, Hashable {
  /// The table; what is said below is of no other.
  var table: NumberTable?
  /// The number of the column that lines are sorted by; nil for their own order.
  var sorting: Int?
  /// The name of the chosen line; nil for the first.
  var chosen: String?
  /// The first column that is shown where there is not room for all, from 0.
  var firstColumn = 0
}

extension ExplorerState {
  /// The table that takes the map's place; nil where none does.
  var shownNumberTable: NumberTable? {
    guard case .table(let table)? = choices.view.replacement, reasonAgainst(table) == nil,
      !isDrawingPinned
    else { return nil }
    return table
  }

  /// The columns of the shown table.
  var numberColumns: [NumberTable.Column] {
    shownNumberTable.map {
      $0.columns(stageIDs, of: whole(of: $0), scoresClasses: run?.scoresClasses ?? true)
    } ?? []
  }

  /// What the parts of a table are of, as the screen calls the classes; nil of a table of something else.
  private func whole(of table: NumberTable) -> NumberTable.Whole? {
    guard table.hasWhole, let method = method(of: table) else { return nil }
    let target = whyTarget(method)
    return NumberTable.Whole(
      name: whyWords(ExplanationTarget(target.choice)),
      against: target.against.map { whyWords(ExplanationTarget($0)) })
  }

  /// What a table's lines say, in a sentence.
  func sentence(of table: NumberTable) -> String {
    table.sentence(of: whole(of: table), tokenWords)
  }

  /// The same for a narrow line.
  func briefSentence(of table: NumberTable) -> String {
    table.briefSentence(of: whole(of: table), tokenWords)
  }

  /// Whether the shown table is a matrix: its columns are its lines once more.
  var isNumberMatrix: Bool { numberColumns.contains { $0.shades == .shares } }

  /// The number of the column that the shown table is sorted by; nil for its own order.
  var numberSorting: Int? {
    guard let table = shownNumberTable, numberTable.table == table,
      let sorting = numberTable.sorting, numberColumns.indices.contains(sorting)
    else { return nil }
    return sorting
  }

  /// Whether the large pane shows a table of numbers.
  var isNumberTableShown: Bool { shownNumberTable != nil }

  /// Whether that is a table of latents.
  var isNumberTableOfLatents: Bool { chosenNumberRow?.latent != nil }

  /// Why there is no such table; nil where there is.
  func reasonAgainst(_ table: NumberTable) -> String? {
    guard let run else { return reasonAgainstStages ?? "there is no run" }
    return table.problem(run, method: method(of: table))
      ?? (table.isOfEffects && !explainsNumber ? missingOutput : nil)
  }

  /// Whether there is a class, or a number of the output, that is explained.
  var explainsNumber: Bool {
    guard let run, run.hasOutput else { return false }
    return run.scoresClasses || hasOneAnswer || isOutputChosen
  }

  /// The tables that there are for the model, in the order in which a key goes through them.
  var numberTables: [NumberTable] { NumberTable.allCases.filter { reasonAgainst($0) == nil } }

  var reasonAgainstNumberTables: String? {
    if let reason = reasonAgainstStages { return reason }
    return numberTables.isEmpty ? "there are no numbers of this model's parts" : nil
  }

  /// The method that a table is about: the one of why where it tells of that one's map; nil for none.
  func method(of table: NumberTable) -> ExplanationMethod? {
    switch table {
    case .readings: run.flatMap { run in NumberTable.stagewise(whyMethod) { suits($0, run) } }
    case .random: whyMethod
    // The same sum as a map. As its maps are, it is told against another class.
    case .parts, .partsOfLatents: ExplanationMethod.named("direct-pixels")
    default: nil
    }
  }

  /// What a table is about.
  func target(of table: NumberTable) -> ExplanationTarget {
    method(of: table).map { whyTarget($0) } ?? ExplanationTarget(numbered(choices.view.why.choice))
  }

  private func requests(_ table: NumberTable) -> [MapRequest] {
    guard let run else { return [] }
    let (method, target) = (method(of: table), target(of: table))
    return (0..<table.pieceCount(run)).map { index in
      MapRequest(
        stage: 0, value: .probabilities,
        subject: .table(.init(table: table, index: index, target: target, method: method?.name)))
    }
  }

  /// What the shown table lacks: one piece at a time, so that what is on the way is soon left behind.
  var wantedNumbers: [MapRequest] {
    guard let table = shownNumberTable, run?.isComplete == true else { return [] }
    let asks = method(of: table)?.asksForTarget ?? table.asksForTarget
    if let row = missingOutputRow(asks) { return [row] }
    var wanted: [MapRequest] = []
    for request in requests(table) {
      wanted.append(request)
      if open.answers[request] == nil { return wanted }
    }
    return wanted
  }

  /// How many pieces of the shown table are there, of how many.
  var numberTableProgress: (done: Int, total: Int) {
    guard let table = shownNumberTable else { return (0, 0) }
    let all = requests(table)
    return (all.count { open.answers[$0] != nil }, all.count)
  }

  /// Whether what the table lacks was stopped, or failed.
  var isNumberTableDeclined: Bool {
    run?.isComplete == false && open.declinesStages
      || wantedNumbers.contains { open.declined.contains($0) }
  }

  /// The lines that are there, in the table's own order.
  var unsortedNumberRows: [NumberTable.Row] {
    guard let table = shownNumberTable else { return [] }
    return requests(table).flatMap { request -> [NumberTable.Row] in
      guard case .table(let rows)? = open.answers[request] else { return [] }
      return rows
    }
  }

  /// The lines that are there, as they are sorted.
  package var numberRows: [NumberTable.Row] {
    let rows = unsortedNumberRows
    guard let column = numberSorting else { return rows }
    return rows.sortedBySize { $0.numbers.indices.contains(column) ? $0.numbers[column] : nil }
  }

  /// The chosen line; the first where the chosen one is not there.
  package var chosenNumberRow: NumberTable.Row? {
    let rows = numberRows
    return rows.isEmpty ? nil : rows[chosenNumberIndex(in: rows)]
  }

  /// The place of the chosen line among those that are there.
  func chosenNumberIndex(in rows: [NumberTable.Row]) -> Int {
    rows.firstIndex { $0.name == numberTable.chosen } ?? 0
  }

  mutating func moveInNumberTable(by steps: Int) {
    let rows = numberRows
    guard !rows.isEmpty else { return }
    let index = min(max(0, chosenNumberIndex(in: rows) + steps), rows.count - 1)
    numberTable.chosen = rows[index].name
    // Of a matrix the columns about the chosen line's own are shown: what is beside it is likest.
    guard isNumberMatrix, let table = shownNumberTable, let form = numberTableForm else { return }
    if numberTable.table != table {
      numberTable = NumberTableView(table: table, chosen: rows[index].name)
    }
    let own = rows[index].stage.map { $0 + 1 } ?? 0
    numberTable.firstColumn = max(0, own - form.columns.count / 2)
  }
}
