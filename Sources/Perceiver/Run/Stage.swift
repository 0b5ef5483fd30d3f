// One step of a run, and everything that can be asked of it afterwards.

import Tensors

/// Where a stage stands in the model, known before it is computed.
public struct StageID: Sendable, Hashable, Identifiable {
  /// What a stage begins with.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Latents attend to the input's tokens.
    case crossAttention = "cross-attention"
    /// Latents attend to latents.
    case latentSelfAttention = "latent self-attention"
    /// Latents are mixed without attention (mixed-latents variant).
    case latentMixing = "latent mixing"
    /// Tokens attend to tokens through sums of features (bottom-up variant).
    case linearAttention = "linear attention"
    /// Tokens attend to latents (bottom-up variant).
    case reverseCrossAttention = "reverse cross-attention"
    /// Output queries attend to latents (Perceiver IO).
    case decoderCrossAttention = "decoder cross-attention"
  }

  /// The stage's index in the run, from 0.
  public let index: Int
  /// What it begins with.
  public let kind: Kind
  /// Its layer, from 0.
  public let layer: Int
  /// Its block among the layer's latent blocks, from 0; 0 for cross-attention.
  public let block: Int
  /// Its attention's heads; 0 where it has no attention.
  public let heads: Int

  /// The index, unique in a run.
  public var id: Int { index }

  /// The name people read, counted from 1: `cross 2`, `latent 2.1`.
  public var name: String {
    switch kind {
    case .latentSelfAttention: "\(kind.word) \(layer + 1).\(block + 1)"
    case .decoderCrossAttention: kind.word
    default: "\(kind.word) \(layer + 1)"
    }
  }

  /// What a file of the stage is called, without its ending: `01-latent-1.1`, the index from 0 in as
  /// many digits as the last stage's needs, at least two, and the name.
  ///
  /// - Parameter stages: How many the run has.
  public func fileStem(ofStages stages: Int) -> String {
    let width = max(2, String(max(0, stages - 1)).count)
    let number = String(index)
    let zeros = String(repeating: "0", count: max(0, width - number.count))
    return "\(zeros)\(number)-\(name.replacing(" ", with: "-"))"
  }

  /// Whether a text is one that `fileStem` gives for some stage of some run.
  public static func isFileStem(_ text: some StringProtocol) -> Bool {
    guard let dash = text.firstIndex(of: "-") else { return false }
    let words = text[text.index(after: dash)...].split(
      separator: "-", omittingEmptySubsequences: false)
    guard text[..<dash].count >= 2,
      text[..<dash].allSatisfy({ $0.isASCII && $0.isNumber }), words.count <= 2,
      Kind.allCases.contains(where: { $0.word == words[0] })
    else { return false }
    return words.count == 1
      || String(words[1]).wholeMatch(of: #/[0-9]+(\.[0-9]+)?/#) != nil
  }
}

extension StageID.Kind {
  /// The word that names of its stages begin with.
  public var word: String {
    switch self {
    case .crossAttention: "cross"
    case .latentSelfAttention: "latent"
    case .latentMixing: "mixing"
    case .linearAttention: "linear"
    case .reverseCrossAttention: "reverse"
    case .decoderCrossAttention: "decoder"
    }
  }

  /// What a map of the stage lies over.
  public enum MapGround: Sendable, Hashable {
    /// The input's tokens: a photo's pixels.
    case tokens
    /// The latents.
    case latents
    /// The decoder's queries, which may stand at the input's positions.
    case outputs
  }

  /// What a map of the stage lies over; nil where there is no attention.
  public var mapGround: MapGround? {
    switch self {
    case .crossAttention, .linearAttention, .reverseCrossAttention: .tokens
    case .latentSelfAttention: .latents
    case .decoderCrossAttention: .outputs
    case .latentMixing: nil
    }
  }

  /// Whether the stage changes the tokens, and not the latents.
  var changesTokens: Bool { self == .linearAttention || self == .reverseCrossAttention }
}

extension StageID.Kind {
  /// The kind whose stages have names that begin as a text does; nil where there is none.
  public init?(ofStageNamed text: String) {
    let first = text.asStageName.prefix { $0 != " " }
    guard let kind = Self.allCases.first(where: { $0.word == first }) else { return nil }
    self = kind
  }
}

extension Collection<StageID> {
  /// The stage of a name: `cross 2`, or `cross-2` as in file names, in letters of either size; nil
  /// where none is called so.
  public func stage(named name: String) -> StageID? {
    let name = name.asStageName
    return first { $0.name == name }
  }

  /// The stage of a number, counted from 1, or of a name; nil where there is none.
  public func stage(_ numberOrName: String) -> StageID? {
    guard let number = Int(numberOrName) else { return stage(named: numberOrName) }
    return first { $0.index + 1 == number }
  }
}

extension String {
  /// A text with the spaces and letters that a stage's name has.
  fileprivate var asStageName: String {
    lowercased().split { $0 == " " || $0 == "-" }.joined(separator: " ")
  }
}

/// A computed stage of a run: attention or mixing, then perhaps a feed-forward.
public struct Stage: Sendable {
  /// Where it stands.
  public let id: StageID
  /// The latents after it: `[latents, dim]`.
  public let latents: Tensor
  /// Its attention, recomputed as it is asked for; nil for latent mixing, which has none.
  public let attention: StageAttention?
  /// The tokens after it, `[tokens, channels]`, where it changed them.
  public let tokens: Tensor?
  /// The decoder's outputs, `[…queries, channels]`, before the last linear layer.
  public let outputs: Tensor?
  /// Where an attention residual ends the stage: the share of each earlier layer's output,
  /// `[latents, dim]` each, the initial latents' first (Perceiver IO: the first cross-attention's).
  public let residualShares: [Tensor]
  /// Wall-clock time it took, in seconds.
  public let seconds: Double
  /// Of that, the time of its attention or mixing with its norms, before gate and feed-forward.
  public let operationSeconds: Double
}
