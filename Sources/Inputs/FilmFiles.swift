// Films that are one file: Y4M as it is, anything else through an installed ffmpeg program.

import Pictures
import Tensors

extension InputReader {
  /// Opens a film or a packed sound, where the model reads frames or sound.
  ///
  /// - Parameters:
  ///   - first: The file's first bytes.
  ///   - stream: The file from its beginning.
  /// - Returns: nil for another file, and for one that no such model asks for.
  /// - Throws: `InputFailure`, `FilmError`, `SoundError`.
  func openFilmFile(
    _ path: String, _ first: [UInt8], _ stream: ByteStream, for demand: InputDemand,
    cancellation: Cancellation?
  ) throws -> OpenedInput? {
    func frames(_ stream: ByteStream) throws -> Film {
      try Y4MReader.read(
        stream, window: demand.window ?? options.window, length: frameCount(of: demand),
        rate: Self.rate(of: demand)
      ) { try cancellation?.check() }
    }
    if Y4MReader.isY4M(first) { return try opened(frames(stream), nil, path, demand) }
    guard let kind = FileKind(of: first), kind.isRecording, let axes = demand.axes,
      axes == 3 || axes == 1, path != InputBytes.standardInput
    else { return nil }
    guard let ffmpeg = FFmpeg() else {
      throw InputFailure(
        .badData, path, "expected what is read here, found \(kind.name); " + FFmpeg.installing)
    }
    func sound() throws -> Sound? {
      try Self.ifThere {
        try ffmpeg.sound(path) {
          try SoundReader.read($0.rest(cancellation: cancellation), cancellation: cancellation)
        }
      }
    }
    guard axes == 3 else {
      guard let sound = try sound() else { throw FilmError("expected a sound, found frames alone") }
      return OpenedInput(
        name: path, content: .sound(sound), notes: [Self.throughFFmpeg(kind)])
    }
    let film = try Self.ifThere { try ffmpeg.film(path, rate: Self.rate(of: demand), frames) }
    guard case .film? = demand.media else {
      guard let film else { throw FilmError("expected frames, found a sound alone") }
      return try opened(film, nil, path, demand, [Self.throughFFmpeg(kind)])
    }
    let sound = try sound()
    guard let film else {
      guard let sound else { throw FilmError("expected frames or a sound, found neither") }
      return OpenedInput(
        name: path, content: .sound(sound), notes: [Self.throughFFmpeg(kind)])
    }
    return try opened(film, sound, path, demand, [Self.throughFFmpeg(kind)])
  }

  /// Frames that a model reads together.
  func frameCount(of demand: InputDemand) -> Int {
    if case .film(let form)? = demand.media { form.frames } else { Self.windowLength }
  }

  /// Frames a second that the model reads; nil where any will do.
  private static func rate(of demand: InputDemand) -> FrameRate? {
    if case .film(let form)? = demand.media { form.frameRate } else { nil }
  }

  private func opened(
    _ film: Film, _ sound: Sound?, _ path: String, _ demand: InputDemand,
    _ notes: [InputNote] = []
  ) throws -> OpenedInput {
    if let flaw = film.flaws.first, options.refusesFlaws { throw FilmError(flaw) }
    let length = frameCount(of: demand)
    let windows = (film.count + length - 1) / length
    let window = InputWindow(demand.window ?? options.window, of: windows)
    let own = Self.windowNote(
      frames: film.start..<film.start + film.frames.count, of: film.count, windows: windows,
      "of a film" + (film.change.map { ", \($0)" } ?? ""))
    return OpenedInput(
      name: InputBytes.name(path), content: .frames(film.frames),
      notes: film.flaws.map { InputNote(brief: "damaged", detail: "(\($0))") } + notes + [own],
      sound: sound, firstFrame: film.start, window: window)
  }

  /// Which frames are read of how many.
  static func windowNote(
    frames: Range<Int>, of count: Int, windows: Int, _ what: String
  ) -> InputNote {
    windows == 1
      ? InputNote(brief: "\(count) frames", detail: what + ", read as one input")
      : InputNote(
        brief: "frames \(frames.lowerBound + 1) to \(frames.upperBound) of \(count)",
        detail: what + "; --window 2\(windows > 2 ? " to \(windows)" : "") reads the others")
  }

  private static func throughFFmpeg(_ kind: FileKind) -> InputNote {
    InputNote(brief: "through ffmpeg", detail: "as \(kind.name)")
  }

  /// What a file has, or nil where it has no stream of that kind.
  private static func ifThere<Result>(_ read: () throws -> Result) throws -> Result? {
    do {
      return try read()
    } catch let error as FilmError where error.description.contains("matches no streams") {
      return nil
    }
  }
}
