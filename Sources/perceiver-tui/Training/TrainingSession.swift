// A training from where it stands to its end: steps, validation, figures, checkpoints.

import Explorer
import Foundation
import Perceiver
import Pictures
import Tensors

/// Takes the steps of a trainer, and tells of them.
struct TrainingSession {
  /// The training.
  private(set) var trainer: Trainer
  /// What the model is measured by after each epoch.
  let validation: ScaledExamples?
  /// Where the training is kept.
  let checkpoint: String
  /// What becomes of a file that has the checkpoint's name when it is first written; what this training
  /// wrote itself is replaced.
  let existing: WholeFile.ExistingFile
  /// Steps between two checkpoints; an epoch if nil.
  let saveEvery: Int?
  /// Where figures go.
  let metrics: [MetricsFile]
  private let progress = ProgressLine()
  private var figures = EpochFigures()
  private var savedStep: Int?

  init(
    _ trainer: Trainer, validation: ScaledExamples?, checkpoint: String,
    existing: WholeFile.ExistingFile, saveEvery: Int?, metrics: [MetricsFile]
  ) {
    self.trainer = trainer
    self.validation = validation
    self.checkpoint = checkpoint
    self.existing = existing
    self.saveEvery = saveEvery
    self.metrics = metrics
    if trainer.step > 0 { savedStep = trainer.step }
  }

  /// Takes all steps that are left.
  ///
  /// - Throws: `CommandFailure` for numbers that are none and files that cannot be written,
  ///   `ComputationCancelled`; `trainer` then stands after the last step that was whole.
  mutating func run(_ cancellation: Cancellation) throws {
    defer { progress.clear() }
    // A path that cannot be written is known before hours of work.
    if savedStep == nil { try save() }
    if isEndOfEpoch, metrics.contains(where: { !$0.hasValidation(after: trainer.step) }) {
      try validate(cancellation)
    }
    while !trainer.isComplete {
      try cancellation.check()
      let step = try nextStep(cancellation)
      figures.add(step)
      try record(step)
      show(step)
      if isEndOfEpoch || trainer.isComplete { try finishEpoch(step, cancellation) }
      if trainer.isComplete || isTimeToSave { try save() }
    }
  }

  /// Writes the training as it stands, unless it has been.
  ///
  /// - Throws: `FileWriteError`; a `CommandFailure` where another file has the name.
  mutating func save() throws {
    guard savedStep != trainer.step else { return }
    do {
      try trainer.save(to: checkpoint, existing: savedStep == nil ? existing : .replace)
    } catch let error as FileWriteError where error.reason == .exists {
      throw Self.isThere(checkpoint)
    }
    savedStep = trainer.step
  }

  /// The refusal of a checkpoint's name that is taken.
  static func isThere(_ checkpoint: String) -> CommandFailure {
    CommandFailure(
      .cannotWrite, checkpoint,
      "it exists already; --resume goes on with it, --force replaces it")
  }

  private var isTimeToSave: Bool {
    saveEvery.map { trainer.step % $0 == 0 } ?? trainer.isEndOfEpoch
  }

  private var isEndOfEpoch: Bool { trainer.isEndOfEpoch }

  /// The epoch that the last step belongs to, from 1.
  private var epoch: Int {
    trainer.isEndOfEpoch ? trainer.finishedEpochs : trainer.finishedEpochs + 1
  }

  private var epochs: Int { trainer.epochs }

  private mutating func nextStep(_ cancellation: Cancellation) throws -> TrainingStep {
    do {
      return try trainer.takeStep(cancellation: cancellation)
    } catch let error as TrainingError {
      let kept = savedStep.map { "\(checkpoint) keeps step \($0)" } ?? "no step was kept"
      throw CommandFailure(.software, nil, "\(error); \(kept)")
    }
  }

  private func record(_ step: TrainingStep) throws {
    let row = MetricsRow(
      kind: .training, epoch: step.epoch + 1, step: step.step, loss: step.loss,
      accuracy: step.correct.map { Double($0) / Double(step.batch) },
      learningRate: step.learningRate, gradientNorm: step.gradientNorm,
      rate: step.seconds > 0 ? Double(step.batch) / step.seconds : 0)
    for file in metrics { try file.append(row) }
  }

  private func show(_ step: TrainingStep) {
    progress.draw(done: Double(step.step) / Double(max(1, trainer.recipe.steps))) {
      let left = Double(trainer.recipe.steps - step.step) * figures.secondsPerStep
      return "epoch \(step.epoch + 1)/\(epochs) step \(step.step)/\(trainer.recipe.steps) "
        + "\(figures.brief) \(Figures.count(figures.rate))/s \(EpochFigures.clock(left)) left"
    }
  }

  private mutating func finishEpoch(
    _ step: TrainingStep, _ cancellation: Cancellation
  ) throws {
    let words =
      "epoch \(epoch) of \(epochs): step \(step.step), \(figures.summary), "
      + "\(Figures.count(figures.rate)) examples/s"
    try validate(cancellation, after: words)
    // Where epochs are short, the line would else be gone as soon as it is drawn.
    show(step)
    figures = EpochFigures()
  }

  /// Measures the model on the validation data, if there are any, and says so after `words`.
  private func validate(_ cancellation: Cancellation, after words: String? = nil) throws {
    guard let validation else {
      if let words { try say(words) }
      return
    }
    let start = ContinuousClock.now
    let result = try Evaluation(
      of: trainer.model, on: validation, batchSize: trainer.recipe.batchSize,
      cancellation: cancellation
    ) { count in
      progress.draw(done: Double(count) / Double(validation.count)) {
        "validation, \(count)/\(validation.count)"
      }
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let row = MetricsRow(
      kind: .validation, epoch: epoch, step: trainer.step, loss: result.loss,
      accuracy: result.accuracy, rate: Double(result.count) / max(seconds, 1e-9))
    for file in metrics where !file.hasValidation(after: trainer.step) { try file.append(row) }
    let summary = EpochFigures.summary(loss: result.loss, accuracy: result.accuracy)
    try say(
      (words ?? "epoch \(epoch) of \(epochs): step \(trainer.step)") + "; validation \(summary)")
  }

  /// A line on standard output; a reader of it that leaves does not stop the training.
  private func say(_ line: String) throws {
    progress.clear()
    do { try StandardOutput().write(lines: [line]) } catch is StandardOutput.ReaderLeft {}
  }
}
