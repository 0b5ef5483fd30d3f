// Every parser of bytes that come from outside, as a table: to fuzz another, add a row.

import Datasets
import Explorer
import Foundation
import Perceiver
import Pictures
import Tensors

/// A parser and how bytes reach it.
struct FuzzedParser: Sendable {
  /// The name that FUZZ_PARSER and fuzz.py use; seeds are in a folder of this name.
  let name: String
  /// Reads one input; may throw.
  let read: @Sendable ([UInt8]) throws -> Void

  /// All parsers.
  static let all: [FuzzedParser] = pictures + arrays + weights + texts + datasets
}

extension FuzzedParser {
  private static let pictures: [FuzzedParser] =
    ["netpbm", "jpeg", "webp", "gif", "bmp", "tiff"].map { name in
      FuzzedParser(name: name) { bytes in try readPicture(bytes) }
    } + [
      // The reader refuses what fails a checksum, so checksums are made right.
      FuzzedParser(name: "png") { bytes in try readPicture(Checksums.correctingPNG(bytes)) }
    ]

  private static func readPicture(_ bytes: [UInt8]) throws {
    let limits = PictureLimits(pixels: 1 << 18)
    _ = try PixelImage(reading: bytes, limits: limits)
  }

  private static let arrays: [FuzzedParser] = [
    FuzzedParser(name: "npy") { bytes in
      _ = try NumPyFile.tensor(bytes)
    }
  ]

  private static let weights: [FuzzedParser] = [
    FuzzedParser(name: "safetensors") { bytes in
      try withFile(bytes) { try readTensors(TensorFile(path: $0)) }
    },
    FuzzedParser(name: "torch") { bytes in
      try withFile(Checksums.correctingZip(bytes)) { try readTensors(TensorFile(path: $0)) }
    },
    // The pickle of a state dict alone, in a right archive with three small storages.
    FuzzedParser(name: "pickle") { bytes in
      let storages = (0..<3).map { ("archive/data/\($0)", [UInt8](repeating: 64, count: 64)) }
      let archive = Checksums.zip([("archive/data.pkl", bytes)] + storages)
      try withFile(archive) { try readTensors(TensorFile(path: $0)) }
    },
    FuzzedParser(name: "checkpoint") { bytes in
      try withFile(bytes) { path in
        let checkpoint = try Checkpoint(path: path)
        let description = try checkpoint.describe(given: GivenHyperparameters())
        _ = try checkpoint.model(description.configuration)
      }
    },
  ]

  private static func readTensors(_ file: TensorFile) throws {
    for entry in file.entries { _ = try? file.tensor(named: entry.name) }
  }

  private static let texts: [FuzzedParser] = [
    FuzzedParser(name: "hyperparameters") { bytes in
      _ = try GivenHyperparameters(json: bytes)
    },
    FuzzedParser(name: "preferences") { bytes in
      _ = try ExplorerPreferences(json: bytes)
    },
    FuzzedParser(name: "text") { bytes in
      _ = TokenText(bytes: bytes)
    },
  ]

  private static let datasets: [FuzzedParser] = [
    FuzzedParser(name: "idx") { bytes in
      try withPair(bytes, "train-images-idx3-ubyte", "train-labels-idx1-ubyte") {
        _ = try LabelledPictures(reading: $0)
      }
    },
    FuzzedParser(name: "gzip") { bytes in
      let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 1, 3]
      try withFolder([
        ("train-images-idx3-ubyte", bytes), ("train-labels-idx1-ubyte", labels),
      ]) {
        _ = try LabelledPictures(reading: $0 + "/train-images-idx3-ubyte")
      }
    },
    FuzzedParser(name: "cifar") { bytes in
      try withFolder([("data_batch_1.bin", bytes)]) { _ = try LabelledPictures(reading: $0) }
    },
    FuzzedParser(name: "numpy-pictures") { bytes in
      try withPair(bytes, "images.npy", "labels.npy") { _ = try LabelledPictures(reading: $0) }
    },
    FuzzedParser(name: "class-names") { bytes in
      let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7]
      let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 1, 3]
      try withFolder([
        ("train-images-idx3-ubyte", images), ("train-labels-idx1-ubyte", labels),
        ("classes.txt", bytes),
      ]) { _ = try LabelledPictures(reading: $0) }
    },
  ]
}
