// An explorer's files on the disk.

import Foundation
import Perceiver
import Pictures
import Tensors

extension ExplorerFiles {
  /// How pictures become numbers.
  public struct PictureOptions: Sendable {
    /// The longest side that a picture keeps; nil for any.
    public var longestSide: Int?
    /// From samples to the model's numbers.
    public var scaling: PixelScaling

    /// Options of pictures.
    public init(longestSide: Int? = 224, scaling: PixelScaling = .symmetric) {
      self.longestSide = longestSide
      self.scaling = scaling
    }
  }

  /// The files of this machine.
  public static func onDisk(_ options: PictureOptions = .init()) -> ExplorerFiles {
    ExplorerFiles(
      openInput: { try ExplorerInput(reading: $0, options) },
      openMask: { try NamedMask(reading: $0, axes: $1) },
      openWeights: { try LoadedWeights(reading: $0, inputChannels: $1, inputAxes: $2) },
      write: { bytes, path, existing in
        try WholeFile.write(bytes, to: path, existing: existing == .replace ? .replace : .refuse)
      },
      exists: { FileManager.default.fileExists(atPath: $0) },
      makeFolder: { path in
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: true)
      })
  }
}

/// A file that cannot be used, in one line.
struct FileProblem: Error, CustomStringConvertible {
  let description: String

  /// A sentence about a file.
  init(_ path: String, _ reason: String) { description = "\(path): \(reason)" }

  /// Runs something about a file; what goes wrong names the file once.
  static func about<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let problem as FileProblem {
      throw problem
    } catch let cancelled as ComputationCancelled {
      throw cancelled
    } catch {
      let text = "\(error)"
      throw text.hasPrefix(path) ? FileProblem(text: text) : FileProblem(path, text)
    }
  }

  private init(text: String) { description = text }
}

extension String {
  /// The part of a path after its last folder.
  var fileName: String { split(separator: "/").last.map(String.init) ?? self }
}

extension ExplorerInput {
  /// Reads a picture (PPM, PGM, PNG, JPEG) or an array (`.npy`) of two to four axes.
  convenience init(reading path: String, _ options: ExplorerFiles.PictureOptions) throws {
    let input = try FileProblem.about(path) {
      let bytes = try WholeFile.read(path)
      guard NumPyFile.isNumPy(bytes) else {
        return try Self.picture(PixelImage(reading: bytes), name: path.fileName, options)
      }
      return try Self.array(NumPyFile.tensor(bytes), path: path)
    }
    self.init(name: input.name, tensor: input.tensor, frames: input.frames, notes: input.notes)
  }

  /// A picture as input, made smaller if need be.
  static func picture(
    _ picture: PixelImage, name: String, _ options: ExplorerFiles.PictureOptions
  ) throws -> ExplorerInput {
    guard let side = options.longestSide, max(picture.width, picture.height) > side else {
      return ExplorerInput(
        name: name, tensor: try picture.tensor(options.scaling), frames: [picture])
    }
    let fitted = picture.fitted(maxSide: side)
    return ExplorerInput(
      name: name, tensor: try fitted.tensor(options.scaling), frames: [fitted],
      notes: ["made smaller from \(picture.width)×\(picture.height)"])
  }

  private static func array(_ tensor: Tensor, path: String) throws -> ExplorerInput {
    guard (2...4).contains(tensor.shape.count), tensor.count > 0 else {
      throw FileProblem(path, "expected one to three axes and channels, found \(tensor.shape)")
    }
    guard tensor.withUnsafeElements({ $0.allSatisfy(\.isFinite) }) else {
      throw FileProblem(path, "expected finite numbers, found NaN or infinity")
    }
    return ExplorerInput(array: tensor, name: path.fileName)
  }

  /// An array as input, shown as a picture where it has rows, columns and one or three channels.
  public convenience init(array tensor: Tensor, name: String, notes: [String] = []) {
    self.init(name: name, tensor: tensor, frames: Self.frames(of: tensor), notes: notes)
  }

  /// Pictures of an array's frames, its least number black and its largest white.
  private static func frames(of tensor: Tensor) -> [PixelImage] {
    let shape = tensor.shape
    guard shape.count >= 3, let channels = shape.last else { return [] }
    let values = tensor.values
    let finite = values.filter(\.isFinite)
    let (least, largest) = (finite.min() ?? 0, finite.max() ?? 1)
    let range = largest > least ? largest - least : 1
    let (height, width) = (shape[shape.count - 3], shape[shape.count - 2])
    let frameCount = shape.dropLast(3).reduce(1, *)
    let shown = channels == 3 ? 3 : 1
    return (0..<frameCount).map { frame in
      var samples: [Float] = []
      samples.reserveCapacity(height * width * shown)
      for pixel in 0..<(height * width) {
        let start = (frame * height * width + pixel) * channels
        if shown == 3 {
          samples += values[start..<start + 3].map { ($0 - least) / range }
        } else {
          // Other numbers of channels have no colours: their mean is shown as grey.
          let mean = values[start..<start + channels].reduce(0, +) / Float(channels)
          samples.append((mean - least) / range)
        }
      }
      return PixelImage(width: width, height: height, channels: shown, samples: samples)
    }
  }
}

extension NamedMask {
  /// Reads a mask: a picture or array of the input's axes; what is not zero keeps a token.
  init(reading path: String, axes: [Int]) throws {
    let mask = try FileProblem.about(path) {
      let bytes = try WholeFile.read(path)
      let values: Tensor
      if NumPyFile.isNumPy(bytes) {
        values = try NumPyFile.tensor(bytes)
      } else {
        let picture = try PixelImage(reading: bytes).converted(toChannels: 1)
        values = Tensor(shape: [picture.height, picture.width], values: picture.samples)
      }
      guard values.shape == axes else {
        throw FileProblem(
          path, "expected a mask of the input's size \(axes), found \(values.shape)")
      }
      return TokenMask(shape: axes, keeps: values.values.map { $0 != 0 })
    }
    self.init(mask: mask, name: path.fileName)
  }
}

extension LoadedWeights {
  /// Loads a checkpoint whose model reads inputs of so many channels and axes.
  convenience init(reading path: String, inputChannels: Int, inputAxes: Int) throws {
    let model = try FileProblem.about(path) {
      let checkpoint = try Checkpoint(path: path)
      var given = GivenHyperparameters()
      given.values["input_channels"] = .integer(inputChannels)
      given.values["input_axis"] = .integer(inputAxes)
      return try checkpoint.model(try checkpoint.describe(given: given).configuration)
    }
    self.init(model: model, name: path.fileName)
  }
}
