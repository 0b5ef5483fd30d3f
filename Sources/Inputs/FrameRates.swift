// Frames a second of films and models, and which of a film's frames each frame of a model shows.

import Perceiver

/// So many frames in so many seconds: 30000 in 1001.
package struct FrameRate: Hashable, Sendable {
  /// Frames, at least 1.
  let frames: Int
  /// Seconds, at least 1.
  let seconds: Int

  /// A rate of at least one frame in at least one second.
  package init(frames: Int, seconds: Int) { (self.frames, self.seconds) = (frames, seconds) }

  /// `25 frames a second`, to two decimals.
  var words: String {
    let rate = (Double(frames) / Double(seconds) * 100).rounded() / 100
    return rate == rate.rounded() ? "\(Int(rate)) frames a second" : "\(rate) frames a second"
  }

  /// Whether both are the same rate.
  func equals(_ other: FrameRate) -> Bool {
    frames * other.seconds == other.frames * seconds
  }

  /// How many of another rate's frames have begun before one of this rate begins: the first of them
  /// that shows it or what follows it.
  ///
  /// - Parameter frame: From 0; at most a million million.
  func beginning(of frame: Int, at other: FrameRate) -> Int {
    let (times, by) = (seconds * other.frames, frames * other.seconds)
    return (frame * times + by - 1) / by
  }
}

extension FilmForm {
  /// Frames a second of the model: those for which it has samples. transformers' has 25.
  var frameRate: FrameRate { FrameRate(frames: rate, seconds: samplesPerFrame) }
}

/// Which frame of an animation each frame of a model shows.
package struct AnimationTimes {
  /// When each frame ends, in milliseconds.
  private let ends: [Int]
  private let rate: FrameRate
  /// Frames at the model's rate.
  package let count: Int

  /// A shorter time than this is none: programs that show animations take it as `customary`.
  private static let shortest = 20
  private static let customary = 100

  /// - Parameter milliseconds: How long each frame is shown; nil where all are 0, since such a file
  ///   says nothing.
  package init?(_ milliseconds: [Int], at rate: FrameRate) {
    guard milliseconds.contains(where: { $0 > 0 }) else { return nil }
    var (time, ends) = (0, [Int]())
    for own in milliseconds {
      time += own < Self.shortest ? Self.customary : own
      ends.append(time)
    }
    (self.ends, self.rate) = (ends, rate)
    let parts = 1000 * rate.seconds
    count = (time * rate.frames + parts - 1) / parts
  }

  /// The animation's frame, from 0, that is seen when a frame of the model begins.
  package func frame(at index: Int) -> Int {
    let time = index * rate.seconds * 1000
    var (low, high) = (0, ends.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if ends[middle] * rate.frames > time { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
