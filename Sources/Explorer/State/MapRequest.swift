// What can be asked of a computed stage, and what comes back. Answers are kept by request.

import Inputs
import Perceiver
import Pictures
import Tensors

/// A question about a stage's attention. Within one run, equal requests have equal answers.
public struct MapRequest: Sendable, Hashable {
  /// What is asked.
  public enum Subject: Sendable, Hashable {
    /// One map over the keys, or over those of one kind.
    case map(HeadSelection, QuerySelection, of: Modality? = nil)
    /// Small maps of some latents, averaged down to so many rows and columns; for maps of three
    /// axes, of one frame.
    case thumbnails(
      HeadSelection, Range<Int>, rows: Int, columns: Int, frame: Int, of: Modality? = nil)
    /// Small maps of all heads: over the input means over latents, else latents by latents or outputs.
    case headMaps(rows: Int, columns: Int, frame: Int, of: Modality?)
    /// The share of each latent's attention that goes to each kind of token.
    case shares(HeadSelection, [Modality])
    /// Latents by latents, averaged down so that no side is above `longest`.
    case matrix(HeadSelection, longest: Int)
    /// Who reads a key, at all cross-attentions up to the stage.
    case readers(key: Int)
    /// What every latent gives one key.
    case received(HeadSelection, key: Int)
    /// The picture that the decoder would give if the run ended with the stage, whose samples were
    /// scaled so.
    case reconstruction(PixelScaling)
    /// The flow that it would give.
    case flow
    /// The flow of frames that are larger than the model reads, from the first tiles of so many; each
    /// is a run of its own.
    case wholeFlow(Input, tiles: Int)
    /// Rows of a frame that a model of films would give: some of their pixels, from the first on.
    case filmPixels(Range<Int>)
    /// A map that explains.
    case why(ExplanationRequest)
    /// What becomes of a class where pixels are hidden in an order.
    case trust(PixelRanking, of: ExplanationTarget, TrustMeasure)
    /// Lines of a table of numbers.
    case table(NumberTable.Piece)
    /// Numbers of the table of heads: of a stage, or of all; with the pixels that are marked.
    case heads(HeadColumn, PixelMarks?, of: ExplanationTarget)
    /// The run on another input, and what is compared with it.
    case patching(Input, by: ExplanationTarget?)
    /// How far a part of another input brings the answer to that input's, or a class against another.
    case recovery(Input, PatchedPart, by: ExplanationTarget?)
    /// What some outputs of a decoder read of each latent, summed over them.
    case row(HeadSelection, outputs: [Int])
    /// What outputs read of the input through the decoder, or a class rests on, by way of the maps of
    /// one cross-attention; of the last if nil.
    case throughDecoder(ThroughDecoder.Subject, at: Int?)
    /// What the model would put at some positions of a text if the run ended with the stage.
    case predictions(at: [Int])
    /// The numbers of one row of the outputs.
    case outputRow(Int)
  }

  /// The stage's index in the run.
  public let stage: Int
  /// Before or after the softmax.
  public let value: AttentionValue
  /// What is asked.
  public let subject: Subject
  /// The generation of the run with changes that is asked; nil for the run as it is.
  let changed: Int?

  /// Whether it takes runs of its own, so that others do not wait for it.
  var takesRuns: Bool {
    switch subject {
    case .why, .trust, .table, .heads, .patching, .recovery, .throughDecoder, .flow, .wholeFlow,
      .filmPixels:
      true
    default: false
    }
  }

  /// The question whose answer this one begins with; nil for none.
  var basis: MapRequest? {
    switch subject {
    case .why(let explanation): explanation.coarser.map { .why($0, changed: changed) }
    case .trust(.map(let explanation), _, _): .why(explanation, changed: changed)
    case .wholeFlow(let input, let tiles) where tiles > 1:
      MapRequest(stage: stage, value: value, subject: .wholeFlow(input, tiles: tiles - 1))
    case .recovery(let source, _, let target):
      MapRequest(stage: 0, value: value, subject: .patching(source, by: target))
    default: nil
    }
  }

  /// A question about a stage.
  public init(stage: Int, value: AttentionValue, subject: Subject) {
    self.init(stage: stage, value: value, subject: subject, changed: nil)
  }

