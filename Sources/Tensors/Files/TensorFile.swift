// One face for files of named tensors, whatever wrote them.

/// An opened file of named tensors: safetensors, or a state dict of torch.save; or several such files
/// that together hold one model.
///
/// Opening reads headers alone, and a tensor is read when it is first looked at, see `Tensor.load`.
/// A storage of torch.save since PyTorch 1.6 has a checksum, which is checked when its first tensor
/// is read.
public struct TensorFile: Sendable {
  /// How tensors are stored.
  public enum Format: Sendable, Hashable, CustomStringConvertible {
    /// A JSON header and the tensors' bytes.
    case safetensors
    /// PyTorch's own: a pickle, of which nothing is executed, and storages; in a zip archive since
    /// PyTorch 1.6.
    case torch

    /// The name people know it by.
    public var description: String {
      switch self {
      case .safetensors: "safetensors"
      case .torch: "torch.save"
      }
    }
  }

  /// How tensors are stored.
  public let format: Format
  /// The tensors, in the file's order; no name twice.
  public let entries: [TensorEntry]
  /// Names of `entries`, in their order, without what wrappers put between their parts.
  public let plainNames: [String]
  /// What the file says of itself by name; empty where the format keeps nothing of the kind.
  public let metadata: [String: String]
  /// What the reader chose or left out, a sentence each.
  public let notes: [String]
  /// Where the weights are in a training checkpoint of torch.save, keys joined by dots, such as
  /// `state_dict`; nil if the file holds nothing but them.
  public let stateDict: String?
  /// What the names of `entries` begin with where one module was chosen, without the parts
  /// that wrappers put between; nil if all tensors are read.
  public let prefix: String?
  /// Tensors of other modules of the same state dict.
  public let leftOut: [LeftOutTensor]
  /// The settings of a training that Lightning keeps in a file of torch.save, as JSON; nil where there
  /// are none.
  public let hyperparameters: JSONValue?
  /// Where tensors lie, by their names.
  private let locations: [String: Location]
  /// What an adapter makes of tensors, by their names.
  private var changes: [String: Change] = [:]

  /// One of the files, and what its tensors are checked by.
  private struct Part {
    let mapping: MappedFile
    let storages: TorchStorages?
  }

  /// A tensor of one of the files.
  private struct Location {
    let entry: TensorEntry
    let part: Part
  }

  /// Opens a file; its first bytes say which format it has, its name does not matter.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - choice: Which state dict of a torch.save file to read, and which module of it. If there are
  ///     several, the error says how to choose.
  /// - Throws: `FileAccessError`, or `TensorFileError` with what was expected and found.
  public init(path: String, choosing choice: ModuleChoice = ModuleChoice()) throws {
    let mapping = try MappedFile(path: path)
    let storages: TorchStorages?
    try mapping.load(0..<512)
    switch FileSignature(of: mapping.bytes) {
    case .safetensors:
      try mapping.load(SafetensorsHeader.range(file: mapping.bytes))
      let header = try SafetensorsHeader(file: mapping.bytes)
      let names = header.entries.map(\.name)
      let isBeginning =
        choice.stateDict.map { [choice] in choice.isBeginning($0, of: names) } ?? true
      guard isBeginning else {
        throw TensorFileError(
          "expected a torch.save file to find \(printable(choice.stateDict ?? "")) in, found "
            + "safetensors")
      }
      let source = ModuleChoice.Source(path: nil, names: names)
      let chosen = try choice.completed(by: header.metadata).chosen(of: [source]) {
        $0 == $1
      }
      let prefix = chosen?.prefix ?? ""
      if prefix.isEmpty {
        (entries, plainNames, leftOut) = (header.entries, source.names, [])
      } else {
        let isOwn = source.names.map { $0.hasPrefix(prefix) }
        func selected<Element>(_ elements: [Element], _ wanted: Bool) -> [Element] {
          zip(elements, isOwn).compactMap { $1 == wanted ? $0 : nil }
        }
        (entries, plainNames) = (selected(header.entries, true), selected(source.names, true))
        leftOut = selected(header.entries, false).map(LeftOutTensor.init)
      }
      (format, metadata) = (.safetensors, header.metadata)
      (notes, stateDict, self.prefix, storages) = ([], nil, chosen?.prefix, nil)
      hyperparameters = nil
    case .zip, .legacyTorch:
      let isZip = if case .zip = FileSignature(of: mapping.bytes) { true } else { false }
      let file =
        try isZip ? TorchFile(mapping, choice) : TorchFile(legacy: mapping, choice)
      (format, entries, metadata, leftOut) = (.torch, file.entries, [:], file.leftOut)
      plainNames = entries.map { ModuleChoice.unwrapped($0.name) }
      (notes, stateDict, prefix) = (file.notes, file.stateDictPath, file.prefix)
      (storages, hyperparameters) = (file.storages, file.hyperparameters)
    case .unreadable(let what):
      throw TensorFileError("expected a safetensors or torch.save file, found \(what)")
    }
    let part = Part(mapping: mapping, storages: storages)
    locations = Dictionary(
      uniqueKeysWithValues: entries.map { ($0.name, Location(entry: $0, part: part)) })
  }

