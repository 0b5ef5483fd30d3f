// What an input says of itself, for each kind.

import Inputs
import Pictures
import Tensors
import Testing

@Suite struct InputContentTests {
  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let input: Input
    var isPicture = false
    var isText = false
    var hasPictures = false
    let axes: [Int]
    let channels: Int
    /// Samples of the sound beside frames.
    var sound: Int?
  }

  private static let grey = PixelImage(
    width: 3, height: 2, channels: 1, samples: [0, 0.2, 0.4, 0.6, 0.8, 1])

  static let cases = [
    Case(
      description: "picture",
      input: Input(name: "a", tensor: Tensor(shape: [2, 3, 1]), content: .picture(grey)),
      isPicture: true, hasPictures: true, axes: [2, 3], channels: 1),
    Case(
      description: "frames",
      input: Input(
        name: "b", tensor: Tensor(shape: [2, 2, 3, 1]), content: .frames([grey, grey])),
      hasPictures: true, axes: [2, 2, 3], channels: 1),
    Case(
      description: "film",
      input: Input(
        name: "f", tensor: Tensor(shape: [2, 2, 3, 1]),
        content: .film([grey, grey], sound: Tensor(shape: [8]))),
      hasPictures: true, axes: [2, 2, 3], channels: 1, sound: 8),
    Case(
      description: "sound",
      input: Input(name: "c", tensor: Tensor(shape: [8, 2]), content: .sound(rate: 8000)),
      axes: [8], channels: 2),
    Case(
      description: "text",
      input: Input(
        name: "d", tensor: Tensor(shape: [2]), content: .text(TokenText(bytes: Array("ab".utf8)))),
      isText: true, axes: [2], channels: 1),
    Case(
      description: "array with rows", input: Input(array: Tensor(shape: [2, 3, 3]), name: "e"),
      hasPictures: true, axes: [2, 3], channels: 3),
    Case(
      description: "array of tokens", input: Input(array: Tensor(shape: [5, 4]), name: "f"),
      axes: [5], channels: 4),
  ]

  @Test("an input says what kind it is, and which axes and channels it has", arguments: cases)
  func kinds(_ given: Case) {
    let input = given.input
    #expect(input.isPicture == given.isPicture)
    #expect(input.isText == given.isText)
    #expect(input.hasPictures == given.hasPictures)
    #expect(input.axes == given.axes)
    #expect(input.channels == given.channels)
    #expect((input.picture != nil) == given.isPicture)
    #expect(input.sound?.count == given.sound)
    #expect((input.text != nil) == given.isText)
  }
}
