// A model folder as HuggingFace's `from_pretrained` reads one: which of its files hold the model.

import Foundation

/// A folder that holds a model: its `config.json`, its tensors, and what lies beside them.
///
/// Opening reads JSON files whole and of weights their headers alone. Nothing is ever fetched.
public struct ModelFolder: Sendable {
  /// The folder that was opened: that of a file that was named, the newest `checkpoint-N`, a snapshot
  /// of the Hub cache.
  public private(set) var path: String
  /// The file of weights or the index that was opened.
  public private(set) var weightsName: String
  /// The folder that holds it: another than `path` where the Hub cache has it in another snapshot.
  private var weightsFolder: String
  /// The path of the file of weights or of the index.
  public var weightsPath: String { weightsFolder + "/" + weightsName }
  /// Whether a file of the folder was named, and not the folder.
  public let isNamedFile: Bool
  /// The tensors, those of all shards together.
  public private(set) var file: TensorFile
  /// `config.json`, an object with a `model_type`.
  public let configuration: JSONValue
  /// How photos are prepared: `image_processor` of `processor_config.json`, else
  /// `preprocessor_config.json`; nil where neither is there.
  public let photoProcessor: JSONValue?
  /// The file that says it.
  public let photoProcessorName: String?
  /// `tokenizer_config.json`; nil where it is not there.
  public let tokenizer: JSONValue?
  /// What was chosen where more could have been meant, a sentence each.
  public let notes: [String]

  /// What the model is: `perceiver`.
  public var modelType: String {
    if case .string(let type)? = configuration["model_type"] { type } else { "" }
  }

  /// Opens a model folder.
  ///
  /// - Parameters:
  ///   - path: A folder, a file in one, or `OWNER/NAME` of the local Hub cache.
  ///   - choice: Which module of a file of weights that holds several.
  ///   - cache: Where the Hub cache is.
  /// - Returns: nil for a file that lies beside no `config.json` with a `model_type`, and for what is
  ///   not there.
  /// - Throws: `ModelFolderError`, `TensorFileError`, `FileAccessError`.
  public static func opened(
    _ path: String, choosing choice: ModuleChoice = ModuleChoice(), cache: HubCache = .init()
  ) throws -> ModelFolder? {
    if FileNames.isFolder(path) { return try ModelFolder(folder: path, choice, cache) }
    if FileNames.exists(path) {
      let (folder, name) = parts(of: path)
      try ForeignFile.check(named: name, in: folder)
      guard hasModelType(folder) else { return nil }
      return try ModelFolder(
        folder, weights: name == "config.json" ? nil : name, choice, more: [], notes: [],
        isNamedFile: true)
    }
    guard let snapshots = try cache.snapshots(of: path), let first = snapshots.first else {
      return nil
    }
    return try ModelFolder(
      first, weights: nil, choice, more: Array(snapshots.dropFirst()),
      notes: ["\(path) is read from the Hub cache, snapshot \(parts(of: first).name.prefix(12))"])
  }

  private init(folder: String, _ choice: ModuleChoice, _ cache: HubCache) throws {
    guard !FileNames.isRegular(folder + "/config.json") else {
      try self.init(folder, weights: nil, choice, more: [], notes: [])
      return
    }
    if let json = try Self.json(Adapter.configurationName, in: folder),
      let adapter = try Adapter(in: folder, json)
    {
      self = try Self.adapted(adapter, in: folder, choice, cache)
      return
    }
    let names = try FileNames.names(in: folder)
    let checkpoint = try Self.newestCheckpoint(of: folder, names)
    guard let checkpoint else {
      if let foreign = ForeignFile.first(of: names) { throw foreign }
      throw ModelFolderError("expected a model folder with config.json, found none")
    }
    try self.init(
      folder + "/" + checkpoint.name, weights: nil, choice, more: [],
      notes: ["\(checkpoint.name) is opened, \(checkpoint.reason)"])
  }

