// The ways in which transformers' image classifiers make tokens of pixels.

import Tensors

/// `Conv2DDownsample`: a convolution of 7 × 7 in steps of 2, batch norm, rectifier, and the largest of
/// each 3 × 3 in steps of 2.
struct ConvolvedPixels: TokenPreparation {
  /// The prefix of its parameters' names.
  let name: String
  let inputs: Int
  let channels: Int

  private static let (side, stride, padding) = (7, 2, 3)
  private static let pool = (window: 3, stride: 2)

  var parameters: [ParameterSpecification] {
    let norm = name + ".batchnorm."
    return [
      ParameterSpecification(
        name: name + ".conv.weight", shape: [channels, inputs, Self.side, Self.side],
        initialisation: .linearWeight(inputs: inputs * Self.side * Self.side)),
      .gain(norm + "weight", channels), .bias(norm + "bias", channels),
      .bias(norm + "running_mean", channels), .gain(norm + "running_var", channels),
    ]
  }

  func tokenAxes(_ axes: [Int]) -> [Int] {
    axes.map { length in
      let convolved = Convolution.length(
        length, window: Self.side, stride: Self.stride, padding: Self.padding)
      return Convolution.length(
        convolved, window: Self.pool.window, stride: Self.pool.stride, padding: 0)
    }
  }

  func callAsFunction(_ data: Variable, in pass: Pass) throws -> Variable {
    let (norm, constants) = (name + ".batchnorm.", pass.tape.constants)
    return try data.convolution(
      pass.parameter(name + ".conv.weight"), stride: Self.stride, padding: Self.padding
    ).batchNorm(
      gain: pass.parameter(norm + "weight"), bias: pass.parameter(norm + "bias"),
      mean: constants[norm + "running_mean"], variance: constants[norm + "running_var"],
      epsilon: NormBlock.epsilon
    ).rectified().maxPool(window: Self.pool.window, stride: Self.pool.stride)
  }
}

/// Pixels through a linear layer (a convolution of 1 × 1), and behind them each pixel's learnt
/// position through another.
struct PositionedPixels: TokenPreparation {
  /// `[width, inputs, 1, 1]` and its bias.
  let pixels: Projection
  /// The parameter with a row for each position, `[count, width]`.
  let table: String
  let count: Int
  let projection: Projection

  var learnsPositions: Bool { true }
  var channels: Int { pixels.outputs + projection.outputs }

  var parameters: [ParameterSpecification] {
    let layer = pixels.parameters.map {
      $0.shape.count == 2
        ? ParameterSpecification(
          name: $0.name, shape: $0.shape + [1, 1], initialisation: $0.initialisation) : $0
    }
    return layer + [
      ParameterSpecification(
        name: table, shape: [count, projection.inputs], initialisation: .normal)
    ] + projection.parameters
  }

  func callAsFunction(_ data: Variable, in pass: Pass) throws -> Variable {
    let (items, shape) = (data.value.shape[0], data.value.shape)
    let rows = data.reshaped([shape.dropLast().reduce(1, *), pixels.inputs])
    let features = try rows.linear(
      pass.parameter(pixels.weightName).reshaped([pixels.outputs, pixels.inputs]),
      bias: pixels.biasName.map { pass.parameter($0) })
    let positions = try pass.linear(pass.parameter(table), projection)
    return features.beside(positions.repeated(items: items))
  }
}
