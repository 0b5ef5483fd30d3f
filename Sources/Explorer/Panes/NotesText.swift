// The notes: what the model and the input are, where each is known from, and what was assumed.

import Inputs
import Perceiver
import Screens

/// The lines of the notes, wrapped to a width.
package struct NotesText: Sendable {
  /// The lines.
  package let lines: [[StyledText]]

  package init(_ state: ExplorerState, width: Int) {
    let theme = state.preferences.theme
    let named = 10
    var lines: [[StyledText]] = []
    func heading(_ text: String) {
      if !lines.isEmpty { lines.append([]) }
      lines.append([StyledText(text, .bold)])
    }
    func row(_ name: String, _ value: String, from origin: String?) {
      let text = value + (origin.map { " (from \($0))" } ?? "")
      for (index, line) in text.wrapped(toWidth: max(1, width - named)).enumerated() {
        let start = index == 0 ? name : ""
        lines.append([
          StyledText(start.padded(toWidth: named), theme.label), StyledText(line),
        ])
      }
    }
    let configuration = state.choices.settings.configuration
    heading("the model")
    row("model", configuration.title, from: nil)
    if let weights = state.loadedWeights {
      for fact in weights.sheet { row(fact.name, fact.value, from: fact.origin) }
    } else if case .seed(let seed) = state.choices.settings.source {
      row("weights", "untrained, seed \(seed)", from: nil)
    }
    heading("the input")
    let input = state.choices.input
    row("file", input.fullName, from: nil)
    row("shape", input.words, from: nil)
    for note in input.notes { row("done", note.sentence, from: nil) }
    if let window = input.window {
      row("part", "\(window.index + 1) of \(window.count)", from: nil)
    }
    if let mask = state.choices.settings.mask { row("mask", mask.name, from: nil) }
    heading("assumed or corrected")
    let notes = state.modelNotes
    if notes.isEmpty { lines.append([StyledText("nothing was assumed")]) }
    for note in notes {
      lines += note.wrapped(toWidth: width).map { [StyledText($0)] }
    }
    self.lines = lines
  }
}
