// The two sentences under the title: what the picture shows, and what to press next.
// The first stands here, the second in NextKeys.swift; HintPane draws the fullest that fits.

import Perceiver
import Pictures
import Screens

/// What is said under the title, made from the stage and the state.
package struct HintText: Sendable, Hashable {
  /// What the picture shows, from the fullest wording to the briefest.
  package let meaning: [String]
  /// What to press next, from the fullest wording to the briefest.
  package let next: [String]

  package init(_ state: ExplorerState) {
    meaning = Meaning(state).forms
    next = NextKeys(state).forms
  }
}

// MARK: - What the picture shows

/// The sentence about the picture.
private struct Meaning {
  let state: ExplorerState

  init(_ state: ExplorerState) { self.state = state }

  /// From the fullest to the briefest: first without the words on random weights, then without the
  /// explanation of brightness.
  var forms: [String] {
    if let hyperparameter = unsaidHyperparameter { return hyperparameter }
    let (full, brief) = sentence
    let changes = changeWords
    return Length.allCases.map { full + changes.full + source($0) }
      + [source(.brief), source(.least), ""].map { brief + changes.full + $0 }
      + [brief + changes.brief, brief]
  }

  /// The sentence in full, and its beginning alone.
  private var sentence: (full: String, brief: String) {
    if let placeholder { return (placeholder, placeholder) }
    if state.isDifferenceShown {
      if let reason = state.absentDifference {
        return (reason.capitalisedFirst + ".", reason.capitalisedFirst + ".")
      }
      let words = "Warm where this view has more than the pinned one, cold where it has less."
      return (words, words)
    }
    if state.isWhyShown { return why }
    if state.areReadersShown {
      return (
        "Who reads the pixel at the cursor, at every computed stage: the largest weight first.",
        "Who reads the pixel at the cursor: the largest weight first."
      )
    }
    if state.areHeadTilesShown {
      return (
        "Every head of every stage, on average over latents; of self-attention each row is one latent, "
          + "and what it reads of all.",
        "Every head of every stage, on average over latents."
      )
    }
    if state.isHeadTableShown {
      let brief = "One line for each head: low entropy = it reads few tokens"
      guard state.headColumns.contains(.importance) else { return (brief + ".", brief + ".") }
      return (brief + ", high importance = the answer needs it.", brief + ".")
    }
    if let table = state.shownNumberTable {
      return (state.sentence(of: table), state.briefSentence(of: table))
    }
    if state.isPatchShown {
      let other = state.tokenWords.other
      return (
        "How much of \(other)'s answer comes over when its latents are put in after each stage: "
          + "1 = all of it.",
        "How much of \(other)'s answer comes over at each stage."
      )
    }
    if state.areChannelsShown { return channels }
    if state.isThroughDecoderShown { return throughDecoder }
    if state.isWholePhotoShown {
      return (
        "The whole photo as it was opened; the model reads only what is inside the frame.",
        "The whole photo; the model reads what is inside the frame."
      )
    }
    if state.isReconstructionShown { return given }
    if state.isFigureShown {
      return (
        "The photo beside the scores of many latents, as in Figure 3 of the paper.",
        "The photo beside the scores of many latents."
      )
    }
    return attention
  }

  /// What the chosen hyperparameter is and may be, where its pane has no room for that.
  private var unsaidHyperparameter: [String]? {
    guard state.focus == .hyperparameters,
      let area = state.layout?.area(of: HyperparametersPane.self),
      !HyperparametersPane.explains(state, in: area)
    else { return nil }
    return HyperparametersPane.wordsAbove(state)
  }

  /// What is said while there is no map: what is on its way, or why there is none.
  private var placeholder: String? {
    if state.run == nil {
      return state.isBuilding
        ? "The model is being built. \(inputWords.capitalisedFirst) is what it will read."
        : "There is no model: its hyperparameters cannot be had together."
    }
    guard let stageID = state.stageID, state.stage == nil, state.choices.view.replacement == nil
    else { return nil }
    return "\(stageID.name) is being computed. Until then you see \(inputWords)."
  }

  /// The input, as one calls it.
  private var inputWords: String {
    if state.choices.input.isText { return "the text" }
    return state.choices.input.hasPictures ? "the photo" : "the input"
  }

