// How attention's share of what a picture shows is measured.

import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("The share of attention on what pictures show")
struct ObjectAttentionTests {
  /// Dark pictures with a bright square in a corner.
  struct Squares: LabelledExamples {
    let count = 3
    let shape = [8, 8, 3]
    let classNames = ["square"]

    func label(at index: Int) -> Int { 0 }

    func read(_ index: Int, into buffer: UnsafeMutableBufferPointer<Float>) {
      for id in buffer.indices {
        let (x, y) = (id / 3 % 8, id / 24)
        buffer[id] = x < 2 + index && y < 4 ? 0.8 : 0.05
      }
    }
  }

  @Test("Area is that of the pictures measured; attention is the map's own share")
  func shares() throws {
    let model = try Perceiver(.small(), seed: 2)
    let measured = try ObjectAttention(of: model, on: Squares(), limit: 2)
    #expect(measured.count == 2)
    #expect(abs(measured.area - (8.0 + 12.0) / 128) < 1e-12)
    var expected = 0.0
    for index in 0..<2 {
      let picture = Tensor(shape: [8, 8, 3]) { Squares().read(index, into: $0) }
      var run = try model.begin(picture)
      var share = 0.0
      while let stage = try run.next() {
        guard stage.id.kind == .crossAttention, let attention = stage.attention else { continue }
        let map = try attention.map(head: .mean, query: .mean, as: .probabilities).values
        let onSquare = map.indices.filter { $0 % 8 < 2 + index && $0 / 8 < 4 }
        share = onSquare.reduce(0) { $0 + Double(map[$1]) } / map.reduce(0) { $0 + Double($1) }
      }
      expected += share / 2
    }
    #expect(abs(measured.attention - expected) < 1e-6)
  }

  @Test("Heads have shares of their own, whose mean is all attention's")
  func heads() throws {
    let model = try Perceiver(.small { $0.crossHeads = 3 }, seed: 2)
    let measured = try ObjectAttention(of: model, on: Squares(), limit: 3)
    #expect(measured.heads.count == 3 && Set(measured.heads).count == 3)
    #expect(abs(measured.heads.reduce(0, +) / 3 - measured.attention) < 1e-6)
  }

  @Test("No pictures are refused")
  func none() throws {
    let model = try Perceiver(.small(), seed: 2)
    #expect(throws: TrainingError.unusable("expected pictures, found none")) {
      try ObjectAttention(of: model, on: Squares(), limit: 0)
    }
  }
}
