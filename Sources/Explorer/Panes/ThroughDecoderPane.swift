// What is read of the input through the decoder, over the picture or the text: weights of outputs on
// latents times the latents' maps, or what speaks for a class.

import Perceiver
import Pictures
import Screens

package enum ThroughDecoderPane: MainPane {
  package static let topic = "through the decoder"

  package static func isShown(_ state: ExplorerState) -> Bool { state.isThroughDecoderShown }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard let request = state.wantedThroughDecoder, let map = state.throughDecoder else {
      ExplanationDrawing.drawInput(state, in: area, on: &screen, cache: &cache)
      let words =
        state.stage == nil || state.isComputingStage
        ? MapPane.absence(state)
        : "\(state.spinner) reading through the decoder\(state.terminal.symbols.ellipsis)"
      return PaneText.note(words, state, in: area, on: &screen)
    }
    ExplanationDrawing.draw(map, of: request, state, in: area, on: &screen, cache: &cache)
    PaneText.note(map.sentence, state, in: area, on: &screen)
  }

  /// The large pane's title; where it is narrow, without the stage whose maps are summed.
  static func title(_ state: ExplorerState, width: Int) -> String {
    let separator = " \(state.terminal.symbols.separator) "
    let parts = titleParts(state)
    let full = parts.joined(separator: separator)
    return full.displayWidth <= width ? full : parts.prefix(2).joined(separator: separator)
  }

  private static func titleParts(_ state: ExplorerState) -> [String] {
    var parts = ["through the decoder"]
    switch state.throughDecoderSubject {
    case .outputs(let outputs)?: parts.append(state.words(forOutputs: outputs))
    case .target(let target)?:
      if case .number(let number) = target.choice {
        parts.append("for and against " + state.className(number))
      }
    case nil: break
    }
    if let run = state.shownMappedRun { parts.append(run.words) }
    if let reading = state.throughDecoderReading { parts.append("by " + reading.name) }
    if let kind = state.open.inputModality { parts.append("over " + kind.name) }
    if state.throughDecoder == nil { parts.append("\(state.spinner)") }
    return parts
  }

  static func drawLegend(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    ExplanationDrawing.drawLegend(
      words: "decoder's weights", state, in: area, on: &screen, cache: &cache)
  }
}

/// A decoder's row: what outputs read of every latent.
enum DecoderRow {
  static func title(_ state: ExplorerState) -> String {
    "what \(state.words(forOutputs: state.open.shownOutputs)) read"
      + (state.open.shownOutputs.count == 1 ? "s" : "")
  }

  static func caption(_ state: ExplorerState) -> String {
    "on latents 1 to \(state.latentCount); \(state.keyName(.toggleProbe)), then Enter opens one"
  }
}

extension ExplorerState {
  /// What latents are weighted by, where the map through the decoder is shown.
  var throughDecoderSubject: ThroughDecoder.Subject? {
    guard isThroughDecoderShown, case .throughDecoder(let target)? = choices.view.replacement
    else { return nil }
    if let target { return .target(target) }
    let chosen = outputsAtHand
    return .outputs(chosen.isEmpty ? open.shownOutputs : chosen)
  }

  /// The cross-attention whose maps are summed: the shown one, or the last.
  var throughDecoderReading: StageID? {
    stageID?.kind == .crossAttention ? stageID : stageIDs.last { $0.kind == .crossAttention }
  }

  /// The request for the map through the decoder, where it is shown and every stage is computed.
  var wantedThroughDecoder: MapRequest? {
    guard let subject = throughDecoderSubject, run?.isComplete == true else { return nil }
    return MapRequest(
      stage: 0, value: .probabilities,
      subject: .throughDecoder(subject, at: throughDecoderReading?.index),
      changed: open.decodedChanges?.generation)
  }

  /// The map through the decoder; nil until it is computed.
  var throughDecoder: ExplanationMap? {
    guard let request = wantedThroughDecoder, case .explanation(let map)? = open.answers[request]
    else { return nil }
    return map
  }

  /// Outputs in words: `the answer`, `output 3 of 2048`, `5 outputs`.
  func words(forOutputs outputs: [Int]) -> String {
    guard let count = open.outputCount, count > 1 else { return "the answer" }
    if outputs.count != 1 { return "\(outputs.count) outputs" }
    if let text = choices.input.text,
      let piece = text.pieces.first(where: { $0.tokens.contains(outputs[0]) })
    {
      return "token \(outputs[0]) \(piece.shown)"
    }
    return "output \(outputs[0] + 1) of \(count)"
  }

  /// A class's name, or its number where it has none; of a model without classes a number of its output.
  func className(_ number: Int) -> String {
    if let run, run.model.configuration.classCount == nil { return run.outputWords(number) }
    let names = run?.model.configuration.classNames ?? []
    return names.indices.contains(number) ? names[number] : "class \(number)"
  }
}
