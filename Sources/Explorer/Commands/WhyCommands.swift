// Asking why: methods, the class that is explained, and what it is compared with.

import Perceiver

extension CommandGroup {
  static let why = CommandGroup(
    "why", "ask why it answered so",
    [
      Command(
        .why, also: ["toggle-why"], keys: [.character("y")], takes: "[METHOD]",
        "what the answer rests on; again: by the next method, after the last attention",
        footer: .init("why", .beginners), choices: { $0.whyMethods.map(\.name) },
        unless: \.reasonAgainstWhy,
        .set { state, arguments throws(CommandError) in try state.askWhy(arguments) }),
      Command(
        "why-class", keys: [.character("Y")], takes: "[CLASS | OUTPUT | answer]",
        "choose the class or output that is explained, and what it is compared with",
        choices: { ["answer"] + ($0.run?.model.configuration.classNames ?? []) },
        unless: \.reasonAgainstWhyClass,
        .set { state, arguments throws(CommandError) in try state.chooseWhyClass(arguments) }),
      Command(
        "against", takes: "CLASS | second | nothing | auto",
        "what the explained class is compared with; auto: the strongest other, for signed maps",
        choices: {
          ["second", "nothing", "auto"] + ($0.run?.model.configuration.classNames ?? [])
        }, unless: \.reasonAgainstWhyClass,
        .set { state, arguments throws(CommandError) in try state.holdAgainst(arguments) }),
      Command(
        "why-latent", takes: "[N | all]",
        "rollouts: where what one latent holds came from, instead of all; the shown one, or N",
        choices: { _ in ["all"] }, unless: \.reasonAgainstFollowedLatent,
        .set { state, arguments throws(CommandError) in try state.followLatent(arguments) }),
      Command(
        "refine", keys: [.character("A")],
        "stop averaging over more half pictures, for all maps, or go on", in: .why,
        unless: \.reasonAgainstRefining, .change { $0.toggleRefining() }),
      Command(
        "leave-why", keys: [.escape], "back to attention", footer: "attention", in: .why,
        .change { $0.leaveWhy() }),
    ])
}

extension ExplorerState {
  var reasonAgainstWhyClass: String? {
    if let reason = reasonAgainstWhy { return reason }
    return run?.hasOutput == true ? nil : "the model scores no classes"
  }

  /// Shows a map that explains, by the next method, or by the one of a name.
  fileprivate mutating func askWhy(_ arguments: CommandArguments) throws(CommandError) {
    guard arguments.rest.isEmpty else {
      let name = arguments.rest
      if let problem = ExplanationMethod.named(name).flatMap({ run.flatMap($0.problem) }) {
        throw CommandError("why \(name): \(problem)")
      }
      guard ExplanationMethod.named(name) != nil else {
        throw CommandError(
          "why: expected one of \(whyMethods.map(\.name).joined(separator: ", ")), found "
            + arguments.found)
      }
      return showWhy(by: name)
    }
    guard isWhyShown, let shown = whyMethod else { return showWhy(by: nil) }
    let methods = whyMethods.map(\.name)
    // What is no row of its own stands where the method does that it refines.
    let index = methods.lastIndex { shown.name.hasPrefix($0) } ?? -1
    guard methods.indices.contains(index + 1) else { return leaveWhy() }
    showWhy(by: methods[index + 1])
  }

  private mutating func showWhy(by method: String?) {
    if mapLiesOverLatents, !isExplanationShown { isProbing = false }
    choices.view.why.method = method
    choices.view.replacement = .why
    guard let shown = whyMethod else { return }
    if let missing = missingOutput, !shown.asksForTarget, method != shown.name {
      message = .information("\(missing); until then \(shown.name)")
      return
    }
    message = .information(
      "\(shown.name): \(shown.summary(of: tokenWords)); \(keyName("leave-why")) goes back to attention"
    )
  }

  /// Why no single latent can be followed.
  fileprivate var reasonAgainstFollowedLatent: String? {
    if let reason = reasonAgainstWhy ?? reasonAgainstStages { return reason }
    return whyMethods.contains(where: \.followsLatents)
      ? nil
      : "what a latent holds cannot be followed in this model: "
        + (run.flatMap { ExplanationMethod.named("rollout-residual")?.problem($0) } ?? "no rollout")
  }

  /// Follows one latent, all of them, or the other of both.
  fileprivate mutating func followLatent(_ arguments: CommandArguments) throws(CommandError) {
    switch arguments.rest {
    case "": choices.view.why.followsLatent.toggle()
    case "all": choices.view.why.followsLatent = false
    default:
      let count = choices.settings.configuration.numLatents
      choices.selection.latent = try arguments.number("a latent", in: 1...max(1, count)) - 1
      choices.view.why.followsLatent = true
    }
    if choices.view.why.followsLatent || !isWhyShown,
      !isWhyShown || whyMethod?.followsLatents != true
    {
      showWhy(by: "rollout-residual")
    }
    message = .information(
      choices.view.why.followsLatent
        ? "where what latent \(choices.selection.latent + 1) holds came from; "
          + "\(keyName("next-latent")) the next latent" : "all latents are followed alike")
  }

  mutating func leaveWhy() {
    choices.view.replacement = nil
    choices.view.why.method = nil
    if mapLiesOverLatents { isProbing = false }
    message = .information(mapView.name)
  }

  /// Opens the choice of classes, or takes the class of a name.
  fileprivate mutating func chooseWhyClass(_ arguments: CommandArguments) throws(CommandError) {
    guard !arguments.rest.isEmpty else {
      // Of very many outputs one row is listed.
      if let missing = missingOutput { throw CommandError("\(arguments.name): \(missing)") }
      mode = .classes(ClassDialog(choices.view.why))
      // Probabilities are those of the answer.
      if run?.isComplete == false { go(to: stageIDs.count - 1) }
      return
    }
    explain(try classChoice(arguments))
  }

  private mutating func explain(_ choice: ExplanationTarget.Choice) {
    choices.view.why.choice = choice
    if !isWhyShown { showWhy(by: nil) }
  }

  fileprivate mutating func holdAgainst(_ arguments: CommandArguments) throws(CommandError) {
    switch arguments.rest {
    case "auto": choices.view.why.against = .automatic
    case "nothing": choices.view.why.against = .nothing
    case "second": choices.view.why.against = .choice(.second)
    default:
      let other = try classChoice(arguments)
      if let run = open.explainedRun, run.isComplete {
        // What cannot be asked is refused where it is typed.
        let target = ExplanationTarget(choices.view.why.choice, against: other)
        do { _ = try run.resolve(target) } catch { throw CommandError("\(error)") }
      }
      choices.view.why.against = .choice(other)
    }
    if !isWhyShown { showWhy(by: nil) }
  }

  /// Takes what was chosen in the dialog of classes.
  mutating func explain(_ dialog: ClassDialog) {
    (choices.view.why.choice, choices.view.why.against) = (dialog.choice, dialog.against)
    if !isWhyShown { showWhy(by: nil) }
  }
}
