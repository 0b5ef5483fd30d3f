// A training as it goes on: which steps and which runs are wanted, and what became of them.

import Perceiver

extension ExplorerState {
  /// The steps that are wanted and not under way.
  mutating func trainingEffects() -> [ExplorerEffect] {
    guard let session = training, !session.isComputing else { return observationEffects() }
    guard let trainer = session.trainer else {
      guard let run, open.key == session.key else { return [] }
      training?.isComputing = true
      return [.beginTraining(run.model, session.lesson, round: session.round)]
    }
    var budget: TrainingBudget?
    if session.phase == .running {
      let next = TrainingSnapshots.nextAutomatic(after: trainer.step)
      budget = TrainingBudget(
        steps: next - trainer.step, seconds: min(2, max(0.2, 2 * session.observingSeconds)))
    } else if session.phase == .paused, session.stepsWanted > 0 {
      training?.stepsWanted -= 1
      budget = TrainingBudget(steps: 1, seconds: 0)
    }
    guard let budget, !trainer.isComplete else { return observationEffects() }
    training?.isComputing = true
    return [.train(trainer, budget, round: session.round)] + observationEffects()
  }

  /// The run of the present model, where another is shown or too little of it.
  private mutating func observationEffects() -> [ExplorerEffect] {
    guard let session = training, let trainer = session.trainer, let run, !session.isObserving,
      !isComputingStage
    else { return [] }
    let last = run.stageIDs.count - 1
    let goal = min(max(0, target ?? position), last)
    guard session.shownStep != trainer.step || goal >= run.stages.count else { return [] }
    training?.isObserving = true
    let requests = goal == position ? stage.map { wantedAnswers(at: $0.id) } ?? [] : []
    return [
      .observe(
        Observation(
          model: trainer.model, step: trainer.step, base: run, input: choices.input, stage: goal,
          requests: requests), round: session.round)
    ]
  }

  /// Takes in a training that is ready.
  mutating func finishPreparingTraining(_ outcome: Outcome<Trainer>) {
    training?.isComputing = false
    switch outcome {
    case .success(let trainer):
      training?.trainer = trainer
      // Ctrl-C may have come before it was ready.
      if training?.phase == .preparing { training?.phase = .running }
      // The run that was built is that of the model before its first step.
      training?.shownStep = trainer.step
      training?.snapshots = TrainingSnapshots(parameters: trainer.model.parameterCount)
      training?.keepSnapshot(isWanted: false)
    case .cancelled: training = nil
    case .failure(let reason):
      training = nil
      message = .error("train: \(reason); \(keyName("undo")) goes back")
    }
  }

  /// Takes in steps.
  mutating func addSteps(_ trained: TrainedSteps) {
    training?.isComputing = false
    training?.add(trained)
    if let problem = trained.problem {
      training?.phase = .paused
      training?.stepsWanted = 0
      training?.keepSnapshot(isWanted: false)
      message = .error(
        "training paused, \(problem); step \(trainingStep) is as it was, "
          + "\(keyName(.backToSnapshot)) goes back further")
    } else if trained.trainer.isComplete {
      training?.phase = .complete
      training?.keepSnapshot(isWanted: false)
      message = .information(
        "all \(trained.trainer.step) steps are taken; \(keyName(.stopTraining)) keeps the model, "
          + ":save FILE writes it")
    }
  }

  /// Shows a run of the present model in place of the former one, with all that was shown of it.
  mutating func showObserved(_ outcome: Outcome<ObservedRun>) {
    training?.isObserving = false
    switch outcome {
    case .success(let observed):
      training?.shownStep = observed.step
      training?.observingSeconds = observed.seconds
      (open.run, open.scores) = (observed.run, observed.scores)
      open.generation = nextGeneration()
      open.answers.removeAll()
      open.pending.removeAll()
      open.refinement = WhyRefinement()
      for (request, answer) in observed.answers {
        open.answers.insert(answer, for: request, cost: answer.cost)
      }
      // What was asked for in between is answered soon; until then the map is that of before.
      open.latestShown = observed.answers.keys.first {
        if case .map = $0.subject { true } else { false }
      }
      open.go()
    case .cancelled: break
    case .failure(let reason):
      // Were it asked for again, it would fail again.
      let step = trainingStep
      training?.shownStep = step
      open.target = nil
      message = .error(reason)
    }
  }

  /// Keeps model and input of a training as they are; what a person wanted to change is said to be
  /// for later.
  mutating func keepTrainedModel(_ before: UndoPoint, _ history: History<UndoPoint>) {
    guard let key = training?.key, open.wantedKey != key else { return }
    (choices, self.history) = (before.choices, history)
    go(to: before.stage)
    message = .information(reasonAgainstChange ?? "")
  }
}

extension WatchedTraining {
  /// Takes in steps that were taken.
  mutating func add(_ trained: TrainedSteps) {
    trainer = trained.trainer
    for step in trained.steps { history.add(step) }
    guard let last = trained.steps.last else { return }
    latest = last
    let mean = trained.steps.reduce(0) { $0 + $1.seconds } / Double(trained.steps.count)
    secondsPerStep = secondsPerStep.map { 0.7 * $0 + 0.3 * mean } ?? mean
    if TrainingSnapshots.nextAutomatic(after: last.step - 1) == last.step {
      keepSnapshot(isWanted: false)
    }
  }
}
