// What effects report: kept if it answers the present question, dropped if it is late.

import Inputs
import Perceiver
import Pictures

extension ExplorerState {
  /// Takes in what an effect reports, unless the question is no longer the present one.
  mutating func receive(_ report: ExplorerAction) -> [ExplorerEffect] {
    switch report {
    case .built(let outcome, let generation):
      if generation == open.generation, open.building != nil { finishBuilding(outcome) }
    case .stageComputed(let outcome, let generation):
      if generation == open.generation, isComputingStage { finishStage(outcome) }
    case .answered(let request, let outcome, let generation):
      keep(outcome, to: request, generation: generation)
    case .progressed(let request, let done, let total, let generation):
      note(done, of: total, on: request, generation: generation)
    case .changed(let outcome, let generation): keepChanged(outcome, generation: generation)
    case .changedStageComputed(let outcome, let generation):
      keepChanged(outcome, generation: generation)
    case .inputOpened(let outcome): lookAtOpened(outcome)
    case .folderOpened(let outcome): lookAtOpened(outcome)
    case .patchSourceOpened(let outcome): patch(fromOpened: outcome)
    case .weightsLoaded(let outcome): useLoaded(outcome)
    case .maskLoaded(let outcome): applyMask(outcome)
    case .objectLoaded(let outcome, let input):
      // What was read for another input is not of this one.
      if input == choices.input { keepObject(outcome) }
    case .objectWritten(let outcome): finishWritingObject(outcome)
    case .sessionOpened(let outcome): return go(toOpened: outcome)
    case .listed(let line, let outcome): showCompletions(outcome, for: line)
    case .kept(let preference, let outcome): finishKeeping(preference, outcome)
    case .remembered(let files): recent = files
    case .exported(let request, let outcome): finishExport(outcome, of: request)
    case .trainingBegan(let outcome, let round):
      if round == training?.round, training?.trainer == nil { finishPreparingTraining(outcome) }
    case .trained(let trained, let round):
      if round == training?.round, training?.isComputing == true { addSteps(trained) }
    case .observed(let outcome, let round):
      if round == training?.round, training?.isObserving == true { showObserved(outcome) }
    case .dataOpened(let outcome, let steps):
      return beginTraining(onOpened: outcome, steps: steps)
    case .start, .input, .terminal, .timer: break
    }
    return []
  }