  /// The model of an adapter, with the adapter's part in its weights.
  private static func adapted(
    _ adapter: Adapter, in folder: String, _ choice: ModuleChoice, _ cache: HubCache
  ) throws -> ModelFolder {
    let name = adapter.baseName
    let locations = (name.hasPrefix("/") ? [] : [folder + "/" + name]) + [name]
    let local = locations.first { FileNames.isRegular($0 + "/config.json") }
    let snapshots = try local.map { [$0] } ?? cache.snapshots(of: name)
    guard let first = snapshots?.first else {
      throw ModelFolderError(
        "\(Adapter.configurationName): base_model_name_or_path: expected a model folder or one of the "
          + "Hub's cache, found none called \(printable(name))"
          + (HubCache.isName(name) ? "; huggingface-cli download \(name) fetches it" : ""))
    }
    var model = try ModelFolder(
      first, weights: nil, choice, more: Array((snapshots ?? []).dropFirst()),
      notes: ["an adapter of \(printable(name)): its part is added to the weights"])
    model.file = try adapter.applied(to: model.file)
    (model.path, model.weightsFolder) = (folder, folder)
    model.weightsName = Adapter.configurationName
    return model
  }

  /// - Parameter more: Other snapshots, in which weights may lie.
  private init(
    _ folder: String, weights named: String?, _ choice: ModuleChoice, more: [String],
    notes: [String], isNamedFile: Bool = false
  ) throws {
    path = folder
    self.isNamedFile = isNamedFile
    guard let configuration = try Self.json("config.json", in: folder) else {
      throw ModelFolderError("config.json: expected a file, found none")
    }
    guard case .object = configuration, case .string? = configuration["model_type"] else {
      throw ModelFolderError(
        "config.json: expected an object with model_type, found "
          + (configuration["model_type"].map { $0.kind } ?? "none"))
    }
    self.configuration = configuration
    let found = try ModelWeights(
      in: folder, named: named, stated: configuration["transformers_weights"], others: more)
    (weightsFolder, weightsName) = (found.folder, found.name)
    file = try found.opened(choice)
    self.notes = notes + found.notes
    let whole = try Self.json("processor_config.json", in: folder)
    if let inner = whole?["image_processor"] {
      (photoProcessor, photoProcessorName) = (inner, "processor_config.json")
    } else {
      let own = try Self.json("preprocessor_config.json", in: folder)
      (photoProcessor, photoProcessorName) = (own, own.map { _ in "preprocessor_config.json" })
    }
    tokenizer = try Self.json("tokenizer_config.json", in: folder)
  }

  /// The largest JSON file: a configuration with a hundred thousand class names.
  private static let largestJSON = 1 << 24

  /// A JSON file of a folder; nil where it is not there.
  private static func json(_ name: String, in folder: String) throws -> JSONValue? {
    let path = folder + "/" + name
    let bytes: [UInt8]
    do {
      bytes = try WholeFile.readRegular(path, limit: largestJSON)
    } catch {
      if error.reason == .missing { return nil }
      throw error
    }
    do {
      return try JSONValue(parsing: bytes)
    } catch {
      throw ModelFolderError("\(name): \(error)")
    }
  }

  /// Whether a folder's configuration is of a HuggingFace model, as far as can be told without
  /// judging it.
  private static func hasModelType(_ folder: String) -> Bool {
    guard case .string? = (try? json("config.json", in: folder))?["model_type"] else {
      return false
    }
    return true
  }

  /// The `checkpoint-N` that a training calls its best, else the one of the greatest N.
  private static func newestCheckpoint(
    of folder: String, _ names: [String]
  ) throws -> (name: String, reason: String)? {
    let all = names.compactMap { name -> (number: Int, name: String)? in
      guard name.hasPrefix("checkpoint-"), let number = Int(name.dropFirst(11)), number >= 0,
        FileNames.isRegular("\(folder)/\(name)/config.json")
      else { return nil }
      return (number, name)
    }.sorted { $0.number < $1.number }
    guard let last = all.last else { return nil }
    let state = try json("trainer_state.json", in: "\(folder)/\(last.name)")
    if case .string(let path)? = state?["best_model_checkpoint"],
      let best = all.first(where: { $0.name == parts(of: path).name })
    {
      return (best.name, "the best as trainer_state.json says")
    }
    return (last.name, all.count == 1 ? "the only one" : "the last of \(all.count)")
  }

  /// The folder and the name that a path ends in.
  static func parts(of path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
  }
}

/// A model folder that cannot be opened.
public struct ModelFolderError: Error, Hashable, CustomStringConvertible {
  /// One line without the folder: which file, what was expected, what was found.
  public let description: String

  /// Makes the error.
  public init(_ description: String) { self.description = description }
}
