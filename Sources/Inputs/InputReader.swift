// From a file to the model's numbers; what a file is shows in its first bytes, not in its name.

import Perceiver
import Pictures
import Tensors

/// Reads photos, arrays and masks as options say.
public struct InputReader: Sendable {
  let options: ReadingOptions
  /// The files of the input that is being opened.
  let files: InputFiles

  /// A reader that does as options say.
  public init(_ options: ReadingOptions = .init()) { self.init(options, InputFiles()) }

  private init(_ options: ReadingOptions, _ files: InputFiles) {
    (self.options, self.files) = (options, files)
  }

  /// The side to which photos are reduced that are too large to be held, before the model's photo
  /// processor gets them.
  private static let longestProcessed = 4096

  /// Reads an input from where it is; a model says what becomes of it. It keeps what opens it again.
  ///
  /// - Parameter demand: What the model wants, so that a photo too large to be held is read large
  ///   enough.
  /// - Throws: `InputFailure` with the file.
  public func open(
    _ source: InputSource, for demand: InputDemand, cancellation: Cancellation? = nil
  ) throws -> OpenedInput {
    let reader = InputReader(
      demand.isAsTrained ? options.asTrained : options, InputFiles(source))
    var opened =
      switch source.named {
      case .file(let path): try reader.openFile(path, for: demand, cancellation: cancellation)
      case .files(let paths): try reader.openFiles(paths, for: demand, cancellation: cancellation)
      case .text: throw InputFailure(.usage, source.name, "expected a model that reads text")
      case .kept: preconditionFailure("what is kept is a file or files")
      }
    opened.source = reader.files.source(source)
    return opened
  }

  /// Reads a file or folder, or standard input if `path` is `-`.
  ///
  /// - Throws: `InputFailure` with the file.
  public func open(
    _ path: String, for demand: InputDemand, cancellation: Cancellation? = nil
  ) throws -> OpenedInput {
    try open(.file(path), for: demand, cancellation: cancellation)
  }

  /// An input for the explorer's model, from where it is: tokens where the model reads text.
  ///
  /// - Throws: `InputFailure` with the file.
  public func read(
    _ source: InputSource, for demand: InputDemand, cancellation: Cancellation? = nil
  ) throws -> Input {
    if let text = demand.text { return try readTokens(source, for: text, window: demand.window) }
    return try prepared(open(source, for: demand, cancellation: cancellation), for: demand)
  }

  /// Reads one file or folder of an input.
  ///
  /// - Throws: `InputFailure` with the file.
  func openFile(
    _ path: String, for demand: InputDemand, cancellation: Cancellation?
  ) throws -> OpenedInput {
    let name = InputBytes.name(path)
    if demand.axes == 3, path != InputBytes.standardInput, FileNames.isFolder(path) {
      return try InputFailure.about(path) {
        if case .framePair? = demand.media {
          return try openPair(folder: path, cancellation: cancellation)
        }
        return try openFrames(
          path, window: demand.window ?? options.window, length: frameCount(of: demand),
          cancellation: cancellation)
      }
    }
    return try InputFailure.about(path) {
      let stream = try files.stream(path)
      let first = Array(try stream.first(1024))
      guard !NumPyFile.isNumPy(first), !NumPyArchive.isArchive(first) else {
        let bytes = try NumPyArchive.file(stream.rest(), named: options.arrayName)
        return OpenedInput(name: name, content: .array(try StoredArray(bytes)))
      }
      if SoundReader.isSound(first) {
        try demand.checkReadsSound(name, FileKind.described(first))
        let sound = try SoundReader.read(
          stream.rest(cancellation: cancellation), cancellation: cancellation)
        if let flaw = sound.flaws.first, options.refusesFlaws { throw SoundError(flaw) }
        return OpenedInput(
          name: name, content: .sound(sound),
          notes: sound.flaws.map { InputNote(brief: "damaged", detail: "(\($0))") })
      }
      let film = try openFilmFile(
        path, first, stream, for: demand, cancellation: cancellation)
      if let film { return film }
      if case .framePair? = demand.media, PictureFormat(of: first) != nil {
        throw InputFailure(
          .usage, name, "expected two pictures for a model of optical flow, found one")
      }
      guard let format = PictureFormat(of: first) else {
        throw InputFailure(
          .badData, name,
          "expected a photo (\(FileKind.pictureNames)), an array (.npy, .npz), a sound "
            + "(\(FileKind.soundNames)) or a film (.y4m), found "
            + FileKind.described(first))
      }
      let size: PictureRequest.Size =
        if options.longestSide == .customary, let own = demand.preprocessing?.size {
          .covering(width: own.width, height: own.height)
        } else if options.longestSide == .customary, demand.photoProcessor != nil {
          .longestSide(Self.longestProcessed)
        } else {
          options.longestSide.limit.map { .longestSide($0) } ?? .whole
        }
      let request = PictureRequest(
        size: size, flaws: options.refusesFlaws ? .refuseAny : .report, cancellation: cancellation)
      let animation = [.gif, .webp].contains(format) ? try stream.rest() : nil
      let opened =
        try animation.map { try OpenedPicture(reading: $0, request) }
        ?? OpenedPicture(reading: stream, request)
      // Films are read from all frames of an animation; what is said of the first is for photos.
      var notes = opened.notes
      if case .film? = demand.media, animation != nil { notes = [] }
      return OpenedInput(
        name: name, content: .photo(opened.image, width: opened.width, height: opened.height),
        notes: opened.flaws.map { InputNote(brief: $0.brief, detail: "(\($0.detail))") }
          + notes.map { InputNote(brief: $0.brief, detail: $0.detail) },
        animation: animation)
    }
  }

