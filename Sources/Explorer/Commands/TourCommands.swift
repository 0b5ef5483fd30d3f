// The tour: beginning it, going on, leaving it.

import Perceiver
import Screens

extension CommandGroup {
  static let tour = CommandGroup(
    "tour", "take the tour",
    [
      Command(
        "tour", takes: "[N | next]",
        "a walk through the program, from where it was left; N: from that step",
        choices: { _ in ["next"] },
        Command.Action { state, arguments throws(CommandError) in
          try state.takeTour(arguments)
        }),
      Command(
        "tour-next", keys: [.enter], "skip this step", in: .tour,
        .change { state in state.goToTourStep((state.tour?.step ?? 0) + 1) }),
      Command(
        "leave-tour", keys: [.escape], "leave the tour; :tour goes on with it",
        footer: .init("leave tour", brief: "leave"),
        in: .leavingTour, .change { $0.leaveTour() }),
    ])
}

extension ExplorerState {
  /// Begins the tour on the sample, goes on with it, or goes to a step.
  fileprivate mutating func takeTour(
    _ arguments: CommandArguments
  ) throws(CommandError) -> [ExplorerEffect] {
    let isFirst = tour == nil
    switch arguments.rest {
    case "next":
      goToTourStep((tour?.step ?? -1) + 1)
    case "":
      let before = undoPoint
      goToTourStep(tour?.step ?? 0)
      if undoPoint != before {
        message = .information("\(keyName("undo")) brings back what was shown before")
      }
      guard isFirst, case .seed = choices.settings.source, training == nil else { return [] }
      message = .information("opening the sample; \(keyName("undo")) brings back what was open")
      return [.openSample(choices.input)]
    default:
      goToTourStep(try arguments.number("a step", in: 1...TourStep.all.count) - 1)
    }
    return []
  }

  fileprivate mutating func leaveTour() {
    tour?.isShown = false
    message = .information("the tour is left; :tour goes on with it")
  }
}