  private var why: (String, String) {
    // What a map says is untrue of a photo without one.
    if state.isWhyDeclined, state.shownWhy == nil {
      let words = "There is no map: it was stopped, or failed."
      return (words, words)
    }
    guard let claim = state.whyClaim else { return ("Why it answered so.", "Why.") }
    return (claim.whole + ".", claim.brief + ".")
  }

  private var channels: (String, String) {
    let what = state.choices.input.hasPictures ? "each pixel" : "each token"
    guard state.channelTable.isOpen else {
      return (
        "What the model is told of where \(what) lies: waves along each axis, bright = +1, "
          + "dark = -1.",
        "What the model is told of where \(what) lies."
      )
    }
    return (
      "One number of \(what) that says where it lies: bright = +1, dark = -1.",
      "One number of \(what) that says where it lies."
    )
  }

  private var throughDecoder: (String, String) {
    if case .throughDecoder(_?) = state.choices.view.replacement {
      let many = state.mapLiesOverLatents ? "latents" : state.tokenWords.many
      return (
        "Warm \(many) speak for the class, cold ones against it, past all later stages.",
        "Warm \(many) speak for the class, cold ones against it."
      )
    }
    return (
      "What the answer read of \(inputWords): the decoder's weights on latents times what those "
        + "latents read.",
      "What the answer read of \(inputWords), through the decoder."
    )
  }

  private var given: (String, String) {
    if let training = state.training, training.lesson.data == nil {
      return (
        "What the model makes of positions alone after \(training.step) "
          + "step\(training.step == 1 ? "" : "s"): it learns to "
          + "reconstruct the picture.",
        "The reconstruction after \(training.step) step\(training.step == 1 ? "" : "s")."
      )
    }
    // After the decoder the run is over, and the reconstruction is what it answers.
    let isLast = state.stageID?.kind == .decoderCrossAttention
    let latents =
      isLast ? "the latents" : "the latents after \(state.stageID?.name ?? "this stage")"
    switch state.givenPicture {
    case .flow?:
      return (
        "How far each pixel moves to the next frame: the colour is the direction, as on the wheel.",
        "How pixels move: the colour is the direction."
      )
    case .frames?:
      let words = "The frame that the decoder makes of \(latents)."
      return (words, words)
    case .reconstruction?, nil:
      return (
        "The reconstruction: the picture that the decoder makes of \(latents).",
        "What the decoder makes of \(latents)."
      )
    }
  }

  private var attention: (String, String) {
    guard let stageID = state.stageID else { return ("", "") }
    guard let ground = stageID.kind.mapGround else {
      let words = "\(stageID.name) mixes the latents without attention, so it has no map."
      return (words, words)
    }
    switch state.mapView {
    case .shares:
      let words = "How each latent divides its attention among the kinds of tokens."
      return (words, words)
    case .row:
      return (
        "What \(state.open.outputCount == 1 ? "the answer" : "this output") reads of "
          + "\(latents): a high bar = read more.",
        "What \(state.open.outputCount == 1 ? "the answer" : "this output") reads of \(latents)."
      )
    case .matrix:
      guard ground == .latents else {
        return (
          "Each row is a latent, each column an output that reads it: \(bright).",
          "Rows are latents, columns outputs: \(bright)."
        )
      }
      return (
        "Each row is a latent that reads, each column a latent that is read: \(bright).",
        "Rows read, columns are read: \(bright)."
      )
    case .grid:
      return (
        "A small map for each of \(latents): \(bright).", "A small map for each latent: \(bright)."
      )
    case .one, .sideBySide:
      if isPhotoAlone {
        let words = "The photo alone: the map over it is switched off."
        return (words, words)
      }
      return one(ground)
    }
  }

