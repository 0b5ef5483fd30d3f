// Pictures in 256 colours: areas have the colours that the palette lacks, what it has stays.

import Screens
import Testing

@Suite struct PairDitheringTests {
  private let depth = ColourDepth.indexed256

  /// The pixels of a picture as they are drawn, row by row.
  private func drawn(
    width: Int, height: Int, _ pixel: (_ x: Int, _ y: Int) -> Colour
  ) -> [Colour] {
    var screen = Screen(width: width, height: height)
    PixelCanvas(depth: depth, symbols: .unicode)
      .draw(in: screen.bounds, on: &screen, pixel: pixel)
    return (0..<2 * height).flatMap { y in
      (0..<width).compactMap { x in
        let style = screen[x, y / 2].style
        return y.isMultiple(of: 2) ? style.foreground ?? style.background : style.background
      }
    }
  }

  /// How far the mean of an area is from a colour, weighted as distances of colours are.
  private func error(_ colour: Colour, _ drawn: [Colour]) -> Double {
    [(\Colour.red, 2.0), (\Colour.green, 4.0), (\Colour.blue, 3.0)].reduce(0) { sum, channel in
      let mean = drawn.reduce(0.0) { $0 + Double($1[keyPath: channel.0]) } / Double(drawn.count)
      let difference = mean - Double(colour[keyPath: channel.0])
      return sum + channel.1 * difference * difference
    }.squareRoot()
  }

  @Test("an area of one colour is drawn nearer to it by two of 256 colours than by the nearest")
  func areas() throws {
    var (nearest, dithered) = (0.0, 0.0)
    for hex in stride(from: UInt32(0), through: 0xFF_FFFF, by: 39_989) {
      let colour = Colour(hex: hex)
      let area = drawn(width: 16, height: 4) { _, _ in colour }
      dithered += error(colour, area)
      nearest += error(colour, [try #require(depth.index(of: colour).flatMap(depth.colour(at:)))])
    }
    #expect(dithered < 0.7 * nearest, "\(dithered / nearest)")
  }

  @Test("a grey area stays grey", arguments: Array(stride(from: UInt8(0), through: 250, by: 5)))
  func grey(level: UInt8) {
    let area = drawn(width: 8, height: 2) { _, _ in Colour(grey: level) }
    #expect(area.allSatisfy { $0.red == $0.green && $0.green == $0.blue })
  }

  @Test("areas of the palette's colours are drawn in them")
  func palette() throws {
    for index in 16...255 {
      let colour = try #require(depth.colour(at: index))
      #expect(drawn(width: 8, height: 2) { _, _ in colour }.allSatisfy { $0 == colour })
    }
  }

  @Test("a picture that is drawn again, or elsewhere, is the same as one that is dithered anew")
  func remembered() {
    let canvas = PixelCanvas(depth: depth, symbols: .unicode)
    var dithering = PairDithering()
    for (y, shade) in [(0, 0), (0, 0), (1, 0), (0, 90), (0, 0)] {
      let area = Rect(x: 1, y: y, width: 20, height: 6)
      var (again, anew) = (Screen(width: 24, height: 8), Screen(width: 24, height: 8))
      func pixel(_ x: Int, _ y: Int) -> Colour {
        Colour(UInt8(10 * x), UInt8(20 * y), UInt8(shade))
      }
      canvas.draw(in: area, on: &again, dithering: &dithering, pixel: pixel)
      canvas.draw(in: area, on: &anew, pixel: pixel)
      #expect(again == anew)
    }
  }

  @Test("no pixel takes a colour far from its own to save bytes")
  func edges() {
    let (red, blue) = (Colour(255, 0, 0), Colour(0, 0, 255))
    let board = drawn(width: 9, height: 3) { x, y in (x + y).isMultiple(of: 2) ? red : blue }
    #expect(board.enumerated().allSatisfy { $1 == (($0 % 9 + $0 / 9) % 2 == 0 ? red : blue) })
  }
}
