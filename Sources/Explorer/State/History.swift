// Undo and redo over former values of something.

/// The former values of something, and those that undo left behind.
public struct History<Value: Sendable & Equatable>: Sendable {
  private var past: [Value] = []
  private var future: [Value] = []
  private let limit: Int

  /// An empty history that remembers at most `limit` values.
  public init(limit: Int = 500) { self.limit = max(1, limit) }

  /// Whether there is a former value.
  public var canUndo: Bool { !past.isEmpty }
  /// Whether undo left a value behind.
  public var canRedo: Bool { !future.isEmpty }

  /// Remembers the value before a change; what could be redone is forgotten.
  public mutating func record(_ former: Value) {
    past.append(former)
    if past.count > limit { past.removeFirst(past.count - limit) }
    future.removeAll()
  }

  /// The former value, given the present one; nil if there is none.
  public mutating func undo(from present: Value) -> Value? {
    guard let former = past.popLast() else { return nil }
    future.append(present)
    return former
  }

  /// The value that undo left, given the present one; nil if there is none.
  public mutating func redo(from present: Value) -> Value? {
    guard let later = future.popLast() else { return nil }
    past.append(present)
    return later
  }
}
