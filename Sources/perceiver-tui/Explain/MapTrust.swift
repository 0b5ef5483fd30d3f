// How much maps are worth: what they are held against, by hiding, and how much of them is content.

import Inputs
import Perceiver
import Tensors

extension Explanation {
  /// Gains of maps, and what they are held against; how much of them is content.
  struct Trust {
    var gains: [String: Faithfulness] = [:]
    /// How far each map is from that on a picture without content, from 0 to 1.
    var contents: [String: Double] = [:]
    var record: Record.TrustRecord

    /// - Throws: `ConfigurationError` where the model scores no classes, `ComputationCancelled`.
    init(
      _ maps: [(name: String, map: ExplanationMap)], of prepared: PreparedInput, _ inquiry: Inquiry
    ) throws {
      let run = inquiry.run
      func gain(_ order: [Int]) throws -> Faithfulness {
        try Faithfulness(
          of: run, order: order, target: inquiry.target, cancellation: inquiry.cancellation)
      }
      inquiry.progress.begin("trust")
      let count = run.tokenCount
      let random = try (0..<3).map {
        try gain(PixelOrder.random(count, seed: inquiry.settings.seed &+ UInt64($0))).gain
      }
      // The data of a token that is a pixel has a brightness.
      let isPicture = !prepared.input.isText && prepared.input.axes == run.mapAxes
      record = Record.TrustRecord(
        random: random.reduce(0, +) / Double(random.count),
        centre: try gain(PixelOrder.centre(run.mapAxes)).gain,
        brightness: isPicture
          ? try gain(PixelOrder.brightness(prepared.input.tensor)).gain : nil)
      for (name, map) in maps where map.values.count == count {
        inquiry.progress.begin("trust: \(name)")
        gains[name] = try gain(PixelOrder.of(map.values))
      }
      inquiry.progress.begin("trust: the same on grey")
      contents = try Self.contents(maps, inquiry)
    }
  }
}

extension Explanation.Trust {
  /// For each map half the summed difference from the map on a grey picture, both scaled to sum one
  /// and what is negative as zero: 0 is all position, 1 all content. Nothing for an input of numbers
  /// of tokens, and for a map that is zero.
  ///
  /// - Throws: `ComputationCancelled`.
  private static func contents(
    _ maps: [(name: String, map: ExplanationMap)], _ inquiry: Explanation.Inquiry
  ) throws -> [String: Double] {
    let (run, cancellation) = (inquiry.run, inquiry.cancellation)
    var contents: [String: Double] = [:]
    // Of the class that the picture has, not of what is answered on grey.
    let target = run.fixed(inquiry.target)
    let asked = maps.compactMap { name, map in
      ExplanationMethod.named(name).map {
        (name, map, question: $0.question(target, inquiry.settings))
      }
    }
    // As far as some map depends on it, and no further.
    let last = asked.map { $0.question.lastStage(of: run) }.max() ?? -1
    let grey = try defined {
      try run.onGrey().completed(through: last, cancellation: cancellation)
    }
    guard let grey else { return contents }
    for (name, map, question) in asked {
      let share = try defined {
        try run.contentShare(of: question, map: map, grey: grey, cancellation: cancellation)
      }
      if let share, share.isFinite { contents[name] = share }
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
