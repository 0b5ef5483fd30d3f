// perceiver-pytorch's configuration as every family's: its answers, and its model as stages.

import Foundation
import Tensors

extension PerceiverConfiguration: FamilyConfiguration {
  static var catalog: [Hyperparameter] { HyperparameterCatalog.all }

  var title: String { variant.title }
  var word: String { variant.rawValue }

  var input: InputForm {
    variant == .languageModel
      ? .tokens(vocabulary: numTokens, longest: maxSeqLen)
      : .data(axes: inputAxes, channels: inputChannels)
  }

  var textForm: TextForm? {
    variant == .languageModel
      ? TextForm(offset: 0, start: nil, end: nil, mask: nil, specials: []) : nil
  }

  /// What a decoder is asked where nobody says otherwise: the positions of the input, if its
  /// queries have the channels of a position.
  public var ownQueries: OutputQueries {
    variant == .io && queriesDim == positionFeatures ? .positions : .none
  }

  var positionOutputs: Int? {
    guard variant == .io, queriesDim == positionFeatures else { return nil }
    return logitsDim > 0 ? logitsDim : queriesDim
  }

  var isDrawable: Bool { true }

  mutating func adapt(toAxes axes: Int, channels: Int) {
    (inputAxes, inputChannels) = (axes, channels)
  }

  mutating func adapt(toClasses names: [String]) {
    numClasses = names.count
    classNames = names
  }

  mutating func fitQueriesToPositions() {
    if variant == .io { queriesDim = positionFeatures }
  }

  var latents: ModelPlan.LatentArray {
    .init(name: prefix + "latents", count: numLatents, dim: latentDim)
  }

  var inputSide: any InputSide {
    let encoded = EncodedTokens(
      channels: inputChannels, axes: inputAxes,
      positions: positionChannels > 0 ? Array(repeating: positionEncoding, count: inputAxes) : [])
    switch variant {
    case .perceiver, .gated, .mixedLatents, .io: return encoded
    case .bottomUp:
      return ProjectedTokens(
        encoded: encoded,
        layer: Projection("data_proj", inputs: tokenChannels, outputs: tokenChannels))
    case .languageModel:
      return EmbeddedTokens(
        words: "token_emb.weight", vocabulary: numTokens, positions: "pos_emb.weight",
        longest: maxSeqLen, channels: dim)
    }
  }

  var queries: QueryPlan {
    switch variant {
    case .io: .given(channels: queriesDim, positions: positionEncoding)
    // A language model asks its decoder the tokens themselves.
    case .languageModel: .tokens
    default: .nothing
    }
  }

  var stages: [StagePlan] {
    let builder = StageBuilder(self)
    return switch variant {
    case .perceiver: builder.perceiverStages()
    case .gated: builder.gatedStages()
    case .mixedLatents: builder.mixedLatentsStages()
    case .bottomUp: builder.bottomUpStages()
    case .io, .languageModel: builder.decoderStages()
    }
  }

  var ending: Ending { StageBuilder(self).ending() }

  var mixing: ModelPlan.LayerMixing {
    guard withoutUnused.attnResidual else { return .none }
    // Perceiver IO's residuals begin with what the one cross-attention gives.
    return ReleaseRules(self).readsInputInEveryLayer ? .fromLatents : .fromFirstLayer
  }

  /// Perceiver IO's classes take no rate but that of the input.
  var dropout: ModelPlan.DropoutRates {
    .init(
      attention: variant.hasDecoder ? 0 : attnDropout,
      feedForward: variant.hasDecoder ? 0 : ffDropout,
      tokens: withoutUnused.seqDropoutProb)
  }

  /// All layers are of one shape, so one is made: the editor asks at every key.
  var tokenReader: AttentionBlock? {
    var shallow = self
    shallow.depth = 1
    return shallow.stages.lazy.compactMap(\.operation.tokenReader).first
  }

  /// What stands before the names of parameters: PerceiverLM holds a Perceiver IO.
  var prefix: String { variant == .languageModel ? "perceiver_io." : "" }

  /// The encoding of positions.
  var positionEncoding: FourierEncoding {
    FourierEncoding(
      bands: numFreqBands, maxFrequency: maxFreq,
      spacing: ReleaseRules(withoutUnused).bands)
  }
}

// MARK: - Parameters

