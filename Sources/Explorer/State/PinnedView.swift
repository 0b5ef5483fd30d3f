// A view that stays while one goes on: a second exploration, with its own run and answers.

import Perceiver
import Screens
import Tensors

/// How a pinned view and the present one are shown together.
public enum PinnedComparison: Sendable, Hashable {
  /// One on the left, the other on the right.
  case beside
  /// The present numbers less the pinned ones.
  case difference
}

/// The numbers of a map and what they are.
struct ComparedNumbers: Sendable {
  /// `[…axes]`.
  let values: Tensor
  /// Before or after the softmax; nil of a map that explains.
  let value: AttentionValue?
  /// What the map lies over.
  let ground: StageID.Kind.MapGround
  /// The question that they answer, and of which run.
  let source: Source

  /// What tells numbers apart without looking at them.
  struct Source: Hashable, Sendable {
    let generation: Int
    let request: MapRequest
    let kind: Modality?
  }

  /// Its axes and what they are of, in words: `16 × 16 over latents`.
  fileprivate var size: String {
    let axes = values.shape.map(String.init).joined(separator: " × ")
    return switch ground {
    case .tokens: "\(axes) over the input"
    case .latents: "\(axes) over latents"
    case .outputs: "\(axes) over outputs"
    }
  }
}

/// The numbers of two maps, one less the other.
struct MapDifference: Sendable {
  /// Present less pinned: `[…axes]` of the present map.
  let values: Tensor
  /// Pearson's correlation of the two maps; nil where one is constant or not finite.
  let correlation: Double?
  /// Whether both maps are equal.
  let isZero: Bool

  /// - Precondition: both maps have one shape.
  init(of present: Tensor, from pinned: Tensor) {
    var values = present
    values.add(pinned, times: -1)
    self.values = values
    isZero = values.withUnsafeElements { $0.allSatisfy { $0 == 0 } }
    let found = MapLikeness.pearson(present, pinned)
    correlation = found.isFinite ? found : nil
  }
}

extension ExplorerState {
  /// The state as it would be with the pinned exploration open: what draws it and asks for it.
  package var pinnedState: ExplorerState? {
    guard let pinned else { return nil }
    var other = self
    // The pinned view may leave room for a strip that the screen does not have, or the reverse.
    let area = layout.map { layout in
      comparison == .beside && !isPatchShown
        ? ComparisonPane.halves(self, of: layout.map).pinned : layout.map
    }
    (other.open, other.areaOfPinnedView, other.isProbing) = (pinned, area, false)
    let view = choices.view
    other.choices.view.scaleScope = view.scaleScope
    other.choices.view.lockedNumbers = view.lockedNumbers
    if view.scaleScope != .map {
      // One scale has one transfer, and one set of colours.
      (other.choices.view.transfer, other.choices.view.colours) = (view.transfer, view.colours)
    }
    return other
  }

  /// Whether this state is the one that draws the pinned view.
  var isDrawingPinned: Bool { areaOfPinnedView != nil }

  /// Whether the large pane shows the difference of two views.
  var isDifferenceShown: Bool {
    pinned != nil && comparison == .difference && !isDrawingPinned && !isPatchShown
  }

  /// The area of the large pane that the open exploration has.
  var mainArea: Rect? {
    if let areaOfPinnedView { return areaOfPinnedView }
    guard let area = layout?.map else { return nil }
    guard pinned != nil, comparison == .beside, !isPatchShown else { return area }
    return ComparisonPane.halves(self, of: area).present
  }

  /// The numbers that the large pane shows, before they are brought to its size; nil where it shows
  /// something else than one map, or while they are not there.
  var comparedNumbers: ComparedNumbers? {
    func compared(
      _ values: Tensor, _ value: AttentionValue?, over ground: StageID.Kind.MapGround,
      of request: MapRequest?, kind: Modality? = nil
    ) -> ComparedNumbers? {
      request.map {
        ComparedNumbers(
          values: values, value: value, ground: ground,
          source: .init(generation: open.generation, request: $0, kind: kind))
      }
    }
    if let map = shownExplanation, let part = shownPart(of: map.values) {
      return compared(
        part, nil, over: .tokens, of: shownExplanationRequest, kind: open.inputModality)
    }
    guard choices.view.replacement == nil, let ground = stageID?.kind.mapGround else { return nil }
    let value = choices.selection.value
    switch mapView {
    case .grid, .shares: return nil
    case .matrix:
      return shownMatrix.flatMap {
        compared($0.map.values, value, over: ground, of: wantedMatrix)
      }
    case .one, .sideBySide, .row:
      guard let shown = shownMap, shown.isWanted else { return nil }
      let (values, shape) = (shown.map.values, stage?.attention?.mapShape ?? [])
      return compared(
        shape.reduce(1, *) == values.count ? values.reshaped(shape) : values, value, over: ground,
        of: shown.request)
    }
  }

