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
  private let rules: [Rule]

  /// One rule: names that match the pattern become the replacement. `#` stands for a number, kept
  /// in order; the rest of the name after the pattern is kept as it is.
  fileprivate struct Rule: Sendable {
    let pattern: String
    let replacement: String

    init(_ pattern: String, _ replacement: String) {
      self.pattern = pattern
      self.replacement = replacement
    }
  }

  private init(
    _ variant: Variant, _ first: Release, _ last: Release, marks: [String], rules: [Rule] = []
  ) {
    self.variant = variant
    releases = first...last
    self.marks = marks
    self.rules = rules
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
  // The linear attention's to_out kept its number.
  private static let linearAttentionAsItIs = [Rule("layers.#.4.", "layers.#.4.")]
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
      .io, Release(0, 11, 0), Release(0, 11, 0),
      marks: ["decoder_cross_attn.fn.to_q.weight", "cross_attend_block.cross_attn.fn.to_q.weight"]
    ),
    .init(
      .io, Release(0, 7, 0), Release(0, 10, 1),
      marks: ["decoder_cross_attn.fn.to_q.weight", "cross_attend_blocks.0.fn.to_q.weight"],
      rules: inputReadOnce),
    .init(
      .io, Release(0, 5, 0), Release(0, 6, 2),
      marks: ["decoder_cross_attn.fn.to_q.weight", "layers.0.0.norm_context.weight"],
      rules: nested),
    .init(
      .bottomUp, Release(0, 8, 7), Release(0, 11, 0),
      marks: ["data_proj.weight", "layers.0.4.fn.to_qkv.weight", "layers.0.0.fn.to_out.weight"],
      rules: linearAttentionAsItIs),
    .init(
      .bottomUp, Release(0, 1, 14), Release(0, 1, 15),
      marks: ["data_proj.weight", "layers.0.4.fn.to_qkv.weight", "layers.0.0.fn.to_out.0.weight"],
      rules: linearAttentionAsItIs),
    .init(
      .gated, Release(0, 8, 7), Release(0, 11, 0),
      marks: ["layers.0.0.gru.weight_ih", "layers.0.0.fn.fn.to_out.weight"]),
    .init(
      .gated, Release(0, 1, 14), Release(0, 7, 1),
      marks: ["layers.0.0.gru.weight_ih", "layers.0.0.fn.fn.to_out.0.weight"]),
    .init(
      .mixedLatents, Release(0, 8, 7), Release(0, 11, 0),
      marks: ["layers.0.2.fn.0.weight", "layers.0.0.fn.to_out.weight"]),
    .init(
      .mixedLatents, Release(0, 4, 0), Release(0, 7, 1),
      marks: ["layers.0.2.fn.0.weight", "layers.0.0.fn.to_out.0.weight"]),
    .init(
      .perceiver, Release(0, 11, 0), Release(0, 11, 0),
      marks: ["layers.0.cross_attn.fn.to_q.weight"]),
    .init(
      .perceiver, Release(0, 8, 0), Release(0, 10, 1), marks: ["layers.0.0.fn.to_out.weight"],
      rules: nested),
    .init(
      .perceiver, Release(0, 1, 14), Release(0, 1, 15),
      marks: ["layers.0.0.fn.to_out.0.weight", "layers.0.2.norm.g"], rules: flat + headFromZero),
    .init(
      .perceiver, Release(0, 1, 16), Release(0, 1, 20),
      marks: ["layers.0.0.fn.to_out.0.weight", "layers.0.2.norm.weight"],
      rules: flat + headFromZero),
    .init(
      .perceiver, Release(0, 7, 1), Release(0, 7, 5),
      marks: ["layers.0.0.fn.to_out.0.weight", "to_logits.2.weight"], rules: nested),
    .init(
      .perceiver, Release(0, 2, 0), Release(0, 7, 0),
      marks: ["layers.0.0.fn.to_out.0.weight", "to_logits.1.weight"],
      rules: nested + headFromZero),
    .init(
      .perceiver, Release(0, 7, 1), Release(0, 7, 5), marks: ["layers.0.0.fn.to_out.0.weight"],
      rules: nested),
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
  static func of(_ names: Set<String>, behind prefix: String = "") -> CheckpointLayout? {
    func isThere(_ name: String) -> Bool { names.contains(prefix + name) }
    guard !foreign.contains(where: { $0.allSatisfy(isThere) }) else { return nil }
    return readable.first { layout in
      layout.marks.allSatisfy(isThere)
        && (layout.variant == .bottomUp || !isThere("data_proj.weight"))
    }
  }

  /// The layout that a release of a class writes.
  static func layout(of variant: Variant, in release: Release) -> CheckpointLayout? {
    let inner = variant == .languageModel ? .io : variant
    return readable.first { $0.variant == inner && $0.releases.contains(release) }
  }

  /// The releases that wrote it and in which its class works.
  var candidates: [Release] { variant.releases.filter(releases.contains) }

  /// A stored name as release 0.11.0 calls it.
  func canonicalName(_ name: String) -> String {
    for rule in rules {
      guard let renamed = rule.applied(to: name) else { continue }
      return rule.pattern == rule.replacement ? renamed : withoutDropoutLayers(renamed)
    }
    return withoutDropoutLayers(name)
  }

  // Before 0.8.0 a dropout stood after an attention's output and inside the feed-forward, and what
  // follows it was numbered one higher.
  private func withoutDropoutLayers(_ name: String) -> String {
    guard releases.lowerBound < Release(0, 8, 0), name.hasPrefix("layers.") else { return name }
    for (old, new) in [(".fn.to_out.0.", ".fn.to_out."), (".fn.net.3.", ".fn.net.2.")] {
      guard let range = name.range(of: old) else { continue }
      return name.replacingCharacters(in: range, with: new)
    }
    return name
  }

  /// A name of release 0.11.0 as this layout calls it: the rules backwards.
  func storedName(
    _ canonical: String, residualNorm: AttentionResidualBlock.Norm
  ) -> String {
    var name = canonical
    if residualNorm == .none {
      // Without its norm a residual's two layers are numbered from 0.
      name = name.replacing("to_attn_logits.1.", with: "to_attn_logits.0.")
        .replacing("to_attn_logits.2.", with: "to_attn_logits.1.")
    }
    for rule in rules {
      guard let stored = rule.reversed.applied(to: name) else { continue }
      return rule.pattern == rule.replacement && stored.contains(".to_out.")
        ? stored : withDropoutLayers(stored)
    }
    return withDropoutLayers(name)
  }

  private func withDropoutLayers(_ name: String) -> String {
    guard variant != .io, releases.upperBound < Release(0, 8, 0), name.hasPrefix("layers.") else {
      return name
    }
    return name.replacing(".fn.to_out.", with: ".fn.to_out.0.")
      .replacing(".fn.net.2.", with: ".fn.net.3.")
  }
}

