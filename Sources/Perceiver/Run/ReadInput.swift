// An input as a model reads it: encoded, projected or embedded tokens, and output queries.

import Tensors

/// What a decoder is asked; other models ignore it.
public enum OutputQueries: Sendable {
  /// Nothing: the run ends with the latents.
  case none
  /// The position of every token of the input, as Fourier features: `[…axes, queries_dim]`.
  case positions
  /// These: `[…axes, queries_dim]`.
  case given(Tensor)
  /// Points of a film, of a model that reconstructs it; the label is asked for in any case.
  case points(FilmPoints)

  /// The points that are asked for.
  var points: FilmPoints {
    if case .points(let points) = self { points } else { FilmPoints() }
  }
}

/// A batch of inputs of one shape, and what is asked of them.
struct PassInput: Sendable {
  /// `[items, …axes, channels]`; for a language model the numbers of tokens, `[items, tokens]`.
  let data: Tensor
  /// Sound beside frames, `[items, samples]`; nil for silence.
  var sound: Tensor?
  /// For each item which tokens may be read; nil for all.
  var masks: [TokenMask]?
  /// What a decoder is asked of each item, `[items × queries, queries_dim]`; nil for nothing.
  var queries: Tensor?
  /// Where the gradient of the data, or of a language model's embedded tokens, is kept; nil where
  /// it is not asked for.
  var mark: Mark?

  var items: Int { data.shape[0] }
}

/// A batch, ready to be read by stages.
struct ReadInput<Value> {
  let tokens: Tokens
  /// Tokens as rows, where stages change them or they are embedded:
  /// `[items × tokens, channels]`.
  var data: Value?
  /// The channels that tokens have beside their positions, where gradients go on to what they were
  /// made from: `[items × tokens, channels]`.
  var channels: Value?
  /// What the decoder is asked: `[items × queries, channels]`.
  var queries: Value?

  func map<Other>(_ transform: (Value) -> Other) -> ReadInput<Other> {
    ReadInput<Other>(
      tokens: tokens, data: data.map(transform), channels: channels.map(transform),
      queries: queries.map(transform))
  }
}

extension ReadInput: Sendable where Value: Sendable {}

extension Pass {
  /// Reads a batch: encodes, projects or embeds it; what a decoder is asked comes along.
  ///
  /// - Throws: `ComputationCancelled`.
  func read(_ input: PassInput) throws -> ReadInput<Variable> {
    var read = try plan.input.read(input, in: self)
    switch plan.queries {
    case .nothing, .given: break
    case .tokens: read.queries = read.queries ?? read.data
    case .learnt(let name, let rows, _, let asked):
      let all = parameter(name)
      // Tokens are at most as many as there are rows.
      let count = asked == .all ? rows : input.data.count / input.items
      read.queries = (count == rows ? all : all.slice(rows: 0..<count)).repeated(
        items: input.items)
    case .points(let queries):
      read.queries = read.queries ?? queries.label(items: input.items, in: self)
    }
    return read
  }
}

/// What a run is asked to read, and the model that says how.
struct RunRequest: Sendable {
  let input: Tensor
  /// Sound beside frames, `[samples]`; nil for silence.
  var sound: Tensor?
  let mask: TokenMask?
  let queries: OutputQueries
  let model: Perceiver

  /// The input as a batch of one.
  ///
  /// - Throws: `ConfigurationError` where the queries do not fit the model or the input.
  func batch() throws -> PassInput {
    PassInput(
      data: input.reshaped([1] + input.shape), sound: sound?.reshaped([1, sound?.count ?? 0]),
      masks: mask.map { [$0] },
      queries: try queryRows())
  }

  /// The axes of what a decoder is asked; nil where it is asked nothing.
  var queryAxes: [Int]? {
    switch (model.plan.queries, queries) {
    case (.tokens, _): tokenAxes
    case (.learnt(_, let rows, _, .all), _): [rows]
    case (.learnt(_, _, _, .oneEachToken), _): tokenAxes
    case (.given, .given(let tensor)): Array(tensor.shape.dropLast())
    case (.given, .positions): tokenAxes
    case (.points, let queries): [queries.points.count + 1]
    case (.given, _), (.nothing, _): nil
    }
  }

  /// The axes of the input's tokens.
  private var tokenAxes: [Int] { model.plan.input.axes(of: input.shape) }

  private func queryRows() throws -> Tensor? {
    if case .points(let film) = model.plan.queries {
      guard case .points(let points) = queries else { return nil }
      return try film.rows(points, model.parameters)
    }
    guard case .given(let channels, let positions) = model.plan.queries else { return nil }
    switch queries {
    case .none, .points: return nil
    case .given(let tensor):
      guard tensor.shape.count >= 2, tensor.shape.last == channels, tensor.count > 0 else {
        throw ConfigurationError(
          "queries: expected shape [queries, \(channels)] (queries_dim), found \(tensor.shape)")
      }
      return tensor.asRows
    case .positions:
      let axes = tokenAxes
      guard model.plan.queries.hasPositions(axes: axes.count) else {
        throw ConfigurationError(
          "queries: expected queries_dim \(axes.count * positions.features) for the positions of the "
            + "input, found \(channels)")
      }
      return model.plan.queries.positions(axes)?.asRows
    }
  }

  /// Whether what is read is the same, bit for bit, in the other's model too.
  func givesSameTokens(as other: RunRequest) -> Bool {
    let (mine, theirs) = (model.plan, other.model.plan)
    guard mine.input.isSame(as: theirs.input), mine.queries == theirs.queries,
      mask == other.mask, readsPositions == other.readsPositions,
      input.hasSameBits(as: other.input), hasSameSound(as: other),
      queries.areSame(as: other.queries)
    else { return false }
    // What projects or embeds an input is made from parameters.
    return (mine.input.parameters + mine.queries.parameters).allSatisfy {
      model.parameters[$0.name].hasSameBits(as: other.model.parameters[$0.name])
    }
  }

  private func hasSameSound(as other: RunRequest) -> Bool {
    guard let sound, let theirs = other.sound else {
      return (sound == nil) == (other.sound == nil)
    }
    return sound.hasSameBits(as: theirs)
  }

  /// Whether some cross-attention gains by tokens as planes.
  var readsPositions: Bool {
    let size = model.plan.input.tokenSize(tokenAxes)
    return model.plan.stages.contains { stage in
      stage.operation.tokenReader?.method(queries: model.plan.latents.count, tokens: size)
        == .separable
    }
  }
}

extension OutputQueries {
  fileprivate func areSame(as other: OutputQueries) -> Bool {
    switch (self, other) {
    case (.none, .none), (.positions, .positions): true
    case (.given(let mine), .given(let theirs)): mine.hasSameBits(as: theirs)
    case (.points(let mine), .points(let theirs)): mine == theirs
    default: false
    }
  }
}
