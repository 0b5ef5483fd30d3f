// Pictures in cells of few bytes: what is seen stays, and a terminal is told less.

import Foundation
import Screens
import TestSupport
import Testing

@Suite struct EconomicalPictureTests {
  /// A picture with edges, flat parts and gradients, and words and frames about it.
  private func screen(_ depth: ColourDepth, phase: Double = 0) -> Screen {
    var screen = Screen(width: 70, height: 34)
    let inside = screen.drawBox(screen.bounds, title: "map 日本", symbols: .unicode)
    let area = Rect(x: inside.x + 2, y: inside.y, width: 60, height: 30)
    PixelCanvas(depth: depth, symbols: .unicode).draw(in: area, on: &screen) { x, y in
      let (u, v) = (Double(x) / 60, Double(y) / 60)
      let fur = sin(37 * u + 5 * sin(9 * v)) * cos(23 * v) * 25
      let heat = exp(-8 * (pow(u - 0.5 + phase, 2) + pow(v - 0.4, 2)))
      let eye = pow(u - 0.3, 2) + pow(v - 0.3, 2) < 0.01
      func level(_ value: Double) -> UInt8 { UInt8(max(0, min(255, value))) }
      return eye
        ? Colour(20, 30, 20)
        : Colour(
          level(110 + fur + 60 * heat), level(90 + fur + 110 * heat), level(120 + fur - 70 * heat))
    }
    screen.write(
      " 17 ", x: 20, y: 12, style: Style(background: Colour(1, 2, 3), attributes: .reverse))
    return screen
  }

  /// The two colours of a cell of a picture; nil if it is none.
  private func pixels(_ cell: Cell) -> [Colour]? {
    guard cell.style.attributes.isEmpty, let ground = cell.style.background else { return nil }
    let ink = cell.style.foreground ?? ground
    switch cell.character {
    case " ": return [ground, ground]
    case "▀": return [ink, ground]
    case "▄": return [ground, ink]
    case "█": return [ink, ink]
    default: return nil
    }
  }

  /// How many bytes a terminal is told that keeps both colours from cell to cell.
  private func bytes(_ screen: Screen, over shown: Screen?, _ depth: ColourDepth) -> Int {
    var count = 0
    for run in ScreenDifference(from: shown, to: screen).runs {
      count += 5
      var (ink, ground): (Colour?, Colour?) = (nil, nil)
      for x in run.columns {
        let cell = screen[x, run.y]
        let isSpace = cell.character == " "
        let new = [
          isSpace || cell.style.foreground == ink ? nil : cell.style.foreground,
          cell.style.background == ground ? nil : cell.style.background,
        ].compactMap { $0 }.map { colour in
          depth == .direct ? "38;2;\(colour.red);\(colour.green);\(colour.blue)" : "38;5;100"
        }
        count += new.isEmpty ? 0 : new.joined(separator: ";").utf8.count + 3
        count += String(cell.character).utf8.count
        if !isSpace { ink = cell.style.foreground }
        ground = cell.style.background
      }
    }
    return count
  }

