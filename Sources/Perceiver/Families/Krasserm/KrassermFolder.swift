// A model of perceiver-io as its Hub wrapper writes it: config.json, names, and the positions that the
// package computes and saves.

import Tensors

extension KrassermConfiguration: FolderConfiguration {
  static let folderLayout = "perceiver-io"
  static let package = "perceiver-io"

  func folderForm() -> FolderForm {
    var members: [JSONValue.Member] = [
      .init("model_type", kind.rawValue),
      .init(name: "architectures", value: .array([.string(kind.className)])),
      .init("torch_dtype", "float32"),
      .init(
        "model_config",
        [
          .init("encoder", encoderMembers), .init("decoder", decoderMembers),
          .init("num_latents", numLatents), .init("num_latent_channels", latentDim),
          .init("activation_checkpointing", isOn: false),
          .init("activation_offloading", isOn: false),
        ]),
    ]
    if let names = classNames { members += FolderForm.labels(names) }
    return FolderForm(
      className: kind.className, configuration: members, storedNames: storedNames,
      prefix: "backend_model.", buffers: positionTables)
  }

  private var encoderMembers: [JSONValue.Member] {
    let members: [JSONValue.Member] = [
      .init("num_cross_attention_heads", cross.heads),
      .init("num_cross_attention_qk_channels", cross.queryChannels),
      .init("num_cross_attention_v_channels", cross.valueChannels),
      .init("num_cross_attention_layers", crossLayers),
      .init("first_cross_attention_layer_shared", isOn: sharesFirstCross),
      .init("cross_attention_widening_factor", cross.widening),
      .init("num_self_attention_heads", selves.heads),
      .init("num_self_attention_qk_channels", selves.queryChannels),
      .init("num_self_attention_v_channels", selves.valueChannels),
      .init("num_self_attention_layers_per_block", layersPerBlock),
      .init("num_self_attention_blocks", numBlocks),
      .init("first_self_attention_block_shared", isOn: sharesFirstBlock),
      .init("self_attention_widening_factor", selves.widening),
    ]
    switch kind {
    case .image:
      return members + [.init("image_shape", imageShape), .init("num_frequency_bands", bands)]
    case .opticalFlow:
      return members + [
        .init("image_shape", Array(imageShape.prefix(2))),
        .init("num_patch_input_channels", PatchedFrames.patch),
        .init("num_patch_hidden_channels", patchChannels), .init("num_frequency_bands", bands),
      ]
    case .maskedLanguage, .textClassifier:
      return members + [
        .init("vocab_size", vocabulary), .init("max_seq_len", longest),
        .init("num_input_channels", textDim),
      ]
    }
  }

  private var decoderMembers: [JSONValue.Member] {
    let members: [JSONValue.Member] = [
      .init("num_cross_attention_heads", decoder.heads),
      .init("num_cross_attention_qk_channels", decoder.queryChannels),
      .init("num_cross_attention_v_channels", decoder.valueChannels),
      .init("cross_attention_widening_factor", decoder.widening),
      .init("cross_attention_residual", isOn: addsQueries),
    ]
    switch kind {
    case .image, .textClassifier:
      return members + [
        .init("num_output_queries", outputQueries[0]),
        .init("num_output_query_channels", outputQueries[1]), .init("num_classes", outputs),
      ]
    case .maskedLanguage:
      // None says that the embedding is used again.
      return members + [
        .init("num_output_query_channels", isTied ? nil : outputQueries[1]),
        .init("vocab_size", outputs), .init("max_seq_len", longest),
      ]
    case .opticalFlow:
      return members + [
        .init("image_shape", Array(imageShape.prefix(2))),
        .init(name: "rescale_factor", value: .real(rescaleFactor)),
      ]
    }
  }

  /// A decoder that adds nothing to its queries stands in no residual.
  private var storedNames: [String: String] {
    guard !addsQueries, let decoder = stages.last else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: decoder.operation.parameters.map {
        ($0.name, $0.name.replacing("1.cross_attn.0.module.", with: "1.cross_attn.0."))
      })
  }

  /// Coordinates, sines and cosines of every position, `[positions, features]`.
  private var positionTables: [String: Tensor] {
    guard !positions.isEmpty else { return [:] }
    let ours = Tensor.positions(zip(positions, imageShape).map { $0.table(length: $1) }).asRows
    let theirs = FourierEncoding.columns(positions, data: 0)
    let width = theirs.count
    let table = Tensor(shape: ours.shape) { table in
      ours.withUnsafeElements { elements in
        for row in 0..<ours.shape[0] {
          for (column, target) in theirs.enumerated() {
            table[row * width + target] = elements[row * width + column]
          }
        }
      }
    }
    return ["0.input_adapter.position_encoding.position_encoding": table]
  }
}

extension KrassermConfiguration.Kind {
  /// The class of the package's Hub wrapper.
  var className: String {
    switch self {
    case .image: "PerceiverImageClassifier"
    case .maskedLanguage: "PerceiverMaskedLanguageModel"
    case .textClassifier: "PerceiverTextClassifier"
    case .opticalFlow: "OpticalFlowPerceiver"
    }
  }
}
