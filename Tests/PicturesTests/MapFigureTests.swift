// Figures: the photo, maps and words where they belong, the same in pixels and as SVG.

import Pictures
import Tensors
import Testing

@Suite struct MapFigureTests {
  private func figure(photo: Bool = true, tiles: Int = 10) -> MapFigure {
    let picture = PixelImage(
      width: 4, height: 3, channels: 3, samples: (0..<36).map { $0 % 3 == 0 ? 1 : 0 })
    let maps = (0..<tiles).map { number in
      MapFigure.Tile(
        Tensor(shape: [3, 4], values: (0..<12).map { Float($0 * (number + 1)) }),
        label: "\(number + 1)")
    }
    return MapFigure(
      title: "a <b> & c", photo: photo ? picture : nil,
      panels: [.init(caption: "cross 1", tiles: maps), .init(caption: "cross 2", tiles: maps)],
      appearance: MapAppearance(transfer: .linear, colours: .viridis))
  }

  @Test("a figure is as wide as wanted, white around, with the photo, maps and letters in it")
  func pixels() {
    let picture = figure().picture(width: 600)
    #expect(picture.width == 600 && picture.height > 200)
    #expect(picture[x: 0, y: 0].bytes == (255, 255, 255))
    let bytes = picture.pixels.map { $0.bytes }
    // The photo is red, the map's ends are viridis's, letters are black.
    #expect(bytes.contains { $0 == (255, 0, 0) })
    for end in [ColourMap.viridis.colour(0), ColourMap.viridis.colour(1)] {
      #expect(bytes.contains { $0 == end.bytes })
    }
    #expect(bytes.contains { $0 == (0, 0, 0) })
  }

  @Test("SVG has a picture for the photo of each row, each map and the scale, and escaped words")
  func svg() throws {
    let svg = try figure().svg(width: 600)
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    #expect(svg.ranges(of: "<image ").count == 2 * (1 + 10) + 1)
    #expect(svg.contains("a &lt;b&gt; &amp; c"))
    #expect(svg.contains(">cross 2</text>") && svg.contains(">10</text>"))
    #expect(!svg.contains("<b>"))
  }

  private static func pair(_ span: MapShading.Span, _ numbers: [Float]) -> MapFigure {
    MapFigure(
      title: "a",
      photo: PixelImage(
        width: 4, height: 4, channels: 1, samples: .init(repeating: 0.5, count: 16)),
      panels: [
        .init(caption: "", tiles: [.init(Tensor(shape: [2, 2], values: numbers), label: "")])
      ],
      appearance: MapAppearance(transfer: .linear, colours: .viridis), scale: .ofAllMaps(span),
      notes: [
        "a sentence of many words that is longer than one line of the figure has room for", "b",
      ])
  }

  @Test("one map stands beside the photo, as large, over a bar with the numbers of its scale")
  func pairOfPictures() throws {
    let svg = try Self.pair(.leastToLargest, [0, 1, 2, 8]).svg(width: 400)
    let images = svg.split(separator: "\n").filter { $0.contains("<image ") }
    #expect(images.count == 3)
    func number(_ name: String, _ line: Substring) -> Int? {
      line.firstRange(of: " \(name)=\"").flatMap { range in
        Int(line[range.upperBound...].prefix { $0 != "\"" })
      }
    }
    #expect(number("width", images[0]) == number("width", images[1]))
    #expect(number("y", images[0]) == number("y", images[1]))
    #expect(number("x", images[2]) == number("x", images[1]))
    for word in [">0</text>", ">4</text>", ">8</text>", ">scale: linear</text>", ">b</text>"] {
      #expect(svg.contains(word), "\(word)")
    }
    // The sentence is whole, in lines.
    #expect(!svg.contains("room for</text>") || svg.contains(">a sentence of"))
    #expect(svg.contains(">a sentence of") && svg.contains("for</text>"))
    let picture = Self.pair(.leastToLargest, [0, 1, 2, 8]).picture(width: 400)
    #expect(picture.width == 400)
    for shade in [Float(0), Float(0.125), Float(1)] {
      let colour = ColourMap.viridis.colour(shade).bytes
      #expect(picture.pixels.contains { $0.bytes == colour }, "\(shade)")
    }
  }

