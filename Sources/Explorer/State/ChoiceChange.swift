// What undo goes back to, and what differs between two such points: undo says it in words, the list of undo
// shows it, and what is passed while one looks around is one step.

import Perceiver

/// What undo goes back to: what was chosen, and the stage at which it was looked at.
public struct UndoPoint: Sendable, Hashable {
  /// What was chosen.
  public let choices: Choices
  /// The stage that was shown or waited for, from 0.
  let stage: Int
  /// The stage's name.
  let stageName: String
  /// The method of the map that explains, where one is shown; nil where none is, or none has an answer.
  let whyMethod: String?

  /// The stages of the model that was asked for.
  var stageIDs: [StageID] { choices.settings.configuration.stageIDs }
}

/// What one step of the history changed.
struct ChoiceChange: Sendable {
  /// What differs, the weightiest first: `depth 5 → 4`.
  let words: [String]

  /// What differs from one point to another.
  init(from before: UndoPoint, to after: UndoPoint, naming: ChangeWords.Naming) {
    words = ChangeWords(from: before, to: after, naming: naming).all
  }

  /// One line.
  var line: String { words.joined(separator: ", ") }
}

/// What is passed in numbers while one looks around.
enum Browsing: Sendable, Hashable {
  /// Stages, latents, heads, frames and outputs, in any mix.
  case maps
  /// Places in the picture, nearer or farther.
  case place

  /// What is passed from one point to another; nil where anything else differs, or nothing.
  init?(from before: UndoPoint, to after: UndoPoint) {
    let (from, to) = (before.choices, after.choices)
    let hasMoved = before.stage != after.stage
    guard from != to || hasMoved else { return nil }
    if from.showing(mapOf: to) == to {
      self = .maps
    } else if !hasMoved, from.showing(placeOf: to) == to {
      self = .place
    } else {
      return nil
    }
  }
}

extension Choices {
  /// The same with the latent, heads, frame and output of others.
  fileprivate func showing(mapOf others: Choices) -> Choices {
    var choices = self
    choices.selection.latent = others.selection.latent
    choices.selection.crossHead = others.selection.crossHead
    choices.selection.latentHead = others.selection.latentHead
    choices.selection.output = others.selection.output
    choices.view.frame = others.view.frame
    return choices
  }

  /// The same with the place in the picture of others.
  fileprivate func showing(placeOf others: Choices) -> Choices {
    var choices = self
    (choices.view.centre, choices.view.zoom) = (others.view.centre, others.view.zoom)
    return choices
  }
}

extension ExplorerState {
  /// What undo would come back to.
  var undoPoint: UndoPoint {
    let stage = target ?? position
    let stageIDs = stageIDs
    return UndoPoint(
      choices: choices, stage: stage,
      stageName: stageIDs.indices.contains(stage) ? stageIDs[stage].name : "\(stage + 1)",
      whyMethod: isWhyShown ? whyMethod?.name : nil)
  }

  /// How changes are called on this screen.
  private var changeNaming: ChangeWords.Naming {
    ChangeWords.Naming(arrow: "\(terminal.symbols.arrowRight)", className: className)
  }

  /// Remembers the point before a change. Going through stages, latents, heads and frames, in any mix, is
  /// one step however far it goes; what comes back to where it began is none.
  mutating func remember(_ before: UndoPoint) {
    let present = undoPoint
    let browsed = Browsing(from: before, to: present)
    guard let browsed, browsed == lastBrowsed else {
      history.record(before, before: present)
      lastBrowsed = browsed
      return
    }
    history.extendLast()
    // What plays goes on from here.
    if autoplay == nil, let first = history.latest, first.choices == present.choices,
      first.stage == present.stage
    {
      history.dropLatest()
      lastBrowsed = nil
    }
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
    let after = UndoPoint(
      choices: choices, stage: point.stage, stageName: point.stageName, whyMethod: point.whyMethod)
    let change = ChoiceChange(from: before, to: after, naming: changeNaming)
    message = .information("\(word): \(change.line)")
  }

  /// The steps of the history as lines, the latest first: those that can be done again, then those
  /// that can be undone.
  var historyLines: [String] {
    let all = history.values(with: undoPoint)
    let present = history.pastCount
    let steps = zip(all, all.dropFirst()).map {
      ChoiceChange(from: $0, to: $1, naming: changeNaming).line
    }
    guard !steps.isEmpty else { return ["nothing has been changed yet"] }
    return steps.enumerated().reversed().map { index, line in
      if index >= present { return "    \(line)  (undone; \(keyName("redo")) does it again)" }
      return String(repeating: " ", count: max(0, 3 - "\(present - index)".count))
        + "\(present - index) \(line)"
    }
  }
}
