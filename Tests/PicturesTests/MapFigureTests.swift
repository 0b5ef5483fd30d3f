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