  /// A question about a stage of the run with changes, or of the run as it is if `changed` is nil.
  init(stage: Int, value: AttentionValue, subject: Subject, changed: Int?) {
    (self.stage, self.value, self.subject, self.changed) = (stage, value, subject, changed)
  }

  /// A map that explains: it is of no stage.
  static func why(_ explanation: ExplanationRequest, changed: Int?) -> MapRequest {
    MapRequest(stage: 0, value: .probabilities, subject: .why(explanation), changed: changed)
  }
}

/// The answer to a `MapRequest`.
public enum MapAnswer: Sendable {
  /// One map with its figures.
  case map(MeasuredMap)
  /// Small maps of latents or heads, `[maps, rows, columns]`, with the figures of all of them together.
  case thumbnails(MeasuredMap)
  /// Latents by latents, `[rows, columns]`; each entry averages `latentsPerEntry` squared.
  case matrix(MeasuredMap, latentsPerEntry: Int)
  /// Latents by what they give a key, the largest first.
  case received([LatentWeight])
  /// Shares by kind of token, `[latents, kinds]`.
  case shares(Tensor)
  /// A picture that a decoder gives.
  case reconstruction(Reconstruction)
  /// The flow of some tiles, and what is seen of it.
  case wholeFlow(FlowBlend, Reconstruction)
  /// Pixels that a model of films gives, `[pixels, 3]`.
  case pixels(Tensor)
  /// A map that explains.
  case explanation(ExplanationMap)
  /// A map that explains and is a mean over random half pictures, with what goes on from there.
  case sampled(ExplanationMap, SampledMap)
  /// Some numbers.
  case numbers([Double])
  /// Two runs, of which parts of one are put into the other.
  case patching(Patching)
  /// Who reads a key, the largest weights first.
  case readers([PixelReader])
  /// Numbers of heads, by the stage's index.
  case heads([Int: [Double]])
  /// Lines of a table of numbers.
  case table([NumberTable.Row])
  /// What a language model would put at positions of a text.
  case predictions([TokenPrediction])
  /// The numbers of one row of outputs, sorted.
  case outputRow(ClassScores)

  /// Bytes it takes, about.
  var cost: Int {
    switch self {
    case .map(let map), .thumbnails(let map), .matrix(let map, _): 8 * map.values.count + 64
    case .received(let weights): 16 * weights.count + 64
    case .wholeFlow(_, let given): 24 * given.values.count + 64
    case .reconstruction(let given): 8 * given.values.count + 64
    case .shares(let numbers), .pixels(let numbers): 4 * numbers.count + 64
    case .explanation(let map): 4 * map.values.count + 512
    case .sampled(let map, _): 28 * map.values.count + 512
    case .numbers(let numbers): 8 * numbers.count + 64
    case .patching(let patching):
      patching.source.stages.reduce(64) { $0 + 8 * $1.latents.count + 64 }
    case .readers(let readers): 32 * readers.count + 64
    case .heads(let stages): stages.values.reduce(64) { $0 + 8 * $1.count + 64 }
    case .table(let rows): rows.reduce(64) { $0 + 16 * $1.numbers.count + 64 }
    case .outputRow(let scores): 48 * scores.count + 64
    case .predictions(let all): all.reduce(64) { $0 + 16 * $1.best.count + 32 }
    }
  }
}

extension MapAnswer {
  /// The map that explains; nil where the answer is none.
  var explanation: ExplanationMap? {
    switch self {
    case .explanation(let map), .sampled(let map, _): map
    default: nil
    }
  }
}

/// A picture that a decoder gives.
public struct Reconstruction: Sendable {
  /// The outputs: `[height, width, channels]`.
  public let values: Tensor
  /// The picture they stand for.
  public let picture: PixelImage
  /// The field whose colours the picture has; nil where the outputs are no flow.
  public let flow: FlowField?

  init(values: Tensor, picture: PixelImage) {
    (self.values, self.picture, flow) = (values, picture, nil)
  }

  init(_ flow: FlowField) {
    (values, picture, self.flow) = (flow.flow, flow.picture, flow)
  }
}

/// What one latent gives a key.
public struct LatentWeight: Sendable, Hashable {
  /// The latent, from 0.
  public let latent: Int
  /// Its weight or score.
  public let weight: Float
}
