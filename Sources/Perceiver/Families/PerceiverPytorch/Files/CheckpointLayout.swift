// The names that releases of perceiver-pytorch gave a model's parameters, as renaming rules.

import Foundation

/// A layout: whose it is, how it is recognised, and its names in 0.11.0's terms.
struct CheckpointLayout: Sendable {
  /// The class; a language model has the layout of the Perceiver IO inside it.
  let variant: Variant
  /// The first and last release that wrote it.
  let releases: ClosedRange<Release>
  /// Parameters that this layout has and none above it in the table.
  private let marks: [String]
  /// Parameters that this layout never has.
  private let lacks: [String]
  /// What some of its files have otherwise.
  private let variation: Variation?
  /// From a stored name to 0.11.0's: in each step the first rule that fits renames. Backwards for the
  /// way to a stored name.
  private var steps: [[Rule]]

  /// One rule: names that match the pattern become the replacement. `#` stands for a number and `*`
  /// for the least text up to what follows it, kept in order; the rest of the name after the pattern
  /// is kept as it is.
  fileprivate struct Rule: Sendable {
    let pattern: String
    let replacement: String

    init(_ pattern: String, _ replacement: String) {
      self.pattern = pattern
      self.replacement = replacement
    }
  }

  /// Files of a layout whose names are like the others' but stand for other parameters.
  fileprivate struct Variation: Sendable {
    /// A parameter that is in all of the layout's files with such names, and what tells these apart: so
    /// many axes.
    let mark: (name: String, axes: Int)
    /// The releases that wrote them.
    let releases: [Release]
    /// A step before the layout's own.
    let rules: [Rule]
  }

  private init(
    _ variant: Variant, _ releases: ClosedRange<Release>, marks: [String],
    lacks: [String] = ["data_proj.weight"], variation: Variation? = nil, _ steps: [Rule]...
  ) {
    self.variant = variant
    (self.releases, self.marks, self.lacks) = (releases, marks, lacks)
    (self.variation, self.steps) = (variation, steps)
  }

  /// The layout of those of its files that its variation is about.
  private var varied: CheckpointLayout {
    guard let variation else { return self }
    var result = self
    result.steps.insert(variation.rules, at: 0)
    return result
  }

  private static let nested = [
    Rule("layers.#.0.", "layers.#.cross_attn."),
    Rule("layers.#.1.", "layers.#.cross_ff."),
    Rule("layers.#.2.#.#.", "layers.#.self_attns.#.#."),
    Rule("layers.#.3.to_attn_logits.", "attn_residuals.#.to_attn_logits."),
  ]
  private static let flat = [
    Rule("layers.#.0.", "layers.#.cross_attn."),
    Rule("layers.#.1.", "layers.#.cross_ff."),
    Rule("layers.#.2.", "layers.#.self_attns.0.0."),
    Rule("layers.#.3.", "layers.#.self_attns.0.1."),
  ]
  // The head had no mean of its own before 0.7.1, so its norm and linear layer were 0 and 1.
  private static let headFromZero = [
    Rule("to_logits.0.", "to_logits.1."), Rule("to_logits.1.", "to_logits.2."),
  ]
  // Before 0.8.0 a dropout stood after an attention's output and inside the feed-forward, and what
  // follows it was numbered one higher.
  private static let dropouts = [
    Rule("layers.*.fn.to_out.0.", "layers.*.fn.to_out."),
    Rule("layers.*.fn.net.3.", "layers.*.fn.net.2."),
  ]
  // The linear attention had no dropout: its to_out kept its number.
  private static let linearAttentionAsItIs = [Rule("layers.#.4.", "layers.#.4.")]
  // 0.10.0's residuals have no norm, and number their two layers from 0: the first is then a matrix. A
  // third layer, which none has, stays one too many.
  private static func residualsWithoutNorm(_ first: String) -> Variation {
    let all = first.replacing(".0.", with: ".#.")
    return Variation(
      mark: (first + "to_attn_logits.0.weight", 2), releases: [Release(0, 10, 0)],
      rules: (0...2).map {
        Rule("\(all)to_attn_logits.\($0).weight", "\(all)to_attn_logits.\($0 + 1).weight")
      })
  }
  private static let inputReadOnce = [
    Rule("cross_attend_blocks.0.", "cross_attend_block.cross_attn."),
    Rule("cross_attend_blocks.1.", "cross_attend_block.cross_ff."),
    Rule("layers.#.0.", "layers.#.self_attns.0.0."),
    Rule("layers.#.1.", "layers.#.self_attns.0.1."),
    Rule("layers.#.2.to_attn_logits.", "attn_residuals.#.to_attn_logits."),
  ]

