// What the model looks at: numbers for the model, a picture for the person.

import Pictures
import Tensors

/// An input: a tensor, and what is shown of it. Equal only to itself.
public final class ExplorerInput: Sendable, Hashable {
  /// The file's name without folders, or `standard input`.
  public let name: String
  /// The numbers: `[…axes, channels]`.
  public let tensor: Tensor
  /// One picture, one for each frame of a video, none for other inputs.
  public let frames: [PixelImage]
  /// The frames made small, for showing whole large ones; as they are where they are small.
  let previews: [PixelImage]
  /// The tokens in characters; nil for inputs that are no tokens.
  public let text: TokenText?
  /// What is said beside the size, such as the size before scaling.
  public let notes: [String]
  /// How the picture's samples became numbers.
  public let scaling: PixelScaling
  /// The file it can be read from again; nil where it cannot.
  public let path: String?
  /// The model's wants that it was prepared for.
  public let demand: InputDemand

  /// An input.
  ///
  /// - Precondition: the tensor has channels and at least one other axis; pictures have the sides
  ///   of its last two axes before the channels.
  public init(
    name: String, tensor: Tensor, frames: [PixelImage], notes: [String] = [],
    scaling: PixelScaling = .symmetric, path: String? = nil, demand: InputDemand = .init()
  ) {
    precondition(tensor.shape.count >= 2, "an input needs channels and an axis: \(tensor.shape)")
    self.name = name
    self.tensor = tensor
    self.frames = frames
    text = nil
    previews = frames.map { $0.fitted(maxSide: Self.previewSide) }
    self.notes = notes
    self.scaling = scaling
    (self.path, self.demand) = (path, demand)
  }

  /// Tokens as input.
  ///
  /// - Precondition: `tokens` has one axis, and `text` its tokens.
  public init(name: String, tokens: Tensor, text: TokenText, notes: [String] = []) {
    precondition(tokens.shape.count == 1, "tokens have one axis: \(tokens.shape)")
    self.name = name
    tensor = tokens
    self.text = text
    frames = []
    previews = []
    self.notes = notes
    scaling = .symmetric
    (path, demand) = (nil, InputDemand())
  }

  /// More pixels than the largest terminal shows.
  private static let previewSide = 768

  /// The lengths of the axes without channels: `[height, width]` for an image.
  public var axes: [Int] { text == nil ? Array(tensor.shape.dropLast()) : tensor.shape }
  /// The number of channels; 1 for tokens.
  public var channels: Int { text == nil ? tensor.shape.last ?? 1 : 1 }

  public static func == (left: ExplorerInput, right: ExplorerInput) -> Bool { left === right }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// How an input's keys lie on the screen: columns and rows of one frame.
struct KeyGrid: Sendable, Hashable {
  /// Frames one after another; 1 without a time axis.
  let frames: Int
  /// Rows; 1 for an input of one axis.
  let rows: Int
  /// Columns.
  let columns: Int

  /// The grid of keys of a shape: `[length]`, `[height, width]` or `[frames, height, width]`.
  init(shape: [Int]) {
    columns = shape.last ?? 1
    rows = shape.count > 1 ? shape[shape.count - 2] : 1
    frames = shape.dropLast(2).reduce(1, *)
  }

  /// Keys in a frame.
  var frameCount: Int { rows * columns }

  /// The key at a place of a frame.
  func key(column: Int, row: Int, frame: Int) -> Int {
    (frame * rows + row) * columns + column
  }

  /// Where a key lies.
  func place(of key: Int) -> (column: Int, row: Int, frame: Int) {
    guard frameCount > 0 else { return (0, 0, 0) }
    return (key % columns, key / columns % rows, key / frameCount)
  }
}
