// From a path to examples: what a file is shows in its first bytes, what a folder is in its names.

import Foundation
import Pictures
import Tensors

extension LabelledPictures {
  /// The most bytes that all pictures may take: 8 GiB.
  static let mostBytes = 1 << 33

  /// Reads examples into memory.
  ///
  /// The path is one of:
  /// - a file of pictures in IDX, `*-images-idx3-ubyte`, packed with gzip or not, its labels beside
  ///   it as `*-labels-idx1-ubyte`; or a folder with such files, `train-*` and `t10k-*`, under the
  ///   names of MNIST, EMNIST, QMNIST or Kaggle;
  /// - a file of CIFAR-10 or CIFAR-100, `data_batch_1.bin` or `train.bin`; or its folder;
  /// - an array of pictures (`.npy`), with one of labels; or an archive of both (`.npz`); or a folder
  ///   with `images.npy` and `labels.npy`;
  /// - a folder that has a folder of pictures for each class, or one with `train` and `test` folders
  ///   of this kind;
  /// - a folder in which one of these sets of files lies deeper, as torchvision keeps them:
  ///   `MNIST/raw`, `cifar-10-batches-bin`;
  /// - `planted`, pictures that are drawn, whether or not a file has that name; `./planted` is the
  ///   file.
  ///
  /// - Throws: `FileAccessError`, `DatasetError`.
  public init(reading path: String, _ request: DatasetRequest = .init()) throws {
    let all =
      path == PlantedPictures.name
      ? try Self(planted: request)
      : DatasetFiles.isFolder(path)
        ? try Self.readFolder(path, request) : try Self.readFile(path, request)
    if let size = request.size, all.shape[0] != size.height || all.shape[1] != size.width {
      throw DatasetError(
        path,
        "expected pictures of \(size.height) × \(size.width), found \(all.shape[0]) × "
          + "\(all.shape[1]); pictures in folders alone are scaled")
    }
    if let channels = request.channels, all.shape[2] != channels {
      throw DatasetError(path, "expected \(channels) channels, found \(all.shape[2])")
    }
    self = request.limit.map(all.prefix) ?? all
  }

  private static func readFile(
    _ path: String, _ request: DatasetRequest
  ) throws -> LabelledPictures {
    let start = try DatasetFiles.start(of: path)
    if GzipReader.isGzip(start) || IDXFile.isIDX(start),
      !DatasetFiles.name(of: path).hasSuffix(".bin")
    {
      return try LabelledPictures(idx: path, request)
    }
    if NumPyFile.isNumPy(start) || NumPyArchive.isArchive(start) {
      return try LabelledPictures(
        numPy: WholeFile.read(path, limit: mostBytes), path: path, request)
    }
    if path.hasSuffix(".bin") {
      guard request.labels == nil else {
        throw DatasetError(path, "expected no file of labels: CIFAR's files hold them")
      }
      return try LabelledPictures(cifar: [path], folder: DatasetFiles.folder(of: path), request)
    }
    if LabelledPictures.isCIFARPickles([DatasetFiles.name(of: path)]), start.starts(with: [0x80]) {
      throw DatasetError(path, cifarPickles)
    }
    throw DatasetError(
      path,
      "expected pictures in IDX (MNIST), .npy, .npz or CIFAR's .bin, or a folder, found "
        + FileKind.described(start))
  }

  /// What is said of CIFAR's pickles.
  private static let cifarPickles =
    "CIFAR's Python version is pickles, which are not read; expected its binary version "
    + "(cifar-10-binary.tar.gz, cifar-100-binary.tar.gz), or arrays that np.save wrote of its data "
    + "and labels (images.npy, labels.npy)"

