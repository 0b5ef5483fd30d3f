// A mean over random half pictures goes on for as long as a person looks: to more and more of them,
// until a key stops it.

import Perceiver

/// How many half pictures means are taken over, one after another.
enum SampleCounts {
  /// Those that come by themselves before a map is measured.
  static let first = [2, 6, ExplanationSettings.usualSamples]

  /// The next larger number: half as many again.
  static func after(_ count: Int) -> Int {
    first.first { $0 > count } ?? count + count / 2
  }

  /// The number before one of them; nil of the first, and of a number that is none of them.
  static func before(_ count: Int) -> Int? {
    var last = first[0]
    while last < count {
      let next = after(last)
      if next == count { return last }
      last = next
    }
    return nil
  }

  /// All from behind the first ones up to a number.
  static func further(upTo count: Int) -> [Int] {
    var counts: [Int] = []
    var next = after(first[first.count - 1])
    while next <= count {
      counts.append(next)
      next = after(next)
    }
    return counts
  }

  /// More than anybody waits for.
  static let most = 1 << 20
}

/// How far the mean over half pictures of a map that explains has gone.
struct WhyRefinement: Sendable, Hashable {
  /// What is refined: the mean over the first half pictures.
  var base: ExplanationRequest?
  /// How many half pictures are asked for.
  var samples = ExplanationSettings.usualSamples
}

extension ExplorerState {
  /// What is refined while one looks; nil where the shown map is no mean over half pictures.
  private var refinedBase: ExplanationRequest? {
    firstWhySteps.last.flatMap { step in
      step.samplesHalves ? step : nil
    }
  }

  /// How far the shown map has been refined.
  private var refinement: WhyRefinement {
    guard let base = refinedBase else { return WhyRefinement() }
    return open.refinement.base == base ? open.refinement : WhyRefinement(base: base)
  }

  /// The means over more half pictures than come at first.
  var furtherWhySteps: [ExplanationRequest] {
    let refinement = refinement
    guard let base = refinement.base else { return [] }
    return SampleCounts.further(upTo: refinement.samples).map(base.over)
  }

  /// The map that is measured: while it is refined the first mean, once that is stopped the last.
  var measuredWhy: ExplanationRequest? {
    isRefiningStopped ? furtherWhySteps.last ?? firstWhySteps.last : firstWhySteps.last
  }

  /// Whether the shown map is a mean that goes on over more half pictures until a key stops it.
  package var isWhyRefining: Bool {
    isWhyShown && !isDrawingPinned && training == nil && run?.isComplete == true
      && refinedBase != nil && !isRefiningStopped && refinement.samples < SampleCounts.most
  }

  /// Whether the shown map is a mean that would go on, had a key not stopped all of them.
  var isWhyStopped: Bool {
    isWhyShown && !isDrawingPinned && refinedBase != nil && isRefiningStopped
  }

  var reasonAgainstRefining: String? {
    refinedBase == nil ? "this map is no mean over half pictures that could go on" : nil
  }

  /// Stops refining maps, the shown one and those that are asked for later, or lets them go on.
  mutating func toggleRefining() {
    guard refinedBase != nil else { return }
    if isRefiningStopped {
      isRefiningStopped = false
      message = .information("the mean goes on over more \(tokenWords.halves)")
    } else {
      stopRefining()
      let count = measuredWhy?.settings.samples ?? ExplanationSettings.usualSamples
      message = .information(
        "the mean stays one over \(count) \(tokenWords.halves); \(keyName("refine")) goes on")
    }
  }

  /// Leaves the mean as far as it has come.
  mutating func stopRefining() {
    var stopped = refinement
    let there = furtherWhySteps.last { open.answers[open.request($0)] != nil }
    stopped.samples = there?.settings.samples ?? ExplanationSettings.usualSamples
    open.refinement = stopped
    isRefiningStopped = true
  }

  /// Waits a moment before the mean goes on, once all that is asked of it is there.
  mutating func refinementEffects() -> [ExplorerEffect] {
    guard isRefinementDue, refinementTimer == nil else { return [] }
    refinementRounds += 1
    refinementTimer = refinementRounds
    return [.startTimer(.refinement(refinementRounds), seconds: 0.05)]
  }

  private var isRefinementDue: Bool {
    isWhyRefining && wantedWhy.allSatisfy { open.answers[$0] != nil }
  }

  /// Lets the mean go on over more half pictures.
  mutating func refine(_ round: Int) {
    guard round == refinementTimer else { return }
    refinementTimer = nil
    guard isRefinementDue else { return }
    var next = refinement
    next.samples = SampleCounts.after(next.samples)
    open.refinement = next
  }
}