extension PerceiverConfiguration {
  func parameters(of plan: ModelPlan) -> [ParameterSpecification] {
    let builder = StageBuilder(self)
    var all = variant == .languageModel ? plan.input.parameters : []
    all.append(plan.latents.parameter)
    all += builder.rotationParameters
    if variant == .bottomUp {
      all += plan.input.parameters + builder.bottomUpParameters
    } else {
      all += stagesAsDrawn(plan.stages).flatMap(\.parameters)
    }
    return all + plan.ending.parameters
  }

  /// Stages in the order in which the release makes their modules.
  private func stagesAsDrawn(_ stages: [StagePlan]) -> [StagePlan] {
    guard ReleaseRules(self).drawsLatentBlocksFirst else { return stages }
    let decoder = stages.filter { $0.id.kind == .decoderCrossAttention }
    let layers = (0..<depth).flatMap { layer in
      let own = stages.filter {
        $0.id.layer == layer && $0.id.kind != .decoderCrossAttention
      }
      return own.filter { $0.id.kind == .latentSelfAttention }
        + own.filter { $0.id.kind != .latentSelfAttention }
    }
    return layers + decoder
  }

  /// All layers are of one shape, so two models of one and two layers are counted: the editor asks
  /// at every key.
  var parameterCount: Double {
    func count(depth: Int) -> Double {
      var small = self
      (small.invertedCrossAttn, small.weightTieLayers, small.depth) = (.none, false, depth)
      return ModelPlan(ModelConfiguration(small)).parameters.elementCount
    }
    let one = count(depth: 1)
    let layers = ReleaseRules(self).tying.distinctLayers(of: depth)
    return one + (count(depth: 2) - one) * Double(layers - 1)
  }

  func storedName(of name: String) -> String {
    guard let parsed = LayerName(name), parsed.prefix == prefix, parsed.layer < depth else {
      return name
    }
    return parsed.shared(by: ReleaseRules(self).tying).name
  }
}

/// A name of release 0.11.0 as the layer that owns it, and perhaps its latent block, and what it is
/// there: `perceiver_io.layers.2.self_attns.1.0.norm.weight`.
struct LayerName: Hashable {
  /// `perceiver_io.`, or nothing.
  let prefix: String
  /// `layers` or `attn_residuals`.
  let list: String
  var layer: Int
  /// Among the layer's latent blocks; nil for what none of them owns.
  var block: Int?
  /// What the owner calls it.
  var parameter: String

  /// The parts of a name; nil for what no layer owns.
  init?(_ name: String) {
    // By bytes: a file's names are read so many times over.
    var parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)[...]
    func number(_ text: Substring.UTF8View) -> Int? {
      Int(Substring(text)).flatMap { "\($0)".utf8.elementsEqual(text) ? $0 : nil }
    }
    let isInner = parts.first?.elementsEqual("perceiver_io".utf8) ?? false
    prefix = isInner ? "perceiver_io." : ""
    if isInner { parts.removeFirst() }
    guard parts.count > 2, let list = parts.popFirst(),
      list.elementsEqual("layers".utf8) || list.elementsEqual(Self.residuals.utf8),
      let layer = parts.popFirst().flatMap(number), layer >= 0
    else { return nil }
    (self.list, self.layer) = (String(Substring(list)), layer)
    if parts.count > 2, parts[parts.startIndex].elementsEqual("self_attns".utf8),
      let block = number(parts[parts.startIndex + 1])
    {
      self.block = block
      parts.removeFirst(2)
    }
    parameter = String(name[parts[parts.startIndex].startIndex...])
  }

  /// What owns the parameters of attention residuals.
  static let residuals = "attn_residuals"

  /// The layer, or the block in it.
  var owner: String {
    "\(prefix)\(list).\(layer)" + (block.map { ".self_attns.\($0)" } ?? "")
  }

  var name: String { owner + "." + parameter }

  /// The name of the same parameter in another layer.
  func moved(toLayer layer: Int) -> LayerName {
    var result = self
    result.layer = layer
    return result
  }

  /// The name under which the parameter stands where layers share.
  func shared(by tying: WeightTying) -> LayerName {
    var result = self
    result.layer = tying.stored(layer: layer)
    result.block = block.map { tying.stored(block: $0, inLayer: layer) }
    return result
  }
}
