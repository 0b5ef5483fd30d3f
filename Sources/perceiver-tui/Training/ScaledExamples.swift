// Labelled pictures as a model reads photos: the same scaling in training, evaluation and exploring.

import Datasets
import Explorer
import Inputs
import Perceiver
import Pictures

/// Examples whose values are scaled from 0…1.
struct ScaledExamples: LabelledExamples {
  private let pictures: LabelledPictures
  private let scaling: PixelScaling
  private let mean: [Float]
  private let deviation: [Float]

  /// Takes pictures and how their values become a model's numbers.
  ///
  /// - Throws: `CommandFailure` where means or deviations are neither one nor one a channel.
  init(_ pictures: LabelledPictures, _ scaling: PixelScaling) throws {
    let channels = pictures.shape.last ?? 0
    func perChannel(_ option: String, _ numbers: [Float]) throws -> [Float] {
      if numbers.count == 1 { return [Float](repeating: numbers[0], count: channels) }
      guard numbers.count == channels else {
        throw CommandFailure(
          .usage, option, "expected 1 or \(channels) numbers, found \(numbers.count)")
      }
      return numbers
    }
    self.pictures = pictures
    self.scaling = scaling
    mean = try perChannel("--mean", scaling.mean)
    deviation = try perChannel("--std", scaling.deviation)
  }

  var count: Int { pictures.count }
  var shape: [Int] { pictures.shape }
  var classNames: [String] { pictures.classNames }
  var preprocessing: Preprocessing? { Preprocessing(scaling, shape: pictures.shape) }

  func label(at index: Int) -> Int { pictures.label(at: index) }

  func read(_ index: Int, into buffer: UnsafeMutableBufferPointer<Float>) {
    pictures.read(index, into: buffer)
    if scaling.isReversed, mean.count == 3 {
      for element in stride(from: 0, to: buffer.count, by: 3) {
        buffer.swapAt(element, element + 2)
      }
    }
    for channel in mean.indices {
      for element in stride(from: channel, to: buffer.count, by: mean.count) {
        buffer[element] = (buffer[element] - mean[channel]) / deviation[channel]
      }
    }
  }
}
