// Photos and pairs of frames for perceiver-io's models, on the command line.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("perceiver-io's models read photos and frames as people have them")
struct PerceiverIOInputTests {
  private static let models = Program.repository.appending(
    path: "Tests/PerceiverTests/Fixtures/krasserm")
  private static let cat = Program.repository.appending(path: "Samples/cat.ppm").path

  private static func trace(
    _ scratch: TemporaryFolder, _ inputs: [String], by model: String
  ) throws -> ProgramResult {
    try Program.run(
      ["trace", "--force", "--no-attention", "--weights", model, "--output", "out"] + inputs,
      in: scratch.url)
  }

  private static func model(_ name: String) throws -> Perceiver {
    let checkpoint = try Checkpoint(path: models.appending(path: name).path)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    return try checkpoint.model(try checkpoint.describe(given: given).configuration)
  }

  // Pillow's bicubic, and the package's mathematics in NumPy.
  @Test(
    "a photo is brought to image_shape, grey for one channel, and has the package's logits",
    arguments: [
      (
        "image_shared", [1.0416884422302246, 0.4216879606246948, 0.30156034231185913], 1e-5,
        "made 8 × 6 from 224 × 224"
      ),
      (
        "image_unshared",
        [
          0.6094812750816345, -0.6436254382133484, 0.21493946015834808, -0.8334769606590271,
          -0.3091238737106323, -0.2464371621608734, 0.9741267158, -0.4150514602661133,
          -1.4239846467971802, -0.9083309173583984,
          // Grey is rounded elsewhere than in Pillow.
        ], 5e-3, "made 7 × 9 from 224 × 224"
      ),
    ] as [(String, [Float], Double, String)])
  func photo(_ name: String, _ expected: [Float], _ tolerance: Double, _ note: String) throws {
    let scratch = try TemporaryFolder()
    let result = try Self.trace(
      scratch, [Self.cat], by: Self.models.appending(path: name).path)
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.standardError.contains(note), "\(result.standardError)")
    guard result.status == 0 else { return }
    let logits = try TestInputs.readNPY(scratch.path("out/logits.npy")).values
    #expect(relativeError(logits, expected) < tolerance, "\(logits)")
  }

  @Test("a preprocessor_config.json in the folder is obeyed")
  func folder() throws {
    let scratch = try TemporaryFolder()
    for name in ["config.json", "model.safetensors"] {
      try scratch.write(
        "model/" + name, Data(contentsOf: Self.models.appending(path: "image_shared/" + name)))
    }
    try scratch.write(
      "model/preprocessor_config.json",
      #"{"size": {"height": 6, "width": 8}, "crop_size": 8, "image_mean": 0.5, "image_std": 0.25}"#
        .utf8)
    let result = try Self.trace(scratch, [Self.cat], by: scratch.path("model"))
    #expect(result.status == 0, "\(result.standardError)")
    let expected: [Float] = [1.2666858434677124, 0.4263162910938263, 0.3617627024650574]
    let logits = try TestInputs.readNPY(scratch.path("out/logits.npy")).values
    #expect(relativeError(logits, expected) < 1e-5, "\(logits)")
  }

  @Test("a picture of the model's own size is read as it is, from -1 to 1 where it is grey")
  func ownSize() throws {
    let scratch = try TemporaryFolder()
    let pixels = (0..<63).map { UInt8($0 * 4) }
    try scratch.write("own.pgm", TestInputs.pgm(width: 7, height: 9, values: pixels))
    let path = Self.models.appending(path: "image_unshared").path
    let result = try Self.trace(scratch, ["own.pgm"], by: path)
    #expect(result.status == 0, "\(result.standardError)")
    let expected = try Self.model("image_unshared")(
      Tensor(shape: [9, 7, 1], values: pixels.map { Float($0) / 255 * 2 - 1 }))
    let logits = try TestInputs.readNPY(scratch.path("out/logits.npy"))
    #expect(relativeError(logits, expected) < 1e-5)
  }

  @Test("two pictures have the model's flow, and larger ones are read tile by tile")
  func flow() throws {
    let scratch = try TemporaryFolder()
    let path = Self.models.appending(path: "flow").path
    let model = try Self.model("flow")
    for (width, height) in [(9, 6), (13, 8)] {
      let frames = [0, 1].map { frame in
        (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* 53 &+ frame &* 29) }
      }
      for (name, pixels) in zip(["a", "b"], frames) {
        try scratch.write("\(name).ppm", Array("P6\n\(width) \(height)\n255\n".utf8) + pixels)
      }
      let result = try Self.trace(scratch, ["a.ppm", "b.ppm"], by: path)
      #expect(result.status == 0, "\(result.standardError)")
      #expect(result.standardError.contains("tile 1 of 4") == (width > 9))
      guard result.status == 0 else { continue }
      let numbers = Tensor(
        shape: [2, height, width, 3],
        values: frames.flatMap { $0.map { Float($0) / 255 * 2 - 1 } })
      let flow = try TestInputs.readNPY(scratch.path("out/flow.npy"))
      #expect(flow.shape == [height, width, 2])
      #expect(relativeError(flow, try model.opticalFlow(of: numbers)) < 1e-5)
      guard width == 9 else { continue }
      // Twenty times what the model gives, in pixels.
      let output = try #require(try model(numbers).values.first)
      #expect(abs(flow.values[0] - 20 * output) <= 1e-5 * abs(flow.values[0]))
    }
  }
}
