// A walk through the program: a sentence or two for each step, and one key that goes on. The steps
// stand here; HintPane shows the present one, and Commands/TourCommands.swift moves through them.

import Perceiver
import Screens

/// Where in the tour a person is. Leaving it keeps the place.
public struct Tour: Sendable, Hashable {
  /// The step, from 0.
  public internal(set) var step = 0
  /// Whether its sentences are shown.
  public internal(set) var isShown = true

  /// The tour at its first step.
  public init() {}
}

/// One step of the tour.
package struct TourStep: Sendable {
  /// What is seen, in a sentence or two.
  package let text: @Sendable (ExplorerState) -> String
  /// The command whose key goes on.
  package let command: Command.ID
  /// What its key does.
  package let does: String

  private init(
    _ command: Command.ID, _ does: String, _ text: @escaping @Sendable (ExplorerState) -> String
  ) {
    (self.command, self.does, self.text) = (command, does, text)
  }

  /// The steps in their order.
  package static let all: [TourStep] = [
    TourStep("next-stage", "goes on to the next stage") { state in
      "A Perceiver looks at \(state.choices.input.name). Its \(state.latentCount) latents, small "
        + "vectors, fill with what they read. The first one reads this: bright = more."
    },
    TourStep("last-stage", "runs to the last stage") { _ in
      "Now the latents read each other: a row reads, a column is read. The line at the bottom shows "
        + "the stages, the right side the classes."
    },
    TourStep("previous-stage", "goes back one stage") { state in
      guard !state.hasRandomWeights else {
        return
          "This is the last stage. Its classes would be the answer, but the weights are random. "
          + "Going back computes nothing: all stages are kept."
      }
      let best = state.answeredScores?.top.first.map { state.className($0.index) }
      return "This is the last stage, and the classes are the answer"
        + (best.map { ": \($0)" } ?? "") + ". Going back computes nothing: all stages are kept."
    },
    TourStep("next-latent", "shows the next latent") { state in
      "\(state.stageID?.name ?? "This stage"): here the latents read the picture for the last time, "
        + "knowing what they read before. Each chooses other pixels."
    },
    TourStep("next-head", "shows the next head") { state in
      let heads = state.stageID?.heads ?? 1
      guard heads > 1 else {
        return
          "Every latent has one head at \(state.stageID?.name ?? "this stage"). Where a model has "
          + "several, they choose for themselves."
      }
      return "Every latent has \(heads) heads, which choose for themselves. "
        + (state.hasRandomWeights
          ? "Trained ones may look at the object or at the ground; these are random."
          : "In this model some look at the object, and others at the ground around it.")
    },
    TourStep("toggle-grid", "shows all latents side by side") { state in
      guard state.reasonAgainstHeads == nil else {
        return "A map says what one latent reads. To compare latents, look at all of them at once."
      }
      return
        "Press the key for the next head a few times and watch the map. To compare latents, look at all "
        + "of them at once."
    },
    TourStep("toggle-grid", "goes back to one map") { _ in
      "A small map for each latent. A click chooses one."
    },
    TourStep(.toggleProbe, "puts a cursor on the picture") { _ in
      "Now ask the picture itself: which latents read this pixel, and how much?"
    },
    TourStep("leave-probe", "puts the cursor away") { _ in
      "The readout on the right names the pixel, its weight, and the latents that give it the most weight. The "
        + "arrows move the cursor."
    },
    TourStep(.why, "asks why it answered so") { _ in
      "Attention shows what was read, not what mattered. For that there are maps that explain the "
        + "answer."
    },
    TourStep("leave-why", "goes back to attention") { state in
      guard !state.hasRandomWeights else {
        return
          "The scores rest on the bright pixels. The figures on the right test that; of random "
          + "weights it says nothing about the picture."
      }
      return
        "The answer rests on the bright pixels. The figures on the right test that: hiding the brightest "
        + "eighth should cost the answer most."
    },
    TourStep(.help, "lists all keys, and ends the tour") { state in
      "That was the tour. \(state.keyName(.train)) trains a small model on the picture; :depth 6 "
        + "changes the model; :open FILE looks at your own picture."
    },
  ]
}

extension ExplorerState {
  /// Whether the model has learnt nothing.
  fileprivate var hasRandomWeights: Bool {
    guard training == nil, case .seed = choices.settings.source else { return false }
    return true
  }

  /// The step that is shown; nil while the tour is not.
  var tourStep: TourStep? {
    guard let tour, tour.isShown, TourStep.all.indices.contains(tour.step) else { return nil }
    return TourStep.all[tour.step]
  }

  /// What the tour says now: the sentences, and the line about the key.
  var tourWords: (text: String, key: String)? {
    guard let tour, let step = tourStep else { return nil }
    let counted = "Tour, \(tour.step + 1) of \(TourStep.all.count): "
    let leaving = "\(keyName("leave-tour")) leaves the tour"
    let command = CommandTable[step.command]
    if let reason = command.reason(self) {
      return (
        counted + step.text(self), "Not now: \(reason). \(keyName("tour-next")) skips this step."
      )
    }
    guard let reachable = reachableKey(of: command) else {
      return (
        counted + step.text(self),
        "\(Key.escape.name(terminal.keyNames)) goes back to where the tour goes on; :tour next skips "
          + "this step."
      )
    }
    return (
      counted + step.text(self),
      "Press \(reachable.name(terminal.keyNames)): it \(step.does). \(leaving)."
    )
  }

  /// Goes on where the command of the present step was run.
  mutating func followTour(_ command: Command.ID) {
    guard tourStep?.command == command else { return }
    goToTourStep((tour?.step ?? 0) + 1)
  }

  /// Shows a step; behind the last one the tour is over, and begins anew when it is asked for.
  mutating func goToTourStep(_ step: Int) {
    guard TourStep.all.indices.contains(step) else {
      tour = Tour()
      tour?.isShown = false
      return
    }
    if tour == nil { tour = Tour() }
    tour?.step = step
    tour?.isShown = true
  }
}
