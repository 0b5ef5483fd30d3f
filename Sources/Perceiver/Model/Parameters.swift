// A model's parameters by name, and what each must look like before it is there.

import Foundation
import Tensors

/// What a parameter is called, how large it is, and how an untrained model gets it.
struct ParameterSpecification: Sendable, Hashable {
  /// How torch initialises it.
  enum Initialisation: Sendable, Hashable {
    /// `torch.randn`.
    case normal
    /// `nn.Linear`'s weight: uniform by Kaiming's rule with a = √5, for so many inputs.
    case linearWeight(inputs: Int)
    /// `nn.Linear`'s bias: uniform within ±1/√inputs.
    case linearBias(inputs: Int)
    /// Uniform within ±1/√inputs: everything in a recurrent gate.
    case uniform(inputs: Int)
    /// 10000^(-2i/width) for each pair of channels: not drawn, but part of the file.
    case rotaryFrequencies(width: Int)
    /// Ones: a norm's gain.
    case ones
    /// Zeros: a norm's bias.
    case zeros
  }

  /// The name of release 0.11.0.
  let name: String
  let shape: [Int]
  let initialisation: Initialisation

  static func gain(_ name: String, _ count: Int) -> ParameterSpecification {
    .init(name: name, shape: [count], initialisation: .ones)
  }

  static func bias(_ name: String, _ count: Int) -> ParameterSpecification {
    .init(name: name, shape: [count], initialisation: .zeros)
  }

  /// A linear layer's weight `[outputs, inputs]` and, unless `biased` says otherwise, its bias.
  static func linear(
    _ name: String, inputs: Int, outputs: Int, _ biased: LinearBias = .with
  ) -> [ParameterSpecification] {
    let weight = ParameterSpecification(
      name: name + ".weight", shape: [outputs, inputs],
      initialisation: .linearWeight(inputs: inputs))
    guard biased == .with else { return [weight] }
    return [
      weight,
      .init(name: name + ".bias", shape: [outputs], initialisation: .linearBias(inputs: inputs)),
    ]
  }

  enum LinearBias { case with, without }
}

/// Parameters by the names of release 0.11.0; tied layers have one name for all.
struct Parameters: Sendable {
  private var tensors: [String: Tensor]

  init(_ tensors: [String: Tensor]) { self.tensors = tensors }

  /// The parameter of a name.
  ///
  /// - Precondition: It is one of the model's plan: a model is only made with all of them.
  subscript(name: String) -> Tensor {
    guard let tensor = tensors[name] else { preconditionFailure("no parameter \(name)") }
    return tensor
  }

  /// The parameter of a name that may not be one.
  func tensor(named name: String) -> Tensor? { tensors[name] }

  /// Drops one that is not needed any more.
  mutating func remove(_ name: String) { tensors[name] = nil }

  /// Whether all parameters are in memory.
  var areInMemory: Bool { tensors.values.allSatisfy(\.isInMemory) }

  /// Makes sure that parameters of a file are in memory.
  ///
  /// - Throws: `FileAccessError` if the file was written to since it was opened.
  func load(_ names: some Sequence<String>) throws {
    for name in names { try tensors[name]?.load() }
  }

  /// Makes sure that all parameters are in memory.
  ///
  /// - Throws: As for some.
  func load() throws {
    for tensor in tensors.values { try tensor.load() }
  }

  /// All of them, in order of their names.
  var named: [(name: String, tensor: Tensor)] {
    tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The elements of all parameters.
  var count: Int { tensors.values.reduce(0) { $0 + $1.count } }

  /// Draws parameters in order, as constructing the module in torch does.
  static func drawn(
    _ specifications: [ParameterSpecification], seed: UInt64, cancellation: Cancellation?
  ) throws -> Parameters {
    var generator = TorchGenerator(seed: seed)
    var tensors: [String: Tensor] = [:]
    for specification in specifications {
      try cancellation?.check()
      tensors[specification.name] = specification.drawn(from: &generator)
    }
    return Parameters(tensors)
  }
}

extension ParameterSpecification {
  fileprivate func drawn(from generator: inout TorchGenerator) -> Tensor {
    switch initialisation {
    case .normal:
      return generator.normal(shape: shape)
    case .linearWeight(let inputs):
      // torch computes the bound as √3 · (gain / √inputs) with gain = √(2 / (1 + 5)), which is
      // not always the double nearest to 1/√inputs.
      let gain = (2.0 / (1 + 5.0.squareRoot() * 5.0.squareRoot())).squareRoot()
      let bound = Float(3.0.squareRoot() * (gain / Double(inputs).squareRoot()))
      return generator.uniform(shape: shape, low: -bound, high: bound)
    case .rotaryFrequencies(let width):
      // torch: 1 / 10000 ** (arange(0, width, 2).float() / width), each step rounded.
      return Tensor(
        shape: shape,
        values: (0..<width / 2).map { 1 / pow(Float(10000), Float(2 * $0) / Float(width)) })
    case .linearBias(let inputs), .uniform(let inputs):
      let bound = Float(1 / Double(inputs).squareRoot())
      return generator.uniform(shape: shape, low: -bound, high: bound)
    case .ones:
      return Tensor(shape: shape, repeating: 1)
    case .zeros:
      return Tensor(shape: shape)
    }
  }
}

/// What was taken from a generator before a parameter is drawn: where this is the same, so are the
/// parameter's numbers.
private struct DrawingPosition: Hashable {
  private var uniform = 0
  // Not their sum: how many numbers a normal tensor takes depends on its size.
  private var normal: [Int] = []

  /// Goes on behind a parameter.
  mutating func pass(_ specification: ParameterSpecification) {
    let count = specification.shape.reduce(1, *)
    switch specification.initialisation {
    case .normal: normal.append(count)
    case .linearWeight, .linearBias, .uniform: uniform += count
    case .rotaryFrequencies, .ones, .zeros: break
    }
  }
}

extension ParameterSpecification {
  /// Whether random numbers are taken for it.
  fileprivate var isDrawn: Bool {
    switch initialisation {
    case .normal, .linearWeight, .linearBias, .uniform: true
    case .rotaryFrequencies, .ones, .zeros: false
    }
  }
}

extension ModelConfiguration {
  /// How many parameters of the untrained model are the very numbers that another configuration's model
  /// of the same seed has under the same names, and how many it has in all.
  ///
  /// - Throws: `ConfigurationError` if one of the configurations is impossible.
  package func parameters(keptFrom former: ModelConfiguration) throws -> (kept: Int, all: Int) {
    try validate()
    try former.validate()
    func placed(_ specifications: [ParameterSpecification]) -> [(
      specification: ParameterSpecification, position: DrawingPosition?
    )] {
      var position = DrawingPosition()
      return specifications.map { specification in
        defer { position.pass(specification) }
        return (specification, specification.isDrawn ? position : nil)
      }
    }
    let own = ModelPlan(self).parameters
    let others = Dictionary(
      placed(ModelPlan(former).parameters).map { ($0.specification, $0.position) },
      uniquingKeysWith: { first, _ in first })
    let kept = placed(own).filter { parameter in
      others[parameter.specification].map { $0 == parameter.position } ?? false
    }
    return (Int(kept.map(\.specification).elementCount), Int(own.elementCount))
  }
}
