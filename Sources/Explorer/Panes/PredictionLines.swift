// What a language model would put at masked positions of a text and at the cursor: five tokens each.

import Inputs
import Perceiver
import Pictures
import Screens

enum PredictionLines {
  /// The title of the pane of classes, where tokens are predicted.
  static func title(_ state: ExplorerState, width: Int) -> String {
    if !state.choices.changes.isEmpty {
      let change = "before \(state.terminal.symbols.arrowRight) after"
      return ["predicted bytes ", "bytes "].map { $0 + change }.first { $0.displayWidth <= width }
        ?? change
    }
    let isLast = state.stageID.map { $0.index == state.stageIDs.count - 1 } ?? false
    guard !isLast else { return "predicted bytes" }
    // Words are left out whole: a prediction before the last stage is always called one.
    let forms = ["predicted bytes after this stage", "predicted bytes so far", "bytes so far"]
    return forms.first { $0.displayWidth <= width } ?? "so far"
  }

  static func draw(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let theme = state.preferences.theme
    let symbols = state.terminal.symbols
    guard let request = state.wantedPredictions else {
      let words =
        state.stage == nil
        ? "no stage yet" : "none masked; \(state.keyName(.toggleProbe)) chooses a byte"
      return screen.write(words, in: area.row(0), style: theme.label, symbols: symbols)
    }
    guard case .predictions(let all)? = state.open.answers[request] else {
      return screen.write(
        "\(state.spinner) asking the decoder", in: area.row(0), style: theme.label,
        symbols: symbols)
    }
    PaneText.lines(lines(all, state, width: area.width), in: area, symbols: symbols, on: &screen)
  }

  /// For each position its tokens with their probabilities; where something is changed those after the
  /// change too, behind an arrow.
  private static func lines(
    _ all: [TokenPrediction], _ state: ExplorerState, width: Int
  ) -> [[StyledText]] {
    let theme = state.preferences.theme
    let numberWidth = all.map { "\($0.position)".count }.max() ?? 1
    let after = state.changedPredictions
    return all.flatMap { prediction -> [[StyledText]] in
      let number = "\(prediction.position)".padded(toWidth: numberWidth, .trailing)
      let isAtCursor = state.isProbing && prediction.position == state.probedKey
      let before = lines(
        prediction, behind: StyledText(number, isAtCursor ? theme.chosen : theme.label), state,
        width: width)
      guard !state.choices.changes.isEmpty else { return before }
      let arrow = StyledText(
        String(state.terminal.symbols.arrowRight).padded(toWidth: numberWidth, .trailing),
        theme.label)
      let changed = after?.first { $0.position == prediction.position }
      guard let changed else {
        let isComing = state.open.changed?.isStopped != true
        let words = isComing ? "\(state.spinner)" : "stopped"
        return before + [[arrow, StyledText(" " + words, theme.label)]]
      }
      return before + lines(changed, behind: arrow, state, width: width)
    }
  }

  /// The tokens of one position with their probabilities, as many in a line as fit.
  ///
  /// - Parameter first: What stands before them.
  private static func lines(
    _ prediction: TokenPrediction, behind first: StyledText, _ state: ExplorerState, width: Int
  ) -> [[StyledText]] {
    let theme = state.preferences.theme
    let indent = first.text.displayWidth
    guard !prediction.best.isEmpty else {
      return [[first, StyledText(" not finite", theme.error)]]
    }
    var lines: [[StyledText]] = []
    var line = [first]
    var used = indent
    for (rank, candidate) in prediction.best.enumerated() {
      let token = state.shown(token: candidate.token)
      let share = Figures.number(candidate.probability, digits: 2)
      let own = 1 + token.displayWidth + 1 + share.displayWidth
      if used + own > width, used > indent {
        lines.append(line)
        line = [StyledText(String(repeating: " ", count: indent))]
        used = indent
      }
      line += [
        StyledText(" " + token, rank == 0 ? .bold : .plain), StyledText(" " + share, theme.label),
      ]
      used += own
    }
    return lines + [line]
  }
}

extension ExplorerState {
  /// The positions whose tokens are predicted at most: more than any terminal has lines.
  private static let mostPredictions = 64

  /// Whether the model's outputs are logits of tokens.
  var predictsTokens: Bool { run?.predictsTokens == true && choices.input.isText }

  /// The request for predictions at the cursor and at masked positions.
  var wantedPredictions: MapRequest? {
    guard predictsTokens, let stage else { return nil }
    var positions = isProbing && !isProbingLatents ? [probedKey] : []
    positions += choices.maskedTokens.filter { !positions.contains($0) }
    guard !positions.isEmpty else { return nil }
    return MapRequest(
      stage: stage.id.index, value: .probabilities,
      subject: .predictions(at: Array(positions.prefix(Self.mostPredictions))))
  }

  /// The same request of the run with the changes, as soon as it has computed the shown stage.
  var wantedChangedPredictions: MapRequest? {
    guard let request = wantedPredictions, !choices.changes.isEmpty, let changed = open.changed,
      changed.run?.stages.indices.contains(request.stage) == true
    else { return nil }
    return MapRequest(
      stage: request.stage, value: request.value, subject: request.subject,
      changed: changed.generation)
  }

  /// What is predicted after the changes; nil until it is there.
  var changedPredictions: [TokenPrediction]? {
    guard let request = wantedChangedPredictions,
      case .predictions(let all)? = open.answers[request]
    else { return nil }
    return all
  }

  /// A token of the vocabulary as it is shown.
  func shown(token: Int) -> String {
    guard let form = choices.settings.configuration.textForm else { return "\(token)" }
    return form.shown(token)
  }
}
