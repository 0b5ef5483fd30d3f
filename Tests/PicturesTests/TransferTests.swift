// Transfers from a map's numbers to brightness and back, and what is said of a map.

import Foundation
import Pictures
import Tensors
import Testing

/// A map under a name that a failing test shows.
struct NamedMap: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let values: [Float]

  init(_ name: String, _ values: [Float]) {
    testDescription = name
    self.values = values
  }

  var tensor: Tensor { Tensor(shape: [1, values.count], values: values) }
  var finite: [Float] { values.filter(\.isFinite) }

  /// Numbers that look random and are the same every time.
  static func scattered(_ count: Int, _ number: (Double) -> Double) -> [Float] {
    (0..<count).map { Float(number(Double($0 * 7919 % 10007) / 10007)) }
  }

  static let varied = [
    NamedMap("weights", scattered(3000) { exp(-9 * $0) / 3000 }),
    NamedMap("weights with zeros", [0, 0.25, 0, 0.5, 0.125, 0, 0.125]),
    NamedMap("weights over ten decades", [1e-10, 1e-8, 1e-5, 1e-3, 0.1, 1]),
    NamedMap("scores", scattered(3000) { 40 * $0 - 30 }),
    NamedMap("negative scores", [-3, -2.5, -2.5, -9, -100]),
    NamedMap("both zeros", [-0.0, 0, 1, -0.0, 2]),
    NamedMap("subnormal", [0, .leastNonzeroMagnitude, 2 * .leastNonzeroMagnitude]),
    NamedMap("enormous", [-.greatestFiniteMagnitude, 0, .greatestFiniteMagnitude]),
    NamedMap("neighbours", [1, Float(1).nextUp, Float(1).nextUp.nextUp]),
    NamedMap("not all finite", [.nan, 1, 3, .infinity, 2, -.infinity]),
    NamedMap("two numbers", [5, 4]),
  ]
}

