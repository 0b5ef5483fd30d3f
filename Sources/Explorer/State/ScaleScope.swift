// Whose numbers a scale is fitted to: each map's own, those of two views together, or those that were
// seen when it was locked, so that going from map to map does not mislead.

import Perceiver
import Pictures

/// Whose numbers a scale is fitted to.
public enum ScaleScope: String, Sendable, Hashable, CaseIterable {
  /// Each map's own; small maps of a page have one together.
  case map
  /// Those of the pinned view and the present one together.
  case shared
  /// Those that were seen when it was locked.
  case locked

  /// What it means, for messages.
  var meaning: String {
    switch self {
    case .map: "each map has a scale of its own"
    case .shared: "the pinned view and the present one have one scale"
    case .locked: "the scale stays as it is, whichever map is shown"
    }
  }
}

/// What numbers are of. Only those of one kind can have one scale.
enum NumberKind: Sendable, Hashable {
  /// Attention, before or after the softmax.
  case attention(AttentionValue)
  /// A map that explains, around zero or not.
  case explanation(ExplanationMap.Sign)
}

/// The numbers of a scale that several maps have.
struct SharedNumbers: Sendable, Hashable {
  let kind: NumberKind
  let numbers: [Float]
}

extension ExplorerState {
  /// The numbers that a scale is fitted to where some are drawn.
  func scaleNumbers(_ own: [Float], _ kind: NumberKind) -> [Float] {
    switch choices.view.scaleScope {
    case .map: own
    case .shared: numbersOfBothViews.flatMap { $0.kind == kind ? $0.numbers : nil } ?? own
    case .locked: choices.view.lockedNumbers[kind] ?? own
    }
  }

  /// What the numbers of the large pane are of; nil while that is not known.
  private var shownNumberKind: NumberKind? {
    isExplanationShown
      ? shownExplanation.map { .explanation($0.sign) } : .attention(choices.selection.value)
  }

  /// The numbers of a locked scale; nil where a map has its own.
  func lockedNumbers(_ kind: NumberKind) -> [Float]? {
    choices.view.scaleScope == .locked ? choices.view.lockedNumbers[kind] : nil
  }

  /// The numbers of the large pane as they are drawn; nil where it draws none.
  func drawnNumbers(cache: inout RenderCache) -> SharedNumbers? {
    if isExplanationShown {
      guard let map = shownExplanation, let area = mapArea,
        let numbers = ExplanationDrawing.shownNumbers(self, in: area, cache: &cache)
      else { return nil }
      return SharedNumbers(kind: .explanation(map.sign), numbers: numbers)
    }
    guard choices.view.replacement == nil || isFigureShown else { return nil }
    let numbers: [Float]?
    if shownText != nil {
      numbers = shownMap == nil ? nil : textValues
    } else {
      switch mapView {
      case .shares: numbers = nil
      case .grid:
        numbers = gridTiles.flatMap { thumbnails($0) }?.numbers.values.flatMap { $0 }
      case .matrix: numbers = mainArea.flatMap { drawnMatrix(in: $0) }?.numbers
      case .one, .sideBySide, .row:
        numbers = mapViewport.flatMap { drawnMap($0, overlay: .off, cache: &cache)?.numbers }
      }
    }
    return numbers.map { SharedNumbers(kind: .attention(choices.selection.value), numbers: $0) }
  }

  /// The state as it is drawn: with the numbers of both views, where these have one scale.
  func sharingScale(cache: inout RenderCache) -> ExplorerState {
    guard choices.view.scaleScope == .shared, comparison == .beside, let other = pinnedState,
      let own = drawnNumbers(cache: &cache), let theirs = other.drawnNumbers(cache: &cache),
      own.kind == theirs.kind
    else { return self }
    var state = self
    state.numbersOfBothViews = SharedNumbers(
      kind: own.kind, numbers: own.numbers + theirs.numbers)
    return state
  }

  /// Locks the scale of numbers of a kind at the first that are seen.
  mutating func lockScale() {
    guard choices.view.scaleScope == .locked, let kind = shownNumberKind,
      choices.view.lockedNumbers[kind] == nil
    else { return }
    var cache = RenderCache()
    guard let drawn = drawnNumbers(cache: &cache), drawn.numbers.contains(where: \.isFinite)
    else { return }
    choices.view.lockedNumbers[drawn.kind] = drawn.numbers
  }

  /// Chooses whose numbers scales are fitted to.
  mutating func setScale(_ scope: ScaleScope) {
    choices.view.scaleScope = scope
    choices.view.lockedNumbers = [:]
    lockScale()
    message = .information(scope.meaning)
  }

  /// Goes to the next of the scales that there are at the moment.
  mutating func cycleScaleScope() {
    let all = ScaleScope.allCases.filter { $0 != .shared || pinned != nil }
    setScale(choices.view.scaleScope.next(among: all))
  }

  /// Whose scale is shown, in a word for the legend; nil where that goes without saying.
  var scaleWord: String? {
    switch choices.view.scaleScope {
    case .locked: "locked"
    case .shared where numbersOfBothViews != nil: "shared"
    case .shared, .map: pinned != nil && comparison == .beside ? "per map" : nil
    }
  }
}
