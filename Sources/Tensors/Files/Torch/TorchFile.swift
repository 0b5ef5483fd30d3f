// Files of torch.save since PyTorch 1.6: a zip archive of a pickle and of storages, uncompressed.

import Synchronization

/// The tensors of a torch.save archive, checked against the archive before they are believed.
struct TorchFile: Sendable {
  /// The tensors of the state dict, in its order.
  let entries: [TensorEntry]
  /// Where the state dict is in the pickle, keys joined by dots; nil if it is all of it.
  let stateDictPath: String?
  /// What the tensors' names begin with, as far as that was chosen.
  let prefix: String?
  /// Tensors of the state dict that are not read.
  let leftOut: [LeftOutTensor]
  /// What was chosen and left out, a sentence each.
  let notes: [String]
  /// What Lightning keeps under `hyper_parameters` beside it; nil where there is nothing.
  let hyperparameters: JSONValue?
  /// The storages' checksums; nil where the file has none.
  let storages: TorchStorages?

  /// Reads the directory and the pickle of an archive.
  ///
  /// - Parameter choice: Which state dict to read, and which module of it, if there are several.
  /// - Throws: `TensorFileError` with what was expected and found.
  init(_ mapping: MappedFile, _ choice: ModuleChoice) throws(TensorFileError) {
    let archive = try ZipArchive(mapping.bytes) { range throws(TensorFileError) in
      try mapping.loadTensor(range)
    }
    let root = try Self.root(of: archive)
    try Self.checkVersions(archive, root)
    guard let member = archive.member(named: root + "data.pkl") else {
      throw TensorFileError("expected a member \(root)data.pkl, found none")
    }
    guard member.bytes.count <= PickleReader.largest else {
      throw TensorFileError(
        "data.pkl: expected at most \(PickleReader.largest) bytes, found \(member.bytes.count)")
    }
    let pickle = try PickleReader.read(archive.contents(of: member), name: "data.pkl")
    let stateDict = try StateDict(of: pickle, choice)
    var storages: [Range<Int>: ZipArchive.Member] = [:]
    var entries: [TensorEntry] = []
    var room = ElementRoom(fileSize: mapping.bytes.count)
    for (name, tensor) in stateDict.tensors {
      let member = try Self.storage(of: tensor, named: name, archive, root)
      let entry = try Self.entry(tensor, named: name, in: member.bytes, called: member.name)
      try room.take(entry)
      entries.append(entry)
      storages[entry.bytes] = member
    }
    self.init(
      entries: entries, stateDict,
      storages: TorchStorages(archive: archive, mapping: mapping, members: storages))
  }

  /// The tensors of a state dict that lie where `entries` say.
  init(entries: [TensorEntry], _ stateDict: StateDict, storages: TorchStorages?) {
    (self.entries, self.storages) = (entries, storages)
    (stateDictPath, prefix) = (stateDict.path, stateDict.prefix)
    (leftOut, notes) = (stateDict.leftOut, stateDict.notes)
    hyperparameters = stateDict.hyperparameters
  }

  // All members are in one folder, called as the file was when it was saved.
  private static func root(of archive: ZipArchive) throws(TensorFileError) -> String {
    let names = archive.members.map(\.name)
    let roots = names.compactMap { name -> Substring? in
      guard let slash = name.firstIndex(of: "/"), name[slash...] == "/data.pkl" else { return nil }
      return name[...slash]
    }
    guard let root = roots.first, roots.count == 1 else {
      throw TensorFileError(
        "expected an archive of torch.save with one member NAME/data.pkl, found "
          + (roots.isEmpty ? "none (\(described(names)))" : "\(roots.count)"))
    }
    guard !names.contains(where: { $0 == "\(root)constants.pkl" || $0.hasPrefix("\(root)code/") })
    else {
      throw TensorFileError(
        "expected a state dict, found a TorchScript archive; save its weights alone: "
          + "torch.save(torch.jit.load(\"model.pt\").state_dict(), \"weights.pt\")")
    }
    return String(root)
  }

  private static func described(_ names: [String]) -> String {
    guard let first = names.first else { return "an empty archive" }
    return names.count == 1 ? first : "\(first) and \(names.count - 1) more"
  }

