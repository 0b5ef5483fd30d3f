// What figures say of one explanation's maps, and what is kept of it for the tables over several
// inputs.

import Explorer
import Perceiver
import Tensors

extension Explanation {
  /// A label as a class of the model, and the answer beside it.
  ///
  /// - Throws: `CommandFailure` where the model has no such class, or none at all.
  static func label(
    _ label: InputLabels.Label, of run: PerceiverRun
  ) throws -> Record.LabelRecord {
    guard run.scoresClasses, let count = run.output?.count else {
      throw CommandFailure(
        .usage, "--labels", "expected a model that scores classes, found one that does not")
    }
    let names = run.model.configuration.classNames
    let number = try InputLabels.number(label, names: names ?? [], count: count)
    let answer = try run.resolve(.answer).index
    return .init(
      number: number, name: names?[number], answer: answer, isRight: answer == number)
  }

  static func figures(_ findings: Findings, of run: PerceiverRun) -> InputFigures {
    let (trust, label) = (findings.trust, findings.label)
    let probabilities = try? run.probabilities()
    let answer = run.scoresClasses ? (try? run.resolve(.answer))?.index : nil
    let names = run.model.configuration.classNames
    var methods = findings.maps.map { name, _ in
      let pointing = findings.pointing[name]
      return InputFigures.Method(
        name: name, gain: trust?.gains[name]?.gain,
        afterEighth: trust?.gains[name]?.afterFirstEighth,
        contentShare: trust?.contents[name], share: pointing?.share, points: pointing?.hits)
    }
    methods += (trust?.orders ?? []).map { order in
      InputFigures.Method(
        name: order.name, gain: order.curves.gain, afterEighth: order.curves.afterFirstEighth,
        points: order.points)
    }
    return InputFigures(
      input: findings.input, label: label?.number, labelName: label?.name, answer: answer,
      answerName: answer.flatMap { names?[$0] }, probability: answer.flatMap { probabilities?[$0] },
      labelProbability: label.flatMap { probabilities?[$0.number] }, methods: methods)
  }

  /// What figures say of maps: their gain beside a random order's as on screen, or as --trust has it.
  static func figureFacts(
    _ findings: Findings, _ inquiry: Inquiry
  ) throws -> [String: ExplanationFigure.Facts] {
    let run = inquiry.run
    var gains = findings.trust?.gains.mapValues(\.gain) ?? [:]
    var random = findings.trust?.order("random")?.curves.gain
    if findings.trust == nil, run.scoresClasses {
      inquiry.progress.begin("gains")
      // What is hidden and shown is looked at by one class's probability.
      let target = ExplanationTarget(inquiry.target.choice)
      // Tokens are hidden: a map that is finer than they are has no order of them.
      // Nor has one whose values are all equal.
      let measured = findings.maps.filter {
        $0.map.values.count == run.tokenCount && PixelOrder.isGiven(by: $0.map.values)
      }
      let orders =
        [PixelOrder.random(run.tokenCount, seed: 0)]
        + measured.map { PixelOrder.of($0.map.values) }
      let curves = try Faithfulness.following(
        orders, of: run, target: target, cancellation: inquiry.cancellation)
      random = curves[0].gain
      for (map, curve) in zip(measured, curves.dropFirst()) { gains[map.name] = curve.gain }
    }
    var facts: [String: ExplanationFigure.Facts] = [:]
    for (name, _) in findings.maps {
      guard let method = ExplanationMethod.named(name) else { continue }
      facts[name] = .init(
        method, inquiry.settings, inquiry.target, of: run, gain: gains[name], randomGain: random)
    }
    return facts
  }
}
