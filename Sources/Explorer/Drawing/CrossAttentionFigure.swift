// The paper's Figure 3 for any model and picture: the photo beside what many latents look at before
// the softmax, a row for each of some cross-attentions.

import Inputs
import Perceiver
import Pictures
import Tensors

public enum CrossAttentionFigure {
  /// A figure that cannot be made.
  package struct Impossible: Error, CustomStringConvertible {
    /// Why.
    package let description: String
  }

  /// Latents in a row unless said otherwise.
  package static let usualLatents = 32

  /// Which picture of the input the maps lie over.
  public struct Ground: Sendable {
    /// The picture; nil where the input is none.
    let photo: PixelImage?
    /// Its number among the frames, from 0.
    let frame: Int
    /// How many pictures the input has.
    public let frames: Int
    /// The frames' tokens, where the input has other tokens too.
    let tokens: Modality?

    /// A frame of an input; nil where the input has no pictures and no rows.
    ///
    /// - Parameter frame: From 0; beyond the last it is that.
    package init?(_ input: Input, frame: Int, of configuration: ModelConfiguration) {
      guard !input.isText else { return nil }
      let kinds = configuration.modalities(inputAxes: input.axes)
      tokens = kinds.first { $0.axes.count == 3 }
      guard tokens != nil || kinds.isEmpty && (2...3).contains(input.axes.count) else { return nil }
      let pictures = input.frames
      frames = max(1, pictures.count)
      self.frame = max(0, min(frame, frames - 1))
      photo = pictures.indices.contains(self.frame) ? pictures[self.frame] : nil
    }

    /// The part of a map that lies over the picture: `[height, width]`; nil where none does.
    fileprivate func part(of map: Tensor) -> Tensor? {
      let map = map.part(of: tokens)
      guard (2...3).contains(map.shape.count) else { return nil }
      // Pairs of frames that are read together have one map for both.
      let isOneForAll = map.shape.count == 2
      guard isOneForAll || frame < map.shape[0] else { return nil }
      return map.resampled(
        rows: map.shape[map.shape.count - 2], columns: map.shape[map.shape.count - 1],
        frame: isOneForAll ? 0 : frame)
    }
  }

  /// The stages whose maps lie over the input.
  package static func stages(of run: PerceiverRun) -> [Int] {
    run.stageIDs.filter { $0.kind == .crossAttention }.map(\.index)
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
  ///   - ground: The picture that the maps lie over.
  ///   - appearance: How scores become colours.
  ///   - cancellation: Ends it early.
  /// - Throws: `Impossible`, `ComputationCancelled`.
  package static func make(
    of run: PerceiverRun, stages: [Int], heads: HeadSelection, latents: Int = usualLatents,
    name: String, over ground: Ground, appearance: MapAppearance, cancellation: Cancellation
  ) throws -> MapFigure {
    var panels: [MapFigure.Panel] = []
    for index in stages where run.stages.indices.contains(index) {
      let id = run.stageIDs[index]
      guard let attention = LatentMaps(run, at: index) else { continue }
      let chosen: HeadSelection =
        if case .one(let head) = heads { .one(min(head, attention.heads - 1)) } else { heads }
      let words =
        switch chosen {
        case .one(let head): "head \(head + 1) of \(attention.heads)"
        case .mean: attention.heads == 1 ? "head 1 of 1" : "mean of \(attention.heads) heads"
        }
      let count = min(latents, attention.mapCount)
      let tiles: [MapFigure.Tile] = try (0..<count).compactMap { number in
        try cancellation.check()
        let latent = number * attention.mapCount / count
        let map = try attention.map(
          head: chosen, query: .one(latent), as: .scores, cancellation: cancellation)
        return ground.part(of: map).map { MapFigure.Tile($0, label: "\(latent + 1)") }
      }
      guard !tiles.isEmpty else { continue }
      panels.append(
        MapFigure.Panel(
          caption: "\(id.name): scores before the softmax, \(words), "
            + "\(count) of \(attention.mapCount) latents",
          tiles: tiles))
    }
    guard !panels.isEmpty else {
      throw Impossible(
        description: "expected cross-attentions over a picture, found none that is computed")
    }
    let which = ground.frames > 1 ? ", frame \(ground.frame + 1) of \(ground.frames)" : ""
    return MapFigure(
      title: "What latents look at in \(name)\(which)", photo: ground.photo, panels: panels,
      appearance: appearance)
  }
}
