// What may be sent over a line that carries little.

import Screens
import Testing

@Suite struct LineAllowanceTests {
  private let start = ContinuousClock.now

  private func after(_ milliseconds: Int) -> ContinuousClock.Instant {
    start + .milliseconds(milliseconds)
  }

  @Test("a key has all of it, and what follows at once shares what is left")
  func shared() {
    var allowance = LineAllowance(bytes: 9000, at: start)
    #expect(allowance.left(at: start) == 9000)
    allowance.spend(3000, at: start)
    #expect(allowance.left(at: start) == 6000 && allowance.wait(at: start) == nil)
    allowance.spend(5000, at: start)
    // A ninth is left: two more are waited for.
    let wait = allowance.wait(at: start) ?? .zero
    #expect(abs(wait / .seconds(1) - 2.0 / 9) < 1e-6)
    #expect(allowance.wait(at: start + wait + .milliseconds(1)) == nil)
    allowance.fill(at: after(1))
    #expect(allowance.left(at: after(1)) == 9000)
  }

  @Test("it fills again within a second, and is never more than whole")
  func fills() {
    var allowance = LineAllowance(bytes: 9000, at: start)
    allowance.spend(9000, at: start)
    #expect(abs(allowance.left(at: after(500)) - 4500) <= 1)
    #expect(allowance.left(at: after(1000)) == 9000 && allowance.left(at: after(60_000)) == 9000)
  }

  @Test("however much was sent, two seconds later it is whole")
  func overdrawn() {
    var allowance = LineAllowance(bytes: 9000, at: start)
    allowance.spend(1_000_000, at: start)
    #expect(allowance.left(at: start) == 3000)
    #expect((allowance.wait(at: start) ?? .zero) > .seconds(1))
    #expect(allowance.left(at: after(2000)) == 9000)
  }

  @Test("frames that come without an end send no more than an allowance each second and one before")
  func stream() {
    var allowance = LineAllowance(bytes: 9000, at: start)
    var (now, sent) = (start, 0)
    while now < after(10_000) {
      if let wait = allowance.wait(at: now) {
        now += wait
        continue
      }
      let bytes = allowance.left(at: now)
      sent += bytes
      allowance.spend(bytes, at: now)
      now += .milliseconds(7)
    }
    #expect(sent > 9 * 9000 && sent <= 11 * 9000 + 3000)
  }
}
