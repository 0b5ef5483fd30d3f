// Which class each of several inputs is of: by a file, or by the names of their folders.

import Foundation
import Perceiver
import Screens
import Tensors

/// Labels of inputs, as people wrote them.
struct InputLabels {
  /// A class as it is written, and where.
  struct Label {
    let text: String
    /// What an error is about: the file of labels, or the input in a folder.
    fileprivate let subject: String
    /// What stands before the class that is expected: the line, or that a folder is meant.
    fileprivate let expected: String
  }

  private struct Line {
    let number: Int
    let label: String
  }

  private enum Origin {
    case folders
    /// Lines by the inputs that they name.
    case file(String, [String: Line])
  }

  private let origin: Origin

  /// What `--labels` takes for the names of folders.
  static let folders = "folders"

  /// - Parameter text: `folders`, or a file with a line for each input: its name as in the folder, a
  ///   comma or a tab, its class. Lines without any are passed over, and a first one of names of
  ///   columns.
  /// - Throws: `CommandFailure` for a file that cannot be read or says two things of one input.
  init(_ text: String) throws {
    guard text != Self.folders else {
      origin = .folders
      return
    }
    let bytes = try CommandFailure.about(text) { try WholeFile.read(text, limit: 1 << 30) }
    var labels: [String: Line] = [:]
    for (index, line) in String(fileName: bytes).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).enumerated() {
      let number = index + 1
      let line = line.trimmingCharacters(in: .whitespaces)
      guard !line.isEmpty else { continue }
      func failure(_ expected: String, _ found: String) -> CommandFailure {
        CommandFailure(.badData, text, "line \(number): expected \(expected), found \(found)")
      }
      guard let end = Self.separator("\t", in: line) ?? Self.separator(",", in: line) else {
        throw failure(
          "a file, a comma or tab, and a class",
          line.truncated(toWidth: 60))
      }
      let name = Self.unquoted(line[..<end])
      let label = Self.unquoted(line[line.index(after: end)...])
      guard !name.isEmpty else { throw failure("a file before the comma or tab", "none") }
      guard !label.isEmpty else {
        throw failure("a class for \(name) behind the comma or tab", "none")
      }
      if number == 1, Self.titles.contains(label.lowercased()) { continue }
      if let other = labels[name], other.label != label {
        throw failure(
          "one class for \(name)", "\(label), and \(other.label) in line \(other.number)")
      }
      labels[name] = labels[name] ?? Line(number: number, label: label)
    }
    guard !labels.isEmpty else {
      throw CommandFailure(
        .badData, text,
        "expected a line for each input, a file, a comma or tab, and a class, found none")
    }
    origin = .file(text, labels)
  }

  /// What the second column may be called.
  private static let titles: Set = ["label", "class", "target"]

  /// Where the first column ends: at the first of a sign, behind the quotes where the line begins
  /// with one.
  private static func separator(_ sign: Character, in line: String) -> String.Index? {
    guard line.hasPrefix("\"") else { return line.firstIndex(of: sign) }
    var isQuoted = false
    for index in line.indices {
      if line[index] == "\"" { isQuoted.toggle() }
      if line[index] == sign, !isQuoted { return index }
    }
    return nil
  }

  private static func unquoted(_ text: Substring) -> String {
    let text = text.trimmingCharacters(in: .whitespaces)
    guard text.count > 1, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
    return String(text.dropFirst().dropLast()).replacing("\"\"", with: "\"")
  }

  /// An input's class as it is written.
  ///
  /// - Throws: `CommandFailure` where there is none.
  func label(of item: InputList.Item) throws -> Label {
    switch origin {
    case .folders:
      // Of a file that is given by itself the name has no folders, the path has.
      let parts = item.path.split(separator: "/").filter { $0 != "." }
      guard parts.count > 1 else {
        throw CommandFailure(
          .usage, "--labels",
          "expected inputs in folders that are called as their classes, found \(item.path)")
      }
      return Label(
        text: String(parts[parts.count - 2]), subject: item.path,
        expected: "expected it in a folder that is called by")
    case .file(let path, let lines):
      let last = item.name.split(separator: "/").last.map(String.init) ?? item.name
      guard let line = lines[item.name] ?? lines[item.path] ?? lines[last] else {
        let first = lines.min { $0.value.number < $1.value.number }?.key ?? "nothing"
        throw CommandFailure(
          .badData, path, "expected a line for \(item.name), found none; its first is for \(first)")
      }
      return Label(text: line.label, subject: path, expected: "line \(line.number): expected")
    }
  }

  /// Refuses inputs whose label no class of a model has.
  ///
  /// - Throws: `CommandFailure`.
  func check(_ items: [InputList.Item], for model: ModelConfiguration) throws {
    guard let count = model.classCount, model.problem != .values else {
      throw CommandFailure(
        .usage, "--labels", "expected a model that scores classes, found one that does not")
    }
    for item in items {
      _ = try Self.number(label(of: item), names: model.classNames ?? [], count: count)
    }
  }

  /// The number of a class by its name or its number.
  ///
  /// - Throws: `CommandFailure` with the place of the label where the model has no such class.
  static func number(_ label: Label, names: [String], count: Int) throws -> Int {
    let text = label.text
    let alike = names.indices.filter { names[$0].lowercased() == text.lowercased() }
    if let exact = names.firstIndex(of: text) ?? (alike.count == 1 ? alike[0] : nil) {
      return exact
    }
    if let number = Int(text), (0..<count).contains(number) { return number }
    throw CommandFailure(
      .badData, label.subject,
      label.expected
        + (names.isEmpty
          ? " the number of a class from 0 to \(count - 1), since the model's classes have no names"
          : " a class from 0 to \(count - 1) or its name, such as \(names[0])") + ", found \(text)")
  }
}
