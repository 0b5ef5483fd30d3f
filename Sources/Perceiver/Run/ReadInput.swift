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
    variant == .io && queriesDim == placeChannels ? .positions : .none
  }
}

/// What a run is asked to read, and the model that says how.
struct InputRequest: Sendable {
  let input: Tensor
  let mask: TokenMask?
  let queries: OutputQueries
  let model: Perceiver

  /// Whether what is read is the same, bit for bit, in the other's model too.
  func givesSameTokens(as other: InputRequest) -> Bool {
    let (mine, theirs) = (model.configuration, other.model.configuration)
    guard mine.variant == theirs.variant, mine.positionChannels == theirs.positionChannels,
      mine.numFreqBands == theirs.numFreqBands, mine.maxFreq == theirs.maxFreq,
      mine.queriesDim == theirs.queriesDim,
      model.plan.rules.bands == other.model.plan.rules.bands, mask == other.mask,
      model.readsPlaces(TokenSize(self)) == other.model.readsPlaces(TokenSize(other)),
      input.hasSameBits(as: other.input), queries.areSame(as: other.queries)
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

extension TokenSize {
  fileprivate init(_ request: InputRequest) {
    self = request.model.configuration.tokenSize(Array(request.input.shape.dropLast()))
  }
}

extension Perceiver {
  /// Whether some cross-attention gains by tokens as planes.
  fileprivate func readsPlaces(_ size: TokenSize) -> Bool {
    plan.stages.contains { stage in
      guard case .crossAttention(let block) = stage.operation else { return false }
      return block.method(queries: configuration.numLatents, tokens: size) == .separable
    }
  }
}

/// A model's input, ready to be read.
struct ReadInput: Sendable {
  let tokens: TokenContext
  /// All tokens as one matrix, where stages change them: `[tokens, channels]`.
  let data: Tensor?
  /// What the decoder is asked: `[…axes, channels]`.
  let queries: Tensor?

  init(_ request: InputRequest) throws {
    let (input, model) = (request.input, request.model)
    let (configuration, parameters) = (model.configuration, model.parameters)
    let visibility = TokenVisibility(request.mask)
    let axes = Array(input.shape.dropLast())
    let encoding = FourierEncoding(
      bands: configuration.numFreqBands, maxFrequency: configuration.maxFreq,
      spacing: model.plan.rules.bands)
    let tables = configuration.positionChannels > 0 ? axes.map { encoding.table(length: $0) } : []
    switch configuration.variant {
    case .perceiver, .gated, .mixedLatents, .io:
      tokens = TokenContext(
        data: input, tables: tables, visibility: visibility, isReadAsPlaces: model.readsPlaces)
      data = nil
    case .bottomUp:
      let projected = try Self.projected(input, tables: tables, parameters: parameters)
      tokens = TokenContext(
        data: projected.reshaped(axes + [projected.shape[1]]), tables: [], visibility: visibility)
      data = projected
    case .languageModel:
      let embedded = Self.embedded(input, parameters: parameters)
      tokens = TokenContext(data: embedded, tables: [], visibility: visibility)
      data = nil
      self.queries = embedded
      return
    }
    self.queries =
      configuration.variant == .io
      ? try Self.queries(request.queries, axes: axes, encoding: encoding, configuration) : nil
  }

  /// Data and positions through the linear layer of the bottom-up variant: `[tokens, channels]`.
  ///
  /// Position features depend on one coordinate each, so every table is projected on its own.
  private static func projected(
    _ input: Tensor, tables: [Tensor], parameters: Parameters
  ) throws -> Tensor {
    let (weight, bias) = (parameters["data_proj.weight"], parameters["data_proj.bias"])
    let workers = Workers()
    let axes = Array(input.shape.dropLast())
    let channels = input.shape[axes.count]
    var result = try input.reshaped([axes.reduce(1, *), channels])
      .linear(weight: weight.columns(0..<channels), bias: bias, workers: workers)
    var start = channels
    for (axis, table) in tables.enumerated() {
      let end = start + table.shape[1]
      let rows = try table.linear(weight: weight.columns(start..<end), workers: workers)
      result.addRows(rows, everyOf: axes, axis: axis)
      start = end
    }
    return result
  }

  /// Tokens' rows and places' rows of PerceiverLM's tables, added: `[tokens, dim]`.
  private static func embedded(_ input: Tensor, parameters: Parameters) -> Tensor {
    let (words, places) = (parameters["token_emb.weight"], parameters["pos_emb.weight"])
    let rows = input.values.map { words.rows(Int($0)..<Int($0) + 1) }
    var result = Tensor.joiningRows(rows)
    result.add(places.rows(0..<input.count))
    return result
  }

  private static func queries(
    _ queries: OutputQueries, axes: [Int], encoding: FourierEncoding,
    _ configuration: PerceiverConfiguration
  ) throws -> Tensor? {
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
      return tensor
    case .positions:
      guard configuration.queriesDim == configuration.placeChannels else {
        throw ConfigurationError(
          "queries: expected queries_dim \(configuration.placeChannels) for the places of the "
            + "input, found \(configuration.queriesDim)")
      }
      let tables = axes.map { encoding.table(length: $0) }
      return Tensor.places(tables)
    }
  }
}
