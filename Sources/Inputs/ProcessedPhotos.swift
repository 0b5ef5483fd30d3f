// Photos of models whose folder says how they are prepared, and what a person chooses instead.

import Perceiver
import Pictures
import Tensors

extension InputReader {
  /// A photo as a model's own processor prepares it, but for what options say otherwise.
  ///
  /// - Parameters:
  ///   - size: The photo's size in its file, in words.
  ///   - json: What the model's folder says.
  /// - Throws: `InputFailure` with the photo or option.
  func processed(
    _ photo: PixelImage, from size: String, _ input: OpenedInput, _ notes: [InputNote],
    _ json: JSONValue, _ demand: InputDemand
  ) throws -> Input {
    let own = try PhotoProcessor(folder: json, demand)
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
    let done =
      demand.isAsTrained
      ? [
        InputNote.fitted(
          to: "\(prepared.picture.height) × \(prepared.picture.width)", from: size, "\(own)")
      ]
      : [Self.note(processor, own, region, of: photo, as: prepared.picture, from: size)]
        + chosen(processor, own)
    return Input(
      name: input.name, tensor: prepared.tensor, content: .picture(prepared.picture),
      notes: notes + done,
      scaling: PixelScaling(processor), source: input.source, demand: demand,
      surroundings: Surroundings(of: photo, region: region))
  }

  /// What was cut out and how large it was made.
  private static func note(
    _ processor: PhotoProcessor, _ own: PhotoProcessor, _ region: PlaneRegion, of photo: PixelImage,
    as picture: PixelImage, from size: String
  ) -> InputNote {
    let now = "\(picture.width) × \(picture.height)"
    let whole = "\(photo.width) × \(photo.height)"
    let part = "\(Int(region.width)) × \(Int(region.height))"
    let start = whole == size ? "" : "\(size) made \(whole), "
    let brief =
      part != whole
      ? start + "middle \(part) of \(whole)" + (part == now ? "" : " made \(now)")
      : now == size ? "whole" : "made \(now) from \(size)"
    return InputNote(
      brief: brief,
      detail: processor == own ? "as the model's photo processor has it: \(own)" : "", joint: ", ")
  }

  /// The options that take the place of what the model's processor does; none where none does.
  private func chosen(_ processor: PhotoProcessor, _ own: PhotoProcessor) -> [InputNote] {
    var words: [String] = []
    if own.crop != nil, !options.cutsMiddle { words.append("--crop none") }
    switch options.longestSide {
    case .customary: break
    case .unlimited: words.append("--max-side none")
    case .pixels(let side): words.append("--max-side \(side)")
    }
    for (option, numbers, others) in [
      ("--mean", processor.mean, own.mean), ("--std", processor.deviation, own.deviation),
    ] {
      if let numbers, numbers != others {
        words.append("\(option) \(Preprocessing.listing(numbers))")
      }
    }
    guard !words.isEmpty else { return [] }
    return [
      InputNote(
        brief: words.joined(separator: " "),
        detail: "\(processor), where the model's photo processor has \(own)", joint: ": ",
        isChoice: true)
    ]
  }
}

extension PhotoProcessor {
  /// The processor that a folder's JSON describes.
  ///
  /// - Throws: `InputFailure` with the file.
  init(folder json: JSONValue, _ demand: InputDemand) throws {
    do {
      try self.init(json: json)
      guard demand.channels == 1 else { return }
      self.channels = 1
      (mean, deviation) = (mean.map { [$0[0]] }, deviation.map { [$0[0]] })
    } catch {
      throw InputFailure(.badData, demand.photoProcessorName, "\(error)")
    }
  }

  /// The processor with means and deviations that someone chose.
  ///
  /// - Throws: `InputFailure` with the option.
  func scaled(_ choice: ScalingChoice) throws -> PhotoProcessor {
    for (option, numbers) in [("--mean", choice.mean), ("--std", choice.deviation)] {
      if let numbers, numbers.count != 1, numbers.count != channels {
        let expected = channels == 1 ? "1 number" : "1 or \(channels) numbers"
        throw InputFailure(.usage, option, "expected \(expected), found \(numbers.count)")
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
    let demand = demand
    return try demand.photoProcessor.map {
      try PhotoProcessor(folder: $0, demand).scaled(choice)
    }
  }
}
