// Frames with sound for models that read both: a folder of pictures, a sound, or one of them alone.

import Perceiver
import Pictures
import Tensors

extension InputReader {
  /// Opens frames and the sound that belongs to them, in either order: a film or folder with its
  /// sound, or a list of pictures, with a sound among them or without.
  ///
  /// - Throws: `InputFailure` with the file.
  func openFilm(
    _ paths: [String], for demand: InputDemand, cancellation: Cancellation?
  ) throws -> OpenedInput {
    let isList = try paths.count > 2 || paths.allSatisfy { try Self.isPictureFile($0) }
    if isList { return try openList(paths, for: demand, cancellation: cancellation) }
    let opened = try paths.map { try openFile($0, for: demand, cancellation: cancellation) }
    let sounds = opened.compactMap { input -> Sound? in
      if case .sound(let sound) = input.content { sound } else { nil }
    }
    guard sounds.count == 1,
      let frames = opened.first(where: { if case .sound = $0.content { false } else { true } })
    else {
      throw InputFailure(
        .usage, paths[1],
        "expected frames and a sound, found \(sounds.count == 2 ? "two sounds" : "two of frames")")
    }
    var film = frames
    film.sound = sounds[0]
    film.notes = opened.flatMap { input in
      if case .sound = input.content {
        input.notes.map { $0.about(input.name) }
      } else {
        input.notes
      }
    }
    return film
  }

  /// Opens pictures in the order in which they are given, and the sound among them.
  private func openList(
    _ paths: [String], for demand: InputDemand, cancellation: Cancellation?
  ) throws -> OpenedInput {
    let sounds = try paths.filter { try Self.firstBytes($0).map(SoundReader.isSound) ?? false }
    let pictures = paths.filter { $0 != sounds.first }
    guard sounds.count <= 1 else {
      throw InputFailure(.usage, sounds[1], "expected frames and one sound, found two")
    }
    var film = try openFrames(
      pictures, named: pictures[0], "of a list",
      window: demand.window ?? options.window, length: frameCount(of: demand),
      cancellation: cancellation)
    if let path = sounds.first {
      let opened = try openFile(path, for: demand, cancellation: cancellation)
      if case .sound(let sound) = opened.content { film.sound = sound }
      film.notes += opened.notes.map { $0.about(path) }
    }
    return film
  }

  /// The first bytes of a regular file; nil of standard input and pipes, which are read once, and of
  /// folders.
  private static func firstBytes(_ path: String) throws -> [UInt8]? {
    guard path != InputBytes.standardInput, FileNames.isRegular(path) else { return nil }
    return try InputFailure.about(path) { Array(try InputBytes.open(path).first(1024)) }
  }

  /// Whether several files are one input: pictures of a pair or film, with a sound or without.
  ///
  /// - Throws: `InputFailure` with the file.
  public static func areOne(_ paths: [String], for demand: InputDemand) throws -> Bool {
    guard paths.count > 1 else { return false }
    return try demand.media != nil || demand.axes == 3 && paths.allSatisfy(isPictureFile)
  }

  private static func isPictureFile(_ path: String) throws -> Bool {
    try firstBytes(path).map { PictureFormat(of: $0) != nil } ?? false
  }

  /// A window of a film as the model reads it; what is missing is black or silent, and that is said.
  ///
  /// - Throws: `InputFailure` with the input.
  func film(_ input: OpenedInput, _ form: FilmForm, _ demand: InputDemand) throws -> Input {
    let input = try animated(input, form, demand)
    var notes = input.notes
    var window = input.window
    let frames = try filmFrames(input, form)
    var sound = input.sound
    if case .sound(let own) = input.content { sound = own }
    if let sound {
      let seconds = (Double(sound.length) / Double(sound.rate) * 100).rounded() / 100
      notes.append(
        InputNote(
          brief: "\(sound.rate) Hz, \(seconds) s",
          detail: (sound.rate == form.rate ? "as it was sampled" : "brought to \(form.rate) Hz")
            + (sound.channels == 1 ? "" : ", the first of \(sound.channels) channels"),
          joint: ", "))
    }
    var first = input.firstFrame
    let count: Int
    if let frames {
      count = frames.tensor.shape[0]
    } else {
      // A sound alone is as long as frames would be.
      let length = sound?.length(atRate: form.rate) ?? 0
      let all = (length + form.samplesPerFrame - 1) / form.samplesPerFrame
      let windows = max(1, (all + form.frames - 1) / form.frames)
      window = InputWindow(demand.window ?? options.window, of: windows)
      first = (window?.index ?? 0) * form.frames
      count = form.frames
      if windows > 1 {
        notes.append(
          InputNote(
            brief: window?.words ?? "",
            detail: "of a sound; --window 1 to \(windows) reads each"))
      }
    }
    notes.append(contentsOf: Self.missing(frames: frames != nil, sound: sound != nil))
    let tensor =
      frames?.tensor ?? Tensor(shape: [count, form.height, form.width, FilmForm.colours])
    let own = sound.map { sound in
      let length = sound.length(atRate: form.rate)
      let start = min(length, first * form.samplesPerFrame)
      let end = min(length, start + count * form.samplesPerFrame)
      let there = sound.firstChannel(atRate: form.rate, start..<end)
      let lacking = count * form.samplesPerFrame - there.count
      if lacking > 0 {
        notes.append(
          InputNote(
            brief: "sound ends \(Self.seconds(lacking, form.rate)) early",
            detail: "the rest is silence", joint: ": "))
      }
      return Tensor(
        shape: [there.count + lacking], values: there + Array(repeating: 0, count: lacking))
    }
    if let own { try Self.checkFinite(own, name: input.name) }
    let shown =
      frames?.shown
      ?? Array(
        repeating: PixelImage(
          width: form.width, height: form.height, channels: 1,
          samples: Array(repeating: 0, count: form.width * form.height)), count: count)
    return Input(
      name: input.name, tensor: tensor,
      content: own.map { .film(shown, sound: $0) } ?? .frames(shown), notes: notes,
      scaling: Self.filmScaling, source: input.source, demand: demand, window: window)
  }

