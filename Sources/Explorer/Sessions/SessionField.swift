// One field of a session file: how it is written and how it is read, said once.
// The tables of fields are in SessionFields.swift.

import Tensors

/// A part of a session that has fields.
protocol SessionRecord: Sendable {
  /// The record in which no field differs from what the program begins with.
  init()
  /// Its fields, in the order in which they are written and read.
  static var fields: [SessionField<Self>] { get }
}

/// One field of a record.
struct SessionField<Record: SessionRecord>: Sendable {
  /// Its name in the file.
  let name: String
  /// What it says, for the table in README.md.
  let help: String
  /// Its value in the file; nil leaves it out.
  let write: @Sendable (Record, SessionFolder) -> JSONValue?
  /// Takes its value from the file.
  let read: @Sendable (JSONValue, SessionPlace, inout Record) throws(SessionError) -> Void
}

/// Where in a session file something stands.
struct SessionPlace: Sendable {
  /// The names that lead to it: `show.latent`.
  let name: String
  /// The file's folder.
  let folder: SessionFolder

  /// A place within this one.
  func inner(_ member: String) -> SessionPlace {
    SessionPlace(name: name.isEmpty ? member : "\(name).\(member)", folder: folder)
  }

  /// What is wrong here.
  func wrong(expected: String, _ found: JSONValue) -> SessionError {
    let words: String =
      switch found {
      case .integer(let number): "\(number)"
      case .real(let number): "\(number)"
      case .string(let text): text.isEmpty ? "an empty text" : text
      case .null, .bool, .array, .object: found.kind
      }
    return SessionError(
      location: name.isEmpty ? "the file" : name, expected: expected, found: words)
  }
}

/// A session file that cannot be used.
public struct SessionError: Error, Hashable, CustomStringConvertible {
  /// Where in the file.
  public let location: String
  /// What was expected there.
  public let expected: String
  /// What was found.
  public let found: String

  /// One line: where, expected, found.
  public var description: String {
    // A name may be as long as the file.
    "\(location): expected \(expected), found \(printable(String(found.prefix(200))))"
  }
}

extension SessionRecord {
  /// The record as an object of the file; fields that are as the program begins are left out.
  func written(in folder: SessionFolder) -> JSONValue {
    .object(
      Self.fields.compactMap { field in
        field.write(self, folder).map { JSONValue.Member(name: field.name, value: $0) }
      })
  }

  /// Reads the fields of an object; one that is not known is refused.
  init(_ value: JSONValue, at place: SessionPlace) throws(SessionError) {
    self.init()
    guard case .object(let members) = value else {
      throw place.wrong(expected: "an object", value)
    }
    let fields = Self.fields
    for member in members where !fields.contains(where: { $0.name == member.name }) {
      throw place.wrong(
        expected: "one of \(fields.map(\.name).joined(separator: ", "))", .string(member.name))
    }
    // In the order of the table, in which fields that hang on others stand behind them.
    for field in fields {
      if let value = members.first(where: { $0.name == field.name })?.value {
        try field.read(value, place.inner(field.name), &self)
      }
    }
  }
}

// MARK: - Kinds of fields

extension SessionField {
  /// A path to a value of the record.
  typealias Path<Value> = WritableKeyPath<Record, Value> & Sendable

  /// A value that is left out where it is as in a new record.
  static func value<Value: Equatable & Sendable>(
    _ name: String, _ path: Path<Value>, _ help: String,
    write: @escaping @Sendable (Value, SessionFolder) -> JSONValue?,
    read: @escaping @Sendable (JSONValue, SessionPlace) throws(SessionError) -> Value
  ) -> SessionField {
    SessionField(
      name: name, help: help,
      write: { record, folder in
        let value = record[keyPath: path]
        return value == Record()[keyPath: path] ? nil : write(value, folder)
      },
      read: { value, place, record throws(SessionError) in
        record[keyPath: path] = try read(value, place)
      })
  }

  /// A whole number in a range; one that counts from 0 in the program counts from 1 in the file.
  static func number(
    _ name: String, _ path: Path<Int>, in range: ClosedRange<Int> = SessionValue.counted,
    _ help: String
  ) -> SessionField {
    value(
      name, path, help, write: { value, _ in .integer(value + 1) },
      read: {
        value, place throws(SessionError) in try SessionValue.number(value, place, in: range) - 1
      })
  }

  /// A whole number that may be missing, counted from 1 in the file.
  static func number(
    _ name: String, _ path: Path<Int?>, in range: ClosedRange<Int> = SessionValue.counted,
    _ help: String
  ) -> SessionField {
    value(
      name, path, help, write: { value, _ in value.map { .integer($0 + 1) } },
      read: {
        value, place throws(SessionError) in try SessionValue.number(value, place, in: range) - 1
      })
  }

  /// Yes or no.
  static func flag(_ name: String, _ path: Path<Bool>, _ help: String) -> SessionField {
    value(
      name, path, help, write: { value, _ in .bool(value) },
      read: {
        value, place throws(SessionError) in
        guard case .bool(let isOn) = value else {
          throw place.wrong(expected: "true or false", value)
        }
        return isOn
      })
  }

