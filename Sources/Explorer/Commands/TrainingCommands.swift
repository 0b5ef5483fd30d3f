// Training in the program: beginning, pausing, single steps, snapshots, and the trained model.

import Inputs
import Perceiver

extension CommandGroup {
  static let training = CommandGroup(
    "training", "train, and watch", footerRank: { $0.training != nil ? 1 : 3 },
    [
      Command(
        .train, keys: [.character("t")], takes: "[DATA] [steps=N]",
        "train on the picture, or on a file or folder of pictures; pause, resume",
        footer: .init("train", .beginners),
        Command.Action { state, arguments throws(CommandError) in try state.train(arguments) }),
      Command(
        "training-step", keys: [.character("N")], "take one step; pauses a running training",
        footer: "one step", in: .training, counting: .takesNumber,
        unless: \.reasonAgainstTrainingStep,
        .start { $0.takeTrainingStep() }),
      Command(
        "keep-snapshot", also: ["keep-moment"], keys: [.character("M")],
        "keep a snapshot of the training",
        footer: "snapshot", in: .training, unless: \.reasonAgainstSnapshots,
        .change { $0.keepSnapshot() }),
      Command(
        .backToSnapshot, also: ["back-to-moment"], keys: [.character("U")],
        "back to the previous snapshot",
        footer: "back", in: .training, unless: \.reasonAgainstSnapshots,
        .start { $0.goBackToSnapshot() }),
      Command(
        "snapshot", also: ["moment"], takes: "[N]",
        "go to the snapshot of a step of the training; without a number, list them",
        choices: { $0.training?.snapshots.all.map { "\($0.step)" } ?? [] },
        Command.Action { state, arguments throws(CommandError) in
          try state.goToSnapshot(arguments)
        }),
      Command(
        .stopTraining, also: ["stop-training"], keys: [.character("T")], takes: "",
        "stop; the trained model stays open", footer: "stop", in: .training,
        unless: \.reasonAgainstStopping, .start { $0.stopTraining() }),
      Command(
        "next-example", keys: [.character(".")], "look at the next example of the data",
        footer: "example", in: .examples, counting: .takesNumber,
        .change { $0.showExample(by: $0.countedSteps) }),
      Command(
        "previous-example", keys: [.character(",")], "look at the previous example", in: .examples,
        counting: .takesNumber, .change { $0.showExample(by: -$0.countedSteps) }),
    ])
}

extension ExplorerState {
  /// Begins a training on the picture or on data, of so many steps if it says how many; without
  /// either, does what the key does.
  mutating func train(_ arguments: CommandArguments) throws(CommandError) -> [ExplorerEffect] {
    guard !arguments.rest.isEmpty else { return toggleTraining() }
    if let reason = reasonAgainstChange { throw CommandError(reason) }
    let (words, rest) = arguments.separating(["steps"])
    var steps: Int?
    if let word = words["steps"] {
      let number = CommandArguments(name: "\(arguments.name): steps", rest: word)
      steps = try number.number("a number", in: 1...1_000_000)
    }
    guard !rest.rest.isEmpty else { return beginTrainingOnPicture(steps: steps) }
    let path = try rest.path()
    message = .information("reading \(path)")
    return [
      .openData(
        path: path, classes: loadedWeights?.model.configuration.classNames, demand: demand,
        steps: steps)
    ]
  }

  /// Goes to a kept snapshot of the training by its step, or lists them.
  mutating func goToSnapshot(
    _ arguments: CommandArguments
  ) throws(CommandError) -> [ExplorerEffect] {
    guard let snapshots = training?.snapshots.all, !snapshots.isEmpty else {
      throw CommandError("snapshot: there is no training")
    }
    let steps = snapshots.map { "\($0.step)" }.joined(separator: " ")
    guard !arguments.rest.isEmpty else {
      message = .information("snapshots at steps \(steps); :snapshot N goes to one")
      return []
    }
    guard let step = Int(arguments.rest), let snapshot = training?.snapshots.snapshot(at: step)
    else {
      throw CommandError("snapshot: expected one of \(steps), found \(arguments.found)")
    }
    return go(to: snapshot)
  }

  /// Begins a training on the picture, or lets one that is open pause or go on.
  mutating func toggleTraining() -> [ExplorerEffect] {
    switch training?.phase {
    case nil: return beginTrainingOnPicture()
    case .preparing: message = .information("the training is still being prepared")
    case .running: return pauseTraining()
    case .paused:
      training?.phase = .running
      training?.stepsWanted = 0
    case .complete:
      message = .information(
        "all \(training?.lesson.recipe.steps ?? 0) steps are taken; \(keyName(.stopTraining)) "
          + "keeps the model open")
    }
    return []
  }

