// An input as a model reads it: encoded, projected or embedded tokens, and output queries.

import Tensors

/// What a decoder is asked; other models ignore it.
public enum OutputQueries: Sendable {
  /// Nothing: the run ends with the latents.
  case none
  /// The place of every token of the input, as Fourier features: `[…axes, queries_dim]`.
  case positions
  /// These: `[…axes, queries_dim]`.
  case given(Tensor)
}

extension PerceiverConfiguration {
  /// What a decoder is asked where nobody says otherwise: the places of the input, if its queries
  /// have the channels of a place.
  public var ownQueries: OutputQueries {
    variant == .io && hasPositionQueries ? .positions : .none
  }

  /// Whether a decoder's queries have the channels of a place.
  var hasPositionQueries: Bool { queriesDim == placeChannels }
}

/// A batch of inputs of one shape, and what is asked of them.
struct PassInput: Sendable {
  /// `[items, …axes, channels]`; for a language model the numbers of tokens, `[items, tokens]`.
  let data: Tensor
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
  /// Standardised tokens with a 1 behind each, where the input's gradient is asked for:
  /// `[items × tokens, columns + 1]`.
  var standardised: Value?
  /// What the decoder is asked: `[items × queries, channels]`.
  let queries: Value?

  func map<Other>(_ transform: (Value) -> Other) -> ReadInput<Other> {
    ReadInput<Other>(
      tokens: tokens, data: data.map(transform), standardised: standardised.map(transform),
      queries: queries.map(transform))
  }
}

extension ReadInput: Sendable where Value: Sendable {}

extension Pass {
  /// Reads a batch: encodes, projects or embeds it.
  ///
  /// - Throws: `ComputationCancelled`.
  func read(_ input: PassInput) throws -> ReadInput<Variable> {
    func differentiated(_ rows: Variable) -> Variable {
      input.mark.map { tape.marking(rows, as: $0) } ?? rows
    }
    switch plan.configuration.variant {
    case .perceiver, .gated, .mixedLatents, .io:
      let axes = Array(input.data.shape.dropFirst().dropLast())
      let tables = plan.positionTables(axes)
      var tokens = Tokens(data: input.data, tables: tables, masks: input.masks)
      let queries = input.queries.map { tape.constant($0) }
      if input.mark != nil {
        let data = differentiated(tape.constant(input.data.asRows))
        let rows = try data.standardisedTokens(
          tables: tables, axes: axes, epsilon: NormBlock.epsilon)
        return ReadInput(tokens: tokens, standardised: rows, queries: queries)
      }
      // Structured dropout reads fewer tokens, instead of reading zeros (perceiver-pytorch 0.8.4).
      if let kept = dropouts?.keptTokens(plan.configuration, items: input.items, of: tokens) {
        tokens = tokens.keeping(kept)
      }
      return ReadInput(tokens: tokens, queries: queries)
    case .bottomUp:
      let axes = Array(input.data.shape.dropFirst().dropLast())
      let rows = differentiated(tape.constant(input.data.asRows))
      let projected = try rows.linearOfTokens(
        tables: plan.positionTables(axes), axes: axes, weight: parameter("data_proj.weight"),
        bias: parameter("data_proj.bias"))
      return ReadInput(
        tokens: Tokens(
          data: projected.value.reshaped([input.items] + axes + [projected.value.shape[1]]),
          tables: [], masks: input.masks),
        data: projected, queries: nil)
    case .languageModel:
      let length = input.data.shape[1]
      let words = parameter("token_emb.weight").rows(input.data.values.map { Int($0) })
      let places = parameter("pos_emb.weight").rows(
        (0..<input.items).flatMap { _ in 0..<length })
      let embedded = differentiated(words + places)
      return ReadInput(
        tokens: Tokens(
          data: embedded.value.reshaped([input.items, length, embedded.value.shape[1]]),
          tables: [], masks: input.masks),
        // A language model asks its decoder the tokens themselves.
        data: embedded, queries: embedded)
    }
  }
}

