// Choosing how maps are shown.

import Perceiver
import Pictures

extension CommandGroup {
  static let view = CommandGroup(
    "view", "choose how it is shown",
    [
      Command(
        "toggle-value", keys: [.character("p")], "probabilities, or scores before the softmax",
        footer: "scores", unless: \.reasonAgainstValue,
        .change { $0.choices.selection.value = $0.choices.selection.value.next }),
      Command(
        "value", takes: "probabilities | scores", "after or before the softmax",
        choices: { _ in AttentionValue.allCases.map(\.rawValue) },
        .set { state, arguments throws(CommandError) in
          state.choices.selection.value = try arguments.choice()
        }),
      Command(
        "cycle-transfer", keys: [.character("s")], "scale: linear, log, percentile",
        footer: "scale", unless: \.reasonAgainstTransfer,
        .change { $0.choices.view.transfer = $0.choices.view.transfer.next }),
      Command(
        "cycle-scale-scope", keys: [.character("S")],
        "scale of each map, of pinned and present view together, or locked as it is",
        .change { $0.cycleScaleScope() }),
      Command(
        "scale", takes: "linear | log | percentile | map | shared | locked",
        "how values become shades; whose numbers the scale is fitted to",
        choices: { _ in Transfer.allCases.map(\.rawValue) + ScaleScope.allCases.map(\.rawValue) },
        .set { state, arguments throws(CommandError) in
          let name = try arguments.name(
            among: Transfer.allCases.map(\.rawValue) + ScaleScope.allCases.map(\.rawValue))
          if let transfer = Transfer(rawValue: name) { state.choices.view.transfer = transfer }
          if let scope = ScaleScope(rawValue: name) { state.setScale(scope) }
        }),
      Command(
        "cycle-colours", keys: [.character("c")], "colour map", unless: \.reasonAgainstColours,
        .change { $0.choices.view.colours = $0.choices.view.colours.next }),
      Command(
        "colour", also: ["color", "colour-map", "color-map"], takes: "NAME",
        "choose the colour map",
        choices: { _ in ColourMap.allCases.map(\.rawValue) },
        .set { state, arguments throws(CommandError) in
          state.choices.view.colours = try arguments.choice()
          if let reason = state.reasonNoColours { state.message = .information(reason) }
        }),
      Command(
        "cycle-overlay", keys: [.character("o")],
        "map over the photo: off, half, full, map without the photo", footer: "overlay",
        unless: \.reasonAgainstOverlay,
        .change { $0.choices.view.overlay = $0.choices.view.overlay.next }),
      Command(
        "overlay", takes: "off | half | full | alone", "how much of the map covers the photo",
        choices: { _ in Overlay.allCases.map(\.rawValue) },
        .set { state, arguments throws(CommandError) in
          state.choices.view.overlay = try arguments.choice()
        }),
      Command(
        .cycleView, keys: [.character("v")],
        "one map, grid of latents, latent matrix, side by side", footer: "view",
        unless: \.reasonAgainstMaps,
        .change { $0.show($0.mapView.next(among: $0.availableViews)) }),
      Command(
        "view", takes: "one | grid | matrix | side | row | shares", "what the large pane shows",
        choices: { $0.availableViews.map(\.rawValue) },
        .set { state, arguments throws(CommandError) in try state.chooseView(arguments) }),
      Command(
        .toggleReconstruction, keys: [.character("R")],
        "the decoder's output after the stage: a picture, the flow, a frame of a film",
        footer: "reconstruction", unless: \.reasonAgainstReconstruction,
        .change { $0.toggleReconstruction() }),
      Command(
        .throughDecoder, keys: [.character("d")], takes: "[CLASS]",
        "through the decoder: what the answer, or the chosen outputs, read; CLASS: for and against it",
        footer: "decoder",
        choices: { $0.run?.model.configuration.classNames ?? [] },
        unless: \.reasonAgainstThroughDecoder,
        .set { state, arguments throws(CommandError) in
          try state.showThroughDecoder(arguments)
        }),
      Command(
        .wholePhoto, keys: [.character("O")],
        "the whole photo, with a frame around the part that the model reads", footer: "photo",
        unless: \.reasonAgainstWholePhoto, .change { $0.toggleWholePhoto() }),
      Command(
        "pin", keys: [.character("P")],
        "pin this view to compare it with what is shown next, or unpin it",
        unless: \.reasonAgainstPinning, .start { $0.togglePin() }),
      Command(
        "difference", keys: [.character("D")],
        "difference between the present view and the pinned one, or both views",
        footer: "difference",
        unless: \.reasonAgainstDifference, .change { $0.toggleDifference() }),
      Command(
        "toggle-grid", keys: [.character("g")],
        "grid of latents, or one map; twice in quick succession: the first latent", footer: "grid",
        unless: \.reasonAgainstMaps, .start { $0.toggleGridOrGoToFirst() }),
      Command(
        "figure3", keys: [.character("F")], takes: "[FILE [width=N]]",
        "photo beside many latents' scores, as in the paper's Figure 3; FILE writes it",
        unless: \.reasonAgainstFigure,
        Command.Action { state, arguments throws(CommandError) in
          if arguments.rest.isEmpty {
            state.toggleFigure()
            return []
          }
          return try state.exportFigure(.figure, arguments)
        }),
      Command(
        "zoom-in", keys: [.character("+"), .character("=")], "zoom in",
        counting: .repeats, unless: \.reasonAgainstZoom, .change { $0.zoom(by: 1) }),
      Command(
        "zoom-out", keys: [.character("-")], "zoom out", counting: .repeats,
        unless: \.reasonAgainstZoom, .change { $0.zoom(by: -1) }),
      Command(
        "whole-picture", keys: [.character("f")], "fit the whole picture", .change { $0.fit() }),
      Command(
        "zoom", takes: "in | out | fit | N [X Y]",
        "zoom in or out, or fit the picture; N times around a point in shares of width and height",
        choices: { _ in ["in", "out", "fit"] },
        .set { state, arguments throws(CommandError) in try state.zoom(arguments) }),
      Command(
        "next-frame", keys: [.character(".")], "next frame of a video",
        counting: .repeats, unless: \.reasonAgainstFrames,
        .change { $0.choices.view.frame += 1 }),
      Command(
        "previous-frame", keys: [.character(",")], "previous frame",
        counting: .repeats, unless: \.reasonAgainstFrames,
        .change { $0.choices.view.frame -= 1 }),
      Command(
        "play-frames", keys: [.character(";")], "play the frames of a video, or stop",
        unless: \.reasonAgainstFrames, .start { $0.toggleFramePlay() }),
      Command(
        "next-modality", keys: [.character("V")],
        "maps over frames, sound or the label, where the input has them", footer: "kind",
        unless: \.reasonAgainstModalities,
        .change { state in
          let names = state.open.modalities.map(\.name)
          state.choices.view.modality = (state.open.inputModality?.name ?? "frames").next(
            among: names)
        }),
      Command(
        "modality", takes: "NAME", "the kind of tokens over which maps are shown",
        choices: { $0.open.modalities.map(\.name) }, unless: \.reasonAgainstModalities,
        .set { state, arguments throws(CommandError) in
          let names = state.open.modalities.map(\.name)
          guard names.contains(arguments.rest) else {
            throw CommandError(
              "modality: expected one of \(names.joined(separator: ", ")), found "
                + arguments.found)
          }
          state.choices.view.modality = arguments.rest
        }),
      Command(
        "frame", takes: "N", "show a frame of a video, counted from 1",
        .set { state, arguments throws(CommandError) in
          let frames = KeyGrid(shape: state.choices.input.axes).frames
          state.choices.view.frame = try arguments.number("a frame", in: 1...max(1, frames)) - 1
        }),
    ])
}

