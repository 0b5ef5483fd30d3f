// The paper's Figure 3 for any model and picture: the photo beside what many latents look at before
// the softmax, a row for each of some cross-attentions.

import Perceiver
import Pictures
import Tensors

package enum CrossAttentionFigure {
  /// A figure that cannot be made.
  package struct Impossible: Error, CustomStringConvertible {
    /// Why.
    package let description: String
  }

  /// Latents in a row unless said otherwise.
  package static let usualLatents = 32

  /// The stages whose maps lie over a picture: cross-attentions on an input of two axes.
  package static func stages(of run: PerceiverRun, axes: Int) -> [Int] {
    guard axes == 2 else { return [] }
    return run.stageIDs.filter { $0.kind == .crossAttention }.map(\.index)
  }

  /// The first, the second and the last of some stages, as the paper shows them.
  package static func usual(among stages: [Int]) -> [Int] {
    Array(stages.prefix(2)) + stages.dropFirst(2).suffix(1)
  }

  /// Makes the figure of stages that are computed.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - stages: Indices of cross-attentions, of which at least one is computed.
  ///   - heads: One head, or the mean; a head beyond a stage's last counts as that.
  ///   - latents: How many latents, spread evenly over all.
  ///   - name: What the input is called.
  ///   - photo: The photo; nil where there is none.
  ///   - appearance: How scores become colours.
  ///   - cancellation: Ends it early.
  /// - Throws: `Impossible`, `ComputationCancelled`.
  package static func make(
    of run: PerceiverRun, stages: [Int], heads: HeadSelection, latents: Int = usualLatents,
    name: String, photo: PixelImage?, appearance: MapAppearance, cancellation: Cancellation
  ) throws -> MapFigure {
    var panels: [MapFigure.Panel] = []
    for index in stages where run.stages.indices.contains(index) {
      let stage = run.stages[index]
      guard let attention = stage.attention, attention.mapShape.count == 2 else { continue }
      let chosen: HeadSelection =
        if case .one(let head) = heads { .one(min(head, attention.heads - 1)) } else { heads }
      let words =
        switch chosen {
        case .one(let head): "head \(head + 1) of \(attention.heads)"
        case .mean: attention.heads == 1 ? "head 1 of 1" : "mean of \(attention.heads) heads"
        }
      let count = min(latents, attention.mapCount)
      let tiles = try (0..<count).map { number in
        try cancellation.check()
        let latent = number * attention.mapCount / count
        let map = try attention.map(
          head: chosen, query: .one(latent), as: .scores, cancellation: cancellation)
        return MapFigure.Tile(map, label: "\(latent + 1)")
      }
      panels.append(
        MapFigure.Panel(
          caption: "\(stage.id.name): scores before the softmax, \(words), "
            + "\(count) of \(attention.mapCount) latents",
          tiles: tiles))
    }
    guard !panels.isEmpty else {
      throw Impossible(
        description: "expected cross-attentions over a picture, found none that is computed")
    }
    return MapFigure(
      title: "What latents look at in \(name)", photo: photo, panels: panels,
      appearance: appearance)
  }
}
