// What a picture takes on the way to the terminal, and that the terminal then shows it.

import Foundation
import Pictures
import Screens
import TestSupport
import Testing
import perceiver_tui

// A process has one terminal open at a time, so these run with the driver's other tests.
extension TerminalDriverTests {
  /// The cat under a map with its peak at a place, both from 0 to 1, and words about it.
  private func screen(_ driver: TerminalDriver, peak: (x: Double, y: Double)) throws -> Screen {
    let photo = try Data(contentsOf: URL(fileURLWithPath: Explore.cat)).suffix(224 * 224 * 3)
    let bytes = [UInt8](photo)
    var screen = Screen(width: driver.width, height: driver.height)
    screen.write("latent at \(peak)", x: 1, y: 0, style: .bold)
    let area = Rect(x: 2, y: 2, width: driver.height * 3 / 2, height: driver.height * 3 / 4)
    let side = area.width
    PixelCanvas(depth: driver.depth, symbols: driver.symbols).draw(in: area, on: &screen) { x, y in
      func mean(_ channel: Int) -> Float {
        var (sum, count) = (0, 0)
        for row in y * 224 / side..<max(y * 224 / side + 1, (y + 1) * 224 / side) {
          for column in x * 224 / side..<max(x * 224 / side + 1, (x + 1) * 224 / side) {
            sum += Int(bytes[3 * (row * 224 + column) + channel])
            count += 1
          }
        }
        return Float(sum) / Float(255 * count)
      }
      let (u, v) = (Double(x) / Double(side), Double(y) / Double(side))
      let far = pow(u - peak.x, 2) + pow(v - peak.y, 2)
      let heat = ColourMap.viridis.colour(Float(exp(-6 * far) * (0.7 + 0.3 * cos(20 * u))))
      let grey = 0.2126 * mean(0) + 0.7152 * mean(1) + 0.0722 * mean(2)
      func mixed(_ channel: Int, _ heat: Float) -> UInt8 {
        UInt8(255 * (0.5 * (0.25 * mean(channel) + 0.75 * grey) + 0.5 * heat))
      }
      return Colour(mixed(0, heat.red), mixed(1, heat.green), mixed(2, heat.blue))
    }
    return screen
  }

  @Test(
    "a frame of a map over a photo takes few bytes, and the terminal shows what was meant",
    arguments: [
      (120, 40, TerminalSettings.Colours.ofTerminfo, PictureFidelity.exact, 15_000),
      (200, 60, .ofTerminfo, .exact, 40_000), (120, 40, .direct, .asSeen, 20_000),
      (200, 60, .direct, .asSeen, 40_000), (120, 40, .direct, .exact, 80_000),
    ])
  func frame(
    width: Int, height: Int, colours: TerminalSettings.Colours, fidelity: PictureFidelity,
    most: Int
  ) throws {
    let pseudo = try #require(PseudoTerminal(width: width, height: height))
    var model = TerminalModel(width: width, height: height)
    var wanted = Screen(width: 0, height: 0)
    var depth = ColourDepth.direct
    var frame = 0
    let driver = try TerminalDriver(
      TerminalSettings(
        type: "xterm-256color", input: pseudo.terminal, output: pseudo.terminal, colours: colours))
    depth = driver.depth
    model.take(pseudo.output())
    var shown: Screen?
    for peak in [(0.2, 0.3), (0.7, 0.6), (0.4, 0.9)] {
      wanted = try screen(driver, peak: peak)
      let written = pseudo.whileReading { driver.present(wanted, pictures: fidelity) }
      model.take(written)
      frame = written.utf8.count
      let economical = wanted.withEconomicalPictures(
        over: shown, depth: depth, symbols: driver.symbols, fidelity)
      for y in 0..<height {
        let differs = (0..<width).first { x in
          !model.shows(economical[x, y], x: x, y: y, depth)
        }
        #expect(differs == nil, "row \(y), column \(differs ?? 0)")
      }
      shown = economical
    }
    #expect(frame <= most, "\(frame) bytes")
    driver.close()
  }