extension ExplorerState {
  /// The views that make sense at the shown stage.
  var availableViews: [MapView] {
    if stageID?.kind == .decoderCrossAttention {
      if open.outputCount == 1 { return [.row, .matrix] }
      return open.outputsLieOverInput ? [.one, .grid, .row] : [.matrix, .one, .row]
    }
    guard !mapLiesOverLatents else { return [.matrix, .one] }
    let views: [MapView] =
      choices.input.hasPictures ? [.one, .grid, .sideBySide] : [.one, .grid]
    return open.modality == nil ? views : views + [.shares]
  }

  /// Shows a view at stages of the shown kind.
  mutating func show(_ view: MapView) {
    choices.view.replacement = nil
    if stageID?.kind == .decoderCrossAttention {
      // The output that the cursor is at is the one whose row is wanted; the grid on the way there puts
      // the cursor away.
      if [.row, .grid].contains(view), isProbing, !mapLiesOverLatents {
        choices.selection.output = probedKey
      }
      choices.view.decoderView = view
    } else if mapLiesOverLatents {
      choices.view.latentView = view
    } else {
      choices.view.crossView = view
    }
    message = .information(view.name)
  }

  /// Shows the view of a name, where the shown stage has it.
  fileprivate mutating func chooseView(_ arguments: CommandArguments) throws(CommandError) {
    let view: MapView = try arguments.choice()
    guard availableViews.contains(view) else {
      let views = availableViews.map(\.rawValue).joined(separator: ", ")
      let reason = view == .shares ? reasonAgainstShares : nil
      throw CommandError(
        "view \(view.rawValue): " + (reason ?? "\(stageID?.name ?? "this stage") has \(views)"))
    }
    show(view)
  }

