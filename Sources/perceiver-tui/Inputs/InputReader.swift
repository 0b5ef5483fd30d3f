// From a file to the model's numbers; what a file is shows in its first bytes, not in its name.

import Explorer
import Perceiver
import Pictures
import Tensors

/// Reads photos, arrays and masks as the options say.
struct InputReader {
  private let longestSide: Int?
  private let scaling: PixelScaling
  private let scalesPhotos: Bool
  private let flaws: PictureRequest.FlawRule

  /// Takes what the options say.
  init(_ options: InputOptions) throws {
    longestSide = try options.longestSide()
    scaling = try options.values.scaling()
    scalesPhotos = options.scalesPhotos
    flaws = options.strict ? .refuseAny : .report
  }

  /// Reads an input, or standard input if `path` is `-`.
  ///
  /// - Throws: `CommandFailure` with the file.
  func read(_ path: String, cancellation: Cancellation? = nil) throws -> LoadedInput {
    let name = InputBytes.name(path)
    return try CommandFailure.about(path) {
      let stream = try InputBytes.open(path)
      let first = Array(try stream.first(1024))
      guard !NumPyFile.isNumPy(first) else { return try array(stream.rest(), name: name) }
      guard PictureFormat(of: first) != nil else {
        throw CommandFailure(
          .badData, name,
          "expected a photo (PPM, PGM, PNG, JPEG) or an array (.npy), found "
            + (first.isEmpty ? "an empty file" : "neither"))
      }
      let request = PictureRequest(
        size: longestSide.map { .longestSide($0) } ?? .whole, flaws: flaws,
        cancellation: cancellation)
      return try photo(OpenedPicture(reading: stream, request), name: name)
    }
  }

  /// The same photo with another number of channels, for a model that reads 1 or 3.
  ///
  /// - Throws: `CommandFailure` with the file.
  func converted(_ input: LoadedInput, toChannels channels: Int) throws -> LoadedInput {
    guard let photo = input.photo, photo.channels != channels, channels == 1 || channels == 3 else {
      return input
    }
    let brief = channels == 1 ? "made grey" : "grey in three channels"
    let note = InputNote(brief: brief, detail: "for a model with input_channels \(channels)")
    return try loaded(
      photo.converted(toChannels: channels), name: input.name, notes: input.notes + [note])
  }

  /// Reads a mask: a picture or array of the input's axes; what is not zero keeps a token.
  ///
  /// - Throws: `CommandFailure` with the file.
  func readMask(_ path: String, axes: [Int]) throws -> TokenMask {
    try CommandFailure.about(path) {
      let bytes = try InputBytes.read(path)
      let values: Tensor
      if NumPyFile.isNumPy(bytes) {
        values = try NumPyFile.tensor(bytes)
      } else {
        let picture = try PixelImage(reading: bytes).converted(toChannels: 1)
        values = Tensor(shape: [picture.height, picture.width], values: picture.samples)
      }
      guard values.shape == axes else {
        throw CommandFailure(
          .badData, InputBytes.name(path),
          "expected a mask of the input's size \(axes), found \(values.shape)")
      }
      try Self.checkFinite(values, name: InputBytes.name(path))
      return TokenMask(shape: axes, keeps: values.values.map { $0 != 0 })
    }
  }

  /// Reads tokens: an array of whole numbers, or any file's bytes as they are.
  ///
  /// What is longer than the model reads is cut off, and that is said.
  ///
  /// - Throws: `CommandFailure` with the file.
  func readTokens(
    _ path: String, for configuration: PerceiverConfiguration
  ) throws -> LoadedInput {
    let name = InputBytes.name(path)
    return try CommandFailure.about(path) {
      let bytes = try InputBytes.read(path)
      var numbers: [Float]
      let isArray = NumPyFile.isNumPy(bytes)
      if isArray {
        let tensor = try NumPyFile.tensor(bytes)
        guard tensor.shape.count == 1 else {
          throw CommandFailure(
            .badData, name, "expected one axis of tokens, found shape \(tensor.shape)")
        }
        numbers = tensor.values
      } else {
        numbers = bytes.map { Float($0) }
      }
      var notes: [InputNote] = []
      if numbers.count > configuration.maxSeqLen {
        notes.append(
          InputNote(
            brief: "the first \(configuration.maxSeqLen) of \(numbers.count)",
            detail: "tokens: the model reads no more (max_seq_len)"))
        numbers = Array(numbers.prefix(configuration.maxSeqLen))
      }
      let text =
        isArray ? TokenText(numbers: numbers) : TokenText(bytes: Array(bytes.prefix(numbers.count)))
      var input = LoadedInput(
        name: name, tensor: Tensor(shape: [numbers.count], values: numbers), photo: nil,
        notes: notes)
      input.text = text
      try configuration.check(input: input.tensor, mask: nil)
      return input
    }
  }

  /// Reads a decoder's queries: an array of floats.
  ///
  /// - Throws: `CommandFailure` with the file.
  func readQueries(_ path: String) throws -> Tensor {
    try CommandFailure.about(path) {
      let tensor = try NumPyFile.tensor(try InputBytes.read(path))
      try Self.checkFinite(tensor, name: InputBytes.name(path))
      return tensor
    }
  }

  private func photo(_ opened: OpenedPicture, name: String) throws -> LoadedInput {
    let picture = opened.image
    var notes = opened.flaws.map { InputNote(brief: $0.brief, detail: "(\($0.detail))") }
    guard let longestSide, max(opened.width, opened.height) > longestSide else {
      return try loaded(picture, name: name, notes: notes)
    }
    let fitted = picture.fitted(maxSide: longestSide)
    notes.append(
      InputNote(
        brief: "made smaller from \(opened.width) × \(opened.height)",
        detail: "to \(fitted.width) × \(fitted.height); --max-side none keeps its size"))
    return try loaded(fitted, name: name, notes: notes)
  }

  private func loaded(
    _ picture: PixelImage, name: String, notes: [InputNote]
  ) throws -> LoadedInput {
    for (option, numbers) in [("--mean", scaling.mean), ("--std", scaling.deviation)]
    where numbers.count != 1 && numbers.count != picture.channels {
      let expected = picture.channels == 1 ? "1 number" : "1 or \(picture.channels) numbers"
      throw CommandFailure(.usage, option, "expected \(expected), found \(numbers.count)")
    }
    return LoadedInput(
      name: name, tensor: try picture.tensor(scaling), photo: picture, notes: notes,
      scaling: scaling)
  }

  private func array(_ bytes: [UInt8], name: String) throws -> LoadedInput {
    guard !scalesPhotos else {
      throw CommandFailure(
        .usage, name, "an array is used as it is: --mean, --std and --max-side are for photos")
    }
    let tensor = try NumPyFile.tensor(bytes)
    guard (2...4).contains(tensor.shape.count) else {
      throw CommandFailure(
        .badData, name, "expected one to three axes and channels, found shape \(tensor.shape)")
    }
    guard tensor.count > 0 else {
      throw CommandFailure(
        .badData, name, "expected at least one token, found shape \(tensor.shape)")
    }
    try Self.checkFinite(tensor, name: name)
    return LoadedInput(name: name, tensor: tensor, photo: nil, notes: [])
  }

  private static func checkFinite(_ tensor: Tensor, name: String) throws {
    let place = tensor.withUnsafeElements { $0.firstIndex { !$0.isFinite } }
    guard let place else { return }
    throw CommandFailure(
      .badData, name,
      "expected finite numbers, found \(tensor.reshaped([tensor.count])[place]) "
        + "as element \(place)")
  }
}
