// Files of perceiver-io (github.com/krasserm/perceiver-io) 0.7 to 0.11: Hub folders, and Lightning
// checkpoints, which hold their configuration themselves.

import Foundation
import Tensors

/// perceiver-io's classes.
struct KrassermFamily: ModelFamily {
  private static let latents = "0.latent_provider._query"
  private static let query = "0.cross_attn_1.0.module.attention.q_proj.weight"
  private static let positions = "0.input_adapter.position_encoding."
  private static let openedModels = "image, text and flow"

  func modules(in names: [String]) -> [String] {
    let found = names.beginnings(of: Self.latents)
    guard !found.isEmpty else { return [] }
    let all = Set(names)
    return found.filter { all.contains($0 + Self.query) }
  }

  func has(modelType: String) -> Bool {
    KrassermConfiguration.Kind(rawValue: modelType) != nil
  }

  func refusal(ofModelType modelType: String) -> String? {
    guard modelType.hasPrefix("perceiver-ar-") else { return nil }
    return "a Perceiver AR, which has other layers; \(package) itself runs it, and its "
      + "\(Self.openedModels) models can be opened"
  }

  var package: String { KrassermConfiguration.package }
  var openedFolders: String? { "the \(Self.openedModels) models of \(package)" }
  var folderLayout: String? { KrassermConfiguration.folderLayout }

  func folderConfiguration(
    of configuration: any FamilyConfiguration
  ) throws -> (any FolderConfiguration)? {
    if let own = configuration as? KrassermConfiguration { return own }
    return try (configuration as? HuggingFaceConfiguration).map { try KrassermConfiguration($0) }
  }

  func names(of file: TensorFile) throws -> FamilyNames? {
    guard let prefix = try onlyModule(in: file) else {
      // Its layers have other names and, before 0.4, other parameters.
      if let old = file.plainNames.beginnings(of: "0.latent").first {
        throw CheckpointError(
          "tensor \(printable(old + "0.latent")): expected perceiver-io 0.7 to 0.11, found a release before 0.7"
        )
      }
      return nil
    }
    var stored: [String: String] = [:]
    var strange: Set<String> = []
    var addsQueries = false
    var positions: [Int]?
    for (entry, name) in zip(file.entries, file.plainNames) {
      guard name.hasPrefix(prefix) else {
        strange.insert(entry.name)
        continue
      }
      var own = String(name.dropFirst(prefix.count))
      // Positions that are computed: their shape alone says something.
      if own.hasPrefix(Self.positions) {
        if own == Self.positions + "position_encoding" { positions = entry.shape }
        continue
      }
      // Only what is added to its queries stands in a residual.
      if own.hasPrefix("1.cross_attn.0.module.") { addsQueries = true }
      if own.hasPrefix("1.cross_attn.0."), !own.hasPrefix("1.cross_attn.0.module.") {
        own = "1.cross_attn.0.module." + own.dropFirst("1.cross_attn.0.".count)
      }
      stored[own] = entry.name
    }
    return FamilyNames(
      prefix: prefix, stored: stored, strange: strange,
      reader: KrassermReader(
        names: Set(stored.keys), addsQueries: addsQueries, positions: positions))
  }
}

/// What is known of a file by its names.
struct KrassermReader: FamilyCheckpoint {
  /// The class whose names they are.
  let kind: KrassermConfiguration.Kind
  /// Whether the decoder adds its output to what asked, which its names say.
  let addsQueries: Bool
  /// The shape of the saved positions, `[pixels, features]`; nil where there are none.
  let positions: [Int]?

  init(names: Set<String>, addsQueries: Bool, positions: [Int]?) {
    (self.addsQueries, self.positions) = (addsQueries, positions)
    kind =
      if names.contains("0.input_adapter.linear.weight") {
        .opticalFlow
      } else if names.contains("1.output_adapter.bias") {
        .maskedLanguage
      } else if names.contains("0.input_adapter.txt_embedding.weight") {
        .textClassifier
      } else {
        .image
      }
  }

  var package: String { KrassermConfiguration.package }
  var layout: String { "0.7 to 0.11" }
  var readsTokens: Bool { kind == .maskedLanguage || kind == .textClassifier }
  var reference: ReferenceForm { .perceiverIO }

