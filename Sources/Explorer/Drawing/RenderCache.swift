// What was averaged and coloured for the last frames, so that drawing again costs little.

import Inputs
import Perceiver
import Pictures
import Screens

/// Pictures brought to the size at which they were drawn, by what made them.
///
/// It only saves time: a screen drawn with an empty cache is the same.
public struct RenderCache: Sendable {
  /// What photo pixels were made of.
  struct PhotoKey: Hashable, Sendable {
    let input: Input
    let frame: Int
    let viewport: Viewport
  }

  /// What averaged numbers were made of.
  struct NumbersKey: Hashable, Sendable {
    let request: MapRequest
    let generation: Int
    let frame: Int
    /// What they were brought to the size of; nil for numbers as they are.
    let viewport: Viewport?
    /// The kind of tokens of which a map that explains is shown; nil where they are of one kind, or
    /// the request has it.
    var kind: Modality?
    /// Whose map it is, of a request for those of all heads of a stage.
    var head: Int?
  }

  /// What colours were made of.
  struct ColoursKey: Hashable, Sendable {
    let numbers: NumbersKey
    let photo: PhotoKey?
    let appearance: MapAppearance
    let overlay: Overlay
    /// The numbers that the scale is fitted to; empty for the map's own.
    let scale: [SharedNumbers.Source]
  }

  /// Averaged numbers coloured, with the scale that the legend shows.
  struct Coloured: Sendable {
    let colours: [Colour]
    let shading: MapShading
  }

  /// What a page of small maps was made of.
  struct ThumbnailsKey: Hashable, Sendable {
    let maps: [NumbersKey]
    let appearance: MapAppearance
    let scale: [SharedNumbers.Source]
  }

  /// What a channel of positions was made of.
  struct ChannelKey: Hashable, Sendable {
    let axes: [Int]
    let channel: PositionChannels.Channel
    let columns: Int
    let rows: Int
    /// The part of a frame that is shown; nil for all of it.
    let viewport: Viewport?
    let frame: Int
  }

  /// What a difference was made of.
  struct DifferenceKey: Hashable, Sendable {
    let present: ComparedNumbers.Source
    let pinned: ComparedNumbers.Source
  }

  private var differences = BoundedCache<DifferenceKey, MapDifference>(limit: 1 << 20)
  private var photos = BoundedCache<PhotoKey, [RGB]>(limit: 1 << 20)
  private var numbers = BoundedCache<NumbersKey, [Float]>(limit: 2 << 20)
  private var colours = BoundedCache<ColoursKey, Coloured>(limit: 2 << 20)
  private var channels = BoundedCache<ChannelKey, [Float]>(limit: 2 << 20)
  private var pages = BoundedCache<ThumbnailsKey, Thumbnails>(limit: 2 << 20)
  /// What dithers in 256 colours, with the rows of the last frames.
  var dithering = PairDithering()
  /// How many values were made so far; a frame that changes nothing makes none.
  package private(set) var madeCount = 0

  /// An empty cache.
  public init() {}

  mutating func photo(_ key: PhotoKey, make: () -> [RGB]) -> [RGB] {
    Self.value(key, in: &photos, cost: \.count, counting: &madeCount, make: make)
  }

  mutating func numbers(_ key: NumbersKey, make: () -> [Float]) -> [Float] {
    Self.value(key, in: &numbers, cost: \.count, counting: &madeCount, make: make)
  }

  mutating func channel(_ key: ChannelKey, make: () -> [Float]) -> [Float] {
    Self.value(key, in: &channels, cost: \.count, counting: &madeCount, make: make)
  }

  mutating func difference(
    _ key: DifferenceKey, make: () -> MapDifference
  ) -> MapDifference {
    Self.value(key, in: &differences, cost: \.values.count, counting: &madeCount, make: make)
  }

  mutating func coloured(_ key: ColoursKey, make: () -> Coloured) -> Coloured {
    Self.value(key, in: &colours, cost: \.colours.count, counting: &madeCount, make: make)
  }

  mutating func thumbnails(_ key: ThumbnailsKey, make: () -> Thumbnails) -> Thumbnails {
    Self.value(key, in: &pages, cost: \.count, counting: &madeCount, make: make)
  }

  private static func value<Key, Value>(
    _ key: Key, in cache: inout BoundedCache<Key, Value>, cost: KeyPath<Value, Int>,
    counting count: inout Int, make: () -> Value
  ) -> Value {
    if let value = cache[key] {
      cache.touch(key)
      return value
    }
    let value = make()
    count += 1
    cache.insert(value, for: key, cost: value[keyPath: cost])
    return value
  }
}
