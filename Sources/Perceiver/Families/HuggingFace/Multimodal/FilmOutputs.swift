// What the multimodal autoencoder makes of its decoder's rows: samples of sound, colours of pixels, and
// the label's logits.

import Tensors

/// transformers' `PerceiverMultimodalPostprocessor` behind the decoder's last layer.
struct FilmOutputs: PointOutputs {
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
