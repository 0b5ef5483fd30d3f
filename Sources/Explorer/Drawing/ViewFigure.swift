// What is seen as a figure for a paper or a slide: the photo beside the map with a bar of colours and a
// caption, all heads or channels in rows, or a table with bars.

import Inputs
import Perceiver
import Pictures
import Tensors

/// Makes a figure, where that takes its time.
public struct FigureMaker: Sendable {
  /// Computes what is missing and lays everything out.
  let make: @Sendable (Cancellation) throws -> any Figure

  init(_ make: @escaping @Sendable (Cancellation) throws -> any Figure) { self.make = make }

  /// A figure that needs nothing computed.
  init(_ figure: any Figure) { make = { _ in figure } }
}

extension ExplorerState {
  /// What makes the figure of what is seen, and what of it is not known yet; nil if all is there.
  ///
  /// - Throws: `CommandError` that says why there is none.
  func viewFigure() throws(CommandError) -> (FigureMaker, gap: String?) {
    if areHeadTilesShown { return (try headMapsFigure(), nil) }
    if let name = nameOfShownTable {
      let shown = try seenTable()
      guard let figure = figure(of: shown) else {
        throw CommandError("\(name) has no figure; it is written as a table")
      }
      return (FigureMaker(figure), shown.gap)
    }
    return (try mapFigure(), nil)
  }

  /// The figure of a table; nil where it has none.
  private func figure(of shown: ShownTable) -> (any Figure)? {
    let title = "\(choices.input.name): \(shown.name)"
    let notes = shown.notes + [modelNote]
    switch shown.form {
    case .plain: return nil
    case .bars(let scales):
      return TableFigure(
        title: title, shown.table, scales: scales, most: shown.mostRows, notes: notes)
    case .matrix(let shares, let names):
      return MapFigure.matrix(
        of: shares, names: names, title: title, colours: choices.view.colours, notes: notes)
    }
  }

  private func mapFigure() throws(CommandError) -> FigureMaker {
    if isDifferenceShown { return FigureMaker(differenceFigure(try difference())) }
    if areChannelsShown, let channels = positionChannels { return channelFigure(channels) }
    if isReconstructionShown { return FigureMaker(try reconstructionFigure()) }
    if isExplanationShown {
      guard let figure = explanationFigure else { throw CommandError(absentWhy) }
      return FigureMaker(figure)
    }
    return isMatrixShown ? try matrixFigure() : FigureMaker(try attentionFigure())
  }

  /// Whether the large pane shows latents by latents, or by outputs.
  var isMatrixShown: Bool { mapLiesOverLatents && mapView == .matrix && !isExplanationShown }

  /// What is seen in words: the map's stage, head and latent, or what it explains, and the model.
  var viewWords: String {
    var parts = [choices.input.name]
    if isExplanationShown, let facts = explanationFacts {
      let changed = shownMappedRun == .changed ? MappedRun.changed.words : nil
      parts += [facts.method, facts.stage, facts.target, changed].compactMap(\.self)
    } else {
      parts.append(MapTitle.caption(self))
    }
    return (parts + [modelWords]).joined(separator: ", ")
  }

  /// The model and where its weights are from.
  var modelWords: String {
    "\(choices.settings.configuration.title), \(TitlePane.origin(self))"
      + (choices.settings.mask.map { ", mask \($0.name)" } ?? "")
  }

  private var modelNote: String { AttentionFigure.note(ofModel: modelWords) }

  /// What is said below maps of a run: what was changed of it, and the model.
  private var runNotes: [String] { [changesNote].compactMap(\.self) + [modelNote] }
}

// MARK: - Maps of attention

