// A training in figures and as a curve of its losses.

import Perceiver
import Pictures
import Screens

package enum TrainingPane: ColumnPane {
  package static let topic = "training"
  package static let rows = 9...20

  package static func isWanted(with content: ScreenLayout.Content) -> Bool {
    content.training != .none
  }

  package static func title(_ state: ExplorerState, width: Int) -> String {
    guard let session = state.training else { return "training" }
    return switch session.phase {
    case .preparing: "\(state.spinner) training is being prepared"
    case .running: "\(state.spinner) training"
    case .paused: session.isComputing ? "\(state.spinner) one step" : "training paused"
    case .complete: "training complete"
    }
  }

  package static func command(_ state: ExplorerState) -> Command.ID? { .train }
  /// Who points at a figure or the curve does not want the training to stop.
  package static let isPressedAnywhere = false

  package static func words(_ state: ExplorerState) -> [ScreenWord] {
    state.training.map { facts($0).map(\.word) } ?? []
  }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty, let session = state.training else { return }
    let symbols = state.terminal.symbols
    let lines = flowed(facts(session), width: area.width, state)
    // The curve gets the larger part; where there is little room, the first figures stay.
    let rows = min(lines.count, max(1, area.height * 2 / 5))
    PaneText.lines(Array(lines.prefix(rows)), in: area, symbols: symbols, on: &screen)
    LossCurve(session.history).draw(
      in: area.inset(top: rows), theme: state.preferences.theme, symbols: symbols, on: &screen)
  }

  /// A figure with its name.
  private struct Fact {
    let word: ScreenWord
    let value: String

    init(_ word: ScreenWord, value: String) { (self.word, self.value) = (word, value) }

    /// A number that takes the same room whatever it is, so that what follows stands still.
    init(_ word: ScreenWord, number: Double) {
      self.init(word, value: Figures.number(number).padded(toWidth: 6))
    }
  }

  /// The figures, what matters most first.
  private static func facts(_ session: WatchedTraining) -> [Fact] {
    let steps = session.lesson.recipe.steps
    var facts = [Fact(.step, value: "\(session.step) of \(steps)")]
    guard let latest = session.latest else {
      return facts + [Fact(.learns, value: session.lesson.name)]
    }
    facts.append(
      Fact(.loss, number: session.history.smoothed.last ?? latest.loss))
    if let accuracy = session.history.accuracy {
      facts.append(Fact(.accuracy, value: "\(Figures.number(100 * accuracy)) %"))
    }
    if let seconds = session.secondsPerStep, seconds > 0 {
      facts.append(Fact(.stepsPerSecond, number: 1 / seconds))
    }
    facts += [
      Fact(.learningRate, number: latest.learningRate),
      Fact(.epoch, value: "\(latest.epoch + 1)"),
      Fact(.gradient, number: latest.gradientNorm),
      Fact(.snapshots, value: "\(session.snapshots.all.count)"),
    ]
    return facts
  }

  /// Figures in lines, as many in each as fit.
  private static func flowed(
    _ facts: [Fact], width: Int, _ state: ExplorerState
  ) -> [[StyledText]] {
    let label = state.preferences.theme.label
    var lines: [[StyledText]] = []
    var used = 0
    for fact in facts {
      let own = fact.word.rawValue.displayWidth + 1 + fact.value.displayWidth
      if !lines.isEmpty, used + 2 + own <= width {
        lines[lines.count - 1] += [
          StyledText("  \(fact.word.rawValue) ", label), StyledText(fact.value),
        ]
        used += 2 + own
      } else {
        lines.append([StyledText("\(fact.word.rawValue) ", label), StyledText(fact.value)])
        used = own
      }
    }
    return lines
  }
}