  func given(_ checkpoint: Checkpoint) throws -> GivenHyperparameters? {
    if let given = GivenHyperparameters.inFolder(of: checkpoint) { return given }
    // Lightning keeps what a folder's config.json has under model_config.
    guard let settings = checkpoint.hyperparameters, settings["encoder"] != nil else { return nil }
    // A language model whose output is not tied has the names of a classifier.
    let isClassifier = settings["decoder"]?["num_classes"] != nil
    let type = kind == .textClassifier && !isClassifier ? .maskedLanguage : kind
    var given = GivenHyperparameters()
    given.document = .object([
      .init("model_type", type.rawValue), .init(name: "model_config", value: settings),
    ])
    given.origin = "hyper_parameters"
    given.notes = [GivenHyperparameters.sourceNote("hyper_parameters in it")]
    return given
  }

  func describe(
    _ checkpoint: Checkpoint, given: GivenHyperparameters
  ) throws -> ModelDescription {
    var reading = try KrassermDescription(
      checkpoint, kind: kind, addsQueries: addsQueries, positions: positions, given: given)
    return try reading.result()
  }

  /// What a class does not know is passed over, as `from_pretrained` does.
  func surplus(_ name: String, in plan: ModelPlan) -> SurplusTensor { .passedOver }
}

/// What a folder of perceiver-io says of its model.
struct KrassermDescription {
  private let checkpoint: Checkpoint
  private let given: GivenHyperparameters
  private let root: ConfigurationFields
  private let encoder: ConfigurationFields
  private let decoder: ConfigurationFields
  /// The shape of the saved positions.
  private let positions: [Int]?
  private var configuration = KrassermConfiguration()
  private var facts: [ModelDescription.Fact] = []
  private var notes: [String]

  init(
    _ checkpoint: Checkpoint, kind: KrassermConfiguration.Kind, addsQueries: Bool,
    positions: [Int]?, given: GivenHyperparameters
  ) throws {
    guard let json = given.document else {
      throw CheckpointError(
        "expected config.json beside it or hyper_parameters in it, which say heads, found neither")
    }
    (self.checkpoint, self.given, notes) = (checkpoint, given, given.notes)
    self.positions = positions
    root = ConfigurationFields(json, location: given.origin ?? "config.json")
    guard let type = root.text("model_type"),
      let declared = KrassermConfiguration.Kind(rawValue: type)
    else {
      throw root.error(
        "model_type",
        expected: KrassermConfiguration.Kind.allCases.map(\.rawValue).joined(separator: ", "),
        found: json["model_type"] ?? .null)
    }
    // An untied language model has the names of a classifier of many queries.
    let isUntied = declared == .maskedLanguage && kind == .textClassifier
    guard declared == kind || isUntied else {
      throw CheckpointError(
        "\(root.location): model_type: expected \(kind.rawValue), whose tensors they are, found \(type)"
      )
    }
    let model = try root.object("model_config")
    (encoder, decoder) = (try model.object("encoder"), try model.object("decoder"))
    configuration.kind = declared
    configuration.isTied = !isUntied
    configuration.addsQueries = addsQueries
  }

  /// - Throws: `CheckpointError` with the field, or with the tensors that do not fit.
  mutating func result() throws -> ModelDescription {
    let latents = try checkpoint.matrix("0.latent_provider._query")
    take("num_latents", \.numLatents, latents.rows, .derived, "rows of the latents")
    take("num_latent_channels", \.latentDim, latents.columns, .derived, "columns of the latents")
    try readLayers()
    try readInput()
    if configuration.kind != .opticalFlow {
      let queries = try checkpoint.matrix("1.output_query_provider._query")
      configuration.outputQueries = [queries.rows, queries.columns]
    }
    let output =
      configuration.kind == .maskedLanguage && configuration.isTied
      ? "0.input_adapter.txt_embedding.weight" : "1.output_adapter.linear.weight"
    configuration.outputs = try checkpoint.matrix(output).rows
    readLabels()
    for (name, value) in given.values.sorted(by: { $0.key < $1.key }) {
      if name == "attention_temperature", case .real(let number) = value {
        configuration.attentionTemperature = number
      } else if !HyperparameterCatalog.Name.ofInput.contains(name) {
        notes.append("\(name) has no effect on a \(configuration.title)")
      }
    }
    try configuration.validate()
    let model = ModelConfiguration(configuration)
    if let note = try checkpoint.checkTensors(of: ModelPlan(model), class: configuration.title) {
      notes.append(note)
    }
    return ModelDescription(model, facts: facts, notes: notes + checkpoint.notes)
  }