  /// An input as a model reads it.
  ///
  /// - Parameters:
  ///   - fits: Whether the model reads tokens of so many channels along so many axes.
  ///   - demand: How it prepares pictures, and what it reads where that is fixed.
  /// - Throws: `InputFailure` with the file.
  public func prepared(
    _ input: OpenedInput, for demand: InputDemand, fits: (_ channels: Int, _ axes: Int) -> Bool
  ) throws -> Input {
    if demand.isAsTrained, options != options.asTrained {
      return try InputReader(options.asTrained).prepared(input, for: demand, fits: fits)
    }
    var demand = demand
    demand.reading = demand.reading ?? options.ofAnyPart
    if demand.isAsTrained { demand.reading = demand.reading?.asTrained }
    if case .framePair(let height, let width)? = demand.media {
      switch input.content {
      case .frames(let frames):
        return try pair(frames, input, height: height, width: width, demand)
      case .array(let array):
        return try pair(array, input, height: height, width: width, demand)
      case .photo, .sound:
        throw InputFailure(.badData, input.name, "expected two pictures, found another file")
      }
    }
    if case .film(let form)? = demand.media { return try film(input, form, demand) }
    switch input.content {
    case .photo(let picture, let width, let height):
      if let bytes = input.animation, !fits(picture.channels, 2),
        let frames = try PictureFrames.read(bytes),
        let animation = try self.frames(frames, input, demand, fits)
      {
        return animation
      }
      return try photo(
        picture, from: "\(width) × \(height)", input, input.notes, demand, fits)
    case .array(let array): return try self.array(array, input, demand, fits)
    case .sound(let sound): return try self.sound(sound, input, demand, fits)
    case .frames(let frames):
      guard let read = try self.frames(frames, input, demand, fits) else {
        throw InputFailure(
          .badData, input.name,
          "expected a photo, found frames, which a model of three axes (input_axis 3) reads")
      }
      return read
    }
  }

  /// The `.npy` file that bytes are, or an array of the archive that they are: the chosen one, if it
  /// has one of that name.
  func unpacked(_ bytes: [UInt8]) throws -> [UInt8] {
    guard NumPyArchive.isArchive(bytes) else { return bytes }
    let archive = try NumPyArchive(bytes)
    let isAlone = archive.names.count == 1
    return try archive.file(named: isAlone ? nil : options.arrayName)
  }

  /// An input for the explorer's model.
  ///
  /// - Throws: `InputFailure` with the file.
  public func prepared(_ input: OpenedInput, for demand: InputDemand) throws -> Input {
    try prepared(input, for: demand) { channels, axes in
      demand.channels ?? channels == channels && demand.axes ?? axes == axes
    }
  }

  /// Reads a decoder's queries: an array of floats.
  ///
  /// - Throws: `InputFailure` with the file.
  public func readQueries(_ path: String) throws -> Tensor {
    try InputFailure.about(path) {
      let tensor = try NumPyFile.tensor(try unpacked(InputBytes.read(path)))
      try Self.checkFinite(tensor, name: InputBytes.name(path))
      return tensor
    }
  }

  // MARK: - Photos

  /// A photo as a model reads it.
  func photo(
    _ picture: PixelImage, from size: String, _ input: OpenedInput, _ notes: [InputNote],
    _ demand: InputDemand, _ fits: (_ channels: Int, _ axes: Int) -> Bool
  ) throws -> Input {
    if let json = demand.photoProcessor {
      return try processed(picture, from: size, input, notes, json, demand)
    }
    let given = notes
    var (picture, notes) = (picture, notes)
    if let (sized, note) = resized(picture, from: size, demand) {
      picture = sized
      notes.append(note)
    }
    let other = picture.channels == 1 ? 3 : 1
    if !fits(picture.channels, 2), fits(other, 2) {
      picture = picture.converted(toChannels: other)
      notes.append(
        InputNote(
          brief: other == 1 ? "converted to grey" : "grey in three channels",
          detail: "for a model with input_channels \(other)",
          change: other == 1
            ? .init("grey", from: "colour") : .init("three channels", from: "grey")))
    }
    let own = options.scaling.preprocessing(over: demand.preprocessing)
    try options.scaling.check(own, channels: picture.channels)
    let scaling = PixelScaling(own)
    if demand.preprocessing != nil, scaling != .symmetric {
      let isOwn = demand.preprocessing.map { options.scaling.differences(from: $0).isEmpty } ?? true
      notes.append(
        InputNote(
          brief: own.scaling, detail: isOwn ? "scale it, as the model was trained" : "scale it"))
    }
    if demand.isAsTrained, let pictures = demand.trainingPictures {
      notes = given + [.fitted(to: pictures, from: size, own.scaling)]
    }
    return Input(
      name: input.name, tensor: try picture.tensor(scaling), content: .picture(picture),
      notes: notes, scaling: scaling, source: input.source, demand: demand)
  }

