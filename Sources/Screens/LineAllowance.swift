// How many bytes a slow line is given: enough for a picture behind each key, and then little at a time.

/// What may be sent over a line that carries little, by the time that has passed since the latest key.
///
/// A key may have a whole allowance at once. What follows it, such as a map that comes later, shares
/// what is left, and the allowance fills again within a second.
package struct LineAllowance: Sendable, Hashable {
  /// Bytes of a whole allowance.
  package var bytes: Int
  /// The share of it that may be sent; below 0 where more was sent than that.
  private var share = 1.0
  /// When that was so.
  private var time: ContinuousClock.Instant

  /// The least share that is worth a picture: less than that is waited for.
  private static let least = 1.0 / 3

  /// A whole allowance of so many bytes.
  package init(bytes: Int, at time: ContinuousClock.Instant) {
    (self.bytes, self.time) = (max(1, bytes), time)
  }

  /// Makes it whole, as for a key.
  package mutating func fill(at now: ContinuousClock.Instant) { (share, time) = (1, now) }

  /// Takes what was sent from it.
  package mutating func spend(_ sent: Int, at now: ContinuousClock.Instant) {
    share = max(-1, share(at: now) - Double(sent) / Double(bytes))
    time = now
  }

  /// How many bytes may be sent; at least those that are worth a picture.
  package func left(at now: ContinuousClock.Instant) -> Int {
    Int(max(Self.least, share(at: now)) * Double(bytes))
  }

  /// How long to wait for as many as are worth a picture; nil where they are there.
  package func wait(at now: ContinuousClock.Instant) -> Duration? {
    let missing = Self.least - share(at: now)
    return missing > 1e-6 ? .seconds(missing) : nil
  }

  private func share(at now: ContinuousClock.Instant) -> Double {
    min(1, share + time.duration(to: now) / .seconds(1))
  }
}
