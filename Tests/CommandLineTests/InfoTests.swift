// `info`: what it says of untrained models and checkpoints, and what it refuses.

import Foundation
import Perceiver
import Testing

@Suite("info")
struct InfoTests {
  @Test(
    "an option changes its hyperparameter, which is then given",
    arguments: HyperparameterCatalog.all.map(\.name))
  func optionsReachTheModel(name: String) throws {
    let hyperparameter = try #require(HyperparameterCatalog[name])
    let standard = hyperparameter.value(in: PerceiverConfiguration())
    var value = hyperparameter.value(standard, steppedBy: 1)
    if value == standard { value = hyperparameter.value(standard, steppedBy: -1) }
    try #require(value != standard)
    let option = "--" + hyperparameter.optionName
    let arguments: [String] =
      switch hyperparameter.domain {
      case .integer, .real, .choice: [option, "\(value)"]
      case .toggle, .layers: ["\(value)" == "yes" ? option : "--no-" + option.dropFirst(2)]
      }
    // Two-layer models are small, and other options do not depend on the depth.
    let base = (name == "depth" ? [] : ["--depth", "2"]) + Self.classes(having: name)
    let result = try Program.run(["info"] + base + arguments)
    #expect(result.status == 0, "\(result.standardError)")
    let row = result.text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
    #expect(row?.split(separator: " ").dropFirst().prefix(2) == ["\(value)", "given"])
  }

  /// Options that choose a class and release that has a hyperparameter.
  private static func classes(having name: String) -> [String] {
    let candidates: [(Variant, Release)] = [
      (.perceiver, .latest), (.io, .latest), (.languageModel, .latest),
      (.perceiver, Release("0.4.0") ?? .latest),
    ]
    let found = candidates.first { variant, release in
      var configuration = PerceiverConfiguration()
      (configuration.variant, configuration.release) = (variant, release)
      return HyperparameterCatalog[name]?.applies(to: configuration) ?? false
    }
    guard let (variant, release) = found, name != "variant", name != "release" else { return [] }
    return ["--variant", variant.rawValue, "--release", "\(release)"]
  }

  @Test(
    "the cross-attention takes the way of the fewest operations, and all are shown",
    arguments: [
      // heads · latents · (places · 22 + 4 · (224 + 224) · 13); 4 · 29 + 2 · 29 a token and latent.
      (
        "--input-size 224x224",
        "from sums along each axis: 289 MFLOP and 4 MFLOP once (without keys and values "
          + "1.49 GFLOP, with keys and values 3.66 GFLOP)"
      ),
      (
        "--input-size 12x12",
        "without keys and values: 4.28 MFLOP (from sums along each axis 1.13 MFLOP and 4 MFLOP "
          + "once, with keys and values 10.5 MFLOP)"
      ),
      (
        "--input-size 10000 --input-axis 1 --input-channels 1 --cross-heads 8 --cross-dim-head 8 "
          + "--num-freq-bands 64",
        "with keys and values: 1.01 GFLOP (from sums along each axis 10.9 GFLOP and 4 MFLOP once, "
          + "without keys and values 10.7 GFLOP)"
      ),
      (
        "--input-size 224x224 --no-fourier-encode-data",
        "without keys and values: 154 MFLOP (with keys and values 3.33 GFLOP)"
      ),
    ])
  func method(_ options: String, _ expected: String) throws {
    let result = try Program.run(["info"] + options.split(separator: " ").map(String.init))
    #expect(result.text.contains("\ncross-attention \(expected)\n"), "\(result.text)")
  }

  // 45187140 is what torch counts; see `readme` in the seeded fixtures' cases.json.
  @Test("an untrained README example has as many parameters as in torch")
  func countsParameters() throws {
    let result = try Program.run(["info"])
    #expect(result.text.contains("parameters      45187140\n"), "\(result.text)")
  }

