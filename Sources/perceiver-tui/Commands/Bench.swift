// `bench`: what this machine does in which time, beside what it could do at best.

import ArgumentParser
import Foundation

/// Measures runs, stages and maps on pictures of several sizes.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure runs, stages and maps, each beside the least time its arithmetic needs.",
    discussion: """
      WORKS
      \(BenchmarkWork.list)
      A time is the median of the repetitions, by the wall clock. `floor` is the larger of \
      operations / rate of matrix products and bytes / rate of memory, both measured before and \
      after each work; operations are the multiplications and additions of the way that is taken here, without \
      exponentials, and bytes what must be read or written once. PERCEIVER_NUM_THREADS bounds \
      the threads. Each work has a process of its own, whose peak memory is shown.
      With --weights and --input it measures whole runs of your own model in their place.
      """)

  @Argument(
    help: ArgumentHelp("Works to measure; all without any.", valueName: "work"))
  var works: [String] = []

  @Flag(help: "Print JSON: times in seconds, memory in bytes, rates a second.")
  var json = false

  @Flag(help: "Models and pictures of about a sixteenth of the size, for a quick check.")
  var small = false

  @Option(help: ArgumentHelp("Times that each work is done.", valueName: "n"))
  var repetitions = 5

  @Option(
    help: ArgumentHelp(
      "Measure this model instead of the works: a file, a folder, or OWNER/NAME of the Hub's cache.",
      valueName: "model"))
  var weights: String?

  @Option(
    help: ArgumentHelp(
      "What it reads. May be repeated for an input of several files.", valueName: "file"))
  var input: [String] = []

  @Flag(
    help: ArgumentHelp(
      "Measure a work in this process, and print its figures only.", visibility: .hidden))
  var alone = false

  func validate() throws {
    for name in works where BenchmarkWork(rawValue: name) == nil {
      throw ValidationError(
        "expected a work, one of \(BenchmarkWork.allCases.map(\.rawValue).joined(separator: ", ")), "
          + "found \(name)")
    }
    guard (1...1000).contains(repetitions) else {
      throw ValidationError("--repetitions: expected 1 to 1000, found \(repetitions)")
    }
    guard (weights == nil) == input.isEmpty else {
      throw ValidationError("--weights and --input: expected both or none, found one of them")
    }
    if weights != nil, !works.isEmpty || small {
      throw ValidationError("--weights: expected no work and no --small with it, found one")
    }
  }

  /// Something to measure, and the arguments by which a process of its own is told.
  private struct Work {
    let name: String
    let arguments: [String]
    let measure: () throws -> BenchmarkResult
  }

  private var chosen: [Work] {
    if let weights {
      let own = ModelBenchmark(weights: weights, inputs: input)
      return [
        Work(
          name: ModelBenchmark.name,
          arguments: ["--weights", weights] + input.flatMap { ["--input", $0] }
        ) { try own.measure(repetitions: repetitions) }
      ]
    }
    let all = BenchmarkWork.allCases.filter { works.isEmpty || works.contains($0.rawValue) }
    return all.map { work in
      Work(name: work.rawValue, arguments: [work.rawValue] + (small ? ["--small"] : [])) {
        try work.measure(isSmall: small, repetitions: repetitions)
      }
    }
  }

  func run() throws {
    if alone {
      let results = try chosen.map { try $0.measure() }
      return try StandardOutput().write(
        text: String(decoding: try JSONEncoder().encode(results), as: UTF8.self))
    }
    var rates = try MachineRates.measured(isSmall: small)
    var report = BenchmarkReport(machine: rates, isSmall: small)
    if !json { try StandardOutput().write(text: report.heading()) }
    for work in chosen {
      let figures = try measureAlone(work)
      let before = rates
      rates = try MachineRates.measured(isSmall: small)
      let result = BenchmarkReport.Result(figures: figures, rates: before.mean(with: rates))
      report.results.append(result)
      // As it comes: the largest pictures take a while.
      if !json { try StandardOutput().write(text: report.line(result)) }
    }
    try StandardOutput().write(text: json ? report.json() : report.closing())
  }

  /// A work's figures from a process of its own, so that its memory is its own.
  private func measureAlone(_ work: Work) throws -> BenchmarkResult {
    guard let program = Bundle.main.executableURL else {
      throw CommandFailure(.software, nil, "the program's own file was not found")
    }
    let process = Foundation.Process()
    process.executableURL = program
    process.arguments =
      ["bench"] + work.arguments + ["--alone", "--repetitions", "\(repetitions)"]
    let output = Foundation.Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0,
      let result = try JSONDecoder().decode([BenchmarkResult].self, from: data).first
    else {
      throw CommandFailure(.software, nil, "measuring \(work.name) failed")
    }
    return result
  }
}
