// The steps of the tour: what each is about, how the program is brought there, and what is true there.
// A sentence says only what holds for any model and input that the step can be taken with.

import Perceiver
import Screens

extension TourStep {
  /// The steps in their order.
  package static let all: [TourStep] = [
    TourStep(
      "the first reading", at: \.isOneMapShown, go: { $0.showOneMap(at: $0.readings.first) },
      "next-stage", "goes on to the next stage",
      says: { state in
        let owner = state.mapOwner
        return
          "A Perceiver looks at \(state.choices.input.name). Its \(state.latentCount) \(owner)s, "
          + "small vectors, fill with what they read. \(owner.capitalisedFirst) "
          + "\(state.choices.selection.latent + 1) reads this: bright = more."
      }),
    TourStep(
      "latents that read each other", at: \.isTourOfLatentsShown,
      go: { state in
        state.showOneMap(at: state.latentStages.first)
        state.choices.view.latentView = .matrix
      }, "last-stage", "runs to the last stage",
      says: { state in
        let stages = "The line at the bottom shows the stages"
        let scores = state.hasClassesPane ? ", the right side the classes." : "."
        guard !state.latentStages.isEmpty else {
          return "In this model latents do not read each other. " + stages + scores
        }
        return "Now the latents read each other: a row reads, a column is read. " + stages + scores
      }),
    TourStep(
      "the last stage",
      at: { state in
        state.choices.view.replacement == nil && state.target == nil && state.run != nil
          && state.position == state.stageIDs.count - 1
      },
      go: { state in
        state.showOneMap(at: nil)
        state.go(to: state.stageIDs.count - 1)
      }, "previous-stage",
      { state in
        guard state.position > 0, let last = state.readings.last, last != state.position - 1 else {
          return "goes back one stage"
        }
        return "goes back, the tour to \(state.stageIDs[last].name)"
      },
      says: { state in
        let kept = " Going back computes nothing: all stages are kept."
        guard let scores = state.answeredScores else {
          return "This is the last stage, and what it gives is the model's output." + kept
        }
        guard !state.hasRandomWeights else {
          return
            "This is the last stage. Its classes would be the answer, but the weights are random."
            + kept
        }
        let best = scores.top.first.map { ": \(state.className($0.index))" } ?? ""
        return "This is the last stage, and the classes are the answer\(best).\(kept)"
      }),
    TourStep(
      "the last reading", at: \.isOneMapShown, go: { $0.showOneMap(at: $0.readings.last) },
      "next-latent", "shows the next latent",
      says: { state in
        let readings = state.readings
        let whole = state.tokenWords.whole
        let name = state.stageID?.name ?? "this stage"
        let again = ", knowing what they read before"
        let how =
          if readings.count < 2 {
            "read \(whole), once"
          } else if state.position == readings.last {
            "read \(whole) for the last time" + again
          } else if state.position == readings.first {
            "read \(whole) for the first time"
          } else {
            "read \(whole) again" + again
          }
        return "\(name): here the latents \(how). Each chooses other places."
      }),
    TourStep(
      "heads of attention",
      at: { $0.choices.view.replacement == nil && $0.stageID?.kind.mapGround != nil },
      go: { $0.showOneMap(at: $0.readings.last) },
      "next-head", "shows the next head",
      says: { state in
        let heads = state.stageID?.heads ?? 1
        guard heads > 1 else {
          return
            "Every latent has one head at \(state.stageID?.name ?? "this stage"). Where a model has "
            + "several, they choose for themselves."
        }
        return "Every latent has \(heads) heads, which choose for themselves. "
          + (state.hasRandomWeights
            ? "Trained ones may look at the object or at the ground; these are random."
            : "Training lets some look at the object, say, and others at the ground around it.")
      }),
    TourStep(
      "one latent's map", at: \.isOneMapShown, go: { $0.showOneMap(at: $0.readings.last) },
      "toggle-grid", "shows all latents side by side",
      says: { state in
        guard state.reasonAgainstHeads == nil else {
          return
            "A map says what one latent reads. To compare latents, look at all of them at once."
        }
        return
          "Press the key for the next head a few times and watch the map. To compare latents, look at all "
          + "of them at once."
      }),
    TourStep(
      "the grid of latents", at: { $0.isGridShown && !$0.isFigureShown },
      go: { state in
        state.showOneMap(at: state.readings.last)
        state.choices.view.crossView = .grid
      }, "toggle-grid", "goes back to one map",
      says: { state in
        let shown = state.gridTiles?.latents.count ?? state.latentCount
        return shown < state.latentCount
          ? "A small map for each of \(shown) latents; arrows go on to the others. A click chooses one."
          : "A small map for each latent. A click chooses one."
      }),
    TourStep(
      "one map without a cursor", at: { $0.isOneMapShown && !$0.isProbing },
      go: { $0.showOneMap(at: $0.readings.last) },
      .toggleProbe, "puts a cursor on it",
      says: { state in
        let words = state.tokenWords
        return "Now ask \(words.whole) itself: which latents read this \(words.one), and how much?"
      }),
    TourStep(
      "the cursor", at: { $0.isOneMapShown && $0.isProbing },
      go: { state in
        state.showOneMap(at: state.readings.last)
        if state.run != nil, state.reasonAgainstProbe == nil { state.toggleProbe() }
      }, "leave-probe", "puts the cursor away",
      says: { state in
        let one = state.tokenWords.one
        guard state.layout?.area(of: ReadoutPane.self) != nil else {
          return
            "A larger screen says beside it which latents read this \(one). The arrows move the "
            + "cursor."
        }
        return
          "The readout on the right names the \(one), its weight, and the latents that give it "
          + "the most weight. The arrows move the cursor."
      }),
    TourStep(
      "attention", at: { $0.choices.view.replacement == nil },
      go: { $0.showOneMap(at: nil) }, .why, "asks why it answered so",
      says: { _ in
        "Attention shows what was read, not what mattered. For that there are maps that explain the "
          + "answer."
      }),
    TourStep(
      "why the model answered so", at: { $0.isWhyShown || $0.reasonAgainstWhy != nil },
      go: { state in
        state.showOneMap(at: nil)
        state.choices.view.why = WhyQuestion()
        state.choices.view.replacement = .why
      }, "leave-why", "goes back to attention", says: \.whyWords),
    TourStep(
      "what comes after it", at: { _ in true }, go: { _ in }, .help,
      "explains what is shown and ends the tour",
      says: { state in
        "That was the tour. \(state.keyName(.train)) trains a small model on the picture; :depth 6 "
          + "changes the model; :open FILE looks at your own picture."
      }),
  ]

