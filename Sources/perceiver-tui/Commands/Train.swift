// `train`: teaches a model to tell classes apart, or to reconstruct a picture.

import ArgumentParser
import Datasets
import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Tensors

/// Trains a model and writes it as its package reads it.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model on labelled pictures, or a Perceiver IO to reconstruct one picture.",
    discussion: """
      DATA is a file of pictures in MNIST's format (*-images-idx3-ubyte, packed with gzip or not), \
      with the labels beside it; CIFAR-10's data_batch_*.bin or CIFAR-100's train.bin; an .npy array \
      with one of labels, or an .npz of both; or a folder: of MNIST's or CIFAR's files, or with a \
      folder of pictures for each class (--recursive reads folders within it). Or planted: pictures \
      that the program draws, whose class is the shape of a red sign (./planted is a file of that \
      name).

      The model is that of the options; classes and channels are those of the data. Pictures are \
      scaled to [-1, 1], as explore reads photos, or by --mean and --std, or as the model of --weights \
      was trained. The trained model goes to --out and its arguments beside it, with this scaling, \
      the pictures' size and channels and the names of classes: --weights opens it, and whatever \
      reads pictures for it prepares them alike.

      The training itself, with the optimiser's state, is kept as NAME.training.safetensors beside \
      --out NAME.safetensors: after each epoch, and when Ctrl-C or SIGTERM stops it (exit status \
      130 or 143). --resume goes on from there, and comes to the same bits as if nothing had \
      happened; options that are given then change what is left, such as --epochs.

      A line for each epoch goes to standard output. A loss or gradient that is NaN or infinite, or \
      that grows out of bounds, ends the training with exit status 70; the last checkpoint stays.
      """)

  @Argument(help: ArgumentHelp("Labelled pictures: a file or a folder.", valueName: "data"))
  var data: String?

  @Option(
    name: [.short, .customLong("out"), .customLong("output")],
    help: ArgumentHelp("The file for the model, such as model.safetensors.", valueName: "file"))
  var out: String

  @Option(
    help: ArgumentHelp(
      "Instead of data: a picture that Perceiver IO learns to reconstruct from the queries of its positions.",
      valueName: "picture"))
  var reconstruct: String?

  @Option(
    help: ArgumentHelp(
      "Labelled pictures that the model is measured by after each epoch; of a folder with both, "
        + "the test part.", valueName: "data"))
  var validation: String?

  @Option(help: ArgumentHelp("Their labels.", valueName: "file"))
  var validationLabels: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Steps between two checkpoints. (default: an epoch)", valueName: "n"))
  var saveEvery: Int?

  @Flag(help: "Continue the training whose checkpoint lies next to --out.")
  var resume = false

  @Flag(help: "Replace the files of an earlier training.")
  var force = false

  @Option(
    help: ArgumentHelp(
      "A row for each step and validation as CSV: loss, accuracy, learning rate, gradient norm.",
      valueName: "file.csv"))
  var metrics: String?

  @Option(help: ArgumentHelp("The same as a JSON object in each line.", valueName: "file.jsonl"))
  var metricsJsonl: String?

  @OptionGroup(title: "Data") var prepared: DataOptions
  @OptionGroup(title: "Training") var recipe: RecipeOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  func validate() throws {
    if out.isEmpty || out.hasSuffix(".json") {
      throw ValidationError(
        "--out: expected a name for safetensors, found \(out.isEmpty ? "nothing" : out)")
    }
    if (data == nil) == (reconstruct == nil) {
      throw ValidationError(
        "expected data or --reconstruct, found \(data == nil ? "neither" : "both")")
    }
    if reconstruct != nil, validation != nil || prepared.labels != nil || prepared.limit != nil {
      throw ValidationError(
        "--reconstruct: expected no --validation, --labels or --limit with it, found one")
    }
    if validationLabels != nil && validation == nil {
      throw ValidationError("--validation-labels: expected --validation with it, found none")
    }
    if let saveEvery, saveEvery < 1 {
      throw ValidationError("--save-every: expected a number of steps from 1, found \(saveEvery)")
    }
    if resume && force {
      throw ValidationError("--resume and --force: expected one of them, found both")
    }
    if resume && model.weights != nil {
      throw ValidationError("--resume and --weights: expected one of them, found both")
    }
  }

  func run() throws {
    let existing: WholeFile.ExistingFile = resume || force ? .replace : .refuse
    let files = ModelFiles(path: out)
    try files.check(existing: existing)
    try checkCheckpoint()
    var source = try ModelSource(model.request())
    if resume {
      let kept = try CommandFailure.about(checkpoint) {
        try Trainer.preprocessing(savedAt: checkpoint)
      }
      if let kept {
        try prepared.values.check(sameAs: kept)
        source.given.preprocessing = kept
      }
    }
    let classes =
      try resume
      ? CommandFailure.about(checkpoint) { try Trainer.classNames(savedAt: checkpoint) }
      : source.learntClassNames
    let lesson =
      try reconstruct.map { try Lesson(picture: $0, prepared, source) }
      ?? Lesson(
        data: data ?? "", validation: validation, validationLabels: validationLabels, prepared,
        source, classes: classes)
    let trainer = try trainer(lesson, source)
    // What cannot be written is refused before hours of learning, not after them.
    _ = try trainer.model.exported(as: .own, tied: .once)
    let step = resume ? trainer.step : nil
    let metrics =
      try metrics.map { try MetricsFile($0, .csv, resumingAt: step, existing: existing) }
      .asArray
      + metricsJsonl.map {
        try MetricsFile($0, .jsonLines, resumingAt: step, existing: existing)
      }.asArray
    sayWhat(trainer, lesson)
    var session = TrainingSession(
      trainer, validation: lesson.validation, checkpoint: checkpoint,
      existing: existing, saveEvery: saveEvery, metrics: metrics)
    let export = try Interruption.cancelling { cancellation in
      try session.run(cancellation)
      let export = try session.trainer.model.exported(as: .own, tied: .once)
      // A file that came meanwhile is not this training's to replace; the training itself is kept.
      try files.write(export, existing: existing, cancellation)
      return export
    } leaving: {
      try session.save()
      return "interrupted after step \(session.trainer.step); --resume goes on, and "
        + "--weights \(checkpoint) opens it as it is"
    }
    try files.report(export)
  }

  /// `model.training.safetensors` for `model.safetensors`.
  private var checkpoint: String { Trainer.trainingPath(ofModelAt: out) }

  private func checkCheckpoint() throws {
    let isThere = FileNames.exists(checkpoint)
    if resume, !isThere {
      throw CommandFailure(.noInput, checkpoint, "expected a training to resume, found none")
    }
    if isThere, !resume, !force {
      throw TrainingSession.isThere(checkpoint)
    }
  }

  private func trainer(_ lesson: Lesson, _ source: ModelSource) throws -> Trainer {
    guard resume else {
      let description = try lesson.describe(source)
      for note in description.notes { Messages.note(note) }
      var recipe = TrainingRecipe()
      recipe.batchSize = lesson.customaryBatch
      recipe.seed = source.seed
      try self.recipe.apply(to: &recipe, count: lesson.count)
      if self.recipe.steps == nil && self.recipe.epochs == nil {
        var ten = self.recipe
        ten.epochs = 10
        try ten.apply(to: &recipe, count: lesson.count)
      }
      return try Trainer(
        model: try source.model(description), task: lesson.task, recipe: recipe)
    }
    var failure: (any Error)?
    let trainer = try CommandFailure.about(checkpoint) {
      try Trainer(resuming: checkpoint, task: lesson.task, epochs: recipe.epochs) { recipe in
        do { try self.recipe.apply(to: &recipe, count: lesson.count) } catch { failure = error }
      }
    }
    if let failure { throw failure }
    try checkSame(source.given, as: trainer.model.configuration)
    if model.seed != nil { Messages.note("--seed has no effect with --resume") }
    return trainer
  }

  /// Refuses hyperparameters that are not those of the training.
  private func checkSame(
    _ given: GivenHyperparameters, as configuration: ModelConfiguration
  ) throws {
    for hyperparameter in configuration.catalog
    where hyperparameter.name != HyperparameterCatalog.Name.tokenChannels {
      let own = hyperparameter.value(in: configuration)
      guard let value = given.values[hyperparameter.name], value != own else { continue }
      throw CommandFailure.usage(
        "--\(hyperparameter.optionName): expected \(own) as the training has it, found \(value)")
    }
  }

  private func sayWhat(_ trainer: Trainer, _ lesson: Lesson) {
    let recipe = trainer.recipe
    Messages.note(
      "\(lesson.summary), \(trainer.model.parameterCount) parameters, \(recipe.steps) steps, "
        + "\(trainer.stepsPerEpoch) an epoch"
        + (trainer.step > 0
          ? ", \(trainer.finishedEpochs) of \(trainer.epochs) epochs finished; going on after step "
            + "\(trainer.step)" : ""))
  }
}

extension Optional {
  /// One element, or none.
  fileprivate var asArray: [Wrapped] { map { [$0] } ?? [] }
}
