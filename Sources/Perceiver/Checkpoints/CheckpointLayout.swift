// The names that releases of perceiver-pytorch gave a model's parameters, as renaming rules.

/// A layout: which releases wrote it, how it is recognised, and its names in 0.11.0's terms.
struct CheckpointLayout: Sendable {
  /// The releases, for people: `0.11.0`.
  let releases: String
  /// A parameter that this layout has and no other.
  let mark: String
  private let rules: [Rule]

  /// One rule: names that match the pattern become the replacement. `#` stands for a number, kept
  /// in order; the rest of the name after the pattern is kept as it is.
  fileprivate struct Rule: Sendable {
    let pattern: String
    let replacement: String
  }

  /// The layouts of the main class that can be read, newest first.
  static let readable: [CheckpointLayout] = [
    CheckpointLayout(releases: "0.11.0", mark: "layers.0.cross_attn.fn.to_q.weight", rules: []),
    CheckpointLayout(
      releases: "0.8.0 to 0.10.1", mark: "layers.0.0.fn.to_out.weight",
      rules: [
        Rule(pattern: "layers.#.0.", replacement: "layers.#.cross_attn."),
        Rule(pattern: "layers.#.1.", replacement: "layers.#.cross_ff."),
        Rule(pattern: "layers.#.2.#.#.", replacement: "layers.#.self_attns.#.#."),
        Rule(
          pattern: "layers.#.3.to_attn_logits.", replacement: "attn_residuals.#.to_attn_logits."),
      ]),
  ]

  /// What a file is when none of the readable layouts fits: a parameter it has, and its name.
  static let known: [(mark: String, is: String)] = [
    ("embeddings.latents", "a HuggingFace Perceiver"),
    ("token_emb.weight", "a PerceiverLM"),
    ("decoder_cross_attn.norm.weight", "a PerceiverIO"),
    ("data_proj.weight", "an experimental (bottom-up) Perceiver"),
    ("layers.0.0.gru.weight_ih", "a gated Perceiver"),
    ("layers.0.2.fn.0.weight", "a mixed-latents Perceiver"),
    ("layers.0.0.fn.to_out.0.weight", "a Perceiver of a release before 0.8.0"),
  ]

  /// A stored name as release 0.11.0 calls it.
  func canonicalName(_ name: String) -> String {
    for rule in rules {
      if let renamed = rule.applied(to: name) { return renamed }
    }
    return name
  }
}

extension CheckpointLayout.Rule {
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
