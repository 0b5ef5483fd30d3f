// The large pane's title: exactly which numbers are shown.

import Perceiver
import Screens

enum MapTitle {
  /// The fullest title that fits; the briefest where none does.
  static func text(_ state: ExplorerState, width: Int) -> String {
    if state.isDifferenceShown { return ComparisonPane.title(state, width: width) }
    if state.isWhyShown { return WhyPane.title(state, width: width) }
    if state.areReadersShown { return PixelReadersPane.title(state) }
    if state.areHeadTilesShown { return HeadTilesPane.title(state) }
    if state.isHeadTableShown { return HeadsPane.title(state) }
    if state.isNumberTableShown { return NumberTablePane.title(state) }
    if state.isPatchShown { return PatchPane.title(state) }
    if state.areChannelsShown { return ChannelsPane.title(state, width: width) }
    if state.isThroughDecoderShown { return ThroughDecoderPane.title(state, width: width) }
    if state.isWholePhotoShown { return WholePhotoPane.title(state, width: width) }
    let texts = Brevity.allCases.map { text(state, $0) }
    return texts.first { $0.displayWidth <= width } ?? texts[texts.count - 1]
  }

  /// How much is said. What other panes say too is left out first.
  private enum Brevity: Int, CaseIterable, Comparable {
    /// `head 1 of 8`.
    case full
    /// `head 1/8`.
    case shortCounts
    /// `head 1`.
    case withoutCounts
    /// The legend has the scale's name.
    case withoutScale
    /// It has that of the numbers.
    case withoutValue
    /// The picture shows how much of it the map covers.
    case withoutOverlay

    static func < (left: Brevity, right: Brevity) -> Bool { left.rawValue < right.rawValue }

    /// A number, of how many.
    func number(_ number: Int, of count: Int) -> String {
      switch self {
      case .full: "\(number) of \(count)"
      case .shortCounts: "\(number)/\(count)"
      default: "\(number)"
      }
    }

    /// All of some things.
    func all(_ count: Int, _ thing: String) -> String {
      self < .withoutCounts ? "\(count) \(thing)s" : "\(thing)s"
    }
  }

  private static func text(_ state: ExplorerState, _ brevity: Brevity) -> String {
    let symbols = state.terminal.symbols
    if state.isReconstructionShown, let stageID = state.stageID {
      let words = ReconstructionPane.title(state)
      if state.isWholeFlowShown { return words }
      return "\(stageID.name) \(symbols.separator) \(words)"
        + (brevity == .full && stageID.kind != .decoderCrossAttention ? " after this stage" : "")
    }
    if let stageID = state.stageID, stageID.kind.mapGround == nil { return stageID.name }
    let view = state.choices.view
    var parts =
      state.stageID.map { [$0.name, heads(state, $0, brevity)] } ?? [state.choices.input.name]
    switch state.mapView {
    case .grid: parts.append(brevity.all(state.latentCount, state.mapOwner))
    case .matrix:
      let keys = state.stageID?.kind.mapGround == .outputs ? "outputs" : "latents"
      parts.append("latents \(symbols.times) \(keys)")
    case .one, .sideBySide: parts.append(queries(state, brevity))
    case .row: parts.append(DecoderRow.title(state))
    case .shares: parts.append("shares by kind")
    }
    if let kind = state.open.modality, state.mapView != .shares {
      parts.append("over " + kind.name)
    }
    let frames = max(
      state.keyGrid.frames, state.shownPhoto == nil ? 1 : state.choices.input.frames.count)
    if frames > 1, state.mapView != .shares {
      parts.append("frame " + brevity.number(state.choices.view.frame + 1, of: frames))
    }
    if brevity < .withoutOverlay, let run = state.shownMappedRun { parts.append(run.words) }
    if brevity < .withoutValue { parts.append(state.choices.selection.value.rawValue) }
    if brevity < .withoutScale { parts.append(view.transfer.rawValue) }
    if state.shownPhoto != nil, state.mapView == .one, view.overlay != .half,
      brevity < .withoutOverlay
    {
      parts.append(view.overlay.name)
    }
    if view.zoom > 1 && state.mapViewport != nil { parts.append("\(view.zoom)\(symbols.times)") }
    if isWaiting(state) {
      parts.append("\(state.spinner)" + (brevity < .withoutCounts ? " computing" : ""))
    }
    return parts.joined(separator: " \(symbols.separator) ")
  }

  /// Which map of attention the selection names, for captions: stage, heads, latents and numbers,
  /// whatever part of it is seen.
  static func caption(_ state: ExplorerState) -> String {
    guard let stageID = state.stageID else { return "no stage" }
    var parts = [stageID.name, heads(state, stageID, .full)]
    switch state.mapView {
    case .matrix:
      parts.append("latents by " + (stageID.kind.mapGround == .outputs ? "outputs" : "latents"))
    case .row: parts.append(DecoderRow.title(state))
    case .one, .sideBySide, .grid, .shares: parts.append(queries(state, .full))
    }
    if let kind = state.open.modality { parts.append("over " + kind.name) }
    if state.shownMappedRun == .changed { parts.append(MappedRun.changed.words) }
    return (parts + [state.choices.selection.value.rawValue]).joined(separator: ", ")
  }

  /// Whether what the title names is still being computed, of a stage that is there.
  private static func isWaiting(_ state: ExplorerState) -> Bool {
    guard state.stage != nil else { return false }
    return switch state.mapView {
    case .shares: state.shownShares == nil
    case .grid:
      state.gridTiles.map {
        state.wantedThumbnails($0).contains { state.open.pending.contains($0) }
      }
        ?? false
    case .matrix: state.shownMatrix == nil && !isDeclined(state.wantedMatrix, state)
    case .one, .sideBySide, .row:
      state.shownMap?.isWanted != true && !isDeclined(state.open.wantedMap, state)
    }
  }

  private static func isDeclined(_ request: MapRequest?, _ state: ExplorerState) -> Bool {
    request.map { state.open.declined.contains($0) } ?? false
  }

  private static func heads(
    _ state: ExplorerState, _ stageID: StageID, _ brevity: Brevity
  ) -> String {
    switch state.choices.selection.heads(at: stageID) {
    case .one(let head): "head " + brevity.number(head + 1, of: stageID.heads)
    case .mean: "mean of " + brevity.all(stageID.heads, "head")
    }
  }

  private static func queries(_ state: ExplorerState, _ brevity: Brevity) -> String {
    let count = state.latentCount
    // How many features there are is known once they are there.
    let isCounted = state.stage != nil || state.stageID?.kind != .linearAttention
    let brevity = isCounted ? brevity : max(brevity, .withoutCounts)
    return switch state.choices.selection.queries(of: count) {
    case .one(let latent): state.mapOwner + " " + brevity.number(latent + 1, of: count)
    case .mean: "mean of " + brevity.all(count, state.mapOwner)
    case .maximum: "maximum of " + brevity.all(count, state.mapOwner)
    }
  }
}
