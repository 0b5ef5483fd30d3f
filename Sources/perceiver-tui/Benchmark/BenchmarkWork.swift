// What is measured, by name.

import Foundation
import Perceiver
import Tensors

/// One thing that a person waits for, or a part of it.
enum BenchmarkWork: String, CaseIterable {
  case readme
  case readme1024 = "readme-1024"
  case paperBands = "paper-bands"
  case latent
  case map
  case maps
  case cross64 = "cross-64"
  case cross128 = "cross-128"
  case cross256 = "cross-256"
  case cross512 = "cross-512"
  case cross1024 = "cross-1024"
  case cross2048 = "cross-2048"
  case opening
  case training
  case trainingSample = "training-sample"
  case trainingReadme = "training-readme"
  case relevance = "explain-relevance"
  case presence = "explain-presence"
  case slope = "explain-gradient"
  case rollout = "explain-rollout"
  case hiding = "explain-hiding"
  case firstStage = "explain-first"
  case heads = "explain-heads"

  private var explanation: String {
    switch self {
    case .readme:
      "the README example of \(UntrainedModels.own.package) on a picture of 224 x 224: a whole run"
    case .readme1024: "the same on 1024 x 1024"
    case .paperBands: "one cross-attention with the paper's 64 bands, 512 latents of 1024"
    case .latent: "a latent stage of the README example"
    case .map: "one map of one latent, 224 x 224, made again"
    case .maps: "the mean of all its maps"
    case .cross64: "the README example's first cross-attention on 64 x 64, its picture's planes too"
    case .cross128, .cross256, .cross512, .cross1024, .cross2048: "the same on this size"
    case .opening: "a checkpoint of 209 MB opened and described"
    case .training: "a training step of a small classifier: 64 pictures of 28 x 28"
    case .trainingSample: "one of the model in Samples, on as many"
    case .trainingReadme: "one of the README example: a picture of 224 x 224"
    case .relevance: "the README example's answer explained by relevance, after its run"
    case .presence: "by presence"
    case .slope: "by gradient times input"
    case .rollout: "by rollout, residual"
    case .hiding: "its run with a region hidden, from the picture on"
    case .firstStage: "the same until its first stage is there, which is shown at once"
    case .heads: "the effect of each of its heads on the answer: a run of the rest for each"
    }
  }

  /// Names with what they are, a line each.
  static var list: String {
    allCases.map { work in
      work.rawValue.padding(toLength: 19, withPad: " ", startingAt: 0) + work.explanation + "\n"
    }.joined()
  }

  /// The side of the picture whose cross-attention is compared with other sizes'.
  private var crossSide: Int? {
    rawValue.hasPrefix("cross-") ? Int(rawValue.dropFirst("cross-".count)) : nil
  }

  func measure(isSmall: Bool, repetitions: Int) throws -> BenchmarkResult {
    let readme = isSmall ? Self.small : PerceiverConfiguration()
    let side = isSmall ? 56 : 224
    switch self {
    case .readme:
      return try run(readme, side: side, repetitions)
    case .readme1024:
      return try run(readme, side: isSmall ? 128 : 1024, min(repetitions, 3))
    case .paperBands:
      var configuration = readme
      (configuration.numFreqBands, configuration.maxFreq) = (64, 224)
      if !isSmall { (configuration.numLatents, configuration.latentDim) = (512, 1024) }
      return try crossAttention(configuration, side: side, repetitions)
    case .cross64, .cross128, .cross256, .cross512, .cross1024, .cross2048:
      return try crossAttention(
        readme, side: (crossSide ?? side) / (isSmall ? 16 : 1), repetitions)
    case .latent: return try latentStage(readme, side: side, repetitions)
    case .map, .maps: return try map(readme, side: side, repetitions)
    case .opening: return try opening(readme, repetitions)
    case .training:
      return try trainingStep(
        Self.classifier, pictures: isSmall ? 8 : 64, side: 28, max(repetitions, 3))
    case .trainingSample:
      return try trainingStep(
        Self.sample, pictures: isSmall ? 8 : 64, side: 28, max(repetitions, 3))
    case .trainingReadme: return try trainingStep(readme, pictures: 1, side: side, repetitions)
    case .relevance: return try explaining(Relevance(of: .answer), readme, side, repetitions)
    case .presence: return try explaining(Presence(of: .answer), readme, side, repetitions)
    case .slope: return try explaining(GradientTimesInput(of: .answer), readme, side, repetitions)
    case .rollout: return try explaining(Rollout(.residual), readme, side, repetitions)
    case .hiding, .firstStage, .heads: return try changing(readme, side: side, repetitions)
    }
  }

