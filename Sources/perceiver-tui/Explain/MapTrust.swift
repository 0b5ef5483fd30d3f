// How much maps are worth: what they are held against, by hiding, and how much of them is content.

import Inputs
import Perceiver
import Tensors

extension Explanation {
  /// Gains of maps, and what they are held against; how much of them is content.
  struct Trust {
    var gains: [String: Faithfulness] = [:]
    /// The same of the orders that maps are held against: random, centre and, of pictures, brightness.
    let orders: [Order]
    /// How far each map is from that on a picture without content, from 0 to 1.
    var contents: [String: Double] = [:]
    /// What is measured: the class's probability `p`, or `y` of a model without classes.
    let measured: String

    /// An order of pixels that maps are held against.
    struct Order {
      /// What it is called in tables: `random`.
      let name: String
      /// Its curves; of random orders the mean of three.
      let curves: Faithfulness
      /// Whether its first pixel lies on the object; nil without one, and of random orders, whose first
      /// pixel lies there as often as the object's area says.
      let points: Bool?
    }

    /// The order of a name.
    func order(_ name: String) -> Order? { orders.first { $0.name == name } }

    /// - Throws: `ConfigurationError` where the model ends with its latents, `ComputationCancelled`.
    init(
      _ maps: [(name: String, map: ExplanationMap)], on object: MaskedObject?,
      of prepared: PreparedInput, _ inquiry: Inquiry
    ) throws {
      let run = inquiry.run
      func gain(_ order: [Int]) throws -> Faithfulness {
        try Faithfulness(
          of: run, order: order, target: inquiry.target, cancellation: inquiry.cancellation)
      }
      measured = run.scoresClasses ? "p" : "y"
      inquiry.progress.begin("trust")
      let count = run.tokenCount
      func order(_ name: String, _ order: [Int]) throws -> Order {
        Order(
          name: name, curves: try gain(order),
          points: order.first.flatMap { object?.contains($0, of: count) })
      }
      let random = try (0..<3).map {
        try gain(PixelOrder.random(count, seed: inquiry.settings.seed &+ UInt64($0)))
      }
      // The data of a token that is a pixel has a brightness.
      let isPicture = !prepared.input.isText && prepared.input.axes == run.mapAxes
      orders =
        [
          Order(name: "random", curves: Faithfulness(meanOf: random), points: nil),
          try order("centre", PixelOrder.centre(run.mapAxes)),
        ]
        + (isPicture
          ? [try order("brightness", PixelOrder.brightness(prepared.input.tensor))] : [])
      // A map whose values are all equal has no order to be followed.
      for (name, map) in maps
      where map.values.count == count && PixelOrder.isGiven(by: map.values) {
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
