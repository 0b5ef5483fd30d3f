// Pictures in half blocks, means and glyph ramps.

import Screens
import Testing

@Suite struct PixelCanvasTests {
  private let red = Colour(255, 0, 0)
  private let blue = Colour(0, 0, 255)

  @Test("a half block has the upper pixel as foreground and the lower as background")
  func halfBlocks() {
    var screen = Screen(width: 3, height: 1)
    PixelCanvas(depth: .indexed256, symbols: .unicode)
      .draw([red, blue, blue, blue], width: 2, in: screen.bounds, on: &screen)
    #expect(screen[0, 0] == Cell("▀", style: Style(foreground: red, background: blue)))
    #expect(screen[1, 0] == Cell(" ", style: Style(background: blue)))
    #expect(screen[2, 0] == .blank)
  }

  @Test("every pixel of the area is asked for once, by its place in the area")
  func coordinates() {
    var screen = Screen(width: 6, height: 5)
    var asked: [Point: Int] = [:]
    PixelCanvas(depth: .direct, symbols: .unicode).draw(
      in: Rect(x: 2, y: 1, width: 3, height: 2), on: &screen
    ) { x, y in
      asked[Point(x: x, y: y), default: 0] += 1
      return .black
    }
    #expect(asked.count == 12 && asked.values.allSatisfy { $0 == 1 })
    #expect(Set(asked.keys.map(\.x)) == [0, 1, 2] && Set(asked.keys.map(\.y)) == [0, 1, 2, 3])
  }

  @Test("in ASCII with colours a cell is the mean of its pixels")
  func means() {
    let (character, style) = PixelCanvas(depth: .direct, symbols: .ascii)
      .glyph(upper: .black, lower: Colour(200, 100, 50))
    #expect(character == " " && style.background == Colour(100, 50, 25))
  }

  @Test(
    "without colours brighter pixels get glyphs of a later level, all of them used",
    arguments: [Symbols.ascii, .unicode], [ColourDepth.monochrome, .indexed8])
  func ramp(symbols: Symbols, depth: ColourDepth) {
    let canvas = PixelCanvas(depth: depth, symbols: symbols)
    let glyphs = (0...255).map {
      canvas.glyph(upper: Colour(grey: UInt8($0)), lower: Colour(grey: UInt8($0)))
    }
    #expect(glyphs.allSatisfy { $0.style == .plain })
    let levels = glyphs.compactMap { symbols.luminance.firstIndex(of: $0.character) }
    #expect(levels.count == 256 && levels == levels.sorted())
    #expect(Set(levels).count == symbols.luminance.count && symbols.luminance.count >= 10)
  }

  @Test(
    "a picture fitted into an area keeps its proportions with cells twice as high as wide",
    arguments: [(224, 224), (640, 480), (10, 1000), (1000, 10), (1, 1)])
  func fitted(size: (Int, Int)) {
    let canvas = PixelCanvas(depth: .direct, symbols: .unicode)
    let area = Rect(x: 5, y: 2, width: 81, height: 30)
    let shown = canvas.fitted(width: size.0, height: size.1, in: area)
    #expect(area.intersection(shown) == shown)
    #expect(shown.width == area.width || shown.height == area.height)
    let pixels = canvas.resolution(of: shown)
    let wanted = Double(size.0) / Double(size.1)
    let tolerance = 1.0 / Double(min(pixels.width, pixels.height / 2)) + 0.02
    if pixels.width > 2, pixels.height > 2 {
      #expect(abs(Double(pixels.width) / Double(pixels.height) / wanted - 1) < tolerance)
    }
    #expect(canvas.fitted(width: 0, height: 3, in: area).isEmpty)
  }
}
