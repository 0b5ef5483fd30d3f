// What is seen as a table, as files hold it: names as on screen, numbers with all their digits.

import Inputs
import Perceiver
import Pictures
import Tensors

/// A table that takes the place of a map, with what its files are called after.
struct ShownTable: Sendable {
  /// What it is: `the table of heads`.
  let name: String
  /// The word for it in names of files.
  let fileName: String
  /// The rows.
  let table: ReportTable
  /// How a figure of it is drawn.
  var form = Form.plain
  /// How many rows a figure has room for.
  var mostRows = Int.max
  /// What a figure says below it.
  var notes: [String] = []
  /// What of it is not known yet; nil if all is there.
  var gap: String?

  /// Whether there is a figure of it.
  var hasFigure: Bool {
    if case .plain = form { false } else { true }
  }

  /// How a figure of a table is drawn.
  enum Form: Sendable {
    /// There is none.
    case plain
    /// A bar beside each number; its ends by column, or those of the column's own numbers.
    case bars([String: ClosedRange<Double>])
    /// Shares of each with each as colours, `[names, names]`.
    case matrix(Tensor, names: [String])
  }
}

extension ExplorerState {
  /// The table in the large pane; nil where that shows no table, or it is not there yet.
  var shownTable: ShownTable? {
    if isPatchShown { return patchTable }
    if isHeadTableShown { return headTableAsShown }
    if isNumberTableShown { return numberTableAsShown }
    if areReadersShown { return readersTable }
    return showsShares ? sharesTable : nil
  }

  /// The same.
  ///
  /// - Throws: `CommandError` that says why there is none.
  func seenTable() throws(CommandError) -> ShownTable {
    guard let shownTable else {
      throw CommandError(
        nameOfShownTable.map { "\($0) is not computed yet" } ?? "no table is shown")
    }
    return shownTable
  }

  /// What the table in the large pane is, whether it is there yet or not; nil where that shows none.
  var nameOfShownTable: String? {
    if isPatchShown { return "the patch strip" }
    if isHeadTableShown { return "the table of heads" }
    if let table = shownNumberTable { return "the table \"\(table.title)\"" }
    if areReadersShown { return "the list of readers" }
    return showsShares ? "the table of shares by kind of token" : nil
  }

  /// Whether the large pane shows shares by kind of token.
  private var showsShares: Bool {
    mapView == .shares && choices.view.replacement == nil && !isDifferenceShown
      && stage?.attention != nil
  }

  private var headTableAsShown: ShownTable? {
    let (columns, rows) = (headColumns, headRows)
    guard !rows.isEmpty else { return nil }
    let off = choices.changes.off
    let table = ReportTable(
      ["stage", "head"] + (off.isEmpty ? [] : ["off"]) + columns.map { words(of: $0).title },
      rows.map { row in
        let start: [ReportTable.Cell] = [.text(stageIDs[row.stage].name), .count(row.head + 1)]
        return start + (off.isEmpty ? [] : [.truth(isHeadOff(row))])
          + columns.map { .init(headNumber($0, of: row)) }
      })
    let awaited = rows.reduce(0) { sum, row in
      sum + columns.count { awaitsHeadNumber($0, of: row) }
    }
    return ShownTable(
      name: "the table of heads", fileName: "heads", table: table, form: .bars([:]),
      notes: columns.map { words(of: $0) }.map { "\($0.title): \($0.meaning)." }
        + (columns.contains(.effect) ? explainedNumberNote(headTarget) : []),
      gap: awaited > 0 ? "\(Figures.grouped(awaited)) numbers are not computed yet" : nil)
  }

  /// Which number y is, of a model without classes.
  private func explainedNumberNote(_ target: ExplanationTarget) -> [String] {
    run?.scoresClasses == false ? ["y is \(whyWords(target))."] : []
  }