  /// The maps of the two views, which can be taken from each other.
  ///
  /// - Throws: `CommandError` that says why they cannot.
  func comparedMaps() throws(CommandError) -> (present: ComparedNumbers, pinned: ComparedNumbers) {
    guard let pinnedState else { throw CommandError("nothing is pinned") }
    guard let present = comparedNumbers else {
      throw CommandError(
        isAwaitingMap ? "computing the map" : "no difference: this view is no one map")
    }
    guard let pinned = pinnedState.comparedNumbers else {
      throw CommandError("no difference: the pinned view is no one map")
    }
    guard pinned.values.shape == present.values.shape, pinned.ground == present.ground else {
      throw CommandError(
        "no difference: the pinned map is \(pinned.size), this one \(present.size)")
    }
    guard pinned.value == present.value else {
      throw CommandError("no difference: other numbers are pinned")
    }
    return (present, pinned)
  }

  /// Why there is no difference of the two views; nil where there is one.
  var absentDifference: String? {
    do throws(CommandError) {
      _ = try comparedMaps()
      return nil
    } catch {
      return error.description
    }
  }

  /// The difference of the two views, or why there is none.
  func mapDifference(cache: inout RenderCache) -> Result<MapDifference, CommandError> {
    do throws(CommandError) {
      let (present, pinned) = try comparedMaps()
      return .success(
        cache.difference(.init(present: present.source, pinned: pinned.source)) {
          MapDifference(of: present.values, from: pinned.values)
        })
    } catch {
      return .failure(error)
    }
  }

  /// Pins the present view, or puts the pinned one away.
  mutating func togglePin() -> [ExplorerEffect] {
    if let kept = pinned {
      pinned = nil
      message = .information("the pinned view is put away")
      return kept.pending.map { .cancel(.answer($0)) }
    }
    var kept = open
    // Answers on their way to the open exploration are not the pinned one's.
    (kept.generation, kept.building, kept.isComputingStage) = (nextGeneration(), nil, false)
    // The run with changes stays as far as it is computed.
    kept.changed?.isComputing = false
    (kept.target, kept.pending, kept.progress, kept.declined) = (nil, [], [:], [])
    pinned = kept
    comparison = .beside
    message = .information(
      "pinned; go to another stage, head, latent, picture or model: "
        + "\(keyName("difference")) shows the difference")
    return []
  }

  /// Goes between both views and their difference.
  mutating func toggleDifference() {
    comparison = comparison == .beside ? .difference : .beside
    if comparison == .difference { isProbing = false }
  }

  var reasonAgainstPinning: String? {
    if pinned != nil { return nil }
    return stage == nil ? reasonAgainstStages ?? "this stage is not computed yet" : nil
  }

  var reasonAgainstDifference: String? {
    pinned == nil ? "no view is pinned; \(keyName("pin")) pins this one" : nil
  }
}

extension ExplorerState {
  /// What the pinned view still lacks at the size at which it is shown.
  mutating func pinnedEffects() -> [ExplorerEffect] {
    guard let other = pinnedState, let stage = other.stage else { return [] }
    return pinned?.mapEffects(wanted: other.wantedAnswers(at: stage.id)) ?? []
  }

  /// Takes in how far a question is that is on its way.
  mutating func note(_ done: Int, of total: Int, on request: MapRequest, generation: Int) {
    if generation == open.generation, open.pending.contains(request) {
      open.progress[request] = (done, total)
    } else if generation == pinned?.generation, pinned?.pending.contains(request) == true {
      pinned?.progress[request] = (done, total)
    }
  }

  /// Takes in an answer to a question of the open exploration or the pinned one.
  mutating func keep(_ outcome: Outcome<MapAnswer>, to request: MapRequest, generation: Int) {
    var problem: String?
    if generation == open.generation {
      problem = open.keepAnswer(outcome, to: request)
    } else if generation == pinned?.generation {
      problem = pinned?.keepAnswer(outcome, to: request) ?? nil
    }
    if let problem { message = .error(problem) }
  }
}
