// Random numbers against torch's own. Tests/Parity/make_seeded_values.py made the values.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Random numbers are torch's")
struct TorchGeneratorTests {
  static let seeds: [UInt64] = [0, 1, 42, 1 << 32 + 7]

  private func file() throws -> SafetensorsFile {
    try SafetensorsFile(path: fixtures.appending(path: "seeded/random.safetensors").path)
  }

  @Test("torch.rand, bit for bit", arguments: seeds, [1, 2, 5, 15, 16, 17, 31, 100])
  func uniform(_ seed: UInt64, _ count: Int) throws {
    var generator = TorchGenerator(seed: seed)
    let ours = generator.uniform(shape: [count], low: 0, high: 1)
    #expect(try ours == file().tensor(named: "uniform.\(seed).\(count)"))
  }

  @Test("torch.randn, fewer than 16 and more", arguments: seeds, [1, 2, 5, 15, 16, 17, 31, 100])
  func normal(_ seed: UInt64, _ count: Int) throws {
    var generator = TorchGenerator(seed: seed)
    let ours = generator.normal(shape: [count])
    let theirs = try file().tensor(named: "randn.\(seed).\(count)")
    #expect(relativeError(ours, theirs) < 5e-7)
  }

  @Test("A linear layer after torch.randn(3), bit for bit", arguments: seeds)
  func linear(_ seed: UInt64) throws {
    var generator = TorchGenerator(seed: seed)
    let normal = generator.normal(shape: [3])
    let bound = Float(1 / 7.0.squareRoot())
    let weight = generator.uniform(shape: [5, 7], low: -bound, high: bound)
    let bias = generator.uniform(shape: [5], low: -bound, high: bound)
    let file = try file()
    #expect(relativeError(normal, try file.tensor(named: "linear.\(seed).randn")) < 5e-7)
    #expect(try weight == file.tensor(named: "linear.\(seed).weight"))
    #expect(try bias == file.tensor(named: "linear.\(seed).bias"))
  }

  @Test("Numbers drawn in pieces are those drawn at once, past a refill of the state")
  func pieces() {
    var (whole, pieces) = (TorchGenerator(seed: 3), TorchGenerator(seed: 3))
    let all = whole.uniform(shape: [2000], low: -2, high: 3).values
    let parts = [0, 1, 623, 1, 600, 775].flatMap {
      pieces.uniform(shape: [$0], low: -2, high: 3).values
    }
    #expect(all == parts)
    #expect(all.allSatisfy { (-2..<3).contains($0) })
  }

  @Test("An odd number of small normals keeps its pair's second for the next draw")
  func spare() {
    var (whole, pieces) = (TorchGenerator(seed: 3), TorchGenerator(seed: 3))
    let all = whole.normal(shape: [8]).values
    let parts = [3, 0, 1, 4].flatMap { pieces.normal(shape: [$0]).values }
    #expect(all == parts)
  }
}
