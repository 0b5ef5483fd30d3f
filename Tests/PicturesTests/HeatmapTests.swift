// Colours of maps, maps over photos, sheets of maps, and maps as text.

import Foundation
import Pictures
import Tensors
import Testing

@Suite("Maps become pictures and text")
struct HeatmapTests {
  private func size(_ image: PixelImage) -> [Int] { [image.width, image.height, image.channels] }

  @Test(
    "Colours are matplotlib's at all 256 levels",
    arguments: [ColourMap.viridis, .inferno, .cividis]
  )
  func tables(_ map: ColourMap) throws {
    let json = try JSONValue(parsing: Data(try file("colours.json")))
    guard case .array(let expected)? = json[map.rawValue] else {
      Issue.record("no \(map.rawValue) in colours.json")
      return
    }
    let bytes = (0..<256).flatMap { level -> [JSONValue] in
      let colour = map.colour(Float(level) / 255).bytes
      return [colour.red, colour.green, colour.blue].map { .integer(Int($0)) }
    }
    #expect(bytes == expected)
  }

  @Test("Every map grows in brightness, and ends where it should", arguments: ColourMap.allCases)
  func luminance(_ map: ColourMap) {
    let levels = (0..<256).map { map.colour(Float($0) / 255).luminance }
    // Colours are rounded to bytes: brightness may dip by less than half a level between two.
    #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 - $0 > -0.5 / 255 })
    #expect(zip(levels, levels.dropFirst(3)).allSatisfy { $0 < $1 })
    #expect(map.colour(-1) == map.colour(0))
    #expect(map.colour(.nan) == map.colour(0))
    #expect(map.colour(2) == map.colour(1))
    #expect(map.colour(0) != map.colour(1))
  }

  @Test("A picture of a map has each number's colour in its place, and grey where there is none")
  func picture() {
    let map = Tensor(shape: [2, 3], values: [0, 1, 2, 3, .nan, 8])
    let picture = Heatmap(map, transfer: .linear, colours: .inferno).picture
    #expect(size(picture) == [3, 2, 3])
    for y in 0..<2 {
      for x in 0..<3 where map[y, x].isFinite {
        #expect(picture[x: x, y: y] == ColourMap.inferno.colour(map[y, x] / 8))
      }
    }
    #expect(picture[x: 1, y: 1].bytes == (96, 96, 96))
    // A transfer may be another map's.
    let wider = FittedTransfer(.linear, to: [0, 16])
    let darker = Heatmap(map, transfer: wider, colours: .inferno).picture
    #expect(darker[x: 2, y: 1] == ColourMap.inferno.colour(0.5))
  }

  @Test("Over a photo: the photo, both by halves, stronger where there is more, the map alone")
  func overlay() {
    let photo = PixelImage(
      width: 4, height: 1, channels: 3,
      samples: [Float](repeating: 1, count: 6) + [0, 1, 0, 0, 1, 0])
    let map = Tensor(shape: [2, 2], values: [0, 1, .nan, 0.5])
    let heatmap = Heatmap(map, transfer: .linear, colours: .viridis)
    let below = [RGB(red: 1, green: 1, blue: 1), RGB(red: 0, green: 1, blue: 0)]
    for overlay in Overlay.allCases {
      let over = heatmap.overlaid(on: photo, overlay)
      #expect(size(over) == [2, 2, 3])
      for (x, y) in [(0, 0), (1, 0), (1, 1)] {
        let heat = ColourMap.viridis.colour(map[y, x])
        let grey = RGB(
          red: below[x].luminance, green: below[x].luminance, blue: below[x].luminance)
        let expected =
          switch overlay {
          case .off: below[x]
          case .half: below[x].mixed(with: grey, share: 0.75).mixed(with: heat, share: 0.5)
          case .full: grey.mixed(with: heat, share: 0.5 + 0.45 * map[y, x])
          case .alone: heat
          }
        #expect(over[x: x, y: y] == expected)
      }
      // Where the map knows nothing the photo is seen, if it is shown at all.
      let hole = over[x: 0, y: 1]
      #expect(overlay == .alone ? hole.bytes == (96, 96, 96) : hole == below[0])
    }
  }

