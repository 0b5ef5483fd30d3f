// Where the tour's model and picture lie, and the picture that is made where they do not.

import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Tensors

/// The trained sample, as it lies in the package or beside the installed program.
enum SampleFiles {
  /// The model's file in the folder of samples.
  private static let model = "fashion.safetensors"
  /// The picture's.
  private static let picture = "fashion-boot.png"

  /// The paths of model and picture; nil where they are not installed.
  static func find() -> (model: String, picture: String)? {
    // The program lies in bin/, beside share/; in the package it lies some folders below Samples/.
    if var folder = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
    {
      for _ in 0..<5 {
        for place in ["Samples", "share/perceiver-tui/Samples"] {
          if let found = sample(in: folder.appending(path: place).path) { return found }
        }
        folder = folder.deletingLastPathComponent()
      }
    }
    // A program that was copied elsewhere may be started in the package's folder.
    return sample(in: "Samples")
  }

  private static func sample(in folder: String) -> (model: String, picture: String)? {
    let (model, picture) = (folder + "/" + model, folder + "/" + picture)
    return [model, picture].allSatisfy(FileNames.isRegular) ? (model, picture) : nil
  }

  /// The trained sample with its picture; nil where they are not installed.
  ///
  /// - Parameter say: Takes what there is to say of the files.
  static func opened(say: (String) -> Void) throws -> (
    prepared: PreparedInput, weights: LoadedWeights
  )? {
    guard let sample = find() else { return nil }
    let source = try ModelSource(ModelRequest(weights: sample.model))
    let prepared = try PreparedInput(
      InputRequest(input: .file(sample.picture)), for: source, say: say)
    let weights = try LoadedWeights(
      source, prepared.description, name: sample.model.fileName,
      request: ModelRequest(weights: sample.model))
    return (prepared, weights)
  }

  /// Rings around the middle, a colour for each direction: what a Fourier encoding tells apart.
  static func made() throws -> Input {
    let side = 96
    var samples: [Float] = []
    for y in 0..<side {
      for x in 0..<side {
        let (dx, dy) = (Float(x) - Float(side - 1) / 2, Float(y) - Float(side - 1) / 2)
        let ring = 0.5 + 0.5 * cos((dx * dx + dy * dy).squareRoot() * 0.6)
        let angle = atan2(dy, dx)
        samples += (0..<3).map { channel in
          ring * (0.6 + 0.4 * cos(angle + Float(channel) * 2 * .pi / 3))
        }
      }
    }
    let image = PixelImage(width: side, height: side, channels: 3, samples: samples)
    return Input(
      name: "rings", tensor: try image.tensor(.symmetric), content: .picture(image))
  }
}
