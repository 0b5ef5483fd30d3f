// Files of torch.save before PyTorch 1.6: pickles one after another, then the storages' bytes.

extension TorchFile {
  /// The number 0x1950a86a20f9469cfc6c as a pickle of its own, and the protocol 1001 as another.
  private static let opening: [UInt8] =
    [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
    + [0x80, 0x02, 0x4D, 0xE9, 0x03, 0x2E]

  /// Reads the pickles of a file, and where the storages lie after them.
  ///
  /// The layout has no directory and no checksums: after the two pickles of `opening` come one of the
  /// writer's machine, one of the object, one of the storages' keys; then for each key in that order
  /// the number of its elements in 8 bytes, and the elements.
  ///
  /// - Parameter choice: Which state dict to read, and which module of it, if there are several.
  /// - Throws: `TensorFileError` with what was expected and found.
  init(legacy mapping: MappedFile, _ choice: ModuleChoice) throws(TensorFileError) {
    let pickles = try LegacyPickles(mapping, after: Self.opening)
    try Self.checkMachine(pickles.machine)
    let stateDict = try StateDict(of: pickles.object, choice)
    let storages = try Self.storages(pickles, mapping)
    var entries: [TensorEntry] = []
    var room = ElementRoom(fileSize: mapping.bytes.count)
    for (name, tensor) in stateDict.tensors {
      guard let bytes = storages[tensor.storage] else {
        throw TensorFileError(
          "tensor \(printable(name)): expected its storage \(printable(tensor.storage)), found none"
        )
      }
      let entry = try Self.entry(
        tensor, named: name, in: bytes, called: "storage \(printable(tensor.storage))")
      try room.take(entry)
      entries.append(entry)
    }
    self.init(entries: entries, stateDict, storages: nil)
  }

  private static func checkMachine(_ pickle: Pickle) throws(TensorFileError) {
    let facts = pickle.dictionary(pickle.value) ?? []
    guard let order = facts.first(where: { $0.key == .text("little_endian") }),
      order.value == .bool(true)
    else {
      throw TensorFileError(
        "sys_info: expected little_endian True, found "
          + (facts.isEmpty ? pickle.kind(of: pickle.value) : "another order of bytes"))
    }
  }

  /// The bytes of each storage by its key.
  private static func storages(
    _ pickles: LegacyPickles, _ mapping: MappedFile
  ) throws(TensorFileError) -> [String: Range<Int>] {
    guard let keys = pickles.keys.list(pickles.keys.value) else {
      throw TensorFileError(
        "storage keys: expected a list, found \(pickles.keys.kind(of: pickles.keys.value))")
    }
    let sizes = try storageSizes(pickles.object)
    var ranges: [String: Range<Int>] = [:]
    var position = pickles.end
    for key in keys {
      guard case .text(let name) = key, let size = sizes[name] else {
        throw TensorFileError(
          "storage keys: expected storages of the object, found \(pickles.keys.kind(of: key))")
      }
      guard mapping.bytes.count - position >= 8 else {
        throw TensorFileError(
          "storage \(printable(name)): expected its size at byte \(position), found the end")
      }
      try mapping.loadTensor(position..<position + 8)
      let count = Int64(
        littleEndian: mapping.bytes.loadUnaligned(fromByteOffset: position, as: Int64.self))
      position += 8
      guard count == size.count else {
        throw TensorFileError(
          "storage \(printable(name)): expected \(size.count) elements, found \(count)")
      }
      let (length, overflow) = size.count.multipliedReportingOverflow(by: size.width)
      guard !overflow, length <= mapping.bytes.count - position else {
        throw TensorFileError(
          "storage \(printable(name)): expected \(size.count) elements of \(size.width) bytes, found "
            + "\(mapping.bytes.count - position) bytes")
      }
      guard ranges.updateValue(position..<position + length, forKey: name) == nil else {
        throw TensorFileError("storage \(printable(name)): expected it once, found it again")
      }
      position += length
    }
    guard position == mapping.bytes.count else {
      throw TensorFileError(
        "byte \(position): expected the end after \(keys.count) storages, found "
          + "\(mapping.bytes.count - position) bytes more")
    }
    return ranges
  }

  /// How many elements each storage has, and how wide they are.
  private static func storageSizes(
    _ pickle: Pickle
  ) throws(TensorFileError) -> [String: (count: Int, width: Int)] {
    var sizes: [String: (count: Int, width: Int)] = [:]
    for object in pickle.objects {
      guard case .persistent(let identity) = object.kind, let parts = pickle.tuple(identity) else {
        continue
      }
      // ('storage', class, key, device, elements, view)
      guard parts.count >= 5, case .global(.storage(let type?)) = parts[1],
        case .text(let key) = parts[2], case .integer(let count) = parts[4], count >= 0
      else {
        // Modules write their source beside their storages.
        guard parts.first != .text("storage") else {
          throw TensorFileError(
            "data offset \(object.offset): expected a storage's class, key, device and size, found "
              + "others")
        }
        continue
      }
      if let known = sizes[key], known != (count, type.size) {
        throw TensorFileError(
          "storage \(printable(key)): expected one size, found \(known.count) and \(count) elements"
        )
      }
      sizes[key] = (count, type.size)
    }
    return sizes
  }
}

/// The three pickles that come after the opening, and where they end.
private struct LegacyPickles {
  let machine: Pickle
  let object: Pickle
  let keys: Pickle
  /// The byte after them.
  let end: Int

  init(_ mapping: MappedFile, after opening: [UInt8]) throws(TensorFileError) {
    // How long pickles are shows at their end: as much is read as they take, in steps.
    var length = min(1 << 20, mapping.bytes.count)
    while true {
      try mapping.loadTensor(0..<length)
      let bytes = UnsafeRawBufferPointer(rebasing: mapping.bytes[..<length])
      do {
        try self.init(bytes, after: opening)
        return
      } catch {
        guard length < min(mapping.bytes.count, 3 * PickleReader.largest) else { throw error }
        length = min(2 * length, mapping.bytes.count)
      }
    }
  }

  private init(
    _ bytes: UnsafeRawBufferPointer, after opening: [UInt8]
  ) throws(TensorFileError) {
    guard bytes.starts(with: opening) else {
      throw TensorFileError(
        "expected protocol 1001 of torch.save after its number, found another")
    }
    var position = opening.count
    func next(_ name: String) throws(TensorFileError) -> Pickle {
      let (pickle, length) = try PickleReader.readFirst(
        UnsafeRawBufferPointer(rebasing: bytes[position...]), name: name)
      position += length
      return pickle
    }
    machine = try next("sys_info")
    object = try next("data")
    keys = try next("storage keys")
    end = position
  }
}