  mutating func toggleReconstruction() {
    switch choices.view.replacement {
    case .reconstruction where flowTileCount > 1: choices.view.replacement = .wholeFlow
    case .reconstruction, .wholeFlow: choices.view.replacement = nil
    default: choices.view.replacement = .reconstruction
    }
    isProbing = false
    message = .information(
      isWholeFlowShown
        ? "the flow of the whole frames, tile by tile; \(keyName(.toggleReconstruction)) shows maps"
        : isReconstructionShown
          ? (givenPicture?.words ?? "")
            + (flowTileCount > 1
              ? "; \(keyName(.toggleReconstruction)) again: of the whole frames" : "")
          : mapView.name)
  }

  /// Shows the whole photo, or one map again.
  mutating func toggleWholePhoto() {
    let shows = choices.view.replacement != .wholePhoto
    choices.view.replacement = shows ? .wholePhoto : nil
    isProbing = false
    message = .information(shows ? "the photo as it was opened" : mapView.name)
  }

  /// Shows the latents' maps weighted by the decoder or by what they add to a class, or one map again.
  fileprivate mutating func showThroughDecoder(
    _ arguments: CommandArguments
  ) throws(CommandError) {
    if arguments.rest.isEmpty, isThroughDecoderShown {
      choices.view.replacement = nil
      message = .information(mapView.name)
      return
    }
    let target = try arguments.rest.isEmpty ? nil : run?.fixed(.init(classChoice(arguments)))
    choices.view.replacement = .throughDecoder(target)
    if !choices.input.isText { isProbing = false }
    if let run, !run.isComplete { go(to: stageIDs.count - 1) }
    message = .information(
      target == nil
        ? "the latents' maps, each weighted by how much the decoder reads its latent"
        : "the latents' maps, each weighted by how far its latent speaks for the class")
  }

  /// A class by its number, from 0, or by its name; a number of the output of a model without classes.
  func classChoice(
    _ arguments: CommandArguments
  ) throws(CommandError) -> ExplanationTarget.Choice {
    guard let run, run.hasOutput else {
      throw CommandError("\(arguments.name): the model scores no classes")
    }
    do {
      return try run.targetChoice(named: arguments.rest)
    } catch {
      throw CommandError("\(arguments.name): \(error)")
    }
  }

  /// Shows the photo beside many latents' scores at the nearest cross-attention, or one map again.
  mutating func toggleFigure() {
    guard !isFigureShown else {
      choices.view.replacement = nil
      message = .information(mapView.name)
      return
    }
    choices.view.replacement = .figure
    valueBeforeFigure = choices.selection.value
    (choices.selection.value, isProbing) = (.scores, false)
    if stageID?.kind != .crossAttention,
      let nearest = stageIDs.filter({ $0.kind == .crossAttention }).min(by: {
        abs($0.index - position) < abs($1.index - position)
      })
    {
      go(to: nearest.index)
    }
    message = .information(
      "scores of many latents; \(reachableKeyName("next-stage")) goes on, :figure3 FILE.svg writes all"
    )
  }

