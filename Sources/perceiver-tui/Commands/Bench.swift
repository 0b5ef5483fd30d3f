// `bench`: what this machine does in which time, for README's model and a small one.

import ArgumentParser
import Explorer
import Foundation
import Perceiver
import Tensors

/// Measures this machine with README's model on a picture of 224 × 224.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure this machine: a run, its stages, a map, matrix products, memory.",
    discussion: """
      The model is that of perceiver-pytorch's README: 224 x 224 x 3, 6 layers, 256 latents of \
      512. Times are wall-clock, the best of the repetitions; PERCEIVER_NUM_THREADS bounds the \
      threads.
      """)

  @Flag(help: "Print JSON: times in seconds, memory in bytes.")
  var json = false

  @Flag(help: "A model and picture of a sixteenth of the size, for a quick check.")
  var small = false

  func run() throws {
    let benchmark = small ? Benchmark.small : Benchmark.readme
    let figures = try benchmark.measure()
    try StandardOutput().write(json ? figures.json() : figures.text())
  }
}

/// What is measured, on which model and picture.
struct Benchmark {
  let name: String
  let configuration: PerceiverConfiguration
  let side: Int
  let repetitions: Int

  /// perceiver-pytorch's README.
  static var readme: Benchmark {
    Benchmark(name: "README", configuration: .init(), side: 224, repetitions: 3)
  }

  /// The same in small.
  static var small: Benchmark {
    Benchmark(
      name: "small",
      configuration: .init(
        depth: 2, numLatents: 64, latentDim: 128, latentHeads: 4, latentDimHead: 32,
        numClasses: 100),
      side: 56, repetitions: 2)
  }

  func measure() throws -> BenchmarkFigures {
    let picture = Self.picture(side: side)
    let (model, making) = try timed { try Perceiver(configuration, seed: 0) }
    var best: (total: Double, firstMap: Double, run: PerceiverRun)?
    for _ in 0..<repetitions {
      let (result, total) = try timed {
        var run = try model.begin(picture)
        let (_, firstMap) = try timed {
          if let stage = try run.next() { _ = stage.attention?.map(head: 0, query: 0, as: .scores) }
        }
        while try run.next() != nil {}
        return (firstMap, run)
      }
      if total < best?.total ?? .infinity { best = (total, result.0, result.1) }
    }
    guard let best, let cross = best.run.stages.first?.attention else {
      throw CommandFailure(.software, nil, "a model without stages was measured")
    }
    let (_, map) = try repeated {
      cross.map(
        head: 0, query: configuration.numLatents / 2, as: .probabilities)
    }
    let (_, mean) = try repeated {
      try cross.map(head: .mean, query: .mean, as: .probabilities)
    }
    let cost = try configuration.cost(inputAxes: [side, side])
    // Before a file is written, which takes memory of its own.
    let peakBytes = Self.peakMemory
    let opening = try opening()
    return BenchmarkFigures(
      model: name, side: side, threads: Workers.processorCount, parameters: cost.parameters,
      flops: cost.flops, makingSeconds: making, runSeconds: best.total,
      firstMapSeconds: best.firstMap, mapSeconds: map, meanMapSeconds: mean,
      stages: best.run.stages.map { .init(name: $0.place.name, seconds: $0.seconds) },
      productFlopsPerSecond: try productRate(), peakBytes: peakBytes,
      checkpointBytes: opening.bytes, openSeconds: opening.seconds)
  }

  /// How long a checkpoint of one layer more takes to be opened, described and made a model of; of
  /// README's model that is 209 MB. Its file is in memory, as one that was just written is.
  private func opening() throws -> (bytes: Double, seconds: Double) {
    var larger = configuration
    larger.depth += 1
    let export = try Perceiver(larger, seed: 0).exported(as: .latest)
    let file = FileManager.default.temporaryDirectory
      .appending(path: "perceiver-tui-bench-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    try SafetensorsWriter.write(export.tensors, to: file.path)
    let given = try GivenHyperparameters(json: export.configuration)
    let (_, seconds) = try repeated {
      let checkpoint = try Checkpoint(path: file.path)
      return try checkpoint.model(try checkpoint.describe(given: given).configuration)
    }
    return (4 * export.tensors.values.reduce(0) { $0 + Double($1.count) }, seconds)
  }

  /// The rate of a square matrix product through the library, in FLOPs a second.
  private func productRate() throws -> Double {
    let side = 1024
    let matrix = Tensor(shape: [side, side], repeating: 0.5)
    let (_, seconds) = try repeated { try matrix.linear(weight: matrix, workers: Workers()) }
    return 2 * Double(side * side * side) / seconds
  }

  /// The shortest of several times.
  private func repeated<Result>(_ body: () throws -> Result) throws -> (Result, Double) {
    var (result, best) = try timed(body)
    for _ in 0..<4 {
      let (next, seconds) = try timed(body)
      result = next
      best = min(best, seconds)
    }
    return (result, best)
  }

  private func timed<Result>(_ body: () throws -> Result) rethrows -> (Result, Double) {
    let clock = ContinuousClock()
    let start = clock.now
    let result = try body()
    return (result, start.duration(to: clock.now) / .seconds(1))
  }

  /// A picture with structure at several sizes: `[side, side, 3]` in [-1, 1].
  private static func picture(side: Int) -> Tensor {
    Tensor(
      shape: [side, side, 3],
      values: (0..<side * side * 3).map { index in
        let (pixel, channel) = (index / 3, index % 3)
        let (x, y) = (Float(pixel % side), Float(pixel / side))
        return sin(x * 0.05 * Float(channel + 1)) * cos(y * 0.11) * 0.9
      })
  }

  /// The most memory the process has had, in bytes.
  private static var peakMemory: Double {
    var usage = rusage()
    #if canImport(Glibc)
      // Glibc imports who and its type apart; kilobytes.
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return Double(usage.ru_maxrss) * 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      return Double(usage.ru_maxrss)
    #endif
  }
}

/// The result of a benchmark; times in seconds.
struct BenchmarkFigures: Encodable {
  struct StageTime: Encodable {
    let name: String
    let seconds: Double
  }

  let model: String
  let side: Int
  let threads: Int
  let parameters: Int
  let flops: Double
  let makingSeconds: Double
  let runSeconds: Double
  let firstMapSeconds: Double
  let mapSeconds: Double
  let meanMapSeconds: Double
  let stages: [StageTime]
  let productFlopsPerSecond: Double
  let peakBytes: Double
  let checkpointBytes: Double
  let openSeconds: Double

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }

  func text() -> String {
    let lines: [(String, String)] =
      [
        ("model", "\(model), \(Figures.count(Double(parameters))) parameters"),
        ("picture", "\(side) × \(side)"),
        ("threads", "\(threads)"),
        ("make the model", Figures.seconds(makingSeconds)),
        ("run", "\(Figures.seconds(runSeconds)), \(Figures.flops(flops / runSeconds))/s"),
        ("first map after", Figures.seconds(firstMapSeconds)),
        ("one map again", Figures.seconds(mapSeconds)),
        ("mean of all maps", Figures.seconds(meanMapSeconds)),
        ("matrix product", "\(Figures.flops(productFlopsPerSecond))/s"),
        ("most memory", Figures.bytes(peakBytes)),
        (
          "open a checkpoint",
          "\(Figures.seconds(openSeconds)), of \(Figures.bytes(checkpointBytes))"
        ),
      ] + stages.map { ("  \($0.name)", Figures.seconds($0.seconds)) }
    return lines.map { name, value in
      name.padding(toLength: 18, withPad: " ", startingAt: 0) + value + "\n"
    }.joined()
  }
}
