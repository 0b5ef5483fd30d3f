// What a training is worth that no file has, when the program has to end without asking.

import Perceiver

/// A model that was trained here and is in no file.
public struct UnsavedTraining: Sendable {
  /// What its files are called after, without an ending: the data or picture, and the step.
  public let stem: String
  /// The model.
  public let model: Perceiver
  /// The training, to go on with; nil where it was ended and the model kept.
  public let trainer: Trainer?
  /// How many steps were taken.
  public let steps: Int

  /// Writes the model as FILE.safetensors with its arguments beside it, and the training as
  /// FILE.training.safetensors, from which `train --out FILE.safetensors --resume` goes on. FILE is
  /// the stem, with a number where files are called so already.
  ///
  /// - Parameters:
  ///   - folder: Where; the working folder where empty.
  ///   - files: Writes them.
  /// - Returns: The path of the model.
  /// - Throws: What writing throws.
  public func write(into folder: String, _ files: ExplorerFiles) throws -> String {
    let prefix = folder.isEmpty ? "" : folder + "/"
    var (path, number) = (prefix + stem, 1)
    while ["", ".training"].contains(where: { files.exists(path + $0 + ".safetensors") })
      || files.exists(path + ".json")
    {
      number += 1
      path = "\(prefix)\(stem)-\(number)"
    }
    let export = try model.exported(as: .own)
    try files.writeModel(export, path + ".safetensors", .refuse)
    try trainer?.save(to: path + ".training.safetensors")
    return path + ".safetensors"
  }
}

extension ExplorerState {
  /// The model that was trained here and is in no file, if there is one.
  public var unsavedTraining: UnsavedTraining? {
    guard hasUnsavedTraining else { return nil }
    // A model that was kept is called after its step already.
    let called = training?.lesson.name ?? modelName.replacing(/, step \d+$/, with: "")
    let name = "trained-" + Self.stem(of: called)
    if let trainer = training?.trainer {
      return UnsavedTraining(
        stem: "\(name)-step-\(trainer.step)", model: trainer.model, trainer: trainer,
        steps: trainer.step)
    }
    guard let weights = loadedWeights, let steps = weights.trainedSteps else { return nil }
    return UnsavedTraining(
      stem: "\(name)-step-\(steps)", model: weights.model, trainer: nil, steps: steps)
  }
}
