// A training as a file: parameters, the optimiser's moments, and all that decides the next step.

import Foundation
import Tensors

extension Trainer {
  /// Writes all that is needed to go on exactly, in one step: whoever reads the file finds all of
  /// this step or of the one saved before.
  ///
  /// The file is safetensors: `parameter.NAME`, `mean.NAME` and `square.NAME`, and in its metadata
  /// the step, the recipe and every hyperparameter.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - existing: What becomes of a file that is there, also of one that comes while it is written.
  /// - Throws: `FileWriteError`.
  public func save(to path: String, existing: WholeFile.ExistingFile = .replace) throws {
    var tensors: [String: Tensor] = [:]
    for parameter in learnt {
      tensors[Self.parameterPrefix + parameter.name] = parameter.value
      guard parameter.mean.count == parameter.value.count else { continue }
      tensors[Self.meanPrefix + parameter.name] = parameter.mean
      tensors[Self.squarePrefix + parameter.name] = parameter.square
    }
    var hyperparameters: [String: String] = [:]
    for hyperparameter in plan.configuration.catalog {
      hyperparameters[hyperparameter.name] = "\(hyperparameter.value(in: plan.configuration))"
    }
    var metadata = [
      Self.formatKey: Self.format,
      "step": "\(step)",
      "data": task.summary,
      "first_loss": firstLoss.map { "\($0)" } ?? "",
      "recipe": try Self.text(recipe),
      "configuration": try Self.text(hyperparameters),
    ]
    if origin != EpochOrigin() {
      metadata[Self.originKey] = "\(origin.epoch) \(origin.step)"
    }
    if let names = plan.configuration.classNames {
      metadata[Self.classNamesKey] = try Self.text(names)
    }
    if let preprocessing = plan.configuration.preprocessing {
      metadata[Self.preprocessingKey] = preprocessing.json.text
    }
    // Tied layers are written once, and the file is read as a model's too.
    let aliases = plan.tiedNames.map { (Self.parameterPrefix + $0, Self.parameterPrefix + $1) }
    try SafetensorsWriter.write(
      tensors, aliases: Dictionary(uniqueKeysWithValues: aliases), metadata: metadata, to: path,
      existing: existing)
  }

  /// What the names of parameters begin with in the file.
  static let parameterPrefix = "parameter."

  /// What the names of the optimiser's means of gradients, and of their squares, begin with.
  private static let meanPrefix = "mean."
  private static let squarePrefix = "square."

  /// Whether a tensor of a saved training is the optimiser's, and none of the model.
  static func isOptimizerState(_ name: String) -> Bool {
    [meanPrefix, squarePrefix].contains { name.hasPrefix($0) }
  }

  /// Where the training of a model is kept: `model.training.safetensors` for `model.safetensors`.
  public static func trainingPath(ofModelAt path: String) -> String {
    (path.hasSuffix(ending) ? String(path.dropLast(ending.count)) : path) + trainingEnding
  }

  /// The model of a training that is kept so; the path itself where it is called otherwise.
  private static func modelPath(ofTrainingAt path: String) -> String {
    path.hasSuffix(trainingEnding) ? path.dropLast(trainingEnding.count) + ending : path
  }

  private static let ending = ".safetensors"
  private static let trainingEnding = ".training.safetensors"

  /// Whether a file with such metadata is a training that was saved.
  static func isSaved(in metadata: [String: String]) -> Bool { metadata[formatKey] != nil }

  /// The hyperparameters of the model that a saved training trains, with a note that says how to go
  /// on with it; nil where the metadata are of another file.
  ///
  /// - Throws: `TrainingError.damaged`.
  static func given(
    _ metadata: [String: String], path: String
  ) throws -> GivenHyperparameters? {
    guard isSaved(in: metadata), let text = metadata["configuration"] else { return nil }
    let configuration = try configuration(text, path: path)
    var given = GivenHyperparameters()
    for hyperparameter in configuration.catalog where hyperparameter.applies(to: configuration) {
      given.values[hyperparameter.name] = hyperparameter.value(in: configuration)
    }
    given.classNames = try classNames(metadata, path: path)
    given.preprocessing = try preprocessing(metadata, path: path)
    given.origin = "the training's own metadata"
    given.notes.append(
      "a training after step \(metadata["step"] ?? "0"); it goes on with train DATA "
        + "--out \(printable(modelPath(ofTrainingAt: path))) --resume")
    return given
  }

  /// What the classes of a saved training are called, by number, which data must be brought to
  /// before it goes on; nil where they have no names.
  ///
  /// - Throws: `TrainingError.damaged`, `TensorFileError`, `FileAccessError`.
  public static func classNames(savedAt path: String) throws -> [String]? {
    try classNames(try TensorFile(path: path).metadata, path: path)
  }

  /// How pictures became the numbers that a saved training learns from; nil where it does not say,
  /// as those of earlier versions.
  ///
  /// - Throws: `TrainingError.damaged`, `TensorFileError`, `FileAccessError`.
  public static func preprocessing(savedAt path: String) throws -> Preprocessing? {
    try preprocessing(try TensorFile(path: path).metadata, path: path)
  }

  private static func preprocessing(
    _ metadata: [String: String], path: String
  ) throws -> Preprocessing? {
    guard let text = metadata[preprocessingKey] else { return nil }
    do {
      return try Preprocessing(JSONValue(parsing: Array(text.utf8)))
    } catch {
      throw TrainingError.damaged("\(path): \(preprocessingKey): \(error)")
    }
  }

