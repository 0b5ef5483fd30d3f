// What a model keeps of its pictures: how they were scaled, their size and channels, their classes.

import Foundation
import Tensors
import Testing

@Suite("preprocessing")
struct PreprocessingTests {
  private let folder: TemporaryFolder
  private static let side = 12

  /// Dull pictures of bytes from 118 to 137 whose left or right half is the darker one: at the usual
  /// scaling they are nearly one grey.
  init() throws {
    folder = try TemporaryFolder()
    let count = 60
    try folder.write(
      "images.npy",
      TestInputs.npy(
        shape: [count, Self.side, Self.side], type: "|u1",
        elements: (0..<count).flatMap(Self.picture)))
    try folder.write(
      "labels.npy",
      TestInputs.npy(shape: [count], type: "|u1", elements: (0..<count).map { UInt8($0 % 2) }))
    try folder.write("classes.txt", Array("right\nleft\n".utf8))
    try folder.write(
      "first.pgm",
      TestInputs.pgm(width: Self.side, height: Self.side, values: Self.picture(0)))
  }

  private static func picture(_ number: Int) -> [UInt8] {
    (0..<side * side).map { place in
      let isLeft = place % side < side / 2
      let noise = UInt8((place &* 7 &+ number &* 31 &+ place / 5 &* number) % 8)
      return (isLeft == (number % 2 == 0) ? 118 : 130) + noise
    }
  }

  private func run(_ arguments: String...) throws -> ProgramResult {
    try Program.run(arguments, in: folder.url)
  }

  @discardableResult
  private func train(_ out: String, _ options: String...) throws -> ProgramResult {
    let result = try Program.run(
      [
        "train", "images.npy", "-o", out, "--learning-rate", "0.01", "--batch-size", "20",
        "--depth", "1", "--num-latents", "8", "--latent-dim", "16", "--num-freq-bands", "2",
        "--latent-heads", "1", "--latent-dim-head", "8", "--cross-dim-head", "8",
      ] + options, in: folder.url)
    return result
  }

  private func trained() throws {
    let result = try train("m.safetensors", "--epochs", "40", "--mean", "0.5", "--std", "0.03")
    try #require(result.status == 0, "\(result.standardError)")
  }

  private func logits(_ arguments: String...) throws -> (Tensor, String) {
    let output = folder.path(UUID().uuidString)
    let result = try Program.run(
      ["trace", "--no-attention", "-o", output] + arguments, in: folder.url)
    try #require(result.status == 0, "\(result.standardError)")
    return (try TestInputs.readNPY(output + "/logits.npy"), result.standardError)
  }

  @Test("a trained model keeps how its pictures were scaled, and every command scales them so")
  func keepsScaling() throws {
    try trained()
    let evaluated = try run("evaluate", "images.npy", "--weights", "m.safetensors")
    #expect(evaluated.text.contains("accuracy  100.00 %"), "\(evaluated.text)")
    let info = try run("info", "m.safetensors").text
    #expect(info.contains("classes         right, left (from m.json)\n"), "\(info)")
    #expect(
      info.contains("pictures        mean 0.5, std 0.03, 12 × 12, grey (from m.json)\n"), "\(info)")

