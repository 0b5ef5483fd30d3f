// Which files of a model folder hold its weights, and those that hold something else.

/// The weights of a model folder: one file, or an index of several.
struct ModelWeights {
  /// The file's or index's name.
  let name: String
  /// What a person should know of the choice, a sentence each.
  let notes: [String]
  /// The folder that they lie in.
  private(set) var folder: String

  /// Names in the order in which `from_pretrained` looks for them.
  private static let customary = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
    "pytorch_model.bin.index.json",
  ]

  /// Finds the weights of a folder.
  ///
  /// - Parameters:
  ///   - named: The file that a person named.
  ///   - stated: What `config.json` says of it.
  ///   - others: Other snapshots of the same model.
  /// - Throws: `ModelFolderError` with what is there instead.
  init(in folder: String, named: String?, stated: JSONValue?, others: [String]) throws {
    self.folder = folder
    if let named {
      let index = named.indices.first { FileNames.isRegular(folder + "/" + $0) }
      guard let index else {
        (name, notes) = (named, [])
        return
      }
      (name, notes) = (index, ["\(named) is a part of the model; all of \(index) is read"])
      return
    }
    if let stated, stated != .null {
      guard case .string(let own) = stated, Self.isBareName(own),
        own.hasSuffix(".safetensors") || own.hasSuffix(".safetensors.index.json")
      else {
        throw ModelFolderError(
          "config.json: transformers_weights: expected a .safetensors file of the folder, "
            + "found \(stated.text.prefix(80))")
      }
      (name, notes) = (own, [])
      return
    }
    if let found = Self.customary.first(where: { FileNames.isRegular(folder + "/" + $0) }) {
      (name, notes) = (found, [])
      return
    }
    let names = try FileNames.names(in: folder)
    let variants = names.filter(\.isVariant)
    guard variants.count <= 1 else {
      throw ModelFolderError(
        "expected one file of weights, found \(ModuleChoice.list(variants)); name the "
          + "one to open")
    }
    if let variant = variants.first {
      (name, notes) = (variant, ["the weights are those of \(variant), the only ones there"])
      return
    }
    for other in others {
      guard let found = Self.customary.first(where: { FileNames.isRegular(other + "/" + $0) })
      else { continue }
      self.folder = other
      let snapshot = ModelFolder.parts(of: other).name.prefix(12)
      (name, notes) = (found, ["the weights are those of snapshot \(snapshot)"])
      return
    }
    if let foreign = ForeignFile.first(of: names) { throw foreign }
    throw ModelFolderError(
      "expected model.safetensors or pytorch_model.bin beside config.json, found neither"
    )
  }

  /// The tensors, of all shards if it is an index.
  ///
  /// - Throws: `ModelFolderError`, `TensorFileError` or `FileAccessError` with the file.
  func opened(_ choice: ModuleChoice) throws -> TensorFile {
    guard name.hasSuffix(".json") else { return try file(name, choice) }
    let index = try index()
    var shards: [String: TensorFile] = [:]
    for (_, shard) in index where shards[shard] == nil {
      shards[shard] = try file(shard, ModuleChoice())
    }
    do {
      return try TensorFile(shards: shards, index: index)
    } catch {
      throw ModelFolderError("\(name): \(error)")
    }
  }

  private func file(_ name: String, _ choice: ModuleChoice) throws -> TensorFile {
    do {
      return try TensorFile(path: folder + "/" + name, choosing: choice)
    } catch {
      throw ModelFolderError("\(name): \(error)")
    }
  }

  private static let largestIndex = 1 << 24
  /// More files than this are of no model.
  private static let mostShards = 1000

  /// `weight_map` of the index: names and the files they lie in.
  private func index() throws -> [(name: String, file: String)] {
    let json: JSONValue
    do {
      json = try JSONValue(
        parsing: WholeFile.readRegular(folder + "/" + name, limit: Self.largestIndex))
    } catch {
      throw ModelFolderError("\(name): \(error)")
    }
    guard case .object(let members)? = json["weight_map"], !members.isEmpty else {
      throw ModelFolderError(
        "\(name): weight_map: expected an object of names and files, found "
          + (json["weight_map"]?.kind ?? "none"))
    }
    var files: Set<String> = []
    let index = try members.map { member in
      guard case .string(let file) = member.value, Self.isBareName(file) else {
        throw ModelFolderError(
          "\(name): \(printable(member.name)): expected a file of the same folder, found "
            + printable(String(member.value.text.prefix(80))))
      }
      files.insert(file)
      return (member.name, file)
    }
    guard files.count <= Self.mostShards else {
      throw ModelFolderError(
        "\(name): expected at most \(Self.mostShards) files, found \(files.count)")
    }
    return index
  }

  /// Whether a name cannot lead out of its folder.
  private static func isBareName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(UInt8(ascii: "/"))
      && !name.utf8.contains(0)
  }
}

