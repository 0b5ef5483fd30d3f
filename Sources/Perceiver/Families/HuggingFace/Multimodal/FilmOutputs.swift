// What the multimodal autoencoder makes of its decoder's rows: samples of sound, colours of pixels, and
// the label's logits.

import Tensors

/// transformers' `PerceiverMultimodalPostprocessor` behind the decoder's last layer.
struct FilmOutputs: Sendable, Hashable {
  /// The decoder's last layer.
  let last: Projection
  let sound: Projection
  let pixels: Projection
  let label: Projection

  init(_ shape: FilmShape, prefix: String) {
    func layer(_ part: FilmShape.Part, _ outputs: Int) -> Projection {
      Projection(
        "\(prefix)output_postprocessor.modalities.\(part.rawValue).classifier",
        inputs: shape.outputChannels, outputs: outputs)
    }
    last = Projection(
      prefix + "decoder.decoder.final_layer", inputs: shape.queryWidth,
      outputs: shape.outputChannels)
    sound = layer(.audio, shape.patch)
    pixels = layer(.image, FilmShape.colours)
    label = layer(.label, shape.labels)
  }

  var parameters: [ParameterSpecification] {
    [last, sound, pixels, label].flatMap(\.parameters)
  }

  /// The label's logits `[items, labels]`, whose row is the last of each item's.
  func logits(_ rows: Variable, items: Int, in pass: Pass) throws -> Variable {
    let count = rows.value.shape[0] / items
    let own = count == 1 ? rows : rows.rows((1...items).map { $0 * count - 1 })
    return try pass.linear(pass.linear(own, last), label)
  }

  /// What points are, from the decoder's rows of them, sound first: samples and colours.
  func reconstructed(
    _ rows: Variable, _ points: FilmPoints, in pass: Pass
  ) throws -> FilmReconstruction {
    func values(_ range: Range<Int>, _ layer: Projection) throws -> Tensor {
      let part = pass.tape.constant(rows.value.rows(range))
      return try pass.linear(pass.linear(part, last), layer).value
    }
    return FilmReconstruction(
      sound: try values(0..<points.sound.count, sound),
      pixels: try values(points.sound.count..<points.count, pixels))
  }
}

/// Points of a film as a model reconstructs them, roughly from -1 to 1 and from 0 to 1: no number is cut
/// off there.
public struct FilmReconstruction: Sendable {
  /// `[patches, samples]`.
  public let sound: Tensor
  /// `[pixels, 3]`.
  public let pixels: Tensor
}

extension PerceiverRun {
  /// Points that are decoded at once, so that a whole frame needs little memory and can be stopped.
  private static let pointsAtOnce = 4096

  /// Points of the film as the model makes them of some latents; nothing else of it is decoded.
  ///
  /// - Parameters:
  ///   - points: Which; of a whole frame all its pixels, or every fourth.
  ///   - latents: `[latents, dim]`; those after the last computed stage if nil.
  ///   - progress: Told the share that is done.
  /// - Throws: `ConfigurationError` where the model reconstructs no film or has no such point,
  ///   `ComputationCancelled`.
  public func reconstruction(
    of points: FilmPoints, from latents: Tensor? = nil, cancellation: Cancellation? = nil,
    progress: (Double) -> Void = { _ in }
  ) throws -> FilmReconstruction {
    guard case .film(let queries) = model.plan.queries, case .film(let ending) = model.plan.ending
    else {
      throw ConfigurationError(
        "reconstruction: expected a model of films, found a \(model.configuration.title)")
    }
    let latents = latents ?? stages.last?.latents ?? initialLatents
    let workers = Workers(cancellation: cancellation)
    var (sound, pixels): ([Tensor], [Tensor]) = ([], [])
    for start in stride(from: 0, to: points.count, by: Self.pointsAtOnce) {
      progress(Double(start) / Double(points.count))
      let part = points.part(start..<min(points.count, start + Self.pointsAtOnce))
      let rows = try decoded(queries.rows(part, model.parameters), latents, workers: workers)
      let pass = Pass(model, workers: workers)
      let made = try ending.reconstructed(pass.tape.constant(rows), part, in: pass)
      sound.append(made.sound)
      pixels.append(made.pixels)
    }
    return FilmReconstruction(
      sound: sound.isEmpty ? Tensor(shape: [0, ending.sound.outputs]) : .joiningRows(sound),
      pixels: pixels.isEmpty ? Tensor(shape: [0, ending.pixels.outputs]) : .joiningRows(pixels))
  }

  /// The points that the run's decoder was asked for, once it is complete; nil where the model
  /// reconstructs no film.
  func reconstructedPoints() throws -> FilmReconstruction? {
    guard case .film(let ending) = model.plan.ending, let rows = stages.last?.outputs,
      isComplete
    else { return nil }
    let pass = Pass(model)
    return try ending.reconstructed(
      pass.tape.constant(rows.asRows), request.queries.points, in: pass)
  }
}

extension FilmPoints {
  /// Some of the points, those of sound first.
  fileprivate func part(_ range: Range<Int>) -> FilmPoints {
    let border = sound.count
    return FilmPoints(
      sound: Array(sound[min(range.lowerBound, border)..<min(range.upperBound, border)]),
      pixels: Array(
        pixels[max(range.lowerBound, border) - border..<max(range.upperBound, border) - border]))
  }
}

extension FilmShape {
  /// The pixels of a frame of the output, every so many along each side, row by row.
  func pixels(ofFrame frame: Int, step: Int) -> [Int] {
    stride(from: 0, to: output[1], by: step).flatMap { y in
      stride(from: 0, to: output[2], by: step).map { x in
        (frame * output[1] + y) * output[2] + x
      }
    }
  }
}
