// Scaling to a model's numbers, channels, and writing.

import Foundation
import Pictures
import Tensors
import TestSupport
import Testing

@Suite("Pictures become tensors and are written")
struct ImageTests {
  static func ramp(_ width: Int, _ height: Int, _ channels: Int = 3) -> PixelImage {
    let count = width * height * channels
    return PixelImage(
      width: width, height: height, channels: channels,
      samples: (0..<count).map { Float($0 * 7919 % 256) / 255 })
  }

  @Test("The usual scaling gives NumPy's bits for value / 255 × 2 - 1 in float32")
  func symmetric() throws {
    let expected = try NumPyFile.tensor(file("scaled.npy"))
    let tensor = try Self.levels(1).tensor()
    #expect(tensor.shape == [1, 256, 1])
    #expect(tensor.values.map(\.bitPattern) == expected.values.map(\.bitPattern))
    // The same scaling said in numbers is the same scaling.
    #expect(try Self.levels(1).tensor(.init(mean: [0.5], deviation: [0.5])) == tensor)
  }

  @Test("Means and deviations for each channel give the bits of torchvision's Normalize")
  func normalized() throws {
    let expected = try NumPyFile.tensor(file("normalized.npy"))
    let tensor = try Self.levels(3).tensor(
      .init(mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225]))
    #expect(tensor.shape == [1, 256, 3])
    #expect(tensor.values.map(\.bitPattern) == expected.values.map(\.bitPattern))
  }

  /// All levels of a byte in a row, alike in all channels, as a PGM or PPM file gives them.
  static func levels(_ channels: Int) throws -> PixelImage {
    let raster = (0..<256).flatMap { [UInt8](repeating: UInt8($0), count: channels) }
    let header = "P\(channels == 3 ? 6 : 5) 256 1 255\n"
    return try PixelImage(reading: Array(header.utf8) + raster)
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
    let other = #expect(throws: PixelScalingError.self) {
      try image.tensor(.init(mean: [0], deviation: [1, 1]))
    }
    #expect(other?.description == "std: expected 1 or 3 numbers, found 2")
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

  @Test("Samples beyond 0 and 1 are written as the ends, NaN as black, halves upwards")
  func ends() {
    let image = PixelImage(
      width: 7, height: 1, channels: 1,
      samples: [-1, 2, .nan, .infinity, -.infinity, 0.5, 1.4 / 255])
    #expect(image.bytes == [0, 255, 0, 255, 0, 128, 1])
  }

  @Test("A model's numbers become the picture they stand for, what is beyond its ends at the ends")
  func undoingTheScale() throws {
    let scaling = PixelScaling(mean: [0.5, 0.25, 0], deviation: [1, 0.5, 2])
    for scaling in [.symmetric, scaling] {
      let image = Self.ramp(5, 4)
      let back = try #require(PixelImage(image.tensor(scaling), scaledBy: scaling))
      #expect(back.width == 5 && back.height == 4 && back.channels == 3)
      for (sample, original) in zip(back.samples, image.samples) {
        #expect(abs(sample - original) < 1e-6)
      }
    }
    let outside = Tensor(shape: [1, 4, 1], values: [-3, 3, .nan, 0])
    #expect(PixelImage(outside, scaledBy: .symmetric)?.samples == [0, 1, 0, 0.5])
    for shape in [[4], [2, 2], [2, 2, 2], [0, 2, 3], [1, 2, 2, 3]] {
      #expect(PixelImage(Tensor(shape: shape), scaledBy: .symmetric) == nil, "\(shape)")
    }
    #expect(PixelImage(Tensor(shape: [1, 1, 1]), scaledBy: scaling) == nil)
  }

  @Test("A pixel that is set is read back; a grey picture takes the colour's luminance")
  func pixels() {
    var colour = Self.ramp(3, 2)
    let red = RGB(red: 1, green: 0, blue: 0)
    colour[x: 2, y: 1] = red
    #expect(colour[x: 2, y: 1] == red)
    #expect(colour.samples.dropLast(3) == Self.ramp(3, 2).samples.dropLast(3))
    var grey = Self.ramp(3, 2, 1)
    grey[x: 1, y: 0] = red
    #expect(grey.samples[1] == red.luminance)
  }
}