  /// README's model in small.
  private static var small: PerceiverConfiguration {
    PerceiverConfiguration(
      depth: 2, numLatents: 64, latentDim: 128, latentHeads: 4, latentDimHead: 32, numClasses: 100)
  }

  /// The model of Samples.
  private static var sample: PerceiverConfiguration {
    PerceiverConfiguration(
      inputChannels: 1, numFreqBands: 6, maxFreq: 10, depth: 4, numLatents: 16, latentDim: 64,
      crossHeads: 8, latentHeads: 4, crossDimHead: 16, latentDimHead: 16, numClasses: 10,
      weightTieLayers: true)
  }

  /// A classifier of small grey pictures.
  private static var classifier: PerceiverConfiguration {
    PerceiverConfiguration(
      inputChannels: 1, numFreqBands: 6, maxFreq: 28, depth: 3, numLatents: 32, latentDim: 64,
      crossHeads: 1, latentHeads: 4, crossDimHead: 64, latentDimHead: 16, numClasses: 10,
      weightTieLayers: true)
  }

  /// A picture with structure at several sizes: `[side, side, 3]` in [-1, 1].
  static func picture(side: Int) -> Tensor {
    Tensor(shape: [side, side, 3]) { pixels in
      for index in pixels.indices {
        let (pixel, channel) = (index / 3, index % 3)
        let (x, y) = (Float(pixel % side), Float(pixel / side))
        pixels[index] = sin(x * 0.05 * Float(channel + 1)) * cos(y * 0.11) * 0.9
      }
    }
  }

  private func run(
    _ configuration: PerceiverConfiguration, side: Int, _ repetitions: Int
  ) throws -> BenchmarkResult {
    let picture = Self.picture(side: side)
    let model = try Perceiver(configuration, seed: 0)
    // Once unmeasured, as PyTorch's figures are after their first run.
    _ = try model(picture)
    let timing = try Stopwatch.repeated(repetitions) { _ = try model(picture) }
    let costs = try configuration.stageCosts(inputAxes: [side, side])
    return BenchmarkResult(
      rawValue, timing, operations: costs.reduce(0) { $0 + $1.operations },
      bytes: costs.reduce(0) { $0 + $1.bytes })
  }

  /// Preparing the picture and one cross-attention, without the feed-forward behind it.
  private func crossAttention(
    _ given: PerceiverConfiguration, side: Int, _ repetitions: Int
  ) throws -> BenchmarkResult {
    var configuration = given
    (configuration.depth, configuration.selfPerCrossAttn) = (1, 0)
    let picture = Self.picture(side: side)
    let model = try Perceiver(configuration, seed: 0)
    var seconds: [Double] = []
    for repetition in 0...repetitions {
      let (run, preparing) = try Stopwatch.once { try model.begin(picture) }
      var next = run
      let stage = try next.next()
      if repetition > 0 { seconds.append(preparing + (stage?.operationSeconds ?? 0)) }
    }
    let cost = try configuration.stageCosts(inputAxes: [side, side])[0]
    return BenchmarkResult(
      rawValue, Timing(seconds: seconds), operations: cost.attentionOperations,
      bytes: cost.attentionBytes + Double(4 * picture.count),
      pixels: crossSide == nil ? nil : side * side)
  }

