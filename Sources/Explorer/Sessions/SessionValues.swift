// Fields of a session file whose values have a form of their own.

import Perceiver
import Tensors

/// Floats of a session file.
enum SessionNumbers {
  static func write(_ numbers: [Float]?, _ folder: SessionFolder) -> JSONValue? {
    numbers.map { .array($0.map(SessionValue.written)) }
  }

  /// Reads one number or more, each one that is allowed.
  static func read(
    _ isAllowed: @escaping @Sendable (Float) -> Bool
  ) -> @Sendable (JSONValue, SessionPlace) throws(SessionError) -> [Float]? {
    { value, place throws(SessionError) in
      let numbers = try SessionValue.list(value, place, SessionValue.real).map { Float($0) }
      guard !numbers.isEmpty, numbers.allSatisfy({ abs($0) <= 1e6 && isAllowed($0) }) else {
        throw place.wrong(expected: "numbers in their range, one or one a channel", value)
      }
      return numbers
    }
  }
}

/// A class of a session file: `answer`, `second`, or its number from 0, as people type it.
enum ClassWord {
  static func write(_ choice: ExplanationTarget.Choice) -> JSONValue {
    switch choice {
    case .answer: .string("answer")
    case .second: .string("second")
    case .number(let number): .integer(number)
    }
  }

  static func read(
    _ value: JSONValue, _ place: SessionPlace
  ) throws(SessionError) -> ExplanationTarget.Choice {
    switch value {
    case .string("answer"): return .answer
    case .string("second"): return .second
    case .integer(let number) where (0...1 << 40).contains(number): return .number(number)
    default: throw place.wrong(expected: "answer, second or the number of a class", value)
    }
  }
}

extension SessionField {
  /// Hyperparameters by name, in the order of their names; whether a model has them is seen when it is
  /// opened.
  static func hyperparameters(
    _ name: String, _ path: Path<[String: String]>, _ help: String
  ) -> SessionField {
    value(
      name, path, help,
      write: { values, _ in
        .object(
          values.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: Self.json($0.value)) })
      },
      read: { value, place throws(SessionError) in
        guard case .object(let members) = value else {
          throw place.wrong(expected: "an object", value)
        }
        var values: [String: String] = [:]
        for member in members {
          let place = place.inner(member.name)
          switch member.value {
          case .integer(let number): values[member.name] = "\(number)"
          case .real(let number): values[member.name] = "\(number)"
          case .bool(let isOn): values[member.name] = HyperparameterValue.toggle(isOn).description
          default: values[member.name] = try SessionValue.text(member.value, place)
          }
        }
        return values
      })
  }

  /// A typed value as JSON has it.
  private static func json(_ text: String) -> JSONValue {
    if let number = Int(text) { return .integer(number) }
    if let number = Double(text), number.isFinite, "\(number)" == text { return .real(number) }
    return switch text {
    case "yes": .bool(true)
    case "no": .bool(false)
    default: .string(text)
    }
  }

  /// What stands in place of the map. What a view is of besides its name has fields of its own.
  static func replacement(
    _ name: String, _ path: Path<ViewOptions.MapReplacement?>, _ help: String
  ) -> SessionField {
    value(
      name, path, help, write: { replacement, _ in replacement.map { .string($0.sessionName) } },
      read: { value, place throws(SessionError) in
        let all = ViewOptions.MapReplacement.namedInSessions
        guard let found = all.first(where: { .string($0.sessionName) == value }) else {
          throw place.wrong(
            expected: "one of \(all.map(\.sessionName).joined(separator: ", "))", value)
        }
        return found
      })
  }
}

extension ViewOptions.MapReplacement {
  /// One of each kind.
  fileprivate static let namedInSessions: [ViewOptions.MapReplacement] =
    [
      .reconstruction, .wholeFlow, .figure, .why, .heads, .readers, .patch(nil),
      .throughDecoder(nil), .wholePhoto, .channels,
    ] + NumberTable.allCases.map { .table($0) }

  /// How it is called in a session file.
  fileprivate var sessionName: String {
    switch self {
    case .reconstruction: "reconstruction"
    case .wholeFlow: "whole-flow"
    case .figure: "figure3"
    case .why: "why"
    case .heads: "heads"
    case .table(let table): "table-\(table.rawValue)"
    case .readers: "readers"
    case .patch: "patch"
    case .throughDecoder: "decoder"
    case .wholePhoto: "photo"
    case .channels: "channels"
    }
  }
}

extension SessionField where Record == SavedView {
  /// The class that is looked at through the decoder; it stands behind what it is a part of.
  static func decoderClass(_ name: String, _ help: String) -> SessionField {
    SessionField(
      name: name, help: help,
      write: { view, _ in
        guard case .throughDecoder(let target?)? = view.options.replacement else { return nil }
        return ClassWord.write(target.choice)
      },
      read: { value, place, view throws(SessionError) in
        guard case .throughDecoder? = view.options.replacement else {
          throw place.wrong(expected: "it only beside \"instead\": \"decoder\"", value)
        }
        let choice = try ClassWord.read(value, place)
        view.options.replacement = .throughDecoder(ExplanationTarget(choice))
      })
  }

  /// The numbers of locked scales. Of very many as many are kept as a scale by percentiles can show:
  /// the smallest and the largest are among them.
  static func lockedNumbers(
    _ name: String, _ path: Path<[NumberKind: SharedNumbers]>, _ help: String
  ) -> SessionField {
    value(
      name, path, help,
      write: { numbers, _ in
        .object(
          NumberKind.namedInSessions.compactMap { name, kind in
            numbers[kind].map { all in
              JSONValue.Member(
                name: name, value: .array(all.numbers.thinned.map(SessionValue.written)))
            }
          })
      },
      read: { value, place throws(SessionError) in
        guard case .object(let members) = value else {
          throw place.wrong(expected: "an object", value)
        }
        var numbers: [NumberKind: SharedNumbers] = [:]
        for member in members {
          guard let kind = NumberKind.namedInSessions.first(where: { $0.name == member.name })?.kind
          else {
            throw place.wrong(
              expected:
                "one of \(NumberKind.namedInSessions.map(\.name).joined(separator: ", "))",
              .string(member.name))
          }
          let inner = place.inner(member.name)
          let all = try SessionValue.list(member.value, inner, SessionValue.real)
          numbers[kind] = SharedNumbers(
            kind, ofSession: all.map { Float($0) }.filter(\.isFinite))
        }
        return numbers
      })
  }
}

extension NumberKind {
  fileprivate static let namedInSessions: [(name: String, kind: NumberKind)] = [
    ("probabilities", .attention(.probabilities)), ("scores", .attention(.scores)),
    ("positive", .explanation(.positive)), ("signed", .explanation(.signed)),
  ]
}

extension [Float] {
  /// The finite ones in ascending order, evenly thinned to at most 4,096.
  fileprivate var thinned: [Float] {
    let sorted = filter(\.isFinite).sorted()
    let most = 4096
    guard sorted.count > most else { return sorted }
    return (0..<most).map { sorted[$0 * (sorted.count - 1) / (most - 1)] }
  }
}