  private mutating func beginTraining(
    onOpened outcome: Outcome<TrainingData>, steps: Int?
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

  private mutating func go(toOpened outcome: Outcome<OpenedSession>) -> [ExplorerEffect] {
    switch outcome {
    case .success(let session):
      if let reason = reasonAgainstChange {
        message = .information(reason)
        return []
      }
      message = .information("opened \(session.path); \(keyName("undo")) goes back")
      return open(session)
    case .cancelled: break
    case .failure(let reason): message = .error(reason)
    }
    return []
  }

  private mutating func finishBuilding(_ outcome: Outcome<BuiltRun>) {
    let wanted = open.building
    open.building = nil
    switch outcome {
    case .success(let built):
      (open.run, open.scores, open.key) = (built.run, built.scores, wanted)
      open.go()
      endWaiting()
      if message == nil, let reminder = notesReminder { message = .information(reminder) }
      if message == nil, let drawn = built.drawnAnew, case .seed(let seed) = choices.settings.source
      {
        let (count, all) = (Figures.count(Double(drawn.count)), Figures.count(Double(drawn.all)))
        let kept = drawn.all - drawn.count
        // Where both round alike, the others are counted.
        let others = count == all ? Figures.grouped(kept) : "the others"
        // A few are named as the package calls them.
        let isNamed = kept > 0 && drawn.parts.count <= 3
        let parts = isNamed ? " (\(drawn.parts.joined(separator: ", ")))" : ""
        message = .information(
          "\(count) of \(all) parameters drawn anew from seed \(seed)\(parts)"
            + (kept > 0 ? "; \(others) are as they were" : ""))
      }
    case .cancelled, .failure:
      if case .failure(let reason) = outcome { message = .error(reason) }
      (training, startSteps) = (nil, [])
      returnToFormer()
    }
  }

  /// Goes back to the exploration before, with the settings and input it has. A draft of other values
  /// of the same weights stays; that of other weights goes with them.
  private mutating func returnToFormer() {
    guard let last = former.popLast(), let key = last.key else {
      // There is nothing to go back to: what failed is not tried again until something changes.
      open.key = open.wantedKey
      return
    }
    if choices.settings.source != key.settings.source {
      choices.draft = key.settings.configuration
    }
    (choices.settings, choices.input) = (key.settings, key.input)
    open.generation = nextGeneration()
    open.target = nil
    open.takeOver(last)
    isHistoryKept = true
  }

  private mutating func finishStage(_ outcome: Outcome<ComputedStage>) {
    let problem = open.finishStage(outcome)
    if case .success = outcome { return }
    autoplay = nil
    if let problem { message = .error(problem) }
  }

  private mutating func lookAtOpened(_ outcome: Outcome<Input>) {
    switch outcome {
    case .success(let input):
      guard !input.isSame(as: choices.input) else {
        message = .information("read \(input.name) again: nothing in it has changed")
        return
      }
      open(input)
    case .cancelled: break
    case .failure(let reason): message = .error(reason)
    }
  }

  private mutating func lookAtOpened(_ outcome: Outcome<OpenedFolder>) {
    switch outcome {
    case .success(let folder):
      let isSame = folder.input.isSame(as: choices.input)
      guard isSame || open(folder.input) else { return }
      inputs = folder.inputs
      inputs?.keep(folder.input)
      let how =
        inputs.map {
          "\($0.words); \(keyName("next-input")) and \(keyName("previous-input")) go through them"
        } ?? "the one input in it"
      let said = isSame ? "" : message.map { $0.text + "; " } ?? ""
      message = .information("\(said)\(folder.path): \(how)")
    case .cancelled: break
    case .failure(let reason): message = .error(reason)
    }
  }

  /// Looks at another input; an untrained model takes the channels and axes that it has.
  ///
  /// - Returns: Whether the model can read it.
  @discardableResult private mutating func open(_ input: Input) -> Bool {
    var settings = choices.settings
    guard settings.configuration.readsTokens == input.isText else {
      message = .error("\(input.name): expected \(settings.configuration.wordsForInput)")
      return false
    }
    if case .weights(let weights) = settings.source, !settings.configuration.fits(input) {
      message = .error(
        "\(input.name): \(weights.name) reads \(settings.configuration.wordsForInput), found "
          + input.words)
      return false
    }
    if !input.isText {
      settings.configuration.adapt(toAxes: input.axes.count, channels: input.channels)
      choices.draft.adapt(toAxes: input.axes.count, channels: input.channels)
    }
    choices.settings = settings
    look(at: input)
    inputs?.keep(input)
    let dropped = choices.settings.mask == nil ? settings.mask : nil
    let lost =
      dropped.map {
        "; the mask \($0.name) does not fit it, \(keyName("undo")) brings it back"
      } ?? ""
    let part = input.window.map { ", \($0.words)" } ?? ""
    let done = input.demand.isAsTrained ? input.notes.last.map { ", \($0.sentence)" } ?? "" : ""
    message = .information("opened \(input.name)" + part + done + lost)
    return true
  }

  /// Shows an input whole; a mask of another size is put aside.
  private mutating func look(at input: Input) {
    choices.settings.mask = choices.settings.mask(for: input)
    choices.input = input
    (choices.changes.hidden, choices.object) = (nil, nil)
    choices.view.zoom = 1
    choices.view.centre = ViewCentre()
    isProbing = false
  }

  private mutating func useLoaded(_ outcome: Outcome<OpenedWeights>) {
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

  private mutating func applyMask(_ outcome: Outcome<NamedMask>) {
    switch outcome {
    case .success(let mask):
      func size(_ axes: [Int]) -> String { axes.map(String.init).joined(separator: " × ") }
      guard mask.mask.shape == choices.tokenAxes else {
        message = .error(
          "\(mask.name): expected a mask of \(size(choices.tokenAxes)) tokens, found one of "
            + size(mask.mask.shape))
        return
      }
      choices.settings.mask = mask
      let kept = mask.mask.keeps.count { $0 }
      message = .information(
        "mask \(mask.name): \(kept) of \(mask.mask.keeps.count) tokens are read (non-zero keeps)")
    case .cancelled: break
    case .failure(let reason): message = .error(reason)
    }
  }

  /// Remembers that the model that is open is in a file.
  private mutating func noteSaved(_ request: ExportRequest) {
    guard let steps = request.trainedSteps else { return }
    savedModelPath = request.path
    training?.savedStep = steps
    if training == nil, loadedWeights?.trainedSteps == steps { savedModel = loadedWeights }
  }

  private mutating func finishExport(_ outcome: ExportOutcome, of request: ExportRequest) {
    isExporting = false
    switch outcome {
    case .written(let path, let files):
      if request.subject == .model { noteSaved(request) }
      if request.subject == .session { sessionPath = path }
      let said =
        (files == 1 ? "wrote \(path)" : "wrote \(files) files to \(path)")
        + (request.gap.map { "; but \($0)" } ?? "")
      // What went wrong meanwhile stays until it is read.
      if let message, message.kind == .error {
        self.message = .error("\(message.text); \(said)")
      } else {
        message = .information(said)
      }
    case .exists(let path):
      var dialog = ExportDialog(request.subject, of: exportSubjects, path: request.path)
      dialog.format = request.format
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

extension ModelConfiguration {
  /// Whether a model of these arguments can read an input.
  fileprivate func fits(_ input: Input) -> Bool {
    guard readsTokens == input.isText else { return false }
    return readsTokens || inputChannels == input.channels && inputAxes == input.axes.count
  }

  /// What it reads, as in "2 axes of 3 channels".
  fileprivate var wordsForInput: String {
    readsTokens ? "tokens" : Input.words(axes: inputAxes, channels: inputChannels)
  }
}

extension Input {
  /// Whether another is the same part of the same file and has the same in it. What was known of the
  /// model when it was read is of no account.
  func isSame(as other: Input) -> Bool {
    source != nil && source == other.source && window == other.window
      && demand.isAsTrained == other.demand.isAsTrained && notes == other.notes
      && tensor == other.tensor && sound == other.sound
      && whole == other.whole && previews == other.previews
      && surroundings?.picture == other.surroundings?.picture
  }

  /// What it is to a model, as in "2 axes of 3 channels".
  var words: String {
    isText ? "tokens" : Self.words(axes: axes.count, channels: channels)
  }

  fileprivate static func words(axes: Int, channels: Int) -> String {
    "\(axes) \(axes == 1 ? "axis" : "axes") of \(channels) "
      + (channels == 1 ? "channel" : "channels")
  }
}
