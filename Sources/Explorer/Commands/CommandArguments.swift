// The words after a command's name, and the sentences about wrong ones.

import Pictures
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
    let name = try name(among: Choice.allCases.map(\.rawValue))
    guard let choice = Choice(rawValue: name) else { preconditionFailure("\(name): no such case") }
    return choice
  }

  /// One of some names, or the one that it is the only beginning of.
  func name(among names: [String]) throws(CommandError) -> String {
    if names.contains(rest) { return rest }
    let matching = rest.isEmpty ? [] : names.filter { $0.hasPrefix(rest) }
    guard matching.count == 1 else {
      throw CommandError(
        "\(name): expected one of \(names.joined(separator: ", ")), found \(found)")
    }
    return matching[0]
  }

  /// A path: all that follows, spaces too, as `TypedPath` reads it.
  func path() throws(CommandError) -> String {
    guard !rest.isEmpty else { throw CommandError("\(name): expected a file name, found nothing") }
    return TypedPath.parse(rest)
  }

  /// A path, and the width of a figure where `width=N` gives one.
  func figurePath() throws(CommandError) -> (path: String, width: Int?) {
    let (values, rest) = separating(["width"])
    guard let text = values["width"] else { return (try rest.path(), nil) }
    return (try rest.path(), try Self.width(text, of: name))
  }

  /// A typed width of a figure.
  ///
  /// - Parameter name: What wants it, for messages.
  static func width(_ text: String, of name: String) throws(CommandError) -> Int {
    guard let width = Int(text), MapFigure.widths.contains(width) else {
      throw CommandError(
        "\(name): expected a width from \(MapFigure.widths.lowerBound) to "
          + "\(MapFigure.widths.upperBound) pixels, found "
          + (text.isEmpty ? "nothing" : printable(text)))
    }
    return width
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
