// The nearest colour of each depth, against trying all of them.

import Screens
import Testing

@Suite struct ColourDepthTests {
  @Test("the nearest of 256 colours is the one a search of all of them finds")
  func nearestOf256() {
    var generator = SystemRandomNumberGenerator()
    var colours = (0..<20_000).map { _ in
      Colour(hex: UInt32.random(in: 0...0xFF_FFFF, using: &generator))
    }
    colours += (0...255).map { Colour(grey: $0) }
    for red in stride(from: UInt8(0), through: 255, by: 15) {
      for green in stride(from: UInt8(0), through: 255, by: 15) {
        colours.append(Colour(red, green, 128))
      }
    }
    let wrong = colours.filter {
      ColourDepth.indexed256.index(of: $0) != searched($0, among: 16...255, of: .indexed256)
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(5))")
  }

  @Test("the nearest of 8 colours is the one a search of all of them finds")
  func nearestOf8() {
    for red in stride(from: UInt8(0), through: 255, by: 17) {
      for green in stride(from: UInt8(0), through: 255, by: 17) {
        for blue in stride(from: UInt8(0), through: 255, by: 17) {
          let colour = Colour(red, green, blue)
          let index = ColourDepth.indexed8.index(of: colour)
          #expect(index == searched(colour, among: 0...7, of: .indexed8))
        }
      }
    }
  }

  @Test("every colour of a palette is its own nearest")
  func fixedPoints() throws {
    for index in 16...255 {
      let colour = try #require(ColourDepth.indexed256.colour(at: index))
      let nearest = try #require(ColourDepth.indexed256.index(of: colour))
      #expect(ColourDepth.indexed256.colour(at: nearest) == colour)
    }
    #expect(ColourDepth.indexed256.colour(at: 3) == nil)
    #expect(ColourDepth.indexed256.colour(at: 256) == nil)
    #expect(ColourDepth.direct.index(of: Colour(1, 2, 3)) == 0x01_0203)
    #expect(ColourDepth.direct.colour(at: 0x01_0203) == Colour(1, 2, 3))
    #expect(ColourDepth.monochrome.index(of: .white) == nil)
  }

  @Test("with eight colours no text vanishes in its background")
  func legible() {
    let grey = Style(foreground: Colour(grey: 60))
    let shown = ColourDepth.indexed8.resolve(grey)
    #expect(shown.foreground == nil && shown.attributes == .dim)
    for level in stride(from: UInt8(0), through: 250, by: 25) {
      let style = Style(foreground: Colour(grey: level), background: Colour(grey: 255 - level))
      let resolved = ColourDepth.indexed8.resolve(style)
      #expect(resolved.foreground != resolved.background)
    }
  }

  private func searched(
    _ colour: Colour, among indices: ClosedRange<Int>, of depth: ColourDepth
  ) -> Int? {
    var best: Int?
    var bestDistance = Int.max
    for index in indices {
      guard let candidate = depth.colour(at: index) else { continue }
      let red = Int(colour.red) - Int(candidate.red)
      let green = Int(colour.green) - Int(candidate.green)
      let blue = Int(colour.blue) - Int(candidate.blue)
      let distance = 2 * red * red + 4 * green * green + 3 * blue * blue
      if distance < bestDistance { (best, bestDistance) = (index, distance) }
    }
    return best
  }
}
