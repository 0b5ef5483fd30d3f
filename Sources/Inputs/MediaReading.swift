// Sound and frames, for models that read one axis or three.

import Pictures
import Tensors

extension InputReader {
  /// Frames that are read together, as many as DeepMind's video model reads.
  static let windowLength = 16

  /// Opens the pictures of a folder as frames, in the order of the numbers in their names.
  ///
  /// - Throws: `InputFailure` with the folder, or with the picture that is of another size.
  func openFrames(
    _ folder: String, window: Int, length: Int = windowLength, cancellation: Cancellation?
  ) throws -> OpenedInput {
    let names = try Self.pictureNames(in: folder)
    guard !names.isEmpty else {
      throw InputFailure(.badData, folder, "expected pictures in the folder, found none")
    }
    return try openFrames(
      names.map { folder + "/" + $0 }, named: folder, "of a folder", window: window,
      length: length, cancellation: cancellation)
  }

  /// Opens a window of the pictures of a list as frames.
  ///
  /// - Parameters:
  ///   - name: What the input is called.
  ///   - origin: What holds the pictures, in words: `of a folder`.
  /// - Throws: `InputFailure` with the picture that cannot be read, or is of another size.
  func openFrames(
    _ paths: [String], named name: String, _ origin: String, window: Int, length: Int,
    cancellation: Cancellation?
  ) throws -> OpenedInput {
    let (range, windows) = Self.frames(of: paths.count, window: window, length: length)
    let frames = try pictures(Array(paths[range]), cancellation: cancellation)
    let note = Self.windowNote(frames: range, of: paths.count, windows: windows, origin)
    return OpenedInput(
      name: name, content: .frames(frames),
      notes: [note], firstFrame: range.lowerBound,
      window: InputWindow(window, of: windows))
  }

  /// The frames of a window, and how many windows there are; the last begins so that it is full.
  static func frames(
    of count: Int, window: Int, length: Int
  ) -> (range: Range<Int>, windows: Int) {
    let windows = (count + length - 1) / length
    let start = max(0, min(min(window, windows - 1) * length, count - length))
    return (start..<min(count, start + length), windows)
  }

  /// The frames of a film as one input, where the model reads three axes; nil where it does not. Of an
  /// animation a window is read; those of a folder or a film are one already.
  ///
  /// - Throws: `InputFailure`.
  func frames(
    _ all: [PixelImage], _ input: OpenedInput, _ demand: InputDemand,
    _ fits: (_ channels: Int, _ axes: Int) -> Bool
  ) throws -> Input? {
    guard let channels = [all[0].channels, 3, 1].first(where: { fits($0, 3) }) else { return nil }
    var (frames, notes, window) = (all, input.notes, input.window)
    if input.animation != nil {
      let chosen = demand.window ?? options.window
      let (range, windows) = Self.frames(of: all.count, window: chosen, length: Self.windowLength)
      frames = Array(all[range])
      notes = [
        Self.windowNote(frames: range, of: all.count, windows: windows, "of an animation")
      ]
      window = InputWindow(chosen, of: windows)
    }
    let size = "\(frames[0].width) × \(frames[0].height)"
    let read = try frames.map {
      try photo(
        $0.converted(toChannels: channels), from: size, input, [], demand
      ) { own, _ in own == channels }
    }
    let tensors = read.map(\.tensor)
    return Input(
      name: input.name,
      tensor: Tensor(
        shape: [frames.count] + tensors[0].shape, values: tensors.flatMap(\.values)),
      content: .frames(read.compactMap(\.picture)), notes: notes + read[0].notes,
      scaling: read[0].scaling, source: input.source, demand: demand, window: window)
  }

  /// The names of the pictures in a folder, in the order of the numbers in them.
  static func pictureNames(in folder: String) throws -> [String] {
    try FileNames.names(in: folder).filter {
      !$0.hasPrefix(".") && FileNames.isRegular(folder + "/" + $0)
        && isPicture(folder + "/" + $0)
    }.sorted { $0.precedesNaturally($1) }
  }

  /// Pictures of one size, all in colour where one is.
  ///
  /// - Throws: `InputFailure` with the picture that cannot be read, or is of another size.
  func pictures(_ paths: [String], cancellation: Cancellation?) throws -> [PixelImage] {
    var frames: [PixelImage] = []
    for path in paths {
      try cancellation?.check()
      let frame = try InputFailure.about(path) {
        try OpenedPicture(
          reading: files.stream(path), PictureRequest(size: .whole, flaws: .refuseDamage)
        ).image
      }
      if let first = frames.first, (frame.width, frame.height) != (first.width, first.height) {
        throw InputFailure(
          .badData, path,
          "expected \(first.width) × \(first.height) as \(paths[0].fileName) is, found "
            + "\(frame.width) × \(frame.height)")
      }
      frames.append(frame)
    }
    let channels = frames.contains { $0.channels == 3 } ? 3 : 1
    return frames.map { $0.converted(toChannels: channels) }
  }

  private static func isPicture(_ path: String) -> Bool {
    guard let stream = try? ByteStream(path: path, .regularFiles),
      let first = try? stream.first(FileKind.decidingBytes)
    else { return false }
    return PictureFormat(of: Array(first)) != nil
  }

  /// A sound as a model of one axis reads it: all its channels, or the first where it reads one.
  ///
  /// - Throws: `InputFailure` with the file.
  func sound(
    _ sound: Sound, _ input: OpenedInput, _ demand: InputDemand,
    _ fits: (_ channels: Int, _ axes: Int) -> Bool
  ) throws -> Input {
    let seconds = (Double(sound.length) / Double(sound.rate) * 100).rounded() / 100
    var notes = input.notes
    notes.append(
      InputNote(
        brief: "\(sound.rate) Hz, \(seconds) s", detail: "from -1 to 1, as it was sampled",
        joint: ", "))
    var tensor = Tensor(shape: [sound.length, sound.channels], values: sound.samples)
    if sound.channels > 1, !fits(sound.channels, 1), fits(1, 1) {
      tensor = Tensor(
        shape: [sound.length, 1],
        values: stride(from: 0, to: sound.samples.count, by: sound.channels).map {
          sound.samples[$0]
        })
      notes.append(
        InputNote(
          brief: "the first of \(sound.channels) channels",
          detail: "for a model with input_channels 1"))
    }
    try Self.checkFinite(tensor, name: input.name)
    return Input(
      name: input.name, tensor: tensor, content: .sound(rate: sound.rate), notes: notes,
      source: input.source, demand: demand)
  }
}

extension String {
  /// Whether it stands before another where numbers in names count as numbers: `frame2`, `frame10`.
  func precedesNaturally(_ other: String) -> Bool {
    var (mine, others) = (Substring(self), Substring(other))
    while let a = mine.first, let b = others.first {
      if a.isASCIIDigit, b.isASCIIDigit {
        let (x, y) = (mine.prefix(while: \.isASCIIDigit), others.prefix(while: \.isASCIIDigit))
        let (p, q) = (x.drop { $0 == "0" }, y.drop { $0 == "0" })
        if p.count != q.count { return p.count < q.count }
        if p != q { return p < q }
        (mine, others) = (mine.dropFirst(x.count), others.dropFirst(y.count))
      } else {
        if a != b { return a < b }
        (mine, others) = (mine.dropFirst(), others.dropFirst())
      }
    }
    return mine.isEmpty ? !others.isEmpty || self < other : false
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { isASCII && isWholeNumber }
}
