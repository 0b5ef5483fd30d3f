// Threads that compute stay behind those that answer a person, with all that help them.

import Dispatch
import Foundation
import Synchronization
import Tensors
import Testing

@Suite struct ThreadPriorityTests {
  #if os(Linux)
    @Test("threads that help in a loop go no sooner than the thread that called it")
    func helpers() throws {
      let seen = Mutex<[ThreadPriority]>([])
      let threads = Mutex<Set<pthread_t>>([])
      let done = DispatchSemaphore(value: 0)
      // A thread of its own: a priority that was given up does not come back.
      Thread.detachNewThread {
        ThreadPriority.computing.adopt()
        try? Workers(threads: 4).forEach(64) { _ in
          let priority = ThreadPriority.current
          seen.withLock { $0.append(priority) }
          threads.withLock { _ = $0.insert(pthread_self()) }
          // Long enough that others come to help.
          usleep(1000)
        }
        done.signal()
      }
      try #require(done.wait(timeout: .now() + 60) == .success)
      let priorities = seen.withLock { $0 }
      #expect(priorities.count == 64)
      #expect(priorities.allSatisfy { $0 <= .computing })
      #expect(threads.withLock { $0.count } > 1)
    }

    @Test("a thread that has given up its priority does not help one that has not")
    func teams() throws {
      for gives in [true, false, true, false] {
        let seen = Mutex<[ThreadPriority]>([])
        let own = Mutex(ThreadPriority.current)
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
          if gives { ThreadPriority.computing.adopt() }
          own.withLock { $0 = .current }
          try? Workers(threads: 4).forEach(64) { _ in
            let priority = ThreadPriority.current
            seen.withLock { $0.append(priority) }
            usleep(1000)
          }
          done.signal()
        }
        try #require(done.wait(timeout: .now() + 60) == .success)
        let (mine, all) = (own.withLock { $0 }, seen.withLock { $0 })
        #expect(all.allSatisfy { $0 == mine })
      }
    }

    @Test("a thread that is behind others already stays where it is")
    func adopting() throws {
      let seen = Mutex<[ThreadPriority]>([])
      let done = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        let before = ThreadPriority.current
        ThreadPriority.computing.adopt()
        let after = ThreadPriority.current
        before.adopt()
        let last = ThreadPriority.current
        seen.withLock { $0 = [before, after, last] }
        done.signal()
      }
      try #require(done.wait(timeout: .now() + 60) == .success)
      let priorities = seen.withLock { $0 }
      #expect(priorities[1] == min(priorities[0], .computing))
      #expect(priorities[2] == priorities[1])
    }
  #endif
}