  /// Perceiver IO learns to reconstruct the picture; a model of another class is put aside for one.
  ///
  /// - Parameter steps: how many steps it takes; as many as make it known again where nil.
  mutating func beginTrainingOnPicture(steps: Int? = nil) -> [ExplorerEffect] {
    guard
      let lesson = PictureLesson(
        choices.input, frame: choices.view.frame, settings: choices.settings)
    else {
      message = .error(
        "train: expected a picture to learn, found \(choices.input.name); :train FOLDER learns "
          + "labelled pictures")
      return []
    }
    var settings = choices.settings
    if lesson.needsAnotherModel {
      settings = ModelSettings(configuration: lesson.configuration, source: .seed(0))
    }
    settings.configuration.preprocessing = lesson.configuration.preprocessing
    begin(
      TrainingLesson(
        name: lesson.input.name, task: .reconstruction(of: lesson.input.tensor),
        recipe: PictureLesson.recipe.taking(steps)),
      settings, lesson.input)
    choices.view.replacement = .reconstruction
    // What is learnt is seen best in what comes of it.
    open.target = Self.lastStage
    return notice(
      lesson.needsAnotherModel
        ? "a small Perceiver IO, made for it, learns to reconstruct the picture; "
          + "\(keyName(.toggleReconstruction)) shows its maps"
        : "the model learns to reconstruct the picture; \(keyName(.toggleReconstruction)) shows maps"
    )
  }

  /// Says something about a training that begins, for as long as it takes to be read, and that it goes
  /// on with a model that was trained here before.
  private mutating func notice(_ text: String) -> [ExplorerEffect] {
    let trained = loadedWeights?.trainedSteps.map {
      "; it continues from step \($0), and its steps are counted anew"
    }
    message = .information(text + (trained ?? ""))
    training?.notice = message
    return [.startTimer(.notice(trainingRounds), seconds: 6)]
  }

  /// The present model learns labelled pictures.
  ///
  /// - Parameter steps: how many steps it takes; ten times through them where nil.
  mutating func beginTraining(on data: TrainingData, steps: Int?) -> [ExplorerEffect] {
    let lesson: TrainingLesson
    var settings = choices.settings
    do throws(CommandError) {
      lesson = try TrainingLesson(data, steps: steps)
      settings.configuration = try lesson.configuration(from: choices.settings.configuration)
    } catch {
      message = .error(error.description)
      return []
    }
    if case .weights(let weights) = settings.source {
      guard (try? weights.model.reconfigured(settings.configuration)) != nil else {
        message = .error(
          "\(data.name): its \(data.examples.classNames.count) classes need other parameters than "
            + "\(weights.name) has; :seed 0 makes an untrained model")
        return []
      }
    }
    (settings.mask, settings.queries) = (nil, nil)
    let examples = BrowsedExamples(data, 0)
    begin(lesson, settings, examples.input)
    self.examples = examples
    return notice(
      (["\(data.examples.count) examples in \(data.examples.classNames.count) classes"]
        + data.notes).joined(separator: "; "))
  }

  private mutating func begin(
    _ lesson: TrainingLesson, _ settings: ModelSettings, _ input: Input
  ) {
    (choices.settings, choices.input) = (settings, input)
    choices.settings.mask = nil
    choices.draft = settings.configuration
    if choices.view.replacement == .reconstruction { choices.view.replacement = nil }
    (choices.view.zoom, choices.view.centre, choices.view.frame) = (1, ViewCentre(), 0)
    (isProbing, autoplay) = (false, nil)
    trainingRounds += 1
    training = WatchedTraining(
      lesson: lesson, round: trainingRounds,
      key: open.wantedKey)
    if layout?.area(of: HyperparametersPane.self) == nil, focus == .hyperparameters { focus = .map }
  }

  /// Beyond the last stage of any model.
  private static let lastStage = 1 << 20

  /// Stops taking steps; what the present one is worth is dropped.
  mutating func pauseTraining(saying more: String? = nil) -> [ExplorerEffect] {
    training?.phase = .paused
    training?.stepsWanted = 0
    message = .information(
      "training paused; \(keyName(.train)) resumes it" + (more.map { "; \($0)" } ?? ""))
    return [.cancel(.training)]
  }

  /// Takes one step; a training that goes on is paused by it.
  mutating func takeTrainingStep() -> [ExplorerEffect] {
    if training?.phase == .running {
      return pauseTraining()
    }
    let steps = countedSteps
    training?.stepsWanted += steps
    return []
  }

  /// Keeps the present snapshot.
  mutating func keepSnapshot() {
    training?.keepSnapshot(isWanted: true)
    message = .information(
      "snapshot of step \(trainingStep) kept; after more steps \(keyName(.backToSnapshot)) goes "
        + "back to it")
  }

  /// Goes to the snapshot before the present one, which is kept too.
  mutating func goBackToSnapshot() -> [ExplorerEffect] {
    guard let snapshot = training?.snapshots.last(before: trainingStep) else {
      message = .information("there is no earlier snapshot")
      return []
    }
    return go(to: snapshot)
  }

