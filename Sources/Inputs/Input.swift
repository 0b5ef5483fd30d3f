// What a person opens, as one type: numbers for the model, and what people see or read of them.

import Pictures
import Tensors

/// An input: a tensor, and what it is to a person. Equal only to itself.
public final class Input: Sendable, Hashable {
  /// What an input is to a person.
  public enum Content: Sendable {
    /// A picture at the size at which the model reads it.
    case picture(PixelImage)
    /// Pictures one after another, of one size.
    case frames([PixelImage])
    /// Frames and the sound beside them, `[samples]` from -1 to 1.
    case film([PixelImage], sound: Tensor)
    /// A waveform, `[samples, channels]`, and how many samples a second has.
    case sound(rate: Int)
    /// Tokens in characters or numbers.
    case text(TokenText)
    /// Numbers of any meaning, with pictures of them where they have rows and columns.
    case array(shown: [PixelImage])
  }

  /// The file as it was named, or `standard input`.
  public let fullName: String
  /// The numbers: `[…axes, channels]`, or `[tokens]` for a text.
  public let tensor: Tensor
  /// What it is to a person.
  public let content: Content
  /// What is said of it, such as the size before scaling.
  public let notes: [InputNote]
  /// How a picture's samples became numbers.
  public let scaling: PixelScaling
  /// What opens it again, this part or another; nil where nothing does.
  public let source: InputSource?
  /// The model's wants that it was prepared for.
  public let demand: InputDemand
  /// Which part of a longer text or film it is; nil where it is all of it.
  public let window: InputWindow?
  /// The whole picture of which the model reads a part; nil where it reads all.
  public let surroundings: Surroundings?
  /// All of it, where the model reads a tile of a larger picture or some tokens of a longer array; nil
  /// where `tensor` is all.
  public let whole: Tensor?
  /// The pictures made small, for showing whole large ones; as they are where they are small.
  public let previews: [PixelImage]

  /// An input.
  ///
  /// - Precondition: the tensor has channels and at least one other axis, or is one of tokens;
  ///   pictures have the sides of its last two axes before the channels.
  public init(
    name: String, tensor: Tensor, content: Content, notes: [InputNote] = [],
    scaling: PixelScaling = .symmetric, source: InputSource? = nil, demand: InputDemand = .init(),
    window: InputWindow? = nil, whole: Tensor? = nil, surroundings: Surroundings? = nil
  ) {
    let least = if case .text = content { 1 } else { 2 }
    precondition(
      tensor.shape.count >= least, "an input needs channels and an axis: \(tensor.shape)")
    (fullName, self.tensor, self.content, self.notes) = (name, tensor, content, notes)
    (self.scaling, self.source, self.demand) = (scaling, source, demand)
    (self.window, self.whole, self.surroundings) = (window, whole, surroundings)
    previews = content.pictures.map { $0.fitted(maxSide: Self.previewSide) }
  }

  /// More pixels than the largest terminal shows.
  fileprivate static let previewSide = 768

  /// The file's name without folders, or `standard input`.
  public var name: String { fullName.fileName }
  /// The one file or folder that it can be read from again; nil where there is none.
  public var path: String? { if case .file(let path)? = source { path } else { nil } }
  /// The picture; nil for inputs that are none.
  public var picture: PixelImage? {
    if case .picture(let picture) = content { picture } else { nil }
  }
  /// One picture, one for each frame of a video or of an array with rows, none for other inputs.
  public var frames: [PixelImage] { content.pictures }
  /// The sound beside frames; nil for inputs without frames or sound.
  public var sound: Tensor? {
    if case .film(_, let sound) = content { sound } else { nil }
  }
  /// The tokens in characters; nil for inputs that are no tokens.
  public var text: TokenText? { if case .text(let text) = content { text } else { nil } }
  /// Whether it is one picture.
  public var isPicture: Bool { if case .picture = content { true } else { false } }
  /// Whether it is a text: tokens in a row, which are numbers of words or bytes and have no channels.
  public var isText: Bool { if case .text = content { true } else { false } }
  /// Whether there is a picture of it to be shown, or one of each frame.
  public var hasPictures: Bool { !frames.isEmpty }
  /// The lengths of the axes without channels: `[height, width]` for an image.
  public var axes: [Int] { isText ? tensor.shape : Array(tensor.shape.dropLast()) }
  /// Which tokens of a longer array it has, and how many that has; nil where it is no part of one.
  var part: (range: Range<Int>, count: Int)? {
    guard isText, let window, let whole else { return nil }
    let (range, _) = InputReader.frames(
      of: whole.count, window: window.index, length: tensor.count)
    return (range, whole.count)
  }
  /// The number of channels; 1 for tokens.
  public var channels: Int { isText ? 1 : tensor.shape.last ?? 1 }

