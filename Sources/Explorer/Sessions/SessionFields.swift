// The tables of a session file's fields, from which it is both written and read. README.md beside
// this file lists them for people.

import Inputs
import Perceiver
import Pictures
import Tensors

extension SavedSession: SessionRecord {
  static let fields: [SessionField<SavedSession>] = [
    .record("input", \.open.input, "what the model looks at"),
    .record("model", \.open.model, "the model"),
    .record("show", \.open.show, "what is shown"),
    .record("without", \.open.without, "what is taken away from the run"),
    .record(
      "pinned", \.pinned, "the view that is pinned: input, model, show and without of its own"),
    .choice("comparison", \.comparison, "how both views are shown"),
    .files("inputs", \.inputs, "the inputs that were given together"),
    .number("input-number", \.inputIndex, "which of them is open"),
    .record("screen", \.screen, "what surrounds the map"),
  ]
}

extension SavedExploration: SessionRecord {
  static let fields: [SessionField<SavedExploration>] = [
    .record("input", \.input, "what the model looks at"),
    .record("model", \.model, "the model"),
    .record("show", \.show, "what is shown"),
    .record("without", \.without, "what is taken away from the run"),
  ]
}

extension SavedInput: SessionRecord {
  static let fields: [SessionField<SavedInput>] = [
    .file("file", \.file, "a file or folder"),
    .files("files", \.files, "files that are one input together"),
    .text("text", \.text, "a text in place of a file"),
    .number("window", \.window, "which part of a longer text or film"),
    .value(
      "max-side", \.reading.longestSide, "the longest side that a photo keeps, or none",
      write: { side, _ in
        switch side {
        case .customary: nil
        case .unlimited: .string("none")
        case .pixels(let count): .integer(count)
        }
      },
      read: { value, place throws(SessionError) in
        if value == .string("none") { return .unlimited }
        guard case .integer(let count) = value, (1...65536).contains(count) else {
          throw place.wrong(expected: "a whole number from 1 to 65536, or none", value)
        }
        return .pixels(count)
      }),
    .flag("crop", \.reading.cutsMiddle, "whether the middle is cut out as the model's folder says"),
    .text("array", \.reading.arrayName, "the array of an archive"),
    .value(
      "mean", \.reading.scaling.mean, "subtracted from a photo's samples",
      write: SessionNumbers.write, read: SessionNumbers.read { $0 >= -1e6 }),
    .value(
      "std", \.reading.scaling.deviation, "what the rest is divided by",
      write: SessionNumbers.write, read: SessionNumbers.read { $0 >= Preprocessing.leastDeviation }),
    .flag("raw", \.reading.isRaw, "whether an array's numbers are used as they are"),
    .flag("strict", \.reading.refusesFlaws, "whether damaged photos are refused"),
    .flag("fit", \.isAsTrained, "whether photos are prepared like the model's training data"),
    .file("mask", \.mask, "which tokens may be read"),
    .file("queries", \.queries, "what a decoder is asked"),
  ]
}

extension SavedModel: SessionRecord {
  static let fields: [SessionField<SavedModel>] = [
    .file("weights", \.weights, "the file or folder of weights; without one it is untrained"),
    .text("hub", \.hubName, "in place of weights: a model of the Hub's local cache, OWNER/NAME"),
    .text("state-dict", \.stateDict, "which state dict of the file"),
    .text("prefix", \.prefix, "what the names of its tensors begin with"),
    .file(
      "config", \.configuration, "the file of its arguments, where it is not beside the weights"),
    .value(
      "seed", \.seed, "the seed of an untrained model",
      // JSON readers keep no more digits than a Double has.
      write: { seed, _ in seed < 1 << 53 ? .integer(Int(seed)) : .string("\(seed)") },
      read: { value, place throws(SessionError) in
        switch value {
        case .integer(let number) where number >= 0: return UInt64(number)
        case .string(let text):
          if let seed = UInt64(text) { return seed }
        default: break
        }
        throw place.wrong(expected: "a whole number from 0 to \(UInt64.max)", value)
      }),
    .hyperparameters("hyperparameters", \.given, "those that it is opened with"),
    .hyperparameters("changed", \.changed, "those that were changed in the program"),
    .hyperparameters("draft", \.draft, "those that are changed and not applied"),
  ]
}

