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
  /// The class's probability, or the output's number, before and after the first eighth is hidden.
  case firstEighth
  /// Insertion less deletion in so many steps.
  case gain(points: Int)
  /// How far a map is from the same map of a grey picture: 0 all position, 1 all content.
  case content
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
  /// Whether hiding is asked for: there is a class or an output to look at, and the map has an order of
  /// tokens.
  var hasOrder = false
  /// Whether all of the map's values are equal: it orders no pixels, and nothing is measured by hiding.
  var isFlat = false
  /// How much of the map is where it is because of the picture; NaN where one of both maps is zero.
  var content: Double?
  /// Whether that is asked for: the input has a grey picture.
  var hasContent = false
}

extension ExplorerState {
  /// The questions whether a map is to be believed, from the cheapest to the most exact. Where no class
  /// and no output is explained there is nothing to be looked at, maps that are finer than the tokens no order of
  /// them, and numbers of tokens no grey.
  func trustRequests(_ explanation: ExplanationRequest) -> [MapRequest] {
    guard let run else { return [] }
    func request(
      _ ranking: PixelRanking, _ target: ExplanationTarget, _ measure: TrustMeasure
    ) -> MapRequest {
      MapRequest(
        stage: 0, value: .probabilities, subject: .trust(ranking, of: target, measure),
        changed: open.completeShownChanges?.generation)
    }
    let content =
      choices.input.isText ? [] : [request(.map(explanation), explanation.target, .content)]
    // Tokens are hidden, each by its number: a map that is finer than they are has no order of them, and
    // one whose values are all equal has none at all.
    let isWithoutOrder =
      open.answers[open.request(explanation)]?.explanation.map {
        $0.values.count != run.tokenCount || !PixelOrder.isGiven(by: $0.values)
      } ?? false
    guard isMeasurable, !isWithoutOrder else { return content }
    // What is hidden and shown is looked at by one class's probability, or one number of an output; a
    // map that is about none is looked at by what would be explained.
    let target = ExplanationTarget(numbered(explanation.target.choice))
    func both(_ measure: TrustMeasure) -> [MapRequest] {
      [request(.map(explanation), target, measure), request(.random, target, measure)]
    }
    return both(.firstEighth) + both(.gain(points: 4)) + content + both(.gain(points: 16))
  }

  /// Whether there is a class or a chosen output whose number is looked at where tokens are hidden.
  private var isMeasurable: Bool {
    guard let run, run.hasOutput else { return false }
    return run.scoresClasses || hasOneAnswer || numbered(choices.view.why.choice) != .answer
  }

  /// What is known of the map that is shown; nil where nothing will be.
  var mapTrust: MapTrust? {
    guard shownWhy != nil, let measured = measuredWhy else { return nil }
    let requests = trustRequests(measured)
    var trust = MapTrust()
    trust.isFlat =
      isMeasurable
      && open.answers[open.request(measured)]?.explanation.map {
        !PixelOrder.isGiven(by: $0.values)
      } == true
    guard !requests.isEmpty || trust.isFlat else { return nil }
    for case .trust(_, _, let measure) in requests.map(\.subject) {
      if measure == .content { trust.hasContent = true } else { trust.hasOrder = true }
    }
    for request in requests {
      guard case .numbers(let numbers)? = open.answers[request],
        case .trust(let ranking, _, let measure) = request.subject
      else { continue }
      switch (measure, ranking) {
      case (.firstEighth, .map): (trust.before, trust.after) = (numbers[0], numbers[1])
      case (.firstEighth, .random): trust.afterRandom = numbers[1]
      case (.gain, .map): trust.gain = numbers[0]
      case (.gain, .random): trust.randomGain = numbers[0]
      case (.content, _): trust.content = numbers[0]
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
    if measure == .content {
      return [try content(on: run, map: map, cancellation: cancellation)]
    }
    let order: [Int]
    switch self {
    case .random: order = PixelOrder.random(run.mapAxes.reduce(1, *), seed: 0)
    case .map(let request):
      order = PixelOrder.of(try (map ?? request.map(of: run, cancellation: cancellation)).values)
    }
    switch measure {
    case .content: return []
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

  /// How far its map is from the same map of a grey picture; NaN where there is none, or one of both is
  /// zero.
  private func content(
    on run: PerceiverRun, map: ExplanationMap?, cancellation: Cancellation
  ) throws -> Double {
    guard case .map(var request) = self else { return .nan }
    var known = map
    // The share does not hang on how long the map was refined; each half picture costs one on grey.
    if let samples = request.settings.samples, samples > ExplanationSettings.usualSamples {
      (request, known) = (request.over(ExplanationSettings.usualSamples), nil)
    }
    let map = try known ?? request.map(of: run, cancellation: cancellation)
    // Of the class that the picture has, and not of what is answered on grey.
    let question = try request.of(run.fixed(request.target)).question()
    do {
      return try run.contentShare(
        of: question, map: map, grey: run.onGrey(), cancellation: cancellation)
    } catch is ConfigurationError {
      return .nan
    }
  }
}
