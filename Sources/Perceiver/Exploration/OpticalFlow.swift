// How pixels move from one frame to the next, of frames as large as a model of optical flow reads and
// of larger ones, tile by tile (google-deepmind/deepmind-research, perceiver/colabs/optical_flow.ipynb).

import Tensors

/// The tiles into which a larger frame is cut.
public struct FlowTiles: Sendable, Hashable {
  /// Height and width of the frame.
  public let frame: [Int]
  /// Height and width of a tile.
  public let tile: [Int]
  /// The first row and column of each tile, row by row.
  public let starts: [[Int]]

  /// Rows or columns that neighbours share at least, where tiles are more than twice as long.
  private static let overlap = 20

  /// Tiles of a frame; nil where it is smaller than one.
  ///
  /// - Parameters:
  ///   - frame: Height and width.
  ///   - tile: Height and width, all above 0.
  public init?(frame: [Int], tile: [Int]) {
    guard zip(frame, tile).allSatisfy({ $0 >= $1 }) else { return nil }
    (self.frame, self.tile) = (frame, tile)
    let lines = zip(frame, tile).map { length, own in
      // The last one ends where the frame does.
      let step = own - min(Self.overlap, own / 2)
      return stride(from: 0, to: length - own, by: step).map { $0 } + [length - own]
    }
    starts = lines[0].flatMap { row in lines[1].map { [row, $0] } }
  }

  /// The frames' pixels in a tile: `[frames, height, width, channels]` of those of whole frames.
  ///
  /// - Precondition: the tile is one of them, and the frames have their size.
  public func cut(_ frames: Tensor, tile index: Int) -> Tensor {
    let (row, column) = (starts[index][0], starts[index][1])
    let (count, channels) = (frames.shape[0], frames.shape[3])
    let line = tile[1] * channels
    return Tensor(shape: [count] + tile + [channels]) { out in
      frames.withUnsafeElements { pixels in
        for lineIndex in 0..<count * tile[0] {
          let (number, y) = lineIndex.quotientAndRemainder(dividingBy: tile[0])
          let start = (((number * frame[0]) + row + y) * frame[1] + column) * channels
          _ = UnsafeMutableBufferPointer(rebasing: out[lineIndex * line..<(lineIndex + 1) * line])
            .initialize(fromContentsOf: pixels[start..<start + line])
        }
      }
    }
  }
}

/// The flow of a frame from those of its tiles, as far as they are known: each pixel's mean over the
/// tiles that hold it, weighed by how far it is from a tile's border.
public struct FlowBlend: Sendable {
  /// The tiles.
  public let tiles: FlowTiles
  /// How many are added.
  public private(set) var count = 0
  /// `[height, width, 2]`: weighed sums.
  private var sums: [Float]
  /// `[height, width]`: sums of weights.
  private var weights: [Float]

  /// The flow of a frame of which nothing is known.
  public init(_ tiles: FlowTiles) {
    self.tiles = tiles
    weights = [Float](repeating: 0, count: tiles.frame[0] * tiles.frame[1])
    sums = [Float](repeating: 0, count: 2 * weights.count)
  }

  /// Adds the flow of the next tile.
  ///
  /// - Parameter flow: `[height, width, 2]` of the tile.
  /// - Precondition: a tile is missing, and the flow has its size.
  public mutating func add(_ flow: Tensor) {
    let (start, size) = (tiles.starts[count], tiles.tile)
    precondition(flow.shape == size + [2], "flow of a tile: \(flow.shape)")
    flow.withUnsafeElements { values in
      for y in 0..<size[0] {
        for x in 0..<size[1] {
          let weight = Float(min(min(y + 1, size[0] - y), min(x + 1, size[1] - x)))
          let pixel = (start[0] + y) * tiles.frame[1] + start[1] + x
          weights[pixel] += weight
          let value = 2 * (y * size[1] + x)
          sums[2 * pixel] += weight * values[value]
          sums[2 * pixel + 1] += weight * values[value + 1]
        }
      }
    }
    count += 1
  }

  /// The flow: `[height, width, 2]`; NaN where no tile is added.
  public var flow: Tensor {
    Tensor(
      shape: tiles.frame + [2], values: sums.indices.map { sums[$0] / weights[$0 / 2] })
  }
}

extension Perceiver {
  /// Pixels for one of the numbers that models of optical flow give.
  private static let pixelsOfFlow: Float = 20

  /// What a model of optical flow gives, `[height, width, 2]`, in pixels.
  public static func pixels(ofFlow output: Tensor) -> Tensor {
    var flow = output
    flow.scale(by: pixelsOfFlow)
    return flow
  }

  /// How far each pixel of the first frame moves until the second, in pixels: `[height, width, 2]`,
  /// to the right and down.
  ///
  /// Frames larger than the model reads are cut into tiles, and each is a run of its own.
  ///
  /// - Parameters:
  ///   - frames: `[2, height, width, 3]` from -1 to 1.
  ///   - progress: Told how many tiles are done, of how many.
  /// - Throws: `ConfigurationError` where the model knows no flow or the frames are too small,
  ///   `ComputationCancelled`.
  public func opticalFlow(
    of frames: Tensor, cancellation: Cancellation? = nil,
    progress: (_ done: Int, _ tiles: Int) -> Void = { _, _ in }
  ) throws -> Tensor {
    guard case .framePair(let height, let width)? = configuration.media else {
      throw ConfigurationError(
        "optical flow: expected a model of it, found a \(configuration.title)")
    }
    guard frames.shape.count == 4, frames.shape[0] == 2, frames.shape[3] == 3,
      let tiles = FlowTiles(frame: Array(frames.shape[1...2]), tile: [height, width])
    else {
      throw ConfigurationError(
        "input: expected two frames of at least \(height) × \(width), [2, height, width, 3], "
          + "found \(frames.shape)")
    }
    var blend = FlowBlend(tiles)
    while blend.count < tiles.starts.count {
      progress(blend.count, tiles.starts.count)
      try addTile(of: frames, to: &blend, cancellation: cancellation)
    }
    return blend.flow
  }

  /// Runs the model on the next tile of frames, and adds its flow to that of the others.
  ///
  /// - Parameter frames: `[2, height, width, 3]` from -1 to 1, as large as the blend's frame.
  /// - Precondition: a tile is missing.
  /// - Throws: `ComputationCancelled`.
  public func addTile(
    of frames: Tensor, to blend: inout FlowBlend, cancellation: Cancellation? = nil
  ) throws {
    let tile = blend.tiles.cut(frames, tile: blend.count)
    blend.add(Self.pixels(ofFlow: try self(tile, cancellation: cancellation)))
  }
}