extension SavedView: SessionRecord {
  static let fields: [SessionField<SavedView>] = [
    .text("stage", \.stage, "the name of the stage"),
    .text("computed", \.computed, "the last stage that is computed, where it is a later one"),
    .number("cross-head", \.selection.crossHead, "the head at cross-attentions"),
    .number("latent-head", \.selection.latentHead, "the head at self-attentions of latents"),
    .flag("mean-over-heads", \.selection.headsAreAveraged, "the mean over heads in place of one"),
    .number("latent", \.selection.latent, "the latent"),
    .choice("latents", \.selection.latents, "one latent, or their mean or maximum"),
    .choice("value", \.selection.value, "after the softmax, or before it"),
    .number("output", \.selection.output, "the decoder's output whose reading is shown"),
    .value(
      "tokens", \.selection.tokens, "selected tokens of a text",
      write: { tokens, _ in .array(tokens.map { .integer($0 + 1) }) },
      read: { value, place throws(SessionError) in
        try SessionValue.list(value, place) { value, place throws(SessionError) in
          try SessionValue.number(value, place, in: SessionValue.counted) - 1
        }
      }),
    .choice("scale", \.options.transfer, "how values become shades"),
    .choice("scale-of", \.options.scaleScope, "whose numbers the scale is fitted to"),
    .lockedNumbers("locked-numbers", \.options.lockedNumbers, "the numbers of a locked scale"),
    .choice("colour-map", \.options.colours, "how shades become colours"),
    .choice("overlay", \.options.overlay, "how much of the photo the map covers"),
    .choice(
      "cross-view", \.options.crossView, among: [.one, .grid, .sideBySide, .shares],
      "the large pane at cross-attentions"),
    .choice(
      "latent-view", \.options.latentView, among: [.matrix, .one],
      "the large pane at self-attentions of latents"),
    .choice(
      "decoder-view", \.options.decoderView, among: [.row, .matrix, .one, .grid],
      "the large pane at a decoder"),
    .choice(
      "changes", \.options.mappedRun, "maps with what is hidden or off, or without it"),
    .replacement("instead", \.options.replacement, "what stands in place of the map"),
    .decoderClass("decoder-class", "the class that is looked at through the decoder"),
    .file("patch", \.patchFile, "the file whose latents are put in"),
    .value(
      "method", \.options.why.method, "the method of a map that explains",
      write: { method, _ in method.map { .string($0) } },
      read: { value, place throws(SessionError) in
        let name = try SessionValue.text(value, place)
        guard ExplanationMethod.named(name) != nil else {
          throw place.wrong(
            expected: "one of \(ExplanationMethod.all.map(\.name).joined(separator: ", "))", value)
        }
        return name
      }),
    .value(
      "class", \.options.why.choice, "the class that is explained: answer, second or its number",
      write: { choice, _ in ClassWord.write(choice) }, read: ClassWord.read),
    .value(
      "against", \.options.why.against, "what it is compared with: auto, nothing or a class",
      write: { against, _ in
        switch against {
        case .automatic: .string("auto")
        case .nothing: .string("nothing")
        case .choice(let choice): ClassWord.write(choice)
        }
      },
      read: { value, place throws(SessionError) in
        if value == .string("auto") { return .automatic }
        if value == .string("nothing") { return .nothing }
        return .choice(try ClassWord.read(value, place))
      }),
    .value(
      "zoom", \.options.zoom, "how often the picture is doubled",
      write: { zoom, _ in .integer(zoom) },
      read: { value, place throws(SessionError) in
        try SessionValue.number(value, place, in: 1...1 << 16)
      }),
    .value(
      "centre", \.options.centre, "the middle of what is shown, in shares of width and height",
      write: { centre, _ in .array([.real(centre.x), .real(centre.y)]) },
      read: { value, place throws(SessionError) in
        let numbers = try SessionValue.list(value, place, SessionValue.real)
        guard numbers.count == 2, numbers.allSatisfy({ (0...1).contains($0) }) else {
          throw place.wrong(expected: "two numbers from 0 to 1", value)
        }
        var centre = ViewCentre()
        (centre.x, centre.y) = (numbers[0], numbers[1])
        return centre
      }),
    .number("frame", \.options.frame, "the frame of a film"),
    .text("modality", \.options.modality, "the kind of tokens over which maps are shown"),
    .flag(
      "follows-latent", \.options.why.followsLatent, "whether a rollout follows the latent alone"),
    .texts(
      "object", \.object,
      "pixels of the object that maps are held against, as those that are hidden"
    ),
  ]
}

extension SavedChanges: SessionRecord {
  static let fields: [SessionField<SavedChanges>] = [
    .value(
      "axes", \.axes, "the axes of the tokens of which some are hidden",
      write: { axes, _ in .array(axes.map { .integer($0) }) },
      read: { value, place throws(SessionError) in
        try SessionValue.list(value, place) { value, place throws(SessionError) in
          try SessionValue.number(value, place, in: 1...1 << 26)
        }
      }),
    .texts(
      "hidden", \.hidden,
      "the hidden ones: ROW,COLUMN,HEIGHTxWIDTH from 0, in films with FRAME: before it"),
    .texts(
      "hidden-at", \.hiddenAt, "the cross-attentions that do not read them; without it, none does"),
    .texts("off", \.off, "latents, heads and stages that are off"),
  ]
}

extension SavedScreen: SessionRecord {
  static let fields: [SessionField<SavedScreen>] = [
    .choice("hints", \.hints, "sentences under the title"),
    .choice("pane", \.focus, "the pane that keys of lists go to"),
    .text("hyperparameter", \.hyperparameter, "the chosen hyperparameter"),
    .number("cursor", \.cursor, "the token that the cursor is at, row by row"),
    .number("latent-cursor", \.latentCursor, "the latent that it is at over latents"),
    .choice("heads-by", \.sorting, "the column by which the table of heads is sorted"),
    .choice("heads-as", \.headForm, "what it shows of each head: numbers or maps"),
    .choice(
      "heads-scale-of", \.headScale, among: [.map, .shared],
      "whose numbers the scales of heads' maps are fitted to"),
    .text("head", \.head, "the chosen head of that table"),
    .number(
      "table-by", \.tableSorting, in: 1...1 << 12,
      "the column by which a table of numbers is sorted"),
    .text("table-row", \.tableRow, "the chosen line of that table"),
    .number("channel", \.channels.chosen, "the chosen channel of positions"),
    .flag("channel-large", \.channels.isOpen, "whether it is shown large, in place of all"),
    .number("reader", \.reader, in: 1...1 << 20, "the chosen line of the list of readers"),
  ]
}
