// Where in a file's names a model is: behind which beginning, in which layout, and what is not its own.

import Tensors

/// What stands around a model's names, and whose layout they have.
struct ModelNames {
  /// What every name of the model begins with: `module.`, `model.`, `student.encoder.`, or nothing.
  let prefix: String
  /// A language model holds a Perceiver IO, and tables of its own beside it.
  let isLanguageModel: Bool
  let layout: CheckpointLayout

  private static let inner = "perceiver_io."
  private static let latents = "latents"
  /// More beginnings than this are of no checkpoint.
  private static let mostPrefixes = 1000

  /// Every model among some names.
  ///
  /// - Parameter axes: How many axes a tensor has, as far as that is known.
  static func all(
    in names: [String], axes: (String) -> Int? = { _ in nil }
  ) -> [ModelNames] {
    let prefixes = names.beginnings(of: latents)
    guard !prefixes.isEmpty else { return [] }
    let set = Set(names)
    return prefixes.prefix(mostPrefixes).compactMap { prefix in
      let isLanguageModel = isLanguageModel(prefix, set)
      guard let layout = CheckpointLayout.of(set, behind: prefix, axes: axes) else { return nil }
      return ModelNames(
        prefix: isLanguageModel ? String(prefix.dropLast(inner.count)) : prefix,
        isLanguageModel: isLanguageModel, layout: layout)
    }
  }

  private init(prefix: String, isLanguageModel: Bool, layout: CheckpointLayout) {
    (self.prefix, self.isLanguageModel, self.layout) = (prefix, isLanguageModel, layout)
  }

  /// The one model of some names.
  ///
  /// - Parameters:
  ///   - chosen: What its names begin with, if that was chosen.
  ///   - axes: How many axes a tensor has.
  /// - Throws: `CheckpointError` with what the names are instead.
  init(in names: [String], behind chosen: String?, axes: (String) -> Int?) throws {
    let all = Self.all(in: names, axes: axes)
    let exact = all.filter { $0.prefix == chosen }
    let models = exact.isEmpty ? all : exact
    if let only = models.first, models.count == 1 {
      self = only
      return
    }
    if let flat = names.first(where: { $0.hasSuffix("_flat_param") || $0.hasSuffix("flat_param") })
    {
      throw CheckpointError(
        "tensor \(printable(flat)): expected parameters by their names, found FSDP's flattened "
          + "ones; save a full state dict (StateDictType.FULL_STATE_DICT)")
    }
    let prefixes = names.beginnings(of: Self.latents)
    guard let prefix = prefixes.first, prefixes.count == 1 || !models.isEmpty else {
      throw CheckpointError(
        "expected one tensor called latents, found \(prefixes.isEmpty ? "none" : "\(prefixes.count)")"
      )
    }
    guard models.isEmpty else {
      let ways = models.prefix(8).map {
        "--prefix \($0.prefix.isEmpty ? "\"\"" : printable($0.prefix))"
      }
      throw CheckpointError(
        "expected one model, found \(models.count); choose with \(ways.joined(separator: ", or "))")
    }
    let set = Set(names)
    let known = CheckpointLayout.known.first { known in
      set.contains(prefix + known.mark)
        || names.contains { $0 == known.mark || $0.hasSuffix("." + known.mark) }
    }
    throw CheckpointError(
      "expected a model of perceiver-pytorch 0.1.14 to 0.11.0, found "
        + (known?.is ?? "other tensors (no layers.0.cross_attn.fn.to_q.weight)"))
  }

  private static func isLanguageModel(_ prefix: String, _ names: Set<String>) -> Bool {
    prefix == inner || prefix.hasSuffix("." + inner)
      ? names.contains(prefix.dropLast(inner.count) + "token_emb.weight") : false
  }

  /// A stored name as release 0.11.0 calls it; nil if it is not one of the model's.
  ///
  /// - Throws: `CheckpointError` for a name that is one of the model's but for one bit.
  func canonicalName(_ name: String) throws -> String? {
    guard name.hasPrefix(prefix), isOwn(name.dropFirst(prefix.count)) else {
      try checkNoDamage(name)
      return nil
    }
    let own = String(name.dropFirst(prefix.count))
    guard isLanguageModel, own.hasPrefix(Self.inner) else { return layout.canonicalName(own) }
    return Self.inner + layout.canonicalName(String(own.dropFirst(Self.inner.count)))
  }

  /// What models have at their top; everything else there is somebody else's.
  private static let parts: Set<String> = [
    "latents", "layers", "to_logits", "attn_residuals", "decoder_cross_attn", "decoder_ff",
    "cross_attend_block", "cross_attend_blocks", "data_proj", "sinu_emb", "token_emb", "pos_emb",
    "perceiver_io",
  ]

  private func isOwn(_ name: Substring) -> Bool {
    Self.parts.contains(String(Substring(name.utf8.prefix { $0 != UInt8(ascii: ".") })))
  }

  /// Checks that a name which is left out is not one of the model's with a bit flipped: the
  /// format has no checksum, and a model without one of its optional parts is another model.
  ///
  /// - Throws: `CheckpointError`.
  func checkNoDamage(_ name: String) throws {
    for part in Self.parts {
      let whole = prefix + part
      guard name.utf8.count >= whole.utf8.count else { continue }
      let flipped = zip(name.utf8, whole.utf8).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
      let next = name.utf8.dropFirst(whole.utf8.count).first
      let isFlipped = flipped == 1 && (next == nil || next == UInt8(ascii: "."))
      let isCut =
        flipped == 0 && next.map { ($0 ^ UInt8(ascii: ".")).nonzeroBitCount == 1 } ?? false
      guard !isFlipped, !isCut else {
        throw CheckpointError(
          "tensor \(printable(name)): expected \(whole) or another name, found one that differs "
            + "from it in one bit: the file may be damaged")
      }
    }
  }
}
