// An input as numbers, with the picture that people see of it.

import Pictures
import Tensors

/// An input that has been read.
struct LoadedInput {
  /// The file as the command line names it, or `standard input`.
  let name: String
  /// The numbers: `[…axes, channels]`.
  let tensor: Tensor
  /// The picture at the size the model sees; nil for arrays.
  let photo: PixelImage?
  /// What a person should know: that it was made smaller, for one.
  let notes: [InputNote]

  /// Axis lengths without channels: `[height, width]` for an image.
  var axes: [Int] { Array(tensor.shape.dropLast()) }

  /// The number of channels.
  var channels: Int { tensor.shape.last ?? 0 }
}

/// Something that was done to an input.
struct InputNote {
  /// In few words, beside the input's name.
  let brief: String
  /// More of it, where there is room.
  let detail: String
}
