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

  /// How it is called on screen.
  var name: String { self == .map ? "per map" : rawValue }

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

/// The numbers of a scale that several maps have. Equal ones are of the same sources.
struct SharedNumbers: Sendable, Hashable {
  /// What some of them are of.
  enum Source: Sendable, Hashable {
    /// A map as it is drawn: tells them from others without looking at them.
    case map(RenderCache.NumbersKey)
    /// A session, which keeps the numbers alone.
    case session([Float])
  }

  let kind: NumberKind
  let sources: [Source]
  private let parts: [[Float]]

  init(_ kind: NumberKind, _ parts: [[Float]], of maps: [RenderCache.NumbersKey]) {
    self.init(kind, parts, sources: maps.map(Source.map))
  }

  /// Those that a session kept.
  init(_ kind: NumberKind, ofSession numbers: [Float]) {
    self.init(kind, [numbers], sources: [.session(numbers)])
  }

  private init(_ kind: NumberKind, _ parts: [[Float]], sources: [Source]) {
    (self.kind, self.parts, self.sources) = (kind, parts, sources)
  }

  /// All of them.
  var numbers: [Float] { parts.count == 1 ? parts[0] : parts.flatMap { $0 } }

  /// These and others of the same kind.
  func together(with other: SharedNumbers) -> SharedNumbers {
    SharedNumbers(kind, parts + other.parts, sources: sources + other.sources)
  }

  static func == (left: SharedNumbers, right: SharedNumbers) -> Bool {
    left.kind == right.kind && left.sources == right.sources
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    hasher.combine(sources)
  }
}

extension ExplorerState {
  /// The numbers that a scale of some kind is fitted to; nil where each map has its own.
  func scale(of kind: NumberKind) -> SharedNumbers? {
    switch choices.view.scaleScope {
    case .map: nil
    case .shared: numbersOfBothViews.flatMap { $0.kind == kind ? $0 : nil }
    case .locked: choices.view.lockedNumbers[kind]
    }
  }

  /// What the numbers of the large pane are of; nil while that is not known.
  private var shownNumberKind: NumberKind? {
    isExplanationShown
      ? shownExplanation.map { .explanation($0.sign) } : .attention(choices.selection.value)
  }

  /// The numbers of a locked scale; nil where a map has its own.
  func lockedNumbers(_ kind: NumberKind) -> [Float]? {
    choices.view.scaleScope == .locked ? choices.view.lockedNumbers[kind]?.numbers : nil
  }

  /// The numbers of the large pane as they are drawn; nil where it draws none.
  func drawnNumbers(cache: inout RenderCache) -> SharedNumbers? {
    if isExplanationShown {
      guard let map = shownExplanation, let area = mapArea,
        let numbers = ExplanationDrawing.shownNumbers(self, in: area, cache: &cache)
      else { return nil }
      return SharedNumbers(
        .explanation(map.sign), [numbers.values], of: [numbers.key])
    }
    guard choices.view.replacement == nil || isFigureShown else { return nil }
    let kind = NumberKind.attention(choices.selection.value)
    if shownText != nil {
      return shownMap.map {
        SharedNumbers(
          .attention($0.request.value), [textValues], of: [numbersKey($0.request, in: nil)])
      }
    }
    switch mapView {
    case .shares: return nil
    case .grid:
      guard let tiles = gridTiles, let page = thumbnailNumbers(tiles) else { return nil }
      return SharedNumbers(kind, tiles.latents.compactMap { page.numbers[$0] }, of: page.keys)
    case .matrix:
      return mainArea.flatMap { matrixNumbers(in: $0, cache: &cache) }.map {
        SharedNumbers(kind, [$0.values], of: [$0.key])
      }
    case .one, .sideBySide, .row:
      // Until a map of other numbers is there, the former one is seen.
      guard let shown = shownMap, let viewport = mapViewport else { return nil }
      return mapNumbers(viewport, cache: &cache).map {
        SharedNumbers(.attention(shown.request.value), [$0.values], of: [$0.key])
      }
    }
  }

  /// What numbers are made of that are drawn in a viewport; as they are if that is nil.
  func numbersKey(
    _ request: MapRequest, frame: Int? = nil, in viewport: Viewport?, kind: Modality? = nil,
    head: Int? = nil
  ) -> RenderCache.NumbersKey {
    RenderCache.NumbersKey(
      request: request, generation: open.generation, frame: frame ?? shownFrame,
      viewport: viewport, kind: kind, head: head)
  }

  /// The state as it is drawn: with the numbers of both views, where these have one scale.
  func sharingScale(cache: inout RenderCache) -> ExplorerState {
    guard choices.view.scaleScope == .shared, comparison == .beside, let other = pinnedState,
      let own = drawnNumbers(cache: &cache), let theirs = other.drawnNumbers(cache: &cache),
      own.kind == theirs.kind
    else { return self }
    var state = self
    state.numbersOfBothViews = own.together(with: theirs)
    return state
  }

  /// Locks the scale of numbers of a kind at the first that are seen.
  mutating func lockScale() {
    guard choices.view.scaleScope == .locked, let kind = shownNumberKind,
      choices.view.lockedNumbers[kind] == nil
    else { return }
    var cache = RenderCache()
    guard let drawn = drawnNumbers(cache: &cache), drawn.kind == kind,
      drawn.numbers.contains(where: \.isFinite)
    else { return }
    choices.view.lockedNumbers[drawn.kind] = drawn
  }

  /// Chooses whose numbers scales are fitted to. Among the maps of heads a map's own scale, and one for
  /// all of a kind, are chosen for them alone: other views keep theirs.
  mutating func setScale(_ scope: ScaleScope) {
    if areHeadTilesShown, scope != .locked {
      headTable.scaleScope = scope
      message = .information(
        scope == .shared ? "all maps of a kind have one scale" : scope.meaning)
      return
    }
    if areHeadTilesShown { headTable.scaleScope = nil }
    choices.view.scaleScope = scope
    choices.view.lockedNumbers = [:]
    lockScale()
    message = .information(scope.meaning)
  }

  /// Whose numbers the scales of the maps of heads are fitted to.
  var headScaleScope: ScaleScope { headTable.scaleScope ?? choices.view.scaleScope }

  /// Goes to the next of the scales that there are now.
  mutating func cycleScaleScope() {
    // Among the maps of heads it is each map's, or one for all of a kind.
    if areHeadTilesShown { return setScale(headScaleScope.next(among: [.map, .shared])) }
    let all = ScaleScope.allCases.filter { $0 != .shared || pinned != nil }
    setScale(choices.view.scaleScope.next(among: all))
  }

  /// Whose scale is shown, in a word for the legend; nil where that goes without saying.
  var scaleWord: String? {
    switch choices.view.scaleScope {
    case .locked: ScaleScope.locked.name
    case .shared where numbersOfBothViews != nil: ScaleScope.shared.name
    case .shared, .map: pinned != nil && comparison == .beside ? ScaleScope.map.name : nil
    }
  }
}