  private static func readFolder(
    _ path: String, _ request: DatasetRequest
  ) throws -> LabelledPictures {
    let names = try DatasetFiles.names(in: path)
    if let file = try IDXNames.pictures(in: path, names: names, part: request.part) {
      return try LabelledPictures(idx: file, request)
    }
    guard request.labels == nil else {
      throw DatasetError(path, "expected no file of labels: a folder's classes are its folders")
    }
    if isCIFAR(path, names: names) {
      return try LabelledPictures(cifarFolder: path, names: names, request)
    }
    if let file = try SetLocations.arrays(in: path, names: names, part: request.part) {
      return try readFile(file, request)
    }
    let found = try ClassFolders(path, names: names, isRecursive: request.isRecursive)
    if found.files.allSatisfy(\.isEmpty), found.passedOver.nested == 0,
      let location = try SetLocations.within(path, folders: found.classes)
    {
      return try readFolder(location, request)
    }
    if let part = try splitFolder(of: found, in: path, request.part) {
      return try readFolder(part, request)
    }
    guard !found.classes.isEmpty else {
      if isCIFARPickles(names) { throw DatasetError(path, cifarPickles) }
      let first = request.part == .training ? "train-images-idx3-ubyte" : "t10k-images-idx3-ubyte"
      throw DatasetError(
        path,
        "expected \(first), CIFAR's batches or a folder for each class, found none of them")
    }
    guard found.classes.count <= ClassNames.most else {
      throw DatasetError(
        path, "expected at most \(ClassNames.most) classes, found \(found.classes.count) folders")
    }
    return try LabelledPictures(folder: path, found, request)
  }

  /// The folder of a part, where a folder's folders are parts and not classes: called `train`, `test`
  /// or `val`, and without pictures of their own.
  private static func splitFolder(
    of found: ClassFolders, in path: String, _ part: DatasetRequest.Part
  ) throws -> String? {
    let training: Set = ["train", "training"]
    let test = ["test", "testing", "val", "valid", "validation"]
    let names = found.classes
    guard !names.isEmpty, found.files.allSatisfy(\.isEmpty),
      names.allSatisfy({ training.contains($0.lowercased()) || test.contains($0.lowercased()) })
    else { return nil }
    let chosen =
      part == .training
      ? names.first { training.contains($0.lowercased()) }
      : test.lazy.compactMap { word in names.first { $0.lowercased() == word } }.first
    return chosen.map { path + "/" + $0 }
  }
}

/// Names and folders of files.
enum DatasetFiles {
  static func isFolder(_ path: String) -> Bool {
    FileNames.isFolder(path)
  }

  /// The names in a folder, sorted by their bytes.
  static func names(in folder: String) throws -> [String] {
    do {
      return try FileNames.names(in: folder)
    } catch {
      throw FileAccessError(path: folder, reason: .refused("its names cannot be listed"))
    }
  }

  /// The folder that a file is in.
  static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  /// A file's name without its folder.
  static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// The file of labels that belongs to one of pictures by its name: "labels" for "images".
  ///
  /// - Parameter candidates: The names to look for, made of that name; the first that is there is taken.
  static func labels(
    beside path: String, candidates: (String) -> [String]
  ) throws(DatasetError) -> String {
    let name = name(of: path)
    guard let range = name.range(of: "images", options: .backwards) else {
      throw DatasetError(
        path,
        "expected a file of labels, or a name with \"images\" to find it by, found neither",
        reason: .missing)
    }
    let names = candidates(name.replacingCharacters(in: range, with: "labels"))
    for name in names {
      let candidate = path.contains("/") ? folder(of: path) + "/" + name : name
      if FileNames.exists(candidate) { return candidate }
    }
    throw DatasetError(
      path, "expected its labels beside it as \(names.joined(separator: " or ")), found none",
      reason: .missing)
  }

  /// A file's first bytes.
  static func start(
    of path: String, _ count: Int = FileKind.decidingBytes
  ) throws(FileAccessError) -> [UInt8] {
    let file = try MappedFile(path: path)
    try file.load(0..<count)
    return withExtendedLifetime(file) { Array(file.bytes.prefix(count)) }
  }
}
