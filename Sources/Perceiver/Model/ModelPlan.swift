// A model as the list of its stages over shared building blocks. Running, counting, drawing
// parameters and reading checkpoints all read this list, which a family makes of a configuration.

import Tensors

/// The stages, the ends and the parameters of a model.
struct ModelPlan: Sendable {
  let configuration: ModelConfiguration
  let latents: LatentArray
  /// How an input becomes tokens.
  let input: any InputSide
  /// What a decoder is asked.
  let queries: QueryPlan
  let stages: [StagePlan]
  let ending: Ending
  let mixing: LayerMixing
  let dropout: DropoutRates

  /// The array that stages change: its parameter and its shape.
  struct LatentArray: Sendable, Hashable {
    let name: String
    let count: Int
    let dim: Int

    var parameter: ParameterSpecification {
      ParameterSpecification(name: name, shape: [count, dim], initialisation: .normal)
    }
  }

  /// Which outputs an attention residual mixes.
  enum LayerMixing: Sendable, Hashable {
    /// None: each stage reads what the one before it left.
    case none
    /// The initial latents', then each layer's.
    case fromLatents
    /// Each layer's.
    case fromFirstLayer
  }

  /// Shares that training drops.
  struct DropoutRates: Sendable, Hashable {
    /// Of attention weights.
    var attention = 0.0
    /// Of feed-forward outputs.
    var feedForward = 0.0
    /// Of the input's tokens.
    var tokens = 0.0
  }

  /// The plan of a configuration.
  init(_ configuration: ModelConfiguration) {
    self.configuration = configuration
    let base = configuration.base
    (latents, input, queries) = (base.latents, base.inputSide, base.queries)
    (stages, ending) = (base.stages, base.ending)
    (mixing, dropout) = (base.mixing, base.dropout)
  }

  /// Every distinct parameter in the order in which torch draws them; made anew at each call.
  var parameters: [ParameterSpecification] {
    var seen: Set<String> = []
    return configuration.base.parameters(of: self).filter { seen.insert($0.name).inserted }
  }

  /// The names of parameters that belong to no stage: latents, tables, the head.
  var namesOutsideStages: Set<String> {
    Set(parameters.map(\.name)).subtracting(stages.flatMap { $0.parameters.map(\.name) })
  }

  /// The name under which a parameter stands: with tying, one layer's for all that share it.
  func storedName(of name: String) -> String { configuration.base.storedName(of: name) }

  /// The sizes of a run over so many tokens.
  func size(tokens: Double) -> RunSize {
    RunSize(
      latents: Double(latents.count), tokens: tokens, outputs: queries.count(tokens: tokens))
  }
}

/// What a decoder is asked.
enum QueryPlan: Sendable, Equatable {
  /// Nothing: there is no decoder.
  case nothing
  /// What a person gives, of so many channels, or the positions of the input if their features are
  /// as many.
  case given(channels: Int, positions: FourierEncoding)
  /// The input's tokens.
  case tokens
  /// Rows that the model has learnt, `[rows, channels]`.
  case learnt(name: String, rows: Int, channels: Int, _ asked: Asked = .all)
  /// A label, and points where someone names them.
  case points(any PointQueries)

  /// Which of the rows that a model has learnt are asked.
  enum Asked: Sendable, Hashable {
    case all
    /// The first, one for each of the input's tokens.
    case oneEachToken
  }

  static func == (left: QueryPlan, right: QueryPlan) -> Bool {
    switch (left, right) {
    case (.nothing, .nothing), (.tokens, .tokens): true
    case (.given(let channels, let positions), .given(let others, let otherPositions)):
      channels == others && positions == otherPositions
    case (
      .learnt(let name, let rows, let channels, let asked),
      .learnt(let otherName, let otherRows, let otherChannels, let otherAsked)
    ):
      name == otherName && rows == otherRows && channels == otherChannels && asked == otherAsked
    case (.points(let queries), .points(let others)): queries.areSame(as: others)
    default: false
    }
  }

  /// Channels of queries that a person can give; nil where none can.
  var givenChannels: Int? {
    if case .given(let channels, _) = self { channels } else { nil }
  }

  /// How many are asked of an input of so many tokens: where each has a position, as many.
  func count(tokens: Double) -> Double {
    switch self {
    case .learnt(_, let rows, _, .all): Double(rows)
    case .points: 1
    case .nothing, .given, .tokens, .learnt: tokens
    }
  }

  /// Whether positions of an input of so many axes can be asked for.
  func hasPositions(axes: Int) -> Bool {
    guard case .given(let channels, let positions) = self else { return false }
    return channels == axes * positions.features
  }

  /// The features of every position: `[…axes, channels]`.
  ///
  /// - Precondition: `hasPositions` of as many axes.
  func positions(_ axes: [Int]) -> Tensor? {
    guard case .given(_, let positions) = self else { return nil }
    return Tensor.positions(axes.map { positions.table(length: $0) })
  }

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    switch self {
    case .learnt(let name, let rows, let channels, _):
      [ParameterSpecification(name: name, shape: [rows, channels], initialisation: .normal)]
    case .points(let queries): queries.parameters
    case .nothing, .given, .tokens: []
    }
  }
}