/// A file that HuggingFace's programs write and that holds no model that can be opened here.
enum ForeignFile {
  /// Names or their ends, what they are, and what to do about it.
  private static let known: [(name: String, what: String)] = [
    (
      "adapter_config.json",
      "an adapter (LoRA), which is no model by itself; merge it into its model with "
        + "merge_and_unload() and save that with save_pretrained()"
    ),
    (
      "adapter_model.safetensors",
      "an adapter (LoRA), which is no model by itself; merge it into its model with "
        + "merge_and_unload() and save that with save_pretrained()"
    ),
    (
      "adapter_model.bin",
      "an adapter (LoRA), which is no model by itself; merge it into its model with "
        + "merge_and_unload() and save that with save_pretrained()"
    ),
    (
      "training_args.bin",
      "the settings of a training, which are no weights; open model.safetensors or the folder"
    ),
    ("optimizer.pt", "the state of an optimizer, which is no model; open the folder"),
    ("scheduler.pt", "the state of a schedule, which is no model; open the folder"),
    (
      "tf_model.h5",
      "weights of TensorFlow; load them with from_pretrained(…, from_tf=True) and save them with "
        + "save_pretrained()"
    ),
    (
      "flax_model.msgpack",
      "weights of Flax; load them with from_pretrained(…, from_flax=True) and save them with "
        + "save_pretrained()"
    ),
    (".onnx", "an ONNX graph; open the PyTorch model that it was exported from"),
  ]

  /// What the first such file of a folder is, as an error.
  static func first(of names: [String]) -> ModelFolderError? {
    for (known, what) in known {
      if let name = names.first(where: { matches($0, known) }) {
        return ModelFolderError("expected weights, found \(printable(name)), \(what)")
      }
    }
    return nil
  }

  /// Refuses a file that a person named.
  ///
  /// - Throws: `ModelFolderError`.
  static func check(named name: String, in folder: String) throws(ModelFolderError) {
    // Elsewhere than in a training's folder, .pt files are called as people like.
    guard !name.hasSuffix(".pt") || FileNames.isRegular(folder + "/trainer_state.json") else {
      return
    }
    guard let kind = known.first(where: { matches(name, $0.name) }) else { return }
    throw ModelFolderError("expected weights, found \(kind.what)")
  }

  private static func matches(_ name: String, _ known: String) -> Bool {
    known.first == "." ? name.hasSuffix(known) : name == known
  }
}

extension String {
  /// The parts of `model-00001-of-00004.safetensors`: `model` and `.safetensors`; nil for others.
  fileprivate var shard: (stem: String, ending: String)? {
    guard let dot = lastIndex(of: "."), let of = range(ofLast: "-of-") else { return nil }
    let stem = self[..<of.lowerBound]
    guard let dash = stem.lastIndex(of: "-"), Int(stem[stem.index(after: dash)...]) != nil,
      of.upperBound < dot, Int(self[of.upperBound..<dot]) != nil
    else { return nil }
    return (String(stem[..<dash]), String(self[dot...]))
  }

  private func range(ofLast part: String) -> Range<Index>? {
    ranges(of: part).last
  }

  /// What the index is called that a shard belongs to; of a variant in both spellings, that of
  /// `save_pretrained` first. None for other files.
  fileprivate var indices: [String] {
    guard let shard else { return [] }
    let whole = shard.stem + shard.ending
    let parts = whole.split(separator: ".", omittingEmptySubsequences: false)
    let own =
      parts.count == 3 ? ["\(parts[0]).\(parts[2]).index.\(parts[1]).json"] : []
    return own + [whole + ".index.json"]
  }

  /// Whether it is weights of a variant: `model.fp16.safetensors`, `pytorch_model.fp16.bin`, or an
  /// index as `save_pretrained` calls it, `model.safetensors.index.fp16.json`, or as huggingface_hub
  /// does, `model.fp16.safetensors.index.json`.
  fileprivate var isVariant: Bool {
    guard shard == nil else { return false }
    let parts = split(separator: ".", omittingEmptySubsequences: false)
    let kinds: [(Substring, Substring)] = [("model", "safetensors"), ("pytorch_model", "bin")]
    switch parts.count {
    case 3: return kinds.contains { $0 == (parts[0], parts[2]) }
    case 5:
      guard parts[4] == "json" else { return false }
      return parts[2] == "index" && kinds.contains { $0 == (parts[0], parts[1]) }
        || parts[3] == "index" && kinds.contains { $0 == (parts[0], parts[2]) }
    default: return false
    }
  }
}