  /// The sentence about one map.
  private func one(_ ground: StageID.Kind.MapGround) -> (String, String) {
    let owner = state.mapOwner
    let read = readWords(ground)
    switch state.choices.selection.queries(of: state.latentCount) {
    case .mean:
      return (
        "All \(latents) together read \(read): \(bright) on average.",
        "All \(latents) together: \(bright) on average."
      )
    case .maximum:
      return (
        "Bright where at least one of \(latents) reads much of \(read).",
        "Bright where at least one of \(latents) reads much."
      )
    case .one(let index):
      let name = "\(owner.capitalisedFirst) \(index + 1)"
      let counted = "\(name) of \(Figures.grouped(state.latentCount))"
      switch state.stageID?.kind {
      case .decoderCrossAttention?:
        return (
          "How much each output reads of \(owner) \(index + 1) of "
            + "\(Figures.grouped(state.latentCount)): \(bright).",
          "How much each output reads of \(owner) \(index + 1)."
        )
      case .reverseCrossAttention?:
        return (
          "How much each of \(read) reads of \(owner) \(index + 1): \(bright).",
          "How much is read of \(owner) \(index + 1)."
        )
      case .latentSelfAttention?:
        return (
          "\(counted) reads the latents\(averaged): \(bright).",
          "\(name) reads the latents: \(bright)."
        )
      default:
        return ("\(counted) reads \(read)\(averaged): \(bright).", "\(name) reads \(read).")
      }
    }
  }

  /// What is read, counted: `50,176 pixels`.
  private func readWords(_ ground: StageID.Kind.MapGround) -> String {
    guard ground == .tokens else { return ground == .latents ? "the latents" : "the outputs" }
    let count = Figures.grouped(state.open.tokenAxes.reduce(1, *))
    if state.choices.input.isText { return "\(count) tokens" }
    let axes = state.open.tokenAxes
    let isPixels = axes == state.choices.input.axes && axes.count == 2
    return isPixels && state.shownPhoto != nil ? "\(count) pixels" : "\(count) tokens"
  }

  private var latents: String {
    "\(Figures.grouped(state.latentCount)) \(state.mapOwner)s"
  }

  /// Whose mean it is, where it is one of several heads.
  private var averaged: String {
    guard state.choices.selection.headsAreAveraged, let heads = state.stageID?.heads, heads > 1
    else { return "" }
    return ", on average over \(heads) heads"
  }

  private var bright: String {
    state.choices.selection.value == .scores
      ? "bright = a higher score, before the softmax" : "bright = read more"
  }

  /// Whether the map over the photo is switched off.
  private var isPhotoAlone: Bool {
    state.choices.view.replacement == nil && state.choices.view.overlay == .off
      && state.shownPhoto != nil && state.mapView == .one
  }

  private enum Length: CaseIterable { case full, brief, least }

  /// What random weights mean for the picture; nothing where a model was trained.
  private func source(_ length: Length) -> String {
    guard state.training == nil, case .seed = state.choices.settings.source,
      state.stage != nil, !state.isReconstructionShown, !state.areChannelsShown, !isPhotoAlone
    else { return "" }
    switch length {
    case .least: return " Weights are random."
    case .brief: return " Weights are random: nothing is learnt."
    case .full: break
    }
    guard state.stageID?.kind == .crossAttention, state.choices.view.replacement == nil else {
      return " Weights are random: nothing in it is learnt."
    }
    return " Weights are random: the pattern comes from the position encoding, not from learning."
  }

  /// Which run is seen while something is hidden or off, in full and briefly.
  private var changeWords: (full: String, brief: String) {
    guard !state.choices.changes.isEmpty, state.stage != nil else { return ("", "") }
    let (changes, key) = (state.choices.changes, state.keyName("toggle-changes"))
    switch state.shownMappedRun {
    case .changed?:
      let seen =
        if changes.off.isEmpty {
          "Seen with the hatched \(state.tokenWord)s hidden; \(key) shows it with none hidden."
        } else if changes.hidden == nil {
          "Seen without what is off; \(key) shows it with all on."
        } else {
          "Seen without what is hidden or off; \(key) shows it with all."
        }
      return (" " + seen, " With the changes.")
    case .unchanged? where state.choices.view.mappedRun == .unchanged:
      return (" Seen without the changes; \(key) shows it with them.", " Without the changes.")
    case .unchanged?:
      return (
        " The run with the changes is being computed; this is without them.",
        " Without the changes."
      )
    case nil:
      return (
        state.hasClasses
          ? " The classes show what the changes do; this is without them."
          : " This is without the changes.", " Without the changes."
      )
    }
  }
}

extension String {
  /// The text with its first letter as a capital.
  var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
