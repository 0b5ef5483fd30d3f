// Choosing the map: latents and heads, one of them or all.

import Perceiver

extension CommandGroup {
  static let attention = CommandGroup(
    "attention", "choose the map",
    [
      Command(
        "next-latent", keys: [.character("]")], "next latent",
        footer: .init("latent", keysOf: ["previous-latent", "next-latent"]), counting: .repeats,
        unless: \.reasonAgainstLatents,
        .change { $0.choose(latent: $0.choices.selection.latent + 1) }),
      Command(
        "previous-latent", keys: [.character("[")], "previous latent", counting: .repeats,
        unless: \.reasonAgainstLatents,
        .change { $0.choose(latent: $0.choices.selection.latent - 1) }),
      Command(
        "ten-latents-on", keys: [.character("}")], "ten latents forward",
        counting: .repeats, unless: \.reasonAgainstLatents,
        .change { $0.choose(latent: $0.choices.selection.latent + 10) }
      ),
      Command(
        "ten-latents-back", keys: [.character("{")], "ten latents back",
        counting: .repeats, unless: \.reasonAgainstLatents,
        .change { $0.choose(latent: $0.choices.selection.latent - 10) }
      ),
      Command(
        "type-latent", keys: [.character("J")], "type the number of a latent",
        unless: \.reasonAgainstLatents, .change { $0.mode = .latentNumber(LineEditor()) }),
      Command(
        "latent", takes: "N", "show one latent, counted from 1",
        .set { state, arguments throws(CommandError) in
          state.choose(
            latent: try arguments.number("a latent", in: 1...max(1, state.latentCount)) - 1)
        }),
      Command(
        "output", takes: "N", "show what one output of the decoder reads, counted from 1",
        unless: \.reasonAgainstOutput,
        .set { state, arguments throws(CommandError) in
          let count = state.open.outputCount ?? 1
          state.choices.selection.output = try arguments.number("an output", in: 1...count) - 1
          state.choices.selection.tokens = []
        }),
      Command(
        "cycle-reduction", also: ["cycle-aggregate"], keys: [.character("m")],
        "one latent, mean over latents, maximum over latents", footer: "mean",
        unless: \.reasonAgainstAllLatents,
        .change { $0.choices.selection.latents = $0.choices.selection.latents.next }),
      Command(
        "reduction", also: ["aggregate"], takes: "one | mean | maximum",
        "show one latent, or the mean or maximum of all of them",
        choices: { _ in Selection.Latents.allCases.map(\.rawValue) },
        .set { state, arguments throws(CommandError) in
          state.choices.selection.latents = try arguments.choice()
        }),
      Command(
        "next-head", keys: [.character("h")], "next head", footer: "head", counting: .repeats,
        unless: \.reasonAgainstHeads, .change { $0.goToHead(by: 1) }),
      Command(
        "previous-head", keys: [.backspace], "previous head", counting: .repeats,
        unless: \.reasonAgainstHeads, .change { $0.goToHead(by: -1) }),
      Command(
        "average-heads", keys: [.character("H")], "one head, or the mean over heads",
        unless: \.reasonAgainstHeads, .change { $0.choices.selection.headsAreAveraged.toggle() }),
      Command(
        "head", takes: "N | mean", "show one head, counted from 1, or the mean",
        choices: { _ in ["mean"] },
        .set { state, arguments throws(CommandError) in try state.chooseHead(arguments) }),
    ])
}

extension ExplorerState {
  /// Shows one latent's map; numbers beyond the ends count as the ends.
  mutating func choose(latent: Int) {
    choices.selection.latents = .one
    choices.selection.latent = min(max(0, latent), max(0, latentCount - 1))
  }

  /// Goes on to another head, round the ends.
  mutating func goToHead(by steps: Int) {
    guard let stageID else { return }
    let (head, count) = (choices.selection.headIndex(at: stageID), max(1, stageID.heads))
    choices.selection.setHead((head + steps + count) % count, for: stageID.kind)
  }

  /// Chooses a head, counted from 1, or the mean over heads.
  mutating func chooseHead(_ arguments: CommandArguments) throws(CommandError) {
    guard let stageID else { throw CommandError(reasonAgainstStages ?? "no stages") }
    if arguments.rest == "mean" {
      choices.selection.headsAreAveraged = true
      return
    }
    let head = try arguments.number("a head", in: 1...max(1, stageID.heads))
    choices.selection.setHead(head - 1, for: stageID.kind)
  }
}
