// `bench`: that its figures are there and make sense together.

import Foundation
import Testing

@Suite("bench")
struct BenchTests {
  @Test("--json gives figures that fit together")
  func json() throws {
    let result = try Program.run(["bench", "--small", "--json", "--repetitions", "2"])
    #expect(result.status == 0, "\(result.standardError)")
    let report = try JSONDecoder().decode(Report.self, from: Data(result.standardOutput))
    #expect(
      report.works.map(\.name) == [
        "readme", "readme-1024", "paper-bands", "latent", "map", "maps", "cross-64", "cross-128",
        "cross-256", "cross-512", "cross-1024", "cross-2048", "opening", "training",
        "training-sample", "training-readme", "explain-relevance", "explain-presence",
        "explain-gradient", "explain-rollout", "explain-hiding", "explain-first",
        "explain-heads",
      ])
    #expect(report.machine.productRate > 1e8 && report.machine.memoryRate > 1e8)
    #expect(report.exponent != nil && report.bytesPerPixel != nil)
    for work in report.works {
      #expect(work.leastSeconds > 0 && work.leastSeconds <= work.seconds)
      #expect(work.peakBytes > 1e6)
      guard work.name != "opening", !work.name.hasPrefix("explain-") else { continue }
      let floor = max(
        work.operations / work.productRate, work.bytes / work.memoryRate)
      #expect(floor > 0 && abs((work.floorSeconds ?? 0) / floor - 1) < 1e-9)
      #expect(abs((work.ratioToFloor ?? 0) / (work.seconds / floor) - 1) < 1e-9)
    }
    // Four times the pixels, and so nearly four times the operations.
    let ratio = report.works[11].operations / report.works[10].operations
    #expect(ratio > 2 && ratio < 4)
  }

  @Test("text has a line for each work that is asked for, with its unit")
  func text() throws {
    let result = try Program.run(
      ["bench", "readme", "map", "--small", "--repetitions", "1"],
      environment: ["PERCEIVER_NUM_THREADS": "1"])
    #expect(result.status == 0)
    #expect(result.text.contains(#/1 threads?, matrix products [0-9.]+ .FLOP\/s/#))
    #expect(result.text.contains(#/\nreadme +[0-9.]+ m?s +[0-9.]+ .FLOP +[0-9.]+ .B +/#))
    #expect(result.text.contains("\nmap "))
    #expect(!result.text.contains("paper-bands"))
  }

  @Test("a model of somebody's own is measured on an input of theirs")
  func own() throws {
    let folder = "Tests/PerceiverTests/Fixtures/huggingface/image_fourier"
    let result = try Program.run([
      "bench", "--weights", Program.repository.appending(path: folder).path, "--input",
      Program.repository.appending(path: "Samples/cat.ppm").path, "--json", "--repetitions", "2",
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let report = try JSONDecoder().decode(Report.self, from: Data(result.standardOutput))
    let work = try #require(report.works.first)
    #expect(report.works.count == 1 && work.name == "model")
    #expect(work.operations > 0 && work.leastSeconds > 0 && work.leastSeconds <= work.seconds)
  }

  #if os(Linux) && arch(x86_64)
    @Test("OpenBLAS's kernels are named, and stay those that its variable asks for")
    func kernels() throws {
      let result = try Program.run(
        ["bench", "map", "--small", "--repetitions", "1"],
        environment: ["OPENBLAS_CORETYPE": "Nehalem"])
      #expect(result.status == 0)
      #expect(result.text.contains(" (Nehalem kernels), memory "), "\(result.text)")
    }
  #endif

  @Test(
    "What it cannot measure is refused",
    arguments: [
      (["bench", "nothing"], "expected a work, one of readme, "),
      (["bench", "--repetitions", "0"], "expected 1 to 1000, found 0"),
      (["bench", "--weights", "m"], "--weights and --input: expected both or none, found one"),
      (
        ["bench", "map", "--weights", "m", "--input", "p"],
        "--weights: expected no work and no --small with it, found one"
      ),
    ])
  func refused(_ arguments: [String], _ message: String) throws {
    let result = try Program.run(arguments)
    #expect(result.status == 64)
    #expect(result.standardError.contains(message), "\(result.standardError)")
  }

  private struct Report: Decodable {
    struct Machine: Decodable {
      let productRate: Double
      let memoryRate: Double
    }
    struct Work: Decodable {
      let name: String
      let seconds: Double
      let leastSeconds: Double
      let operations: Double
      let bytes: Double
      let peakBytes: Double
      let productRate: Double
      let memoryRate: Double
      let floorSeconds: Double?
      let ratioToFloor: Double?
    }
    let machine: Machine
    let works: [Work]
    let exponent: Double?
    let bytesPerPixel: Double?
  }
}
