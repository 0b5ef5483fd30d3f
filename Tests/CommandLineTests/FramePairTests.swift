// Two pictures for a model of optical flow, on the command line.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Two pictures are the input of a model of optical flow")
struct FramePairTests {
  private static let folder = Program.repository.appending(
    path: "Tests/PerceiverTests/Fixtures/huggingface/optical_flow"
  ).path

  private static func frames(_ width: Int, _ height: Int) -> [[UInt8]] {
    [0, 1].map { frame in
      (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* 53 &+ frame &* 29) }
    }
  }

  private static func ppm(_ width: Int, _ height: Int, _ pixels: [UInt8]) -> [UInt8] {
    Array("P6\n\(width) \(height)\n255\n".utf8) + pixels
  }

  @discardableResult
  private static func trace(
    _ scratch: TemporaryFolder, _ inputs: [String], into output: String = "out"
  ) throws -> ProgramResult {
    try Program.run(
      ["trace", "--no-attention", "--weights", folder, "--output", scratch.path(output)] + inputs,
      in: scratch.url)
  }

  @Test("two pictures, a folder of them and arrays of either kind have the model's flow")
  func pictures() throws {
    let scratch = try TemporaryFolder()
    let frames = Self.frames(10, 6)
    let numbers = frames.flatMap { $0.map { Float($0) / 255 * 2 - 1 } }
    try scratch.write("1.ppm", Self.ppm(10, 6, frames[0]))
    try scratch.write("2.ppm", Self.ppm(10, 6, frames[1]))
    try scratch.write("pair/frame9.ppm", Self.ppm(10, 6, frames[0]))
    try scratch.write("pair/frame10.ppm", Self.ppm(10, 6, frames[1]))
    try scratch.write("pair.npy", TestInputs.npy(shape: [2, 6, 10, 3], values: numbers))
    let checkpoint = try Checkpoint(path: Self.folder)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    let model = try checkpoint.model(try checkpoint.describe(given: given).configuration)
    let expected = try model.opticalFlow(of: Tensor(shape: [2, 6, 10, 3], values: numbers))
    for (number, inputs) in [["1.ppm", "2.ppm"], ["pair"], ["pair.npy"]].enumerated() {
      let result = try Self.trace(scratch, inputs, into: "out\(number)")
      #expect(result.status == 0, "\(result.standardError)")
      let flow = try TestInputs.readNPY(scratch.path("out\(number)/flow.npy"))
      #expect(flow.shape == [6, 10, 2])
      #expect(relativeError(flow.values, expected.values) < 1e-5, "\(inputs)")
    }
  }

  @Test("larger pictures are read tile by tile; a window is one tile")
  func tiles() throws {
    let scratch = try TemporaryFolder()
    let frames = Self.frames(14, 8)
    try scratch.write("1.ppm", Self.ppm(14, 8, frames[0]))
    try scratch.write("2.ppm", Self.ppm(14, 8, frames[1]))
    let whole = try Self.trace(scratch, ["1.ppm", "2.ppm"])
    #expect(whole.status == 0, "\(whole.standardError)")
    #expect(whole.standardError.contains("tile 1 of 4"))
    #expect(try TestInputs.readNPY(scratch.path("out/flow.npy")).shape == [8, 14, 2])
    let tile = try Self.trace(scratch, ["1.ppm", "2.ppm", "--window", "4"], into: "tile")
    #expect(tile.status == 0, "\(tile.standardError)")
    #expect(
      tile.standardError.contains("tile 4 of 4, 10 × 6 from column 5 and row 3 on"),
      "\(tile.standardError)")
    #expect(try TestInputs.readNPY(scratch.path("tile/flow.npy")).shape == [6, 10, 2])
  }

  @Test("other counts and sizes are one line")
  func refused() throws {
    let scratch = try TemporaryFolder()
    for (name, width, height) in [("1", 10, 6), ("2", 10, 6), ("wide", 12, 6), ("low", 10, 5)] {
      try scratch.write("\(name).ppm", Self.ppm(width, height, Self.frames(width, height)[0]))
    }
    for number in 1...3 {
      try scratch.write("three/\(number).ppm", Self.ppm(10, 6, Self.frames(10, 6)[0]))
    }
    try scratch.write(
      "one.npy", TestInputs.npy(shape: [6, 10, 3], values: Array(repeating: 0, count: 180)))
    for (inputs, status, message) in [
      (["1.ppm"], 64, "1.ppm: expected two pictures for a model of optical flow, found one"),
      (
        ["1.ppm", "2.ppm", "wide.ppm"], 64,
        "2.ppm: expected two pictures for a model of optical flow, found 3"
      ),
      (["1.ppm", "wide.ppm"], 65, "wide.ppm: expected 10 × 6 as 1.ppm is, found 12 × 6"),
      (["low.ppm", "low.ppm"], 65, "expected frames of at least 10 × 6"),
      (["three"], 65, "three: expected two pictures in the folder, found 3"),
      (["one.npy"], 65, "one.npy: expected two frames, shape [2, height, width, 3]"),
      (["1.ppm", "none.ppm"], 66, "none.ppm: "),
    ] as [([String], Int32, String)] {
      let result = try Self.trace(scratch, inputs)
      #expect(result.status == status, "\(inputs)")
      #expect(
        result.errorLines.count == 1 && result.standardError.contains(message),
        "\(inputs): \(result.standardError)")
    }
  }
}
