// The one map that is seen, as files hold it: its numbers at their own size, with what draws them.

import Inputs
import Perceiver
import Pictures
import Tensors

extension ExplorerState {
  /// The map that is seen with what draws it, at its own size: the difference of two views, a channel of
  /// positions, a map that explains, or the one that the selection names.
  ///
  /// - Throws: `CommandError` that says why there is none.
  func seenMap(_ overlay: Overlay) throws(CommandError) -> MapDrawing {
    if isDifferenceShown { return differenceDrawing(try difference(), overlay) }
    if areChannelsShown, let channels = positionChannels {
      return channelDrawing(channels, overlay)
    }
    guard let drawing = mapDrawing(overlay) else {
      throw CommandError(isExplanationShown ? absentWhy : "this map is not computed yet")
    }
    return drawing
  }

  /// The picture that the seen map lies over; nil where it lies over none.
  var seenMapPhoto: PixelImage? {
    if areChannelsShown, !isDifferenceShown {
      return KeyGrid(shape: positionChannels?.axes ?? []).rows > 1 ? seenFrame : nil
    }
    if isExplanationShown { return explainedPhoto }
    return shownText == nil ? shownPhoto : nil
  }

  /// The maps of the shown stage, of the run that is seen; nil while there are none.
  var seenMaps: LatentMaps? {
    open.mappedRun(through: position).flatMap { LatentMaps($0, at: position) }
  }

  /// Whether the seen map is drawn over a photo.
  var drawsSeenMapOverPhoto: Bool { seenMapPhoto != nil && choices.view.overlay != .alone }

  /// The picture of the input that is seen, of a film its frame; nil where it has none.
  var seenFrame: PixelImage? {
    let frames = choices.input.frames
    return frames.indices.contains(choices.view.frame) ? frames[choices.view.frame] : nil
  }

  /// The frame that is seen of numbers over an input: `[rows, columns]`.
  func seenFrame(of values: Tensor) -> Tensor {
    let grid = KeyGrid(shape: values.shape)
    return Tensor(
      shape: [grid.rows, grid.columns],
      values: grid.numbers(ofFrame: choices.view.frame, in: values))
  }
}

// MARK: - Difference

extension ExplorerState {
  /// The difference of the two views.
  ///
  /// - Throws: `CommandError` that says why there is none.
  func difference() throws(CommandError) -> MapDifference {
    var cache = RenderCache()
    return try mapDifference(cache: &cache).get()
  }

  private func differenceDrawing(_ difference: MapDifference, _ overlay: Overlay) -> MapDrawing {
    MapDrawing(
      seenFrame(of: difference.values), photo: seenMapPhoto, appearance: choices.view.appearance,
      span: .aroundZero, overlay: overlay,
      caption: ["\(choices.input.name): present less pinned"] + differenceNotes(difference))
  }

  /// What is said of a difference: which colour is which, what both views are, and how alike they are.
  func differenceNotes(_ difference: MapDifference) -> [String] {
    guard let pinnedState else { return [] }
    let correlation = difference.correlation.map { Figures.number(Float($0)) }
    return [
      "Present less pinned: warm where the present map is larger, cold where the pinned one is.",
      "Present: \(viewWords).", "Pinned: \(pinnedState.viewWords).",
      correlation.map { "Correlation of the two maps: \($0)." }
        ?? "The two maps have no correlation: one is constant.",
    ]
  }
}

// MARK: - Reconstructions

extension ExplorerState {
  /// What the decoder gives, whole: of a film the frame that is seen. Nil until all of it is there.
  var wholeReconstruction: Reconstruction? {
    guard case .frames(let height, let width)? = givenPicture else { return shownReconstruction }
    guard filmProgress.done == filmProgress.all, let picture = shownGivenPicture else { return nil }
    let values = wantedFilmPixels.flatMap { request -> [Float] in
      guard case .pixels(let made)? = open.answers[request] else { return [] }
      return made.values
    }
    return Reconstruction(
      values: Tensor(shape: [height, width, 3], values: values), picture: picture)
  }
}

// MARK: - Channels of positions

extension ExplorerState {
  /// A channel over all tokens of a frame: `[rows, columns]`.
  func values(ofChannel index: Int, _ channels: PositionChannels) -> Tensor {
    let grid = KeyGrid(shape: channels.axes)
    return Tensor(
      shape: [grid.rows, grid.columns],
      values: channels.pixels(
        of: index, columns: grid.columns, rows: grid.rows, frame: choices.view.frame))
  }

  /// What sines and cosines lie between.
  static let waveEnds: [Float] = [-1, 1]

  /// The colours of channels, whose scale is linear whatever that of maps is.
  var channelAppearance: MapAppearance {
    MapAppearance(transfer: .linear, colours: choices.view.colours)
  }

  private func channelDrawing(_ channels: PositionChannels, _ overlay: Overlay) -> MapDrawing {
    let index = chosenChannel(of: channels)
    return MapDrawing(
      values(ofChannel: index, channels), photo: seenMapPhoto, appearance: channelAppearance,
      scaledAs: Self.waveEnds, overlay: overlay,
      caption: ["\(choices.input.name): \(ChannelsPane.caption(index, of: channels))"])
  }
}