  /// Takes up a snapshot and pauses there.
  mutating func go(to snapshot: TrainingSnapshot) -> [ExplorerEffect] {
    training?.keepSnapshot(isWanted: false)
    trainingRounds += 1
    training?.resume(from: snapshot, round: trainingRounds)
    message = .information(
      "back at step \(snapshot.step); \(keyName(.train)) continues from there")
    return [.cancel(.training)]
  }

  /// Ends the training; the trained model stays open as the present one.
  mutating func stopTraining() -> [ExplorerEffect] {
    guard let session = training else { return [] }
    training = nil
    guard let trainer = session.trainer, trainer.step > 0 else {
      message = .information("the training ended before its first step")
      return [.cancel(.training)]
    }
    let weights = LoadedWeights(
      model: trainer.model, name: "\(session.lesson.name), step \(trainer.step)")
    choices.settings.source = .weights(weights)
    let isShown = session.shownStep == trainer.step
    open.key = isShown ? open.wantedKey : nil
    if session.savedStep == trainer.step { savedModel = weights }
    // The key learns the picture: after data, another model would.
    let further = session.lesson.data == nil ? keyName(.train) : ":train DATA"
    message = .information(
      "the model of step \(trainer.step) is open; :save FILE writes it, \(further) trains it further"
    )
    return [.cancel(.training)]
  }

  /// Looks at another example of the data.
  mutating func showExample(by steps: Int) {
    guard let examples = examples?.moved(by: steps) else { return }
    self.examples = examples
    choices.input = examples.input
    // Another example is no other choice: undo passes over it.
    isHistoryKept = true
    guard training != nil else { return }
    training?.key = open.wantedKey
    // The model is the same: its run on the new input takes the place of the shown one.
    open.key = open.wantedKey
    training?.shownStep = nil
  }

  /// Whether examples of data are looked at.
  var isBrowsingExamples: Bool { examples.map { $0.input == choices.input } ?? false }

  /// Steps taken.
  var trainingStep: Int { training?.step ?? 0 }

  /// Whether a model was trained here that no file has.
  var hasUnsavedTraining: Bool {
    if let training { return training.step > 0 && training.savedStep != training.step }
    guard let weights = loadedWeights, weights.trainedSteps != nil else { return false }
    return savedModel !== weights
  }
}

extension WatchedTraining {
  init(lesson: TrainingLesson, round: Int, key: Exploration.Key) {
    (self.lesson, self.round, self.key) = (lesson, round, key)
  }

  /// Keeps the present snapshot.
  mutating func keepSnapshot(isWanted: Bool) {
    guard let trainer else { return }
    snapshots.keep(
      TrainingSnapshot(trainer: trainer, history: history, latest: latest, isWanted: isWanted))
  }

  /// Becomes what it was at a snapshot, paused.
  mutating func resume(from snapshot: TrainingSnapshot, round: Int) {
    (trainer, history, latest) = (snapshot.trainer, snapshot.history, snapshot.latest)
    (phase, self.round, stepsWanted) = (.paused, round, 0)
    (isComputing, isObserving, shownStep) = (false, false, nil)
  }
}

extension TrainingLesson {
  /// To tell the classes of data apart: so many steps, or ten times through it.
  init(_ data: TrainingData, steps: Int?) throws(CommandError) {
    guard data.examples.count > 0 else {
      throw CommandError("\(data.name): expected labelled pictures, found none")
    }
    guard data.examples.shape.count == 3 else {
      throw CommandError(
        "\(data.name): expected pictures [height, width, channels], found shape "
          + "\(data.examples.shape)")
    }
    var recipe = TrainingRecipe()
    recipe.batchSize = min(64, data.examples.count)
    recipe.steps = 10 * max(1, data.examples.count / recipe.batchSize)
    self.init(
      name: data.name, task: .classification(data.examples), recipe: recipe.taking(steps),
      data: data)
  }

  /// A configuration with the classes and channels of the data.
  func configuration(
    from configuration: ModelConfiguration
  ) throws(CommandError) -> ModelConfiguration {
    guard let data else { return configuration }
    guard configuration.classCount != nil else {
      throw CommandError(
        "train: expected a model that tells classes apart, found \(configuration.title) "
          + "without a classifier head; \(UntrainedModels.own.classifier.command) is one")
    }
    var configuration = configuration
    configuration.adapt(toAxes: 2, channels: data.examples.shape[2])
    configuration.adapt(toClasses: data.examples.classNames)
    configuration.preprocessing =
      data.examples.preprocessing ?? Preprocessing(data.scaling, shape: data.examples.shape)
    return configuration
  }
}

extension TrainingRecipe {
  /// The recipe with another number of steps, if one is wanted.
  fileprivate func taking(_ steps: Int?) -> TrainingRecipe {
    var recipe = self
    recipe.steps = steps ?? recipe.steps
    return recipe
  }
}
