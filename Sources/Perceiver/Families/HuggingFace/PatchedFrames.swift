// Two frames as tokens: the pixels around each position of both, through a linear layer. perceiver-io
// has the same layer under another name.

import Tensors

/// transformers' `conv_after_patches` over patches of 3 × 3.
struct PatchedFrames: TokenPreparation {
  /// Channels of a pixel.
  static let pixel = 3
  /// Pixels of a patch.
  static let side = 3
  /// Frames that are read.
  static let frames = 2
  /// Numbers of a position that is a patch already.
  static var patch: Int { side * side * pixel }

  /// Checks that data are two frames of a size, as pixels or as patches of them.
  ///
  /// - Throws: `ConfigurationError` with the name of the size.
  static func check(_ data: Tensor, size: [Int], _ name: String) throws {
    let expected = [frames] + size
    guard Array(data.shape.dropLast()) == expected,
      [pixel, patch].contains(data.shape.last)
    else {
      throw ConfigurationError(
        "input: expected shape \(expected + [pixel]) (\(name)), two frames, found \(data.shape)")
    }
  }

  /// Of all frames' patches, to the channels of a token's data.
  let layer: Projection

  var parameters: [ParameterSpecification] { layer.parameters }
  var channels: Int { layer.outputs }

  func tokenAxes(_ axes: [Int]) -> [Int] { Array(axes.dropFirst()) }

  /// - Parameter data: `[items, frames, height, width, channels]`: pixels, or their patches.
  func callAsFunction(_ data: Variable, in pass: Pass) throws -> Variable {
    let isPatched = data.value.shape[4] == Self.patch
    let patches = FramePatches(shape: data.value.shape, side: isPatched ? 1 : Self.side)
    let slot = data.gradientSlot
    let rows = pass.tape.record(patches.gathering(data.value), from: data) { gradient in
      slot?.add(patches.spreading(gradient))
    }
    return try pass.linear(rows, layer)
  }
}