  public static func == (left: Input, right: Input) -> Bool { left === right }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension Input.Content {
  /// The pictures that are shown, in order.
  fileprivate var pictures: [PixelImage] {
    switch self {
    case .picture(let picture): [picture]
    case .frames(let frames), .film(let frames, _): frames
    case .array(let shown): shown
    case .sound, .text: []
    }
  }
}

/// A picture as it was opened, of which a model reads a part.
public struct Surroundings: Sendable {
  /// The picture, made small enough to be shown.
  public let picture: PixelImage
  /// The width and height that it had.
  public let size: (width: Int, height: Int)
  /// The part that is read, in pixels of the whole picture.
  public let region: PlaneRegion

  /// A picture, of which a region is read.
  init(of whole: PixelImage, region: PlaneRegion) {
    picture = whole.fitted(maxSide: Input.previewSide)
    size = (whole.width, whole.height)
    self.region = region
  }
}

/// A part of a text or film that is longer than a model reads.
public struct InputWindow: Sendable, Hashable {
  /// Which, from 0.
  public let index: Int
  /// How many there are.
  public let count: Int

  /// `part 2 of 5`.
  public var words: String { "part \(index + 1) of \(count)" }

  /// A window; nil where there is only one.
  public init?(_ index: Int, of count: Int) {
    guard count > 1 else { return nil }
    (self.index, self.count) = (min(index, count - 1), count)
  }
}

/// Something that was done to an input.
public struct InputNote: Sendable, Hashable {
  /// In few words, beside the input's name.
  public let brief: String
  /// More of it, where there is room.
  public let detail: String
  /// Whether a person chose it: what the model's own files say goes before it in what is left out.
  public let isChoice: Bool
  /// What the photo became for the model, and from what, where it was of another size or kind than the
  /// model reads; nil for every other note.
  public let change: Change?
  /// What stands between them.
  private let joint: String

  /// What a photo became for a model: `grey` from `colour`.
  public struct Change: Sendable, Hashable {
    /// What it is now.
    public let made: String
    /// What it was.
    public let from: String

    /// A change from one thing to another.
    public init(_ made: String, from: String) { (self.made, self.from) = (made, from) }
  }

  /// A note; without details where the few words say all.
  ///
  /// - Parameter joint: What stands between them where they are read together.
  public init(
    brief: String, detail: String = "", joint: String = " ", isChoice: Bool = false,
    change: Change? = nil
  ) {
    (self.brief, self.detail, self.joint, self.isChoice) = (brief, detail, joint, isChoice)
    self.change = change
  }

  /// All of it.
  public var sentence: String { detail.isEmpty ? brief : brief + joint + detail }

  /// The note as one about one file of several.
  func about(_ file: String) -> InputNote {
    InputNote(
      brief: "\(file.fileName) \(brief)", detail: detail, joint: joint, isChoice: isChoice,
      change: change)
  }
}

extension String {
  /// The part of a path after its last folder.
  package var fileName: String { split(separator: "/").last.map(String.init) ?? self }
}
