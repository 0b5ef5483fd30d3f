// Writes .safetensors as the Python package does: sorted, padded, tied tensors once.

/// Writing of safetensors files.
public enum SafetensorsWriter {
  /// Writes float32 tensors in one step: readers see the whole file or what was there before.
  ///
  /// The bytes are those that `safetensors.torch.save_file` writes: tensors in order of their
  /// names' bytes, one after another, the header padded to 8 bytes. Besides the tensors themselves
  /// no more than a megabyte is held at a time.
  ///
  /// - Parameters:
  ///   - tensors: The tensors by name.
  ///   - aliases: More names of tensors that are written once, with the names they are written
  ///     under; they go into the metadata, where `safetensors.torch.save_model` puts them and
  ///     `load_model` expects them.
  ///   - counters: Whole numbers by name, each written as a tensor of one, I64.
  ///   - metadata: More texts by name.
  ///   - path: The file.
  ///   - existing: What to do if it is there.
  /// - Throws: `TensorFileError` for names that cannot stand in one file; `FileWriteError`.
  public static func write(
    _ tensors: [String: Tensor], aliases: [String: String] = [:], counters: [String: Int] = [:],
    metadata: [String: String] = ["format": "pt"], to path: String,
    existing: WholeFile.ExistingFile = .refuse
  ) throws {
    let produce = try pieces(tensors, aliases: aliases, counters: counters, metadata: metadata)
    try WholeFile.write(to: path, existing: existing, produce)
  }

  /// Writes float32 tensors aside, to take the file's name later; see `write`.
  ///
  /// - Throws: As `write`.
  package static func stage(
    _ tensors: [String: Tensor], aliases: [String: String] = [:], counters: [String: Int] = [:],
    metadata: [String: String] = ["format": "pt"], for path: String,
    existing: WholeFile.ExistingFile, cancellation: Cancellation? = nil
  ) throws -> StagedFile {
    let produce = try pieces(tensors, aliases: aliases, counters: counters, metadata: metadata)
    return try StagedFile(for: path, existing: existing) { append in
      try produce { piece in
        try cancellation?.check()
        try append(piece)
      }
    }
  }

  private static func pieces(
    _ tensors: [String: Tensor], aliases: [String: String], counters: [String: Int],
    metadata: [String: String]
  ) throws -> (_ append: ([UInt8]) throws -> Void) throws -> Void {
    // Wider elements first, as the package has them.
    let numbers = sorted(counters.keys)
    if let twice = numbers.first(where: { tensors[$0] != nil }) {
      throw TensorFileError("tensor \(printable(twice)): expected it once, found it as a counter")
    }
    let names = sorted(tensors.keys)
    let header = try header(
      numbers.map { ($0, .other("I64", size: 8), []) }
        + names.map { ($0, .float32, tensors[$0]?.shape ?? []) },
      metadata: try merged(metadata, aliases, names: Set(names)))
    return { append in
      try append(header)
      for name in numbers {
        try append(withUnsafeBytes(of: Int64(counters[name] ?? 0).littleEndian) { Array($0) })
      }
      for name in names {
        guard let tensor = tensors[name] else { continue }
        for range in Blocks(tensor.count, size: pieceLength) where !range.isEmpty {
          var piece: [UInt8] = []
          tensor.withUnsafeElements { elements in
            piece.append(littleEndian: UnsafeBufferPointer(rebasing: elements[range]))
          }
          try append(piece)
        }
      }
    }
  }

  /// Floats copied at a time.
  private static let pieceLength = 1 << 18

  // As Rust compares them; Swift compares texts by their canonical forms.
  private static func sorted(_ names: some Collection<String>) -> [String] {
    names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func merged(
    _ metadata: [String: String], _ aliases: [String: String], names: Set<String>
  ) throws(TensorFileError) -> [String: String] {
    var merged = metadata
    for alias in sorted(aliases.keys) {
      guard let kept = aliases[alias], names.contains(kept) else {
        throw TensorFileError(
          "tensor \(printable(alias)): expected it to stand for a tensor of the file, found "
            + printable(aliases[alias] ?? ""))
      }
      guard !names.contains(alias) else {
        throw TensorFileError("tensor \(printable(alias)): expected it once, found it as an alias")
      }
      guard merged.updateValue(kept, forKey: alias) == nil else {
        throw TensorFileError(
          "tensor \(printable(alias)): expected a name that metadata do not have, found it there")
      }
    }
    return merged
  }

  private static func header(
    _ tensors: [(name: String, type: ElementType, shape: [Int])], metadata: [String: String]
  ) throws(TensorFileError) -> [UInt8] {
    var members: [JSONValue.Member] = []
    if !metadata.isEmpty {
      let texts = sorted(metadata.keys).map { name in
        JSONValue.Member(name: name, value: .string(metadata[name] ?? ""))
      }
      members.append(.init(name: SafetensorsHeader.metadataName, value: .object(texts)))
    }
    var end = 0
    for (name, type, shape) in tensors {
      guard name != SafetensorsHeader.metadataName else {
        throw TensorFileError(
          "tensor \(printable(name)): expected another name, found that of the metadata")
      }
      let start = end
      end += shape.reduce(type.size, *)
      let entry: [JSONValue.Member] = [
        .init(name: "dtype", value: .string(type.name)),
        .init(name: "shape", value: .array(shape.map { .integer($0) })),
        .init(name: "data_offsets", value: .array([.integer(start), .integer(end)])),
      ]
      members.append(.init(name: name, value: .object(entry)))
    }
    var text = Array(JSONValue.object(members).text.utf8)
    while !text.count.isMultiple(of: 8) { text.append(UInt8(ascii: " ")) }
    guard text.count <= SafetensorsHeader.largest else {
      throw TensorFileError(
        "expected names and shapes of at most \(SafetensorsHeader.largest) bytes, found "
          + "\(text.count)")
    }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }
}