  private mutating func readLayers() throws {
    func count(_ name: String, _ standard: Int) throws -> (value: Int, isGiven: Bool) {
      let said = try encoder.integer(name, 1...4096)
      return (said ?? standard, said != nil)
    }
    for (name, path, standard) in [
      ("num_cross_attention_layers", \KrassermConfiguration.crossLayers, 1),
      ("num_self_attention_blocks", \.numBlocks, 1),
    ] as [(String, WritableKeyPath<KrassermConfiguration, Int>, Int)] {
      let found = try count(name, standard)
      take(
        name, path, found.value, found.isGiven ? .given : .assumed,
        found.isGiven ? root.location : "perceiver-io's default")
    }
    let names = checkpoint.names
    configuration.sharesFirstCross = !names.contains { $0.hasPrefix("0.cross_attn_n.") }
    configuration.sharesFirstBlock = !names.contains { $0.hasPrefix("0.self_attn_n.") }
    let start = "0.self_attn_1."
    let layers = Set(
      names.filter { $0.hasPrefix(start) }.map { $0.dropFirst(start.count).prefix { $0 != "." } })
    take(
      "num_self_attention_layers_per_block", \.layersPerBlock, layers.count, .derived,
      "layers in the file")
    guard configuration.crossLayers <= configuration.numBlocks,
      configuration.numBlocks * (layers.count + 1) <= 4095
    else {
      throw CheckpointError(
        "\(encoder.location): num_self_attention_blocks: expected from num_cross_attention_layers "
          + "\(configuration.crossLayers) on and at most 4096 stages, found "
          + "\(configuration.numBlocks)")
    }
    configuration.cross = try sizes("0.cross_attn_1", encoder, "num_cross_attention_heads", 8)
    configuration.selves =
      layers.isEmpty
      ? .init() : try sizes("0.self_attn_1.0", encoder, "num_self_attention_heads", 8)
    configuration.decoder = try sizes("1.cross_attn", decoder, "num_cross_attention_heads", 8)
  }

  private func sizes(
    _ name: String, _ fields: ConfigurationFields, _ heads: String, _ standard: Int
  ) throws -> KrassermConfiguration.Sizes {
    let query = try checkpoint.matrix(name + ".0.module.attention.q_proj.weight")
    let value = try checkpoint.matrix(name + ".0.module.attention.v_proj.weight")
    let wide = try checkpoint.matrix(name + ".1.module.1.weight")
    let count = try fields.integer(heads, 1...4096) ?? standard
    guard query.rows % count == 0, value.rows % count == 0 else {
      throw CheckpointError(
        "\(fields.location): \(heads): expected a number that divides \(query.rows) and \(value.rows) "
          + "channels, found \(count)")
    }
    guard wide.rows % wide.columns == 0 else {
      throw CheckpointError(
        "tensor \(name).1.module.1.weight: expected a multiple of \(wide.columns) rows, found "
          + "\(wide.rows)")
    }
    return .init(
      heads: count, queryChannels: query.rows, valueChannels: value.rows,
      widening: wide.rows / wide.columns)
  }

  private mutating func readInput() throws {
    switch configuration.kind {
    case .image: try readPhotos()
    case .opticalFlow: try readFrames()
    case .maskedLanguage, .textClassifier:
      let words = try checkpoint.matrix("0.input_adapter.txt_embedding.weight")
      (configuration.vocabulary, configuration.textDim) = (words.rows, words.columns)
      configuration.longest = try checkpoint.matrix("0.input_adapter.pos_embedding.weight").rows
      let queries = checkpoint.shape(of: "1.output_query_provider._query")?.first
      guard configuration.kind == .textClassifier || queries == configuration.longest else {
        throw CheckpointError(
          "tensor 1.output_query_provider._query: expected \(configuration.longest) rows, one for "
            + "each position, found \(queries ?? 0)")
      }
    }
  }