  @Test("a scale around zero has the same number at both ends, and zero in the middle")
  func signedScale() throws {
    let svg = try Self.pair(.aroundZero, [-1, 0, 2, 1]).svg(width: 400)
    for word in [">-2</text>", ">0</text>", ">2</text>"] { #expect(svg.contains(word), "\(word)") }
    let constant = try Self.pair(.leastToLargest, [3, 3, 3, 3]).svg(width: 400)
    #expect(constant.contains(">constant 3</text>"))
    let nothing = try Self.pair(.aroundZero, [.nan, .nan, .nan, .nan]).svg(width: 400)
    #expect(nothing.contains(">no finite numbers</text>"))
  }

  @Test("several maps on one scale have the colours of its numbers, a strip is high enough to see")
  func sharedScale() {
    let maps = [Float(1), 2].map { largest in
      MapFigure.Tile(Tensor(shape: [1, 2], values: [0, largest]), label: "")
    }
    let figure = MapFigure(
      title: "", photo: nil, panels: [.init(caption: "", tiles: maps)],
      appearance: MapAppearance(transfer: .linear, colours: .grey),
      scale: .ofAllMaps(.leastToLargest))
    let picture = figure.picture(width: 600)
    // Half of the scale is the first map's largest number: a grey that letters and paper have not.
    let half = ColourMap.grey.colour(0.5).bytes
    #expect(picture.pixels.count { $0.bytes == half } > 8 * 100)
  }

  @Test("a scale that does not reach down to the least number says so below the figure")
  func cutScale() throws {
    func svg(_ transfer: Transfer, _ scale: MapFigure.Scale, least: Float) throws -> String {
      let map = Tensor(shape: [1, 3], values: [least, 0.5, 1])
      return try MapFigure(
        title: "", photo: nil, panels: [.init(caption: "", tiles: [.init(map, label: "")])],
        appearance: MapAppearance(transfer: transfer, colours: .grey), scale: scale
      ).svg(width: 1200)
    }
    let shared = MapFigure.Scale.ofAllMaps(.leastToLargest)
    #expect(
      try svg(.log, shared, least: 1e-8).contains(
        "Scale: smaller numbers, down to 1e-8, count as 1e-6."))
    #expect(
      try svg(.log, .ofEachMap, least: 0).contains(
        "Scale: of each map from six decades below its largest number; smaller numbers count as that."
      ))
    for scale in [shared, .ofEachMap] {
      #expect(try !svg(.log, scale, least: 1e-3).contains("smaller numbers"))
      #expect(try !svg(.linear, scale, least: 0).contains("smaller numbers"))
    }
  }

  @Test("over a text each piece stands on the colour of its number, in ink that can be read on it")
  func text() throws {
    let pieces: [MapFigure.Piece] = [
      .init("a", number: 0), .init("&", number: 1, endsLine: true), .init("b", number: .nan),
      .init("c", number: 0.5),
    ]
    let figure = MapFigure(
      title: "", photo: nil,
      panels: [
        .init(
          caption: "",
          tiles: [.init(Tensor(shape: [1, 4], values: [0, 1, .nan, 0.5]), over: pieces)])
      ],
      appearance: MapAppearance(transfer: .linear, colours: .viridis),
      scale: .ofAllMaps(.leastToLargest))
    let svg = try figure.svg(width: 400)
    // The paper, and a rectangle for each number that is finite.
    #expect(svg.ranges(of: "<rect ").count == 1 + 3)
    #expect(svg.contains("fill=\"#440154\"") && svg.contains("fill=\"#fde725\""))
    // White on dark violet, black on yellow.
    #expect(svg.contains("fill=\"#ffffff\">a</text>"))
    let lines = svg.split(separator: "\n")
    let ampersand = try #require(lines.first { $0.contains(">&amp;</text>") })
    #expect(!ampersand.contains("fill="))
    // The line ends where the text's does.
    func place(_ text: String) -> Substring? {
      guard let line = lines.first(where: { $0.contains(">\(text)</text>") }),
        let range = line.firstRange(of: " y=\"")
      else { return nil }
      return line[range.upperBound...].prefix { $0 != "\"" }
    }
    #expect(place("a") == place("&amp;") && place("a") != place("b") && place("b") == place("c"))
    #expect(figure.picture(width: 400).pixels.contains { $0.bytes == (0x44, 0x01, 0x54) })
  }

  @Test("a text that is wider than the figure goes on in the next line")
  func wrappedText() throws {
    let pieces = (0..<200).map { MapFigure.Piece("x", number: Float($0)) }
    let figure = MapFigure(
      title: "", photo: nil,
      panels: [
        .init(
          caption: "",
          tiles: [
            .init(
              Tensor(shape: [1, 200], values: (0..<200).map { Float($0) }), over: pieces)
          ])
      ],
      appearance: MapAppearance(transfer: .linear, colours: .grey),
      scale: .ofAllMaps(.leastToLargest))
    let svg = try figure.svg(width: 400)
    let rectangles = svg.split(separator: "\n").filter { $0.hasPrefix("<rect x=") }
    #expect(rectangles.count == 200)
    for rectangle in rectangles {
      let x = rectangle.split(separator: "\"")[1]
      #expect((Int(x) ?? 400) + 6 <= 400 - 8, "\(rectangle)")
    }
  }

  @Test("what commands a terminal or breaks XML is spelled out in titles and captions")
  func hostile() throws {
    let figure = MapFigure(
      title: "a\u{1b}[31m", photo: nil,
      panels: [.init(caption: "b\u{7}", tiles: [.init(Tensor(shape: [1, 1]), label: "c\u{0}")])],
      appearance: MapAppearance(transfer: .linear, colours: .grey), notes: ["d\u{8}"])
    let svg = try figure.svg(width: 400)
    #expect(!svg.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    #expect(svg.contains("a\\u001b[31m"))
  }

  @Test("any width, any number of maps, with a photo or without", arguments: [1, 200, 333, 4000])
  func sizes(width: Int) throws {
    for tiles in [1, 7, 8, 9, 33] {
      for photo in [true, false] {
        let picture = figure(photo: photo, tiles: tiles).picture(width: width)
        #expect(picture.width == max(200, width))
        #expect(picture.samples.count == picture.width * picture.height * 3)
      }
    }
  }
}