extension ModelPlan {
  /// Tables of position features, one for each axis of an input; none where places are not encoded.
  func positionTables(_ axes: [Int]) -> [Tensor] {
    guard configuration.positionChannels > 0 else { return [] }
    return axes.map { placeEncoding.table(length: $0) }
  }

  /// The encoding of places.
  var placeEncoding: FourierEncoding {
    FourierEncoding(
      bands: configuration.numFreqBands, maxFrequency: configuration.maxFreq,
      spacing: rules.bands)
  }
}

extension Tensor {
  /// All axes but the last as one.
  var asRows: Tensor { reshaped([shape.dropLast().reduce(1, *), shape.last ?? 1]) }
}

/// What a run is asked to read, and the model that says how.
struct InputRequest: Sendable {
  let input: Tensor
  let mask: TokenMask?
  let queries: OutputQueries
  let model: Perceiver

  /// The input as a batch of one.
  ///
  /// - Throws: `ConfigurationError` where the queries do not fit the model or the input.
  func batch() throws -> PassInput {
    PassInput(
      data: input.reshaped([1] + input.shape), masks: mask.map { [$0] },
      queries: try queryRows())
  }

  /// The axes of what a decoder is asked; nil where it is asked nothing.
  var queryAxes: [Int]? {
    switch (model.configuration.variant, queries) {
    case (.languageModel, _): input.shape
    case (.io, .given(let tensor)): Array(tensor.shape.dropLast())
    case (.io, .positions): Array(input.shape.dropLast())
    default: nil
    }
  }

  private func queryRows() throws -> Tensor? {
    let configuration = model.configuration
    guard configuration.variant == .io else { return nil }
    switch queries {
    case .none: return nil
    case .given(let tensor):
      guard tensor.shape.count >= 2, tensor.shape.last == configuration.queriesDim,
        tensor.count > 0
      else {
        throw ConfigurationError(
          "queries: expected shape [queries, \(configuration.queriesDim)] (queries_dim), "
            + "found \(tensor.shape)")
      }
      return tensor.asRows
    case .positions:
      guard configuration.hasPositionQueries else {
        throw ConfigurationError(
          "queries: expected queries_dim \(configuration.placeChannels) for the places of the "
            + "input, found \(configuration.queriesDim)")
      }
      let encoding = model.plan.placeEncoding
      return Tensor.places(input.shape.dropLast().map { encoding.table(length: $0) }).asRows
    }
  }

  /// Whether what is read is the same, bit for bit, in the other's model too.
  func givesSameTokens(as other: InputRequest) -> Bool {
    let (mine, theirs) = (model.configuration, other.model.configuration)
    guard mine.variant == theirs.variant, mine.positionChannels == theirs.positionChannels,
      mine.numFreqBands == theirs.numFreqBands, mine.maxFreq == theirs.maxFreq,
      mine.queriesDim == theirs.queriesDim,
      model.plan.rules.bands == other.model.plan.rules.bands, mask == other.mask,
      readsPlaces == other.readsPlaces, input.hasSameBits(as: other.input),
      queries.areSame(as: other.queries)
    else { return false }
    // What projects or embeds an input is made from parameters.
    let names = ["data_proj.weight", "data_proj.bias", "token_emb.weight", "pos_emb.weight"]
    return names.allSatisfy { name in
      switch (model.parameters.tensor(named: name), other.model.parameters.tensor(named: name)) {
      case (nil, nil): true
      case (let mine?, let theirs?): mine.hasSameBits(as: theirs)
      default: false
      }
    }
  }

  /// Whether some cross-attention gains by tokens as planes.
  var readsPlaces: Bool {
    let size = model.configuration.tokenSize(Array(input.shape.dropLast()))
    return model.plan.stages.contains { stage in
      guard case .crossAttention(let block) = stage.operation else { return false }
      return block.method(queries: model.configuration.numLatents, tokens: size) == .separable
    }
  }
}

extension OutputQueries {
  fileprivate func areSame(as other: OutputQueries) -> Bool {
    switch (self, other) {
    case (.none, .none), (.positions, .positions): true
    case (.given(let mine), .given(let theirs)): mine.hasSameBits(as: theirs)
    default: false
    }
  }
}