    // A picture gives what it gives where options say the same to a model that does not know.
    let (own, said) = try logits("first.pgm", "--weights", "m.safetensors")
    #expect(said.contains("first.pgm: mean 0.5, std 0.03 scale it, as the model was trained"))
    let json = try Data(contentsOf: folder.url.appending(path: "m.json"))
    var bare = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect(bare.removeValue(forKey: "perceiver_tui") != nil)
    try folder.write("bare.json", Array(try JSONSerialization.data(withJSONObject: bare)))
    let weights = ["--weights", "m.safetensors", "--config", "bare.json"]
    let given = try logits(
      "first.pgm", weights[0], weights[1], weights[2], weights[3], "--mean", "0.5", "--std", "0.03")
    #expect(own == given.0)
    // Without either it is as it always was.
    let usual = try logits("first.pgm", weights[0], weights[1], weights[2], weights[3])
    let half = try logits(
      "first.pgm", "--weights", "m.safetensors", "--mean", "0.5", "--std", "0.5")
    #expect(usual.0 == half.0 && usual.0 != own)
    #expect(half.1.contains("--std 0.5 is used in place of the model's 0.03\n"), "\(half.1)")
    #expect(!half.1.contains("--mean"))
  }

  @Test("what is trained on, or converted, keeps it; a training resumed otherwise is refused")
  func carriesOn() throws {
    try trained()
    let converted = try run("convert", "m.safetensors", "-o", "c.safetensors", "--layout", "0.8")
    #expect(converted.status == 0, "\(converted.standardError)")
    #expect(
      try run("info", "c.safetensors").text
        .contains("pictures        mean 0.5, std 0.03, 12 × 12, grey (from c.json)\n"))
    let tuned = try run(
      "train", "images.npy", "-o", "t.safetensors", "--weights", "m.safetensors", "--steps", "1")
    #expect(tuned.status == 0, "\(tuned.standardError)")
    #expect(
      try run("evaluate", "images.npy", "--weights", "t.safetensors").text
        .contains("accuracy  100.00 %"))

    let other = try train("m.safetensors", "--resume", "--epochs", "41", "--std", "0.5")
    #expect(other.status == 64)
    #expect(
      other.errorLines == [
        "perceiver-tui: --std: expected 0.03 as the training has it, found 0.5"
      ])
    let same = try train("m.safetensors", "--resume", "--epochs", "41")
    #expect(same.status == 0, "\(same.standardError)")
    #expect(
      try run("evaluate", "images.npy", "--weights", "m.safetensors").text
        .contains("accuracy  100.00 %"))
  }

  @Test("a photo of another size and with colours is made as the model's own, and that is said")
  func makesSize() throws {
    try trained()
    try folder.write("large.ppm", TestInputs.ppm(width: 48, height: 24))
    let (_, said) = try logits("large.ppm", "--weights", "m.safetensors")
    #expect(
      said.contains("scaled from 48 × 24 to 12 × 12, the size of the model's training pictures"),
      "\(said)")
    #expect(said.contains("converted to grey for a model with input_channels 1"), "\(said)")
    let (_, asked) = try logits("large.ppm", "--weights", "m.safetensors", "--max-side", "24")
    #expect(asked.contains("scaled down from 48 × 24 to 24 × 12"), "\(asked)")
  }

  @Test(
    "what a file says of its pictures is checked",
    arguments: [
      (#"{"std": 0}"#, "std: expected numbers from 1e-06 to 1000000.0"),
      (#"{"mean": []}"#, "mean: expected numbers"),
      (#"{"mean": [0.1, "x"]}"#, "mean: expected numbers"),
      (#"{"height": 12}"#, "expected height and width, found one of them"),
      (#"{"height": 0, "width": 1}"#, "height: expected a whole number from 1 to 8192, found 0"),
      (#"{"channel_order": "RBG"}"#, "channel_order: expected one of grey, RGB, BGR"),
      (#"{"mean": [1, 2], "std": [1, 2, 3]}"#, "expected a mean for each std, found 2 and 3"),
      (#"{"deviation": 1}"#, "expected mean, std, height, width and channel_order"),
      ("[]", "expected an object, found a list"),
    ])
  func isChecked(json: String, message: String) throws {
    try folder.write(
      "c.json", Array(#"{"depth": 1, "perceiver_tui": {"preprocessing": \#(json)}}"#.utf8))
    let result = try run("info", "--config", "c.json")
    #expect(result.status == 65)
    #expect(result.errorLines.count == 1)
    #expect(
      result.standardError.contains("perceiver-tui: c.json: preprocessing: \(message)"),
      "\(result.standardError)")
  }

  @Test("blue, green, red is another order of the same picture")
  func takesOrder() throws {
    try folder.write("rgb.ppm", TestInputs.ppm(width: 4, height: 3))
    let pixels = TestInputs.pixels(width: 4, height: 3)
    let reversed = stride(from: 0, to: pixels.count, by: 3).flatMap {
      pixels[$0..<$0 + 3].reversed()
    }
    try folder.write("bgr.ppm", Array("P6\n4 3\n255\n".utf8) + reversed)
    try folder.write(
      "c.json",
      Array(
        #"{"depth": 1, "perceiver_tui": {"preprocessing": {"mean": [0.4, 0.5, 0.6], "channel_order": "BGR"}}}"#
          .utf8))
    let model = ["--num-latents", "4", "--latent-dim", "8", "--num-classes", "5"]
    let asTold = try logits(
      "rgb.ppm", "--config", "c.json", model[0], model[1], model[2], model[3], model[4], model[5])
    let byHand = try logits(
      "bgr.ppm", "--mean", "0.4,0.5,0.6", "--depth", "1", model[0], model[1], model[2], model[3],
      model[4], model[5])
    #expect(asTold.0 == byHand.0)
  }
}