  private init(
    _ about: String, at holds: @escaping @Sendable (ExplorerState) -> Bool,
    go arrange: @escaping @Sendable (inout ExplorerState) -> Void, _ command: Command.ID,
    _ does: String, says text: @escaping @Sendable (ExplorerState) -> String
  ) {
    self.init(about, at: holds, go: arrange, command, { _ in does }, says: text)
  }

  private init(
    _ about: String, at holds: @escaping @Sendable (ExplorerState) -> Bool,
    go arrange: @escaping @Sendable (inout ExplorerState) -> Void, _ command: Command.ID,
    _ does: @escaping @Sendable (ExplorerState) -> String,
    says text: @escaping @Sendable (ExplorerState) -> String
  ) {
    self.init(
      text: text, command: command, does: does, about: about, holds: holds, arrange: arrange)
  }
}

// MARK: - What steps speak of

extension ExplorerState {
  /// Whether the model has learnt nothing.
  fileprivate var hasRandomWeights: Bool {
    guard training == nil, case .seed = choices.settings.source else { return false }
    return true
  }

  /// The stages whose maps lie over the input, by their numbers.
  fileprivate var readings: [Int] {
    stageIDs.filter { $0.kind.mapGround == .tokens }.map(\.index)
  }

  /// The stages in which latents read each other, by their numbers.
  fileprivate var latentStages: [Int] {
    stageIDs.filter { $0.kind == .latentSelfAttention }.map(\.index)
  }

  /// Whether the large pane shows what one latent reads of the input, and nothing else.
  fileprivate var isOneMapShown: Bool {
    choices.view.replacement == nil && !isDifferenceShown && choices.selection.latents == .one
      && stageID?.kind.mapGround == .tokens && [.one, .sideBySide].contains(mapView)
      && (choices.view.overlay != .off || !choices.input.hasPictures)
  }

  /// Whether the large pane shows what latents read of each other, where they do.
  fileprivate var isTourOfLatentsShown: Bool {
    guard run != nil, choices.view.replacement == nil, !isDifferenceShown else { return false }
    return latentStages.isEmpty || stageID?.kind == .latentSelfAttention && mapView == .matrix
  }

  /// Whether the classes stand beside the map.
  fileprivate var hasClassesPane: Bool {
    shownScores != nil && layout?.area(of: ClassesPane.self) != nil
  }

  /// Puts away what stands in place of one latent's map or over it, and goes to a stage; stays where that
  /// is nil.
  fileprivate mutating func showOneMap(at stage: Int?) {
    (isProbing, marking, autoplay, focus) = (false, nil, nil, .map)
    choices.view.replacement = nil
    choices.selection.latents = .one
    comparison = .beside
    if choices.view.overlay == .off { choices.view.overlay = .half }
    if let view = choices.view.crossView, ![.one, .sideBySide].contains(view) {
      choices.view.crossView = .one
    }
    if let stage { go(to: stage) }
  }

  /// What the map of why shows, as far as it is there.
  fileprivate var whyWords: String {
    guard let method = whyMethod, isWhyShown else {
      return "Of this model no map explains the answer: it has not one."
    }
    guard let shown = shownWhy else { return "The map that explains the answer comes in a moment." }
    let (target, words) = (shown.request.target, tokenWords)
    if let against = target.against {
      let sides = [ExplanationTarget(target.choice), .init(against)].map { whyWords($0) }
      return "Warm \(words.many) speak for \(sides[0]), cold ones for \(sides[1])."
    }
    guard method.name == ExplanationMethod.defaultName else {
      return "\(method.name): \(method.summary(of: words))."
    }
    let hasFigures =
      layout?.area(of: WhyFiguresPane.self) != nil && run?.model.configuration.classCount != nil
    let figures = hasFigures ? ". The figures on the right test that" : ""
    guard !hasRandomWeights else {
      return
        "The scores rest on the bright \(words.many)\(figures); of random weights it says nothing "
        + "about \(words.whole)."
    }
    let what = target.choice == .answer ? "The answer" : whyWords(target)
    return "\(what) rests on the bright \(words.many)\(figures)"
      + (hasFigures ? ": hiding the brightest eighth should cost the answer most." : ".")
  }
}