@Suite("Transfers turn numbers into brightness and back")
struct TransferTests {
  @Test(
    "Order is kept, equal numbers stay equal, and the ends are 0 and 1", arguments: NamedMap.varied,
    Transfer.allCases)
  func order(_ map: NamedMap, _ transfer: Transfer) {
    let fitted = FittedTransfer(transfer, to: map.tensor)
    let sorted = map.finite.sorted()
    let levels = sorted.map { fitted.shade(of: $0) ?? .nan }
    #expect(fitted.least == sorted.first && fitted.largest == sorted.last)
    #expect(levels.first == 0)
    #expect(levels.last == 1)
    for index in 1..<sorted.count {
      #expect(levels[index - 1] <= levels[index])
      if sorted[index - 1] == sorted[index] { #expect(levels[index - 1] == levels[index]) }
    }
  }

  @Test(
    "Different numbers get different brightness, linear and by rank", arguments: NamedMap.varied,
    [Transfer.linear, .percentile])
  func different(_ map: NamedMap, _ transfer: Transfer) {
    // Linearly, numbers closer than float32 tells brightness apart may share one.
    if transfer == .linear, map.testDescription == "weights over ten decades" { return }
    let fitted = FittedTransfer(transfer, to: map.tensor)
    #expect(Set(map.finite.map { fitted.shade(of: $0) }).count == Set(map.finite).count)
  }

  @Test("Linear is the share of the way", arguments: [0, 0.25, 0.5, 1] as [Float])
  func linear(_ share: Float) {
    let fitted = FittedTransfer(.linear, to: Tensor(shape: [2], values: [-8, 24]))
    #expect(fitted.shade(of: -8 + 32 * share) == share)
    #expect(fitted.value(at: share) == -8 + 32 * share)
  }

  @Test("Weights run over six decades below the largest, or fewer if the smallest is nearer")
  func logarithm() throws {
    let wide = FittedTransfer(.log, to: Tensor(shape: [4], values: [0, 1e-9, 1e-3, 1]))
    #expect([0, 1e-9, 9e-7].map { wide.shade(of: $0) } == [0, 0, 0])
    #expect(abs(try #require(wide.shade(of: 1e-3)) - 0.5) < 1e-6)
    #expect(abs(wide.value(at: 0) - 1e-6) < 1e-12)
    #expect(abs(wide.value(at: 0.5) - 1e-3) < 1e-9)
    let narrow = FittedTransfer(.log, to: Tensor(shape: [3], values: [0.01, 0.1, 1]))
    #expect(abs(try #require(narrow.shade(of: 0.1)) - 0.5) < 1e-6)
    #expect(abs(narrow.value(at: 0) - 0.01) < 1e-8)
  }

  @Test("Scores are logarithms already: even steps, as far down as six decades are")
  func scores() throws {
    let depth = Float(6 * log(10.0))
    let fitted = FittedTransfer(.log, to: Tensor(shape: [3], values: [-1000, 1, 5]))
    #expect(fitted.shade(of: 5 - depth - 0.01) == 0)
    #expect(abs(try #require(fitted.shade(of: 5 - depth / 2)) - 0.5) < 1e-6)
    #expect(abs(fitted.value(at: 0.75) - (5 - depth / 4)) < 1e-5)
  }

  @Test("A percentile is the share of smaller numbers among those below the largest")
  func percentile() {
    for map in NamedMap.varied {
      let fitted = FittedTransfer(.percentile, to: map.tensor)
      let below = map.finite.filter { $0 < map.finite.max() ?? 0 }.count
      for value in map.finite.prefix(200) {
        let smaller = map.finite.filter { $0 < value }.count
        #expect(fitted.shade(of: value) == Float(Double(smaller) / Double(below)))
      }
    }
  }

  @Test("Averages between a map's numbers get a brightness between theirs")
  func between() throws {
    let fitted = FittedTransfer(.percentile, to: Tensor(shape: [4], values: [0, 1, 1, 100]))
    #expect(fitted.shade(of: 0.5) == 1.0 / 6)
    #expect(abs(try #require(fitted.shade(of: 50.5)) - 2.0 / 3) < 1e-6)
    for map in NamedMap.varied {
      let fitted = FittedTransfer(.percentile, to: map.tensor)
      let sorted = map.finite.sorted()
      for index in 1..<min(sorted.count, 300) {
        let middle = sorted[index - 1] / 2 + sorted[index] / 2
        let shades = try [sorted[index - 1], middle, sorted[index]].map {
          try #require(fitted.shade(of: $0))
        }
        #expect(shades[0] <= shades[1] && shades[1] <= shades[2])
      }
    }
  }

  @Test("Numbers beyond a map's ends are as its ends; what is not finite has no shade")
  func beyond() {
    for transfer in Transfer.allCases {
      for values in [[0.5, 1, 2], [-1, 1, 2]] as [[Float]] {
        let fitted = FittedTransfer(transfer, to: Tensor(shape: [3], values: values))
        #expect(
          [-2, -.greatestFiniteMagnitude, values[0]].map { fitted.shade(of: $0) } == [0, 0, 0])
        #expect([2, 3, .greatestFiniteMagnitude].map { fitted.shade(of: $0) } == [1, 1, 1])
        #expect([.nan, .infinity, -.infinity].allSatisfy { fitted.shade(of: $0) == nil })
      }
    }
  }

  @Test(
    "A legend's number has the brightness it stands at", arguments: NamedMap.varied,
    Transfer.allCases)
  func inverse(_ map: NamedMap, _ transfer: Transfer) throws {
    // The brightness of such numbers steps by more than the legend's places.
    if ["subnormal", "neighbours"].contains(map.testDescription) { return }
    if map.testDescription == "enormous", transfer == .log { return }
    let fitted = FittedTransfer(transfer, to: map.tensor)
    for step in 0...20 {
      let brightness = Float(step) / 20
      let value = fitted.value(at: brightness)
      if transfer == .percentile {
        let fitting = map.finite.filter { fitted.shade(of: $0) ?? .nan <= brightness }
        #expect(value == fitting.max())
      } else {
        #expect(abs(try #require(fitted.shade(of: value)) - brightness) < 1e-5)
      }
    }
    #expect(fitted.value(at: 1) == map.finite.max())
    #expect(fitted.value(at: 2) == fitted.value(at: 1))
    #expect(fitted.value(at: -1) == fitted.value(at: 0))
    #expect(fitted.value(at: .nan) == fitted.value(at: 0))
  }

