// What a folder of transformers says of its model: config.json, checked against the weights.

import Foundation
import Tensors

/// Collects a configuration and the reasons of its values.
struct HuggingFaceDescription {
  private let checkpoint: Checkpoint
  private let given: GivenHyperparameters
  private let fields: ConfigurationFields
  private var configuration = HuggingFaceConfiguration()
  private var facts: [ModelDescription.Fact] = []
  private var notes: [String]

  /// - Parameter kind: The class that the names are of.
  /// - Throws: `CheckpointError` where there is no `config.json`, or it is another model's.
  init(
    _ checkpoint: Checkpoint, kind: HuggingFaceConfiguration.Kind?, given: GivenHyperparameters
  ) throws {
    guard let json = given.document else {
      throw CheckpointError(
        "expected config.json beside it, which says heads and blocks, found none")
    }
    (self.checkpoint, self.given, notes) = (checkpoint, given, given.notes)
    fields = ConfigurationFields(json)
    let type = fields.text("model_type")
    guard type == "perceiver" else {
      throw CheckpointError(
        "config.json: model_type: expected perceiver, found \(printable(type ?? "none"))")
    }
    let named = fields.texts("architectures")?.first
    guard let kind else {
      throw CheckpointError(
        "expected the names of \(Self.classes), found others"
          + (named.map { " (\(printable($0)))" } ?? ""))
    }
    if let named, let declared = HuggingFaceConfiguration.Kind(rawValue: named), declared != kind {
      throw CheckpointError(
        "config.json: architectures: expected \(kind.rawValue), whose tensors they are, found "
          + declared.rawValue)
    }
    configuration.kind = kind
    configuration.longestText = given.longestText
  }

  private static var classes: String {
    HuggingFaceConfiguration.Kind.allCases.map(\.rawValue).joined(separator: ", ")
  }

  /// - Throws: `CheckpointError` with the field, or with the tensors that do not fit.
  func result() throws -> ModelDescription {
    var reading = self
    try reading.readShapes()
    try reading.readConfiguration()
    try reading.readLabels()
    try reading.readPhotos()
    reading.readOptions()
    do {
      try reading.configuration.checkHeads()
    } catch {
      throw CheckpointError("config.json: \(error)")
    }
    try reading.configuration.validate()
    let model = ModelConfiguration(reading.configuration)
    if let note = try checkpoint.checkTensors(
      of: ModelPlan(model), class: reading.configuration.kind.rawValue)
    {
      reading.notes.append(note)
    }
    return ModelDescription(
      model, facts: reading.facts, notes: reading.notes + checkpoint.notes)
  }

  // MARK: - Weights

  /// What shapes say; config.json must say the same.
  private mutating func readShapes() throws {
    let latents = try checkpoint.matrix(configuration.kind.prefix + "embeddings.latents")
    try fix("num_latents", \.numLatents, latents.rows, "rows of the latents")
    try fix("d_latents", \.latentDim, latents.columns, "columns of the latents")
    let layers = layerCount
    try fix("num_self_attends_per_block", \.layersPerBlock, layers, "layers in the file")
    let prefix = configuration.kind.prefix
    let cross = prefix + "encoder.cross_attention."
    configuration.crossWidening = try widening(cross)
    configuration.selfWidening =
      layers > 0 ? try widening(prefix + "encoder.self_attends.0.") : 1
    switch configuration.kind {
    case .bare:
      let read = try checkpoint.matrix(cross + "attention.self.key.weight").columns
      try fix("d_model", \.modelDim, read, "columns of the key")
    case .maskedLanguage, .sequenceClassification:
      let words = try checkpoint.matrix(prefix + "input_preprocessor.embeddings.weight")
      try fix("vocab_size", \.vocabulary, words.rows, "rows of the embedding")
      try fix("d_model", \.modelDim, words.columns, "columns of the embedding")
      let positions = try checkpoint.matrix(
        prefix + "input_preprocessor.position_embeddings.weight")
      try fix("max_position_embeddings", \.longest, positions.rows, "rows of the positions")
    case .imageFourier: break
    case .opticalFlow:
      configuration.pixelChannels = try checkpoint.matrix(
        prefix + "input_preprocessor.conv_after_patches.weight"
      ).rows
      let size = try fields.integers("train_size", 1...65536) ?? configuration.frameSize
      guard size.count == 2, size[0] * size[1] <= 1 << 24 else {
        throw CheckpointError(
          "config.json: train_size: expected height and width of at most \(1 << 24) pixels, found "
            + "\(size)")
      }
      configuration.frameSize = size
    case .multimodal: configuration.film = try filmShape()
    case .imageLearned:
      let table = try checkpoint.matrix(
        prefix + "input_preprocessor.position_embeddings.position_embeddings")
      (configuration.positionCount, configuration.pixelChannels) = (table.rows, table.columns)
    case .imageConvolution:
      let norm = prefix + "input_preprocessor.convnet.batchnorm.weight"
      guard let shape = checkpoint.shape(of: norm), shape.count == 1, shape[0] > 0 else {
        throw CheckpointError("tensor \(norm): expected one axis, found none")
      }
      configuration.pixelChannels = shape[0]
    }
    switch configuration.kind {
    case .imageFourier, .imageLearned, .imageConvolution, .sequenceClassification:
      configuration.classes = try checkpoint.matrix(prefix + "decoder.decoder.final_layer.weight")
        .rows
      facts.append(
        .init(
          name: "num_labels", value: .integer(configuration.classes), source: .derived,
          reason: "rows of the last layer"))
    case .multimodal:
      configuration.classes = configuration.film.labels
      facts.append(
        .init(
          name: "num_labels", value: .integer(configuration.classes), source: .derived,
          reason: "rows of the label's layer"))
    case .bare, .maskedLanguage, .opticalFlow: break
    }
  }