  @Test("what is drawn again is the screen that was asked for, as exactly as it was")
  func redrawn() throws {
    let (width, height) = (120, 40)
    let pseudo = try #require(PseudoTerminal(width: width, height: height))
    let driver = try TerminalDriver(
      TerminalSettings(
        type: "xterm-256color", input: pseudo.terminal, output: pseudo.terminal, colours: .direct))
    var model = TerminalModel(width: width, height: height)
    model.take(pseudo.output())
    var wanted = Screen(width: 0, height: 0)
    for peak in [(0.2, 0.3), (0.21, 0.3), (0.22, 0.3)] {
      wanted = try screen(driver, peak: peak)
      model.take(pseudo.whileReading { driver.present(wanted, pictures: .asSeen) })
    }
    model.take(pseudo.whileReading { driver.redraw() })
    let expected = wanted.withEconomicalPictures(
      over: nil, depth: driver.depth, symbols: driver.symbols, .asSeen)
    for y in 0..<height {
      let differs = (0..<width).first { x in
        !model.shows(expected[x, y], x: x, y: y, driver.depth)
      }
      #expect(differs == nil, "row \(y), column \(differs ?? 0)")
    }
    driver.close()
  }
}

/// What a terminal shows after some bytes: no more of one than pictures and words need.
private struct TerminalModel {
  private struct Shown {
    var character: Character = " "
    var ink = "39"
    var ground = "49"
  }

  private let width: Int
  private var cells: [Shown]
  private var pen = Shown()
  private var (x, y) = (0, 0)

  init(width: Int, height: Int) {
    self.width = width
    cells = Array(repeating: Shown(), count: width * height)
  }

  /// Whether a place shows a cell; of a space only the ground is seen.
  func shows(_ cell: Cell, x: Int, y: Int, _ depth: ColourDepth) -> Bool {
    let shown = cells[y * width + x]
    let style = depth.resolve(cell.style)
    func name(_ index: Int?, _ base: Int) -> String {
      guard let index else { return "\(base + 9)" }
      return depth == .direct
        ? "\(base + 8);2;\(index >> 16 & 255);\(index >> 8 & 255);\(index & 255)"
        : "\(base + 8);5;\(index)"
    }
    return shown.character == cell.character && shown.ground == name(style.background, 40)
      && (cell.character == " " || shown.ink == name(style.foreground, 30))
  }

  mutating func take(_ text: String) {
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\u{1B}": escape(&rest)
      case "\r": x = 0
      case "\n": y += 1
      case "\u{8}": x -= 1
      case " "...: put(Character(scalar))
      default: break
      }
    }
  }

  private mutating func put(_ character: Character) {
    guard x < width, cells.indices.contains(y * width + x) else { return }
    cells[y * width + x] = pen
    cells[y * width + x].character = character
    x += 1
  }

  private mutating func escape(_ rest: inout Substring.UnicodeScalarView) {
    guard let kind = rest.popFirst() else { return }
    if kind == "(" { _ = rest.popFirst() }
    guard kind == "[" else { return }
    var parameters = ""
    while let scalar = rest.popFirst() {
      guard !("@"..."~").contains(scalar) else { return obey(Character(scalar), parameters) }
      parameters.unicodeScalars.append(scalar)
    }
  }

  private mutating func obey(_ name: Character, _ parameters: String) {
    let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false)
      .map { Int($0) ?? 0 }
    let count = max(1, numbers[0])
    switch name {
    case "H": (x, y) = (max(1, numbers.count > 1 ? numbers[1] : 1) - 1, count - 1)
    case "G": x = count - 1
    case "d": y = count - 1
    case "A": y -= count
    case "B": y += count
    case "C": x += count
    case "D": x -= count
    case "J" where numbers[0] == 2: erase(0..<cells.count)
    case "J": erase(y * width + x..<cells.count)
    case "K" where numbers[0] == 1: erase(y * width..<y * width + x + 1)
    case "K": erase(y * width + x..<(y + 1) * width)
    case "X": erase(y * width + x..<min(y * width + x + count, (y + 1) * width))
    case "b":
      let last = cells[y * width + x - 1].character
      for _ in 0..<count { put(last) }
    case "m": restyle(numbers)
    default: break
    }
  }

  private mutating func erase(_ range: Range<Int>) {
    for index in range { cells[index] = Shown(ground: pen.ground) }
  }

  private mutating func restyle(_ numbers: [Int]) {
    var rest = numbers[...]
    while let number = rest.popFirst() {
      switch number {
      case 0: pen = Shown()
      case 38, 48:
        let more = rest.first == 5 ? 2 : 4
        let name = ([number] + rest.prefix(more)).map(String.init).joined(separator: ";")
        rest = rest.dropFirst(more)
        if number == 38 { pen.ink = name } else { pen.ground = name }
      case 39: pen.ink = "39"
      case 49: pen.ground = "49"
      default: break
      }
    }
  }
}
