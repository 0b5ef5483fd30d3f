// The words after a command's name, and the sentences about wrong ones.

import Tensors

/// A command that cannot be done.
struct CommandError: Error, Hashable, CustomStringConvertible {
  /// One line: what was expected, what was found.
  let description: String

  init(_ description: String) { self.description = description }
}

/// What follows a command's name.
struct CommandArguments: Sendable, Hashable {
  /// The command's name, for messages.
  let name: String
  /// What follows, without spaces at its ends.
  let rest: String

  /// The words.
  var words: [String] { rest.split(separator: " ").map(String.init) }
  /// What was found, for messages.
  var found: String { rest.isEmpty ? "nothing" : printable(rest) }

  /// A whole number in a range.
  func number(_ what: String, in range: ClosedRange<Int>) throws(CommandError) -> Int {
    guard let number = Int(rest), range.contains(number) else {
      throw CommandError(
        "\(name): expected \(what) from \(range.lowerBound) to \(range.upperBound), found \(found)")
    }
    return number
  }

  /// One of a type's cases by name, or by a beginning that only one has.
  func choice<Choice: CaseIterable & RawRepresentable>() throws(CommandError) -> Choice
  where Choice.RawValue == String {
    if let exact = Choice(rawValue: rest) { return exact }
    let matching = rest.isEmpty ? [] : Choice.allCases.filter { $0.rawValue.hasPrefix(rest) }
    guard matching.count == 1, let only = matching.first else {
      let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw CommandError("\(name): expected one of \(all), found \(found)")
    }
    return only
  }

  /// A path: all that follows, spaces too, as `TypedPath` reads it.
  func path() throws(CommandError) -> String {
    guard !rest.isEmpty else { throw CommandError("\(name): expected a file name, found nothing") }
    return TypedPath.parse(rest)
  }

  /// Words `NAME=VALUE` of some names before or behind a path, and what is left.
  func separating(_ names: [String]) -> (values: [String: String], rest: CommandArguments) {
    var values: [String: String] = [:]
    var left = rest
    /// The name of an option that is not taken yet.
    func option(_ word: Substring?) -> String? {
      guard let word, let equals = word.firstIndex(of: "=") else { return nil }
      let name = String(word[..<equals])
      return names.contains(name) && values[name] == nil ? name : nil
    }
    while true {
      let words = left.split(separator: " ")
      if let word = words.last, let option = option(word) {
        values[option] = String(word.dropFirst(option.count + 1))
        left = String(left.dropLast(word.count)).trimmed
      } else if let word = words.first, let option = option(word) {
        values[option] = String(word.dropFirst(option.count + 1))
        left = String(left.dropFirst(word.count)).trimmed
      } else {
        return (values, CommandArguments(name: self.name, rest: left))
      }
    }
  }

  /// Nothing.
  func expectNone() throws(CommandError) {
    guard rest.isEmpty else { throw CommandError("\(name): expected nothing more, found \(found)") }
  }
}
