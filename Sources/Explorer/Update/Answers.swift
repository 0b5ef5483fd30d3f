// What effects report: kept if it answers the present question, dropped if it is late.

import Perceiver

extension ExplorerState {
  /// Takes an effect's answer in; true if the choices were set back and not changed by a person.
  mutating func take(
    answer action: ExplorerAction, effects: inout [ExplorerEffect]
  ) -> Bool {
    switch action {
    case .built(let outcome, let generation):
      guard generation == self.generation, building != nil else { return false }
      return take(built: outcome)
    case .stageComputed(let outcome, let generation):
      guard generation == self.generation, isComputingStage else { return false }
      take(computed: outcome)
    case .answered(let request, let outcome, let generation):
      guard generation == self.generation, pending.remove(request) != nil else { return false }
      take(outcome, to: request)
    case .inputOpened(let outcome): take(opened: outcome)
    case .weightsLoaded(let outcome): take(loaded: outcome)
    case .maskLoaded(let outcome): take(mask: outcome)
    case .listed(let line, let outcome): take(listed: outcome, for: line)
    case .exported(let request, let outcome): take(exported: outcome, of: request)
    case .trainingBegan(let outcome, let round):
      guard round == training?.round, training?.trainer == nil else { return false }
      take(began: outcome)
    case .trained(let trained, let round):
      guard round == training?.round, training?.isComputing == true else { return false }
      take(trained)
    case .observed(let outcome, let round):
      guard round == training?.round, training?.isObserving == true else { return false }
      take(observed: outcome)
    case .dataOpened(let outcome, let steps): effects += take(data: outcome, steps: steps)
    case .start, .input, .terminal, .timer: break
    }
    return false
  }

  private mutating func take(
    data outcome: Outcome<TrainingData>, steps: Int?
  ) -> [ExplorerEffect] {
    switch outcome {
    case .success(let data):
      if let reason = reasonAgainstChange {
        message = .information(reason)
      } else {
        return beginTraining(on: data, steps: steps)
      }
    case .cancelled: break
    case .failure(let reason): message = .error(reason)
    }
    return []
  }

  private mutating func take(built outcome: Outcome<BuiltRun>) -> Bool {
    let wanted = building
    building = nil
    switch outcome {
    case .success(let built):
      (run, scores, runKey) = (built.run, built.scores, wanted)
      settleTarget()
      if message == nil, let reminder = notesReminder { message = .information(reminder) }
      return false
    case .cancelled, .failure:
      if case .failure(let reason) = outcome { message = .error(reason) }
      training = nil
      return returnToLastRun()
    }
  }

  /// Goes back to the run before, with the settings and input it has. A draft of other values of the
  /// same weights stays; that of other weights goes with them.
  private mutating func returnToLastRun() -> Bool {
    guard let former = formerRuns.popLast() else {
      // There is nothing to go back to: what failed is not tried again until something changes.
      runKey = RunKey(settings: choices.settings, input: choices.input)
      return false
    }
    if choices.settings.source != former.key.settings.source {
      choices.draft = former.key.settings.configuration
    }
    choices.settings = former.key.settings
    choices.input = former.key.input
    (run, scores, runKey) = (former.run, former.scores, former.key)
    generation += 1
    target = nil
    settleTarget()
    return true
  }

  private mutating func take(computed outcome: Outcome<ComputedStage>) {
    isComputingStage = false
    switch outcome {
    case .success(let computed):
      run = computed.run
      scores.append(computed.scores)
      settleTarget()
    case .cancelled:
      target = nil
      autoplay = nil
    case .failure(let reason):
      target = nil
      autoplay = nil
      message = .error(reason)
    }
  }

  private mutating func take(_ outcome: Outcome<MapAnswer>, to request: MapRequest) {
    switch outcome {
    case .success(let answer): answers.insert(answer, for: request, cost: answer.cost)
    case .cancelled: break
    case .failure(let reason):
      declined.insert(request)
      message = .error(reason)
    }
  }

  private mutating func take(opened outcome: Outcome<ExplorerInput>) {
    switch outcome {
    case .success(let input): open(input)
    case .cancelled: break
    case .failure(let reason): message = .error(reason)
    }
  }

