// What undo goes back to, and what differs between two such points, in words: undo says it, and the list
// of undo shows it.

import Perceiver

/// What undo goes back to: what was chosen, and the stage at which it was looked at.
public struct UndoPoint: Sendable, Hashable {
  /// What was chosen.
  public let choices: Choices
  /// The stage that was shown or waited for, from 0.
  let stage: Int
  /// The stage's name.
  let stageName: String
}

/// What one step of the history changed.
struct ChoiceChange: Sendable {
  /// What differs, the weightiest first: `depth 5 → 4`.
  let words: [String]
  /// The one thing that browsing moves, if nothing else differs; nil for any other change.
  let browsed: Browsed?

  /// What is passed in numbers while one looks around.
  enum Browsed: Sendable, Hashable {
    case stage, latent, readingHead, latentHead, frame, output, place
  }

  /// What differs from one point to another.
  ///
  /// - Parameter arrow: What stands between two values.
  init(from before: UndoPoint, to after: UndoPoint, arrow: String) {
    let (from, to) = (before.choices, after.choices)
    // Of another model or input the stages are others.
    let hasMoved =
      before.stage != after.stage && from.settings == to.settings && from.input == to.input
    var words = hasMoved ? ["stage \(before.stageName) \(arrow) \(after.stageName)"] : []
    func differ(_ name: String, _ before: some CustomStringConvertible & Equatable, _ after: String)
    {
      if "\(before)" != after { words.append("\(name) \(before) \(arrow) \(after)") }
    }
    differ("input", from.input.name, to.input.name)
    differ("weights", Self.name(from.settings.source), Self.name(to.settings.source))
    // A change that waits to be applied again stands in the list as before: what is undone is not the
    // change, but that it was applied.
    if from.draft == to.draft, from.draft == from.settings.configuration, to.hasDraftChanges {
      words += to.draft.catalog.compactMap { entry in
        let value = entry.value(in: to.draft)
        return value == entry.value(in: to.settings.configuration)
          ? nil : "applying \(entry.name) \(value)"
      }
    } else {
      words += Self.hyperparameters(
        from.settings.configuration, to.settings.configuration, arrow, note: "")
    }
    if from.settings.configuration == to.settings.configuration {
      words += Self.hyperparameters(from.draft, to.draft, arrow, note: " (not applied)")
    }
    differ("mask", from.settings.mask?.name ?? "none", to.settings.mask?.name ?? "none")
    differ("queries", from.settings.queries?.name ?? "own", to.settings.queries?.name ?? "own")
    differ(
      "hidden pixels", from.changes.hidden?.count ?? 0, "\(to.changes.hidden?.count ?? 0)")
    differ("parts off", from.changes.off.count, "\(to.changes.off.count)")
    if from.changes.off.count == to.changes.off.count, from.changes.off != to.changes.off {
      words.append("how a part is off")
    }
    if from.changes.hidingStages != to.changes.hidingStages {
      words.append("stages that hide pixels")
    }
    if from.object != to.object { words.append("the object") }
    let (old, new) = (from.selection, to.selection)
    differ("latent", old.latent + 1, "\(new.latent + 1)")
    differ("latents", old.latents.rawValue, new.latents.rawValue)
    if old.headsAreAveraged || new.headsAreAveraged {
      differ("heads", Self.heads(old), Self.heads(new))
    } else {
      differ("head of cross-attention", old.crossHead + 1, "\(new.crossHead + 1)")
      differ("head of self-attention", old.latentHead + 1, "\(new.latentHead + 1)")
    }
    differ("numbers", old.value.rawValue, new.value.rawValue)
    if old.output != new.output { words.append("another output") }
    if old.tokens != new.tokens { words.append("selected tokens") }
    let (seen, shown) = (from.view, to.view)
    differ("scale", seen.transfer.rawValue, shown.transfer.rawValue)
    differ("colours", seen.colours.rawValue, shown.colours.rawValue)
    differ("overlay", seen.overlay.rawValue, shown.overlay.rawValue)
    differ("zoom", seen.zoom, "\(shown.zoom)")
    differ("frame", seen.frame + 1, "\(shown.frame + 1)")
    words += Self.views(seen, shown, arrow)
    differ("maps", seen.mappedRun.words, shown.mappedRun.words)
    if seen.why != shown.why { words.append("the question why") }
    if seen.modality != shown.modality { words.append("kind of tokens") }
    // An input of the same name, or a place in the picture, has no word of its own.
    if words.isEmpty, from.input != to.input { words.append("input \(to.input.name)") }
    if words.isEmpty, seen.centre != shown.centre { words.append("place in the picture") }
    self.words = words.isEmpty ? ["a choice"] : words
    browsed = hasMoved ? from == to ? .stage : nil : Self.browsed(from, to)
  }

  /// One line.
  var line: String { words.joined(separator: ", ") }

  private static func name(_ source: ParameterSource) -> String {
    switch source {
    case .seed(let seed): "untrained, seed \(seed)"
    case .weights(let weights): weights.name
    }
  }

  private static func heads(_ selection: Selection) -> String {
    selection.headsAreAveraged ? "mean" : "one"
  }

