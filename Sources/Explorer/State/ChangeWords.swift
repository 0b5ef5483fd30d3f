// What differs between two points of undo, in words: by the names that the screen has for it.

import Perceiver

/// What differs from one point to another, in words.
struct ChangeWords {
  /// The words, the weightiest first: `depth 5 → 4`.
  private(set) var all: [String] = []
  private let before: UndoPoint
  private let after: UndoPoint
  private let naming: Naming

  /// How what differs is called.
  struct Naming {
    /// What stands between two values.
    let arrow: String
    /// What a class or a number of the output is called.
    let className: (Int) -> String
  }

  /// The words for what differs from one point to another.
  init(from before: UndoPoint, to after: UndoPoint, naming: Naming) {
    (self.before, self.after, self.naming) = (before, after, naming)
    if Self.hasMoved(from: before, to: after) {
      differ("stage", before.stageName, after.stageName)
    }
    addModel()
    addChanges()
    addSelection()
    addView()
    if all.isEmpty { addUnnamed() }
    if all.isEmpty { all = ["a choice"] }
  }

  /// Whether another stage of the same run is shown: of another model or input the stages are others.
  private static func hasMoved(from before: UndoPoint, to after: UndoPoint) -> Bool {
    before.stage != after.stage && before.choices.settings == after.choices.settings
      && before.choices.input == after.choices.input
  }

  private mutating func differ(_ name: String, _ before: String, _ after: String) {
    if before != after { all.append("\(name) \(before) \(naming.arrow) \(after)") }
  }

  private mutating func differ(_ name: String, _ before: Int, _ after: Int) {
    differ(name, "\(before)", "\(after)")
  }
}

// MARK: - Input, model and what is taken away

extension ChangeWords {
  private mutating func addModel() {
    let (from, to) = (before.choices, after.choices)
    differ("input", from.input.name, to.input.name)
    differ("weights", Self.name(from.settings.source), Self.name(to.settings.source))
    // A change that waits to be applied again stands in the list as before: what is undone is not the
    // change, but that it was applied.
    if from.draft == to.draft, from.draft == from.settings.configuration, to.hasDraftChanges {
      all += to.draft.catalog.compactMap { entry in
        let value = entry.value(in: to.draft)
        return value == entry.value(in: to.settings.configuration)
          ? nil : "applying \(entry.name) \(value)"
      }
    } else {
      addHyperparameters(from.settings.configuration, to.settings.configuration)
    }
    if from.settings.configuration == to.settings.configuration {
      addHyperparameters(from.draft, to.draft, note: " (not applied)")
    }
    differ("mask", from.settings.mask?.name ?? "none", to.settings.mask?.name ?? "none")
    differ("queries", from.settings.queries?.name ?? "own", to.settings.queries?.name ?? "own")
  }

  private mutating func addHyperparameters(
    _ from: ModelConfiguration, _ to: ModelConfiguration, note: String = ""
  ) {
    guard from != to else { return }
    let known = all.count
    for entry in to.catalog where entry.value(in: from) != entry.value(in: to) {
      differ(entry.name, "\(entry.value(in: from))", "\(entry.value(in: to))\(note)")
    }
    if all.count == known, from.title != to.title {
      differ("model", from.title, to.title + note)
    }
    if all.count == known { all.append("another configuration\(note)") }
  }

  private static func name(_ source: ParameterSource) -> String {
    switch source {
    case .seed(let seed): "untrained, seed \(seed)"
    case .weights(let weights): weights.name
    }
  }

  private mutating func addChanges() {
    let (from, to) = (before.choices.changes, after.choices.changes)
    addMarks("hidden pixels", from.hidden, to.hidden)
    if from.hidden != nil, to.hidden != nil {
      differ(
        "pixels hidden at", Self.names(of: from.hidingStages, before),
        Self.names(of: to.hidingStages, after))
    }
    addParts(from.off, to.off)
    addMarks("pixels of the object", before.choices.object, after.choices.object)
  }

  /// How many pixels are marked; or that they are others, where they are as many.
  private mutating func addMarks(_ name: String, _ from: PixelMarks?, _ to: PixelMarks?) {
    differ(name, from?.count ?? 0, to?.count ?? 0)
    if from != to, from?.count == to?.count { all.append("other \(name)") }
  }

