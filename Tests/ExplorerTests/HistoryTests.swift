// What undo remembers: a number of values, and no more memory than its budget.

import Explorer
import Testing

@Suite("history")
struct HistoryTests {
  /// Something that holds memory, as choices hold a model.
  private final class Model: Sendable, Equatable {
    let bytes: Int
    init(_ bytes: Int) { self.bytes = bytes }
    static func == (left: Model, right: Model) -> Bool { left === right }
  }

  private struct Value: Sendable, Equatable {
    let number: Int
    let model: Model
  }

  private func history(budget: Int, limit: Int = 500) -> History<Value> {
    History(limit: limit, budget: budget) { value in
      [HeldMemory(owner: ObjectIdentifier(value.model), bytes: value.model.bytes)]
    }
  }

  /// How often a history can be undone.
  private func undone(_ history: History<Value>, from present: Value) -> Int {
    var (history, present, count) = (history, present, 0)
    while let former = history.undo(from: present) {
      #expect(former.number == present.number - 1)
      (present, count) = (former, count + 1)
    }
    return count
  }

  @Test("former models are let go beyond the budget, the oldest first")
  func models() {
    var history = history(budget: 100)
    var present = Value(number: 0, model: Model(30))
    for number in 1...10 {
      let next = Value(number: number, model: Model(30))
      history.record(present, before: next)
      present = next
      #expect(history.hasForgotten == (number > 3))
      #expect(undone(history, from: present) == min(number, 3))
    }
  }

  @Test("a model that several values share is counted once, and that of the present value never")
  func shared() {
    var history = history(budget: 100)
    let (first, second) = (Model(90), Model(90))
    var present = Value(number: 0, model: first)
    for number in 1...20 {
      let next = Value(number: number, model: number < 10 ? first : second)
      history.record(present, before: next)
      present = next
    }
    #expect(!history.hasForgotten)
    #expect(undone(history, from: present) == 20)
  }

  @Test("a model larger than the budget is not kept, and what came before it neither")
  func tooLarge() {
    var history = history(budget: 100)
    let small = Model(1)
    history.record(Value(number: 0, model: small), before: Value(number: 1, model: small))
    history.record(Value(number: 1, model: small), before: Value(number: 2, model: Model(101)))
    #expect(undone(history, from: Value(number: 2, model: small)) == 2)
    history.record(Value(number: 2, model: Model(101)), before: Value(number: 3, model: small))
    #expect(!history.canUndo)
    #expect(history.hasForgotten)
  }

  @Test("the latest former value is forgotten by itself, and those before it stay")
  func dropped() {
    var history = history(budget: .max)
    let values = (0..<3).map { Value(number: $0, model: Model(1)) }
    history.record(values[0], before: values[1])
    history.record(values[1], before: values[2])
    #expect(history.latest == values[1])
    history.dropLatest()
    #expect(history.latest == values[0])
    #expect(history.undo(from: values[1]) == values[0])
    #expect(history.latest == nil && !history.hasForgotten)
  }

  @Test("values beyond the limit are let go")
  func limit() {
    var history = history(budget: .max, limit: 3)
    let model = Model(1)
    for number in 0..<5 {
      history.record(
        Value(number: number, model: model), before: Value(number: number + 1, model: model))
    }
    #expect(undone(history, from: Value(number: 5, model: model)) == 3)
    #expect(history.hasForgotten)
  }
}
