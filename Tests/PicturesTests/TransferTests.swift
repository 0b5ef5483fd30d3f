// From numbers to shades: order, ends, ranks, numbers that are none.

import Pictures
import Tensors
import Testing

@Suite struct TransferTests {
  private static let weights: [Float] = [0.5, 0, 0.125, 0.5, 1e-3, 0.25, 1e-9, 0.125]
  private static let scores: [Float] = [-3, 2.5, -.infinity, 0, -0.0, 2.5, -20, .nan, 1]

  @Test("greater numbers never get smaller shades, equal ones equal, the ends 0 and 1")
  func order() throws {
    for transfer in Transfer.allCases {
      for numbers in [Self.weights, Self.scores] {
        let fitted = FittedTransfer(transfer, to: numbers)
        let sorted = numbers.filter(\.isFinite).sorted()
        let shades = try sorted.map { try #require(fitted.shade(of: $0)) }
        #expect(shades.first == 0 && shades.last == 1, "\(transfer)")
        for index in 1..<sorted.count {
          #expect(shades[index - 1] <= shades[index], "\(transfer)")
          if sorted[index - 1] == sorted[index] { #expect(shades[index - 1] == shades[index]) }
        }
        #expect(fitted.least == sorted.first && fitted.largest == sorted.last)
      }
    }
  }

  @Test("numbers that are not finite have no shade and do not count")
  func notFinite() {
    for transfer in Transfer.allCases {
      let fitted = FittedTransfer(transfer, to: Self.scores)
      #expect(fitted.shade(of: .nan) == nil && fitted.shade(of: -.infinity) == nil)
      let none = FittedTransfer(transfer, to: [Float.nan, .infinity])
      #expect(none.least == nil && none.largest == nil && none.value(at: 0.5).isNaN)
    }
  }

  @Test("numbers that are all alike lie in the middle")
  func constant() {
    for transfer in Transfer.allCases {
      let fitted = FittedTransfer(transfer, to: [Float.nan, 3, 3])
      #expect(fitted.shade(of: 3) == 0.5 && fitted.value(at: 0.2) == 3)
    }
  }

  @Test("a percentile is the share of those below the largest that are smaller")
  func percentiles() throws {
    let numbers = (0..<3000).map { Float($0 * 7919 % 801 - 400) * 0.37 }
    let fitted = FittedTransfer(.percentile, to: numbers)
    let largest = try #require(numbers.max())
    let below = Float(numbers.count { $0 < largest })
    for number in numbers.prefix(200) {
      let expected = Float(numbers.count { $0 < number }) / below
      #expect(abs(try #require(fitted.shade(of: number)) - expected) < 1e-5)
    }
    let middle = FittedTransfer(.percentile, to: [0, 1, 2] as [Float]).shade(of: 0.5)
    #expect(middle == 0.25)
  }

  @Test("the legend's numbers have the shades at which they stand")
  func legend() throws {
    for transfer in Transfer.allCases {
      let numbers = transfer == .log ? Self.weights.map { $0 + 1e-5 } : Self.weights
      let fitted = FittedTransfer(transfer, to: numbers)
      for shade in [Float(0), 0.3, 0.5, 1] {
        let found = try #require(fitted.shade(of: fitted.value(at: shade)))
        if transfer == .percentile {
          #expect(found <= shade)
        } else {
          #expect(abs(found - shade) < 1e-4, "\(transfer)")
        }
      }
      #expect(fitted.value(at: 1) == fitted.largest || transfer == .log)
    }
  }

  @Test("where nothing is known the photo is seen, or a grey")
  func unknown() {
    let transfer = FittedTransfer(.linear, to: [0, .nan, 1] as [Float])
    let photo = [RGB](repeating: RGB(red: 1, green: 0, blue: 0), count: 3)
    let over = ColourMap.viridis.colours(of: [0, .nan, 1], by: transfer, over: photo, .full)
    #expect(over[1] == photo[1] && over[0] != photo[0])
    let alone = ColourMap.viridis.colours(of: [0, .nan, 1], by: transfer)
    #expect(alone[1].bytes == (96, 96, 96) && alone[0] == ColourMap.viridis.colour(0))
  }
}
