// Every parser of bytes that come from outside, as a table: to fuzz another, add a row.

import Datasets
import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Screens
import SoundForms
import Tensors

/// A parser and how bytes reach it.
struct FuzzedParser: Sendable {
  /// The name that FUZZ_PARSER and fuzz.py use; seeds are in a folder of this name.
  let name: String
  /// A seed that the project's own code has to write.
  var seed: (@Sendable () throws -> [UInt8])?
  /// Reads one input; may throw.
  let read: @Sendable ([UInt8]) throws -> Void

  /// All parsers.
  static let all: [FuzzedParser] =
    pictures + largePictures + arrays + weights + sounds + texts + datasets + [training, terminal]
}

extension FuzzedParser {
  private static let pictures: [FuzzedParser] =
    ["netpbm", "jpeg", "webp", "gif", "bmp", "tiff"].map { name in
      FuzzedParser(name: name) { bytes in try readPicture(bytes) }
    } + [
      // The reader refuses what fails a checksum, so checksums are made right.
      FuzzedParser(name: "png") { bytes in try readPicture(Checksums.correctingPNG(bytes)) },
      FuzzedParser(name: "jpeg-segments") { bytes in try readPicture(JPEGSegments.around(bytes)) },
    ]

  private static func readPicture(_ bytes: [UInt8]) throws {
    let limits = PictureLimits(pixels: 1 << 18)
    _ = try PictureFrames.read(bytes, limits: limits)
    // What is damaged is given as far as it goes, which takes more code than refusing it.
    _ = try OpenedPicture(reading: bytes, PictureRequest(limits: limits, flaws: .report))
  }

  // Pictures of more pixels than may be held are scaled down as their rows are read.
  private static let largePictures: [FuzzedParser] =
    ["large-netpbm", "large-jpeg"].map { name in
      FuzzedParser(name: name) { bytes in try readLargePicture(bytes) }
    } + [
      FuzzedParser(name: "large-png") { bytes in
        try readLargePicture(Checksums.correctingPNG(bytes))
      }
    ]

  private static func readLargePicture(_ bytes: [UInt8]) throws {
    var request = PictureRequest(limits: PictureLimits(pixels: 48), flaws: .report)
    request.size = bytes.count % 2 == 0 ? .longestSide(6) : .covering(width: 4, height: 3)
    _ = try OpenedPicture(reading: bytes, request)
  }

