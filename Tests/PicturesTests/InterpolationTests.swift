// The middle of a film's frames at a model's size; the values are of make_frames.py.

import Pictures
import Tensors
import TestSupport
import Testing

@Suite("Frames are cut to their middle and brought to a size as DeepMind's notebook does")
struct InterpolationTests {
  @Test(
    "the same bytes as OpenCV's, up and down, of sides of every parity",
    arguments: [
      "24x33 to 5x5", "9x16 to 8x8", "16x9 to 8x8", "5x8 to 11x11", "8x5 to 4x4", "6x6 to 6x6",
      "1x1 to 3x3", "3x90 to 5x5", "31x45 to 8x12", "40x12 to 6x10",
    ])
  func middle(_ name: String) throws {
    let file = try TensorFile(path: pictures.appending(path: "frames.safetensors").path)
    let source = try file.tensor(named: name)
    let expected = try file.tensor(named: name + ".expected")
    let picture = PixelImage(
      width: source.shape[1], height: source.shape[0], channels: 3, samples: source.values)
    let found = picture.middleInterpolated(width: expected.shape[1], height: expected.shape[0])
    #expect([found.height, found.width, 3] == expected.shape)
    #expect(found.samples == expected.values)
  }

  @Test("each channel is brought to the size by itself, a single one too")
  func channels() throws {
    let file = try TensorFile(path: pictures.appending(path: "frames.safetensors").path)
    let source = try file.tensor(named: "9x16 to 8x8")
    let colour = PixelImage(width: 16, height: 9, channels: 3, samples: source.values)
    let found = colour.middleInterpolated(width: 8, height: 8)
    for channel in 0..<3 {
      func samples(_ image: PixelImage) -> [Float] {
        stride(from: channel, to: image.samples.count, by: 3).map { image.samples[$0] }
      }
      let grey = PixelImage(width: 16, height: 9, channels: 1, samples: samples(colour))
      #expect(grey.middleInterpolated(width: 8, height: 8).samples == samples(found))
    }
  }
}