  /// A colour's place in Oklab, as its author gives it.
  private func oklab(_ colour: Colour) -> [Double] {
    let light = [colour.red, colour.green, colour.blue].map { level in
      let value = Double(level) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    func product(_ rows: [[Double]], _ vector: [Double]) -> [Double] {
      rows.map { zip($0, vector).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    let cones = product(
      [
        [0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
      ], light)
    return product(
      [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
      ], cones.map(cbrt))
  }

  private func distance(_ one: Colour, _ other: Colour) -> Double {
    zip(oklab(one), oklab(other)).reduce(0) { $0 + pow($1.0 - $1.1, 2) }.squareRoot()
  }

  @Test(
    "an exact screen looks the same cell for cell, over nothing and over another",
    arguments: [ColourDepth.direct, .indexed256, .monochrome])
  func exact(depth: ColourDepth) {
    let former = screen(depth, phase: 0.2).withEconomicalPictures(
      over: nil, depth: depth, symbols: .unicode, .exact)
    for shown in [nil, former] {
      let wanted = screen(depth)
      let economical = wanted.withEconomicalPictures(
        over: shown, depth: depth, symbols: .unicode, .exact)
      for (cell, drawn) in zip(wanted.cells, economical.cells) {
        if let pixels = pixels(cell) {
          #expect(self.pixels(drawn) == pixels)
        } else {
          #expect(drawn == cell)
        }
      }
    }
  }

  @Test("what is shown already stays, in whatever form it is")
  func kept() {
    for depth in [ColourDepth.direct, .indexed256] {
      let shown = screen(depth).withEconomicalPictures(
        over: nil, depth: depth, symbols: .unicode, .asSeen)
      let again = screen(depth).withEconomicalPictures(
        over: shown, depth: depth, symbols: .unicode, .asSeen)
      #expect(again == shown)
    }
  }

  @Test("rows that were asked for before stay as they are shown; the others are searched anew")
  func asked() {
    let former = screen(.direct, phase: 0.2)
    let shown = former.withEconomicalPictures(
      over: nil, depth: .direct, symbols: .unicode, .asSeen)
    let blank = Screen(width: former.width, height: former.height)
    #expect(
      former.withEconomicalPictures(
        over: blank, of: former, depth: .direct, symbols: .unicode, .asSeen) == blank)
    let wanted = screen(.direct)
    #expect(
      wanted.withEconomicalPictures(
        over: shown, of: former, depth: .direct, symbols: .unicode, .asSeen)
        == wanted.withEconomicalPictures(
          over: shown, depth: .direct, symbols: .unicode, .asSeen))
  }

  @Test("over a remote line no pixel is off by what can be told apart, however often it changes")
  func seen() {
    var shown: Screen?
    for phase in [0, 0.01, 0.02, 0.03, 0.04, 0.2] {
      let wanted = screen(.direct, phase: phase)
      let economical = wanted.withEconomicalPictures(
        over: shown, depth: .direct, symbols: .unicode, .asSeen)
      var furthest = 0.0
      for (cell, drawn) in zip(wanted.cells, economical.cells) {
        guard let pixels = pixels(cell) else {
          #expect(drawn == cell)
          continue
        }
        for (one, other) in zip(pixels, self.pixels(drawn) ?? []) {
          furthest = max(furthest, distance(one, other))
        }
        #expect(self.pixels(drawn) != nil)
      }
      #expect(furthest < 0.0196, "\(furthest)")
      shown = economical
    }
  }

  @Test(
    "a frame takes a part of the bytes",
    arguments: [
      (ColourDepth.direct, PictureFidelity.asSeen, 0.45), (.indexed256, .exact, 0.8),
      (.direct, .exact, 1),
    ])
  func few(depth: ColourDepth, fidelity: PictureFidelity, share: Double) {
    let former = screen(depth, phase: 0.2)
    let wanted = screen(depth)
    let plain = bytes(wanted, over: former, depth)
    let shown = former.withEconomicalPictures(
      over: nil, depth: depth, symbols: .unicode, fidelity)
    let few = bytes(
      wanted.withEconomicalPictures(over: shown, depth: depth, symbols: .unicode, fidelity),
      over: shown, depth)
    #expect(Double(few) <= share * Double(plain), "\(few) of \(plain)")
    if depth != .direct { #expect(few <= 15_000) }
  }

  /// The furthest that a pixel of a picture is from the one that is wanted.
  private func furthest(_ drawn: Screen, from wanted: Screen) -> Double {
    zip(wanted.cells, drawn.cells).reduce(0) { furthest, cells in
      guard let pixels = pixels(cells.0), let drawn = self.pixels(cells.1) else { return furthest }
      return zip(pixels, drawn).reduce(furthest) { max($0, distance($1.0, $1.1)) }
    }
  }

  @Test(
    "so many bytes bound a frame: the fewer, the further pixels are off, and words stay",
    arguments: [(ColourDepth.direct, [0.85, 0.7, 0.5, 0.35]), (.indexed256, [0.85, 0.75])])
  func bounded(depth: ColourDepth, shares: [Double]) {
    let shown = screen(depth, phase: 0.2).withEconomicalPictures(
      over: nil, depth: depth, symbols: .unicode, .asSeen)
    let wanted = screen(depth)
    let best = wanted.economical(
      over: shown, depth: depth, symbols: .unicode, .asSeen)
    let enough = wanted.economical(
      over: shown, depth: depth, symbols: .unicode, .within(bytes: 200_000))
    #expect(enough.fidelity == .asSeen && best.fidelity == .asSeen)
    #expect(furthest(enough.screen, from: wanted) < 0.0196)
    let full = bytes(best.screen, over: shown, depth)
    var former = (bytes: full, distance: furthest(best.screen, from: wanted))
    for share in shares {
      let limit = Int(share * Double(full))
      let drawn = wanted.economical(
        over: shown, depth: depth, symbols: .unicode, .within(bytes: limit))
      #expect(drawn.fidelity == .within(bytes: limit))
      let found = (
        bytes: bytes(drawn.screen, over: shown, depth),
        distance: furthest(drawn.screen, from: wanted)
      )
      #expect(found.bytes <= limit && found.bytes < former.bytes, "\(found) of \(limit)")
      #expect(found.distance > former.distance, "\(found)")
      for (cell, drawn) in zip(wanted.cells, drawn.screen.cells) where pixels(cell) == nil {
        #expect(drawn == cell)
      }
      former = found
    }
  }

  @Test("where next to no bytes are left, what is near enough stays and is not written as blocks")
  func nearlyNone() {
    let shown = screen(.direct, phase: 0.02).withEconomicalPictures(
      over: nil, depth: .direct, symbols: .unicode, .asSeen)
    let wanted = screen(.direct)
    let drawn = wanted.economical(
      over: shown, depth: .direct, symbols: .unicode, .within(bytes: 50))
    #expect(drawn.fidelity == .within(bytes: 50))
    #expect(furthest(drawn.screen, from: wanted) < 0.1201)
    let blocks = wanted.withCoarsePictures(columns: 8)
    #expect(
      bytes(drawn.screen, over: shown, .direct) * 3 < bytes(blocks, over: shown, .direct),
      "\(bytes(drawn.screen, over: shown, .direct))")
  }

  @Test("after a frame of few bytes the picture is improved row by row, until it is as seen")
  func improves() {
    let wanted = screen(.direct)
    var shown = wanted.economical(
      over: nil, depth: .direct, symbols: .unicode, .within(bytes: 8000))
    #expect(shown.fidelity == .within(bytes: 8000))
    var steps = 0
    while shown.fidelity != .asSeen, steps < 100 {
      let better = wanted.economical(
        over: shown.screen, depth: .direct, symbols: .unicode, .improving(bytes: 3000))
      // A row may be begun with few bytes left.
      #expect(bytes(better.screen, over: shown.screen, .direct) < 3000 + 60 * 40)
      shown = better
      steps += 1
    }
    #expect(steps > 2 && steps < 20)
    // Over nothing it begins with a frame of so many bytes.
    let first = wanted.economical(
      over: nil, depth: .direct, symbols: .unicode, .improving(bytes: 8000))
    #expect(first.fidelity == .within(bytes: 8000))
    #expect(furthest(shown.screen, from: wanted) < 0.0196)
  }

  @Test(
    "of a picture that changes by little what is less than twice off stays; what is written is as seen",
    arguments: [0.004, 0.01, 0.03])
  func settles(phase: Double) {
    let before = screen(.direct).economical(
      over: nil, depth: .direct, symbols: .unicode, .asSeen
    ).screen
    let wanted = screen(.direct, phase: phase)
    let improved = wanted.withEconomicalPictures(
      over: before, depth: .direct, symbols: .unicode, .asSeen)
    var shown = before
    var (sent, steps) = (0, 0)
    var reached = PictureFidelity.settling(bytes: 1000)
    while reached != .settled, steps < 100 {
      let next = wanted.economical(
        over: shown, depth: .direct, symbols: .unicode, .settling(bytes: 1000))
      sent += bytes(next.screen, over: shown, .direct)
      (shown, reached, steps) = (next.screen, next.fidelity, steps + 1)
    }
    #expect(reached == .settled)
    let atOnce = bytes(improved, over: before, .direct)
    #expect(4 * sent < atOnce, "\(sent) and \(atOnce) bytes")
    #expect(furthest(shown, from: wanted) < 2 * 0.0196)
    // Cells that were written anew are as seen.
    for index in wanted.cells.indices where shown.cells[index] != before.cells[index] {
      guard let drawn = pixels(shown.cells[index]), let meant = pixels(wanted.cells[index]) else {
        continue
      }
      for (one, other) in zip(drawn, meant) { #expect(distance(one, other) < 0.0196) }
    }
    // Once more of the same is nothing.
    let again = wanted.withEconomicalPictures(
      over: shown, depth: .direct, symbols: .unicode, .settling(bytes: 1000))
    #expect(ScreenDifference(from: shown, to: again).isEmpty)
  }

  @Test("palettes have no colours so near to each other: settling is improving there")
  func settlesPalette() {
    let before = screen(.indexed256).economical(
      over: nil, depth: .indexed256, symbols: .unicode, .asSeen
    ).screen
    let next = screen(.indexed256, phase: 0.01).economical(
      over: before, depth: .indexed256, symbols: .unicode, .settling(bytes: 1_000_000))
    #expect(next.fidelity == .asSeen)
  }

  @Test(
    "what was shown more exactly covers what is wanted less so, and no other way round",
    arguments: [
      (PictureFidelity.exact, PictureFidelity.asSeen, true), (.exact, .within(bytes: 1), true),
      (.asSeen, .within(bytes: 1), true), (.within(bytes: 2), .within(bytes: 1), true),
      (.asSeen, .exact, false), (.within(bytes: 9), .asSeen, false),
      (.asSeen, .improving(bytes: 1), true), (.within(bytes: 9), .improving(bytes: 1), false),
      (.improving(bytes: 1), .improving(bytes: 1), false), (.improving(bytes: 1), .asSeen, false),
      (.improving(bytes: 9), .within(bytes: 1), true),
      (.within(bytes: 9), .exact, false), (.asSeen, .settled, true),
      (.asSeen, .settling(bytes: 1), true), (.settled, .settling(bytes: 1), true),
      (.settled, .settled, true), (.settled, .within(bytes: 1), true), (.settled, .asSeen, false),
      (.settled, .improving(bytes: 1), false), (.settling(bytes: 1), .settling(bytes: 1), false),
      (.improving(bytes: 1), .settled, false),
    ])
  func covers(shown: PictureFidelity, wanted: PictureFidelity, isCovered: Bool) {
    #expect(shown.covers(wanted) == isCovered)
  }

  @Test("without half blocks pictures stay spaces", arguments: [PictureFidelity.exact, .asSeen])
  func ascii(fidelity: PictureFidelity) {
    var screen = Screen(width: 12, height: 3)
    PixelCanvas(depth: .direct, symbols: .ascii).draw(in: screen.bounds, on: &screen) { x, y in
      Colour(UInt8(20 * x), UInt8(20 * y), 90)
    }
    let economical = screen.withEconomicalPictures(
      over: nil, depth: .direct, symbols: .ascii, fidelity)
    #expect(economical.cells.allSatisfy { $0.character == " " && $0.style.background != nil })
  }

  @Test("a screen of any size is taken", arguments: [(0, 0), (1, 1), (3, 2)])
  func sizes(width: Int, height: Int) {
    let screen = Screen(width: width, height: height)
    for shown in [nil, Screen(width: 1, height: 1), screen] {
      let economical = screen.withEconomicalPictures(
        over: shown, depth: .direct, symbols: .unicode, .asSeen)
      #expect(economical == screen)
    }
  }
}