  /// What the large pane shows in place of what it showed: maps of latents, or what stands in their place.
  private static func views(_ from: ViewOptions, _ to: ViewOptions, _ arrow: String) -> [String] {
    func pass(_ before: String?, _ after: String?) -> String? {
      guard before != after else { return nil }
      return switch (before, after) {
      case (let before?, let after?): "\(before) \(arrow) \(after)"
      case (let before?, nil): "back from \(before)"
      case (nil, let after?): after
      case (nil, nil): nil
      }
    }
    // What the size of the terminal decides is one map nearly everywhere.
    func passes(_ before: MapView?, _ after: MapView?, usual: MapView?) -> String? {
      guard before != after else { return nil }
      return pass((before ?? usual)?.name, (after ?? usual)?.name)
        ?? pass(before?.name, after?.name)
    }
    let words = [
      pass(words(from.replacement), words(to.replacement)),
      passes(from.crossView, to.crossView, usual: .one),
      passes(from.latentView, to.latentView, usual: nil),
      passes(from.decoderView, to.decoderView, usual: nil),
    ].compactMap { $0 }
    // A key that changes the view at every kind of stage is one change.
    return words.enumerated().filter { words.firstIndex(of: $1) == $0 }.map(\.element)
  }

  private static func words(_ replacement: ViewOptions.MapReplacement?) -> String? {
    switch replacement {
    case .reconstruction?: "the reconstruction"
    case .wholeFlow?: "the flow of the whole frames"
    case .figure?: "the figure"
    case .why?: "the map that explains"
    case .heads?: "the table of heads"
    case .table(let table)?: "the table: \(table.title)"
    case .readers?: "the list of who reads a pixel"
    case .patch?: "where the answer is carried"
    case .throughDecoder?: "the map through the decoder"
    case .wholePhoto?: "the whole photo"
    case .channels?: "the channels of positions"
    case nil: nil
    }
  }

  private static func hyperparameters(
    _ from: ModelConfiguration, _ to: ModelConfiguration, _ arrow: String, note: String
  ) -> [String] {
    guard from != to else { return [] }
    let words = to.catalog.compactMap { entry -> String? in
      let (before, after) = (entry.value(in: from), entry.value(in: to))
      return before == after ? nil : "\(entry.name) \(before) \(arrow) \(after)\(note)"
    }
    return words.isEmpty ? ["another configuration"] : words
  }

  private static func browsed(_ from: Choices, _ to: Choices) -> Browsed? {
    let moves: [(Browsed, (Choices, inout Choices) -> Void)] = [
      (.latent, { $1.selection.latent = $0.selection.latent }),
      (.readingHead, { $1.selection.crossHead = $0.selection.crossHead }),
      (.latentHead, { $1.selection.latentHead = $0.selection.latentHead }),
      (.frame, { $1.view.frame = $0.view.frame }),
      (.output, { $1.selection.output = $0.selection.output }),
      (.place, { ($1.view.centre, $1.view.zoom) = ($0.view.centre, $0.view.zoom) }),
    ]
    for (browsed, move) in moves {
      var moved = from
      move(to, &moved)
      if moved == to, moved != from { return browsed }
    }
    return nil
  }
}

extension ExplorerState {
  /// What undo would come back to.
  var undoPoint: UndoPoint {
    let stage = target ?? position
    let stageIDs = stageIDs
    return UndoPoint(
      choices: choices, stage: stage,
      stageName: stageIDs.indices.contains(stage) ? stageIDs[stage].name : "\(stage + 1)")
  }

  /// Remembers the point before a change. Going from stage to stage, from latent to latent, from head to
  /// head, or from frame to frame, is one step however far it goes.
  mutating func remember(_ before: UndoPoint) {
    let present = undoPoint
    let browsed = ChoiceChange(from: before, to: present, arrow: "").browsed
    if let browsed, browsed == lastBrowsed {
      history.extendLast()
    } else {
      history.record(before, before: present)
    }
    lastBrowsed = browsed
  }

  /// Undoes a step, and says which.
  mutating func undo() { move("undone", to: history.undo(from: undoPoint)) }

  /// Does a step again, and says which.
  mutating func redo() { move("done again", to: history.redo(from: undoPoint)) }

  private mutating func move(_ word: String, to point: UndoPoint?) {
    guard let point else { return }
    let before = undoPoint
    moveInHistory(point)
    lastBrowsed = nil
    guard before.choices != choices || before.stage != point.stage else { return }
    // A training goes on with the example that it shows.
    let after = UndoPoint(choices: choices, stage: point.stage, stageName: point.stageName)
    let change = ChoiceChange(from: before, to: after, arrow: "\(terminal.symbols.arrowRight)")
    message = .information("\(word): \(change.line)")
  }

  /// The steps of the history as lines, the latest first: those that can be done again, then those
  /// that can be undone.
  var historyLines: [String] {
    let all = history.values(with: undoPoint)
    let present = history.pastCount
    let steps = zip(all, all.dropFirst()).map {
      ChoiceChange(from: $0, to: $1, arrow: "\(terminal.symbols.arrowRight)").line
    }
    guard !steps.isEmpty else { return ["nothing has been changed yet"] }
    return steps.enumerated().reversed().map { index, line in
      if index >= present { return "    \(line)  (undone; \(keyName("redo")) does it again)" }
      return String(repeating: " ", count: max(0, 3 - "\(present - index)".count))
        + "\(present - index) \(line)"
    }
  }
}
