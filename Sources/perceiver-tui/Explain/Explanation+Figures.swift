// What is kept of one explanation for the tables over several inputs.

import Perceiver
import Tensors

extension Explanation {
  /// A label as a class of the model, and the answer beside it.
  ///
  /// - Throws: `CommandFailure` where the model has no such class, or none at all.
  static func label(_ label: String, of run: PerceiverRun) throws -> Record.LabelRecord {
    guard run.scoresClasses, let count = run.output?.count else {
      throw CommandFailure(.usage, "--labels", "expected a model that scores classes")
    }
    let names = run.model.configuration.classNames
    let number = try InputLabels.number(label, names: names ?? [], count: count)
    let answer = try run.resolve(.answer).index
    return .init(
      number: number, name: names?[number], answer: answer, isRight: answer == number)
  }

  static func figures(
    _ input: String, _ run: PerceiverRun, _ maps: [(name: String, map: ExplanationMap)],
    _ label: Record.LabelRecord?, _ trust: Trust?, _ pointing: [String: Pointing]
  ) -> InputFigures {
    let probabilities = try? run.probabilities()
    let answer = run.scoresClasses ? (try? run.resolve(.answer))?.index : nil
    let names = run.model.configuration.classNames
    var methods = maps.map { name, _ in
      InputFigures.Method(
        name: name, gain: trust?.gains[name]?.gain,
        afterEighth: trust?.gains[name]?.probability(hiding: 0.125),
        contentShare: trust?.contents[name], share: pointing[name]?.share,
        points: pointing[name]?.hits)
    }
    if let trust {
      let beside = [
        ("random", trust.record.random), ("centre", trust.record.centre),
        ("brightness", trust.record.brightness),
      ]
      methods += beside.compactMap { name, gain in
        gain.map { InputFigures.Method(name: name, gain: $0) }
      }
    }
    return InputFigures(
      input: input, label: label?.number, labelName: label?.name, answer: answer,
      answerName: answer.flatMap { names?[$0] }, probability: answer.flatMap { probabilities?[$0] },
      labelProbability: label.flatMap { probabilities?[$0.number] }, methods: methods)
  }
}
