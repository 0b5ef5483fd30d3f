// Changing the model: hyperparameters and their draft, seeds, weights, masks, undo.

import Inputs
import Perceiver

extension CommandGroup {
  static let hyperparameters = CommandGroup(
    "hyperparameters", "change the model", footerRank: { $0.focus == .hyperparameters ? 2 : 3 },
    [
      Command(
        "next-pane", keys: [.tab], "next pane", footer: "pane", counting: .repeats,
        .change { $0.moveFocus(by: 1) }),
      Command(
        "previous-pane", keys: [.backTab], "previous pane", counting: .repeats,
        .change { $0.moveFocus(by: -1) }),
      Command(
        "list-down", keys: [.character("j"), .down], "down the list: hyperparameters, or latents",
        counting: .repeats, .change { $0.moveInList(by: 1) }),
      Command(
        "list-up", keys: [.character("k"), .up], "up the list", counting: .repeats,
        .change { $0.moveInList(by: -1) }),
      Command(
        "increase", keys: [.character(">")], "one step up",
        footer: .init("change", keysOf: ["decrease", "increase"]), counting: .repeats,
        unless: \.reasonAgainstEditing, .change { $0.stepHyperparameter(by: 1) }),
      Command(
        "decrease", keys: [.character("<")], "one step down", counting: .repeats,
        unless: \.reasonAgainstEditing,
        .change { $0.stepHyperparameter(by: -1) }),
      Command(
        "edit-value", keys: [.enter], "type a value", footer: "type", in: .hyperparameters,
        unless: \.reasonAgainstEditing, .change { $0.editHyperparameter() }),
      Command(
        "set", takes: "NAME VALUE …", "change hyperparameters; `apply` builds the model",
        choices: { $0.catalog.map(\.name) },
        .set { state, arguments throws(CommandError) in try state.set(arguments.words) }),
      Command(
        .applyDraft, keys: [.character("a")], takes: "",
        "apply the changes: build the model they describe", footer: "apply",
        unless: \.reasonAgainstApplying, .change { $0.applyDraft() }),
      Command(
        "discard", keys: [.character("x")], "drop the changes", unless: \.reasonAgainstApplying,
        .change { $0.discardDraft() }),
      Command(
        "undo", keys: [.character("u")], takes: "[list]",
        "undo the last change; list: what was changed, the latest first", footer: "undo",
        counting: .repeats,
        choices: { _ in ["list"] }, unless: \.reasonAgainstUndo,
        .set { state, arguments throws(CommandError) in
          guard arguments.rest != "list" else {
            state.mode = .page(PageReader(.history))
            return
          }
          try arguments.expectNone()
          state.undo()
        }),
      Command(
        "redo", keys: [.control("r")], "do again what was undone", counting: .repeats,
        unless: { $0.history.canRedo ? nil : "nothing to redo" }, .change { $0.redo() }),
      Command(
        "new-seed", keys: [.character("r")], "draw untrained weights from the next seed",
        footer: "seed", counting: .repeats, .change { $0.chooseNextSeed() }),
      Command(
        "seed", takes: "N", "draw untrained weights from a seed",
        .set { state, arguments throws(CommandError) in try state.chooseSeed(arguments) }),
      Command(
        "weights", takes: "FILE [prefix=NAME] [state-dict=NAME]",
        "load trained weights: safetensors, .pt, .pth or .bin",
        Command.Action { state, arguments throws(CommandError) in
          let (words, rest) = arguments.separating(["prefix", "state-dict"])
          var request = ModelRequest(weights: try rest.path())
          (request.prefix, request.stateDict) = (words["prefix"], words["state-dict"])
          state.message = .information("reading \(request.weights ?? "")")
          return [.loadWeights(request, input: state.choices.input)]
        }),
      Command(
        "notes", takes: "",
        "what is known of the model and the input, from where, and what was assumed",
        .change { $0.mode = .page(PageReader(.notes)) }),
      Command(
        "mask", takes: "FILE | none", "let the model read only what a mask keeps",
        choices: { _ in ["none"] },
        Command.Action { state, arguments throws(CommandError) in
          let path = try arguments.path()
          guard path == "none" else {
            return [
              .loadMask(
                path: path, input: state.choices.input, tokens: state.choices.tokenAxes)
            ]
          }
          state.removeMask()
          return []
        }),
    ])
}

extension ExplorerState {
  /// The panes that can have the focus.
  private var focusable: [Focus] {
    Focus.allCases.filter { focus in
      switch focus {
      case .map: true
      case .latents: layout?.latents != nil
      case .hyperparameters: layout?.area(of: HyperparametersPane.self) != nil
      }
    }
  }