  private static func missing(frames: Bool, sound: Bool) -> [InputNote] {
    if !frames { return [InputNote(brief: "no frames", detail: "they are black", joint: ": ")] }
    if !sound { return [InputNote(brief: "no sound", detail: "it is silent", joint: ": ")] }
    return []
  }

  private static func seconds(_ samples: Int, _ rate: Int) -> String {
    "\((Double(samples) / Double(rate) * 100).rounded() / 100) s"
  }

  /// Samples from 0 to 1 as they are.
  private static let filmScaling = PixelScaling(Preprocessing(mean: [0], deviation: [1]))

  /// An animation as the window of its frames that is wanted; other inputs as they are.
  private func animated(
    _ input: OpenedInput, _ form: FilmForm, _ demand: InputDemand
  ) throws -> OpenedInput {
    guard let animation = try input.animation.flatMap({ try PictureFrames.timed($0) }) else {
      return input
    }
    let times = AnimationTimes(animation.milliseconds, at: form.frameRate)
    let count = times?.count ?? animation.frames.count
    let window = demand.window ?? options.window
    let (range, windows) = Self.frames(of: count, window: window, length: form.frames)
    let note = Self.windowNote(
      frames: range, of: count, windows: windows,
      "of an animation" + (times == nil ? "" : " at the model's \(form.frameRate.words)"))
    let frames = range.map { animation.frames[times?.frame(at: $0) ?? $0] }
    return OpenedInput(
      name: input.name, content: .frames(frames), notes: input.notes + [note],
      source: input.source, sound: input.sound, firstFrame: range.lowerBound,
      window: InputWindow(window, of: windows))
  }

  /// The frames of a film; nil of a sound alone.
  private func filmFrames(
    _ input: OpenedInput, _ form: FilmForm
  ) throws -> (tensor: Tensor, shown: [PixelImage])? {
    switch input.content {
    case .sound: return nil
    case .frames(let frames): return try Self.prepared(frames, form)
    case .photo(let picture, _, _): return try Self.prepared([picture], form)
    case .array(let array):
      var shape = array.tensor.shape
      if shape.count == 5, shape[0] == 1 { shape.removeFirst() }
      guard shape.count == 4, shape[3] == FilmForm.colours, (1...form.frames).contains(shape[0]),
        array.tensor.count > 0
      else {
        throw InputFailure(
          .badData, input.name,
          "expected up to \(form.frames) frames, shape [frames, height, width, 3], found "
            + "\(array.tensor.shape)")
      }
      var tensor = array.tensor.reshaped(shape)
      if let full = array.fullSample, !options.isRaw { tensor.scale(by: 1 / full) }
      try Self.checkFinite(tensor, name: input.name)
      let shown = (0..<shape[0]).map { frame in
        PixelImage(
          width: shape[2], height: shape[1], channels: 3,
          samples: tensor.row(frame).values.map { min(1, max(0, $0)) })
      }
      return (tensor, shown)
    }
  }

  /// The middle of each frame in the model's size, by bilinear steps as DeepMind's notebook has it.
  private static func prepared(
    _ frames: [PixelImage], _ form: FilmForm
  ) throws -> (tensor: Tensor, shown: [PixelImage]) {
    let shown = frames.map {
      $0.converted(toChannels: FilmForm.colours).middleInterpolated(
        width: form.width, height: form.height)
    }
    let tensors = try shown.map { try $0.tensor(filmScaling) }
    return (
      Tensor(shape: [shown.count] + tensors[0].shape, values: tensors.flatMap(\.values)), shown
    )
  }
}

extension FilmForm {
  fileprivate static let colours = 3
}