  /// Looks at another input; an untrained model takes the channels and axes that it has.
  private mutating func open(_ input: ExplorerInput) {
    var settings = choices.settings
    let dropped = settings.mask.flatMap { $0.mask.shape == input.axes ? nil : $0 }
    if dropped != nil { settings.mask = nil }
    guard settings.configuration.readsTokens == (input.text != nil) else {
      message = .error("\(input.name): expected \(settings.configuration.wordsForInput)")
      return
    }
    if case .weights(let weights) = settings.source, !settings.configuration.fits(input) {
      message = .error(
        "\(input.name): \(weights.name) reads \(settings.configuration.wordsForInput), found "
          + input.words)
      return
    }
    if input.text == nil {
      settings.configuration.inputChannels = input.channels
      settings.configuration.inputAxes = input.axes.count
      choices.draft.inputChannels = input.channels
      choices.draft.inputAxes = input.axes.count
    }
    choices.settings = settings
    look(at: input)
    let lost = dropped.map { "; the mask \($0.name) does not fit it, u brings it back" } ?? ""
    message = .information("opened \(input.name)" + lost)
  }

  /// Shows an input whole; a mask of another size is put aside.
  private mutating func look(at input: ExplorerInput) {
    if let mask = choices.settings.mask, mask.mask.shape != input.axes {
      choices.settings.mask = nil
    }
    choices.input = input
    choices.view.zoom = 1
    choices.view.centre = ViewCentre()
    isProbing = false
  }

  private mutating func take(loaded outcome: Outcome<OpenedWeights>) {
    switch outcome {
    case .success(let opened):
      let weights = opened.weights
      guard weights.model.configuration.fits(opened.input) else {
        message = .error(
          "\(weights.name): reads \(weights.model.configuration.wordsForInput), found "
            + "\(opened.input.name) of \(opened.input.words)")
        return
      }
      if opened.input != choices.input { look(at: opened.input) }
      choices.settings.configuration = weights.model.configuration
      choices.settings.source = .weights(weights)
      choices.draft = weights.model.configuration
      message = .information(
        (["weights of \(weights.name)"] + weights.notes).joined(separator: "; "))
    case .cancelled: break
    case .failure(let reason): message = .error(reason)
    }
  }

  private mutating func take(mask outcome: Outcome<NamedMask>) {
    switch outcome {
    case .success(let mask):
      guard mask.mask.shape == choices.input.axes else {
        message = .error(
          "\(mask.name): expected a mask of \(choices.input.axes), found \(mask.mask.shape)")
        return
      }
      choices.settings.mask = mask
      let kept = mask.mask.keeps.count { $0 }
      message = .information("mask \(mask.name) keeps \(kept) of \(mask.mask.keeps.count) tokens")
    case .cancelled: break
    case .failure(let reason): message = .error(reason)
    }
  }

  /// Remembers that the model that is open is in a file.
  private mutating func noteSaved(_ request: ExportRequest) {
    guard let steps = request.trainedSteps else { return }
    training?.savedStep = steps
    if training == nil, loadedWeights?.trainedSteps == steps { savedModel = loadedWeights }
  }

  private mutating func take(exported outcome: ExportOutcome, of request: ExportRequest) {
    isExporting = false
    switch outcome {
    case .written(let place, let files):
      if request.subject == .model { noteSaved(request) }
      message = .information(files == 1 ? "wrote \(place)" : "wrote \(files) files to \(place)")
    case .exists(let path):
      var dialog = ExportDialog(path: request.path)
      (dialog.subject, dialog.format) = (request.subject, request.format)
      dialog.isPathTyped = true
      dialog.replacing = request
      dialog.replacing?.existing = .replace
      dialog.existingPath = path
      mode = .export(dialog)
      // Nothing is being written while the question stands.
      message = nil
    case .cancelled: message = .information("export cancelled; nothing was written")
    case .failure(let reason): message = .error(reason)
    }
  }
}

extension PerceiverConfiguration {
  fileprivate var readsTokens: Bool { variant == .languageModel }

  /// Whether a model of these arguments can read an input.
  fileprivate func fits(_ input: ExplorerInput) -> Bool {
    guard readsTokens == (input.text != nil) else { return false }
    return readsTokens || inputChannels == input.channels && inputAxes == input.axes.count
  }

  /// What it reads, as in "2 axes of 3 channels".
  fileprivate var wordsForInput: String {
    readsTokens ? "tokens" : ExplorerInput.words(axes: inputAxes, channels: inputChannels)
  }
}

extension ExplorerInput {
  /// What it is to a model, as in "2 axes of 3 channels".
  fileprivate var words: String {
    text == nil ? Self.words(axes: axes.count, channels: channels) : "tokens"
  }

  fileprivate static func words(axes: Int, channels: Int) -> String {
    "\(axes) \(axes == 1 ? "axis" : "axes") of \(channels) "
      + (channels == 1 ? "channel" : "channels")
  }
}
