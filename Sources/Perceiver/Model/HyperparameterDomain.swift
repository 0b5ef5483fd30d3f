// The values a hyperparameter may have, how they are typed and how they step.

/// The kind of a hyperparameter's values, with range and step.
public enum HyperparameterDomain: Sendable, Hashable {
  /// Whole numbers in a range, stepping by one or by doubling.
  case integer(ClosedRange<Int>, step: HyperparameterStep)
  /// Finite real numbers in a range, stepping by a fixed amount.
  case real(ClosedRange<Double>, step: Double)
  /// Yes or no.
  case toggle
  /// One of some words, stepping from one to the next.
  case choice([String])
  /// Yes or no in every layer, or a list of one for each.
  case layers

  /// Whether a value is of this kind and in range; NaN never is.
  public func contains(_ value: HyperparameterValue) -> Bool {
    switch (self, value) {
    case (.integer(let range, _), .integer(let number)): range.contains(number)
    case (.real(let range, _), .real(let number)): range.contains(number)
    case (.choice(let choices), .choice(let choice)): choices.contains(choice)
    case (.toggle, .toggle), (.layers, .layers): true
    default: false
    }
  }

  /// The least of them.
  var least: HyperparameterValue {
    switch self {
    case .integer(let range, _): .integer(range.lowerBound)
    case .real(let range, _): .real(range.lowerBound)
    case .toggle: .toggle(false)
    case .choice(let words): .choice(words.first ?? "")
    case .layers: .layers(.none)
    }
  }

  func parse(_ text: String) -> HyperparameterValue? {
    switch self {
    case .integer: Self.whole(text).map { .integer($0) }
    case .real: Double(text).map { .real($0) }
    case .toggle: Self.switches[text.lowercased()].map { .toggle($0) }
    case .choice: .choice(text.lowercased())
    case .layers: Self.layers(text)
    }
  }

  /// A whole number, also one that is written with a fraction of zeros: `3.0`.
  private static func whole(_ text: String) -> Int? {
    if let number = Int(text) { return number }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty, parts[1].allSatisfy({ $0 == "0" }) else {
      return nil
    }
    return Int(parts[0])
  }

  func step(_ value: HyperparameterValue, by steps: Int) -> HyperparameterValue {
    switch (self, value) {
    case (.integer(let range, let step), .integer(let number)):
      return .integer(step.step(number, by: steps).clamped(to: range))
    case (.real(let range, let step), .real(let number)):
      // Steps land on multiples, so that 0.1 up and down again is where it was.
      let stepped = ((number / step).rounded() + Double(steps)) * step
      return .real(((stepped * 1e6).rounded() / 1e6).clamped(to: range))
    case (.toggle, .toggle(let isOn)): return .toggle(isOn != (steps % 2 != 0))
    case (.choice(let choices), .choice(let choice)):
      guard let index = choices.firstIndex(of: choice), !choices.isEmpty else { return value }
      let stepped = HyperparameterStep.one.step(index, by: steps)
      return .choice(choices[stepped.clamped(to: 0...choices.count - 1)])
    case (.layers, .layers(let layers)):
      return steps % 2 == 0 ? value : .layers(layers == .none ? .all : .none)
    default: return value
    }
  }

  private static let switches = [
    "yes": true, "true": true, "on": true, "1": true,
    "no": false, "false": false, "off": false, "0": false,
  ]

  private static func layers(_ text: String) -> HyperparameterValue? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let flags = parts.compactMap { switches[String($0).lowercased()] }
    guard flags.count == parts.count else { return nil }
    return .layers(flags.count == 1 ? (flags[0] ? .all : .none) : .each(flags))
  }
}

extension HyperparameterDomain: CustomStringConvertible {
  /// What may be typed, for help and error messages.
  public var description: String {
    switch self {
    case .integer(let range, _): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .real(let range, _): "a number from \(range.lowerBound) to \(range.upperBound)"
    case .toggle: "yes or no"
    case .choice(let choices) where choices.count > 8:
      "one of \(choices[0]), \(choices[1]), … \(choices[choices.count - 1])"
    case .choice(let choices): "one of " + choices.joined(separator: ", ")
    case .layers: "yes, no, or a list like no,yes,yes"
    }
  }

  /// The same in fewer words, where what kind of value it is can be seen.
  package var brief: String {
    switch self {
    case .integer(let range, _): "\(range.lowerBound) to \(range.upperBound)"
    case .real(let range, _): "\(range.lowerBound) to \(range.upperBound)"
    case .choice(let choices) where choices.count > 8:
      "\(choices[0]) to \(choices[choices.count - 1])"
    case .choice(let choices): choices.joined(separator: ", ")
    case .toggle: description
    case .layers: "yes, no or a list"
    }
  }
}

/// How a whole number steps up and down.
public enum HyperparameterStep: Sendable, Hashable {
  /// By one.
  case one
  /// To the next power of two.
  case doubling

  func step(_ number: Int, by steps: Int) -> Int {
    switch self {
    case .one:
      let (sum, overflow) = number.addingReportingOverflow(steps)
      return overflow ? (steps > 0 ? .max : .min) : sum
    case .doubling:
      return (0..<min(steps.magnitude, 64)).reduce(number) { number, _ in
        steps > 0 ? Self.powerAbove(number) : Self.powerBelow(number)
      }
    }
  }

  private static func powerAbove(_ number: Int) -> Int {
    number < 1 ? 1 : 1 << min(62, Int.bitWidth - number.leadingZeroBitCount)
  }

  private static func powerBelow(_ number: Int) -> Int {
    number <= 1 ? 0 : 1 << (Int.bitWidth - 1 - (number - 1).leadingZeroBitCount)
  }
}

extension Comparable {
  fileprivate func clamped(to range: ClosedRange<Self>) -> Self {
    min(max(self, range.lowerBound), range.upperBound)
  }
}