  private var numberTableAsShown: ShownTable? {
    guard let table = shownNumberTable else { return nil }
    let (done, total) = numberTableProgress
    guard done > 0 else { return nil }
    let columns = numberColumns
    let isMatrix = isNumberMatrix
    let rows = unsortedNumberRows
    return ShownTable(
      name: table.title, fileName: "table-" + table.rawValue,
      table: ReportTable(
        ["part"] + columns.map(\.title),
        numberRows.map { [.text($0.name)] + $0.numbers.map { .init($0) } }),
      form: isMatrix
        ? .matrix(
          Tensor(
            shape: [rows.count, columns.count],
            values: rows.flatMap { $0.numbers.map { Float($0 ?? .nan) } }),
          names: columns.map(\.title))
        : .bars([:]), mostRows: 100,
      notes: [sentence(of: table)]
        + (table.isOfEffects ? explainedNumberNote(target(of: table)) : [])
        + (isMatrix ? [] : columns.map { "\($0.title): \($0.meaning)." }),
      gap: done < total ? "\(total - done) of \(total) parts of it are not computed yet" : nil)
  }

  private var patchTable: ShownTable? {
    guard let source = patchSource, !stageIDs.isEmpty else { return nil }
    let columns = (carried: "carried by latents", read: "read here alone")
    let table = ReportTable(
      ["stage", columns.carried, columns.read],
      stageIDs.map { id in
        [
          .text(id.name),
          id.carriesLatents ? .init(recovery(.latents(after: id.index))) : .nothing,
          id.kind == .crossAttention ? .init(recovery(.reading(at: id.index))) : .nothing,
        ]
      })
    let (done, total) = patchProgress
    var notes = [patchSentence].compactMap(\.self)
    if let target = patchTarget, chosenLead != nil {
      notes.append("\(target.title): 0 is as of \(choices.input.name), 1 as of \(source.name).")
    } else if let target = patchTarget, let against = target.againstName {
      notes.append("0 is \(against), the answer to \(choices.input.name).")
      notes.append("1 is \(target.name), the answer to \(source.name).")
    }
    return ShownTable(
      name: "the patch strip", fileName: "patch-" + Self.stem(of: source.name), table: table,
      form: .bars([columns.carried: 0...1, columns.read: 0...1]), notes: notes,
      gap: done < total ? "\(total - done) of \(total) numbers are not computed yet" : nil)
  }

  private var readersTable: ShownTable? {
    guard let readers = shownReaders else { return nil }
    let at = KeyGrid(shape: open.tokenAxes).coordinate(of: probedKey)
    let table = ReportTable(
      ["stage", "head", "latent", "weight", "times uniform"],
      readers.map { reader in
        [
          .text(stageIDs[reader.stage].name), .count(reader.head + 1), .count(reader.latent + 1),
          .init(single: reader.weight), .init(Double(reader.weight) / uniformWeight),
        ]
      })
    return ShownTable(
      name: "the list of readers", fileName: "readers-of-\(at.column)-\(at.row)", table: table,
      form: .bars([:]), mostRows: 40,
      notes: [
        "Who reads the \(tokenWord) at column \(at.column), row \(at.row), counted from 0, at all "
          + "computed cross-attentions: the largest weights first.",
        "times uniform: the weight, divided by that of a latent that reads all alike.",
      ])
  }

  private var sharesTable: ShownTable? {
    guard let shares = shownShares, let stageID else { return nil }
    let table = ReportTable(
      ["latent"] + open.modalities.map(\.name),
      (0..<shares.shape[0]).map { latent in
        [.count(latent + 1)] + shares.row(latent).values.map { .init(single: $0) }
      })
    return ShownTable(
      name: "the table of shares by kind of token",
      fileName:
        "\(stageID.name.replacingSpaces)-\(choices.selection.heads(at: stageID).fileName)-shares",
      table: table,
      form: .bars(Dictionary(uniqueKeysWithValues: open.modalities.map { ($0.name, 0...1) })),
      notes: [
        "Which share of its weights a latent gives to each kind of token at \(stageID.name), "
          + choices.selection.heads(at: stageID).fileName.replacing("-", with: " ") + "."
      ])
  }
}

// MARK: - Classes

extension ExplorerState {
  /// The likeliest of the classes with bars, or the predicted bytes; nil where there are none.
  var classFigure: TableFigure? {
    guard let table = classTable, let stageID else { return nil }
    let what = predictsTokens ? "predicted bytes" : "classes"
    let areShares = predictsTokens || shownScores?.problem != .values
    let shares = ["probability", "before", "after"].map { ($0, 0.0...1.0) }
    let changes = choices.changes.isEmpty ? [] : choices.changes.words(in: stageIDs)
    return TableFigure(
      title: "\(choices.input.name): \(what) after \(stageID.name)", table,
      scales: areShares ? Dictionary(uniqueKeysWithValues: shares) : [:],
      most: predictsTokens ? 60 : 20,
      notes: changes.map { "After: \($0)." } + [AttentionFigure.note(ofModel: modelWords)])
  }