  private static func names(of stages: [Int], _ point: UndoPoint) -> String {
    let known = point.stageIDs
    return stages.isEmpty
      ? "all stages"
      : stages.map { known.indices.contains($0) ? known[$0].name : "stage \($0 + 1)" }
        .joined(separator: ", ")
  }

  /// The parts that were switched off or on, each by its name; of many, how many are off.
  private mutating func addParts(_ from: [RunPart], _ to: [RunPart]) {
    guard from != to else { return }
    let former = from.filter { !to.contains($0) }
    let added = to.filter { part in !from.contains { $0.isSamePart(as: part) } }
    if former.count + added.count > Self.mostParts, from.count != to.count {
      return differ("parts off", from.count, to.count)
    }
    for part in former {
      let present = to.first { $0.isSamePart(as: part) }
      differ(
        part.placeName(in: before.stageIDs), part.stateWord, present?.stateWord ?? part.wordWhenOn)
    }
    for part in added {
      differ(part.placeName(in: after.stageIDs), part.wordWhenOn, part.stateWord)
    }
  }

  /// The most parts that are named one by one.
  private static let mostParts = 4
}

// MARK: - What is shown

extension ChangeWords {
  private mutating func addSelection() {
    let (old, new) = (before.choices.selection, after.choices.selection)
    differ("latent", old.latent + 1, new.latent + 1)
    differ("latents", old.latents.rawValue, new.latents.rawValue)
    if old.headsAreAveraged || new.headsAreAveraged {
      differ("heads", Self.heads(old), Self.heads(new))
    } else {
      differ("head of cross-attention", old.crossHead + 1, new.crossHead + 1)
      differ("head of self-attention", old.latentHead + 1, new.latentHead + 1)
    }
    differ("numbers", old.value.rawValue, new.value.rawValue)
    differ("output", Self.output(old), Self.output(new))
    differ("selected tokens", Self.tokens(old), Self.tokens(new))
    if old.tokens != new.tokens, Self.tokens(old) == Self.tokens(new) {
      all.append("other selected tokens")
    }
  }

  private static func heads(_ selection: Selection) -> String {
    selection.headsAreAveraged ? "mean" : "one"
  }

  private static func output(_ selection: Selection) -> String {
    selection.output.map { "\($0 + 1)" } ?? "not chosen"
  }

  /// The numbers of a few tokens, or how many there are.
  private static func tokens(_ selection: Selection) -> String {
    let tokens = selection.tokens
    if tokens.isEmpty { return "none" }
    return tokens.count > 6
      ? "\(tokens.count) tokens" : tokens.map(String.init).joined(separator: ", ")
  }

  private mutating func addView() {
    let (seen, shown) = (before.choices.view, after.choices.view)
    differ("scale", seen.transfer.rawValue, shown.transfer.rawValue)
    differ("scale", seen.scaleScope.name, shown.scaleScope.name)
    differ("colours", seen.colours.rawValue, shown.colours.rawValue)
    differ("overlay", seen.overlay.rawValue, shown.overlay.rawValue)
    differ("zoom", seen.zoom, shown.zoom)
    differ("frame", seen.frame + 1, shown.frame + 1)
    addViews(seen, shown)
    differ("maps", seen.mappedRun.words, shown.mappedRun.words)
    addQuestion(seen, shown)
    differ("kind of tokens", seen.modality ?? "frames", shown.modality ?? "frames")
  }

  /// What the large pane shows in place of what it showed: maps of latents, or what stands in their place.
  private mutating func addViews(_ from: ViewOptions, _ to: ViewOptions) {
    func pass(_ before: String?, _ after: String?) -> String? {
      guard before != after else { return nil }
      return switch (before, after) {
      case (let before?, let after?): "\(before) \(naming.arrow) \(after)"
      case (let before?, nil): "back from \(before)"
      case (nil, let after?): after
      case (nil, nil): nil
      }
    }
    // What the size of the terminal decides is one map nearly everywhere.
    func passes(_ before: MapView?, _ after: MapView?, usual: MapView?) -> String? {
      guard before != after else { return nil }
      return pass((before ?? usual)?.name, (after ?? usual)?.name)
        ?? pass(before?.name, after?.name)
    }
    let words = [
      from.replacement == to.replacement
        ? nil : pass(replacement(from, before), replacement(to, after)),
      passes(from.crossView, to.crossView, usual: .one),
      passes(from.latentView, to.latentView, usual: nil),
      passes(from.decoderView, to.decoderView, usual: nil),
    ].compactMap { $0 }
    // A key that changes the view at every kind of stage is one change.
    all += words.enumerated().filter { words.firstIndex(of: $1) == $0 }.map(\.element)
  }