extension CheckpointLayout {
  /// Names in which the two layers of an attention residual are numbers 1 and 2, behind its norm:
  /// 0.10.0 has none, and numbers them from 0.
  ///
  /// - Parameters:
  ///   - names: Stored names by names of 0.11.0.
  ///   - shape: The shape of a stored tensor.
  static func countingResidualNorms(
    _ names: [String: String], shape: (String) -> [Int]?
  ) -> [String: String] {
    let beginnings = ["", "perceiver_io."].map { $0 + LayerName.residuals }
    guard names.keys.contains(where: { beginnings.contains(where: $0.hasPrefix) }) else {
      return names
    }
    var result: [String: String] = [:]
    for (name, stored) in names {
      // Other names stay, to be refused as left over.
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      guard let parsed = LayerName(name), parsed.list == LayerName.residuals,
        parts.last == "weight",
        parsed.parameter.split(separator: ".").count == 3,
        let number = Int(parts[parts.count - 2]), (0..<Int.max).contains(number),
        "\(number)" == parts[parts.count - 2]
      else {
        result[name] = stored
        continue
      }
      func layer(_ number: Int) -> String { "\(parsed.owner).to_attn_logits.\(number).weight" }
      let isWithoutNorm = names[layer(0)].flatMap { shape($0)?.count } == 2
      result[layer(isWithoutNorm ? number + 1 : number)] = stored
    }
    return result
  }
}

extension CheckpointLayout.Rule {
  fileprivate var reversed: Self { Self(replacement, pattern) }

  fileprivate func applied(to name: String) -> String? {
    var rest = Substring(name)
    var numbers: [Substring] = []
    for character in pattern {
      if character == "#" {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return nil }
        numbers.append(digits)
        rest = rest.dropFirst(digits.count)
      } else {
        guard rest.first == character else { return nil }
        rest = rest.dropFirst()
      }
    }
    var result = ""
    for character in replacement {
      if character == "#", !numbers.isEmpty {
        result += numbers.removeFirst()
      } else {
        result.append(character)
      }
    }
    return result + rest
  }
}