  /// The command that moves the focus to a pane; nil where it has it, or no one step leads there.
  func command(leadingTo pane: Focus) -> Command.ID? {
    let panes = focusable
    let from = panes.firstIndex(of: focus) ?? 0
    guard let to = panes.firstIndex(of: pane) else { return nil }
    return switch (to - from + panes.count) % panes.count {
    case 0: nil
    case 1: "next-pane"
    case panes.count - 1: "previous-pane"
    default: nil
    }
  }

  mutating func moveFocus(by steps: Int) {
    let panes = focusable
    let index = panes.firstIndex(of: focus) ?? 0
    focus = panes[(index + steps + panes.count) % panes.count]
  }

  mutating func moveInList(by steps: Int) {
    guard focus == .hyperparameters else {
      choose(latent: choices.selection.latent + steps)
      return
    }
    let listed = listedHyperparameters
    let index = min(max(0, listedHyperparameter + steps), listed.count - 1)
    if listed.indices.contains(index) { hyperparameterIndex = listed[index] }
  }

  /// The catalog's indices of the hyperparameters that a model of the draft's class has.
  var listedHyperparameters: [Int] {
    let all = catalog
    return all.indices.filter { all[$0].applies(to: choices.draft) }
  }

  /// The hyperparameters of the draft's family, those included that its class has not.
  var catalog: [Hyperparameter] { choices.draft.catalog }

  /// Chooses a hyperparameter; one that the family has not changes nothing.
  mutating func selectHyperparameter(named name: String) {
    if let index = catalog.firstIndex(where: { $0.name == name }) { hyperparameterIndex = index }
  }

  /// Where the chosen hyperparameter stands in the list, or the last one before it.
  var listedHyperparameter: Int {
    max(0, listedHyperparameters.count { $0 <= hyperparameterIndex } - 1)
  }

  /// The chosen hyperparameter.
  package var hyperparameter: Hyperparameter {
    catalog[min(max(0, hyperparameterIndex), catalog.count - 1)]
  }

  mutating func stepHyperparameter(by steps: Int) {
    focus = .hyperparameters
    let hyperparameter = hyperparameter
    let value = hyperparameter.value(in: choices.draft)
    let stepped = hyperparameter.value(value, steppedBy: steps)
    let end = "\(hyperparameter.name) is \(value), its \(steps > 0 ? "largest" : "least")"
    if stepped == value { message = .information(end) }
    if let weights = loadedWeights, crossesEnd(of: weights, hyperparameter, to: stepped) {
      message = .information(
        "\(end) with \(weights.name): \(stepped) needs other parameters than it has")
      return
    }
    set(hyperparameter, to: stepped)
  }

  /// Whether weights that fit the draft fit it no more with another value: with one layer there is none
  /// that shares its weights.
  private func crossesEnd(
    of weights: LoadedWeights, _ hyperparameter: Hyperparameter, to value: HyperparameterValue
  ) -> Bool {
    var other = choices.draft
    guard (try? hyperparameter.set(value, in: &other)) != nil, (try? other.validate()) != nil
    else { return false }
    return (try? weights.model.reconfigured(choices.draft)) != nil
      && (try? weights.model.reconfigured(other)) == nil
  }

  /// Changes the draft; an impossible value is said and nothing changes.
  mutating func set(_ hyperparameter: Hyperparameter, to value: HyperparameterValue) {
    do {
      try hyperparameter.set(value, in: &choices.draft)
      choices.followInput(after: hyperparameter)
    } catch {
      message = .error(error.description)
    }
  }

  mutating func editHyperparameter() {
    let hyperparameter = hyperparameter
    let value = hyperparameter.value(in: choices.draft)
    mode = .editing(hyperparameter: hyperparameter.name, .proposing("\(value)"))
  }

  mutating func applyDraft() {
    do {
      try choices.draft.validate()
    } catch {
      message = .error("\(error)")
      return
    }
    if let reason = reasonAgainstApplying(choices.draft) {
      message = .error("\(reason); x drops the changes")
    } else {
      choices.settings.configuration = choices.draft
    }
  }

  /// Lets the model read all tokens again.
  mutating func removeMask() {
    guard let mask = choices.settings.mask else {
      message = .information("there is no mask to take away")
      return
    }
    choices.settings.mask = nil
    message = .information("all tokens are read; \(keyName("undo")) brings \(mask.name) back")
  }

