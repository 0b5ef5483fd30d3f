// Undo and redo over former values of something, as many as fit into a budget of memory.

/// What a value of a history holds besides itself: something large that others may share.
public struct HeldMemory: Sendable, Hashable {
  /// What it is: held by several values, it is counted once.
  public let owner: ObjectIdentifier
  /// Its size.
  public let bytes: Int

  /// Something large of a size.
  public init(owner: ObjectIdentifier, bytes: Int) {
    self.owner = owner
    self.bytes = bytes
  }
}

/// The former values of something, and those that undo left behind.
public struct History<Value: Sendable & Equatable>: Sendable {
  private var past: [Value] = []
  private var future: [Value] = []
  private let limit: Int
  private let budget: Int
  private let memory: @Sendable (Value) -> [HeldMemory]

  /// Whether former values were let go, because they were too many or held too much memory.
  public private(set) var hasForgotten = false

  /// An empty history that remembers at most `limit` values.
  ///
  /// - Parameters:
  ///   - budget: The most bytes that its values may hold together, those of the present value aside.
  ///   - memory: What a value holds.
  public init(
    limit: Int = 500, budget: Int = .max,
    memory: @escaping @Sendable (Value) -> [HeldMemory] = { _ in [] }
  ) {
    self.limit = max(1, limit)
    self.budget = budget
    self.memory = memory
  }

  /// Whether there is a former value.
  public var canUndo: Bool { !past.isEmpty }
  /// Whether undo left a value behind.
  public var canRedo: Bool { !future.isEmpty }

  /// Remembers the value before a change; what could be redone is forgotten.
  public mutating func record(_ former: Value, before present: Value) {
    past.append(former)
    future.removeAll()
    let kept = min(limit, countWithinBudget(present))
    guard past.count > kept else { return }
    past.removeFirst(past.count - kept)
    hasForgotten = true
  }

  /// Lets a change be part of the last one: no value is remembered, and what could be redone is
  /// forgotten.
  public mutating func extendLast() { future.removeAll() }

  /// The latest former value; nil if there is none.
  public var latest: Value? { past.last }

  /// Forgets the latest former value: the present one is the same.
  public mutating func dropLatest() { past.removeLast() }

  /// How many steps can be undone.
  public var pastCount: Int { past.count }

  /// All values in order: the former ones, the present one, and those that undo left behind.
  public func values(with present: Value) -> [Value] { past + [present] + future.reversed() }

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

  /// How many of the latest former values hold no more than the budget.
  private func countWithinBudget(_ present: Value) -> Int {
    var counted = Set(memory(present).map(\.owner))
    var left = budget
    for (age, value) in past.reversed().enumerated() {
      for held in memory(value) where counted.insert(held.owner).inserted {
        guard held.bytes <= left else { return age }
        left -= held.bytes
      }
    }
    return past.count
  }
}
