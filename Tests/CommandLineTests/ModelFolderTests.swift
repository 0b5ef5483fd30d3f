// HuggingFace folders on the command line: from a photo or a text to the answers of transformers.
// The folders and answers are of Tests/TensorsTests/make_folders.py and Tests/Parity/make_huggingface.py.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("HuggingFace folders are opened on the command line")
struct ModelFolderTests {
  private static let folders = Program.repository.appending(
    path: "Tests/TensorsTests/Fixtures/huggingface-folders")
  private static let models = Program.repository.appending(
    path: "Tests/PerceiverTests/Fixtures/huggingface")

  @Test(
    "a text has the answers and the attention of transformers, however the folder is stored",
    arguments: [
      "safetensors", "shards", "bin_zip", "bin_zip_old", "bin_legacy", "bin_shards", "variant_fp16",
      "checkpoint-2", "safetensors/model.safetensors", "shards/model-00003-of-00004.safetensors",
    ])
  func forms(_ name: String) throws {
    let scratch = try TemporaryFolder()
    let result = try Program.run([
      "trace", "--text", "What a film!", "--weights", Self.folders.path + "/" + name, "--output",
      scratch.path("out"),
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let expected = try TensorFile(path: Self.folders.path + "/expected.safetensors")
    let logits = try TestInputs.readNPY(scratch.path("out/logits.npy"))
    let error = relativeError(logits.values, try expected.tensor(named: "logits").values)
    #expect(error < 1e-5, "\(error)")
    let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path("out/attention"))
      .sorted()
    try #require(files.count == 4)
    for (file, name) in [(files[0], "cross_attention.0"), (files[3], "cross_attention.1")] {
      let matrix = try TestInputs.readNPY(scratch.path("out/attention/\(file)"))
      let own = try expected.tensor(named: name)
      #expect(own.shape == [1] + matrix.shape, "\(file)")
      #expect(relativeError(matrix.values, own.values) < 1e-5, "\(name)")
    }
  }

  @Test("numbers of tokens longer than the model reads have windows, and a mask is cut with them")
  func longNumbers() throws {
    let scratch = try TemporaryFolder()
    let weights = ["--weights", Self.folders.path + "/safetensors"]
    // The model reads 24 tokens.
    let ids = (0..<60).map { Float($0 * 37 % 256 + 6) }
    let keeps = (0..<60).map { Float($0 % 5 == 2 ? 0 : 1) }
    let array = try scratch.write("ids.npy", TestInputs.npy(shape: [60], values: ids))
    let mask = try scratch.write("mask.npy", TestInputs.npy(shape: [60], values: keeps))
    for (window, range, words) in [
      ("1", 0..<24, "the first 24 of 60 tokens"), ("2", 24..<48, "25 to 48 of 60 tokens"),
      ("3", 36..<60, "37 to 60 of 60 tokens"),
    ] {
      let part = try scratch.write(
        "part.npy", TestInputs.npy(shape: [24], values: Array(ids[range])))
      let partMask = try scratch.write(
        "part-mask.npy", TestInputs.npy(shape: [24], values: Array(keeps[range])))
      for (whole, alone) in [([], []), (["--mask", mask], ["--mask", partMask])] {
        let result = try Program.run(
          ["trace", array, "--force", "--window", window, "-o", scratch.path("out")] + weights
            + whole)
        #expect(result.status == 0, "\(result.standardError)")
        #expect(result.standardError.contains(words), "\(result.standardError)")
        let expected = try Program.run(
          ["trace", part, "--force", "-o", scratch.path("alone")] + weights + alone)
        #expect(expected.status == 0, "\(expected.standardError)")
        let logits = try TestInputs.readNPY(scratch.path("out/logits.npy"))
        #expect(try logits == TestInputs.readNPY(scratch.path("alone/logits.npy")), "\(window)")
      }
    }
    let short = try scratch.write(
      "short.npy", TestInputs.npy(shape: [7], values: [1, 1, 1, 1, 1, 1, 1]))
    let refused = try Program.run(
      ["trace", array, "--mask", short, "-o", scratch.path("no")] + weights)
    #expect(refused.status == 65 && refused.errorLines.count == 1, "\(refused.standardError)")
  }

  @Test("classes that a folder does not name have the names that transformers gives them")
  func unnamedLabels() throws {
    let scratch = try TemporaryFolder()
    let folder = Self.folders.path + "/two_labels_no_names"
    let result = try Program.run([
      "trace", "--text", "What a film!", "--weights", folder, "-o", scratch.path("out"),
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let expected = try TensorFile(path: Self.folders.path + "/expected.safetensors")
    let logits = try TestInputs.readNPY(scratch.path("out/logits.npy"))
    let named = try expected.tensor(named: "two_labels_no_names.logits")
    #expect(relativeError(logits.values, named.values) < 1e-5)
    let info = try Program.run(["info", folder])
    #expect(info.text.contains("LABEL_0, LABEL_1"), "\(info.text)")
  }

  @Test(
    "problem_type of config.json says how answers are read",
    arguments: [
      ("\"single_label_classification\"", "softmax: one of the classes is right", "config.json"),
      ("\"multi_label_classification\"", "sigmoid: each label by itself", "config.json"),
      ("\"regression\"", "regression: numbers as they are", "config.json"),
      ("null", "softmax: one of the classes is right", "what classifiers usually do"),
    ])
  func problems(_ type: String, _ words: String, _ origin: String) throws {
    let scratch = try TemporaryFolder()
    let source = Self.folders.appending(path: "safetensors")
    try scratch.write(
      "model/model.safetensors", Data(contentsOf: source.appending(path: "model.safetensors")))
    let config = try String(contentsOf: source.appending(path: "config.json"), encoding: .utf8)
    try scratch.write(
      "model/config.json",
      config.replacing(#"{"#, with: "{\"problem_type\": \(type),", maxReplacements: 1).utf8)
    let info = try Program.run(["info", scratch.path("model")])
    let line = info.text.split(separator: "\n").first { $0.contains(words) }
    #expect(line?.contains(origin) == true, "\(info.text)")
  }

  @Test("how photos are prepared is said to be from the file that says it")
  func processorOrigins() throws {
    let scratch = try TemporaryFolder()
    let source = Self.models.appending(path: "image_fourier")
    for name in ["config.json", "model.safetensors"] {
      try scratch.write("model/" + name, Data(contentsOf: source.appending(path: name)))
    }
    let own = #"{"do_center_crop": true, "crop_size": 20, "size": 18}"#
    for (name, text) in [
      ("preprocessor_config.json", own),
      ("processor_config.json", "{\"image_processor\": \(own)}"),
    ] {
      try scratch.write("model/" + name, text.utf8)
      let info = try Program.run(["info", scratch.path("model")])
      #expect(info.text.contains("(from \(name))"), "\(info.text)")
    }
    try scratch.write(
      "model/processor_config.json", #"{"image_processor": {"crop_size": -3}}"#.utf8)
    let refused = try Program.run([
      "trace", scratch.path("model"), "--weights", scratch.path("model"), "-o", scratch.path("out"),
    ])
    #expect(refused.status != 0)
    let photo = try scratch.write(
      "a.ppm", Array("P6\n12 8\n255\n".utf8) + [UInt8](repeating: 9, count: 288))
    let wrong = try Program.run([
      "trace", photo, "--weights", scratch.path("model"), "-o", scratch.path("out"),
    ])
    #expect(
      wrong.errorLines.count == 1 && wrong.standardError.contains("processor_config.json: "),
      "\(wrong.standardError)")
    #expect(!wrong.standardError.contains("preprocessor_config.json"))
  }

  @Test("an adapter's part is in the weights of the model that it names")
  func adapter() throws {
    let scratch = try TemporaryFolder()
    let result = try Program.run([
      "trace", "--text", "What a film!", "--weights", Self.folders.path + "/lora", "--output",
      scratch.path("out"),
    ])
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.standardError.contains("an adapter of ../safetensors: its part is added"))
    let expected = try TensorFile(path: Self.folders.path + "/expected.safetensors")
    let logits = try TestInputs.readNPY(scratch.path("out/logits.npy"))
    let error = relativeError(logits.values, try expected.tensor(named: "lora.logits").values)
    #expect(error < 1e-5, "\(error)")
    let base = try expected.tensor(named: "logits").values
    #expect(relativeError(logits.values, base) > 0.01)
  }

  @Test("a text longer than the tokenizer's model_max_length is read in windows of that")
  func shortTokenizer() throws {
    let scratch = try TemporaryFolder()
    for name in ["config.json", "model.safetensors"] {
      try scratch.write(
        "model/" + name, Data(contentsOf: Self.folders.appending(path: "safetensors/" + name)))
    }
    try scratch.write("model/tokenizer_config.json", #"{"model_max_length": 10}"#.utf8)
    let result = try Program.run([
      "trace", "--text", "What a film, what a film!", "--weights", scratch.path("model"),
      "--output", scratch.path("out"),
    ])
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.standardError.contains("the first 8 of 25 tokens"), "\(result.standardError)")
  }

  @Test("a text in a file, from standard input and as numbers is the same text")
  func sources() throws {
    let scratch = try TemporaryFolder()
    let weights = ["--weights", Self.folders.path + "/safetensors"]
    let expected = try TensorFile(path: Self.folders.path + "/expected.safetensors")
    let numbers = try expected.numbers(named: "input_ids").values
    let file = try scratch.write("film.txt", "What a film!".utf8)
    let array = try scratch.write(
      "film.npy", TestInputs.npy(shape: [numbers.count], values: numbers))
    for (number, input) in [file, array, "-"].enumerated() {
      let output = scratch.path("out\(number)")
      let result = try Program.run(
        ["trace", input, "--output", output] + weights, input: Array("What a film!".utf8))
      #expect(result.status == 0, "\(result.standardError)")
      let error = relativeError(
        try TestInputs.readNPY(output + "/logits.npy").values,
        try expected.tensor(named: "logits").values)
      #expect(error < 1e-5, "\(input): \(error)")
    }
  }

  @Test("a photo is prepared as the folder says, and has the logits of transformers")
  func photo() throws {
    let scratch = try TemporaryFolder()
    for name in ["config.json", "model.safetensors"] {
      try scratch.write(
        "model/" + name, Data(contentsOf: Self.models.appending(path: "image_fourier/" + name)))
    }
    let processor =
      #"{"feature_extractor_type": "PerceiverFeatureExtractor", "size": 18, "crop_size": 20}"#
    try scratch.write("model/preprocessor_config.json", processor.utf8)
    let photo = Program.repository.appending(path: "Samples/cat.ppm").path
    let result = try Program.run([
      "trace", photo, "--weights", scratch.path("model"), "--output", scratch.path("out"),
    ])
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.standardError.contains("middle 201 × 201 of 224 × 224 made 18 × 18"))
    // PerceiverForImageClassificationFourier of transformers 5.24 on what its processor makes of it.
    let expected: [Float] = [
      0.5031592845916748, 1.4929264783859253, 0.4047873616218567, 8.6517333984375,
      2.5156443119049072, -4.291290760040283, -3.313621997833252,
    ]
    let logits = try TestInputs.readNPY(scratch.path("out/logits.npy")).values
    #expect(relativeError(logits, expected) < 1e-5, "\(logits)")
    let other = try Program.run([
      "trace", photo, "--weights", scratch.path("model"), "--max-side", "16", "--crop", "none",
      "--output", scratch.path("other"),
    ])
    #expect(other.status == 0, "\(other.standardError)")
    #expect(other.standardError.contains("cat.ppm: made 16 × 16 from 224 × 224\n"))
    #expect(
      other.standardError.contains("cat.ppm: --crop none --max-side 16: "),
      "\(other.standardError)")
    let scaled = try Program.run([
      "trace", photo, "--weights", scratch.path("model"), "--mean", "0.5", "--std", "0.25",
      "--output", scratch.path("scaled"),
    ])
    #expect(
      scaled.standardError.contains(
        "cat.ppm: --mean 0.5 --std 0.25: the middle 18 of 20 parts, 18 × 18, bicubic, mean 0.5, "
          + "std 0.25, where the model's photo processor has"), "\(scaled.standardError)")
  }

  @Test("labelled photos are prepared by the folder's processor too, and arrays of others refused")
  func evaluate() throws {
    let scratch = try TemporaryFolder()
    for name in ["config.json", "model.safetensors"] {
      try scratch.write(
        "model/" + name, Data(contentsOf: Self.models.appending(path: "image_fourier/" + name)))
    }
    try scratch.write("model/preprocessor_config.json", #"{"size": 18, "crop_size": 20}"#.utf8)
    let photo = try Data(contentsOf: Program.repository.appending(path: "Samples/cat.ppm"))
    for label in 0..<7 { try scratch.write("data/LABEL_\(label)/cat.ppm", photo) }
    let weights = ["--weights", scratch.path("model")]
    let result = try Program.run(
      ["evaluate", scratch.path("data"), "--json"] + weights)
    #expect(result.status == 0, "\(result.standardError)")
    // transformers' logits are largest for class 3, and their mean loss over all classes is this.
    let logits: [Double] = [
      0.5031592845916748, 1.4929264783859253, 0.4047873616218567, 8.6517333984375,
      2.5156443119049072, -4.291290760040283, -3.313621997833252,
    ]
    let sum = logits.reduce(0) { $0 + exp($1) }
    let loss = logits.reduce(0) { $0 + log(sum) - $1 } / 7
    let json = try JSONValue(parsing: result.standardOutput)
    guard case .real(let found)? = json["loss"], case .real(let accuracy)? = json["accuracy"] else {
      Issue.record("no loss or accuracy in \(result.text)")
      return
    }
    #expect(abs(found - loss) < 1e-5 * loss && abs(accuracy - 1 / 7) < 1e-6)
    let info = try Program.run(["info"] + weights)
    #expect(info.text.contains("photos          the middle 18 of 20 parts, 18 × 18, bicubic"))
  }

  @Test(
    "what cannot be opened is one line with the folder",
    arguments: [
      (#"{"model_type": "bert"}"#, 65, "config.json: model_type: expected perceiver, found bert"),
      (
        #"{"model_type": 3}"#, 65, "config.json: expected an object with model_type, found a number"
      ),
      (#"{"#, 65, "config.json: byte 1: expected"),
    ])
  func refused(configuration: String, status: Int32, message: String) throws {
    let scratch = try TemporaryFolder()
    try scratch.write(
      "model/model.safetensors",
      Data(contentsOf: Self.folders.appending(path: "safetensors/model.safetensors")))
    try scratch.write("model/config.json", configuration.utf8)
    let result = try Program.run(["info", "--weights", scratch.path("model")])
    #expect(result.status == status)
    #expect(result.errorLines.count == 1)
    #expect(
      result.standardError.contains(scratch.path("model") + ": " + message),
      "\(result.standardError)")
  }

  @Test("a text for a model that reads pictures, and windows beyond a text, are said")
  func wrongInputs() throws {
    let scratch = try TemporaryFolder()
    let picture = try Program.run([
      "trace", "--text", "a", "--weights", Self.models.path + "/image_fourier", "--output",
      scratch.path("out"),
    ])
    #expect(picture.status == 64)
    #expect(picture.standardError.contains("--text: expected a model that reads text"))
    let both = try Program.run([
      "trace", "a.ppm", "--text", "a", "--output", scratch.path("out"),
    ])
    #expect(both.status == 64)
    #expect(both.standardError.contains("--text: expected no INPUT with it, found both"))
    let long = try Program.run([
      "trace", "--text", String(repeating: "word ", count: 20), "--window", "2", "--weights",
      Self.folders.path + "/safetensors", "--output", scratch.path("long"),
    ])
    #expect(long.status == 0)
    #expect(long.standardError.contains("23 to 44 of 100 tokens"), "\(long.standardError)")
    let beyond = try Program.run([
      "trace", "--text", String(repeating: "word ", count: 20), "--window", "6", "--weights",
      Self.folders.path + "/safetensors", "--output", scratch.path("beyond"),
    ])
    #expect(beyond.status == 64 && beyond.errorLines.count == 1)
    #expect(
      beyond.standardError.contains(
        "--window: expected a number from 1 to 5, the parts of --text, found 6"),
      "\(beyond.standardError)")
  }

  @Test(
    "bytes that are no UTF-8 are read, and that is said",
    arguments: [
      ([0x61, 0xC3, 0xA9, 0xFF, 0x62], "not UTF-8 from byte 3 on"),
      ([0x61, 0xC3], "not UTF-8 from byte 1 on"), ([0x61, 0xC3, 0xA9, 0x62], nil),
    ] as [([UInt8], String?)])
  func notUTF8(bytes: [UInt8], note: String?) throws {
    let scratch = try TemporaryFolder()
    let file = try scratch.write("a.txt", bytes)
    let result = try Program.run([
      "trace", file, "--weights", Self.folders.path + "/safetensors", "--output",
      scratch.path("out"),
    ])
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.standardError.contains("UTF-8") == (note != nil), "\(result.standardError)")
    #expect(note.map { result.standardError.contains($0) } ?? true, "\(result.standardError)")
  }
}
