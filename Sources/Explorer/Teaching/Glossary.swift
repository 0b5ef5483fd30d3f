// The words of models and attention, each with what it means, for :help WORD. Those of the screen are
// in ScreenWords.swift.

/// A word with its meaning.
package struct GlossaryEntry: Sendable, Hashable {
  /// The word, as the screen has it.
  package let word: String
  /// Other forms of it that people may type.
  let others: [String]
  /// What it means, in a few sentences.
  package let meaning: String

  init(_ word: String, _ others: [String] = [], _ meaning: String) {
    (self.word, self.others, self.meaning) = (word, others, meaning)
  }

  /// A column of the table of heads: called as it is there, with the meaning that it has there.
  init(_ column: HeadColumn, _ others: [String] = [], _ more: String = "") {
    self.init(
      column.rawValue, [column.words().title, column.words().shortTitle] + others,
      Self.sentence(of: column.words().meaning, in: HeadsPane.topic)
        + (more.isEmpty ? "" : " " + more))
  }

  /// What a column means, in a sentence that says in which table.
  static func sentence(of meaning: String, in table: String) -> String {
    "In the \(table): \(meaning)."
  }

  /// Whether this is what a person typed.
  func isCalled(_ text: String) -> Bool { ([word] + others).contains { $0.isSpelled(like: text) } }

  /// What it means in a sentence: the first.
  var brief: String {
    meaning.firstRange(of: ". ").map { String(meaning[..<$0.lowerBound]) + "." } ?? meaning
  }

  /// All words, in alphabetical order.
  package static let all: [GlossaryEntry] = (terms + numbers + panes).sorted { $0.word < $1.word }

  /// The words of models and attention.
  private static let terms: [GlossaryEntry] = [
    .init(
      "attention", ["attend"],
      "How much each reader takes from each token or latent that it may read. It compares its query "
        + "with the key of each, which gives scores; the softmax makes weights of them that sum to 1; "
        + "what is read is the values of all, by these weights."),
    .init(
      "block", ["blocks", "layer"],
      "The stages of one layer: a cross-attention, if it has one, and the self-attentions behind it."
    ),
    .init(
      "chance", [],
      "What an answer would be worth that knows nothing: 1 divided by the number of classes. A mark on "
        + "the bars of the classes stands there."),
    .init(
      "class", ["classes"],
      "One of the answers that a classifier chooses from. The pane shows how sure the model would be "
        + "of each if the run ended with the shown stage."),
    .init(
      .content, ["content share"],
      "0 means that the map would be the same over any picture. Beside a map that explains, the content "
        + "share says how far that map is from the same map of a grey picture."),
    .init(
      "cross-attention", ["cross"],
      "A stage in which the latents read the input: all pixels, tokens or samples. Its map lies over "
        + "the picture."),
    .init(
      "decoder", ["decoder cross-attention"],
      "The last attention of a Perceiver IO: output queries read the latents, and each becomes one "
        + "output, such as a pixel, a byte or the answer."),
    .init(
      "entropy", ["nats"],
      "How evenly a map is spread, in nats. 0 means that one token has all the weight; the most is the "
        + "logarithm of the number of tokens, where all have the same. The readout says it in pixels "
        + "too: half the weight lies in so many of them."),
    .init(
      "fourier", ["channel", "position", "positions", "position encoding", "encoding"],
      "The position encoding of a Perceiver: sines and cosines of a pixel's row and column at several "
        + "frequencies, put beside its colour. Without it the model could not tell where a pixel lies. "
        + "num_freq_bands says how many frequencies there are, and max_freq how fine the finest is. "
        + ":channels shows them."
    ),
    .init(
      "gain", [],
      "Whether a map that explains is to be believed: insertion less deletion. Pixels are shown, or "
        + "hidden, in the order of the map; a good map makes the answer rise early and fall early. "
        + "Beside it stands the gain of a random order."),
    .init(
      "head", ["heads"],
      "An attention has one or more heads. Each compares queries and keys in its own way and reads by "
        + "its own weights, so each has a map of its own."),
    .init(.importance),
    .init(
      "kl", ["divergence"],
      "The Kullback-Leibler divergence, in nats: how far the probabilities of all classes moved. 0 means "
        + "not at all."),
    .init(
      "latent", ["latents"],
      "One of the model's own vectors. They start out the same for every input, read it in the "
        + "cross-attentions, and read each other in between. The answer is made from what they hold at "
        + "the end."),
    .init(
      "latent mixing", ["mixing"],
      "A stage in which a perceptron mixes the latents, each channel by itself. It has no attention, and "
        + "so no map."),
    .init(
      "linear attention", ["linear"],
      "A stage in which the tokens read each other through sums of features, and not one by one. Its "
        + "maps are of features."),
    .init(
      "logit", ["logits"],
      "The number that a model gives a class before the softmax. Only differences between logits mean "
        + "something: each nat of difference is a factor of 2.72 between two probabilities."),
    .init(
      "map", ["maps"],
      "How much one reader reads from each token: one stage, one head, one latent. Bright means more, "
        + "and the whole map sums to 1."),
    .init(
      "overlay", [],
      "How much of the map covers the photo: off, half or full; alone shows the map without the photo."
    ),
    .init(
      "percentile", ["scale", "transfer", "linear", "log"],
      "How numbers become shades. linear: twice the number is twice as bright. log: each step in "
        + "brightness is a factor. percentile: brightness is the rank, so that the darkest half of the "
        + "pixels is the half that is read least."),
    .init(
      "probability", ["probabilities", "weight", "weights", "softmax"],
      "An attention's weights after the softmax: none is negative, and those of one reader sum to 1."
    ),
    .init(
      "rank", [],
      "Where a number stands among all numbers of the map: rank 1 is the largest."),
    .init(
      "relevance", ["why", "explanation"],
      "What the answer rests on: attention times its gradient, followed from the answer back to the "
        + "input. It says what mattered, where a map of attention says only what was read."),
    .init(
      "reverse cross-attention", ["reverse"],
      "A stage in which the tokens read the latents, and change."),
    .init(
      "score", ["scores"],
      "The product of a query with a key, before the softmax. Its size means nothing by itself: only "
        + "the differences within one map count."),
    .init(
      "seed", ["random", "untrained"],
      "The number from which an untrained model's weights are drawn, as torch.manual_seed takes it. The "
        + "same seed draws the same weights."),
    .init(
      "self-attention", ["self", "latent self-attention"],
      "A stage in which the latents read each other. They have no position in the picture, so its map "
        + "is a matrix: a row reads, a column is read."),
    .init(
      "stage", ["stages"],
      "One step of a run: an attention and the layers behind it. A run is a list of stages, and the "
        + "line at the bottom shows them."),
    .init(
      "token", ["tokens", "pixel", "pixels"],
      "One part of the input that can be read: a pixel, a byte of a text, some samples of a sound."
    ),
  ]

  /// The entries of a word, in any of its forms; the one that has it for its own comes first.
  package static func named(_ text: String) -> [GlossaryEntry] {
    let found = all.filter { $0.isCalled(text) }
    return found.filter { $0.word.isSpelled(like: text) }
      + found.filter { !$0.word.isSpelled(like: text) }
  }
}

extension String {
  /// Whether it is the same name as another, capitals or not; of single letters, which may be keys,
  /// capitals are others.
  func isSpelled(like other: String) -> Bool {
    self == other || other.count > 1 && lowercased() == other.lowercased()
  }
}