  private mutating func readPhotos() throws {
    let shape = try encoder.integers("image_shape", 1...65536) ?? [224, 224, 3]
    guard shape.count == 3 else {
      throw CheckpointError(
        "\(encoder.location): image_shape: expected height, width and channels, found \(shape)")
    }
    configuration.imageShape = shape
    try readPositions(data: shape[2])
    configuration.photoProcessorJSON = given.photoProcessor
    configuration.preprocessing =
      given.preprocessing
      ?? (shape[2] == 1
        ? Preprocessing(size: .init(height: shape[0], width: shape[1]), channelOrder: .grey)
        : Preprocessing(
          mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225],
          size: .init(height: shape[0], width: shape[1]), channelOrder: .rgb))
  }

  private mutating func readFrames() throws {
    let size = try encoder.integers("image_shape", 1...65536) ?? [368, 496]
    guard size.count == 2 else {
      throw CheckpointError(
        "\(encoder.location): image_shape: expected height and width, found \(size)")
    }
    configuration.imageShape = size + [PatchedFrames.pixel]
    configuration.patchChannels = try checkpoint.matrix("0.input_adapter.linear.weight").rows
    try readPositions(data: configuration.patchChannels)
    configuration.rescaleFactor = try decoder.number("rescale_factor") ?? 100
    guard configuration.rescaleFactor > 0 else {
      throw decoder.error(
        "rescale_factor", expected: "a number above 0",
        found: .real(configuration.rescaleFactor))
    }
  }

  /// The most pixels of a picture, as of transformers' frames.
  private static let mostPixels = 1 << 24
  /// The most numbers of all positions, which a folder of the package has as a tensor: 2 GB of floats,
  /// eleven times those of the public model of flow.
  private static let mostPositions = 1 << 29

  /// Takes the bands of positions behind so many channels of data, and holds the size of pictures
  /// against the positions that are saved.
  private mutating func readPositions(data: Int) throws {
    configuration.bands = try bands(data: data)
    let shape = configuration.imageShape
    // Each side is at most 65536.
    let (pixels, features) = (shape[0] * shape[1], 2 * (2 * configuration.bands + 1))
    guard pixels <= min(Self.mostPixels, Self.mostPositions / features) else {
      throw CheckpointError(
        "\(encoder.location): image_shape: expected at most "
          + "\(min(Self.mostPixels, Self.mostPositions / features)) pixels, found "
          + "\(shape[0]) × \(shape[1])")
    }
    guard let positions, positions != [pixels, features] else { return }
    throw CheckpointError(
      "\(encoder.location): image_shape: expected that of the saved positions "
        + "\(printable(positions)) (pixels, features), found "
        + "\(configuration.kind == .image ? shape : Array(shape.prefix(2))), which has "
        + "\([pixels, features])")
  }

  /// The bands of two axes' positions behind so many channels of data.
  private func bands(data: Int) throws -> Int {
    let width = try checkpoint.matrix("0.cross_attn_1.0.module.attention.k_proj.weight").columns
    // channels + 2 × (2 × bands + 1)
    guard width > data + 2, (width - data - 2) % 4 == 0 else {
      throw CheckpointError(
        "\(encoder.location): image_shape: expected the channels of tokens of \(width), found "
          + "\(configuration.imageShape)")
    }
    return (width - data - 2) / 4
  }

  private mutating func readLabels() {
    guard configuration.ending.classes != nil else { return }
    let names = root.labels
    guard !names.isEmpty else { return }
    configuration.classNames = (0..<configuration.outputs).map { names[$0] ?? "LABEL_\($0)" }
    if let note = root.labelsNote(classes: configuration.outputs) { notes.append(note) }
  }

  private mutating func take(
    _ name: String, _ path: WritableKeyPath<KrassermConfiguration, Int>, _ value: Int,
    _ source: ModelDescription.Source, _ reason: String
  ) {
    configuration[keyPath: path] = value
    facts.append(.init(name: name, value: .integer(value), source: source, reason: reason))
  }
}
