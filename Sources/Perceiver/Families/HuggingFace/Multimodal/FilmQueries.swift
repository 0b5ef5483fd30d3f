// What the multimodal autoencoder's decoder is asked: patches of sound, pixels, and the label.

import Tensors

/// The decoder's rows: of sound and pixels the features of their positions, of the label a row that
/// the model has learnt, each filled up to one width.
struct FilmQueries: PointQueries {
  let shape: FilmShape
  /// What the parameters' names begin with: `perceiver.decoder.`.
  let name: String

  private func padding(_ part: FilmShape.Part) -> ParameterSpecification {
    ParameterSpecification(
      name: "\(name)padding.\(part.rawValue)",
      shape: [1, shape.queryWidth - shape.queryWidth(part)],
      initialisation: .normal)
  }

  private var label: ParameterSpecification {
    ParameterSpecification(
      name: name + "modalities.label.decoder.output_position_encodings.position_embeddings",
      shape: [1, shape.labelChannels], initialisation: .normal)
  }

  var parameters: [ParameterSpecification] {
    [label] + FilmShape.Part.allCases.map(padding)
  }

  /// The label's row alone: `[items, channels]`.
  func label(items: Int, in pass: Pass) -> Variable {
    pass.parameter(label.name).beside(pass.parameter(padding(.label).name)).repeated(items: items)
  }

  /// The rows of points: those of sound, then of pixels, then the label's: `[points + 1, channels]`.
  ///
  /// - Throws: `ConfigurationError` where a point is none of the film's.
  func rows(_ points: FilmPoints, _ parameters: Parameters) throws -> Tensor {
    let (patches, pixels) = (shape.patches, shape.output.reduce(1, *))
    for (what, all, count) in [
      ("patches of sound", points.sound, patches), ("pixels", points.pixels, pixels),
    ] {
      if let other = all.first(where: { !(0..<count).contains($0) }) {
        throw ConfigurationError("queries: expected \(what) from 0 to \(count - 1), found \(other)")
      }
    }
    var values: [Float] = []
    values.reserveCapacity((points.count + 1) * shape.queryWidth)
    func fill(_ part: FilmShape.Part) { values += parameters[padding(part).name].values }
    let ends = (parameters[padding(.audio).name].values, parameters[padding(.image).name].values)
    let soundFrequencies = shape.soundPositions.frequencies
    for patch in points.sound {
      values += FourierEncoding.features(
        [Self.position(patch, of: patches)], [soundFrequencies])
      values += ends.0
    }
    let pixelFrequencies = shape.pixelPositions.map(\.frequencies)
    let (height, width) = (shape.output[1], shape.output[2])
    for pixel in points.pixels {
      let (line, x) = pixel.quotientAndRemainder(dividingBy: width)
      let (frame, y) = line.quotientAndRemainder(dividingBy: height)
      values += FourierEncoding.features(
        zip([frame, y, x], shape.output).map(Self.position), pixelFrequencies)
      values += ends.1
    }
    values += parameters[label.name].values
    fill(.label)
    return Tensor(shape: [points.count + 1, shape.queryWidth], values: values)
  }

  /// Not as on the input's side: the last one does not reach 1.
  private static func position(_ index: Int, of length: Int) -> Float {
    -1 + Float(2 * index) / Float(length)
  }
}

extension FourierEncoding {
  /// Features of one position in transformers' order: all coordinates, all sines axis by axis, all
  /// cosines.
  fileprivate static func features(_ position: [Float], _ frequencies: [[Float]]) -> [Float] {
    let angles = zip(position, frequencies).flatMap { coordinate, own in
      own.map { angle(coordinate, $0) }
    }
    return position + angles.map(sine) + angles.map(cosine)
  }
}