  /// Every layout, in the order in which a file is held against them.
  static let readable: [CheckpointLayout] = [
    .init(
      .io, Release(0, 11, 0)...Release(0, 11, 0),
      marks: ["decoder_cross_attn.fn.to_q.weight", "cross_attend_block.cross_attn.fn.to_q.weight"],
      variation: residualsWithoutNorm("attn_residuals.0.")),
    .init(
      .io, Release(0, 7, 0)...Release(0, 10, 1),
      marks: ["decoder_cross_attn.fn.to_q.weight", "cross_attend_blocks.0.fn.to_q.weight"],
      variation: residualsWithoutNorm("layers.0.2."), inputReadOnce),
    .init(
      .io, Release(0, 5, 0)...Release(0, 6, 2),
      marks: ["decoder_cross_attn.fn.to_q.weight", "layers.0.0.norm_context.weight"],
      nested),
    .init(
      .bottomUp, Release(0, 8, 7)...Release(0, 11, 0),
      marks: ["data_proj.weight", "layers.0.4.fn.to_qkv.weight", "layers.0.0.fn.to_out.weight"],
      lacks: []),
    .init(
      .bottomUp, Release(0, 1, 14)...Release(0, 1, 15),
      marks: ["data_proj.weight", "layers.0.4.fn.to_qkv.weight", "layers.0.0.fn.to_out.0.weight"],
      lacks: [], linearAttentionAsItIs + dropouts),
    .init(
      .gated, Release(0, 8, 7)...Release(0, 11, 0),
      marks: ["layers.0.0.gru.weight_ih", "layers.0.0.fn.fn.to_out.weight"]),
    .init(
      .gated, Release(0, 1, 14)...Release(0, 7, 1),
      marks: ["layers.0.0.gru.weight_ih", "layers.0.0.fn.fn.to_out.0.weight"], dropouts),
    .init(
      .mixedLatents, Release(0, 8, 7)...Release(0, 11, 0),
      marks: ["layers.0.2.fn.0.weight", "layers.0.0.fn.to_out.weight"]),
    .init(
      .mixedLatents, Release(0, 4, 0)...Release(0, 7, 1),
      marks: ["layers.0.2.fn.0.weight", "layers.0.0.fn.to_out.0.weight"], dropouts),
    .init(
      .perceiver, Release(0, 11, 0)...Release(0, 11, 0),
      marks: ["layers.0.cross_attn.fn.to_q.weight"],
      variation: residualsWithoutNorm("attn_residuals.0.")),
    .init(
      .perceiver, Release(0, 8, 0)...Release(0, 10, 1), marks: ["layers.0.0.fn.to_out.weight"],
      variation: residualsWithoutNorm("layers.0.3."), nested),
    .init(
      .perceiver, Release(0, 1, 14)...Release(0, 1, 15),
      marks: ["layers.0.0.fn.to_out.0.weight", "layers.0.2.norm.g"], flat + headFromZero,
      dropouts),
    .init(
      .perceiver, Release(0, 1, 16)...Release(0, 1, 20),
      marks: ["layers.0.0.fn.to_out.0.weight", "layers.0.2.norm.weight"],
      flat + headFromZero, dropouts),
    .init(
      .perceiver, Release(0, 7, 1)...Release(0, 7, 5),
      marks: ["layers.0.0.fn.to_out.0.weight", "to_logits.2.weight"], nested, dropouts),
    .init(
      .perceiver, Release(0, 2, 0)...Release(0, 7, 0),
      marks: ["layers.0.0.fn.to_out.0.weight", "to_logits.1.weight"],
      nested + headFromZero, dropouts),
    .init(
      .perceiver, Release(0, 7, 1)...Release(0, 7, 5), marks: ["layers.0.0.fn.to_out.0.weight"],
      nested, dropouts),
  ]

