// How a family's package keeps what its models computed: the names in a file of reference values, and
// what of a run each of them is. The names themselves are each family's.

import Tensors

/// What is compared, whatever a package calls it.
public enum ReferenceQuantity: String, Sendable, Hashable, CaseIterable {
  /// What the model gives: logits, or a decoder's outputs.
  case output
  /// Latents behind stages.
  case embeddings
  /// Attention weights of a stage.
  case attention
  /// The shares of an attention residual.
  case residual
  /// Features of a linear attention.
  case linear
  /// What stages read: tokens, or what a decoder is asked.
  case prepared
}

/// What a family's files of reference values hold.
struct ReferenceForm: Sendable {
  /// A name under which an input may stand.
  struct Input: Sendable {
    /// Where a picture has its channels.
    enum Channels: Sendable { case first, last }

    let name: String
    let channels: Channels

    init(_ name: String, channels: Channels = .last) {
      (self.name, self.channels) = (name, channels)
    }
  }

  /// A name under which a mask may stand.
  struct Mask: Sendable {
    /// What a number other than zero says of a token.
    enum Meaning: Sendable { case isRead, isHidden }

    let name: String
    let meaning: Meaning

    init(_ name: String, _ meaning: Meaning) { (self.name, self.meaning) = (name, meaning) }
  }

  /// Names of the input, `[items, …axes, channels]` or with channels first; the first that is there
  /// is read.
  let inputs: [Input]
  /// Names of a mask `[items, …axes]`.
  var masks: [Mask] = []
  /// The name of what a decoder is asked, `[items, queries, channels]` or the same for all items.
  var queries: String?
  /// The name of sound beside frames, `[items, samples]`.
  var sound: String?
  /// Names of the points of a film that were asked for, of sound and of pixels.
  var points: (sound: String, pixels: String)?
  /// Names of what is there and not read.
  var passedOver: [String] = []
  /// What a complete run gives, by the package's names.
  let values: @Sendable (PerceiverRun) throws -> [ReferenceValue]

  /// Names of everything that a run is begun with.
  var namesOfInputs: Set<String> {
    let named = [queries, sound, points?.sound, points?.pixels].compactMap { $0 }
    return Set(inputs.map(\.name) + masks.map(\.name) + named + passedOver)
  }
}

/// A value of a run by its name in a file of reference values.
struct ReferenceValue {
  /// Whether a file must have it.
  enum Presence { case always, sometimes }
  /// Whose rows a file has.
  enum Items { case all, first }

  let name: String
  let quantity: ReferenceQuantity
  var presence = Presence.always
  var items = Items.all
  /// Makes the value; attention is large, so that it is made where it is compared.
  let tensor: () throws -> Tensor

  init(
    _ name: String, _ quantity: ReferenceQuantity, _ presence: Presence = .always,
    of items: Items = .all, _ tensor: @escaping () throws -> Tensor
  ) {
    (self.name, self.quantity, self.presence, self.items) = (name, quantity, presence, items)
    self.tensor = tensor
  }
}

/// Names with a number behind them, counted from 0: `attention.0`, `attention.1`.
struct ReferenceNumbering {
  private var counts: [String: Int] = [:]

  init() {}

  /// The next name of a kind.
  mutating func next(_ kind: String) -> String {
    defer { counts[kind, default: 0] += 1 }
    return "\(kind).\(counts[kind, default: 0])"
  }
}

extension StageAttention {
  /// All weights, `[heads, queries, keys]`.
  var referenceWeights: Tensor {
    get throws { try matrix(as: .probabilities) }
  }
}
