// .safetensors: a JSON header of names, types, shapes and offsets, then the tensors' bytes.

/// An opened safetensors file; tensors are views of the mapped file, converted when they must be.
public struct SafetensorsFile: Sendable {
  /// The tensors, in the header's order.
  public let entries: [TensorEntry]
  /// The header's `__metadata__`; `save_model` puts names dropped for tied tensors here.
  public let metadata: [String: String]
  private let mapping: MappedFile
  private let entriesByName: [String: TensorEntry]

  /// Opens a file and checks its whole header: types, shapes, that every tensor lies inside the
  /// file, and that tensors follow one another without gap or overlap to the file's end.
  ///
  /// - Throws: `FileAccessError`, or `TensorFileError` with what was expected and found.
  public init(path: String) throws {
    try self.init(MappedFile(path: path))
  }

  init(_ mapping: MappedFile) throws {
    self.mapping = mapping
    try mapping.load(0..<8)
    try mapping.load(SafetensorsHeader.range(file: mapping.bytes))
    let header = try SafetensorsHeader(file: mapping.bytes)
    entries = header.entries
    metadata = header.metadata
    entriesByName = Dictionary(uniqueKeysWithValues: header.entries.map { ($0.name, $0) })
  }

  /// The entry of a name.
  public func entry(named name: String) -> TensorEntry? { entriesByName[name] }

  /// A tensor as float32: in place if it is stored so on a float's boundary, else converted.
  ///
  /// - Throws: `TensorFileError` if there is no such tensor, or its elements are no floats.
  public func tensor(named name: String) throws(TensorFileError) -> Tensor {
    try StoredElements(mapping: mapping, entry: existing(name)).tensor()
  }

  /// A tensor of truth values or bytes, row-major: true where not zero.
  ///
  /// - Throws: `TensorFileError` if there is no such tensor, or it is of another type;
  ///   `FileAccessError`.
  public func truths(named name: String) throws -> [Bool] {
    let entry = try existing(name)
    guard ["BOOL", "U8"].contains(entry.type.name) else {
      throw TensorFileError(
        "tensor \(printable(name)): expected BOOL or U8, found \(entry.type.name)")
    }
    try mapping.load(entry.bytes)
    return mapping.bytes[entry.bytes].map { $0 != 0 }
  }

  private func existing(_ name: String) throws(TensorFileError) -> TensorEntry {
    guard let entry = entriesByName[name] else {
      throw TensorFileError("tensor \(printable(name)): expected it, found none")
    }
    return entry
  }
}