  @Test(
    "Maps with nothing to see, or with holes, say so; numbers all alike lie in the middle",
    arguments: [
      ([], "empty: there are no values"),
      ([2, 2, 2], "constant: every value is 2"),
      ([0, -0.0], "constant: every value is 0"),
      ([.nan, 2, 2], "constant: every finite value is 2, 1 of 3 values are NaN"),
      ([.nan, .infinity], "not finite: every value is NaN or infinite"),
      ([.nan, 1, 2, .infinity], "2 of 4 values are NaN or infinite"),
      ([1, 2, -.infinity], "1 of 3 values are masked"),
      ([1, 2, .infinity], "1 of 3 values are infinite"),
      ([.nan], "not finite: every value is NaN"),
      ([1, 2], nil),
    ] as [([Float], String?)])
  func remarks(_ values: [Float], _ remark: String?) {
    let map = Tensor(shape: [values.count], values: values)
    #expect(MapStatistics(map).remark == remark)
    guard Set(values.filter(\.isFinite)).count < 2 else { return }
    for transfer in Transfer.allCases {
      let fitted = FittedTransfer(transfer, to: map)
      for value in values { #expect(fitted.shade(of: value) == (value.isFinite ? 0.5 : nil)) }
      #expect(fitted.least == values.first(where: \.isFinite) && fitted.largest == fitted.least)
      #expect(fitted.value(at: 0.2).isNaN == (fitted.least == nil))
    }
  }

  @Test("Figures are those of the plain formulas")
  func figures() throws {
    let values = NamedMap.scattered(5000) { exp(-6 * $0) }
    let statistics = MapStatistics(Tensor(shape: [50, 100], values: values))
    let sum = values.reduce(0) { $0 + Double($1) }
    let entropy = values.reduce(0.0) { $0 - Double($1) / sum * log(Double($1) / sum) }
    #expect(abs(try #require(statistics.entropy) - entropy) < 1e-9)
    #expect(abs(statistics.mean - sum / 5000) < 1e-12)
    #expect(statistics.largestEntropy == log(5000))
    #expect(statistics.least == values.min())
    #expect(statistics.largest == values.max())
    #expect(statistics.peak == values.firstIndex(of: values.max() ?? 0))
  }

  @Test("Equal weights have the largest entropy, one weight none; scores and zeros have no entropy")
  func entropy() throws {
    func entropy(_ values: [Float]) -> Double? {
      MapStatistics(Tensor(shape: [values.count], values: values)).entropy
    }
    #expect(abs(try #require(entropy([0.2, 0.2, 0.2, 0.2])) - log(4)) < 1e-12)
    #expect(entropy([0, 3, 0]) == 0)
    #expect(entropy([-1, 2]) == nil)
    #expect(entropy([0, 0]) == nil)
    #expect(entropy([]) == nil)
  }

  @Test("A logarithmic scale says which numbers lie below it, other scales have none")
  func cuts() {
    let weights: [Float] = [0, 1e-9, 0.25, 1]
    #expect(
      FittedTransfer(.log, to: weights).remarkOnCut == "smaller numbers, down to 0, count as 1e-6")
    #expect(
      FittedTransfer(.log, to: [1e-9, 0.25, 1]).remarkOnCut
        == "smaller numbers, down to 1e-9, count as 1e-6")
    // Scores are logarithms already: six decades are 13.8 nats.
    #expect(
      FittedTransfer(.log, to: [-20, -1, 0]).remarkOnCut
        == "smaller numbers, down to -20, count as -13.8")
    #expect(FittedTransfer(.log, to: [1e-5, 0.25, 1]).remarkOnCut == nil)
    #expect(FittedTransfer(.log, to: [0, 0]).remarkOnCut == nil)
    for transfer in [Transfer.linear, .percentile] {
      #expect(FittedTransfer(transfer, to: weights).remarkOnCut == nil)
    }
  }
}
