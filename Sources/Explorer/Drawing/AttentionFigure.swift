// A map of attention as a figure for a paper or a slide: photo, map, a bar of colours with numbers, and
// a caption. The program's exports and `render --figure` draw the same.

import Inputs
import Perceiver
import Pictures
import Tensors

package enum AttentionFigure {
  /// Lays out the figure of a map.
  ///
  /// - Parameters:
  ///   - map: `[rows, columns]`, or `[frames, rows, columns]` of a film.
  ///   - value: Before or after the softmax.
  ///   - title: The input, the stage, the heads and the latents.
  ///   - photo: The photo that the map lies over, or a film's frame; nil where there is none.
  ///   - text: The text that the map lies over; nil where it lies over something else.
  ///   - scaleNumbers: The numbers that the scale is fitted to; the map's own if nil.
  ///   - notes: What is said below it, besides what the numbers are.
  package static func make(
    of map: Tensor, as value: AttentionValue, title: String, photo: PixelImage?, text: TokenText?,
    appearance: MapAppearance, scaledAs scaleNumbers: [Float]? = nil, notes: [String]
  ) -> MapFigure {
    let tiles =
      text.map { [MapFigure.Tile(over: $0, map.values)] } ?? ExplanationFigure.tiles(map)
    return MapFigure(
      title: title, photo: photo, panels: [.init(caption: "", tiles: tiles)],
      appearance: appearance, scale: .ofAllMaps(.leastToLargest), scaledAs: scaleNumbers,
      notes: [sentence(value)] + notes)
  }

  /// What the numbers are.
  static func sentence(_ value: AttentionValue) -> String {
    value == .probabilities
      ? "Attention weights, after the softmax." : "Attention scores, before the softmax."
  }

  /// What is said of the model.
  package static func note(ofModel words: String) -> String { "Model: \(words)." }
}

extension MapFigure.Tile {
  /// A map over a text, each character on the colour of the mean of its tokens' numbers.
  init(over text: TokenText, _ values: [Float]) {
    self.init(
      Tensor(shape: [1, values.count], values: values),
      over: text.pieces.map {
        .init($0.shown, number: $0.mean(of: values), endsLine: $0.endsLine)
      })
  }
}
