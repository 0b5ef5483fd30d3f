// A linear layer by the names of its parameters; several may share one stored weight.

import Tensors

/// `x · weightᵀ + bias`: a stored weight, or some of its rows.
struct Projection: Sendable, Hashable {
  /// The weight's parameter, `[stored, inputs]`.
  let weightName: String
  /// The bias's, `[stored]`; nil for none.
  let biasName: String?
  let inputs: Int
  /// Rows of the stored weight.
  let stored: Int
  /// Those of them that are this layer's.
  let rows: Range<Int>

  /// A layer with a weight of its own, `[outputs, inputs]`: `NAME.weight`, and `NAME.bias`.
  init(
    _ name: String, inputs: Int, outputs: Int, _ biased: ParameterSpecification.LinearBias = .with
  ) {
    self.init(
      weight: name + ".weight", bias: biased == .with ? name + ".bias" : nil, inputs: inputs,
      outputs: outputs)
  }

  /// A layer whose weight and bias have names of their own.
  init(weight: String, bias: String?, inputs: Int, outputs: Int) {
    (weightName, biasName, self.inputs) = (weight, bias, inputs)
    (stored, rows) = (outputs, 0..<outputs)
  }

  /// Some rows of a weight `NAME.weight`, `[stored, inputs]`, that has no bias.
  init(_ name: String, inputs: Int, rows: Range<Int>, of stored: Int) {
    self.init(weight: name + ".weight", inputs: inputs, rows: rows, of: stored)
  }

  private init(weight: String, inputs: Int, rows: Range<Int>, of stored: Int) {
    (weightName, biasName, self.inputs) = (weight, nil, inputs)
    (self.stored, self.rows) = (stored, rows)
  }

  var outputs: Int { rows.count }

  /// The parameters that are stored; layers that share a weight name the same ones.
  var parameters: [ParameterSpecification] {
    [
      ParameterSpecification(
        name: weightName, shape: [stored, inputs], initialisation: .linearWeight(inputs: inputs))
    ]
      + (biasName.map {
        [
          ParameterSpecification(
            name: $0, shape: [stored], initialisation: .linearBias(inputs: inputs))
        ]
      } ?? [])
  }

  /// This layer and the next as one, where they are neighbours in one weight.
  func joined(with next: Projection) -> Projection? {
    guard weightName == next.weightName, biasName == nil,
      rows.upperBound == next.rows.lowerBound
    else { return nil }
    return Projection(
      weight: weightName, inputs: inputs, rows: rows.lowerBound..<next.rows.upperBound, of: stored)
  }

}

extension Parameters {
  /// A layer's weight, `[outputs, inputs]`.
  func weight(of layer: Projection) -> Tensor {
    let all = self[layer.weightName]
    return layer.rows == 0..<layer.stored ? all : all.rows(layer.rows)
  }

  /// A layer's bias, `[outputs]`; nil where it has none.
  func bias(of layer: Projection) -> Tensor? {
    layer.biasName.map { self[$0] }
  }
}

extension Pass {
  /// A linear layer of rows `[rows, inputs]`: `[rows, outputs]`.
  func linear(_ rows: Variable, _ layer: Projection) throws -> Variable {
    let weight = parameter(layer.weightName)
    return try rows.linear(
      layer.rows == 0..<layer.stored ? weight : weight.slice(rows: layer.rows),
      bias: bias(of: layer))
  }

  /// Two layers of the same rows side by side: `[rows, first.outputs + second.outputs]`.
  func linear(_ rows: Variable, _ first: Projection, _ second: Projection) throws -> Variable {
    if let both = first.joined(with: second) { return try linear(rows, both) }
    return try linear(rows, first).beside(linear(rows, second))
  }

  /// A layer behind a norm as one matrix over standardised rows with a 1 behind each:
  /// `[outputs, inputs + 1]`.
  ///
  /// - Parameter columns: Where each column of a row stands in the parameters' order; nil where
  ///   the orders are one.
  func folded(_ layer: Projection, behind norm: NormBlock, columns: [Int]?) -> Variable {
    var weight = parameter(layer.weightName)
    var (gain, bias) = (parameter(norm.name + ".weight"), parameter(norm.name + ".bias"))
    if let columns {
      weight = weight.gatheringColumns(columns)
      gain = gain.gatheringColumns(columns)
      bias = bias.gatheringColumns(columns)
    }
    return weight.foldingNorm(
      rows: layer.rows, gain: gain, bias: bias, layerBias: self.bias(of: layer))
  }

  private func bias(of layer: Projection) -> Variable? {
    layer.biasName.map { parameter($0) }
  }
}
