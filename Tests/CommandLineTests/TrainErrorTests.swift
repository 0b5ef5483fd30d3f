// Command lines of `train` and `evaluate` that cannot be done: one line, and the status.

import Foundation
import TestSupport
import Testing

@Suite("Errors of train and evaluate")
struct TrainErrorTests {
  private static let unit = "expected a number above 0"

  static let cases: [(String, Int32, String)] = [
    ("train .", 64, "Missing expected argument '--out <file>'"),
    ("train -o m", 64, "expected data or --reconstruct, found neither"),
    ("train . --reconstruct x.ppm -o m", 64, "expected data or --reconstruct, found both"),
    ("train . -o m.json", 64, "--out: expected a name for safetensors, found m.json"),
    ("train . -o m --epochs 2 --steps 3", 64, "--epochs and --steps: expected one of them"),
    ("train . -o m --epochs 0", 64, "--epochs: expected a whole number from 1 to 1000000, found 0"),
    ("train . -o m --batch-size -1", 64, "--batch-size: expected a whole number from 1 to 1000000"),
    (
      "train . -o m --optimizer sgd", 64, "The value 'sgd' is invalid for '--optimizer <optimizer>'"
    ),
    ("train . -o m --learning-rate 0", 64, "learning rate: \(unit), found 0"),
    ("train . -o m --learning-rate nan", 64, "learning rate: \(unit), found nan"),
    ("train . -o m --weight-decay -1", 64, "weight decay: expected 0 or more, found -1"),
    ("train . -o m --label-smoothing 1", 64, "label smoothing: expected 0 to below 1, found 1"),
    ("train . -o m --clip-norm 0", 64, "--clip-norm: \(unit) or none, found 0"),
    ("train . -o m --step-factor 0.5", 64, "expected --schedule step with them, found none"),
    ("train . -o m --schedule step --step-factor 0", 64, "schedule: expected a factor above 0"),
    ("train . -o m --crop-padding 4000", 64, "--crop-padding: expected a whole number from 0 to"),
    ("train . -o m --save-every 0", 64, "--save-every: expected a number of steps from 1, found 0"),
    ("train . -o m --limit 0", 64, "--limit: expected a number from 1, found 0"),
    ("train . -o m --image-size 3", 64, "--image-size: expected two lengths from 1 to 8192 such"),
    ("train . -o m --resume --force", 64, "--resume and --force: expected one of them, found both"),
    ("train . -o m --num-classes 7 --class-names classes.txt", 64, "num_classes: expected 3"),
    ("train . -o m --input-channels 3", 65, "expected 3 channels, found 1"),
    ("train . -o m --no-final-classifier-head", 64, "expected a model that ends in a classifier"),
    ("train . -o m --image-size 7x7", 65, "expected pictures of 7 × 7, found 6 × 6; pictures in"),
    ("train . -o m --resume", 66, "m.training.safetensors: expected a training to resume, found"),
    ("train missing -o m", 66, "missing: no such file"),
    ("train . -o m --labels missing", 66, "missing: no such file"),
    ("train . -o m --labels train-images-idx3-ubyte", 65, "byte 3: expected 1 to 2 axes, found 3"),
    (
      "train cut-images-idx3-ubyte --labels train-labels-idx1-ubyte -o m", 65,
      "cut-images-idx3-ubyte: byte 16: expected 1728 bytes for shape [48, 6, 6], found 1743 bytes"
    ),
    ("train lonely-images-idx3-ubyte -o m", 66, "lonely-images-idx3-ubyte: expected its labels"),
    ("train . -o no/m --steps 1", 73, "no/m"),
    ("train . -o m --metrics no/m.csv --steps 1", 73, "no/m.csv: "),
    ("train --reconstruct missing.ppm -o m", 66, "missing.ppm: no such file"),
    ("train --reconstruct classes.txt -o m", 65, "classes.txt: expected a picture (PPM, PGM"),
    (
      "train --reconstruct photo.ppm -o m --variant gated", 64,
      "--reconstruct: expected --variant io, found"
    ),
    ("train --reconstruct photo.ppm -o m --queries-dim 7", 64, "--queries-dim: expected 26, the"),
    ("train --reconstruct photo.ppm -o m --mean 1,2", 64, "mean: expected 1 or 3 numbers, found 2"),
    ("evaluate .", 64, "--weights: expected a trained model, found none"),
    ("evaluate . --weights missing", 66, "missing: no such file"),
    ("evaluate . --weights classes.txt", 65, "classes.txt: "),
    ("evaluate . --weights m --batch-size 0", 64, "--batch-size: expected a number from 1 to"),
  ]

  @Test("a training that cannot be is refused in one line, and leaves nothing", arguments: cases)
  func refuses(_ arguments: String, _ status: Int32, _ message: String) throws {
    let training = try TrainingFolder()
    let folder = training.folder
    let images = try training.data("train-images-idx3-ubyte")
    try folder.write("cut-images-idx3-ubyte", images.dropLast())
    try folder.write("lonely-images-idx3-ubyte", images)
    try folder.write("photo.ppm", TestInputs.ppm(width: 4, height: 3))
    let before = folder.contents
    let result = try Program.run(
      arguments.split(separator: " ").map(String.init), in: folder.url)
    #expect(result.status == status)
    let line = try #require(
      result.standardError.split(separator: "\n").first {
        $0.contains(message)
      }, "\(result.standardError)")
    #expect(line.hasPrefix("perceiver-tui: "))
    #expect(folder.contents == before)
  }

  @Test("a training that is damaged, or of another model, is not resumed")
  func damaged() throws {
    let training = try TrainingFolder()
    #expect(try training.train("-o", "m.safetensors", "--steps", "1").status == 0)
    let depth = try training.train("-o", "m.safetensors", "--resume", "--depth", "2", model: [])
    #expect(depth.status == 64)
    #expect(
      depth.errorLines == ["perceiver-tui: --depth: expected 1 as the training has it, found 2"])
    let whole = try training.data("m.training.safetensors")
    for length in [0, 5, 100, whole.count / 2, whole.count - 1] {
      try training.folder.write("m.training.safetensors", whole.prefix(length))
      let result = try training.train("-o", "m.safetensors", "--resume")
      #expect(result.status == 65)
      #expect(result.errorLines.count == 1)
      #expect(
        result.errorLines.first?.hasPrefix("perceiver-tui: m.training.safetensors: ") == true,
        "\(result.standardError)")
    }
    try training.folder.write("m.training.safetensors", try training.data("m.safetensors"))
    let other = try training.train("-o", "m.safetensors", "--resume")
    #expect(other.status == 65)
    #expect(other.standardError.contains("expected a training that was saved, found another file"))
  }
}
