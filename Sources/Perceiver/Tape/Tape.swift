// A computation and, if it is asked to, the record of it that is played backward to find gradients
// (reverse-mode differentiation). Files beside this one take operations up; what they compute, forward
// and backward, stands in Sources/Tensors/Operations.

import Tensors

/// A value that a tape computed, and where its gradient gathers; constants have no such slot.
struct Variable {
  let value: Tensor
  unowned let tape: Tape
  fileprivate let slot: GradientSlot?

  /// Whether gradients reach it.
  var isDifferentiated: Bool { slot != nil }

  /// Adds to the gradient.
  func add(_ gradient: @autoclosure () throws -> Tensor) rethrows {
    guard let slot else { return }
    slot.add(try gradient())
  }

  /// Where the gradient gathers, for a backward that has no need of the value.
  var gradientSlot: GradientSlot? { slot }
}

/// Where the gradient of one value gathers.
final class GradientSlot {
  private var gradient: Tensor?

  func add(_ part: Tensor) {
    guard gradient != nil else {
      gradient = part
      return
    }
    gradient?.add(part)
  }

  fileprivate func take() -> Tensor? {
    defer { gradient = nil }
    return gradient
  }
}

/// Values in the order in which they were computed. One tape serves one pass and one thread.
final class Tape {
  /// What gradients will be asked for; nothing else is kept.
  enum Recording {
    /// No gradients: numbers alone.
    case nothing
    /// Of marked values.
    case marks
    /// Of parameters, and of marked values.
    case parameters
  }

  let workers: Workers
  private let recording: Recording
  /// Parameters as numbers, for what has no gradient.
  private(set) var constants: Parameters
  private var slots: [String: GradientSlot] = [:]
  // Parameters in the order of their first mention, with the number of steps that came before it:
  // going backward a gradient is whole when no more than those are left.
  private var mentions: [(name: String, steps: Int)] = []
  private var steps: [(slot: GradientSlot, backward: (Tensor) throws -> Void)] = []
  /// Gradients of marked values, once the tape was played backward.
  private(set) var marked: [Mark: Tensor] = [:]

  init(_ parameters: Parameters, recording: Recording, workers: Workers) {
    (constants, self.recording, self.workers) = (parameters, recording, workers)
  }

  /// Whether gradients will be asked for.
  var isRecording: Bool { recording != .nothing }

  /// A parameter; every mention gathers in one gradient.
  func parameter(_ name: String) -> Variable {
    guard recording == .parameters else { return constant(constants[name]) }
    if let slot = slots[name] {
      return Variable(value: constants[name], tape: self, slot: slot)
    }
    let slot = GradientSlot()
    slots[name] = slot
    mentions.append((name, steps.count))
    return Variable(value: constants[name], tape: self, slot: slot)
  }

  /// A value that gradients do not reach.
  func constant(_ value: Tensor) -> Variable { Variable(value: value, tape: self, slot: nil) }

  /// The same value, whose gradient will be found in `marked`.
  ///
  /// - Parameter columns: Those of its gradient that are kept; all if nil.
  func marking(
    _ variable: Variable, as mark: Mark, columns: Range<Int>? = nil
  ) -> Variable {
    guard isRecording else { return variable }
    let (slot, below) = (GradientSlot(), variable.gradientSlot)
    steps.append(
      (
        slot,
        { [unowned self] gradient in
          marked[mark] = columns.map { gradient.columns($0) } ?? gradient
          below?.add(gradient)
        }
      ))
    return Variable(value: variable.value, tape: self, slot: slot)
  }

  /// Takes up a value and how its gradient goes on to what it was computed from.
  func record(
    _ value: Tensor, from inputs: Variable..., backward: @escaping (Tensor) throws -> Void
  ) -> Variable {
    record(value, from: inputs, backward: backward)
  }

  func record(
    _ value: Tensor, from inputs: [Variable], backward: @escaping (Tensor) throws -> Void
  ) -> Variable {
    guard inputs.contains(where: \.isDifferentiated) else { return constant(value) }
    let slot = GradientSlot()
    steps.append((slot, backward))
    return Variable(value: value, tape: self, slot: slot)
  }

  /// Plays the tape backward: the gradient of every parameter that went into `output`, by name.
  /// What the tape kept is given up on the way.
  ///
  /// - Parameter gradient: That of the output, in its shape.
  /// - Throws: `ComputationCancelled`.
  func gradients(of output: Variable, from gradient: Tensor) throws -> [String: Tensor] {
    var gradients: [String: Tensor] = [:]
    try backward(from: output, gradient) { gradients[$0] = $1 }
    return gradients
  }

  /// Plays the tape backward and hands over the gradient of each parameter that went into `output`
  /// as soon as it is whole; the tape then holds that parameter no more, nor anything made from it.
  ///
  /// - Throws: `ComputationCancelled`, and what `body` throws.
  func backward(
    from output: Variable, _ gradient: Tensor, _ body: (String, Tensor) throws -> Void
  ) throws {
    output.add(gradient)
    while true {
      while let last = mentions.last, steps.count <= last.steps {
        mentions.removeLast()
        constants.remove(last.name)
        guard let gradient = slots.removeValue(forKey: last.name)?.take() else { continue }
        try body(last.name, gradient)
      }
      guard let step = steps.popLast() else { return }
      guard let gradient = step.slot.take() else { continue }
      try step.backward(gradient)
    }
  }
}
