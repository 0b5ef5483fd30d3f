// transformers' Perceiver as stages: one cross-attention, a block of self-attentions that is applied
// several times, and a decoder (models/perceiver/modeling_perceiver.py of transformers 5).

import Tensors

extension HuggingFaceConfiguration {
  var latents: ModelPlan.LatentArray {
    .init(name: kind.prefix + "embeddings.latents", count: numLatents, dim: latentDim)
  }

  var inputSide: any InputSide {
    switch kind {
    case .bare: EncodedTokens(channels: modelDim, axes: 1, positions: [])
    case .imageFourier: EncodedTokens(channels: 3, axes: 2, positions: positions)
    case .imageConvolution:
      PreparedTokens(
        preparation: ConvolvedPixels(
          name: preprocessor + "convnet", inputs: 3, channels: pixelChannels), positions: positions)
    case .opticalFlow:
      PreparedTokens(
        preparation: PatchedFrames(
          layer: Projection(
            preprocessor + "conv_after_patches",
            inputs: PatchedFrames.frames * PatchedFrames.patch, outputs: pixelChannels)),
        positions: positions, columns: FourierEncoding.columns(positions, data: pixelChannels))
    case .multimodal: FilmTokens(shape: film, name: preprocessor)
    case .imageLearned:
      PreparedTokens(
        preparation: PositionedPixels(
          pixels: Projection(preprocessor + "convnet_1x1", inputs: 3, outputs: pixelChannels),
          table: preprocessor + "position_embeddings.position_embeddings", count: positionCount,
          projection: Projection(
            preprocessor + "positions_projection", inputs: pixelChannels, outputs: pixelChannels)),
        positions: [])
    case .maskedLanguage, .sequenceClassification:
      EmbeddedTokens(
        words: preprocessor + "embeddings.weight", vocabulary: vocabulary,
        positions: preprocessor + "position_embeddings.weight", longest: longest, channels: modelDim
      )
    }
  }

  private var preprocessor: String { kind.prefix + "input_preprocessor." }

  /// The encoding of each axis; none where positions are learnt or absent.
  var positions: [FourierEncoding] {
    switch kind {
    case .imageFourier: Array(repeating: FourierEncoding(bands: 64, maxFrequency: 224), count: 2)
    case .imageConvolution:
      Array(repeating: FourierEncoding(bands: 64, maxFrequency: 56), count: 2)
    case .opticalFlow:
      frameSize.map { FourierEncoding(bands: 64, maxFrequency: Double($0)) }
    default: []
    }
  }

  /// Channels of a token as the encoder reads it.
  var tokenChannels: Int {
    switch kind {
    case .bare, .maskedLanguage, .sequenceClassification: modelDim
    case .imageFourier: 3 + positions.reduce(0) { $0 + $1.features }
    case .imageConvolution, .opticalFlow: pixelChannels + positions.reduce(0) { $0 + $1.features }
    case .imageLearned: 2 * pixelChannels
    case .multimodal: film.tokenWidth
    }
  }

  var queries: QueryPlan {
    switch kind {
    case .bare: .nothing
    case .opticalFlow: .tokens
    case .multimodal: .points(FilmQueries(shape: film, name: kind.prefix + "decoder."))
    case .imageFourier, .imageLearned, .imageConvolution, .sequenceClassification:
      .learnt(
        name: kind.prefix + "decoder.decoder.output_position_encodings.position_embeddings",
        rows: 1, channels: latentDim)
    case .maskedLanguage:
      .learnt(
        name: kind.prefix + "decoder.output_position_encodings.position_embeddings",
        rows: longest, channels: modelDim)
    }
  }

  var ending: Ending {
    switch kind {
    case .bare: .latents
    case .multimodal: .points(FilmOutputs(film, prefix: kind.prefix))
    case .opticalFlow:
      .outputs(
        Projection(kind.prefix + "decoder.decoder.final_layer", inputs: tokenChannels, outputs: 2),
        factor: 0.01)
    case .imageFourier, .imageLearned, .imageConvolution, .sequenceClassification:
      .decodedClassifier(
        Projection(
          kind.prefix + "decoder.decoder.final_layer", inputs: latentDim, outputs: classes))
    case .maskedLanguage:
      // The embedding is used again.
      .outputs(
        Projection(
          weight: preprocessor + "embeddings.weight", bias: "embedding_decoder.bias",
          inputs: modelDim, outputs: vocabulary))
    }
  }

  var stages: [StagePlan] {
    var list = StageList()
    let encoder = kind.prefix + "encoder."
    let cross = PerceiverLayer(
      encoder + "cross_attention", dim: latentDim, reading: tokenChannels, heads: crossHeads,
      queryChannels: queryChannels ?? (takesWidthOfInput ? tokenChannels : latentDim),
      valueChannels: valueChannels, widening: crossWidening)
    var attention = cross.attention(attentionTemperature)
    attention.contextColumns =
      positions.isEmpty
      ? nil
      : FourierEncoding.columns(positions, data: kind == .imageFourier ? 3 : pixelChannels)
    list.add(
      AttentionStage.cross(attention), layer: 0, addsQueries ? .added : .replacing,
      feedForward: cross.feedForward)
    for block in 0..<numBlocks {
      for index in 0..<layersPerBlock {
        let layer = PerceiverLayer(
          "\(encoder)self_attends.\(index)", dim: latentDim, reading: nil, heads: selfHeads,
          queryChannels: queryChannels ?? latentDim, valueChannels: valueChannels,
          widening: selfWidening)
        list.add(
          AttentionStage.latents(layer.attention(attentionTemperature)), layer: block,
          block: index, feedForward: layer.feedForward)
      }
    }
    if let decoder {
      list.add(
        AttentionStage.decoding(decoder.layer.attention(attentionTemperature)), layer: 0,
        decoder.joining, feedForward: decoder.layer.feedForward)
    }
    return list.stages
  }