  /// Several files as one.
  ///
  /// - Parameters:
  ///   - shards: The files, by their names.
  ///   - index: In which of them each tensor lies, in order; no name twice.
  /// - Throws: `TensorFileError` with the names that are not where they should be.
  init(
    shards: [String: TensorFile], index: [(name: String, file: String)]
  ) throws(TensorFileError) {
    var locations: [String: Location] = [:]
    var missing: [String] = []
    for (name, file) in index {
      guard let location = shards[file]?.locations[name] else {
        missing.append("\(printable(name)) in \(printable(file))")
        continue
      }
      locations[name] = location
    }
    guard missing.isEmpty else {
      throw TensorFileError(
        "expected the tensors that the index names, found none called "
          + missing.prefix(8).joined(separator: ", ")
          + (missing.count > 8 ? " and \(missing.count - 8) more" : ""))
    }
    self.locations = locations
    entries = index.compactMap { locations[$0.name]?.entry }
    plainNames = entries.map { ModuleChoice.unwrapped($0.name) }
    format = shards.values.first?.format ?? .safetensors
    metadata = [:]
    let more = shards.values.reduce(0) { $0 + $1.entries.count } - entries.count
    notes = more > 0 ? ["left out: \(more) tensors that the index does not name"] : []
    (stateDict, prefix, leftOut, hyperparameters) = (nil, nil, [], nil)
  }

  /// Opens a file and reads one of its state dicts whole.
  ///
  /// - Parameter stateDict: Keys to it, joined by dots; nil to find it.
  /// - Throws: `FileAccessError`, or `TensorFileError` with what was expected and found.
  public init(path: String, stateDict: String?) throws {
    try self.init(path: path, choosing: ModuleChoice(stateDict: stateDict))
  }

  /// The same file with some tensors changed, of the same shapes.
  func changed(_ changes: [String: Change]) -> TensorFile {
    var file = self
    file.changes = changes
    return file
  }

  /// The entry of a name.
  public func entry(named name: String) -> TensorEntry? { locations[name]?.entry }

  /// A tensor as float32: in place if it is stored so, row-major and on a float's boundary; else
  /// converted, float64 to the nearest float32.
  ///
  /// - Throws: `TensorFileError` if there is no such tensor, or its elements are no floats.
  public func tensor(named name: String) throws(TensorFileError) -> Tensor {
    guard let change = changes[name] else { return try elements(name).tensor() }
    return try change.applied { () throws(TensorFileError) in try elements(name).tensor() }
  }

  /// A tensor as float32 whatever numbers it holds: integers to the nearest float32, truth values
  /// as 0 and 1.
  ///
  /// - Throws: `TensorFileError` if there is no such tensor, or it holds floats of 8 bits.
  public func numbers(named name: String) throws(TensorFileError) -> Tensor {
    guard changes[name] == nil else { return try tensor(named: name) }
    return try elements(name).numbers()
  }

  /// How many elements of a tensor are NaN or infinite as float32.
  ///
  /// - Throws: `TensorFileError` if there is no such tensor, or its elements are no floats.
  public func nonFiniteCount(named name: String) throws(TensorFileError) -> Int {
    guard changes[name] == nil else {
      return try tensor(named: name).values.count { !$0.isFinite }
    }
    return try elements(name).nonFiniteCount()
  }

  /// Whether two tensors of one shape have the same bits, read no further than to the first
  /// difference; nil where their elements must be converted to tell.
  ///
  /// - Throws: `TensorFileError` if there is no such tensor, or the file has changed.
  public func haveSameBytes(_ first: String, _ second: String) throws(TensorFileError) -> Bool? {
    guard changes[first] == nil, changes[second] == nil else { return nil }
    return try elements(first).hasSameBytes(as: elements(second))
  }

  /// Whether two names stand for the same stored elements, as tied parameters do where a format
  /// can say so; equal elements stored twice do not share, and neither do tensors of none.
  public func sharesStorage(_ first: String, _ second: String) -> Bool {
    guard changes[first] == nil, changes[second] == nil,
      let one = locations[first], let other = locations[second],
      one.part.mapping === other.part.mapping
    else { return false }
    let (a, b) = (one.entry, other.entry)
    return a.bytes == b.bytes && !a.bytes.isEmpty && a.type == b.type && a.shape == b.shape
      && a.strides == b.strides
  }

  private func elements(_ name: String) throws(TensorFileError) -> StoredElements {
    guard let location = locations[name] else {
      throw TensorFileError("tensor \(printable(name)): expected it, found none")
    }
    try location.part.storages?.check(location.entry)
    return StoredElements(mapping: location.part.mapping, entry: location.entry)
  }
}
