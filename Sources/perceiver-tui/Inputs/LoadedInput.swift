// An input as numbers, with the picture that people see of it.

import Explorer
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
  /// The tokens in characters; nil for inputs that are no tokens.
  var text: TokenText?
  /// What a person should know: that it was made smaller, for one.
  let notes: [InputNote]
  /// How a photo's samples became numbers.
  var scaling = PixelScaling.symmetric
  /// What it was prepared for.
  var demand = InputDemand()

  /// Axis lengths without channels: `[height, width]` for an image.
  var axes: [Int] { text == nil ? Array(tensor.shape.dropLast()) : tensor.shape }

  /// The number of channels; 1 for tokens.
  var channels: Int { text == nil ? tensor.shape.last ?? 0 : 1 }
}

/// Something that was done to an input.
struct InputNote {
  /// In few words, beside the input's name.
  let brief: String
  /// More of it, where there is room.
  let detail: String
}
