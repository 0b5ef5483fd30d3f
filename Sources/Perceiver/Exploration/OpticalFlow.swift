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

  /// One field of the fields of all tiles, each weighed by how far a pixel is from its tile's border.
  ///
  /// - Parameter field: The field of a tile, `[height, width, channels]`.
  /// - Returns: `[height, width, channels]` of the frame.
  /// - Throws: What `field` throws.
  func blending(channels: Int, _ field: (_ tile: Int) throws -> Tensor) rethrows -> Tensor {
    var sums = [Float](repeating: 0, count: frame[0] * frame[1] * channels)
    var weights = [Float](repeating: 0, count: frame[0] * frame[1])
    for (index, start) in starts.enumerated() {
      let values = try field(index)
      values.withUnsafeElements { values in
        for y in 0..<tile[0] {
          for x in 0..<tile[1] {
            let weight = Float(min(min(y + 1, tile[0] - y), min(x + 1, tile[1] - x)))
            let pixel = (start[0] + y) * frame[1] + start[1] + x
            weights[pixel] += weight
            for channel in 0..<channels {
              sums[pixel * channels + channel] +=
                weight * values[(y * tile[1] + x) * channels + channel]
            }
          }
        }
      }
    }
    for element in sums.indices { sums[element] /= weights[element / channels] }
    return Tensor(shape: frame + [channels], values: sums)
  }
}

extension Perceiver {
  /// Pixels for one of the numbers that transformers' class gives.
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
    return try tiles.blending(channels: 2) { tile in
      progress(tile, tiles.starts.count)
      return Self.pixels(
        ofFlow: try self(tiles.cut(frames, tile: tile), cancellation: cancellation))
    }
  }
}
