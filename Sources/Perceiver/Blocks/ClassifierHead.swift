// What follows the last stage: a classifier, or a linear layer over outputs.

import Tensors

/// Mean over latents, norm, linear.
struct ClassifierHead: Sendable, Hashable {
  let norm: NormBlock
  let linear: Projection

  /// Classes that it scores.
  var classes: Int { linear.outputs }

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] { norm.parameters + linear.parameters }

  /// Logits `[items, classes]` from latents `[items × latents, dim]`.
  func callAsFunction(_ latents: Variable, items: Int, in pass: Pass) throws -> Variable {
    try pass.linear(norm(latents.meanOfItems(items), in: pass), linear)
  }
}

/// What follows the last stage.
enum Ending: Sendable {
  /// A classifier over the mean of the latents.
  case classifier(ClassifierHead)
  /// A linear layer over the decoder's outputs, nil for the outputs themselves, times a factor.
  case outputs(Projection?, factor: Float = 1)
  /// The decoder is asked one thing, and a linear layer makes logits of its output.
  case decodedClassifier(Projection)
  /// The decoder is asked for a label, and for points where someone names them.
  case points(any PointOutputs)
  /// Nothing: the latents.
  case latents

  /// Classes that the output scores; nil where it is no classifier.
  var classes: Int? {
    switch self {
    case .classifier(let head): head.classes
    case .decodedClassifier(let layer): layer.outputs
    case .points(let outputs): outputs.label.outputs
    case .outputs, .latents: nil
    }
  }

  /// Whether what comes out is what a decoder gives to each that asks.
  var isDecoded: Bool {
    switch self {
    case .outputs, .decodedClassifier, .points: true
    case .classifier, .latents: false
    }
  }

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    switch self {
    case .classifier(let head): head.parameters
    case .outputs(let layer, _): layer?.parameters ?? []
    case .decodedClassifier(let layer): layer.parameters
    case .points(let outputs): outputs.parameters
    case .latents: []
    }
  }

  /// Multiplications and additions.
  func flops(_ size: RunSize) -> Double {
    func flops(_ layer: Projection, rows: Double) -> Double {
      2 * rows * Double(layer.inputs) * Double(layer.outputs)
    }
    return switch self {
    case .classifier(let head): flops(head.linear, rows: 1)
    case .outputs(let layer?, _): flops(layer, rows: size.outputs)
    case .decodedClassifier(let layer): flops(layer, rows: 1)
    case .points(let outputs): flops(outputs.last, rows: 1) + flops(outputs.label, rows: 1)
    case .outputs(nil, _), .latents: 0
    }
  }

  /// The output: logits `[items, classes]`, a decoder's outputs `[items × queries, channels]`, or
  /// latents where there is neither.
  func callAsFunction(_ streams: Pass.Streams<Variable>, in pass: Pass) throws -> Variable {
    switch self {
    case .classifier(let head):
      try head(streams.latents, items: streams.tokens.items, in: pass)
    case .outputs(let layer, let factor):
      try decoded(streams, layer, in: pass).scaled(by: factor)
    case .decodedClassifier(let layer): try decoded(streams, layer, in: pass)
    case .points(let outputs):
      try streams.outputs.map {
        try outputs.logits($0, items: streams.tokens.items, in: pass)
      } ?? streams.latents
    case .latents: streams.latents
    }
  }

  /// Outputs through a last layer; latents where nothing was asked.
  private func decoded(
    _ streams: Pass.Streams<Variable>, _ layer: Projection?, in pass: Pass
  ) throws -> Variable {
    guard let outputs = streams.outputs else { return streams.latents }
    return try layer.map { try pass.linear(outputs, $0) } ?? outputs
  }
}
