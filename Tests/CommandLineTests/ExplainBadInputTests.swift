// `explain` on what cannot be explained: each says what and why in a sentence, and leaves no files; and
// maps of zeros, which are an answer.

import Foundation
import Perceiver
import Pictures
import Tensors
import Testing

@Suite("explain on bad input")
struct ExplainBadInputTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    _ = try folder.write("photo.ppm", TestInputs.ppm(width: 9, height: 6))
    _ = try folder.write("small.ppm", TestInputs.ppm(width: 8, height: 6))
    _ = try folder.write(
      "nothing.pgm",
      TestInputs.pgm(width: 9, height: 6, values: [UInt8](repeating: 0, count: 54)))
    _ = try folder.write(
      "small.pgm",
      TestInputs.pgm(width: 8, height: 6, values: [UInt8](repeating: 255, count: 48)))
    _ = try folder.write(
      "nan.npy", TestInputs.npy(shape: [6, 9], values: [.nan] + Array(repeating: 0, count: 53)))
    _ = try folder.write(
      "nan3.npy",
      TestInputs.npy(shape: [6, 9, 3], values: [.nan] + Array(repeating: 0, count: 161)))
  }

  private func explain(_ input: String, _ options: [String]) throws -> ProgramResult {
    try Program.run(["explain", input, "-o", "out"] + options, in: folder.url)
  }

  /// Expects a last line on standard error, and no files.
  private func expectRefusal(
    _ result: ProgramResult, _ status: Int32, _ line: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(result.status == status, "\(result.standardError)", sourceLocation: sourceLocation)
    // Notes on the model may come before it.
    #expect(
      result.errorLines.last == "perceiver-tui: " + line, "\(result.standardError)",
      sourceLocation: sourceLocation)
    #expect(!folder.contents.contains { $0.hasPrefix("out/") }, sourceLocation: sourceLocation)
  }

  private static let noClasses = "effects: " + noOutput
  private static let noOutput =
    "expected a model that scores classes or gives outputs, found one that ends with its "
    + "latents"

  @Test(
    "a class that is not there, marks outside, a second picture of another size",
    arguments: [
      (["--against", "7"], 64, "--against: expected a number from 0 to 6, found 7"),
      (
        ["--target", "2", "--against", "7"], 64,
        "--against: expected a number from 0 to 6, found 7"
      ),
      (["--target", "-1"], 64, "--target: expected a number from 0 to 6, found -1"),
      (
        ["--target", "9", "--against", "second"], 64,
        "--target: expected a number from 0 to 6, found 9"
      ),
      (
        ["--against", "cat"], 64,
        "--against: expected the number of a class from 0 to 6, since the model's classes have no "
          + "names, found cat"
      ),
      (
        ["--target", "3", "--against", "3"], 64,
        "--against: expected two different classes, found class 3 twice"
      ),
      (
        ["--hide", "0,0,3"], 64,
        "--hide: expected a rectangle as row,column,heightxwidth, such as 10,20,30x40, or a file, "
          + "found 0,0,3, which has 3 numbers"
      ),
      (
        ["--hide", "0,0,3,3"], 64,
        "--hide: expected a rectangle as row,column,heightxwidth, such as 10,20,30x40, or a file, "
          + "found 0,0,3,3"
      ),
      (
        ["--hide-at", "3x3@1"], 64,
        "--hide-at: expected a rectangle as row,column,heightxwidth, such as 10,20,30x40, or a file, "
          + "found 3x3, which has 2 numbers"
      ),
      (["--hide", "3"], 66, "3: no such file"),
      (["--patch", "@1"], 64, "--patch: expected input@stage, found @1"),
      (
        ["--object-mask", "0,0,3x3"], 64,
        "--object-mask: expected a picture or array that marks the object, or a folder of them, "
          + "found 0,0,3x3, which is no file"
      ),
      (
        ["--hide", "0,9,1x1"], 64,
        "--hide: expected row,column,heightxwidth inside an input of two axes, found 0,9,1x1 for one "
          + "of 6 × 9"
      ),
      (
        ["--hide-at", "5,0,2x2@1"], 64,
        "--hide-at: expected row,column,heightxwidth inside an input of two axes, found 5,0,2x2 for "
          + "one of 6 × 9"
      ),
      (["--hide-at", "0,0,6x9@1"], 64, "--hide-at: expected pixels that are left, found none"),
      (
        ["--hide", "small.pgm"], 65,
        "small.pgm: expected a mask of the input's size 6 × 9, found 6 × 8"
      ),
      (
        ["--object-mask", "small.pgm"], 65,
        "small.pgm: expected a mask of the input's size 6 × 9, found 6 × 8"
      ),
      (
        ["--object-mask", "nothing.pgm"], 65,
        "nothing.pgm: expected pixels that belong to the object, found none"
      ),
      (
        ["--patch-input", "small.ppm@3"], 65,
        "small.ppm: expected an input of the same size, [6, 9], found [6, 8]"
      ),
      (
        ["--patch-input", "photo.ppm@2"], 64,
        "--patch-input: expected a cross-attention, which reads pixels, found latent 1.1"
      ),
      (
        ["--patch-input", "photo.ppm"], 64,
        "--patch-input: expected input@stage, such as other.png@cross-2, found photo.ppm"
      ),
      (["--patch-input", "none.ppm@1"], 66, "none.ppm: no such file"),
    ] as [([String], Int32, String)])
  func refuses(_ options: [String], _ status: Int32, _ line: String) throws {
    expectRefusal(try explain("photo.ppm", options + TestInputs.smallModel), status, line)
  }

  @Test(
    "a model without classes",
    arguments: [
      (["--method", "rollout-half", "--hide", "1,2,3x4"], noClasses),
      (["--method", "rollout-half", "--patch-input", "photo.ppm@1"], noClasses),
      (["--sweep", "heads"], noClasses),
      (["--method", "rollout-half", "--trust"], "--trust: " + noOutput),
      (["--method", "rollout-half", "--target", "2"], "--target: " + noOutput),
      (["--method", "rollout-half", "--against", "second"], "--against: " + noOutput),
      (
        ["--direct"],
        "--direct: the model does not end with a classifier over the mean of its latents"
      ),
      (
        ["--method", "presence"],
        "--method: presence: the model ends with its latents: there is no class or output to explain"
      ),
    ] as [([String], String)])
  func noClassifier(_ options: [String], _ line: String) throws {
    expectRefusal(
      try explain(
        "photo.ppm", options + TestInputs.smallModel + ["--no-final-classifier-head"]), 64, line)
  }

  @Test("labels of a model without classes")
  func labelsWithoutClasses() throws {
    _ = try folder.write("labels.csv", Array("photo.ppm,1\n".utf8))
    expectRefusal(
      try explain(
        "photo.ppm",
        ["--method", "rollout-half", "--labels", "labels.csv"] + TestInputs.smallModel
          + ["--no-final-classifier-head"]), 64,
      "--labels: expected a model that scores classes, found one that does not")
  }

  @Test("a model with one latent loses no latent, and says what can be asked instead")
  func oneLatent() throws {
    let one = TestInputs.smallModel + ["--num-latents", "1"]
    let reason =
      "the model has one latent, and without it nothing is left to answer from; --zero-latent and "
      + "--average-latent change one in its place"
    expectRefusal(
      try explain("photo.ppm", ["--sweep", "heads,latents"] + one), 64,
      "--sweep: latents: " + reason)
    expectRefusal(
      try explain("photo.ppm", ["--remove-latent", "1"] + one), 64, "--remove-latent: " + reason)
    let mixed = TestInputs.smallModel + ["--variant", "mixed-latents"]
    expectRefusal(
      try explain("photo.ppm", ["--sweep", "latents"] + mixed), 64,
      "--sweep: latents: the model has weights for each latent, so that its stages take no fewer; "
        + "--zero-latent and --average-latent change one in its place")
    let result = try explain(
      "photo.ppm", ["--sweep", "heads,stages", "--zero-latent", "1", "--direct"] + one)
    #expect(result.status == 0, "\(result.standardError)")
    #expect(folder.contents.contains("out/sweep-heads.csv"))
  }

  @Test(
    "options without a word say that it is missing",
    arguments: [
      "--hide", "--hide-at", "--patch", "--skip", "--remove-latent", "--labels", "--object-mask",
      "--sweep", "--target", "--against", "--mask", "--after",
    ])
  func nothing(_ option: String) throws {
    let result = try explain("photo.ppm", [option, ""] + TestInputs.smallModel)
    #expect(result.status == 64)
    #expect(
      result.errorLines.contains {
        $0.contains("\(option): expected ") && $0.hasSuffix("found nothing")
      },
      "\(result.standardError)")
  }

  @Test("hidden pixels hide the tokens that they are most of, where tokens are larger")
  func largerTokens() throws {
    let model = Program.repository.appending(
      path: "Tests/PerceiverTests/Fixtures/huggingface/image_conv"
    ).path
    _ = try folder.write("large.ppm", TestInputs.ppm(width: 24, height: 19))
    func explain(_ region: String) throws -> ProgramResult {
      try self.explain(
        "large.ppm",
        ["--weights", model, "--method", "attention-last", "--hide", region, "--force"])
    }
    let half = try explain("0,0,112x224")
    #expect(half.status == 0, "\(half.standardError)")
    #expect(half.text.contains("hide 0,0,112x224: "))
    let little = try explain("0,0,1x1")
    #expect(little.status == 64)
    #expect(
      little.errorLines.last?.contains(
        "--hide: expected pixels that are most of a token, found 0,0,1x1 where tokens are ")
        == true,
      "\(little.standardError)")
  }

  @Test("a rectangle of an input that has no rows and columns says what else is taken")
  func rectangleOfLine() throws {
    _ = try folder.write(
      "line.npy", TestInputs.npy(shape: [20, 2], values: (0..<40).map { Float($0 % 7) - 3 }))
    let result = try explain(
      "line.npy", ["--hide", "0,0,1x3", "--depth", "1", "--num-latents", "4", "--latent-dim", "8"])
    expectRefusal(
      result, 64,
      "--hide: expected a file that marks what is hidden, since a rectangle needs two axes, found "
        + "0,0,1x3 for an input of 20")
  }

  @Test("a file named like a rectangle of too few numbers is a file")
  func fileOfNumbers() throws {
    var marks = [UInt8](repeating: 0, count: 54)
    marks[0] = 255
    _ = try folder.write("0,0,3", TestInputs.pgm(width: 9, height: 6, values: marks))
    let result = try explain("photo.ppm", ["--hide", "0,0,3"] + TestInputs.smallModel)
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.text.contains("hide 0,0,3: "))
  }

  @Test("--direct where a logit is no sum says why")
  func noSum() throws {
    for (options, reason) in [
      (
        ["--variant", "gated"],
        "a recurrent gate takes attention into the latents, so they are no plain sum"
      ),
      (
        ["--variant", "bottom-up"],
        "stages change the tokens, so what latents read is no longer the input"
      ),
      (
        ["--attn-residual"],
        "an attention residual mixes layers by a softmax, so the latents are no plain sum"
      ),
    ] {
      expectRefusal(
        try explain("photo.ppm", ["--direct"] + options + TestInputs.smallModel), 64,
        "--direct: " + reason)
    }
  }

  /// A trained model's files, with one tensor of all the same number.
  private func writeModel(_ ending: String, all number: Float) throws {
    let configuration = PerceiverConfiguration(
      numFreqBands: 3, maxFreq: 8, depth: 2, numLatents: 5, latentDim: 12, crossHeads: 2,
      latentHeads: 3, crossDimHead: 6, latentDimHead: 5, numClasses: 7)
    let export = try Perceiver(configuration, seed: 42).exported(as: .latest)
    var tensors = export.tensors
    let name = try #require(tensors.keys.first { $0.hasSuffix(ending) })
    tensors[name] = Tensor(shape: try #require(tensors[name]).shape, repeating: number)
    try SafetensorsWriter.write(tensors, to: folder.path("m.safetensors"))
    _ = try folder.write("m.json", export.configuration)
  }

  @Test("NaN in an input, in marks, and in what the model answers")
  func notANumber() throws {
    for (input, options, line) in [
      ("nan3.npy", [], "nan3.npy: expected finite numbers, found nan as element 0"),
      (
        "photo.ppm", ["--hide", "nan.npy"],
        "nan.npy: expected finite numbers, found nan as element 0"
      ),
      (
        "photo.ppm", ["--object-mask", "nan.npy"],
        "nan.npy: expected finite numbers, found nan as element 0"
      ),
    ] {
      let result = try explain(input, options + TestInputs.smallModel)
      #expect(result.status == 65)
      #expect(
        result.errorLines.last?.hasPrefix("perceiver-tui: " + line) == true,
        "\(result.standardError)")
    }
    #expect(
      try explain("photo.ppm", ["--baseline", "nan"] + TestInputs.smallModel).errorLines.last?
        .contains("--baseline: expected a finite number, found nan") == true)
    try writeModel("to_logits.2.bias", all: .nan)
    let model = ["--weights", "m.safetensors"]
    for options in [
      [], ["--direct"], ["--sweep", "heads"], ["--method", "rollout-half", "--trust"],
    ] {
      expectRefusal(
        try explain("photo.ppm", options + model), 70,
        "photo.ppm: the model's output is NaN or infinite, so there is no answer to explain")
    }
    // Where attention looks is known all the same.
    let result = try explain("photo.ppm", ["--method", "attention-last,rollout-half"] + model)
    #expect(result.status == 0, "\(result.standardError)")
  }

  @Test("maps of zeros are written, drawn and measured, and said to be zero")
  func zeroMaps() throws {
    try writeModel("to_logits.2.weight", all: 0)
    var mask = [UInt8](repeating: 0, count: 54)
    for pixel in 0..<20 { mask[pixel] = 255 }
    _ = try folder.write("object.pgm", TestInputs.pgm(width: 9, height: 6, values: mask))
    let result = try explain(
      "photo.ppm",
      [
        "--weights", "m.safetensors", "--method", "relevance,presence,grad-cam", "--trust",
        "--pictures", "--figure", "--width", "400", "--object-mask", "object.pgm", "--randomise",
        "--by-stage", "--summaries", "--direct", "--sweep", "stages", "--against", "second",
      ]
    )
    #expect(result.status == 0, "\(result.standardError)")
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.path("out/explain.json")))
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let maps = try #require(json["maps"] as? [[String: Any]])
    #expect(maps.map { $0["name"] as? String } == ["relevance", "presence", "grad-cam"])
    for map in maps {
      let name = try #require(map["name"] as? String)
      #expect((map["sentence"] as? String)?.hasSuffix("It is zero everywhere.") == true, "\(name)")
      #expect(try TestInputs.readNPY(folder.path("out/\(name).npy")).values.allSatisfy { $0 == 0 })
      #expect(map["sum"] as? Double == 0)
      // It orders no pixels, so nothing can be hidden by its order: any number would be that of the
      // order in which pixels are stored.
      for key in ["gain", "insertion", "deletion", "p_after_8th"] {
        #expect(map[key] == nil, "\(name): \(key)")
      }
      #expect(
        result.text.contains("Its values are all equal: they order nothing, so there is no gain."))
      // A share of nothing is no number.
      #expect(map["share"] == nil && map["content_share"] == nil, "\(name)")
      // Nor has it a largest value.
      #expect(map["points"] == nil, "\(name)")
      #expect(result.text.contains("Its values are all equal: it does not point at the object"))
      #expect(folder.contents.contains("out/\(name)-figure.svg"))
    }
    let orders = try #require((json["trust"] as? [String: Any])?["orders"] as? [[String: Any]])
    #expect(orders.map { $0["name"] as? String } == ["random", "centre", "brightness"])
    #expect(orders.allSatisfy { $0["p_after_8th"] is Double && $0["gain"] is Double })
    // The first pixel of a random order lies on the object as often as its area says.
    #expect(orders.map { $0["points"] is Bool } == [false, true, true])
    let svg = try String(contentsOfFile: folder.path("out/relevance-figure.svg"), encoding: .utf8)
    #expect(!svg.contains("Gain ("))
    let shares = try #require((json["tables"] as? [String: [[String: Any]]])?["by-stage"])
    #expect(shares.allSatisfy { $0["share"] is NSNull })
  }
}
