// How much of each map is there because of the picture, and not because of positions.

import Perceiver
import Tensors

extension Explanation.Trust {
  /// For each map half the summed difference from the map on a grey picture, both scaled to sum one
  /// and what is negative as zero: 0 is all position, 1 all content. Nothing for an input of numbers
  /// of tokens, and for a map that is zero.
  ///
  /// - Throws: `ComputationCancelled`.
  static func contents(
    _ run: PerceiverRun, _ target: ExplanationTarget,
    _ maps: [(name: String, map: ExplanationMap)], _ settings: ExplanationSettings,
    _ cancellation: Cancellation
  ) throws -> [String: Double] {
    var contents: [String: Double] = [:]
    // Of the class that the picture has, not of what is answered on grey.
    let target = run.fixed(target)
    let asked = maps.compactMap { name, map in
      ExplanationMethod.named(name).map { (name, map, question: $0.question(target, settings)) }
    }
    // As far as some map depends on it, and no further.
    let last = asked.map { $0.question.lastStage(of: run) }.max() ?? -1
    let grey = try defined {
      try run.onGrey().completed(through: last, cancellation: cancellation)
    }
    guard let grey else { return contents }
    for (name, map, question) in asked {
      guard let other = try defined({ try question.map(grey, cancellation: cancellation) })
      else { continue }
      let distance = map.values.mapDistance(other.values)
      if distance.isFinite { contents[name] = distance }
    }
    return contents
  }

  /// What a computation gives; nil where the model or the input has no answer to it.
  private static func defined<Result>(_ body: () throws -> Result) throws -> Result? {
    do {
      return try body()
    } catch is ConfigurationError {
      return nil
    }
  }
}
