// Sizes, scaling to a model's numbers, and writing.

import Foundation
import Pictures
import Tensors
import TestSupport
import Testing

@Suite("Pictures change size, become tensors and are written")
struct ImageTests {
  static func ramp(_ width: Int, _ height: Int, _ channels: Int = 3) -> PixelImage {
    let count = width * height * channels
    return PixelImage(
      width: width, height: height, channels: channels,
      samples: (0..<count).map { Float($0 * 7919 % 256) / 255 })
  }

  @Test(
    "Going down keeps the mean of every channel",
    arguments: [(224, 224, 37, 41), (100, 7, 99, 3), (5, 5, 1, 1), (640, 480, 224, 168)])
  func mean(_ width: Int, _ height: Int, _ newWidth: Int, _ newHeight: Int) {
    let image = Self.ramp(width, height)
    let small = image.resized(width: newWidth, height: newHeight)
    for channel in 0..<3 {
      let before = Self.mean(image, channel)
      #expect(abs(Self.mean(small, channel) - before) < 1e-5 * before)
    }
  }

  private static func mean(_ image: PixelImage, _ channel: Int) -> Double {
    let values = stride(from: channel, to: image.samples.count, by: 3).map {
      Double(image.samples[$0])
    }
    return values.reduce(0, +) / Double(values.count)
  }

  @Test("Going up repeats, and the same size is the same picture")
  func enlarge() {
    let image = PixelImage(width: 2, height: 1, channels: 1, samples: [0.25, 0.75])
    let large = image.resized(width: 4, height: 2)
    #expect(large.samples == [0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75, 0.75])
    #expect(image.resized(width: 2, height: 1) == image)
  }

  @Test("A single bright cell of a map is still the brightest after going down")
  func peak() {
    var map = Tensor(shape: [224, 224])
    map[101, 57] = 1
    let small = map.resampled(rows: 20, columns: 31)
    let cell = small[101 * 20 / 224, 57 * 31 / 224]
    #expect(small.values.max() == cell)
    #expect(cell > 0)
  }

  @Test(
    "The longer side fits, the shorter keeps the aspect",
    arguments: [
      (4000, 3000, 224, 224, 168), (10, 4000, 224, 1, 224), (200, 100, 224, 200, 100),
      (225, 224, 224, 224, 223),
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

  @Test("The usual scaling is value / 255 × 2 - 1, each step rounded to float32")
  func symmetric() throws {
    let image = PixelImage(
      width: 256, height: 1, channels: 1, samples: (0..<256).map { Float($0) / 255 })
    let tensor = try image.tensor()
    #expect(tensor.shape == [1, 256, 1])
    let expected = (0..<256).map { level -> Float in
      let sample = Float(level) / 255
      return sample * 2 - 1
    }
    #expect(tensor.values == expected)
  }

  @Test("Means and deviations apply to their channels; other counts are refused")
  func scaling() throws {
    let image = PixelImage(width: 1, height: 1, channels: 3, samples: [0.5, 0.5, 0.5])
    let tensor = try image.tensor(.init(mean: [0.5, 0.25, 0], deviation: [1, 0.5, 2]))
    #expect(tensor.values == [0, 0.5, 0.25])
    let error = #expect(throws: PixelScalingError.self) {
      try image.tensor(.init(mean: [0, 0], deviation: [1]))
    }
    #expect(error?.description == "mean: expected 1 or 3 numbers, found 2")
  }

  @Test("Grey and colour turn into each other by ITU-R BT.601")
  func channels() {
    let colour = PixelImage(width: 1, height: 1, channels: 3, samples: [1, 0.5, 0.25])
    let grey = colour.converted(toChannels: 1)
    let luminance: Float = 0.621
    #expect(abs(grey.samples[0] - luminance) < 1e-6)
    #expect(grey.converted(toChannels: 3).samples == [Float](repeating: grey.samples[0], count: 3))
  }

  @Test("PNG and Netpbm written here read back the same", arguments: [1, 3])
  func roundTrip(_ channels: Int) throws {
    let image = Self.ramp(13, 9, channels)
    #expect(try PixelImage(reading: try image.png()) == image)
    #expect(try PixelImage(reading: image.netpbm) == image)
  }
}
