// Motion as colours: direction as hue, length as saturation.

import Pictures
import Tensors
import Testing

@Suite("A flow field as colours")
struct FlowFieldTests {
  private func close(_ colour: RGB, _ red: Float, _ green: Float, _ blue: Float) -> Bool {
    abs(colour.red - red) < 1e-5 && abs(colour.green - green) < 1e-5
      && abs(colour.blue - blue) < 1e-5
  }

  @Test(
    "Right is red, then round through down: hues of a sixth of the circle each",
    arguments: [
      (0, [1, 0, 0]), (60, [1, 1, 0]), (120, [0, 1, 0]), (180, [0, 1, 1]), (240, [0, 0, 1]),
      (300, [1, 0, 1]), (-60, [1, 0, 1]), (360, [1, 0, 0]),
    ] as [(Float, [Float])])
  func hues(degrees: Float, rgb: [Float]) {
    let colour = FlowField.colour(angle: degrees / 180 * .pi, saturation: 1)
    #expect(close(colour, rgb[0], rgb[1], rgb[2]), "\(colour)")
  }

  @Test(
    "What stands still is white, the longest has the full colour, half as long is half as strong")
  func lengths() throws {
    let flow = Tensor(shape: [1, 4, 2], values: [0, 0, 3, 0, 1.5, 0, .nan, 0])
    let field = try #require(FlowField(flow))
    #expect(field.largest == 3)
    #expect(field.mean.x == 1.5 && field.mean.y == 0)
    let picture = field.picture
    #expect(picture.width == 4 && picture.height == 1)
    #expect(
      close(
        RGB(red: picture.samples[0], green: picture.samples[1], blue: picture.samples[2]), 1, 1, 1))
    #expect(close(field.colour(x: 3, y: 0), 1, 0, 0))
    #expect(close(field.colour(x: 1.5, y: 0), 1, 0.5, 0.5))
    let unknown = field.colour(x: .nan, y: 0)
    #expect(unknown.red == unknown.green && unknown.red == unknown.blue && unknown.red < 0.9)
    let still = try #require(FlowField(Tensor(shape: [1, 1, 2])))
    #expect(close(still.colour(x: 0, y: 0), 1, 1, 1))
  }

  @Test("The wheel has each direction's colour at its place, and nothing outside")
  func wheel() {
    let wheel = FlowField.wheel(side: 21)
    #expect(wheel[0] == nil && wheel[20] == nil)
    #expect(wheel[10 * 21 + 10].map { close($0, 1, 1, 1) } == true)
    let right = wheel[10 * 21 + 20]
    #expect(right.map { $0.red == 1 && $0.green == $0.blue && $0.green < 0.1 } == true)
    let left = wheel[10 * 21]
    #expect(left.map { $0.red < 0.1 && abs($0.green - $0.blue) < 1e-5 } == true)
  }

  @Test("Tensors of other shapes are no flow")
  func shapes() {
    #expect(FlowField(Tensor(shape: [2, 2, 3])) == nil)
    #expect(FlowField(Tensor(shape: [4, 2])) == nil)
    #expect(FlowField(Tensor(shape: [0, 4, 2])) == nil)
  }
}
