// A record of a computation, played backwards to find gradients (reverse-mode differentiation).
// Operations stand beside this file, each with its way there and its way back.

import Tensors

/// A value computed on a tape, and where its gradient gathers; constants have no such place.
struct Variable {
  let value: Tensor
  fileprivate let slot: GradientSlot?

  /// Whether anything that is learnt went into it.
  var isLearnt: Bool { slot != nil }

  /// Adds to the gradient.
  func add(_ gradient: @autoclosure () throws -> Tensor) rethrows {
    guard let slot else { return }
    slot.add(try gradient())
  }

  /// The place of the gradient, for a way back that has no need of the value.
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
  let workers: Workers
  /// Whether gradients will be asked for; without, nothing is kept.
  let isRecording: Bool
  /// Parameters as numbers, for what is not learnt.
  private(set) var constants: Parameters
  private var slots: [String: GradientSlot] = [:]
  // Parameters in the order of their first mention, with the number of steps that came before it:
  // on the way back a gradient is whole when no more than those are left.
  private var mentions: [(name: String, steps: Int)] = []
  private var steps: [(slot: GradientSlot, goBack: (Tensor) throws -> Void)] = []

  init(_ parameters: Parameters, isRecording: Bool, workers: Workers) {
    (constants, self.isRecording, self.workers) = (parameters, isRecording, workers)
  }

  /// A parameter; every mention gathers in one gradient.
  func parameter(_ name: String) -> Variable {
    guard isRecording else { return constant(constants[name]) }
    if let slot = slots[name] { return Variable(value: constants[name], slot: slot) }
    let slot = GradientSlot()
    slots[name] = slot
    mentions.append((name, steps.count))
    return Variable(value: constants[name], slot: slot)
  }

  /// A value that nothing is learnt through.
  func constant(_ value: Tensor) -> Variable { Variable(value: value, slot: nil) }

  /// Takes up a value and how its gradient goes on to what it was computed from.
  func record(
    _ value: Tensor, from inputs: Variable..., goBack: @escaping (Tensor) throws -> Void
  ) -> Variable {
    record(value, from: inputs, goBack: goBack)
  }

  func record(
    _ value: Tensor, from inputs: [Variable], goBack: @escaping (Tensor) throws -> Void
  ) -> Variable {
    guard inputs.contains(where: \.isLearnt) else { return constant(value) }
    let slot = GradientSlot()
    steps.append((slot, goBack))
    return Variable(value: value, slot: slot)
  }

  /// Plays the tape backwards: the gradient of every parameter that went into `output`, by name.
  /// What the tape kept is given up on the way.
  ///
  /// - Parameter gradient: That of the output, in its shape.
  /// - Throws: `ComputationCancelled`.
  func gradients(of output: Variable, from gradient: Tensor) throws -> [String: Tensor] {
    var gradients: [String: Tensor] = [:]
    try goBack(from: output, gradient) { gradients[$0] = $1 }
    return gradients
  }

  /// Plays the tape backwards and hands over the gradient of each parameter that went into `output`
  /// as soon as it is whole; the tape then holds that parameter no more, nor anything made from it.
  ///
  /// - Throws: `ComputationCancelled`, and what `body` throws.
  func goBack(
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
      try step.goBack(gradient)
    }
  }
}
