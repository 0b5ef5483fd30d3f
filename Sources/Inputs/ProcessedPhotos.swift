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
    let own: PhotoProcessor
    do {
      own = try PhotoProcessor(json: json)
    } catch {
      throw InputFailure(.badData, "preprocessor_config.json", "\(error)")
    }
    var processor = own
    var photo = photo
    processor.mean = options.scaling.mean ?? own.mean
    processor.deviation = options.scaling.deviation ?? own.deviation
    for (option, numbers) in [("--mean", processor.mean), ("--std", processor.deviation)] {
      if let numbers, numbers.count != 1, numbers.count != 3 {
        throw InputFailure(.usage, option, "expected 1 or 3 numbers, found \(numbers.count)")
      }
    }
    if !options.cutsMiddle { processor.crop = nil }
    if options.longestSide != .customary {
      (processor.crop, processor.size) = (nil, nil)
      if let side = options.longestSide.limit { photo = photo.fitted(maxSide: side) }
    }
    let prepared: PhotoProcessor.Prepared
    do {
      prepared = try processor.prepared(photo)
    } catch {
      throw InputFailure(.badData, input.name, "\(error)")
    }
    return Input(
      name: input.name, tensor: prepared.tensor, content: .picture(prepared.picture),
      notes: notes + [Self.note(processor, own, of: prepared.picture, from: size)],
      scaling: processor.scaling, path: input.path, demand: demand)
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
  /// How samples from 0 to 1 become its numbers.
  fileprivate var scaling: PixelScaling {
    let full = Float(255 * (factor ?? 1))
    return PixelScaling(
      mean: (mean ?? [0]).map { $0 / full }, deviation: (deviation ?? [1]).map { $0 / full })
  }
}