  /// Twenty times what the public model has.
  private static let mostFilmPixels = 1 << 24
  /// Thirty times what the public model has: silence takes memory too.
  private static let mostFilmSamples = 1 << 20

  /// The sizes of a film: what shapes say, and the rest from config.json.
  private func filmShape() throws -> FilmShape {
    var film = FilmShape()
    let prefix = configuration.kind.prefix
    let outputs = prefix + "output_postprocessor.modalities."
    film.labels = try checkpoint.matrix(outputs + "label.classifier.weight").rows
    film.patch = try checkpoint.matrix(outputs + "audio.classifier.weight").rows
    film.outputChannels = try checkpoint.matrix(prefix + "decoder.decoder.final_layer.weight").rows
    film.labelChannels = try checkpoint.matrix(
      prefix
        + "decoder.modalities.label.decoder.output_position_encodings.position_embeddings"
    ).columns
    if let said = try fields.integer("samples_per_patch", 1...65536), said != film.patch {
      throw CheckpointError(
        "config.json: samples_per_patch: expected \(film.patch) (rows of the sound's layer), found "
          + "\(said)")
    }
    film.frames = try fields.integer("num_frames", 1...4096) ?? film.frames
    film.samplesPerFrame =
      try fields.integer("audio_samples_per_frame", 1...65536) ?? film.samplesPerFrame
    film.imageSize = try imageSize() ?? film.imageSize
    if let shape = try fields.integers("output_shape", 1...65536) {
      guard shape.count == 4, shape[2] % FilmShape.side == 0, shape[3] % FilmShape.side == 0,
        shape.dropFirst().reduce(1.0, { $0 * Double($1) }) <= Double(1 << 28)
      else {
        throw CheckpointError(
          "config.json: output_shape: expected 1, frames, height and width, sides that divide by "
            + "\(FilmShape.side), found \(shape)")
      }
      film.output = Array(shape.dropFirst())
    }
    // A sound alone is read beside black frames, and those take memory.
    let side = max(film.output[1] * film.output[2], film.imageSize[0] * film.imageSize[1])
    guard film.frames * side <= Self.mostFilmPixels else {
      throw CheckpointError(
        "config.json: num_frames: expected at most \(Self.mostFilmPixels) pixels in all frames, found "
          + "\(film.frames) frames of \(side)")
    }
    guard film.samples(frames: film.frames) <= Self.mostFilmSamples else {
      throw CheckpointError(
        "config.json: audio_samples_per_frame: expected at most \(Self.mostFilmSamples) samples beside "
          + "all frames, found \(film.frames) frames of \(film.samplesPerFrame)")
    }
    guard film.samples(frames: film.frames) % film.patch == 0 else {
      throw CheckpointError(
        "config.json: audio_samples_per_frame: expected samples that divide by \(film.patch), found "
          + "\(film.samplesPerFrame)")
    }
    return film
  }

  /// `image_size`: one side of a square, or since transformers 5 height and width.
  private func imageSize() throws -> [Int]? {
    guard case .array? = fields.json["image_size"] else {
      return try fields.integer("image_size", 1...65536).map { [$0, $0] }
    }
    let size = try fields.integers("image_size", 1...65536)
    guard let size, size.count == 2 else {
      throw fields.error(
        "image_size", expected: "one side, or height and width",
        found: fields.json["image_size"] ?? .null)
    }
    return size
  }

  /// Self-attentions in the file, numbered from 0.
  private var layerCount: Int {
    let start = configuration.kind.prefix + "encoder.self_attends."
    return Set(
      checkpoint.names.filter { $0.hasPrefix(start) }
        .map { $0.dropFirst(start.count).prefix { $0 != "." } }
    ).count
  }