  /// The photo at the size that it is read at, if that is another: what an option says, else that
  /// of the model's own pictures, else no more than is usual.
  private func resized(
    _ picture: PixelImage, from before: String, _ demand: InputDemand
  ) -> (PixelImage, InputNote)? {
    let now = "\(picture.width) × \(picture.height)"
    if options.longestSide == .customary, let size = demand.preprocessing?.size {
      let sized = picture.covering(width: size.width, height: size.height)
      guard sized != picture || now != before else { return nil }
      return (
        sized,
        InputNote(
          brief: "scaled from \(before) to \(sized.width) × \(sized.height)",
          detail: "the size of the model's training pictures; --max-side sets another", joint: ", ",
          change: .init("\(sized.width) × \(sized.height)", from: before))
      )
    }
    guard let longestSide = options.longestSide.limit,
      max(picture.width, picture.height) > longestSide || now != before
    else {
      return nil
    }
    let fitted = picture.fitted(maxSide: longestSide)
    return (
      fitted,
      InputNote(
        brief: "scaled down from \(before)",
        detail: "to \(fitted.width) × \(fitted.height); --max-side none keeps its size")
    )
  }

  // MARK: - Arrays

  private func array(
    _ array: StoredArray, _ input: OpenedInput, _ demand: InputDemand,
    _ fits: (_ channels: Int, _ axes: Int) -> Bool
  ) throws -> Input {
    let name = input.name
    let shape = array.tensor.shape
    guard !shape.isEmpty, shape.count <= 5, shape.count < 5 || shape[0] == 1 else {
      throw InputFailure(
        .badData, name, "expected one to three axes and channels, found shape \(shape)")
    }
    guard array.tensor.count > 0 else {
      throw InputFailure(.badData, name, "expected at least one token, found shape \(shape)")
    }
    let choice = try ArrayChoice(
      array, isRaw: options.isRaw, isFixed: demand.channels != nil || demand.axes != nil,
      name: name, fits: fits)
    let reading = choice.reading
    var notes: [InputNote] = []
    if !reading.isPlain(shape) {
      notes.append(
        InputNote(
          brief: "\(reading.words) of \(shape)",
          detail: "read as \(reading.shape(of: shape))"))
    }
    if choice.isPicture, let full = array.fullSample {
      notes.append(
        InputNote(
          brief: "0…\(Int(full)) scaled as a photo",
          detail: "since it has whole numbers; --raw takes them as they are"))
      // Four channels stay four where the model reads as many.
      let channels = reading.shape(of: shape)[2]
      if !(channels == 4 && fits(4, 2)), let picture = array.picture(reading) {
        return try photo(
          picture, from: "\(picture.width) × \(picture.height)", input, notes, demand, fits)
      }
      return try scaled(reading.applied(to: array.tensor), full, input, notes, demand)
    }
    guard !options.scalesPhotos else {
      throw InputFailure(
        .usage, name, "an array is used as it is: --mean, --std and --max-side are for photos")
    }
    if let preprocessing = demand.preprocessing, shape.count > 1 {
      notes.append(
        InputNote(
          brief: "used as it is",
          detail: "not scaled by the model's \(preprocessing.scaling)", joint: ", "))
    }
    let tensor = reading.applied(to: array.tensor)
    guard (2...4).contains(tensor.shape.count) else {
      throw InputFailure(
        .badData, name, "expected one to three axes and channels, found shape \(shape)")
    }
    try Self.checkFinite(tensor, name: name)
    return Input(array: tensor, name: name, notes: notes, source: input.source, demand: demand)
  }

  /// Samples of other channels than a photo's, scaled as one.
  private func scaled(
    _ samples: Tensor, _ full: Float, _ input: OpenedInput, _ notes: [InputNote],
    _ demand: InputDemand
  ) throws -> Input {
    let own = options.scaling.preprocessing(over: demand.preprocessing)
    let channels = samples.shape[2]
    try options.scaling.check(own, channels: channels)
    let tensor = Tensor(shape: samples.shape) { out in
      samples.withUnsafeElements { samples in
        for index in out.indices {
          let channel = index % channels
          let mean = own.mean[own.mean.count == 1 ? 0 : channel]
          let deviation = own.deviation[own.deviation.count == 1 ? 0 : channel]
          out[index] = (samples[index] / full - mean) / deviation
        }
      }
    }
    return Input(
      array: tensor, name: input.name, notes: notes, source: input.source, demand: demand)
  }

  static func checkFinite(_ tensor: Tensor, name: String) throws {
    let index = tensor.withUnsafeElements { $0.firstIndex { !$0.isFinite } }
    guard let index else { return }
    throw InputFailure(
      .badData, name,
      "expected finite numbers, found \(tensor.reshaped([tensor.count])[index]) "
        + "as element \(index)")
  }
}