  private func latentStage(
    _ configuration: PerceiverConfiguration, side: Int, _ repetitions: Int
  ) throws -> BenchmarkResult {
    let start = try Perceiver(configuration, seed: 0).begin(Self.picture(side: side))
    var seconds: [Double] = []
    for repetition in 0...repetitions {
      var run = start
      while let stage = try run.next() {
        // The first run is not measured, as elsewhere.
        guard repetition > 0, stage.id.kind == .latentSelfAttention else { continue }
        seconds.append(stage.seconds)
      }
    }
    let cost = try configuration.stageCosts(inputAxes: [side, side])
      .first { $0.id.kind == .latentSelfAttention }
    return BenchmarkResult(
      rawValue, Timing(seconds: seconds), operations: cost?.operations ?? 0,
      bytes: cost?.bytes ?? 0)
  }

  private func map(
    _ given: PerceiverConfiguration, side: Int, _ repetitions: Int
  ) throws -> BenchmarkResult {
    var configuration = given
    configuration.depth = 1
    var run = try Perceiver(configuration, seed: 0).begin(Self.picture(side: side))
    guard let attention = try run.next()?.attention else {
      throw CommandFailure(.software, nil, "a model without attention was measured")
    }
    let query: QuerySelection = self == .map ? .one(configuration.numLatents / 2) : .mean
    func map() throws { _ = try attention.map(head: .one(0), query: query, as: .probabilities) }
    try map()
    let timing = try Stopwatch.repeated(repetitions, map)
    let queries = Double(self == .map ? 1 : configuration.numLatents)
    let (pixels, channels) = (Double(side * side), Double(configuration.inputChannels))
    return BenchmarkResult(
      rawValue, timing, operations: queries * pixels * (2 * channels + 4),
      bytes: 4 * pixels * (channels + 2))
  }

  /// A question of a whole run, as the program asks it when `y` is pressed.
  private func explaining(
    _ question: any MapQuestion, _ configuration: PerceiverConfiguration, _ side: Int,
    _ repetitions: Int
  ) throws -> BenchmarkResult {
    let run = try Perceiver(configuration, seed: 0).begin(Self.picture(side: side)).completed()
    _ = try question.map(run)
    let timing = try Stopwatch.repeated(repetitions) { _ = try question.map(run) }
    return BenchmarkResult(rawValue, timing, operations: 0, bytes: 0)
  }

  /// A run that is changed: a square in the middle hidden, to the end or to the first stage, or every
  /// head of every stage in turn.
  private func changing(
    _ configuration: PerceiverConfiguration, side: Int, _ repetitions: Int
  ) throws -> BenchmarkResult {
    let run = try Perceiver(configuration, seed: 0).begin(Self.picture(side: side)).completed()
    let middle = side / 4..<3 * side / 4
    let hidden = (0..<side * side).map {
      middle.contains($0 / side) && middle.contains($0 % side)
    }
    func change() throws {
      switch self {
      case .heads:
        let whatIf = try WhatIf(run, of: .answer)
        for id in run.stageIDs where id.heads > 0 { _ = try whatIf.heads(ofStage: id.index) }
      case .firstStage:
        var changed = try run.hiding(hidden)
        _ = try changed.next()
      default: _ = try run.hiding(hidden).completed()
      }
    }
    try change()
    let timing = try Stopwatch.repeated(repetitions, change)
    return BenchmarkResult(rawValue, timing, operations: 0, bytes: 0)
  }

  /// A checkpoint of one layer more than README's, opened, described and made a model of; its file
  /// is in memory, as one that was just written is.
  private func opening(
    _ configuration: PerceiverConfiguration, _ repetitions: Int
  ) throws -> BenchmarkResult {
    var larger = configuration
    larger.depth += 1
    let export = try Perceiver(larger, seed: 0).exported(as: .latest)
    let file = FileManager.default.temporaryDirectory
      .appending(path: "perceiver-tui-bench-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    try SafetensorsWriter.write(export.tensors, to: file.path)
    let given = try GivenHyperparameters(json: export.configuration)
    let timing = try Stopwatch.repeated(repetitions) {
      let checkpoint = try Checkpoint(path: file.path)
      _ = try checkpoint.model(try checkpoint.describe(given: given).configuration)
    }
    return BenchmarkResult(rawValue, timing, operations: 0, bytes: 0)
  }
}
