// Larger and smaller pictures and maps.

import Foundation
import Pictures
import Tensors
import Testing

@Suite("Pictures and maps change size")
struct ResamplingTests {
  static func scattered(_ count: Int) -> [Float] {
    (0..<count).map { Float($0 * 7919 % 10007) / 10007 }
  }

  @Test(
    "Going down keeps the mean of every channel to a millionth",
    arguments: [
      (224, 224, 37, 41), (100, 7, 99, 3), (5, 5, 1, 1), (640, 480, 224, 168), (1, 100_000, 1, 1),
      (100_000, 3, 7, 2), (1000, 999, 1, 1), (224, 224, 223, 223), (9, 4, 5, 11), (1, 9, 6, 2),
    ])
  func mean(_ width: Int, _ height: Int, _ newWidth: Int, _ newHeight: Int) {
    let image = PixelImage(
      width: width, height: height, channels: 3, samples: Self.scattered(width * height * 3))
    // Repeating keeps a mean only by whole numbers: an axis that grows is left as it is first.
    let kept = image.resized(width: max(width, newWidth), height: max(height, newHeight))
    let small = kept.resized(width: newWidth, height: newHeight)
    for channel in 0..<3 {
      let before = Self.mean(kept, channel)
      #expect(abs(Self.mean(small, channel) - before) < 1e-6 * before)
    }
  }

  private static func mean(_ image: PixelImage, _ channel: Int) -> Double {
    let values = stride(from: channel, to: image.samples.count, by: 3).map {
      Double(image.samples[$0])
    }
    return values.reduce(0, +) / Double(values.count)
  }

  @Test(
    "Each cell is the mean of the area it covers, parts counting by their share",
    arguments: [(7, 5, 3, 2), (6, 4, 3, 2), (13, 11, 5, 10), (600, 500, 7, 30), (5, 3, 5, 1)])
  func areas(_ width: Int, _ height: Int, _ newWidth: Int, _ newHeight: Int) {
    let map = Tensor(shape: [height, width], values: Self.scattered(width * height))
    let small = map.resampled(rows: newHeight, columns: newWidth)
    #expect(small.shape == [newHeight, newWidth])
    // What a place of one axis has in common with a cell of that axis.
    func share(_ place: Int, _ cell: Int, _ count: Int, _ newCount: Int) -> Double {
      let cellSize = Double(count) / Double(newCount)
      let start = max(Double(place), Double(cell) * cellSize)
      let end = min(Double(place + 1), Double(cell + 1) * cellSize)
      return max(0, end - start) / cellSize
    }
    for cell in 0..<newHeight * newWidth {
      let (row, column) = cell.quotientAndRemainder(dividingBy: newWidth)
      let across = (0..<width).map { share($0, column, width, newWidth) }
      var sum = 0.0
      for y in 0..<height {
        let down = share(y, row, height, newHeight)
        if down == 0 { continue }
        for x in 0..<width { sum += down * across[x] * Double(map[y, x]) }
      }
      #expect(abs(Double(small[row, column]) - sum) < 1e-6)
    }
  }

  @Test("Wherever a single bright cell is, it is the brightest after going down")
  func peak() {
    for place in stride(from: 0, to: 60 * 50, by: 7) {
      let (y, x) = place.quotientAndRemainder(dividingBy: 60)
      var map = Tensor(shape: [50, 60])
      map[y, x] = 1
      let small = map.resampled(rows: 7, columns: 11)
      let largest = small.values.max() ?? 0
      #expect(largest >= 0.25 * 77 / 3000)
      #expect(small[(2 * y + 1) * 7 / 100, (2 * x + 1) * 11 / 120] == largest)
    }
  }

  @Test("Going up repeats, by any ratio; the same size is the same picture")
  func enlarge() {
    let image = PixelImage(width: 2, height: 1, channels: 1, samples: [0.25, 0.75])
    let large = image.resized(width: 4, height: 2)
    #expect(large.samples == [0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75, 0.75])
    #expect(image.resized(width: 2, height: 1) == image)
    let map = Tensor(shape: [1, 3], values: [1, 2, 3])
    #expect(map.resampled(rows: 1, columns: 7).values == [1, 1, 2, 2, 2, 3, 3])
    #expect(map.resampled(rows: 2, columns: 3).values == [1, 2, 3, 1, 2, 3])
  }

  @Test("One axis may go up while the other goes down")
  func both() {
    let map = Tensor(shape: [2, 2], values: [1, 2, 3, 6])
    #expect(map.resampled(rows: 1, columns: 4).values == [2, 2, 4, 4])
  }

  @Test("Numbers that are not finite are left out of means; what covers no others is NaN")
  func holes() {
    let map = Tensor(shape: [2, 4], values: [1, .nan, -.infinity, .nan, 3, 5, .nan, .infinity])
    let small = map.resampled(rows: 1, columns: 2)
    #expect(small[0, 0] == 3 && small[0, 1].isNaN)
    let rows = map.resampled(rows: 2, columns: 2)
    #expect([rows[0, 0], rows[1, 0]] == [1, 4])
    #expect(rows[0, 1].isNaN && rows[1, 1].isNaN)
    // A part by its share: the first cell covers one and a half columns.
    let uneven = Tensor(shape: [1, 3], values: [2, 8, .nan]).resampled(rows: 1, columns: 2)
    #expect(uneven[0, 0] == 4 && uneven[0, 1] == 8)
  }

  @Test("A part of a map is cut at fractions of its cells")
  func parts() {
    let map = Tensor(shape: [1, 4], values: [1, 2, 3, 4])
    let part = PlaneRegion(x: 0.5, y: 0, width: 3, height: 1)
    // (1 / 2 + 2) / 1.5 and (3 + 4 / 2) / 1.5
    let expected: [Float] = [5.0 / 3, 10.0 / 3]
    #expect(map.resampled(rows: 1, columns: 2, region: part).values == expected)
    let enlarged = map.resampled(
      rows: 1, columns: 4, region: PlaneRegion(x: 1, y: 0, width: 2, height: 1))
    #expect(enlarged.values == [2, 2, 3, 3])
    // What reaches beyond the map counts only as far as the map goes.
    let beyond = map.resampled(
      rows: 1, columns: 2, region: PlaneRegion(x: 0, y: 0, width: 6, height: 1))
    #expect(beyond.values == [2, 4])
  }

  @Test("A frame of several is resampled alone")
  func frames() {
    let map = Tensor(shape: [2, 1, 2], values: [1, 3, 5, 7])
    #expect(map.resampled(rows: 1, columns: 1, frame: 1).values == [6])
  }

  @Test(
    "The longer side fits, the shorter keeps the aspect",
    arguments: [
      (4000, 3000, 224, 224, 168), (10, 4000, 224, 1, 224), (200, 100, 224, 200, 100),
      (225, 224, 224, 224, 223), (4000, 1, 224, 224, 1), (224, 224, 224, 224, 224),
    ])
  func fitted(_ width: Int, _ height: Int, _ side: Int, _ newWidth: Int, _ newHeight: Int) {
    let image = PixelImage(
      width: width, height: height, channels: 1,
      samples: [Float](repeating: 0.5, count: width * height))
    let small = image.fitted(maxSide: side)
    #expect(small.width == newWidth)
    #expect(small.height == newHeight)
    #expect(small.samples.allSatisfy { abs($0 - 0.5) < 1e-6 })
  }
}
