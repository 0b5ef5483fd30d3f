// What was found of one input, and how people are told of it.

import Foundation
import Perceiver
import Pictures

extension Explanation {
  /// What was found of one input.
  struct Findings {
    let input: String
    /// What the tokens of the input are called.
    let words: TokenWords
    /// Methods without an answer.
    var undefined: [Record.Undefined]
    var maps: [(name: String, map: ExplanationMap)] = []
    /// What the input is; nil where nobody said.
    var label: Record.LabelRecord?
    /// An object that a file marks, and how maps lie to it, by method.
    var object: MaskedObject?
    var pointing: [String: Pointing] = [:]
    var trust: Trust?
    var effects: [Record.EffectRecord] = []
    var direct: DirectLogits?
    var tables: [NamedTable] = []
  }
}

extension Explanation.Findings {
  /// What is said of it: the label, a line for each map and each effect, tables.
  var lines: [String] {
    let said =
      (label.map { [$0.sentence] } ?? [])
      + maps.map { "\($0.name): " + sentence(of: $0.map, named: $0.name) }
      + undefined.map { "\($0.name) is not defined: \($0.reason)" }
      + effects.map(\.sentence) + (direct.map { ["direct: " + $0.sentence] } ?? [])
    return said.map { "\(input): \($0)" }
      + tables.flatMap { table in
        ["\(input): \(table.name.rawValue): \(table.name.meaning)"] + table.table.lines
      }
  }

  private func sentence(of map: ExplanationMap, named name: String) -> String {
    var line = map.sentence
    for remainder in map.remainders where remainder.value.isFinite {
      line += " \(remainder.name.firstUppercased): \(Figures.number(Float(remainder.value)))."
    }
    if let trust, let gain = trust.gains[name] {
      // Beside each number of the map those of orders that know nothing of the answer.
      func figures(_ word: String, _ number: (Faithfulness) -> Double) -> String {
        let others = ["random", "centre", "brightness"].compactMap { name in
          trust.order(name).map { ", \(name) \(Figures.number(Float(number($0.curves))))" }
        }
        return " \(word) \(Figures.number(Float(number(gain))))\(others.joined())."
      }
      line +=
        figures("Gain", \.gain)
        + figures("Without its first eighth \(trust.measured)", \.afterFirstEighth)
    } else if trust != nil, !PixelOrder.isGiven(by: map.values) {
      line += " Its values are all equal: they order nothing, so there is no gain."
    }
    if let content = trust?.contents[name] {
      line += " Content share \(Figures.number(content))."
    }
    if let pointing = pointing[name], let object {
      let area = "\(Figures.number(100 * object.area)) % of \(words.whole)"
      if let hits = pointing.hits {
        line += " Its largest value lies \(hits ? "on" : "off") the object"
        if let share = pointing.share { line += ", \(Figures.number(100 * share)) % of it on" }
        line += " (\(area))."
      } else {
        line += " Its values are all equal: it does not point at the object (\(area)) or elsewhere."
      }
    } else if object != nil {
      line += " Not of the mask's size."
    }
    return line
  }
}

extension Explanation.Record.EffectRecord {
  /// For people.
  fileprivate var sentence: String {
    if let output {
      func number(_ value: Double) -> String { Figures.number(Float(value)) }
      return "\(what): Δ \(number(output.difference)), from \(number(output.before)) to "
        + number(output.after)
    }
    let numbers = (effect ?? []).map { Figures.number(Float($0)) }
    let recovered = recovery.map {
      ", recovery of \($0.of) \(Figures.number(Float($0.value)))"
    }
    return "\(what): Δlogit \(numbers[0]), Δlog p \(numbers[1]), Δp \(numbers[2]), KL \(numbers[3])"
      + (recovered ?? "")
  }
}

extension DirectLogits {
  /// For people: that its parts are all, and how near rounding lets them come.
  fileprivate var sentence: String {
    func digits(_ number: Double) -> String { String(format: "%.7g", number) }
    return "its rows sum to \(target.title) exactly, but for rounding: \(digits(sum)) of "
      + "\(digits(value)), a difference of \(String(format: "%.1g", abs(sum - value)))."
  }
}
