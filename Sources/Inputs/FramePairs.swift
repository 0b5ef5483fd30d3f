// Two pictures for models of optical flow, whole or a tile of them.

import Perceiver
import Pictures
import Tensors

extension InputReader {
  /// Opens files that are one input together, where the model reads such.
  ///
  /// - Throws: `InputFailure` with the file.
  func openFiles(
    _ paths: [String], for demand: InputDemand, cancellation: Cancellation?
  ) throws -> OpenedInput {
    switch demand.media {
    case .framePair?: return try openPair(paths, cancellation: cancellation)
    case .film?: return try openFilm(paths, for: demand, cancellation: cancellation)
    case nil where demand.axes == 3:
      return try openFrames(
        paths, named: "\(paths[0]) to \((paths.last ?? "").fileName)", "of a list",
        window: demand.window ?? options.window, length: frameCount(of: demand),
        cancellation: cancellation)
    case nil:
      throw InputFailure(
        .usage, paths.dropFirst().first ?? "", "expected one input, found \(paths.count)")
    }
  }

  /// Opens a picture and the one that follows it.
  ///
  /// - Throws: `InputFailure` with the picture that cannot be read, or is of another size.
  private func openPair(_ paths: [String], cancellation: Cancellation?) throws -> OpenedInput {
    guard paths.count == 2 else {
      throw InputFailure(
        .usage, paths[1], "expected two pictures for a model of optical flow, found \(paths.count)")
    }
    return OpenedInput(
      name: "\(paths[0]) and \(paths[1].fileName)",
      content: .frames(try pictures(paths, cancellation: cancellation)))
  }

  /// Opens the two pictures of a folder.
  ///
  /// - Throws: `InputFailure` with the folder, or with the picture.
  func openPair(folder: String, cancellation: Cancellation?) throws -> OpenedInput {
    let names = try Self.pictureNames(in: folder)
    guard names.count == 2 else {
      throw InputFailure(
        .badData, folder, "expected two pictures in the folder, found \(names.count)")
    }
    return OpenedInput(
      name: folder,
      content: .frames(
        try pictures(names.map { folder + "/" + $0 }, cancellation: cancellation)),
      notes: [InputNote(brief: "\(names[0]) and \(names[1])", detail: "of a folder")])
  }

  /// Two frames as the model reads them, or the window's tile of larger ones.
  ///
  /// - Throws: `InputFailure` with the input.
  func pair(
    _ frames: [PixelImage], _ input: OpenedInput, height: Int, width: Int, _ demand: InputDemand
  ) throws -> Input {
    guard frames.count == 2 else {
      throw InputFailure(.badData, input.name, "expected two frames, found \(frames.count)")
    }
    var (frames, notes) = (frames.map { $0.converted(toChannels: 3) }, input.notes)
    if case .pixels(let side) = options.longestSide {
      let before = "\(frames[0].width) × \(frames[0].height)"
      frames = frames.map { $0.fitted(maxSide: side) }
      notes.append(InputNote(brief: "scaled down from \(before)", detail: "as --max-side says"))
    }
    let own = options.scaling.preprocessing(over: nil)
    try options.scaling.check(own, channels: 3)
    let scaling = PixelScaling(own)
    let tensor = Tensor.stackingFrames(try frames.map { try $0.tensor(scaling) })
    return try tiled(
      tensor, frames, input, notes, scaling: scaling, height: height, width: width, demand)
  }

