// The words under which panes show numbers, and what they mean: for `?` and :help WORD.

import Perceiver

/// A word before a number on the screen. The glossary has an entry for each.
package enum ScreenWord: String, Sendable, CaseIterable {
  // The readout
  case half = "half the weight"
  case entropy, max, min, mean, sum, weight, score, value, rank, rgb
  case topReaders = "top readers"
  case topSources = "top sources"
  // What a model costs
  case parameters, arithmetic, memory
  // A training
  case step, learns, loss, accuracy
  case stepsPerSecond = "steps/s"
  case learningRate = "learning rate"
  case epoch, gradient, snapshots
  // Classes, what a map means, the legend
  case chance
  case divergence = "KL"
  case gain
  case content = "content share"
  case object, pointing
  case squaredError = "mean squared error"
}

extension GlossaryEntry {
  /// What half pictures are called where the input is no picture.
  private static let otherHalves: [String] =
    ["half picture"] + [TokenWords.frames, .text, .line].map(\.halves)

  /// The words before numbers.
  static let numbers: [GlossaryEntry] = [
    .init(
      "accuracy", [],
      "The share of examples that a training's model answers rightly. Of few examples it says little."
    ),
    .init(
      "arithmetic", ["flop", "flops", "kflop", "mflop", "gflop", "tflop"],
      "Additions and multiplications of one run. They are counted as the papers do, each by itself: a "
        + "GFLOP is a billion of them. What is computed here may be fewer."),
    .init(.effect, ["Δp"]),
    .init(
      "epoch", ["epochs"],
      "One pass of a training over all its examples. Steps that learn one picture are an epoch each."
    ),
    .init(
      "gradient", ["gradients", "gradient norm"],
      "Which way, and how steeply, the loss changes with the weights. A training shows its length: a "
        + "number that grows and grows says that the learning rate is too high."),
    .init(
      "half the weight", ["half"],
      "How few tokens hold half of the map's weight. The fewer they are, the more the reader picks out; "
        + "a map that is the same everywhere needs half of all tokens."),
    .init(
      "half pictures", otherHalves,
      "Random parts of the picture. Each of its axes is divided into 7 parts, or into its pixels where "
        + "they are fewer, and each square of these is read with probability one half. Some methods "
        + "of why take means over many such pictures. Of other inputs they are half films, half "
        + "texts, half inputs."),
    .init(
      "hatched", ["hatch", "hatching"],
      "The pattern on pixels that are hidden by hand, and in place of a text's tokens that are. What is "
        + "hidden is not read, by any stage or by those that were named. A rectangle that is being "
        + "marked is hatched too."),
    .init(
      "learning rate", ["learning-rate", "rate"],
      "How far a step of training moves the weights. It rises in the first steps, and falls towards the "
        + "end."),
    .init(
      "learns", ["lesson"],
      "What a training teaches: to reconstruct this picture, or to tell the classes of some data apart."
    ),
    .init(
      "loss", ["cross-entropy"],
      "What training makes small: how far the answers are from right ones. For a reconstruction "
        + "it is the mean squared error; for classes the cross-entropy, which is minus the logarithm "
        + "of the right class's probability."),
    .init(.marks, ["hidden pixels"], "Pixels are hidden by hand."),
    .init(
      "max", ["maximum", "largest"],
      "The largest number of the map. In a title, the maximum of latents is a map by itself: at each "
        + "token the most that any latent reads there."),
    .init(
      "mean", ["average", "averaged"],
      "The sum of all numbers, divided by how many there are. In a title, the mean of latents or heads "
        + "is a map by itself: at each token their mean."),
    .init(
      "mean squared error", ["mse", "squared error"],
      "How far a reconstruction is from its picture. It is the mean over all numbers of their squared "
        + "difference, in the scale that the model reads; 0 is the picture itself."),
    .init(
      "memory", ["bytes"],
      "Bytes of weights, tokens and kept stages at the end of a run."),
    .init(
      "min", ["minimum", "least"],
      "The smallest number of the map."),
    .init(
      "ms", ["millisecond", "milliseconds"],
      "Thousandths of a second. In the title they are how long the shown stage took to compute; from a "
        + "second on it is given in s."),
    .init(
      "object", ["object mask"],
      "Pixels that a person marked and kept, with :object keep. The readout says how much of the shown "
        + "map lies on them, and in what share of the picture."),
    .init(
      "parameters", ["parameter"],
      "How many numbers the model is made of: its weights. They are learnt, or drawn at random; layers "
        + "that share theirs count once."),
    .init(
      "pointing", ["pointing game"],
      "Whether the largest number of the map lies on the object that was kept, or beside it."),
    .init(
      "recovery", ["recovered"],
      "How much of the other picture's answer a part of its run brings over: 0 nothing, 1 all of it."
    ),
    .init(
      "rgb", ["red", "green", "blue"],
      "The colour of the pixel at the cursor: how much red, green and blue it has, from 0 to 255 each. "
        + "Of a token that stands for several pixels it is that of one of them."),
    .init(
      "snapshots", ["snapshot", "moment"],
      "States of a training that were kept, to go back to."),
    .init(
      "step", ["steps", "steps/s"],
      "One change of the weights in a training, after a batch of examples."),
    .init(
      "sum", ["total"],
      "All numbers of the map together: 1 of one reader's weights. The maximum over latents has more, "
        + "and scores have any sum."),
    .init(
      "top readers", ["top reader", "top sources", "top source", "read by"],
      "The latents with the largest weights on the pixel at the cursor, the largest first. Where tokens "
        + "read latents, the top sources are what the pixel reads most of."),
    .init(
      "value", ["values"],
      "The number of a map that explains, at the cursor. In attention a value is what is read of a token "
        + "once its weight is known, beside the key by which it is found."),
  ]