  /// The layer whose queries read the latents at the end; its sizes are the class's own.
  private var decoder: (layer: PerceiverLayer, joining: StagePlan.Joining)? {
    let asking = kind == .multimodal ? film.queryWidth : tokenChannels
    return switch kind {
    case .bare: nil
    case .opticalFlow, .multimodal:
      (
        PerceiverLayer(
          kind.prefix + "decoder.decoder.decoding_cross_attention", dim: asking,
          reading: latentDim, heads: 1, queryChannels: takesWidthOfInput ? latentDim : asking,
          valueChannels: nil, widening: 1),
        .replacing
      )
    case .imageFourier, .imageLearned, .imageConvolution, .sequenceClassification:
      (
        PerceiverLayer(
          kind.prefix + "decoder.decoder.decoding_cross_attention", dim: latentDim,
          reading: latentDim, heads: 1, queryChannels: latentDim, valueChannels: nil, widening: 1),
        .added
      )
    case .maskedLanguage:
      (
        PerceiverLayer(
          kind.prefix + "decoder.decoding_cross_attention", dim: modelDim, reading: latentDim,
          heads: 8, queryChannels: 256, valueChannels: modelDim, widening: 1),
        .replacing
      )
    }
  }
}

/// An attention with biases everywhere and a plain feed-forward: transformers' `PerceiverLayer`, and
/// perceiver-io's under other names.
struct PerceiverLayer: Sendable {
  /// What the parts are called behind the layer's name.
  struct Naming: Sendable {
    let (norm, contextNorm): (String, String)
    let (query, key, value, output): (String, String, String, String)
    let (feedForwardNorm, inner, outer): (String, String, String)

    static let transformers = Naming(
      norm: ".attention.self.layernorm1", contextNorm: ".attention.self.layernorm2",
      query: ".attention.self.query", key: ".attention.self.key", value: ".attention.self.value",
      output: ".attention.output.dense", feedForwardNorm: ".layernorm", inner: ".mlp.dense1",
      outer: ".mlp.dense2")

    /// - Parameter isCross: Whether another stream is read.
    static func perceiverIO(isCross: Bool) -> Naming {
      Naming(
        norm: ".0.module." + (isCross ? "q_norm" : "norm"), contextNorm: ".0.module.kv_norm",
        query: ".0.module.attention.q_proj", key: ".0.module.attention.k_proj",
        value: ".0.module.attention.v_proj", output: ".0.module.attention.o_proj",
        feedForwardNorm: ".1.module.0", inner: ".1.module.1", outer: ".1.module.3")
    }
  }

  /// The prefix of its parameters' names.
  let name: String
  /// Channels of what asks.
  let dim: Int
  /// Channels of what is read; nil where the rows read themselves.
  let context: Int?
  let heads: Int
  /// Channels of all heads' queries.
  let queryChannels: Int
  /// Channels of all heads' values.
  let valueChannels: Int
  let widening: Int
  let naming: Naming

  init(
    _ name: String, dim: Int, reading context: Int?, heads: Int, queryChannels: Int,
    valueChannels: Int?, widening: Int, naming: Naming = .transformers
  ) {
    (self.name, self.dim, self.context, self.heads) = (name, dim, context, heads)
    (self.queryChannels, self.valueChannels) = (queryChannels, valueChannels ?? queryChannels)
    (self.widening, self.naming) = (widening, naming)
  }

  func attention(_ temperature: Double) -> AttentionBlock {
    let read = context ?? dim
    return AttentionBlock(
      name: name, heads: heads,
      norm: NormBlock(name: name + naming.norm, dim: dim, kind: .layer),
      contextNorm: context.map {
        NormBlock(name: name + naming.contextNorm, dim: $0, kind: .layer)
      },
      query: Projection(name + naming.query, inputs: dim, outputs: queryChannels),
      key: Projection(name + naming.key, inputs: read, outputs: queryChannels),
      value: Projection(name + naming.value, inputs: read, outputs: valueChannels),
      output: Projection(name + naming.output, inputs: valueChannels, outputs: dim),
      temperature: temperature)
  }

  var feedForward: FeedForwardBlock {
    FeedForwardBlock(
      norm: NormBlock(name: name + naming.feedForwardNorm, dim: dim, kind: .layer),
      inner: Projection(name + naming.inner, inputs: dim, outputs: widening * dim),
      outer: Projection(name + naming.outer, inputs: widening * dim, outputs: dim),
      activation: .gelu)
  }
}

extension FourierEncoding {
  /// Where each column of a token as it is made here (data, then for each axis sines, cosines and the
  /// coordinate) stands in transformers' order: data, all coordinates, all sines, all cosines.
  static func columns(_ axes: [FourierEncoding], data: Int) -> [Int] {
    let (count, bands) = (axes.count, axes.first?.bands ?? 0)
    let sines = data + count
    let cosines = sines + count * bands
    var order = Array(0..<data)
    for axis in 0..<count {
      order += (0..<bands).map { sines + axis * bands + $0 }
      order += (0..<bands).map { cosines + axis * bands + $0 }
      order.append(data + axis)
    }
    return order
  }
}
