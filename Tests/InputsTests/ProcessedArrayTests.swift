// Arrays for a model folder that prepares photos: floats as they are, bytes as a photo of them.

import Foundation
import Inputs
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Arrays for a model whose folder prepares photos")
struct ProcessedArrayTests {
  private static let (height, width) = (30, 40)
  private static let bytes = (0..<height * width * 3).map { UInt8(truncatingIfNeeded: $0 * 7919) }

  /// What the model of transformers' fixture reads of a file.
  private static func read(
    _ file: [UInt8], _ name: String, _ options: ReadingOptions = .init()
  ) throws -> Input {
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "PerceiverTests/Fixtures/huggingface")
    let source = try ModelSource(
      ModelRequest(weights: fixtures.appending(path: "image_fourier").path))
    #expect(source.demand.photoProcessor != nil)
    return try withTemporaryFolder { folder in
      let path = folder.appending(path: name)
      try Data(file).write(to: path)
      let reader = InputReader(options)
      return try reader.prepared(
        reader.open(path.path, for: source.demand), for: source.demand)
    }
  }

  private static func words(_ input: Input) -> String {
    input.notes.map { "\($0.brief) \($0.detail)" }.joined(separator: "; ")
  }

  @Test(
    "floats are used as they are in every bit, whatever their range, and that is said",
    arguments: [
      ("0 to 1", 1 / 255, 0), ("-1 to 1", 2 / 255, -1), ("0 to 255", 1, 0),
      ("prepared elsewhere", 0.0171, -2.1179),
    ] as [(String, Float, Float)])
  func floats(_ name: String, _ factor: Float, _ shift: Float) throws {
    let tensor = Tensor(
      shape: [Self.height, Self.width, 3], values: Self.bytes.map { Float($0) * factor + shift })
    let input = try Self.read(NumPyFile.bytes(tensor), "a.npy")
    #expect(input.tensor.shape == tensor.shape)
    #expect(input.tensor.hasSameBits(as: tensor), "\(name)")
    #expect(Self.words(input).contains("used as it is"), "\(Self.words(input))")
  }

  /// The bytes as an array of a type.
  private static func array(_ type: String, _ size: Int) -> [UInt8] {
    let header =
      "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(height), \(width), 3), }"
    let line = header + String(repeating: " ", count: 127 - 10 - header.utf8.count) + "\n"
    let padding = [UInt8](repeating: 0, count: size - 1)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(line.utf8.count), 0] + Array(line.utf8)
      + bytes.flatMap { [$0] + padding }
  }

  @Test(
    "whole numbers are prepared as the photo of them is, in every bit, and that is said",
    arguments: [("|u1", 1), ("<i4", 4), ("<i8", 8)])
  func integers(_ type: String, _ size: Int) throws {
    let photo = try Self.read(
      Array("P6\n\(Self.width) \(Self.height)\n255\n".utf8) + Self.bytes, "a.ppm")
    let input = try Self.read(Self.array(type, size), "a.npy")
    #expect(input.tensor.shape == [224, 224, 3])
    #expect(input.tensor.hasSameBits(as: photo.tensor))
    for words in ["0…255 scaled as a photo", "middle 26 × 26 of 40 × 30 made 224 × 224"] {
      #expect(Self.words(input).contains(words), "\(Self.words(input))")
    }
    var raw = ReadingOptions()
    raw.isRaw = true
    let plain = try Self.read(Self.array(type, size), "a.npy", raw)
    #expect(plain.tensor.values == Self.bytes.map { Float($0) })
  }
}