  /// What the pane of classes is of, all classes or predicted bytes; nil where it shows none.
  var classTable: ReportTable? {
    if predictsTokens { return predictionTable }
    guard let scores = shownScores else { return nil }
    let names = run?.model.configuration.classNames ?? []
    func start(_ index: Int) -> [ReportTable.Cell] {
      let name = names.indices.contains(index) ? names[index] : nil
      return [.count(index)] + (names.isEmpty ? [] : [.init(name)])
    }
    let columns = ["class"] + (names.isEmpty ? [] : ["name"])
    guard !choices.changes.isEmpty, let after = changedScores else {
      return ReportTable(
        columns + ["logit", scores.problem == .values ? "value" : "probability"],
        scores.order.map { index in
          start(index) + [.init(single: scores.logit(of: index)), .init(scores.answer(of: index))]
        })
    }
    return ReportTable(
      columns + ["before", "after", "logit before", "logit after"],
      scores.order.map { index in
        start(index) + [
          .init(scores.answer(of: index)), .init(after.answer(of: index)),
          .init(single: scores.logit(of: index)), .init(single: after.logit(of: index)),
        ]
      })
  }

  private var predictionTable: ReportTable? {
    guard let request = wantedPredictions, case .predictions(let all)? = open.answers[request]
    else { return nil }
    func cells(_ candidate: TokenPrediction.Candidate) -> [ReportTable.Cell] {
      [
        .count(candidate.token), .text(shown(token: candidate.token).visible),
        .init(candidate.probability),
      ]
    }
    let start = ["position", "rank", "token", "text"]
    guard let changed = changedPredictions else {
      return ReportTable(
        start + ["probability"],
        all.flatMap { prediction in
          prediction.best.enumerated().map { rank, candidate in
            [.count(prediction.position), .count(rank + 1)] + cells(candidate)
          }
        })
    }
    // By rank, as they stand in the pane: another token may be the likeliest then.
    return ReportTable(
      start + ["before", "token after", "text after", "after"],
      zip(all, changed).flatMap { before, after in
        zip(before.best, after.best).enumerated().map { rank, candidates in
          [.count(before.position), .count(rank + 1)] + cells(candidates.0) + cells(candidates.1)
        }
      })
  }
}

// MARK: - Maps along one axis

extension ExplorerState {
  /// A map over a text or a sound as a table: a row for each token, with what it is, or when.
  ///
  /// - Parameters:
  ///   - values: The map's numbers; those behind the last token are left out.
  ///   - name: What they are.
  /// - Returns: The table; nil where the map lies over something else.
  func tokenTable(_ values: [Float], name: String) -> ReportTable? {
    let input = choices.input
    if let text = input.text {
      let ids = input.tensor.values
      var words: [Int: String] = [:]
      for piece in text.pieces { words[piece.tokens.lowerBound] = piece.written }
      return ReportTable(
        ["token", "id", "text", name],
        zip(ids, values).enumerated().map { index, pair in
          [
            .count(index), Int(exactly: pair.0).map { .count($0) } ?? .init(single: pair.0),
            .init(words[index]), .init(single: pair.1),
          ]
        })
    }
    guard case .sound(let rate) = input.content, !values.isEmpty else { return nil }
    // Tokens divide the samples evenly.
    let seconds = Double(input.axes[0]) / Double(max(1, rate)) / Double(values.count)
    return ReportTable(
      [tokenWord, "seconds", name],
      values.enumerated().map { index, value in
        [.count(index), .number(Double(index) * seconds), .init(single: value)]
      })
  }
}

extension TokenText.Piece {
  /// What it is in a table; nil for a byte that is no character, and for a token whose number says all.
  fileprivate var written: String? {
    switch content {
    case .special(let name): name
    case .number: nil
    case .bytes(let text): text?.visible
    }
  }
}