  @Test("A sheet lays pictures out in reading order, on black, with gaps")
  func sheet() {
    let pictures = (1...5).map { number in
      PixelImage(
        width: 2, height: 1, channels: 1, samples: [Float(number) / 8, Float(number) / 16])
    }
    let sheet = ContactSheet.picture(pictures, gap: 1)
    #expect(size(sheet) == [8, 3, 3])
    let rows: [[Float]] = [
      [1 / 8, 1 / 16, 0, 2 / 8, 2 / 16, 0, 3 / 8, 3 / 16], [0, 0, 0, 0, 0, 0, 0, 0],
      [4 / 8, 4 / 16, 0, 5 / 8, 5 / 16, 0, 0, 0],
    ]
    for (y, row) in rows.enumerated() {
      for (x, sample) in row.enumerated() {
        #expect(sheet[x: x, y: y] == RGB(red: sample, green: sample, blue: sample))
      }
    }
    #expect(ContactSheet.picture([pictures[0]]) == pictures[0].converted(toChannels: 3))
  }

  @Test("Maps on a sheet share one scale, and drawing them can be ended")
  func sheetOfMaps() throws {
    let maps = Tensor(shape: [2, 4], values: [0, 1, 2, 3, 4, 5, 6, .nan])
    let appearance = MapAppearance(transfer: .linear, colours: .inferno)
    var count = 0
    let sheet = ContactSheet.picture(ofMaps: maps, shape: [2, 2], appearance) { count += 1 }
    #expect(count == 2)
    let alone = (0..<2).map { map in
      MapDrawing(
        maps.row(map).reshaped([2, 2]), appearance: appearance, scaledAs: maps.values)
    }
    #expect(sheet == ContactSheet.picture(try alone.map { try $0.picture() }))
    #expect(sheet[x: 0, y: 0] == ColourMap.inferno.colour(0))
    #expect(sheet[x: 4, y: 1] == ColourMap.inferno.colour(1))
    struct Ended: Error {}
    #expect(throws: Ended.self) {
      try ContactSheet.picture(ofMaps: maps, shape: [2, 2], appearance) { throw Ended() }
    }
  }

  @Test("CSV has one line a row and digits that read back the same")
  func table() {
    let values: [Float] = [0.1, -0.0, .leastNonzeroMagnitude, 3.4028235e38, 1.0 / 3, 16_777_216]
    let text = Tensor(shape: [2, 3], values: values).commaSeparatedValues()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 3 && lines.last == "")
    let read = lines.dropLast().map { $0.split(separator: ",").compactMap { Float($0) } }
    #expect(read.map(\.count) == [3, 3])
    #expect(read.joined().map(\.bitPattern) == values.map(\.bitPattern))
    let named = Tensor(shape: [2, 2, 1, 2], values: (0..<8).map(Float.init))
    #expect(
      named.commaSeparatedValues(axes: ["head", "latent"])
        == "head,latent,values\n1,1,0.0,1.0\n1,2,2.0,3.0\n2,1,4.0,5.0\n2,2,6.0,7.0\n")
    #expect(Tensor(shape: [0, 3]).commaSeparatedValues() == "")
  }

  @Test(
    "Maps of any axes lie flat: one row, as they are, frames side by side",
    arguments: [
      ([], [1, 1], [0]),
      ([3], [1, 3], [0, 1, 2]),
      ([2, 2], [2, 2], [0, 1, 2, 3]),
      ([2, 2, 3], [2, 6], [0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11]),
      ([0, 2, 3], [2, 0], []),
    ] as [([Int], [Int], [Float])])
  func flat(_ shape: [Int], _ flat: [Int], _ values: [Float]) {
    let map = Tensor(shape: shape, values: (0..<shape.reduce(1, *)).map { Float($0) })
    #expect(map.asFlatMap.shape == flat)
    #expect(map.asFlatMap.values == values)
  }
}
