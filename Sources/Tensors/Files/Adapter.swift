// An adapter of PEFT (LoRA, arXiv 2106.09685): two thin matrices for some layers of another model,
// whose product is added to their weights.

/// What an adapter's folder says, and its tensors.
struct Adapter {
  /// The model that it was trained on, as the folder says: a path or `OWNER/NAME`.
  let baseName: String
  private let tensors: TensorFile
  private let configuration: JSONValue

  static let configurationName = "adapter_config.json"
  private static let weights = ["adapter_model.safetensors", "adapter_model.bin"]
  /// What stands before a model's own names.
  private static let prefix = "base_model.model."

  /// Opens the adapter of a folder.
  ///
  /// - Parameter configuration: `adapter_config.json`.
  /// - Returns: nil where it does not say whose adapter it is.
  /// - Throws: `ModelFolderError` for another kind of adapter, or one without weights.
  init?(in folder: String, _ configuration: JSONValue) throws {
    guard case .string(let base)? = configuration["base_model_name_or_path"], !base.isEmpty else {
      return nil
    }
    (baseName, self.configuration) = (base, configuration)
    func refuse(_ name: String, _ expected: String, _ found: JSONValue?) -> ModelFolderError {
      ModelFolderError(
        "\(Self.configurationName): \(name): expected \(expected), found "
          + printable(String((found?.text ?? "none").prefix(80)))
          + "; merge_and_unload() of PEFT, then save_pretrained, makes a folder that can be opened")
    }
    guard configuration["peft_type"] == .string("LORA") else {
      throw refuse("peft_type", "LORA", configuration["peft_type"])
    }
    // Kinds whose weights are not a plain sum.
    for name in ["use_dora", "fan_in_fan_out", "lora_bias", "use_qalora", "use_bdlora"] {
      guard [nil, .null, .bool(false)].contains(configuration[name]) else {
        throw refuse(name, "false", configuration[name])
      }
    }
    // A pattern is the end of a layer's name, as PEFT's regular expressions are where they are plain.
    if case .object(let patterns)? = configuration["alpha_pattern"],
      let other = patterns.first(where: { !$0.name.isPlainPattern })
    {
      throw refuse("alpha_pattern", "ends of layers' names", .string(other.name))
    }
    guard let file = Self.weights.first(where: { FileNames.isRegular(folder + "/" + $0) }) else {
      throw ModelFolderError("expected \(Self.weights[0]) beside it, found none")
    }
    do { tensors = try TensorFile(path: folder + "/" + file) } catch {
      throw ModelFolderError("\(file): \(error)")
    }
  }

  /// The model's tensors with the adapter's part in them.
  ///
  /// - Throws: `ModelFolderError` with a tensor that does not fit the model's.
  func applied(to model: TensorFile) throws -> TensorFile {
    var changes: [String: TensorFile.Change] = [:]
    for entry in tensors.entries {
      guard entry.name.hasPrefix(Self.prefix) else { throw strange(entry, "another beginning") }
      let name = String(entry.name.dropFirst(Self.prefix.count))
      if name.hasSuffix(".lora_B.weight") { continue }
      guard name.hasSuffix(Self.down) else {
        guard let own = model.entry(named: name), own.shape == entry.shape else {
          throw strange(entry, "none of that name and shape in the model")
        }
        changes[name] = .replaced(by: entry.name, of: tensors)
        continue
      }
      let layer = String(name.dropLast(Self.down.count))
      let up = entry.name.dropLast(Self.down.count) + ".lora_B.weight"
      guard let own = model.entry(named: layer + ".weight")?.shape,
        let wide = tensors.entry(named: String(up))?.shape, own.count == 2, wide.count == 2,
        entry.shape.count == 2, entry.shape[0] > 0, wide[1] == entry.shape[0],
        own == [wide[0], entry.shape[1]]
      else { throw strange(entry, "other shapes in the model or in lora_B") }
      changes[layer + ".weight"] = .added(
        down: entry.name, up: String(up), of: tensors, scale: try scale(layer, entry.shape[0]))
    }
    return model.changed(changes)
  }

  private static let down = ".lora_A.weight"

  private func strange(_ entry: TensorEntry, _ found: String) -> ModelFolderError {
    ModelFolderError(
      "tensor \(printable(entry.name)) \(entry.shape): expected a part of \(printable(baseName)), "
        + "found \(found)")
  }

  /// lora_alpha / r of a layer, or lora_alpha / √r.
  private func scale(_ layer: String, _ rank: Int) throws -> Float {
    func number(_ value: JSONValue?) -> Double? {
      switch value {
      case .integer(let number)?: Double(number)
      case .real(let number)?: number
      default: nil
      }
    }
    var (name, value) = ("lora_alpha", configuration["lora_alpha"])
    // Of several patterns that fit PEFT takes the first.
    if case .object(let patterns)? = configuration["alpha_pattern"],
      let pattern = patterns.first(where: { layer == $0.name || layer.hasSuffix("." + $0.name) })
    {
      (name, value) = ("alpha_pattern: \(printable(pattern.name))", pattern.value)
    }
    guard let alpha = number(value), alpha.isFinite else {
      throw ModelFolderError(
        "\(Self.configurationName): \(name): expected a number, found \(value?.kind ?? "none")")
    }
    let isRankStabilised = configuration["use_rslora"] == .bool(true)
    return Float(alpha / (isRankStabilised ? Double(rank).squareRoot() : Double(rank)))
  }
}

extension String {
  /// Whether it means as a regular expression what it says as a name. A dot, which is any character
  /// there, is taken for a dot: layers' names have no other character in its place.
  fileprivate var isPlainPattern: Bool {
    !isEmpty && allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || "_.-".contains($0) }
  }
}

extension TensorFile {
  /// What becomes of one of a file's tensors.
  enum Change: Sendable {
    /// Another file's stands in its place.
    case replaced(by: String, of: TensorFile)
    /// `scale · up · down` is added, `[outputs, rank]` times `[rank, inputs]`.
    case added(down: String, up: String, of: TensorFile, scale: Float)

    func applied(to own: () throws(TensorFileError) -> Tensor) throws(TensorFileError) -> Tensor {
      switch self {
      case .replaced(let name, let file): return try file.tensor(named: name)
      case .added(let down, let up, let file, let scale):
        let (a, b) = (try file.tensor(named: down), try file.tensor(named: up))
        var sum = try own()
        let (rows, rank, columns) = (b.shape[0], b.shape[1], a.shape[1])
        b.withUnsafeElements { b in
          a.withUnsafeElements { a in
            sum.withUnsafeMutableElements { sum in
              guard let b = b.baseAddress, let a = a.baseAddress, let sum = sum.baseAddress else {
                return
              }
              StridedMatrix(b, rows: rows, columns: rank)
                .timesInBLAS(StridedMatrix(a, rows: rank, columns: columns), scale: scale)
                .add(to: sum, stride: columns)
            }
          }
        }
        return sum
      }
    }
  }
}