  private func widening(_ layer: String) throws -> Int {
    let inner = try checkpoint.matrix(layer + "mlp.dense1.weight")
    guard inner.rows % inner.columns == 0 else {
      throw CheckpointError(
        "tensor \(layer)mlp.dense1.weight: expected a multiple of \(inner.columns) rows, found "
          + "\(inner.rows)")
    }
    return inner.rows / inner.columns
  }

  // MARK: - config.json

  /// What only config.json says.
  private mutating func readConfiguration() throws {
    try take("num_blocks", \.numBlocks, 1...4096, "not in the weights")
    try take("num_self_attention_heads", \.selfHeads, 1...4096, "not in the weights")
    try take("num_cross_attention_heads", \.crossHeads, 1...4096, "not in the weights")
    configuration.queryChannels = try fields.integer("qk_channels", 1...65536)
    configuration.valueChannels = try fields.integer("v_channels", 1...65536)
    let shape = fields.text("cross_attention_shape_for_attention") ?? "kv"
    guard shape == "kv" || shape == "q" else {
      throw CheckpointError(
        "config.json: cross_attention_shape_for_attention: expected kv or q, found "
          + printable(shape))
    }
    configuration.takesWidthOfInput = shape == "kv"
    configuration.addsQueries = fields.flag("use_query_residual") ?? true
    if let name = fields.text("hidden_act"), name != "gelu" {
      throw CheckpointError("config.json: hidden_act: expected gelu, found \(printable(name))")
    }
    let blocks = configuration.numBlocks * configuration.layersPerBlock
    guard blocks <= 4094 else {
      throw CheckpointError(
        "config.json: num_blocks: expected at most 4096 stages, found \(blocks + 2)")
    }
  }

  private mutating func readLabels() throws {
    if let type = fields.text("problem_type") {
      switch type {
      case "single_label_classification": configuration.problemType = .classes
      case "multi_label_classification": configuration.problemType = .labels
      case "regression": configuration.problemType = .values
      default:
        notes.append("problem_type \(printable(type)) is passed over: it is not known")
      }
    } else if configuration.classes == 1 {
      configuration.problemType = .values
    }
    guard configuration.ending.classes != nil else { return }
    let names = fields.labels
    // transformers leaves names out of the file where they are these.
    guard !names.isEmpty else {
      configuration.classNames = (0..<configuration.classes).map { "LABEL_\($0)" }
      return
    }
    configuration.classNames = (0..<configuration.classes).map { names[$0] ?? "LABEL_\($0)" }
    if let note = fields.labelsNote(classes: configuration.classes) { notes.append(note) }
  }

  /// What a photo is prepared with where nobody does it as the processor does.
  private mutating func readPhotos() throws {
    guard configuration.photoProcessor != nil else { return }
    configuration.photoProcessorJSON = given.photoProcessor
    configuration.preprocessing =
      given.preprocessing
      ?? Preprocessing(
        mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225],
        size: .init(height: 224, width: 224), channelOrder: .rgb)
  }

  /// What options may change: the temperature alone.
  private mutating func readOptions() {
    for (name, value) in given.values.sorted(by: { $0.key < $1.key }) {
      if name == "attention_temperature", case .real(let number) = value {
        configuration.attentionTemperature = number
        facts.append(
          .init(name: name, value: value, source: .given, reason: given.source(of: name)))
      } else if !HyperparameterCatalog.Name.ofInput.contains(name) {
        notes.append("\(name) has no effect on a \(configuration.title)")
      }
    }
  }

  // MARK: - Fields

  /// Takes a value from the weights; config.json must say the same if it says any.
  private mutating func fix(
    _ name: String, _ path: WritableKeyPath<HuggingFaceConfiguration, Int>, _ value: Int,
    _ reason: String
  ) throws {
    if let said = try fields.integer(name, 0...Int.max), said != value {
      throw CheckpointError("config.json: \(name): expected \(value) (\(reason)), found \(said)")
    }
    configuration[keyPath: path] = value
    facts.append(.init(name: name, value: .integer(value), source: .derived, reason: reason))
  }

  /// Takes a value from config.json, or the default of transformers.
  private mutating func take(
    _ name: String, _ path: WritableKeyPath<HuggingFaceConfiguration, Int>,
    _ range: ClosedRange<Int>, _ reason: String
  ) throws {
    let said = try fields.integer(name, range)
    if let said { configuration[keyPath: path] = said }
    facts.append(
      .init(
        name: name, value: .integer(configuration[keyPath: path]),
        source: said == nil ? .assumed : .given,
        reason: said == nil ? "transformers' default, \(reason)" : "config.json"))
  }
}