extension ExplorerState {
  /// The map that the selection names; of a film all its frames.
  private func attentionFigure() throws(CommandError) -> MapFigure {
    guard let shown = shownMap, shown.isWanted else {
      throw CommandError("this map is not computed yet")
    }
    let (grid, map) = (keyGrid, shown.map)
    var notes: [String] = []
    if choices.selection.value == .probabilities, choices.selection.latents != .maximum,
      let entropy = map.statistics.entropy
    {
      let tokens = mapLiesOverLatents ? "latents" : "\(tokenWord)s"
      let half = map.halfCount.map {
        "; half the weight lies in \(Figures.grouped($0)) of \(Figures.grouped(map.values.count)) "
          + tokens
      }
      notes.append(
        "Entropy \(Figures.number(entropy)) of \(Figures.number(map.statistics.largestEntropy)) nats"
          + (half ?? "") + ".")
    }
    let text = mapLiesOverLatents ? nil : choices.input.text
    return AttentionFigure.make(
      of: text == nil
        ? map.values.reshaped([grid.frames, grid.rows, grid.columns])
        : Tensor(shape: [1, textValues.count], values: textValues),
      as: choices.selection.value, title: "\(choices.input.name): \(MapTitle.caption(self))",
      photo: shownPhoto, text: text, appearance: choices.view.appearance,
      scaledAs: lockedNumbers(.attention(choices.selection.value)), notes: notes + runNotes)
  }

  /// A stage's latents by latents, averaged down where there are very many.
  private func matrixFigure() throws(CommandError) -> FigureMaker {
    guard let stageID, let maps = seenMaps else {
      throw CommandError("this stage is not computed yet")
    }
    let (heads, value) = (choices.selection.heads(at: stageID), choices.selection.value)
    let title = "\(choices.input.name): \(MapTitle.caption(self))"
    let (appearance, notes) = (choices.view.appearance, runNotes)
    let numbers = lockedNumbers(.attention(value))
    let keys = stageID.kind.mapGround == .outputs ? "outputs" : "latents"
    return FigureMaker { cancellation in
      let (matrix, size) = try maps.averagedMatrix(
        heads, longest: StageAttention.longestPictureSide, as: value, cancellation: cancellation)
      let rows =
        "A row for each latent, a column for each of the \(keys) that it reads or is read by"
        + (size > 1 ? "; means of \(size) x \(size)." : ".")
      return AttentionFigure.make(
        of: matrix, as: value, title: title, photo: nil, text: nil, appearance: appearance,
        scaledAs: numbers, notes: [rows] + notes)
    }
  }

  /// All heads of all computed stages, a row for each stage.
  private func headMapsFigure() throws(CommandError) -> FigureMaker {
    guard let run = open.explainedRun else { throw CommandError("no stage is computed yet") }
    let stages = headStages.filter { run.stages.indices.contains($0.index) }
    let labels = Dictionary(
      uniqueKeysWithValues: stages.flatMap { id in
        (0..<id.heads).map { head in
          let row = HeadTable.Row(stage: id.index, head: head)
          return (row, "head " + headLabel(row))
        }
      })
    let (kind, frame, value) = (open.inputModality, choices.view.frame, choices.selection.value)
    let title = "\(choices.input.name): all heads, \(value.rawValue)"
    let notes =
      [
        AttentionFigure.sentence(value)
          + " Over the input means over latents, of self-attention latents by latents; each map on a "
          + "scale of its own."
      ] + runNotes
    let appearance = choices.view.appearance
    // Maps of all stages are as large as each other.
    let columns = stages.map(\.heads).max()
    return FigureMaker { cancellation in
      let panels = try stages.compactMap { id -> MapFigure.Panel? in
        guard let maps = LatentMaps(run, at: id.index) else { return nil }
        let tiles = try (0..<maps.heads).map { head in
          try cancellation.check()
          return MapFigure.Tile(
            try maps.wholeMap(
              ofHead: head, id, frame: frame, of: kind, as: value, cancellation: cancellation),
            label: labels[HeadTable.Row(stage: id.index, head: head)] ?? "")
        }
        return MapFigure.Panel(caption: id.name, tiles: tiles, columns: columns)
      }
      return MapFigure(
        title: title, photo: nil, panels: panels, appearance: appearance, notes: notes)
    }
  }
}

extension LatentMaps {
  /// The longest side of latents by latents in a figure of all heads.
  private static let longestTileSide = 512