  /// What a file is when none of the layouts fits: a parameter it has, and its name.
  static let known: [(mark: String, is: String)] = [
    ("embeddings.latents", "a HuggingFace Perceiver"),
    ("pos_emb", "a Perceiver of a release before 0.1.12"),
    ("data_proj.weight", "a bottom-up Perceiver of a release before 0.1.10"),
    ("decoder_cross_attn.fn.to_q.weight", "a Perceiver IO of no known release"),
  ]

  /// Parameters that are together only in releases before the readable ones.
  private static let foreign: [Set<String>] = [["pos_emb", "layers.0.2.norm.g"]]

  /// The layout of the names that begin so.
  ///
  /// - Parameter axes: How many axes a tensor has; nil where there is none of the name.
  static func of(
    _ names: Set<String>, behind prefix: String, axes: (String) -> Int?
  ) -> CheckpointLayout? {
    func isThere(_ name: String) -> Bool { names.contains(prefix + name) }
    guard !foreign.contains(where: { $0.allSatisfy(isThere) }) else { return nil }
    let layout = readable.first { layout in
      layout.marks.allSatisfy(isThere) && !layout.lacks.contains(where: isThere)
    }
    guard let layout, let mark = layout.variation?.mark else { return layout }
    return axes(prefix + mark.name) == mark.axes ? layout.varied : layout
  }

  /// The layout that a release of a class writes.
  static func layout(of variant: Variant, in release: Release) -> CheckpointLayout? {
    let inner = variant == .languageModel ? .io : variant
    let layout = readable.first { $0.variant == inner && $0.releases.contains(release) }
    let isVaried = layout?.variation?.releases.contains(release) ?? false
    return isVaried ? layout?.varied : layout
  }

  /// The releases that wrote it and in which its class works.
  var candidates: [Release] { variant.releases.filter(releases.contains) }

  /// A stored name as release 0.11.0 calls it.
  func canonicalName(_ name: String) -> String {
    steps.reduce(name) { $1.renamed($0) }
  }

  /// A name of release 0.11.0 as this layout calls it: the steps backwards.
  func storedName(_ canonical: String) -> String {
    steps.reversed().reduce(canonical) { name, rules in rules.map(\.reversed).renamed(name) }
  }
}

extension [CheckpointLayout.Rule] {
  /// A name by the first rule that fits; as it is where none does.
  fileprivate func renamed(_ name: String) -> String {
    for rule in self {
      if let renamed = rule.applied(to: name) { return renamed }
    }
    return name
  }
}

extension CheckpointLayout.Rule {
  fileprivate var reversed: Self { Self(replacement, pattern) }

  fileprivate func applied(to name: String) -> String? {
    var rest = Substring(name)
    var kept: [Substring] = []
    for (index, character) in zip(pattern.indices, pattern) {
      switch character {
      case "#":
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return nil }
        kept.append(digits)
        rest = rest.dropFirst(digits.count)
      case "*":
        guard let next = rest.range(of: pattern[pattern.index(after: index)...]) else { return nil }
        kept.append(rest[..<next.lowerBound])
        rest = rest[next.lowerBound...]
      default:
        guard rest.first == character else { return nil }
        rest = rest.dropFirst()
      }
    }
    var result = ""
    for character in replacement {
      if "#*".contains(character), !kept.isEmpty {
        result += kept.removeFirst()
      } else {
        result.append(character)
      }
    }
    return result + rest
  }
}