  private static let arrays: [FuzzedParser] = [
    FuzzedParser(name: "npy") { bytes in
      _ = try NumPyFile.tensor(bytes)
    },
    FuzzedParser(name: "npz") { bytes in
      let archive = try NumPyArchive(Checksums.correctingZip(bytes))
      for name in archive.names.prefix(8) {
        _ = try NumPyFile.tensor(archive.file(named: name, limit: 1 << 24))
      }
    },
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

  private static let sounds: [FuzzedParser] =
    [FuzzedParser(name: "wav") { bytes in try readSound(bytes) }]
    + [
      ("aiff", SoundForm.aiff), ("flac", .flac), ("vorbis", .vorbis), ("opus", .opus),
      ("mp3", .mp3),
    ].map { name, form in
      FuzzedParser(
        name: name,
        seed: {
          try form.file(channels: 2, (0..<600).map { Int16(truncatingIfNeeded: $0 * 977) })
        }, read: readSound)
    }

  private static func readSound(_ bytes: [UInt8]) throws {
    _ = try SoundReader.read(bytes, mostSamples: 1 << 20)
  }

  private static let texts: [FuzzedParser] = [
    FuzzedParser(name: "hyperparameters") { bytes in
      _ = try GivenHyperparameters(json: bytes)
    },
    FuzzedParser(name: "preferences") { bytes in
      _ = try ExplorerPreferences(json: bytes)
    },
    FuzzedParser(name: "photo-processor") { bytes in
      let processor = try PhotoProcessor(json: JSONValue(parsing: bytes))
      let samples = (0..<63).map { Float($0) / 62 }
      // A file may ask for any size that a photo can have; small ones show as much.
      if let size = processor.size, size.height > 64 || size.width > 64 { return }
      _ = try processor.prepared(PixelImage(width: 7, height: 3, channels: 3, samples: samples))
    },
    FuzzedParser(name: "y4m") { bytes in
      _ = try Y4MReader.read(bytes, window: bytes.count % 3, length: 2)
    },
    FuzzedParser(name: "legacy-torch") { bytes in
      try withFile(bytes) { try readTensors(TensorFile(path: $0)) }
    },
    FuzzedParser(name: "shard-index") { bytes in
      let configuration = Array(#"{"model_type": "perceiver"}"#.utf8)
      try withFolder([
        ("config.json", configuration), ("model.safetensors.index.json", bytes),
      ]) { _ = try ModelFolder.opened($0) }
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
    FuzzedParser(name: "cifar-100") { bytes in
      try withFile(bytes, named: "train.bin") { path in
        var request = DatasetRequest()
        _ = try? LabelledPictures(reading: path, request)
        request.labelKind = .coarse
        _ = try LabelledPictures(reading: path, request)
      }
    },
    FuzzedParser(name: "npz-pictures") { bytes in
      try withFile(Checksums.correctingZip(bytes), named: "images.npz") {
        _ = try LabelledPictures(reading: $0)
      }
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

// MARK: - Trainings

extension FuzzedParser {
  /// The file of a training that is to go on.
  private static let training = FuzzedParser(
    name: "training",
    seed: {
      var configuration = PerceiverConfiguration(
        inputChannels: 1, numFreqBands: 1, depth: 1, numLatents: 2, latentDim: 2, latentHeads: 1,
        crossDimHead: 1, latentDimHead: 1, numClasses: 2)
      configuration.classNames = ["shirt", "boot"]
      configuration.preprocessing = Preprocessing(
        mean: [0.5], deviation: [0.25], size: Preprocessing.Size(height: 2, width: 2))
      var recipe = TrainingRecipe()
      (recipe.steps, recipe.batchSize) = (4, 2)
      var trainer = try Trainer(
        model: Perceiver(configuration, seed: 0), task: .classification(try examples.get()),
        recipe: recipe)
      _ = try trainer.takeStep()
      var bytes: [UInt8] = []
      try withFile([]) { path in
        try trainer.save(to: path)
        bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
      }
      return bytes
    },
    read: { bytes in
      let task = TrainingTask.classification(try examples.get())
      try withFile(bytes) { path in
        _ = try? Trainer.classNames(savedAt: path)
        _ = try? Trainer.preprocessing(savedAt: path)
        let trainer = try Trainer(resuming: path, task: task)
        _ = trainer.epochs
        // Batches of another size move the place in the data that it goes on at.
        _ = try Trainer(resuming: path, task: task, epochs: 3) { $0.batchSize = 1 }
      }
    })

  /// Four pictures of two classes.
  private static let examples = Result {
    let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 2] + Array(0..<16)
    let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 1, 0]
    var pictures: LabelledPictures?
    try withFolder([
      ("train-images-idx3-ubyte", images), ("train-labels-idx1-ubyte", labels),
      ("classes.txt", Array("shirt\nboot".utf8)),
    ]) { pictures = try LabelledPictures(reading: $0) }
    guard let pictures else { throw DatasetError("examples", "expected pictures") }
    return pictures
  }
}

// MARK: - What a terminal sends

extension FuzzedParser {
  /// The first byte says which keys the terminal has, its letters, how what it sends is cut into
  /// pieces and whether there are pauses between them.
  private static let terminal = FuzzedParser(name: "terminal") { bytes in
    let form = bytes.first ?? 0
    let sent = bytes.dropFirst()
    func parser() -> TerminalInputParser {
      TerminalInputParser(
        keys: form & 1 == 0 ? .none : oldKeys, decoder: form & 2 == 0 ? .utf8 : latin)
    }
    let hasPauses = form & 4 != 0
    var (cut, events) = (parser(), [InputEvent]())
    for start in stride(from: sent.startIndex, to: sent.endIndex, by: 1 + Int(form >> 4)) {
      events += cut.take(sent[start...].prefix(1 + Int(form >> 4)))
      if hasPauses, cut.patience != nil { events += cut.timeOut() }
    }
    events += cut.timeOut()
    guard !hasPauses else { return }
    var whole = parser()
    let expected = whole.take(sent) + whole.timeOut()
    precondition(events == expected, "\(expected), but in pieces \(events)")
  }

  private static let latin = CharacterDecoder.locale { bytes in
    (0x80..<0xA0).contains(bytes[0]) ? .invalid : .scalar(Unicode.Scalar(bytes[0]))
  }

  /// Keys of terminals that are not xterm's kind: rxvt's and the Linux console's, one of 8 bits, and
  /// some of which one begins another.
  private static let oldKeys = TerminalKeys(
    [
      ("kcuu1", "\u{1B}OA"), ("kcud1", "\u{1B}[B"), ("khome", "\u{1B}[7~"), ("kend", "\u{1B}[8~"),
      ("kf1", "\u{1B}[[A"), ("kf2", "\u{1B}[11~"), ("kUP", "\u{1B}[a"), ("kbs", "\u{8}"),
      ("kcub1", "\u{1B}D"), ("kich1", "\u{1B}D4"), ("kf10", "\u{1}@\r"),
    ].map { ($0.0, Array($0.1.utf8)) } + [("kcuf1", [0x9B, 0x43])])
}