  /// An array `[2, height, width, 3]` as it is, or whole numbers of a picture's range scaled as one.
  ///
  /// - Throws: `InputFailure` with the input.
  func pair(
    _ array: StoredArray, _ input: OpenedInput, height: Int, width: Int, _ demand: InputDemand
  ) throws -> Input {
    var shape = array.tensor.shape
    if shape.count == 5, shape[0] == 1 { shape.removeFirst() }
    guard shape.count == 4, shape[0] == 2, shape[3] == 3, array.tensor.count > 0 else {
      throw InputFailure(
        .badData, input.name,
        "expected two frames, shape [2, height, width, 3], found \(array.tensor.shape)")
    }
    let tensor = array.tensor.reshaped(shape)
    guard let full = array.fullSample, !options.isRaw else {
      guard !options.scalesPhotos else {
        throw InputFailure(
          .usage, input.name,
          "an array is used as it is: --mean, --std and --max-side are for photos")
      }
      try Self.checkFinite(tensor, name: input.name)
      return try tiled(
        tensor, nil, input, input.notes, scaling: .symmetric, height: height, width: width, demand)
    }
    let frames = (0..<2).map { frame in
      PixelImage(
        width: shape[2], height: shape[1], channels: 3,
        samples: tensor.row(frame).values.map { $0 / full })
    }
    var input = input
    input.notes.append(
      InputNote(
        brief: "0…\(Int(full)) scaled as a photo",
        detail: "since it has whole numbers; --raw takes them as they are"))
    return try pair(frames, input, height: height, width: width, demand)
  }

  private func tiled(
    _ tensor: Tensor, _ frames: [PixelImage]?, _ input: OpenedInput, _ notes: [InputNote],
    scaling: PixelScaling, height: Int, width: Int, _ demand: InputDemand
  ) throws -> Input {
    guard
      let tiles = FlowTiles(frame: Array(tensor.shape[1...2]), tile: [height, width])
    else {
      throw InputFailure(
        .badData, input.name,
        "expected frames of at least \(width) × \(height), which the model reads, found "
          + "\(tensor.shape[2]) × \(tensor.shape[1])")
    }
    let count = tiles.starts.count
    let window = InputWindow(demand.window ?? options.window, of: count)
    let index = window?.index ?? 0
    let isWhole = count == 1
    let own = isWhole ? tensor : tiles.cut(tensor, tile: index)
    var notes = notes
    if !isWhole {
      let start = tiles.starts[index]
      notes.append(
        InputNote(
          brief: "tile \(index + 1) of \(count)",
          detail: "\(width) × \(height) from column \(start[1] + 1) and row \(start[0] + 1) on; "
            + "--window 1 to \(count) reads each", joint: ", "))
    }
    let shown = frames.map { frames in
      isWhole
        ? frames
        : frames.map {
          $0.cut(row: tiles.starts[index][0], column: tiles.starts[index][1], height, width)
        }
    }
    guard let shown else {
      let read = Input(array: own, name: input.name, source: input.source, demand: demand)
      return Input(
        name: input.name, tensor: own, content: read.content, notes: notes, source: input.source,
        demand: demand, window: window, whole: isWhole ? nil : tensor)
    }
    let surroundings = frames.flatMap { frames -> Surroundings? in
      guard !isWhole else { return nil }
      let start = tiles.starts[index]
      return Surroundings(
        of: frames[0],
        region: PlaneRegion(
          x: Double(start[1]), y: Double(start[0]), width: Double(width), height: Double(height)))
    }
    return Input(
      name: input.name, tensor: own, content: .frames(shown), notes: notes, scaling: scaling,
      source: input.source, demand: demand, window: window, whole: isWhole ? nil : tensor,
      surroundings: surroundings)
  }
}

extension Tensor {
  /// Frames of one shape one after another: `[frames, height, width, channels]`.
  fileprivate static func stackingFrames(_ frames: [Tensor]) -> Tensor {
    Tensor(shape: [frames.count] + frames[0].shape, values: frames.flatMap(\.values))
  }
}

extension PixelImage {
  /// A part of a picture.
  fileprivate func cut(row: Int, column: Int, _ height: Int, _ width: Int) -> PixelImage {
    let line = width * channels
    return PixelImage(
      width: width, height: height, channels: channels,
      samples: (row..<row + height).flatMap { y -> ArraySlice<Float> in
        let start = (y * self.width + column) * channels
        return samples[start..<start + line]
      })
  }
}
