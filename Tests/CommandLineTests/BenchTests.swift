// `bench`: that its figures are there and make sense together.

import Foundation
import Testing

@Suite("bench")
struct BenchTests {
  @Test("--json gives figures that add up")
  func json() throws {
    let result = try Program.run(["bench", "--small", "--json"])
    #expect(result.status == 0, "\(result.standardError)")
    let figures = try JSONDecoder().decode(Figures.self, from: Data(result.standardOutput))
    #expect(figures.stages.map(\.name) == ["cross 1", "latent 1.1", "cross 2", "latent 2.1"])
    let stages = figures.stages.reduce(0) { $0 + $1.seconds }
    #expect(stages > 0 && stages <= figures.runSeconds)
    #expect(figures.firstMapSeconds >= figures.stages[0].seconds)
    #expect(figures.firstMapSeconds < figures.runSeconds)
    #expect(figures.mapSeconds > 0 && figures.peakBytes > 1e6)
    #expect(figures.productFlopsPerSecond > 1e8)
    #expect(figures.openSeconds > 0 && figures.checkpointBytes > 1e5)
  }

  @Test("text names each figure and its unit")
  func text() throws {
    let result = try Program.run(["bench", "--small"], environment: ["PERCEIVER_NUM_THREADS": "1"])
    #expect(result.status == 0)
    #expect(result.text.contains(#/threads +1\n/#))
    #expect(result.text.contains(#/run +[0-9.]+ m?s, [0-9.]+ .FLOP\/s\n/#))
    #expect(result.text.contains(#/  latent 2\.1 +[0-9.]+ m?s\n/#))
  }

  private struct Figures: Decodable {
    struct Stage: Decodable {
      let name: String
      let seconds: Double
    }
    let stages: [Stage]
    let runSeconds: Double
    let firstMapSeconds: Double
    let mapSeconds: Double
    let peakBytes: Double
    let checkpointBytes: Double
    let openSeconds: Double
    let productFlopsPerSecond: Double
  }
}
