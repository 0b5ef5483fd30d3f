// Whether a map that explains is to be believed: hiding by its order, beside a random order.

import Perceiver
import Tensors

/// An order of pixels.
public enum PixelRanking: Sendable, Hashable {
  /// From a map's largest value to its smallest.
  case map(ExplanationRequest)
  /// A random one.
  case random
}

/// What is measured of an order of pixels.
public enum TrustMeasure: Sendable, Hashable {
  /// The class's probability before and after the first eighth is hidden.
  case firstEighth
  /// Insertion less deletion in so many steps.
  case gain(points: Int)
}

/// What is known so far of whether a map is to be believed.
struct MapTrust: Sendable {
  /// The gain of the map; nil until it is known.
  var gain: Double?
  /// That of a random order.
  var randomGain: Double?
  /// The class's probability.
  var before: Double?
  /// The class's probability without the map's first eighth.
  var after: Double?
  /// The class's probability without a random eighth.
  var afterRandom: Double?
}

extension ExplorerState {
  /// The questions whether a map is to be believed, from the cheapest to the most exact; none for
  /// models without classes, and for
  /// maps that are finer than the tokens.
  func trustRequests(_ explanation: ExplanationRequest) -> [MapRequest] {
    guard let run, run.scoresClasses else { return [] }
    // Tokens are hidden, each by its number: a map that is finer than they are has no order of them.
    if case .explanation(let map)? = open.answers[Self.request(explanation)],
      map.values.count != run.tokenCount
    {
      return []
    }
    // What is hidden and shown is looked at by one class's probability.
    let target = ExplanationTarget(explanation.target.choice)
    return [TrustMeasure.firstEighth, .gain(points: 4), .gain(points: 16)].flatMap { measure in
      [PixelRanking.map(explanation), .random].map { ranking in
        MapRequest(
          stage: 0, value: .probabilities, subject: .trust(ranking, of: target, measure))
      }
    }
  }

  /// What is known of the map that is shown; nil where nothing will be.
  var mapTrust: MapTrust? {
    guard let finest = shownWhy?.request else { return nil }
    let requests = trustRequests(finest)
    guard !requests.isEmpty else { return nil }
    var trust = MapTrust()
    for request in requests {
      guard case .numbers(let numbers)? = open.answers[request],
        case .trust(let ranking, _, let measure) = request.subject
      else { continue }
      switch (measure, ranking) {
      case (.firstEighth, .map): (trust.before, trust.after) = (numbers[0], numbers[1])
      case (.firstEighth, .random): trust.afterRandom = numbers[1]
      case (.gain, .map): trust.gain = numbers[0]
      case (.gain, .random): trust.randomGain = numbers[0]
      }
    }
    return trust
  }
}

extension PixelRanking {
  /// Measures an order on a run.
  ///
  /// - Parameter map: The map whose order it is, where it is there already.
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  func measured(
    _ measure: TrustMeasure, on run: PerceiverRun, target: ExplanationTarget, map: ExplanationMap?,
    cancellation: Cancellation
  ) throws -> [Double] {
    let order: [Int]
    switch self {
    case .random: order = PixelOrder.random(run.mapAxes.reduce(1, *), seed: 0)
    case .map(let request):
      order = PixelOrder.of(try (map ?? request.map(of: run, cancellation: cancellation)).values)
    }
    switch measure {
    case .firstEighth:
      let found = try Faithfulness.hidingFirst(
        by: order, of: run, target: target, cancellation: cancellation)
      return [found.before, found.after]
    case .gain(let points):
      return [
        try Faithfulness(
          of: run, order: order, target: target, points: points, cancellation: cancellation
        ).gain
      ]
    }
  }
}
