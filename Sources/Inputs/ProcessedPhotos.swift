// Photos of models whose folder says how they are prepared, and what a person chooses instead.

import Pictures
import Tensors

extension InputReader {
  /// A photo as a model's own processor prepares it, but for what options say otherwise.
  ///
  /// - Parameters:
  ///   - size: The photo's size in its file, in words.
  ///   - json: `preprocessor_config.json`.
  /// - Throws: `InputFailure` with the photo or option.
  func processed(
    _ photo: PixelImage, from size: String, _ input: OpenedInput, _ notes: [InputNote],
    _ json: JSONValue, _ demand: InputDemand
  ) throws -> Input {
    let own = try PhotoProcessor(folder: json)
    var processor = try own.scaled(options.scaling)
    var photo = photo
    if !options.cutsMiddle { processor.crop = nil }
    if options.longestSide != .customary {
      (processor.crop, processor.size) = (nil, nil)
      if let side = options.longestSide.limit { photo = photo.fitted(maxSide: side) }
    }
    let prepared: PhotoProcessor.Prepared
    let region: PlaneRegion
    do {
      region = try processor.region(width: photo.width, height: photo.height)
      prepared = try processor.prepared(photo)
    } catch {
      throw InputFailure(.badData, input.name, "\(error)")
    }
    return Input(
      name: input.name, tensor: prepared.tensor, content: .picture(prepared.picture),
      notes: notes + [Self.note(processor, own, of: prepared.picture, from: size)],
      scaling: PixelScaling(processor), path: input.path, demand: demand,
      surroundings: Surroundings(of: photo, region: region))
  }

  /// What was done, in few words, and what was not as the model has it.
  private static func note(
    _ processor: PhotoProcessor, _ own: PhotoProcessor, of picture: PixelImage, from size: String
  ) -> InputNote {
    let now = "\(picture.width) × \(picture.height)"
    let what = processor.crop == nil ? "made \(now) from" : "\(now) of the middle of"
    let isOwn = processor == own
    return InputNote(
      brief: "\(what) \(size)" + (isOwn ? "" : ", not as the model has it"),
      detail: isOwn
        ? "as the model's photo processor has it: \(own)"
        : "by options; the model's photo processor has \(own)")
  }
}

extension PhotoProcessor {
  /// The processor that a folder's JSON describes.
  ///
  /// - Throws: `InputFailure` with the file.
  init(folder json: JSONValue) throws {
    do {
      try self.init(json: json)
    } catch {
      throw InputFailure(.badData, "preprocessor_config.json", "\(error)")
    }
  }

  /// The same with means and deviations that someone chose.
  ///
  /// - Throws: `InputFailure` with the option.
  func scaled(_ choice: ScalingChoice) throws -> PhotoProcessor {
    for (option, numbers) in [("--mean", choice.mean), ("--std", choice.deviation)] {
      if let numbers, numbers.count != 1, numbers.count != 3 {
        throw InputFailure(.usage, option, "expected 1 or 3 numbers, found \(numbers.count)")
      }
    }
    var result = self
    result.mean = choice.mean ?? mean
    result.deviation = choice.deviation ?? deviation
    return result
  }
}

extension PixelScaling {
  /// How a photo processor makes numbers of samples from 0 to 1.
  public init(_ processor: PhotoProcessor) {
    let full = Float(255 * (processor.factor ?? 1))
    self.init(
      mean: (processor.mean ?? [0]).map { $0 / full },
      deviation: (processor.deviation ?? [1]).map { $0 / full })
  }
}

extension ModelSource {
  /// What prepares photos for the model, with means and deviations that someone chose; nil where its
  /// files hold no photo processor.
  ///
  /// - Throws: `InputFailure` with the file or option.
  public func photoProcessor(_ choice: ScalingChoice = .init()) throws -> PhotoProcessor? {
    try demand.photoProcessor.map { try PhotoProcessor(folder: $0).scaled(choice) }
  }
}
