// Loops whose iterations several threads take: all of them, once each, and none left behind.

import Dispatch
import Foundation
import Synchronization
import Tensors
import Testing

@Suite struct WorkersTests {
  /// How often each iteration has run, and how many run at once.
  private final class Tally: Sendable {
    private struct State {
      var counts: [Int]
      var running = 0
      var most = 0
    }
    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(counts: Array(repeating: 0, count: count))) }

    func during(_ index: Int, _ work: () -> Void = {}) {
      state.withLock {
        $0.counts[index] += 1
        $0.running += 1
        $0.most = max($0.most, $0.running)
      }
      work()
      state.withLock { $0.running -= 1 }
    }

    var counts: [Int] { state.withLock { $0.counts } }
    var most: Int { state.withLock { $0.most } }
  }

  /// Memory that iterations write to without a lock, each its own element.
  private final class Results: @unchecked Sendable {
    let base: UnsafeMutablePointer<Int>
    private let count: Int

    init(_ count: Int) {
      self.count = count
      base = .allocate(capacity: count)
      base.initialize(repeating: -1, count: count)
    }

    deinit { base.deallocate() }

    var all: [Int] { Array(UnsafeBufferPointer(start: base, count: count)) }
  }

  /// A point where two threads meet: each waits for the other.
  private struct Meeting: Sendable {
    private let arrived = [DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)]

    /// Whether the other came, in a time in which any machine starts a thread.
    func meets(_ index: Int) -> Bool {
      arrived[index].signal()
      return arrived[1 - index].wait(timeout: .now() + .seconds(60)) == .success
    }
  }

  private static func work(_ steps: Int) {
    var value = 1.0
    for _ in 0..<steps { value = value * 0.999 + 0.001 }
    if value.isNaN { print(value) }
  }

  @Test(
    "Every iteration runs once, on no more threads than allowed",
    arguments: [1, 2, 3, 8], [0, 1, 2, 7, 1000])
  func once(threads: Int, count: Int) throws {
    let tally = Tally(count)
    try Workers(threads: threads).forEach(count) { index in
      tally.during(index) { Self.work(200) }
    }
    #expect(tally.counts == Array(repeating: 1, count: count))
    #expect(tally.most <= threads)
  }

  @Test("Other threads help, from loop to loop and after a rest")
  func help() throws {
    for round in 0..<200 {
      let meeting = Meeting()
      let met = Atomic(0)
      try Workers(threads: 2).forEach(2) { index in
        if meeting.meets(index) { met.add(1, ordering: .relaxed) }
      }
      #expect(met.load(ordering: .relaxed) == 2)
      // Longer than a thread waits for its next loop.
      if round % 20 == 19 { usleep(2000) }
    }
  }

  @Test("A loop ends when the slowest thread has ended, however long the caller waits")
  func slowHelper() throws {
    for _ in 0..<20 {
      let (meeting, caller) = (Meeting(), ObjectIdentifier(Thread.current))
      let slow = Atomic(0)
      try Workers(threads: 2).forEach(2) { index in
        _ = meeting.meets(index)
        guard ObjectIdentifier(Thread.current) != caller else { return }
        usleep(5000)
        slow.add(1, ordering: .relaxed)
      }
      #expect(slow.load(ordering: .relaxed) == 1)
    }
  }

  @Test("What iterations have written is there when the loop has ended, loop after loop")
  func results() throws {
    let workers = Workers(threads: 4)
    for round in 0..<3000 {
      let count = 2 + round % 9
      let values = Results(count)
      try workers.forEach(count) { values.base[$0] = round + $0 }
      #expect(values.all == (0..<count).map { round + $0 })
    }
  }

  @Test("Many callers at once, and loops inside loops, do not wait for each other")
  func callers() {
    let (callers, outer, inner) = (12, 9, 17)
    let tally = Tally(callers * outer * inner)
    DispatchQueue.concurrentPerform(iterations: callers) { caller in
      let workers = Workers(threads: 1 + caller % 4)
      try? workers.forEach(outer) { row in
        try? workers.forEach(inner) { column in
          tally.during((caller * outer + row) * inner + column) { Self.work(50) }
        }
      }
    }
    #expect(tally.counts.allSatisfy { $0 == 1 })
  }

  @Test("A loop that is cancelled starts no more iterations, and the next one runs")
  func cancellation() throws {
    let cancellation = Cancellation()
    let workers = Workers(threads: 3, cancellation: cancellation)
    let tally = Tally(10_000)
    #expect(throws: ComputationCancelled()) {
      try workers.forEach(10_000) { index in
        tally.during(index)
        if index == 5 { cancellation.cancel() }
        // None behind it ends before it has cancelled.
        while index > 5, !cancellation.isCancelled { usleep(10) }
      }
    }
    #expect(tally.counts.reduce(0, +) < 10_000)
    let next = Tally(100)
    try Workers(threads: 3).forEach(100) { next.during($0) }
    #expect(next.counts.allSatisfy { $0 == 1 })
  }

  @Test("A loop releases what it captured when it has ended")
  func memory() throws {
    final class Captured: Sendable {}
    weak var seen: Captured?
    do {
      let captured = Captured()
      seen = captured
      let meeting = Meeting()
      try Workers(threads: 2).forEach(2) { [captured] index in
        withExtendedLifetime(captured) { _ = meeting.meets(index) }
      }
    }
    #expect(seen == nil)
  }
}