  @Test("a checkpoint's layout, tensors and hyperparameters are found")
  func describesCheckpoints() throws {
    let result = try Program.run([
      "info", fixture("v0.11.0_tied/model.safetensors"), "--latent-heads", "2", "--tensors",
    ])
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.text.contains(#/layout +perceiver-pytorch 0\.11\.0/#))
    #expect(result.text.contains(#/num_latents +5 +derived +rows of the tensor latents/#))
    #expect(result.text.contains(#/weight_tie_layers +yes +derived/#))
    #expect(result.text.contains(#/latent_heads +2 +given/#))
    #expect(result.text.contains(#/latents +F32 +\[5, 10\]/#))
  }

  @Test(
    "class, numbers, labels, answers and photos each have where they are known from",
    arguments: [
      (
        "PerceiverTests/Fixtures/huggingface/image_fourier",
        [
          "layout          transformers PerceiverForImageClassificationFourier (from its tensors' "
            + "names)",
          "numbers         F32 (from the file's header)",
          "answers         softmax: one of the classes is right (from what classifiers usually do)",
          "classes         LABEL_0, LABEL_1, LABEL_2, LABEL_3, LABEL_4, LABEL_5, LABEL_6 (from "
            + "config.json)",
          "photos          the middle 224 of 256 parts, 224 × 224, bicubic, mean 0.485,0.456,0.406, "
            + "std 0.229,0.224,0.225 (from what the class does where no file says)",
        ]
      ),
      (
        "TensorsTests/Fixtures/huggingface-folders/two_labels_no_names",
        ["classes         LABEL_0, LABEL_1 (from what the class does where no file says)"]
      ),
      (
        "PerceiverTests/Fixtures/krasserm/image_shared",
        [
          "layout          perceiver-io 0.7 to 0.11 (from its tensors' names)",
          "classes         3, by number (from the last layer)",
        ]
      ),
      (
        "PerceiverTests/Fixtures/huggingface/masked_lm",
        [
          "text            bytes of UTF-8 from 6 on, between [CLS] and [SEP], at most 32 tokens "
            + "(from the class)"
        ]
      ),
      (
        "../Samples/planted.safetensors",
        [
          "classes         plus, ring, cross, bars (from planted.json)",
          "pictures        mean 0.5, std 0.5, 24 × 24, RGB (from planted.json)",
        ]
      ),
    ] as [(String, [String])])
  func origins(_ model: String, _ lines: [String]) throws {
    let result = try Program.run([
      "info", Program.repository.appending(path: "Tests/\(model)").standardized.path,
    ])
    let said = Set(result.text.split(separator: "\n").map(String.init))
    for line in lines { #expect(said.contains(line), "\(line): \(result.text)") }
  }

  @Test("what a configuration says of an untrained model's classes and pictures has its origin too")
  func untrainedOrigins() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "c.json",
      Array(
        #"""
        {"depth": 1, "num_classes": 2, "perceiver_tui": {"class_names": ["cat", "dog"],
        "preprocessing": {"mean": [0.5], "std": [0.25]}}}
        """#.utf8))
    let result = try Program.run(["info", "--config", "c.json"], in: folder.url)
    #expect(result.status == 0, "\(result.standardError)")
    for line in [
      "classes         cat, dog (from c.json)", "pictures        mean 0.5, std 0.25 (from c.json)",
    ] {
      #expect(result.text.contains(line), "\(result.text)")
    }
    #expect(!result.text.contains("layout "), "\(result.text)")
  }

  @Test("a configuration file gives hyperparameters, and options override it")
  func readsConfigurations() throws {
    let result = try Program.run([
      "info", fixture("v0.11.0_tied/model.safetensors"), "--config",
      fixture("v0.11.0_tied/config.json"),
    ])
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.text.contains(#/latent_dim_head +5 +given/#))
    let untrained = try Program.run([
      "info", "--config", fixture("v0.11.0_tied/config.json"), "--num-latents", "9",
    ])
    #expect(untrained.text.contains(#/num_latents +9 +given/#))
    #expect(untrained.text.contains(#/latent_dim +10 +given/#))
  }

  @Test("cross_dim is taken and said to be ignored")
  func ignoresCrossDim() throws {
    let result = try Program.run(["info", "--cross-dim", "512"])
    #expect(result.status == 0)
    #expect(result.text.contains("note: cross_dim is ignored"))
  }

  @Test("a truncated or damaged checkpoint is refused with its name")
  func refusesDamage() throws {
    let folder = try TemporaryFolder()
    let whole = Array(
      try Data(contentsOf: URL(fileURLWithPath: fixture("v0.11.0/model.safetensors"))))
    for length in [0, 7, 8, 100, whole.count / 2, whole.count - 1] {
      let path = try folder.write("cut.safetensors", whole[..<length])
      let result = try Program.run(["info", path, "--latent-heads", "2"])
      #expect(result.status == 65, "\(length) bytes: \(result.standardError)")
      #expect(result.errorLines.count == 1)
      #expect(result.standardError.hasPrefix("perceiver-tui: \(path): "))
      #expect(result.standardOutput.isEmpty)
    }
  }

  private func fixture(_ name: String) -> String {
    Program.repository
      .appendingPathComponent("Tests/PerceiverTests/Fixtures/perceiver-pytorch/\(name)").path
  }

  @Test("operations that 64 bits cannot count are shown in all their digits")
  func manyOperations() throws {
    let result = try Program.run([
      "info", "--num-latents", "65536", "--latent-dim", "8", "--cross-heads", "64",
      "--cross-dim-head", "1024", "--depth", "512", "--weight-tie-layers", "--input-size",
      "46340x46340",
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let line = try #require(result.text.split(separator: "\n").first { $0.hasPrefix("FLOPs") })
    let digits = line.split(separator: "(")[1].dropLast()
    #expect(try #require(Double(digits)) > 0x1p63 && digits.allSatisfy(\.isNumber), "\(line)")
  }
}
