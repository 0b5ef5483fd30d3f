// Changing the model: the list, the draft, seeds, undo.

import Perceiver

extension ExplorerState {
  /// The panes that can have the focus.
  private var focusable: [Focus] {
    layout?.latents == nil ? [.map, .hyperparameters] : Focus.allCases
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
    let place = min(max(0, hyperparameterPlace + steps), listed.count - 1)
    if listed.indices.contains(place) { hyperparameterIndex = listed[place] }
  }

  /// The catalog's indices of the hyperparameters that a model of the draft's class has.
  var listedHyperparameters: [Int] {
    let all = HyperparameterCatalog.all
    return all.indices.filter { all[$0].applies(to: choices.draft) }
  }

  /// Where the chosen hyperparameter stands in the list, or the last one before it.
  var hyperparameterPlace: Int {
    max(0, listedHyperparameters.count { $0 <= hyperparameterIndex } - 1)
  }

  /// The chosen hyperparameter.
  var hyperparameter: Hyperparameter {
    HyperparameterCatalog.all[min(max(0, hyperparameterIndex), HyperparameterCatalog.all.count - 1)]
  }

  mutating func stepHyperparameter(by steps: Int) {
    focus = .hyperparameters
    let hyperparameter = hyperparameter
    let value = hyperparameter.value(in: choices.draft)
    let stepped = hyperparameter.value(value, steppedBy: steps)
    if stepped == value {
      message = .information(
        "\(hyperparameter.name) is \(value), its \(steps > 0 ? "largest" : "least")")
    }
    set(hyperparameter, to: stepped)
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
    mode = .editing(hyperparameter: hyperparameter.name, LineEditor("\(value)"))
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

  /// Why a possible configuration cannot be had with this input and these weights; nil if it can.
  func reasonAgainstApplying(_ configuration: PerceiverConfiguration) -> String? {
    let (readsText, isText) = (
      configuration.variant == .languageModel, choices.input.text != nil
    )
    guard readsText == isText else {
      return isText
        ? "\(choices.input.name) is text, which only a \(Variant.languageModel.title) reads: start "
          + "the program on a photo"
        : "a \(configuration.variant.title) reads text: start the program on a text file"
    }
    guard let weights = loadedWeights, (try? weights.model.reconfigured(configuration)) == nil
    else { return nil }
    let changed = HyperparameterCatalog.all.filter {
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
      message = .information("seed \(seed &+ 1); u goes back")
    case .weights(let weights):
      choices.settings.source = .seed(0)
      message = .information("untrained, seed 0; u brings \(weights.name) back")
    }
  }

  mutating func moveInHistory(_ choices: Choices?) {
    guard let choices else { return }
    let input = self.choices.input
    self.choices = choices
    // Another example of the same training is no other choice.
    if let key = training?.key, key.settings == choices.settings { self.choices.input = input }
  }

  mutating func openExport() {
    var dialog = ExportDialog(path: "")
    if choices.input.frames.isEmpty || mapLiesOverLatents { dialog.subject = .map }
    if isReconstructionShown { dialog.subject = .reconstruction }
    dialog.path.set(proposedPath(dialog.subject, dialog.format))
    mode = .export(dialog)
  }
}
