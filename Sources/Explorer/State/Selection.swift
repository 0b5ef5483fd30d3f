// Which map is shown, and how: values that undo reaches.

import Inputs
import Perceiver
import Pictures

/// Which of a stage's maps is shown. Heads are remembered apart for the two kinds of stages.
public struct Selection: Sendable, Hashable {
  /// How the maps of all latents become one.
  public enum Latents: String, Sendable, Hashable, CaseIterable {
    /// One latent's map.
    case one
    /// The mean over all latents.
    case mean
    /// The largest value over all latents.
    case maximum
  }

  /// The head of cross-attention stages, from 0.
  public var crossHead = 0
  /// The head of latent self-attention stages, from 0.
  public var latentHead = 0
  /// Whether one head is shown or the mean over heads.
  public var headsAreAveraged = false
  /// The latent, from 0, that is shown where one is.
  public var latent = 0
  /// One latent, or all of them.
  public var latents = Latents.one
  /// Before or after the softmax.
  public var value = AttentionValue.probabilities
  /// The output, from 0, whose reading of latents is shown; nil for the masked ones, or the first.
  public var output: Int?
  /// Tokens of a text that were chosen together, from 0, in order: what they read is summed.
  public var tokens: [Int] = []

  /// Makes the selection that the program starts with.
  public init() {}

  /// The head to show at a stage; one beyond its heads counts as the last.
  public func heads(at stageID: StageID) -> HeadSelection {
    headsAreAveraged && stageID.heads > 1 ? .mean : .one(headIndex(at: stageID))
  }

  /// The remembered head of a stage's kind, from 0, within the stage's heads.
  public func headIndex(at stageID: StageID) -> Int {
    let head = stageID.kind == .latentSelfAttention ? latentHead : crossHead
    return min(max(0, head), max(0, stageID.heads - 1))
  }

  /// Remembers a head for stages of a kind.
  public mutating func setHead(_ head: Int, for kind: StageID.Kind) {
    if kind == .latentSelfAttention { latentHead = head } else { crossHead = head }
    headsAreAveraged = false
  }

  /// The latents to show, of `count`.
  public func queries(of count: Int) -> QuerySelection {
    switch latents {
    case .one: .one(min(max(0, latent), max(0, count - 1)))
    case .mean: .mean
    case .maximum: .maximum
    }
  }
}

extension Overlay {
  /// How it is called on screen.
  var name: String { self == .alone ? "map without photo" : "overlay \(rawValue)" }
}

/// What the large pane shows.
public enum MapView: String, Sendable, Hashable, CaseIterable {
  /// One map.
  case one
  /// Many latents' maps at once.
  case grid
  /// Latents by latents.
  case matrix
  /// The photo beside the map.
  case sideBySide = "side"
  /// What an output reads of every latent.
  case row
  /// How much of each latent's attention goes to each kind of token.
  case shares

  /// How it is called in messages.
  var name: String {
    switch self {
    case .one: "one map"
    case .grid: "grid of latents"
    case .matrix: "latent matrix"
    case .sideBySide: "side by side"
    case .row: "what an output reads of latents"
    case .shares: "shares of attention by kind of token"
    }
  }
}

/// How a map is shown.
public struct ViewOptions: Sendable, Hashable {
  /// How values become shades.
  public var transfer = Transfer.linear
  /// Whose numbers a scale is fitted to.
  public internal(set) var scaleScope = ScaleScope.map
  /// The numbers of locked scales, by what they are of.
  var lockedNumbers: [NumberKind: SharedNumbers] = [:]
  /// How shades become colours.
  public var colours = ColourMap.viridis
  /// How much of the map covers the photo.
  public var overlay = Overlay.half
  /// What the large pane shows at cross-attention stages; nil lets the size decide.
  public var crossView: MapView?
  /// What it shows at latent self-attention stages.
  public var latentView = MapView.matrix
  /// What it shows at a decoder; nil lets the model's outputs decide.
  public var decoderView: MapView?
  /// What takes the place of the stage's map; nil for nothing.
  public var replacement: MapReplacement?
  /// What is asked where a map that explains takes its place.
  public var why = WhyQuestion()
  /// Whose maps are shown while something is hidden or off.
  public internal(set) var mappedRun = MappedRun.changed

  /// What may take the place of a stage's map.
  public enum MapReplacement: Sendable, Hashable {
    /// The picture that the decoder gives.
    case reconstruction
    /// The flow of frames that are larger than the model reads.
    case wholeFlow
    /// The photo beside many latents' maps, at cross-attentions.
    case figure
    /// A map that explains: `ViewOptions.why`.
    case why
    /// The table of all heads.
    case heads
    /// A table of numbers about the whole run.
    case table(NumberTable)
    /// Who reads the pixel at the cursor.
    case readers
    /// Where the answer is carried, found by putting in parts of another picture: of the pinned view's
    /// if nil.
    case patch(Input?)
    /// What is read of the input through the decoder, or a class rests on.
    case throughDecoder(ExplanationTarget?)
    /// The whole photo, with the part framed that the model reads.
    case wholePhoto
    /// The Fourier features that tell the model where tokens lie.
    case channels
  }

  /// How often the picture is doubled: 1 shows it whole.
  public var zoom = 1
  /// The middle of what is shown, as shares of the picture's width and height.
  public var centre = ViewCentre()
  /// Which frame of a video is shown, from 0.
  public var frame = 0
  /// The kind of tokens over which maps are shown, where there are several; frames if nil.
  public var modality: String?

  /// How maps become colours.
  var appearance: MapAppearance { MapAppearance(transfer: transfer, colours: colours) }

  /// Makes the options that the program starts with.
  public init() {}
}

/// A point of a picture in shares of its width and height.
public struct ViewCentre: Sendable, Hashable {
  /// From the left, 0 to 1.
  public var x = 0.5
  /// From the top, 0 to 1.
  public var y = 0.5

  /// The middle of the picture.
  public init() {}
}
