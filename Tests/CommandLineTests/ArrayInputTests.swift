// Pictures in arrays: the same answers as from a photo, whatever holds the bytes and in what order.

import Foundation
import Tensors
import Testing

@Suite("arrays as inputs")
struct ArrayInputTests {
  private let folder: TemporaryFolder
  private static let (height, width) = (5, 7)
  private static let colours = TestInputs.pixels(width: width, height: height)
  private static let greys = (0..<height * width).map { UInt8(truncatingIfNeeded: $0 &* 29 &+ 3) }
  private static let planes = (0..<3).flatMap { channel in
    stride(from: channel, to: colours.count, by: 3).map { colours[$0] }
  }

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("colour.ppm", TestInputs.ppm(width: Self.width, height: Self.height))
    try folder.write(
      "grey.pgm", TestInputs.pgm(width: Self.width, height: Self.height, values: Self.greys))
  }

  private func trace(_ input: String, _ options: [String]) throws -> ProgramResult {
    try Program.run(
      ["trace", input, "-o", "out", "--force", "--no-attention"] + options
        + TestInputs.smallModel, in: folder.url)
  }

  private func logits(_ input: String, _ options: [String] = []) throws -> Tensor {
    let result = try trace(input, options)
    try #require(result.status == 0, "\(result.standardError)")
    return try TestInputs.readNPY(folder.path("out/logits.npy"))
  }

  private func write(_ shape: [Int], _ type: String, _ bytes: [UInt8]) throws {
    let elements: [UInt8] =
      switch type {
      case "<i8": bytes.flatMap { [$0, 0, 0, 0, 0, 0, 0, 0] }
      case ">i4": bytes.flatMap { [0, 0, 0, $0] }
      // As much of 65535 as the byte is of 255.
      case "<u2": bytes.flatMap { [$0, $0] }
      case "<f4":
        bytes.flatMap { value in
          withUnsafeBytes(of: (Float(value) / 255 * 2 - 1).bitPattern.littleEndian, Array.init)
        }
      default: bytes
      }
    try folder.write("a.npy", TestInputs.npy(shape: shape, type: type, elements: elements))
  }

  /// An array, options that say what the model reads, and the photo of the same answers.
  struct Case: Sendable, CustomTestStringConvertible {
    let shape: [Int]
    var type = "|u1"
    var isGrey = false
    var isPlanes = false
    var model: [String] = []
    var says = ""

    var testDescription: String { "\(shape) \(type) \(model.joined(separator: " "))" }
  }

  private static let three = ["--input-channels", "3", "--input-axis", "2"]
  private static let one = ["--input-channels", "1", "--input-axis", "2"]

  @Test(
    "a picture in an array gives to the bit what it gives as a photo",
    arguments: [
      Case(shape: [5, 7, 3], says: "0…255 scaled as a photo"),
      Case(shape: [5, 7, 3], type: "<i8"), Case(shape: [5, 7, 3], type: ">i4"),
      Case(shape: [5, 7, 3], type: "<u2", says: "0…65535 scaled as a photo"),
      Case(shape: [5, 7, 3], model: three),
      Case(shape: [5, 7, 3], model: one, says: "converted to grey"),
      Case(
        shape: [1, 5, 7, 3], model: three, says: "a batch of one, channels last of [1, 5, 7, 3]"),
      Case(shape: [1, 5, 7, 3]),
      Case(shape: [3, 5, 7], isPlanes: true, model: three, says: "channels first of [3, 5, 7]"),
      Case(shape: [3, 5, 7], isPlanes: true),
      Case(shape: [3, 5, 7], type: "<u2", isPlanes: true),
      Case(
        shape: [1, 3, 5, 7], isPlanes: true, model: three, says: "a batch of one, channels first"),
      Case(shape: [5, 7], isGrey: true, says: "one channel, without an axis of [5, 7]"),
      Case(shape: [5, 7], isGrey: true, model: one),
      Case(shape: [5, 7, 1], isGrey: true, model: one),
      Case(shape: [1, 5, 7], isGrey: true, model: one), Case(shape: [1, 5, 7], isGrey: true),
      Case(shape: [1, 1, 5, 7], isGrey: true, model: one),
      Case(shape: [5, 7], isGrey: true, model: three, says: "grey in three channels"),
      // Floats are used as they are, but their axes may be in any order that fits alone.
      Case(shape: [5, 7, 3], type: "<f4", model: three),
      Case(shape: [3, 5, 7], type: "<f4", isPlanes: true, model: three, says: "channels first"),
      Case(shape: [1, 3, 5, 7], type: "<f4", isPlanes: true, model: three),
      Case(shape: [5, 7], type: "<f4", isGrey: true, model: one),
    ])
  func equalsPhoto(_ each: Case) throws {
    try write(
      each.shape, each.type, each.isGrey ? Self.greys : each.isPlanes ? Self.planes : Self.colours)
    let result = try trace("a.npy", each.model)
    try #require(result.status == 0, "\(result.standardError)")
    #expect(
      each.says.isEmpty || result.standardError.contains(each.says), "\(result.standardError)")
    let own = try TestInputs.readNPY(folder.path("out/logits.npy"))
    #expect(own == (try logits(each.isGrey ? "grey.pgm" : "colour.ppm", each.model)))
  }

  @Test("numbers as they are: --raw, beyond a picture's range, other shapes")
  func staysRaw() throws {
    let floats = Self.colours.map { Float($0) }
    try folder.write("f.npy", TestInputs.npy(shape: [5, 7, 3], values: floats))
    let plain = try logits("f.npy")
    try write([5, 7, 3], "|u1", Self.colours)
    #expect(try logits("a.npy", ["--raw"]) == plain)
    #expect(try logits("a.npy") != plain)
    // One number beyond 255, and what they are is not known.
    var far = Self.colours.flatMap { (byte: UInt8) -> [UInt8] in [byte, 0, 0, 0] }
    far[1] = 2
    try folder.write("a.npy", TestInputs.npy(shape: [5, 7, 3], type: "<i4", elements: far))
    try folder.write(
      "f.npy",
      TestInputs.npy(shape: [5, 7, 3], values: [floats[0] + 512] + floats.dropFirst()))
    #expect(try logits("a.npy") == logits("f.npy"))
    // A sequence of vectors, which the model says it reads.
    try write([5, 7], "|u1", Self.greys)
    try folder.write("f.npy", TestInputs.npy(shape: [5, 7], values: Self.greys.map { Float($0) }))
    let sequence = ["--input-axis", "1", "--input-channels", "7"]
    #expect(try logits("a.npy", sequence) == logits("f.npy", sequence))
  }

  @Test("alpha lies over white as in a PNG, unless the model reads four channels")
  func alpha() throws {
    let opaque = stride(from: 0, to: Self.colours.count, by: 3).flatMap { (start: Int) -> [UInt8] in
      Self.colours[start..<start + 3] + [255]
    }
    try write([5, 7, 4], "|u1", opaque)
    #expect(try logits("a.npy", Self.three) == logits("colour.ppm", Self.three))
    let four = ["--input-channels", "4", "--input-axis", "2"]
    try folder.write(
      "f.npy",
      TestInputs.npy(shape: [5, 7, 4], values: opaque.map { (Float($0) / 255 - 0.5) / 0.5 }))
    #expect(try logits("a.npy", four) == logits("f.npy", four))
  }

  @Test("a shape with two readings is refused with both; --raw takes it as it is")
  func ambiguous() throws {
    let bytes = Array(Self.colours[..<45])
    try write([3, 5, 3], "|u1", bytes)
    let result = try trace("a.npy", Self.three)
    #expect(result.status == 65)
    #expect(
      result.errorLines == [
        "perceiver-tui: a.npy: expected a shape that can be read in one way, found [3, 5, 3], which "
          + "is [3, 5, 3] (channels last) or [5, 3, 3] (channels first); --raw takes it as it is"
      ])
    #expect(try trace("a.npy", Self.three + ["--raw"]).status == 0)
    // Nor does a model choose that takes the channels of its input; floats are used as they are.
    let free = try trace("a.npy", [])
    #expect(free.status == 65 && free.errorLines == result.errorLines)
    try write([3, 5, 3], "<f4", bytes)
    #expect(try trace("a.npy", []).status == 0)
  }

  @Test("--raw does not go with what scales, and a photo is not touched by it")
  func rawAlone() throws {
    #expect(try trace("colour.ppm", ["--raw", "--mean", "0.5"]).status == 64)
    let result = try trace("colour.ppm", ["--raw"])
    #expect(result.standardError.contains("--raw has no effect on a photo"))
    try write([5, 7, 3], "<f4", Self.colours)
    #expect(try trace("a.npy", ["--mean", "0.5"]).status == 64)
    try write([5, 7, 3], "|u1", Self.colours)
    let scaled = ["--mean", "0.4", "--std", "0.2"]
    #expect(try logits("a.npy", scaled) == logits("colour.ppm", scaled))
  }
}