  private static func checkVersions(
    _ archive: ZipArchive, _ root: String
  ) throws(TensorFileError) {
    func text(_ name: String) throws(TensorFileError) -> String? {
      guard let member = archive.member(named: root + name) else { return nil }
      guard member.bytes.count <= 16 else {
        throw TensorFileError("\(name): expected a word, found \(member.bytes.count) bytes")
      }
      let contents = try archive.contents(of: member)
      return String(decoding: contents, as: UTF8.self)
    }
    let order = try text("byteorder") ?? "little"
    guard order == "little" else {
      throw TensorFileError(
        "byteorder: expected little, found \(printable(order)); save it again on a machine of "
          + "little-endian numbers")
    }
    let version = try text("version").map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 } ?? "1"
    guard let number = Int(version), (1...10).contains(number) else {
      throw TensorFileError("version: expected 1 to 10, found \(printable(version))")
    }
  }

  private static func storage(
    of tensor: TorchTensor, named name: String, _ archive: ZipArchive, _ root: String
  ) throws(TensorFileError) -> ZipArchive.Member {
    guard let member = archive.member(named: "\(root)data/\(tensor.storage)") else {
      throw TensorFileError(
        "tensor \(printable(name)): expected its storage data/\(printable(tensor.storage)), "
          + "found none")
    }
    guard member.isStored else {
      throw TensorFileError(
        "zip member \(member.name): expected it stored as it is, found it compressed; "
          + "save it again with torch.save")
    }
    let (bytes, overflow) = tensor.storageCount.multipliedReportingOverflow(by: tensor.countedSize)
    // A storage may end in bytes that make no whole element.
    guard !overflow, bytes <= member.bytes.count, member.bytes.count - bytes < tensor.countedSize
    else {
      throw TensorFileError(
        "tensor \(printable(name)): expected a storage of \(tensor.storageCount) elements of "
          + "\(tensor.countedSize) bytes, found \(member.bytes.count) bytes in \(member.name)")
    }
    return member
  }

  /// Where a tensor lies in the file.
  ///
  /// - Parameters:
  ///   - storage: The bytes of its storage.
  ///   - what: What errors call the storage.
  static func entry(
    _ tensor: TorchTensor, named name: String, in storage: Range<Int>, called what: String
  ) throws(TensorFileError) -> TensorEntry {
    var bytes = tensor.type.size
    for length in tensor.shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: length)
      guard !overflow else {
        throw TensorFileError(
          "tensor \(printable(name)): expected a shape that fits, found \(tensor.shape)")
      }
      bytes = product
    }
    guard let range = tensor.bytes(inStorageOf: storage.count) else {
      throw TensorFileError(
        "tensor \(printable(name)): expected it within the \(storage.count) bytes of "
          + "\(what), found shape \(tensor.shape), strides \(tensor.strides), "
          + "first element \(tensor.first)")
    }
    let start = storage.lowerBound
    return TensorEntry(
      name: name, type: tensor.type, shape: tensor.shape,
      bytes: start + range.lowerBound..<start + range.upperBound,
      strides: tensor.gatheringStrides)
  }
}

/// How much more memory a file's tensors may ask for. Strides of 0 and storages shared by many
/// tensors would let a small file ask for any amount.
struct ElementRoom {
  let fileSize: Int
  private var taken = 0
  private var seen: Set<Taken> = []

  private struct Taken: Hashable {
    let bytes: Range<Int>
    let shape: [Int]
    let strides: [Int]?
  }

  private static let mostTimes = 4

  init(fileSize: Int) { self.fileSize = fileSize }

  mutating func take(_ entry: TensorEntry) throws(TensorFileError) {
    let part = Taken(bytes: entry.bytes, shape: entry.shape, strides: entry.strides)
    guard seen.insert(part).inserted else { return }
    guard entry.byteCount <= fileSize else {
      throw TensorFileError(
        "tensor \(printable(entry.name)): expected at most the file's \(fileSize) bytes, found "
          + "\(entry.byteCount) by repeating its elements; save it with .contiguous()")
    }
    taken += entry.byteCount
    guard taken <= fileSize * Self.mostTimes else {
      throw TensorFileError(
        "tensor \(printable(entry.name)): expected tensors of at most \(Self.mostTimes) times the "
          + "file's \(fileSize) bytes, found more, by overlapping storages")
    }
  }
}

/// The storages' checksums, each computed when its first tensor is read: a checksum reads all of a
/// storage, and opening a file must not.
final class TorchStorages: Sendable {
  // The archive's pointer is into the mapping, which is kept alive beside it.
  private nonisolated(unsafe) let archive: ZipArchive
  private let mapping: MappedFile
  private let members: [Range<Int>: ZipArchive.Member]
  private let checked = Mutex<Set<Range<Int>>>([])

  init(archive: ZipArchive, mapping: MappedFile, members: [Range<Int>: ZipArchive.Member]) {
    (self.archive, self.mapping, self.members) = (archive, mapping, members)
  }

  /// Checks the storage of a tensor, unless that was done.
  ///
  /// - Throws: `TensorFileError` if it does not have the checksum in the archive.
  func check(_ entry: TensorEntry) throws(TensorFileError) {
    guard let member = members[entry.bytes], !checked.withLock({ $0.contains(member.bytes) }) else {
      return
    }
    _ = try archive.contents(of: member)
    checked.withLock { _ = $0.insert(member.bytes) }
  }
}