  private func replacement(_ view: ViewOptions, _ point: UndoPoint) -> String? {
    switch view.replacement {
    case .reconstruction?: "the reconstruction"
    case .wholeFlow?: "the flow of the whole frames"
    case .figure?: "the figure"
    case .why?: "the map that explains"
    case .heads?: "the table of heads"
    case .table(let table)?: "the table: \(table.title)"
    case .readers?: "the list of who reads a pixel"
    case .patch(let input)?:
      "where the answer is carried" + (input.map { ", with \($0.name)" } ?? "")
    case .throughDecoder(let target)?:
      "the map through the decoder" + (target.map { " for \(name($0.choice, point))" } ?? "")
    case .wholePhoto?: "the whole photo"
    case .channels?: "the channels of positions"
    case nil: nil
    }
  }

  /// What is asked where a map explains.
  private mutating func addQuestion(_ seen: ViewOptions, _ shown: ViewOptions) {
    let (old, new) = (seen.why, shown.why)
    // A class that stays may have another name in another model.
    if old.choice != new.choice {
      let ofClasses = after.choices.settings.configuration.classCount != nil
      let word = ofClasses ? "class" : "output"
      // A class without a name is called by that word already.
      differ(
        "explained \(word)", name(old.choice, before).dropping(prefix: "\(word) "),
        name(new.choice, after).dropping(prefix: "\(word) "))
    }
    if old.against != new.against {
      differ("compared with", name(old.against, before), name(new.against, after))
    }
    if seen.replacement == .why, shown.replacement == .why, let method = before.whyMethod,
      let other = after.whyMethod
    {
      differ("method", method, other)
    }
    differ(
      "followed latents", old.followsLatent ? "one" : "all", new.followsLatent ? "one" : "all")
  }

  private func name(_ against: WhyQuestion.Against, _ point: UndoPoint) -> String {
    switch against {
    case .automatic: "what the method takes"
    case .nothing: "nothing"
    case .choice(let choice): name(choice, point)
    }
  }

  private func name(_ choice: ExplanationTarget.Choice, _ point: UndoPoint) -> String {
    let configuration = point.choices.settings.configuration
    switch choice {
    case .answer: return "the answer"
    case .second: return configuration.classCount == nil ? "the second largest" : "the second class"
    case .number(let number):
      let names = configuration.classNames ?? []
      return names.indices.contains(number) ? names[number] : naming.className(number)
    }
  }

  /// What has no word of its own, or the same one as before.
  private mutating func addUnnamed() {
    let (from, to) = (before.choices, after.choices)
    if from.input != to.input { all.append("input \(to.input.name)") }
    if from.settings.source != to.settings.source {
      all.append("weights \(Self.name(to.settings.source))")
    }
    if from.settings.mask != to.settings.mask, let mask = to.settings.mask {
      all.append("mask \(mask.name)")
    }
    if from.settings.queries != to.settings.queries, let queries = to.settings.queries {
      all.append("queries \(queries.name)")
    }
    guard all.isEmpty else { return }
    let (seen, shown) = (from.view, to.view)
    if seen.why.method != shown.why.method {
      differ("method", seen.why.method ?? "that suits", shown.why.method ?? "that suits")
    }
    if seen.centre != shown.centre { all.append("place in the picture") }
    if seen.lockedNumbers != shown.lockedNumbers { all.append("numbers of the locked scale") }
    if seen.modality != shown.modality { all.append("kind of tokens") }
    if from.changes.hidingStages != to.changes.hidingStages {
      all.append("stages that hide pixels")
    }
  }
}

extension String {
  /// The same without words at its beginning, where it begins with them.
  fileprivate func dropping(prefix: String) -> String {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
  }
}
