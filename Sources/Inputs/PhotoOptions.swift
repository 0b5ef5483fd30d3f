// What a person says of how photos and arrays are to be prepared, over what the model says.

import Perceiver

/// Means and deviations that are used in place of the model's.
public struct ScalingChoice: Sendable, Hashable {
  /// Subtracted from samples, which go from 0 to 1: one number, or one a channel; nil for the model's.
  public var mean: [Float]?
  /// What the rest is divided by: one number, or one a channel; nil for the model's.
  public var deviation: [Float]?

  /// A choice; without arguments all is the model's.
  public init(mean: [Float]? = nil, deviation: [Float]? = nil) {
    (self.mean, self.deviation) = (mean, deviation)
  }

  /// Whether one of them is chosen.
  public var isMade: Bool { mean != nil || deviation != nil }

  /// How samples become numbers: as chosen, else as the model was trained, else to [-1, 1].
  public func preprocessing(over model: Preprocessing?) -> Preprocessing {
    var result = model ?? Preprocessing()
    result.mean = mean ?? result.mean
    result.deviation = deviation ?? result.deviation
    return result
  }

  /// What is said in another way than the model says it, a sentence each.
  public func overrides(of model: Preprocessing?) -> [String] {
    guard let model else { return [] }
    return differences(from: model).map { option, own, model in
      "\(option) \(Preprocessing.listing(own)) is used in place of the model's "
        + Preprocessing.listing(model)
    }
  }

  /// The options that differ from what a model has, with both.
  public func differences(
    from model: Preprocessing
  ) -> [(option: String, own: [Float], model: [Float])] {
    let own = preprocessing(over: model)
    return [("--mean", own.mean, model.mean), ("--std", own.deviation, model.deviation)]
      .filter { !Self.areSame($0.1, $0.2) }
  }

  /// Refuses numbers that are neither one nor one for each channel.
  ///
  /// - Throws: `InputFailure`.
  func check(_ preprocessing: Preprocessing, channels: Int) throws(InputFailure) {
    for (option, numbers) in [("--mean", preprocessing.mean), ("--std", preprocessing.deviation)]
    where numbers.count != 1 && numbers.count != channels {
      let expected = channels == 1 ? "1 number" : "1 or \(channels) numbers"
      throw InputFailure(.usage, option, "expected \(expected), found \(numbers.count)")
    }
  }

  /// Whether numbers are the same; one stands for as many as there are.
  private static func areSame(_ first: [Float], _ second: [Float]) -> Bool {
    if first.count == second.count { return first == second }
    guard first.count == 1 || second.count == 1 else { return false }
    return Set(first).union(second).count == 1
  }
}

/// How inputs are read and prepared.
public struct ReadingOptions: Sendable, Hashable {
  /// The longest side that a photo keeps.
  public enum LongestSide: Sendable, Hashable {
    /// That of the model's own pictures, or 224.
    case customary
    /// Any.
    case unlimited
    /// So many pixels.
    case pixels(Int)

    /// The side in pixels; nil for any.
    var limit: Int? {
      switch self {
      case .customary: 224
      case .unlimited: nil
      case .pixels(let side): side
      }
    }
  }

  /// The longest side that a photo keeps.
  public var longestSide = LongestSide.customary
  /// Whether a photo that is damaged or cut short is refused.
  public var refusesFlaws = false
  /// The array to read of an archive of several.
  public var arrayName: String?
  /// How samples become numbers.
  public var scaling = ScalingChoice()
  /// Whether the middle of a photo is cut out where the model's photo processor does so.
  public var cutsMiddle = true
  /// Which window of a text that is longer than the model reads, from 0.
  public var window = 0
  /// Whether an array's numbers are used as they are, those of a picture's range too.
  public var isRaw = false

  /// The usual: everything as the model says.
  public init() {}

  /// The same with everything that is said of photos left to the model.
  var asTrained: ReadingOptions {
    var options = self
    (options.longestSide, options.scaling) = (.customary, .init())
    (options.cutsMiddle, options.isRaw) = (true, false)
    return options
  }

  /// The options that are given and mean nothing for text, as the command line calls them.
  var usedForPictures: [String] {
    [
      ("--mean", scaling.mean != nil), ("--std", scaling.deviation != nil),
      ("--max-side", longestSide != .customary), ("--crop", !cutsMiddle), ("--raw", isRaw),
    ].filter(\.1).map(\.0)
  }

  /// The same of any part of what is longer than the model reads: which part is said beside them.
  var ofAnyPart: ReadingOptions {
    var options = self
    options.window = 0
    return options
  }

  /// The options of the command line that say the same, the part aside.
  public var arguments: [String] {
    func listing(_ numbers: [Float]) -> String { numbers.map { "\($0)" }.joined(separator: ",") }
    var words: [String] = []
    switch longestSide {
    case .customary: break
    case .unlimited: words += ["--max-side", "none"]
    case .pixels(let side): words += ["--max-side", "\(side)"]
    }
    if !cutsMiddle { words += ["--crop", "none"] }
    if let arrayName { words += ["--array", arrayName] }
    if let mean = scaling.mean { words += ["--mean", listing(mean)] }
    if let deviation = scaling.deviation { words += ["--std", listing(deviation)] }
    return words + (isRaw ? ["--raw"] : []) + (refusesFlaws ? ["--strict"] : [])
  }

  /// Whether something is said that only photos heed.
  var scalesPhotos: Bool {
    if scaling.isMade { return true }
    if case .pixels = longestSide { return true }
    return false
  }
}