  /// A text.
  static func text(_ name: String, _ path: Path<String?>, _ help: String) -> SessionField {
    value(
      name, path, help, write: { value, _ in value.map { .string($0) } },
      read: {
        value, place throws(SessionError) in try SessionValue.text(value, place)
      })
  }

  /// Texts.
  static func texts(_ name: String, _ path: Path<[String]>, _ help: String) -> SessionField {
    value(
      name, path, help, write: { value, _ in .array(value.map { .string($0) }) },
      read: {
        value, place throws(SessionError) in
        try SessionValue.list(value, place, SessionValue.text)
      })
  }

  /// A file or folder.
  static func file(_ name: String, _ path: Path<String?>, _ help: String) -> SessionField {
    value(
      name, path, help,
      write: { value, folder in value.map { .string(folder.stored($0)) } },
      read: { value, place throws(SessionError) in
        place.folder.found(try SessionValue.text(value, place))
      })
  }

  /// Files.
  static func files(_ name: String, _ path: Path<[String]>, _ help: String) -> SessionField {
    value(
      name, path, help,
      write: { value, folder in .array(value.map { .string(folder.stored($0)) }) },
      read: { value, place throws(SessionError) in
        let names = try SessionValue.list(value, place, SessionValue.text)
        return names.map { place.folder.found($0) }
      })
  }

  /// One of a type's cases by its name.
  static func choice<Choice: RawRepresentable & CaseIterable & Equatable & Sendable>(
    _ name: String, _ path: Path<Choice>, among choices: [Choice] = Array(Choice.allCases),
    _ help: String
  ) -> SessionField where Choice.RawValue == String {
    value(
      name, path, help, write: { value, _ in .string(value.rawValue) },
      read: {
        value, place throws(SessionError) in try SessionValue.choice(value, place, among: choices)
      })
  }

  /// One of a type's cases by its name, or none.
  static func choice<Choice: RawRepresentable & CaseIterable & Equatable & Sendable>(
    _ name: String, _ path: Path<Choice?>, among choices: [Choice] = Array(Choice.allCases),
    _ help: String
  ) -> SessionField where Choice.RawValue == String {
    value(
      name, path, help, write: { value, _ in value.map { .string($0.rawValue) } },
      read: {
        value, place throws(SessionError) in try SessionValue.choice(value, place, among: choices)
      })
  }

  /// A record with fields of its own.
  static func record<Inner: SessionRecord & Equatable>(
    _ name: String, _ path: Path<Inner>, _ help: String
  ) -> SessionField {
    value(
      name, path, help, write: { value, folder in value.written(in: folder) },
      read: {
        value, place throws(SessionError) in try Inner(value, at: place)
      })
  }

  /// A record with fields of its own, or none.
  static func record<Inner: SessionRecord & Equatable>(
    _ name: String, _ path: Path<Inner?>, _ help: String
  ) -> SessionField {
    value(
      name, path, help, write: { value, folder in value?.written(in: folder) },
      read: {
        value, place throws(SessionError) in try Inner(value, at: place)
      })
  }
}

/// Values of a session file, as they are read.
enum SessionValue {
  /// What is counted from 1: more than any input or model has is refused.
  static let counted = 1...1 << 40

  static func number(
    _ value: JSONValue, _ place: SessionPlace, in range: ClosedRange<Int>
  ) throws(SessionError) -> Int {
    guard case .integer(let number) = value, range.contains(number) else {
      throw place.wrong(
        expected: "a whole number from \(range.lowerBound) to \(range.upperBound)", value)
    }
    return number
  }

  static func real(_ value: JSONValue, _ place: SessionPlace) throws(SessionError) -> Double {
    switch value {
    case .integer(let number): return Double(number)
    case .real(let number): return number
    default: throw place.wrong(expected: "a number", value)
    }
  }

  static func text(_ value: JSONValue, _ place: SessionPlace) throws(SessionError) -> String {
    // A zero would end a path where the system reads it.
    guard case .string(let text) = value, !text.isEmpty, !text.unicodeScalars.contains("\0") else {
      throw place.wrong(expected: "text", value)
    }
    return text
  }

  static func list<Element>(
    _ value: JSONValue, _ place: SessionPlace,
    _ element: (JSONValue, SessionPlace) throws(SessionError) -> Element
  ) throws(SessionError) -> [Element] {
    guard case .array(let values) = value else { throw place.wrong(expected: "a list", value) }
    var elements: [Element] = []
    for (index, value) in values.enumerated() {
      elements.append(try element(value, place.inner("\(index + 1)")))
    }
    return elements
  }

  static func choice<Choice: RawRepresentable>(
    _ value: JSONValue, _ place: SessionPlace, among choices: [Choice]
  ) throws(SessionError) -> Choice where Choice.RawValue == String {
    let names = choices.map(\.rawValue)
    guard case .string(let name) = value, let index = names.firstIndex(of: name) else {
      throw place.wrong(expected: "one of \(names.joined(separator: ", "))", value)
    }
    return choices[index]
  }

  /// The shortest number that is read as the same float.
  static func written(_ number: Float) -> JSONValue { .real(Double("\(number)") ?? Double(number)) }
}
