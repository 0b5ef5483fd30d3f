// Learning a picture: which model reconstructs it, and how large the picture is made for that.

import Inputs
import Perceiver
import Pictures
import Tensors

/// A picture that Perceiver IO learns to reconstruct from the queries of its positions.
struct PictureLesson {
  /// The picture as the model reads it, scaled down where it was large.
  let input: Input
  /// The hyperparameters.
  let configuration: ModelConfiguration
  /// Whether the model that was open cannot give pictures back, so that another is made.
  let needsAnotherModel: Bool

  /// The longest side of a picture that is learnt: as many positions as two processors get through
  /// in well under a minute.
  static let longestSide = 96

  /// The lesson for a frame of what is open; nil if it has no picture.
  init?(_ input: Input, frame: Int, settings: ModelSettings) {
    guard !input.isText, input.frames.indices.contains(frame) else { return nil }
    let picture = input.frames[frame].fitted(maxSide: Self.longestSide)
    guard let tensor = try? picture.tensor(input.scaling) else { return nil }
    let isWhole = picture == input.frames[frame] && input.tensor == tensor
    self.input =
      isWhole
      ? input
      : Input(
        name: input.fullName, tensor: tensor, content: .picture(picture),
        notes: [InputNote(brief: Self.note(picture, from: input.frames[frame]))],
        scaling: input.scaling, demand: input.demand)
    needsAnotherModel = !Self.givesBack(picture, settings)
    var configuration =
      needsAnotherModel
      ? ModelConfiguration.learningPicture(
        channels: picture.channels, side: max(picture.width, picture.height))
      : settings.configuration
    configuration.preprocessing = Preprocessing(input.scaling, shape: tensor.shape)
    self.configuration = configuration
  }

  /// The recipe: enough steps for a picture to be known again long before the last.
  static var recipe: TrainingRecipe {
    var recipe = TrainingRecipe()
    recipe.learningRate = 3e-3
    recipe.warmupSteps = 20
    recipe.schedule = .cosine
    recipe.weightDecay = 0
    recipe.steps = 1500
    recipe.batchSize = 1024
    return recipe
  }

  /// What became of the picture that was open.
  private static func note(_ picture: PixelImage, from whole: PixelImage) -> String {
    picture == whole
      ? "as the picture that is shown" : "scaled down from \(whole.width) × \(whole.height)"
  }

  /// Whether a model's outputs at the positions of a picture are a picture of its channels.
  private static func givesBack(_ picture: PixelImage, _ settings: ModelSettings) -> Bool {
    let configuration = settings.configuration
    return settings.queries == nil
      && configuration.input == .data(axes: 2, channels: picture.channels)
      && configuration.positionOutputs == picture.channels
  }
}
