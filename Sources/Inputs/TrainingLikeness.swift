// Whether a photo is prepared like the pictures that a model was trained on, and making it so.

import Perceiver
import Pictures

extension InputDemand {
  /// The pictures that the model was trained on, in few words, as in `28 × 28 grey`; nil where the
  /// model says nothing of them.
  public var trainingPictures: String? {
    if let photoProcessor {
      let processor = try? PhotoProcessor(folder: photoProcessor, self)
      return processor.map { $0.size.map { "\($0)" } ?? "\($0)" }
    }
    return preprocessing?.pictures
  }
}

extension Input {
  /// Whether a picture has the size and scaling of those that a model was trained on, as far as the
  /// model says what they are; true of inputs that are no pictures.
  public func isLikeTraining(of demand: InputDemand) -> Bool {
    guard isPicture else { return true }
    // Folders say nothing of what is done to a photo but how: what differs was chosen, and is noted.
    if demand.photoProcessor != nil {
      return self.demand.isAsTrained || !notes.contains(where: \.isChoice)
    }
    guard let own = demand.preprocessing else { return true }
    guard hasSize(ofTrainingIn: demand) else { return false }
    return scaling.isReversed == (own.channelOrder == .bgr)
      && ScalingChoice(mean: scaling.mean, deviation: scaling.deviation).differences(from: own)
        .isEmpty
  }

  /// Whether it has the size of the pictures that a model was trained on, where the model itself says
  /// that size; false where a folder's processor makes it.
  public func hasSize(ofTrainingIn demand: InputDemand) -> Bool {
    guard demand.photoProcessor == nil, let own = demand.preprocessing else { return false }
    return own.size.map { axes == [$0.height, $0.width] } ?? true
  }
}

extension InputReader {
  /// A photo prepared as a model was trained, whatever this reader's options say; read again from its
  /// file, or, where it came from none, made from its pixels.
  ///
  /// - Throws: `InputFailure` with the photo, for arrays too: their numbers are used as they are.
  public func likeTraining(_ input: Input, of demand: InputDemand) throws -> Input {
    var demand = demand
    demand.isAsTrained = true
    let fitted = try prepared(input, for: demand)
    guard fitted.isPicture else {
      throw InputFailure(
        .badData, input.name, "expected a photo, found an array, whose numbers are used as they are"
      )
    }
    return fitted
  }
}

extension InputNote {
  /// What is said of a photo that was prepared like a model's training data.
  static func fitted(to pictures: String, from size: String, _ scaling: String) -> InputNote {
    InputNote(
      brief: "fitted: \(pictures)",
      detail: "made from \(size), \(scaling), like the pictures that the model was trained on",
      joint: ", ", isChoice: true)
  }
}
