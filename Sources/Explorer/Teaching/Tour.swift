// A walk through the program: a sentence or two for each step, and one key that goes on. The steps stand
// in TourSteps.swift; HintPane shows the present one, and Commands/TourCommands.swift moves through them.

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
  /// What is seen, in a sentence or two, where the screen shows it.
  package let text: @Sendable (ExplorerState) -> String
  /// The command whose key goes on.
  package let command: Command.ID
  /// What its key does.
  let does: @Sendable (ExplorerState) -> String
  /// What the sentences are about, as in "this step is about …".
  let about: String
  /// Whether the screen shows that.
  let holds: @Sendable (ExplorerState) -> Bool
  /// Brings the program to where the screen does.
  let arrange: @Sendable (inout ExplorerState) -> Void
}

extension ExplorerState {
  /// The step that is shown; nil while the tour is not.
  var tourStep: TourStep? {
    guard let tour, tour.isShown, TourStep.all.indices.contains(tour.step) else { return nil }
    return TourStep.all[tour.step]
  }

  /// What the tour says now: the sentences, and the line about the key, the fullest form first.
  var tourWords: (text: String, key: [String])? {
    guard let tour, let step = tourStep else { return nil }
    let counted = "Tour, \(tour.step + 1) of \(TourStep.all.count): "
    let leaving =
      reachableKey(of: CommandTable["leave-tour"]).map {
        "\($0.name(terminal.keyNames)) leaves the tour."
      } ?? "\(keyName("leave-tour")) again leaves the tour."
    func forms(_ words: String) -> [String] { [words + " " + leaving, words] }
    guard step.holds(self) else {
      guard !isOnTheWay else {
        let about = step.about.capitalisedFirst
        return (counted + "\(about) will be here as soon as it is computed.", [leaving])
      }
      return (
        counted + "this step is about \(step.about); something else is shown.",
        forms(":tour goes back to it. \(skipping) skips it.")
      )
    }
    let text = counted + step.text(self)
    let command = CommandTable[step.command]
    if let reason = command.reason(self), !passesWithBuilding(reason) {
      return (text, ["Not now: \(reason). \(skipping) skips this step."])
    }
    guard let reachable = reachableKey(of: command) else {
      return (text, forms(":tour makes its key free. \(skipping) skips this step."))
    }
    return (text, forms("Press \(reachable.name(terminal.keyNames)): it \(step.does(self))."))
  }

  /// What skips a step: its key, where that means nothing else at the moment.
  private var skipping: String {
    reachableKey(of: CommandTable["tour-next"])?.name(terminal.keyNames) ?? ":tour next"
  }

  /// Whether the model or the stage is being computed that is to be shown; further stages may be too, for
  /// what is shown.
  private var isOnTheWay: Bool {
    isBuilding || target != nil || stage == nil && isComputingStage || hasTourStepWaiting
  }

  /// Goes on where the command of the present step was run.
  mutating func followTour(_ command: Command.ID) {
    guard tourStep?.command == command else { return }
    goToTourStep((tour?.step ?? 0) + 1)
  }

  /// Shows a step, and what it is about; behind the last one the tour is over, and begins anew when it is
  /// asked for.
  mutating func goToTourStep(_ step: Int) {
    guard TourStep.all.indices.contains(step) else {
      tour = Tour()
      tour?.isShown = false
      return
    }
    if tour == nil { tour = Tour() }
    tour?.step = step
    tour?.isShown = true
    arrangeTour()
  }

  /// Shows what the present step is about, where something else is shown or takes the step's key; while
  /// there is no model, as soon as there is.
  mutating func arrangeTour() {
    guard let step = tourStep,
      !step.holds(self) || reachableKey(of: CommandTable[step.command]) == nil
    else { return }
    step.arrange(&self)
    guard run == nil, !hasTourStepWaiting else { return }
    startSteps.append(.tourStep)
  }

  private var hasTourStepWaiting: Bool {
    startSteps.contains { if case .tourStep = $0 { true } else { false } }
  }
}
