// Classes that were chosen for another model or another answer, and are dropped with a word.

import Perceiver

extension ExplorerState {
  /// The number of the class that a choice means; nil until the answer says.
  private func classNumber(_ choice: ExplanationTarget.Choice) -> Int? {
    switch choice {
    case .answer: answeredScores?.top.first?.index
    case .second: answeredScores?.top.dropFirst().first?.index
    case .number(let number): number
    }
  }

  /// Drops classes that the model does not have, and a class that would be held against itself: they
  /// were chosen for another model or another answer, and no map could be shown.
  mutating func dropForeignClasses() {
    guard let run else { return }
    let classes = run.model.configuration.classCount
    // How many numbers other models give is known behind the last stage.
    guard let count = classes ?? (run.hasOutput ? run.output?.count : nil) else { return }
    let former = choices.view.why
    func isForeign(_ choice: ExplanationTarget.Choice) -> Bool {
      classNumber(choice).map { $0 >= count } ?? false
    }
    var said: [String] = []
    func drop(_ choice: ExplanationTarget.Choice) {
      guard let number = classNumber(choice) else { return }
      said.append(
        classes == nil
          ? "expected the number of an output from 0 to \(count - 1), found \(number): it is not "
            + "asked for" : "the model has no class \(number): it is not asked for")
    }
    if isForeign(former.choice) {
      choices.view.why.choice = .answer
      drop(former.choice)
    }
    if case .throughDecoder(let target?)? = choices.view.replacement, isForeign(target.choice) {
      choices.view.replacement = .throughDecoder(nil)
      if target.choice != former.choice { drop(target.choice) }
    }
    guard case .choice(let against) = former.against else { return say(said) }
    if isForeign(against) {
      choices.view.why.against = .automatic
      if !isForeign(former.choice) || former.choice != against { drop(against) }
    } else if let number = classNumber(against), number == classNumber(choices.view.why.choice) {
      choices.view.why.against = .automatic
      said.append("\(className(number)) is what is explained: it is not held against itself")
    }
    say(said)
  }

  /// Says something before what is said already; an error stays.
  private mutating func say(_ sentences: [String]) {
    guard !sentences.isEmpty else { return }
    if let message, message.kind == .error { return }
    message = .information(
      (sentences + (message.map { [$0.text] } ?? [])).joined(separator: "; "))
  }
}
