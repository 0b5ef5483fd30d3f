// Values by key, of which the ones longest unused are dropped.

/// A dictionary of bounded cost that forgets what was not used for longest.
public struct BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry {
    var value: Value
    var cost: Int
    var used: Int
  }

  private var entries: [Key: Entry] = [:]
  private var clock = 0
  private var cost = 0
  private let limit: Int

  /// An empty cache whose entries' costs together stay within `limit`, the newest aside.
  public init(limit: Int) { self.limit = limit }

  /// How many values there are.
  public var count: Int { entries.count }

  /// The value of a key, without marking it as used.
  public subscript(key: Key) -> Value? { entries[key]?.value }

  /// Marks a key as used now.
  public mutating func touch(_ key: Key) {
    clock += 1
    entries[key]?.used = clock
  }

  /// Keeps a value; others are forgotten where the costs pass the limit.
  public mutating func insert(_ value: Value, for key: Key, cost added: Int) {
    clock += 1
    cost += added - (entries[key]?.cost ?? 0)
    entries[key] = Entry(value: value, cost: added, used: clock)
    while cost > limit, entries.count > 1,
      let oldest = entries.min(by: { $0.value.used < $1.value.used })
    {
      cost -= oldest.value.cost
      entries[oldest.key] = nil
    }
  }

  /// Forgets everything.
  public mutating func removeAll() {
    entries.removeAll()
    cost = 0
  }
}