  /// Shows probabilities or scores as before the figure, which is of scores, where it was left.
  mutating func restoreValue(after former: Choices) {
    guard former.view.replacement == .figure, choices.view.replacement != .figure,
      let value = valueBeforeFigure
    else { return }
    if choices.selection.value == .scores { choices.selection.value = value }
  }

  /// Writes a figure: that of the cross-attentions that are computed, or of the map that explains.
  mutating func exportFigure(
    _ subject: ExportSubject, _ arguments: CommandArguments
  ) throws(CommandError) -> [ExplorerEffect] {
    let (path, width) = try arguments.figurePath()
    guard let format = ExportFormat(fileName: path), subject.formats.contains(format) else {
      throw CommandError(
        "\(path): expected a name that ends in "
          + subject.formats.map { "." + $0.ending }.joined(separator: ", "))
    }
    var request = ExportRequest(subject: subject, format: format, path: path)
    request.width = width ?? MapFigure.usualWidth
    return export(request)
  }

  mutating func toggleGrid() {
    guard !mapLiesOverLatents else {
      let other = availableViews.first { $0 != .matrix } ?? .one
      show(mapView == .matrix ? other : .matrix)
      return
    }
    show(mapView == .grid ? .one : .grid)
  }

  /// Shows the whole picture.
  mutating func fit() { (choices.view.zoom, choices.view.centre) = (1, ViewCentre()) }

  /// Zooms by a word.
  fileprivate mutating func zoom(_ arguments: CommandArguments) throws(CommandError) {
    switch arguments.rest {
    case "in": zoom(by: 1)
    case "out": zoom(by: -1)
    case "fit": fit()
    default:
      let words = arguments.words
      let centre = words.dropFirst().compactMap { Double($0) }
      guard let times = words.first.flatMap({ Int($0) }), (1...mostZoom).contains(times),
        [1, 3].contains(words.count), centre.count == words.count - 1,
        centre.allSatisfy({ (0...1).contains($0) })
      else {
        throw CommandError(
          "zoom: expected in, out, fit, or 1 to \(mostZoom) and a point such as 0.5 0.5, found "
            + arguments.found)
      }
      if let reason = reasonAgainstZoom, times > 1 { throw CommandError("zoom: \(reason)") }
      choices.view.zoom = times
      if times == 1 {
        choices.view.centre = ViewCentre()
      } else if centre.count == 2 {
        (choices.view.centre.x, choices.view.centre.y) = (centre[0], centre[1])
      }
    }
  }

  /// How often the picture may be doubled, as a factor.
  private var mostZoom: Int {
    let grid = KeyGrid(shape: open.tokenAxes)
    return max(1, max(grid.columns, grid.rows) / 4)
  }

  /// Doubles or halves the size of the picture's pixels.
  mutating func zoom(by steps: Int) {
    let grid = KeyGrid(shape: open.tokenAxes)
    let zoom = steps > 0 ? choices.view.zoom * 2 : choices.view.zoom / 2
    let allowed = min(max(1, zoom), mostZoom)
    if allowed == choices.view.zoom {
      message = .information(steps > 0 ? "no closer" : "the whole picture is shown")
    }
    choices.view.zoom = allowed
    if allowed == 1 { choices.view.centre = ViewCentre() }
    if isProbing && allowed > 1 {
      let at = grid.coordinate(of: probedKey)
      choices.view.centre.x = (Double(at.column) + 0.5) / Double(max(1, grid.columns))
      choices.view.centre.y = (Double(at.row) + 0.5) / Double(max(1, grid.rows))
    }
  }
}

extension CaseIterable where Self: Equatable {
  /// The case after this one, the first after the last.
  var next: Self { next(among: Array(Self.allCases)) }
}

extension Equatable {
  /// The one after this among some, the first after the last or if this is none of them.
  func next(among cases: [Self]) -> Self {
    guard !cases.isEmpty else { return self }
    let index = cases.firstIndex(of: self).map { ($0 + 1) % cases.count } ?? 0
    return cases[index]
  }
}
