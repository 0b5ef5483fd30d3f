// Which number is explained where a model gives rows of outputs, of which none is the answer.

import Perceiver
import Tensors

/// What is explained of a model without classes.
enum ExplainedOutput {
  /// Why nothing can be.
  static let missing = "the model scores no classes and gives no outputs"
}

extension ExplorerState {
  /// Whether the model gives outputs, and no number of them is the answer.
  var givesRows: Bool {
    guard let run, run.model.configuration.classCount == nil, run.outputWidth != nil else {
      return false
    }
    return !hasOneAnswer
  }

  /// The output at the cursor on a text, or those that are chosen; none where nobody chose.
  var outputsAtHand: [Int] { isAtToken ? [probedKey] : open.chosenOutputs }

  /// Whether the cursor says which output is meant.
  private var isAtToken: Bool {
    isProbing && !isProbingLatents && choices.input.isText && choices.selection.tokens.isEmpty
      && open.outputCount != 1
  }

  /// Takes the cursor away for a view in place of maps; the token under it is chosen then, so that it is
  /// still the one that is explained.
  mutating func leaveCursorForTables() {
    if givesRows, isAtToken { choices.selection.tokens = [probedKey] }
    isProbing = false
  }

  /// The row of outputs whose largest number is explained unless another is chosen: the one at hand.
  /// Nil where there are none or several, and during a training, when outputs come and go.
  var rowAtHand: Int? {
    guard givesRows, training == nil else { return nil }
    let rows = outputsAtHand
    return rows.count == 1 && rows[0] < open.outputCount ?? .max ? rows[0] : nil
  }

  /// The row of outputs of which a number is explained; nil where none is.
  var explainedRow: Int? {
    if givesRows, case .number(let number) = choices.view.why.choice, let width = run?.outputWidth {
      return number / max(1, width)
    }
    return rowAtHand
  }

  /// The question for the numbers of that row; nil until every stage is computed.
  var wantedOutputRow: MapRequest? {
    guard run?.isComplete == true, let row = explainedRow else { return nil }
    return MapRequest(
      stage: stageIDs.count - 1, value: .probabilities, subject: .outputRow(row))
  }

  /// The same where one of them is explained and they are not there yet: which is the largest has to be
  /// known before.
  ///
  /// - Parameter asksForTarget: Whether what is asked is about one of them.
  func missingOutputRow(_ asksForTarget: Bool) -> MapRequest? {
    guard asksForTarget, let row = wantedOutputRow, open.answers[row] == nil else {
      return nil
    }
    return row
  }

  /// The numbers of that row, and where the first of them stands in the output; nil until they are
  /// there.
  var explainedNumbers: (first: Int, scores: ClassScores)? {
    guard let row = explainedRow, let request = wantedOutputRow,
      case .outputRow(let scores)? = open.answers[request]
    else { return nil }
    return (row * scores.count, scores)
  }

  /// A choice by its number, where it is the largest or the second of the explained row; as it is
  /// where that is not known yet, or is no matter of rows.
  func numbered(_ choice: ExplanationTarget.Choice) -> ExplanationTarget.Choice {
    let rank: Int
    switch choice {
    case .answer: rank = 0
    case .second: rank = 1
    case .number: return choice
    }
    guard let (first, scores) = explainedNumbers, scores.order.indices.contains(rank) else {
      return choice
    }
    return .number(first + scores.order[rank])
  }

  /// Whether it is said which number of the output is explained.
  var isOutputChosen: Bool {
    if case .number = choices.view.why.choice { return true }
    return rowAtHand != nil
  }

  /// How an output is chosen, in words; nil where one is, or none has to be.
  var missingOutput: String? {
    guard givesRows, training == nil, !isOutputChosen else { return nil }
    return choices.input.isText
      ? "no output is chosen: \(keyName(.toggleProbe)) puts the cursor on a token, :why-class 2:a takes "
        + "a byte at a token"
      : "no output is chosen: :output N takes the largest of a row, :why-class N a number from 0"
  }
}
