// A map that explains as a figure for a paper or a slide: photo, map, a bar of colours with numbers,
// and a caption. The program's exports and `explain --figure` draw the same.

import Inputs
import Perceiver
import Pictures
import Tensors

package enum ExplanationFigure {
  /// What the caption says besides the map's own sentence.
  package struct Facts: Sendable, Hashable {
    /// The method's name.
    package var method: String
    /// What the map is a mean over or how fine it is; nil where there is nothing to be said.
    package var extent: String?
    /// Which stage is meant, as in `after cross 1`; nil for all of them.
    package var stage: String?
    /// What is explained, as in `class 9 (Ankle boot)`; nil of methods that ask for nothing.
    package var target: String?
    /// The map's gain, insertion less deletion by hiding; nil where it is not known.
    package var gain: Double?
    /// That of a random order of pixels.
    package var randomGain: Double?
    /// What was changed of the run, in a sentence; nil where nothing was.
    var changes: String?
    /// The model in words; nil where the caption says nothing of it.
    package var model: String?

    /// What is known of a map that no method of the table made.
    init(method: String, stage: String?, target: String?) {
      (self.method, self.stage, self.target) = (method, stage, target)
    }

    /// What is known of a method's map of a run.
    ///
    /// - Parameter run: A complete run.
    package init(
      _ method: ExplanationMethod, _ settings: ExplanationSettings, _ target: ExplanationTarget,
      of run: PerceiverRun, gain: Double? = nil, randomGain: Double? = nil
    ) {
      self.method = method.name
      extent = method.extent(settings, run.tokenWords)
      stage = settings.stage.flatMap {
        run.stageIDs.indices.contains($0) ? "after " + run.stageIDs[$0].name : nil
      }
      self.target = method.asksForTarget ? (try? run.resolve(target))?.title : nil
      (self.gain, self.randomGain) = (gain, randomGain)
    }
  }

  /// The most frames of a film that are shown, spread evenly over all.
  private static let mostFrames = 32

  /// Lays out the figure of a map.
  ///
  /// - Parameters:
  ///   - name: What the input is called.
  ///   - photo: The photo, or a film's first frame; nil where there is none.
  ///   - text: The text that the map lies over; nil where it lies over something else.
  ///   - kinds: The kinds of tokens of the input, where there are several; a map that has not a number
  ///     for each of them is of the frames alone.
  ///   - scaleNumbers: The numbers that the scale is fitted to; the map's own if nil.
  package static func make(
    of map: ExplanationMap, _ facts: Facts, name: String, photo: PixelImage?,
    text: TokenText? = nil, kinds: [Modality] = [], appearance: MapAppearance,
    scaledAs scaleNumbers: [Float]? = nil
  ) -> MapFigure {
    /// The whole map, over characters or as pictures.
    func whole() -> [MapFigure.Tile] {
      text.map { [.init(over: $0, map.values.values)] } ?? tiles(map.values)
    }
    let panels =
      kinds.isEmpty || !map.values.isOfAllKinds(kinds)
      ? [MapFigure.Panel(caption: "", tiles: whole())]
      : kinds.map { .init(caption: $0.name, tiles: tiles(map.values.part(of: $0))) }
    return MapFigure(
      title: "\(name): \(facts.method)" + (facts.target.map { ", \($0)" } ?? ""), photo: photo,
      panels: panels, appearance: appearance, scale: .ofAllMaps(map.sign.span),
      scaledAs: scaleNumbers,
      notes: [map.sentence] + notes(facts))
  }

  /// A tile for each frame of a film, one for everything else.
  static func tiles(_ map: Tensor) -> [MapFigure.Tile] {
    let grid = KeyGrid(shape: map.shape)
    guard grid.frames > 1 else { return [MapFigure.Tile(map.asFlatMap, label: "")] }
    let count = min(grid.frames, mostFrames)
    return (0..<count).map { number in
      let frame = number * grid.frames / count
      return MapFigure.Tile(
        Tensor(shape: [grid.rows, grid.columns], values: grid.numbers(ofFrame: frame, in: map)),
        label: "frame \(frame + 1)")
    }
  }

  private static func notes(_ facts: Facts) -> [String] {
    var method = "Method: " + facts.method
    if let extent = facts.extent { method += ", \(extent)" }
    if let stage = facts.stage { method += ", \(stage)" }
    if let target = facts.target { method += ". Explained: \(target)" }
    var notes = [method + "."]
    if let gain = facts.gain {
      var line = "Gain (insertion less deletion, by hiding): \(Figures.number(gain, digits: 2))"
      if let random = facts.randomGain {
        line += "; of a random order: \(Figures.number(random, digits: 2))"
      }
      notes.append(line + ".")
    }
    if let changes = facts.changes { notes.append(changes) }
    if let model = facts.model { notes.append(AttentionFigure.note(ofModel: model)) }
    return notes
  }
}

extension ExplorerState {
  /// The picture that the shown map that explains lies over; nil where the input has none, or the map
  /// is of its sound or label.
  var explainedPhoto: PixelImage? {
    guard (open.inputModality?.axes.count ?? 3) == 3 else { return nil }
    return seenFrame
  }

  /// The shown map that explains, the finest as far as it is there, with what draws it: of several
  /// frames the one that is seen.
  func explanationDrawing(_ overlay: Overlay) -> MapDrawing? {
    guard let map = shownExplanation else { return nil }
    var alone = self
    alone.pinned = nil
    guard let values = shownPart(of: map.values) else { return nil }
    return MapDrawing(
      seenFrame(of: values), photo: explainedPhoto, appearance: choices.view.appearance,
      span: map.sign.span, scaledAs: lockedNumbers(.explanation(map.sign)), overlay: overlay,
      caption: ["\(choices.input.name): \(MapTitle.text(alone, width: 200))", map.sentence])
  }

  /// The same map as a figure, with all frames and kinds of tokens; nil while there is none.
  var explanationFigure: MapFigure? {
    guard let map = shownExplanation, var facts = explanationFacts else { return nil }
    (facts.changes, facts.model) = (changesNote, modelWords)
    return ExplanationFigure.make(
      of: map, facts, name: choices.input.name, photo: seenFrame, text: choices.input.text,
      kinds: open.modalities, appearance: choices.view.appearance,
      scaledAs: lockedNumbers(.explanation(map.sign)))
  }

  /// What a caption says of the shown map that explains; nil while there is none.
  var explanationFacts: ExplanationFigure.Facts? {
    guard let run = open.explainedRun else { return nil }
    if isThroughDecoderShown {
      return .init(
        method: "through-decoder", stage: throughDecoderReading.map { "by " + $0.name },
        target: throughDecoderWords)
    }
    guard let request = shownWhy?.request, let method = ExplanationMethod.named(request.method)
    else { return nil }
    return .init(
      method, request.settings, request.target, of: run, gain: mapTrust?.gain,
      randomGain: mapTrust?.randomGain)
  }

  /// What is read through the decoder, in words; nil where that is not shown.
  var throughDecoderWords: String? {
    switch throughDecoderSubject {
    case .outputs(let outputs)?: words(forOutputs: outputs)
    case .target(let target)?: run.flatMap { try? $0.resolve(target).title }
    case nil: nil
    }
  }

  /// Why the map that explains is not there, where one is shown.
  var absentWhy: String {
    if let map = shownExplanation, shownPart(of: map.values) == nil {
      return "this method's map is of the frames alone"
    }
    return isWhyShown && isWhyDeclined ? "the map was stopped" : "the map is not computed yet"
  }
}