  mutating func discardDraft() {
    choices.draft = choices.settings.configuration
    message = .information("changes dropped; \(keyName("undo")) brings them back")
  }

  /// Why a possible configuration cannot be had with this input and these weights; nil if it can.
  func reasonAgainstApplying(_ configuration: ModelConfiguration) -> String? {
    let (readsText, isText) = (configuration.readsTokens, choices.input.isText)
    guard readsText == isText else {
      return isText
        ? "\(choices.input.name) is text, which only a "
          + "\(choices.settings.configuration.title) reads: start "
          + "the program on a photo"
        : "a \(configuration.title) reads text: start the program on a text file"
    }
    guard let weights = loadedWeights, (try? weights.model.reconfigured(configuration)) == nil
    else { return nil }
    let changed = configuration.catalog.filter {
      $0.value(in: configuration) != $0.value(in: choices.settings.configuration)
    }
    let words = changed.map { "\($0.name) \($0.value(in: configuration))" }
    return "\(words.joined(separator: ", ")): needs other parameters than \(weights.name) has"
  }

  mutating func chooseNextSeed() {
    if let reason = reasonAgainstChange {
      message = .information(reason)
      return
    }
    switch choices.settings.source {
    case .seed(let seed):
      choices.settings.source = .seed(seed &+ 1)
      message = .information("seed \(seed &+ 1); \(keyName("undo")) goes back")
    case .weights(let weights):
      choices.settings.source = .seed(0)
      message = .information(
        "untrained, seed 0; \(keyName("undo")) brings \(weights.name) back")
    }
  }

  fileprivate mutating func chooseSeed(_ arguments: CommandArguments) throws(CommandError) {
    guard arguments.words.count == 1, let seed = UInt64(arguments.rest) else {
      throw CommandError(
        "seed: expected a whole number from 0 to \(UInt64.max), found \(arguments.found)")
    }
    choices.settings.source = .seed(seed)
  }

  /// Goes to a former or later point, which is there already: nothing is remembered.
  mutating func moveInHistory(_ point: UndoPoint) {
    isHistoryKept = true
    autoplay = nil
    let input = choices.input
    choices = point.choices
    // Another example of the same training is no other choice.
    if let key = training?.key, key.settings == choices.settings { choices.input = input }
    // Stages of a model that is to be built are waited for.
    if run != nil, open.key == open.wantedKey {
      go(to: point.stage)
    } else {
      open.target = point.stage
    }
  }

  /// Changes the draft by names and values; all of them or none.
  mutating func set(_ words: [String]) throws(CommandError) {
    guard !words.isEmpty, words.count.isMultiple(of: 2) else {
      throw CommandError(
        "set: expected names and values, found \(words.last.map { "\($0) without a value" } ?? "nothing")"
      )
    }
    var draft = choices.draft
    for index in stride(from: 0, to: words.count, by: 2) {
      guard let hyperparameter = catalog.named(words[index]) else {
        throw CommandError("\(words[index]) is no hyperparameter; / finds them")
      }
      guard !HyperparameterCatalog.Name.ofInput.contains(hyperparameter.name) else {
        throw CommandError("\(hyperparameter.name) is what the input has")
      }
      do {
        try hyperparameter.set(try hyperparameter.parse(words[index + 1]), in: &draft)
      } catch {
        throw CommandError("\(error)")
      }
      if let reason = reasonFixed(hyperparameter), let weights = loadedWeights,
        hyperparameter.value(in: draft) != weights.trained(hyperparameter)
      {
        throw CommandError(
          "\(hyperparameter.name) is set by the loaded weights: \(reason); :seed 0 drops the weights"
        )
      }
    }
    choices.draft = draft
    for word in words {
      if let changed = catalog.named(word) { choices.followInput(after: changed) }
    }
    if let name = catalog.named(words[0])?.name { selectHyperparameter(named: name) }
  }

  mutating func setAndApply(_ words: [String]) throws(CommandError) {
    let before = choices.draft
    guard words.count > 1 else {
      let hyperparameter = catalog.named(words[0])
      let value = hyperparameter.map { "\($0.value(in: choices.draft))" } ?? ""
      message = .information("\(words[0]) is \(value)")
      return
    }
    try set(words)
    do {
      try choices.draft.validate()
    } catch {
      choices.draft = before
      throw CommandError("\(error)")
    }
    if let reason = reasonAgainstApplying(choices.draft) {
      choices.draft = before
      throw CommandError(reason)
    }
    applyDraft()
  }
}
