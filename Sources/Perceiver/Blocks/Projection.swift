// A linear layer by the names of its parameters; several may share one stored weight.

import Tensors

/// `x · weightᵀ + bias`: a stored weight, or some of its rows.
struct Projection: Sendable, Hashable {
  /// The prefix of its parameters' names: `NAME.weight`, `NAME.bias`.
  let name: String
  let inputs: Int
  /// Rows of the stored weight.
  let stored: Int
  /// Those of them that are this layer's.
  let rows: Range<Int>
  let biased: ParameterSpecification.LinearBias

  /// A layer with a weight of its own, `[outputs, inputs]`.
  init(
    _ name: String, inputs: Int, outputs: Int, _ biased: ParameterSpecification.LinearBias = .with
  ) {
    (self.name, self.inputs, stored, rows) = (name, inputs, outputs, 0..<outputs)
    self.biased = biased
  }

  /// Some rows of a weight `[stored, inputs]` that has no bias.
  init(_ name: String, inputs: Int, rows: Range<Int>, of stored: Int) {
    (self.name, self.inputs, self.stored, self.rows) = (name, inputs, stored, rows)
    biased = .without
  }

  var outputs: Int { rows.count }
  var weightName: String { name + ".weight" }
  var biasName: String { name + ".bias" }

  /// The parameters that are stored; layers that share a weight name the same ones.
  var parameters: [ParameterSpecification] {
    ParameterSpecification.linear(name, inputs: inputs, outputs: stored, biased)
  }

  /// This layer and the next as one, where they are neighbours in one weight.
  func joined(with next: Projection) -> Projection? {
    guard name == next.name, biased == .without, rows.upperBound == next.rows.lowerBound else {
      return nil
    }
    return Projection(
      name, inputs: inputs, rows: rows.lowerBound..<next.rows.upperBound, of: stored)
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
    layer.biased == .with ? self[layer.biasName] : nil
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
    layer.biased == .with ? parameter(layer.biasName) : nil
  }
}
