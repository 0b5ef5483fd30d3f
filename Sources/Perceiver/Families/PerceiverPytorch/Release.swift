// The releases of perceiver-pytorch, and which of its hyperparameters' meanings each one has.

/// A release of perceiver-pytorch.
public struct Release: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The three numbers.
  let parts: [Int]

  init(_ major: Int, _ minor: Int, _ patch: Int) { parts = [major, minor, patch] }

  /// The release of a version such as `0.8.1`, if there was one.
  public init?(_ version: String) {
    guard let release = Self.all.first(where: { $0.description == version }) else { return nil }
    self = release
  }

  /// The version: `0.8.1`.
  public var description: String { parts.map(String.init).joined(separator: ".") }

  public static func < (left: Release, right: Release) -> Bool {
    left.parts.lexicographicallyPrecedes(right.parts)
  }

  /// The release whose numerics are the default.
  public static let latest = Release(0, 11, 0)

  /// Every release whose models can be run, oldest first.
  public static let all: [Release] = [
    (1, [14, 15, 16, 17, 18, 19, 20]), (2, [0, 1]), (3, [0]), (4, [0]), (5, [0, 1]),
    (6, [0, 1, 2]), (7, Array(0...5)), (8, Array(0...8)), (9, [0]), (10, [0, 1]), (11, [0]),
  ].flatMap { minor, patches in patches.map { Release(0, minor, $0) } }
}

/// What a release computes differently from others with the same hyperparameters.
///
/// Ranges of releases stand here and nowhere else.
struct ReleaseRules: Sendable, Hashable {
  /// How queries and data are normalised; contexts always have a layer norm.
  let norm: NormBlock.Kind
  let bands: FourierEncoding.Spacing
  let tying: WeightTying
  /// Whether the latents' positions are rotated into queries and keys of self-attention.
  let hasRotaryLatents: Bool
  /// Whether an attention residual normalises what it weighs.
  let residualNorm: ResidualNorm
  /// Whether Perceiver IO reads its input in every layer, and not only once.
  let readsInputInEveryLayer: Bool
  /// Whether a layer's latent blocks are made, and so drawn, before its cross-attention.
  let drawsLatentBlocksFirst: Bool
  let decoderFeedForward: DecoderFeedForward

  /// What an attention residual does first to the outputs that it weighs.
  enum ResidualNorm: Sendable, Hashable { case rootMeanSquare, none }

  /// What follows Perceiver IO's decoder.
  enum DecoderFeedForward: Sendable, Hashable {
    case none, added
    /// 0.6.0 alone has one always, in place of the decoder's output.
    case replacing
  }

  init(_ configuration: PerceiverConfiguration) {
    let (release, variant) = (configuration.release, configuration.variant)
    func isIn(_ first: (Int, Int), _ last: (Int, Int)) -> Bool {
      (Release(0, first.0, first.1)...Release(0, last.0, last.1)).contains(release)
    }
    norm = release <= Release(0, 1, 15) ? .rootMeanSquare : .layer
    bands = Self.spacing(release, base: configuration.freqBase)
    tying = Self.tying(release, variant, isTied: configuration.weightTieLayers)
    hasRotaryLatents =
      variant == .perceiver && isIn((3, 0), (4, 0)) && configuration.selfAttnRelPos
    residualNorm = release == Release(0, 10, 0) ? .none : .rootMeanSquare
    readsInputInEveryLayer = !variant.hasDecoder || release <= Release(0, 6, 2)
    drawsLatentBlocksFirst =
      (variant == .perceiver && (Release(0, 2, 0)...Release(0, 10, 1)).contains(release))
      || (variant.hasDecoder && readsInputInEveryLayer)
    decoderFeedForward =
      switch release {
      case Release(0, 6, 0): .replacing
      case Release(0, 6, 2)...: configuration.decoderFF ? .added : .none
      default: .none
      }
  }

  private static func spacing(_ release: Release, base: Double) -> FourierEncoding.Spacing {
    switch release {
    case ...Release(0, 2, 0): .powers(of: base, fromExponent: 1)
    case ...Release(0, 7, 1): .powers(of: base, fromExponent: 0)
    case Release(0, 7, 2): .naturalLogarithmsToBaseTen
    case Release(0, 7, 3): .powers(of: 10, fromExponent: 0)
    default: .linear
    }
  }

  static func tying(
    _ release: Release, _ variant: Variant, isTied: Bool
  ) -> WeightTying {
    guard isTied else { return WeightTying(firstShared: nil, sharesBlocks: false) }
    let firstShared =
      switch release {
      case ...Release(0, 1, 14): 0
      case ...Release(0, 1, 16): 2
      default: variant.hasDecoder && release >= Release(0, 7, 0) ? 0 : 1
      }
    let sharesBlocks = (Release(0, 2, 0)...Release(0, 8, 0)).contains(release)
    return WeightTying(firstShared: firstShared, sharesBlocks: sharesBlocks)
  }
}

/// Which layers use another layer's parameters.
struct WeightTying: Sendable, Hashable {
  /// The layer whose parameters it and all later ones use; nil if every layer has its own.
  let firstShared: Int?
  /// Whether all latent blocks of the shared layers are one block.
  let sharesBlocks: Bool

  /// The layer whose parameters a layer uses.
  func stored(layer: Int) -> Int { firstShared.map { min(layer, $0) } ?? layer }

  /// The block whose parameters a block of a layer uses.
  func stored(block: Int, inLayer layer: Int) -> Int {
    guard sharesBlocks, let firstShared, layer >= firstShared else { return block }
    return 0
  }

  /// How many layers have parameters of their own.
  func distinctLayers(of depth: Int) -> Int {
    firstShared.map { min(depth, $0 + 1) } ?? depth
  }
}