  private static func classNames(
    _ metadata: [String: String], path: String
  ) throws -> [String]? {
    guard let text = metadata[classNamesKey] else { return nil }
    guard let names = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else {
      throw TrainingError.damaged("\(path): \(classNamesKey): expected a list of names, found none")
    }
    return names
  }

  /// Takes up a training where its file left it.
  ///
  /// - Parameters:
  ///   - path: What `save` wrote.
  ///   - task: What it learnt from; the same data give the same steps.
  ///   - epochs: After how many epochs in all it ends; nil for as many steps or, where batches get
  ///     another size, as many epochs as it was to take. Epochs that are finished stay finished
  ///     whatever the size of batches; an epoch that is not goes on after as many examples, less those
  ///     of a part of a batch.
  ///   - change: Changes to the recipe, such as more steps.
  /// - Throws: `TrainingError.damaged` for a file that is no such training or was of other data,
  ///   `TensorFileError`,
  ///   `FileAccessError`; what beginning a training throws.
  public init(
    resuming path: String, task: TrainingTask, epochs: Int? = nil,
    changing change: (inout TrainingRecipe) -> Void = { _ in }
  ) throws {
    let file = try TensorFile(path: path)
    func damaged(_ what: String) -> TrainingError { .damaged("\(path): \(what)") }
    func text(_ key: String) throws -> String {
      guard let text = file.metadata[key] else {
        throw damaged("metadata: expected \(key), found none")
      }
      return text
    }
    guard file.metadata[Self.formatKey] == Self.format else {
      throw damaged("expected a training that was saved, found another file of tensors")
    }
    guard let step = Int(try text("step")), step >= 0 else {
      throw damaged("step: expected a number, found \(printable(try text("step")))")
    }
    guard try text("data") == task.summary else {
      throw damaged("data: expected \(printable(try text("data"))), found \(task.summary)")
    }
    var configuration = try Self.configuration(try text("configuration"), path: path)
    configuration.classNames = try Self.classNames(file.metadata, path: path)
    configuration.preprocessing = try Self.preprocessing(file.metadata, path: path)
    guard
      var recipe = try? JSONDecoder().decode(
        TrainingRecipe.self, from: Data(try text("recipe").utf8))
    else { throw damaged("recipe: expected one, found \(printable(try text("recipe")))") }
    let old = recipe
    change(&recipe)
    try configuration.validate()
    let plan = ModelPlan(configuration)
    let origin = try Self.origin(file.metadata[Self.originKey], step: step, path: path)
    let former = BatchSource(task, recipe: old, plan: plan, origin: origin)
    var source = BatchSource(task, recipe: recipe, plan: plan, origin: origin)
    if source.size != former.size {
      source = BatchSource(
        task, recipe: recipe, plan: plan,
        origin: origin.moved(toStep: step, from: former, to: source))
      let last = former.position(ofStep: old.steps)
      if epochs == nil, recipe.steps == old.steps, last.position == 0 {
        recipe.steps = source.steps(ofEpochs: last.epoch)
      }
    }
    if let epochs { recipe.steps = source.steps(ofEpochs: epochs) }
    let learnt = try plan.parameters.map { specification in
      func tensor(_ prefix: String) throws -> Tensor? {
        let name = prefix + specification.name
        guard let entry = file.entry(named: name) else { return nil }
        guard entry.shape == specification.shape else {
          throw damaged(
            "tensor \(name): expected shape \(specification.shape), found \(printable(entry.shape))"
          )
        }
        return try file.tensor(named: name)
      }
      guard let value = try tensor(Self.parameterPrefix) else {
        throw damaged("expected a tensor parameter.\(specification.name), found none")
      }
      var parameter = LearntParameter(specification, value: value)
      if let mean = try tensor(Self.meanPrefix), let square = try tensor(Self.squarePrefix) {
        (parameter.mean, parameter.square) = (mean, square)
      }
      return parameter
    }
    try self.init(
      plan: plan, learnt: learnt, task: task, recipe: recipe, step: step,
      firstLoss: Double(try text("first_loss")), origin: source.origin)
  }

  private static func origin(
    _ text: String?, step: Int, path: String
  ) throws(TrainingError) -> EpochOrigin {
    guard let text else { return EpochOrigin() }
    let numbers = text.split(separator: " ").map { Int($0) }
    guard numbers.count == 2, let epoch = numbers[0], let first = numbers[1],
      (0...step).contains(first), (0...step).contains(epoch)
    else {
      throw .damaged(
        "\(path): \(originKey): expected an epoch and a step, found \(text.prefix(80))")
    }
    return EpochOrigin(epoch: epoch, step: first)
  }

  private static let originKey = "epoch_origin"

  private static let classNamesKey = "class_names"
  private static let preprocessingKey = "preprocessing"
  private static let formatKey = "perceiver_training"
  private static let format = "1"

  private static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private static func configuration(_ text: String, path: String) throws -> ModelConfiguration {
    guard let values = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8))
    else {
      throw TrainingError.damaged("\(path): configuration: expected hyperparameters, found none")
    }
    var configuration = UntrainedModels.own.defaults
    for hyperparameter in configuration.catalog {
      guard let value = values[hyperparameter.name] else { continue }
      do {
        try hyperparameter.set(try hyperparameter.parse(value), in: &configuration)
      } catch {
        throw TrainingError.damaged("\(path): configuration: \(error)")
      }
    }
    return configuration
  }
}