  /// The parts of the screen.
  static let panes: [GlossaryEntry] = [
    .init(
      "curve", [],
      "A map over one axis: high columns are read more. The strip under them has the same numbers as "
        + "shades."),
    .init(
      "figure 3", ["figure"],
      "The photo beside the scores of many latents, as the paper's Figure 3 has them."),
    .init(
      "grid", ["grid of latents"],
      "A small map for each latent. A click or Enter opens one; what is not shown is counted at the end."
    ),
    .init(
      "hyperparameters", ["hyperparameter", "list of hyperparameters"],
      "What can be chosen of a model before it learns: its size and how it reads. A star marks a change "
        + "that is not applied, = what weights fix. Under the list stands what the model costs."),
    .init(
      "kinds of tokens", ["shares", "shares by kind", "modality"],
      "How each latent's attention is divided among frames, sound and label: a column for each latent."
    ),
    .init(
      "legend", ["ramp", "colour map", "colours"],
      "Which shade is which number: the ends of the ramp are the least and the largest that are drawn. "
        + "Averaged says that a cell shows the mean of several pixels."),
    .init(
      "list of readers", ["who reads"],
      "Who reads the pixel at the cursor: every computed stage, head and latent, the largest weight "
        + "first. times uniform compares with a map that is the same everywhere."),
    .init(
      "maps of heads", ["stages × heads", "heads by stages"],
      "A small map for each head of each stage: a row for a stage, a column for a head."),
    .init(
      "matrix", ["latent matrix"],
      "All latents by all that is read: a row for each reader, a column for each latent or output that "
        + "is read or reads."),
    .init(
      "pinned view", ["pin", "pinned", "difference", "comparison"],
      "A view that was kept to be compared with what is shown now, beside it, or subtracted from it."
    ),
    .init(
      "readout", [],
      "Numbers of what is shown: the token under the cursor first, then the map as a whole."),
    .init(
      "reconstruction", ["flow", "frame"],
      "What the decoder makes if the run ends with the shown stage: a picture, a flow field, a frame."
    ),
    .init(
      "side by side", [],
      "The photo beside the map, where the screen is wide."),
    .init(
      "strip", ["strip of latents"],
      "Small maps of the latents around the chosen one, which has its number in brackets."),
    .init(
      "table of heads", ["heads table"],
      "A line for each head of each stage, with numbers that may be sorted by. The one that is chosen can "
        + "be switched off."),
    .init(
      "table of numbers", ["tables", "sweep"],
      "Numbers about the whole run: what the answer loses without each stage, head or latent, what each "
        + "part adds to it, how stages and heads work, and whether a map survives random weights."),
    .init(
      "text", [],
      "A map over a text: each character is as bright as its token is read."),
    .init(
      "through the decoder", [],
      "What the answer read of the input: the decoder's weights on latents times what those latents "
        + "read."),
    .init(
      "training", [],
      "How the training goes: its figures, and the loss of every step as a curve."),
    .init(
      "what the map means", ["trust"],
      "What the map that explains says, in a sentence, and whether it is to be believed: its gain, and "
        + "the class's probability without the map's first eighth beside a random eighth, and how much "
        + "of the map follows the picture."),
    .init(
      "where the answer is carried", ["patching", "patch strip"],
      "Two bars for each stage. The first says how much of the other picture's answer comes over with "
        + "its latents after the stage, the second how much by that stage's reading alone."),
    .init(
      "whole photo", ["photo"],
      "The photo as it was opened, with a frame around the part that the model reads."),
  ]
}
