// What the large pane shows of a map that explains: the part over the chosen kind of tokens, and of
// several frames the one that is seen.

import Perceiver
import Pictures
import Tensors

extension ExplorerState {
  /// Whether a map that explains takes the place of the stage's map.
  var isExplanationShown: Bool { isWhyShown || isThroughDecoderShown }

  /// A map that explains, where one takes the place of the stage's map; nil until it is computed.
  var shownExplanation: ExplanationMap? { isWhyShown ? shownWhy?.map : throughDecoder }

  /// What that map answers; nil until it is computed.
  var shownExplanationRequest: MapRequest? {
    isWhyShown
      ? shownWhy.map { open.request($0.request) }
      : throughDecoder.flatMap { _ in wantedThroughDecoder }
  }

  /// What the input is called as the ground of such a map.
  var tokenWords: TokenWords { run?.tokenWords ?? .picture }

  /// The part of a map over the input that lies over the chosen kind of tokens; all of it where they
  /// are of one kind. Nil where the map has no numbers of that kind: slopes by pixels are of the
  /// pictures alone.
  func shownPart(of map: Tensor) -> Tensor? {
    guard let kind = open.inputModality else { return map }
    guard map.isOfAllKinds(open.modalities) else { return kind.axes.count == 3 ? map : nil }
    return map.part(of: kind)
  }

  /// The shown map that explains, a number for each token of the shown kind: where it is finer than
  /// they are, the number at each token's place. Nil until it is computed.
  var explainedTokens: [Float]? {
    guard let part = shownExplanation.flatMap({ shownPart(of: $0.values) }) else { return nil }
    let (tokens, grid) = (KeyGrid(shape: open.tokenAxes), KeyGrid(shape: part.shape))
    let values = part.values
    guard tokens != grid, !choices.input.isText, !values.isEmpty else { return values }
    return (0..<tokens.frames * tokens.frameCount).map { key in
      let at = tokens.coordinate(of: key)
      return values[
        grid.key(
          column: at.column * grid.columns / tokens.columns, row: at.row * grid.rows / tokens.rows,
          frame: min(at.frame, grid.frames - 1))]
    }
  }

  /// How much of what the shown map has above zero lies on each kind of token; empty where all are of
  /// one kind, or the map is of one kind alone.
  var explanationShares: [(name: String, share: Double)] {
    let kinds = open.modalities
    guard !kinds.isEmpty, let map = shownExplanation?.values, map.isOfAllKinds(kinds) else {
      return []
    }
    let sums = map.withUnsafeElements { numbers in
      kinds.map { kind in
        numbers[kind.tokens].reduce(0.0) { $1.isFinite ? $0 + max(0, Double($1)) : $0 }
      }
    }
    let total = sums.reduce(0, +)
    return total > 0 ? zip(kinds, sums).map { ($0.name, $1 / total) } : []
  }
}
