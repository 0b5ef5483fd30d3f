// A model of transformers as `save_pretrained` writes it: config.json and names.

import Tensors

extension HuggingFaceConfiguration: FolderConfiguration {
  static let folderLayout = "huggingface"
  static let package = "transformers"

  func folderForm() throws -> FolderForm {
    var members: [JSONValue.Member] = [
      .init("model_type", "perceiver"),
      .init(name: "architectures", value: .array([.string(kind.rawValue)])),
      .init("dtype", "float32"),
      .init("num_latents", numLatents),
      .init("d_latents", latentDim),
      .init("d_model", tokenChannels),
      .init("num_blocks", numBlocks),
      .init("num_self_attends_per_block", layersPerBlock),
      .init("num_self_attention_heads", selfHeads),
      .init("num_cross_attention_heads", crossHeads),
      .init("qk_channels", queryChannels),
      .init("v_channels", valueChannels),
      .init("cross_attention_shape_for_attention", takesWidthOfInput ? "kv" : "q"),
      .init("self_attention_widening_factor", selfWidening),
      .init("cross_attention_widening_factor", crossWidening),
      .init("hidden_act", "gelu"),
      .init("use_query_residual", isOn: addsQueries),
    ]
    switch kind {
    case .maskedLanguage, .sequenceClassification:
      members += [
        .init("vocab_size", vocabulary), .init("max_position_embeddings", longest),
      ]
    case .opticalFlow: members.append(.init("train_size", frameSize))
    case .imageLearned:
      let side = Int(Double(positionCount).squareRoot())
      guard side * side == positionCount else {
        throw ConfigurationError(
          "layout \(Self.folderLayout): expected positions of a square picture, found \(positionCount)"
        )
      }
      members.append(.init("image_size", side))
    case .multimodal:
      members += [
        .init("num_frames", film.frames), .init("audio_samples_per_frame", film.samplesPerFrame),
        .init("samples_per_patch", film.patch), imageSizeMember,
        .init("output_shape", [1] + film.output),
        .init("output_num_channels", film.outputChannels),
        .init("_label_trainable_num_channels", film.labelChannels),
      ]
    case .bare, .imageFourier, .imageConvolution: break
    }
    if let count = ending.classes {
      // Two classes without names are what transformers takes for granted.
      if classNames != nil || count != 2 {
        members += FolderForm.labels(classNames ?? (0..<count).map { "LABEL_\($0)" })
      }
      switch problemType {
      case .classes: break
      case .labels: members.append(.init("problem_type", "multi_label_classification"))
      case .values: members.append(.init("problem_type", "regression"))
      }
    }
    return FolderForm(
      className: kind.rawValue, configuration: members,
      counters: kind == .imageConvolution
        ? [kind.prefix + "input_preprocessor.convnet.batchnorm.num_batches_tracked"] : [])
  }

  /// The resolution of a film's positions. transformers 5 reads a list and makes no such model of it,
  /// so that squares are written as their side.
  private var imageSizeMember: JSONValue.Member {
    let size = film.imageSize
    return size[0] == size[1] ? .init("image_size", size[0]) : .init("image_size", size)
  }
}