  /// What a head reads as a whole: over the input the mean over latents, of a frame of a kind of tokens;
  /// else latents by latents. `[rows, columns]`.
  fileprivate func wholeMap(
    ofHead head: Int, _ id: StageID, frame: Int, of kind: Modality?, as value: AttentionValue,
    cancellation: Cancellation
  ) throws -> Tensor {
    guard id.kind.mapGround == .tokens else {
      return try averagedMatrix(
        .one(head), longest: Self.longestTileSide, as: value, cancellation: cancellation
      ).values
    }
    let map = try map(head: .one(head), query: .mean, as: value, cancellation: cancellation)
      .part(of: kind)
    let grid = KeyGrid(shape: map.shape)
    return map.reshaped([grid.frames, grid.rows, grid.columns]).resampled(
      rows: grid.rows, columns: grid.columns, frame: min(frame, max(0, grid.frames - 1)))
  }
}

// MARK: - Reconstructions

extension ExplorerState {
  /// What the decoder gives after the shown stage, beside what was read.
  private func reconstructionFigure() throws(CommandError) -> MapFigure {
    guard let given = wholeReconstruction, let stageID else {
      throw CommandError("the reconstruction is not computed yet")
    }
    let error = reconstructionFigures?.squaredError.map {
      "Mean squared error: \(Figures.number($0))."
    }
    return MapFigure(
      title: "\(choices.input.name): \(ReconstructionPane.title(self)) after \(stageID.name)",
      photo: seenFrame,
      panels: [.init(caption: "", tiles: [.init(given.picture)])],
      appearance: choices.view.appearance, scale: .absent,
      notes: [error, modelNote].compactMap(\.self))
  }
}

// MARK: - Difference and channels

extension ExplorerState {
  private func differenceFigure(_ difference: MapDifference) -> MapFigure {
    let liesOverText = !mapLiesOverLatents || isExplanationShown
    let tiles =
      choices.input.text.flatMap { text in
        liesOverText
          ? [
            MapFigure.Tile(
              over: text, Array(difference.values.values.prefix(choices.input.tensor.count)))
          ] : nil
      } ?? ExplanationFigure.tiles(difference.values)
    return MapFigure(
      title: "\(choices.input.name): present less pinned", photo: seenMapPhoto,
      panels: [.init(caption: "", tiles: tiles)], appearance: choices.view.appearance,
      scale: .ofAllMaps(.aroundZero), notes: differenceNotes(difference))
  }

  /// The longest side of a channel among others.
  private static let longestChannelSide = 64

  /// The chosen channel beside the photo, or all of them.
  private func channelFigure(_ channels: PositionChannels) -> FigureMaker {
    let name = choices.input.name
    let notes = [
      "What the model is told of where tokens lie: the same for every input.", modelNote,
    ]
    func figure(_ title: String, _ photo: PixelImage?, _ tiles: [MapFigure.Tile]) -> MapFigure {
      MapFigure(
        title: title, photo: photo, panels: [.init(caption: "", tiles: tiles)],
        appearance: channelAppearance, scale: .ofAllMaps(.leastToLargest),
        scaledAs: Self.waveEnds, notes: notes)
    }
    guard !channelTable.isOpen else {
      let index = chosenChannel(of: channels)
      return FigureMaker(
        figure(
          "\(name): \(ChannelsPane.caption(index, of: channels))", seenMapPhoto,
          [.init(values(ofChannel: index, channels), label: "")]))
    }
    let grid = KeyGrid(shape: channels.axes)
    let longest = max(grid.rows, grid.columns)
    let scale = min(1, Double(Self.longestChannelSide) / Double(max(1, longest)))
    let rows = max(1, Int((Double(grid.rows) * scale).rounded()))
    let columns = max(1, Int((Double(grid.columns) * scale).rounded()))
    let tiles = channels.channels.indices.map { index in
      MapFigure.Tile(
        Tensor(
          shape: [rows, columns],
          values: channels.pixels(
            of: index, columns: columns, rows: rows, frame: choices.view.frame)),
        label: ChannelsPane.name(channels.channels[index], of: channels))
    }
    return FigureMaker(
      figure("\(name): \(channels.channels.count) channels of positions", nil, tiles))
  }
}
